"""Feature sets: their columns, and rows of numbers from signals."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.config import BESIDE, FeatureConfig
from gtzan_features.descriptors.added import CheckedFeature
from gtzan_features.descriptors.full import FULL
from gtzan_features.descriptors.registry import KAGGLE, Column, FeatureSpec
from gtzan_features.descriptors.spec import chosen_specs, columns_of, families_of
from gtzan_features.descriptors.spec import selected as selected
from gtzan_features.descriptors.summary import summarise_all
from gtzan_features.errors import ConfigError, SignalError
from gtzan_features.spectra import Scratch, Spectra, compiled, descriptors, ranks
from gtzan_features.spectra.compiling import compile_kernels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SETS: dict[str, tuple[FeatureSpec, ...]] = {"kaggle": KAGGLE, "full": FULL}

_MEMORY = threading.local()


def specs(config: FeatureConfig) -> tuple[FeatureSpec, ...]:
    """Return the features of ``config.feature_set`` in the order of their columns.

    Raises
    ------
    ConfigError
        If there is no such set, it has no such family, or no family is left.
    """
    return chosen_specs(config.feature_set, SETS)


def families(name: str) -> tuple[str, ...]:
    """Return the families of a whole feature set in the order of their first columns."""
    return families_of(chosen_specs(name, SETS))


@lru_cache(maxsize=16)
def columns(config: FeatureConfig) -> tuple[Column, ...]:
    """Return the columns of a feature set; known before any audio is read.

    Raises
    ------
    ConfigError
        If there is no such set.

    Examples
    --------
    >>> from gtzan_features.config import BESIDE, FeatureConfig
    >>> names = [column.name for column in columns(FeatureConfig())]
    >>> len(names), names[0], names[-1]
    (57, 'chroma_stft_mean', 'mfcc20_var')
    """
    return columns_of(specs(config), config)


def column(name: str) -> Column:
    """Read the name of a column of the `full` set back into feature, index, statistic and family.

    Raises
    ------
    ConfigError
        If there is no such column.

    Examples
    --------
    >>> found = column("correlation_pattern3x17")
    >>> found.feature, found.index, found.statistic, found.family
    ('correlation_pattern', (3, 17), 'value', 'blocks')
    """
    found = _by_name().get(name)
    if found is None:
        msg = f"no column {name!r}: gtzan features describe --features full lists them"
        raise ConfigError(msg)
    return found


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Column]:
    return {one.name: one for one in columns(FeatureConfig(feature_set="full"))}


def column_families(names: Sequence[str], settings: dict[str, Any]) -> tuple[str, ...]:
    """Return the family of each column of a table; "other" where its set does not tell.

    Parameters
    ----------
    names : sequence of str
        Columns; those of a longer row beside (``track_tempo``) are a family apart, ``track rhythm``.
    settings : dict
        Those of the table's `FeatureConfig`; empty where they are not known, and then names are looked up
        among those of the usual set.

    Examples
    --------
    >>> column_families(["tempo", "mfcc1_mean", "mood", "track_tempo"], {})
    ('rhythm', 'timbre', 'other', 'track rhythm')
    """
    try:
        known = columns(FeatureConfig(**settings))
    except (TypeError, ConfigError):
        known = ()
    family = {column.name: column.family for column in known}
    family |= {BESIDE + name: f"track {of}" for name, of in family.items() if BESIDE + name not in family}
    return tuple(family.get(name, "other") for name in names)


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
        row[:] = summarise_all(series(Spectra(signal, config, _scratch()), chosen), chosen)
    return rows


def series(spectra: Spectra, chosen: Sequence[FeatureSpec]) -> list[NDArray[np.floating[Any]]]:
    """Return what each of some features computes of a signal; early ones are computed before the others."""
    found: dict[int, NDArray[np.floating[Any]]] = {}
    for place in sorted(range(len(chosen)), key=lambda place: not chosen[place].early):
        found[place] = chosen[place].compute(spectra)
    return [found[place] for place in range(len(chosen))]


def _scratch() -> Scratch:
    """Return the memory of this thread; about 50 MB after a track of 30 s."""
    if not hasattr(_MEMORY, "scratch"):
        _MEMORY.scratch = Scratch()
    scratch: Scratch = _MEMORY.scratch
    return scratch


def is_compiled(config: FeatureConfig) -> bool:
    """Tell whether the kernels of a feature set are compiled here or in numba's cache on disk."""
    return compiled.is_compiled(_without(config))


def warm_up(config: FeatureConfig) -> int:
    """Compile the kernels, or load them from numba's cache, so that the first row does not wait.

    `is_compiled` tells beforehand whether this takes half a second or, once per installation, longer.
    Returns how many kernels had to be compiled.
    """
    compiled_now = compile_kernels(compiled.kernels(_without(config)))
    with compiled.without_collection():
        compute([_noise(config)], config)
    return compiled_now


def _without(config: FeatureConfig) -> tuple[str, ...]:
    """Return the modules whose kernels a feature set can do without."""
    return () if "full" in config.parts else (descriptors.__name__, ranks.__name__)


def try_added(config: FeatureConfig) -> None:
    """Compute the features of plugins once on noise, so that what fails always fails before any file is read.

    Raises
    ------
    ConfigError
        If one fails, or gives what was not announced.
    """
    added = [spec for spec in specs(config) if isinstance(spec.compute, CheckedFeature)]
    for spec in added:
        try:
            spec.compute(Spectra(_noise(config), config, _scratch()))
        except SignalError as error:
            msg = f"{error}. It was computed on noise, to try it. Mend its function"
            raise ConfigError(msg) from error


def _noise(config: FeatureConfig) -> NDArray[np.float32]:
    """Return a signal with onsets, so that nothing is left out."""
    return np.random.default_rng(0).standard_normal(16 * config.n_fft).astype(np.float32)
