"""Feature sets: their columns, and rows of numbers from signals."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.errors import ConfigError
from gtzan_features.features.registry import KAGGLE, Column, FeatureSpec
from gtzan_features.features.summary import summarise
from gtzan_features.spectra import Scratch, Spectra
from gtzan_features.spectra import is_compiled as is_compiled  # re-exported: a question about `compute`

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gtzan_features.config import FeatureConfig

SETS: dict[str, tuple[FeatureSpec, ...]] = {"kaggle": KAGGLE}

_MEMORY = threading.local()


def specs(config: FeatureConfig) -> tuple[FeatureSpec, ...]:
    """Return the features of ``config.feature_set`` in the order of their columns.

    Raises
    ------
    ConfigError
        If there is no such set.
    """
    try:
        return SETS[config.feature_set]
    except KeyError:
        msg = f"feature set {config.feature_set!r} does not exist: choose one of {', '.join(sorted(SETS))}"
        raise ConfigError(msg) from None


def columns(config: FeatureConfig) -> tuple[Column, ...]:
    """Return the columns of a feature set; known before any audio is read.

    Raises
    ------
    ConfigError
        If there is no such set.

    Examples
    --------
    >>> from gtzan_features.config import FeatureConfig
    >>> names = [column.name for column in columns(FeatureConfig())]
    >>> len(names), names[0], names[-1]
    (57, 'chroma_stft_mean', 'mfcc20_var')
    """
    return tuple(column for spec in specs(config) for column in spec.columns(config))


def compute(signals: Sequence[NDArray[np.float32]], config: FeatureConfig) -> NDArray[np.float64]:
    """Compute one row of features for each signal.

    A row depends on its own signal only: it has the same bits whatever else is in the call.

    Parameters
    ----------
    signals : sequence of ndarray of shape (n_samples,), float32
        Mono, at ``config.sr``.
    config : FeatureConfig
        Feature set and its settings.

    Returns
    -------
    ndarray of shape (len(signals), n_columns)
        In the order of `columns`; always finite. For silence see ``FeatureSpec.silence``.

    Raises
    ------
    ConfigError
        If the feature set does not exist or the settings contradict each other.
    GtzanError
        If a signal is too short for a frame, or not finite.
    TypeError, ValueError
        If a signal is not float32 or not one-dimensional.
    """
    chosen = specs(config)
    rows = np.empty((len(signals), len(columns(config))))
    for row, signal in zip(rows, signals, strict=True):
        spectra = Spectra(signal, config, _scratch())
        row[:] = np.concatenate([summarise(spec.compute(spectra), spec) for spec in chosen])
    return rows


def _scratch() -> Scratch:
    """Return the memory of this thread; about 50 MB after a track of 30 s."""
    if not hasattr(_MEMORY, "scratch"):
        _MEMORY.scratch = Scratch()
    scratch: Scratch = _MEMORY.scratch
    return scratch


def warm_up(config: FeatureConfig) -> None:
    """Compile the kernels, or load them from numba's cache, so that the first row does not wait.

    `is_compiled` tells beforehand whether this takes half a second or, once per installation, longer.
    """
    noise = np.random.default_rng(0).standard_normal(
        16 * config.n_fft
    )  # with onsets, so that nothing is left out
    compute([noise.astype(np.float32)], config)
