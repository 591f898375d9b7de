"""Compile kernels before anything needs them: in an image, or on the machines of a cluster."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import sets
from gtzan_features.progress import mute
from gtzan_features.spectra.compiling import kernel_folder_of

if TYPE_CHECKING:
    from gtzan_features.progress import Notice


@dataclass(frozen=True, slots=True)
class WarmSummary:
    """What was compiled.

    Attributes
    ----------
    sets : tuple of str
        Feature sets whose kernels are compiled now; those of spectrograms are among each.
    compiled : int
        Kernels that were not compiled before.
    seconds : float
        By the clock.
    folder : str
        Where they lie; empty where no folder can be written to, so that each process compiles them.
    """

    sets: tuple[str, ...]
    compiled: int
    seconds: float
    folder: str


def warm(feature_sets: tuple[str, ...], notice: Notice = mute) -> WarmSummary:
    """Compile the kernels of feature sets where they are not compiled.

    Parameters
    ----------
    feature_sets : tuple of str
        Names of feature sets.
    notice : callable
        Called before there is something to wait for.

    Raises
    ------
    ConfigError
        If there is no such feature set.
    """
    started, compiled = time.perf_counter(), 0
    for config in [FeatureConfig(feature_set=name) for name in feature_sets]:
        if not sets.is_compiled(config):
            notice(f"Compiling the kernels of {config.feature_set}.")
            compiled += sets.warm_up(config)
    return WarmSummary(feature_sets, compiled, time.perf_counter() - started, kernel_folder_of())
