"""From the values of a feature to the columns of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra import descriptors, kernels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gtzan_features.descriptors.registry import FeatureSpec

_TINY = 1e-14  # variance of a series that stands still, but for float32's rounding
_ALONE = (("value",), ("mean", "var"))  # these need no help, and waveforms no copy
_PERCENTS = {"min": 0.0, "p10": 0.1, "p50": 0.5, "p90": 0.9, "max": 1.0}


def summarise(values: NDArray[np.floating], spec: FeatureSpec) -> NDArray[np.float64]:
    """Return the statistics of a feature in the order of the spec's columns.

    Parameters
    ----------
    values : ndarray of shape (n,) or (n, n_bands)
        What ``spec.compute`` returned.
    spec : FeatureSpec
        Tells which statistics, and whether bands have columns of their own.

    Returns
    -------
    ndarray of shape (n_columns,)
        Accumulated in float64.
    """
    if spec.statistics == ("value",):
        return np.asarray(values, np.float64).reshape(-1)
    series = np.ascontiguousarray(values)
    if spec.indices is None:
        series = series.reshape(-1, 1)
    if spec.statistics == ("mean", "var") and series.shape[1] == 1:
        return np.array(kernels.moments(series.reshape(-1)))
    return np.stack(statistics(series, spec.statistics), axis=1).reshape(-1)


def summarise_all(
    values: Sequence[NDArray[np.floating]], specs: Sequence[FeatureSpec]
) -> NDArray[np.float64]:
    """Return `summarise` of each feature, one after the other.

    Features of equal length and with equal statistics are summarised side by side, which for the short series
    of a segment costs a fraction of one call for each.
    """
    together: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    found: list[NDArray[np.float64]] = []
    for at, (series, spec) in enumerate(zip(values, specs, strict=True)):
        if spec.statistics not in _ALONE:
            together.setdefault((len(series), spec.statistics), []).append(at)
            found.append(np.empty(0))
        else:
            found.append(summarise(series, spec))
    for (_, names), members in together.items():
        columns = [np.asarray(values[at], np.float64).reshape(len(values[at]), -1) for at in members]
        stacked = np.array(statistics(np.hstack(columns), names)).T
        first = 0
        for at, column in zip(members, columns, strict=True):
            found[at] = stacked[first : first + column.shape[1]].reshape(-1)
            first += column.shape[1]
    return np.concatenate(found)


def statistics(series: NDArray[np.floating], names: Sequence[str]) -> list[NDArray[np.float64]]:
    """Return statistics over frames, each of shape (n_bands,).

    Parameters
    ----------
    series : ndarray of shape (n_frames, n_bands)
        At least one frame; C-contiguous.
    names : sequence of str
        Keys of `registry.STATISTICS`. Percentiles are interpolated as ``numpy.percentile`` does; skewness and
        kurtosis are 0 where nothing moves; steps are 0 where there is one frame only.

    Returns
    -------
    list of ndarray of shape (n_bands,)
        In the order of `names`.
    """
    mean, variance = np.empty(series.shape[1]), np.empty(series.shape[1])
    kernels.column_moments(series, mean, variance)
    found = {"mean": mean, "var": variance, "std": np.sqrt(variance)}
    if "skew" in names or "kurt" in names:
        found["skew"], found["kurt"] = _shape(series, mean, variance)
    if any(name in _PERCENTS for name in names):
        found |= _percentiles(series, names)
    if "dmean" in names or "dstd" in names:
        steps = np.diff(series, axis=0) if len(series) > 1 else np.zeros_like(series[:1])
        step_mean, step_variance, size = np.empty_like(mean), np.empty_like(mean), np.empty_like(mean)
        kernels.column_moments(steps, step_mean, step_variance)
        descriptors.column_sizes(steps, size)
        found["dmean"], found["dstd"] = size, np.sqrt(step_variance)
    return [found[name] for name in names]


def _shape(
    series: NDArray[np.floating], mean: NDArray[np.float64], variance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    third, fourth = np.empty_like(mean), np.empty_like(mean)
    descriptors.column_shape(series.astype(np.float64, copy=False), mean, third, fourth)
    still = variance <= _TINY + 1e-12 * mean * mean
    safe = np.where(still, 1.0, variance)
    return np.where(still, 0.0, third / safe**1.5), np.where(still, 0.0, fourth / safe**2)


def _percentiles(series: NDArray[np.floating], names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    ranked = np.sort(series.T, axis=1)
    found = {}
    for name in names:
        if name in _PERCENTS:
            place = _PERCENTS[name] * (len(series) - 1)
            low = int(place)
            high = min(low + 1, len(series) - 1)
            below, above = ranked[:, low].astype(np.float64), ranked[:, high].astype(np.float64)
            found[name] = below + (place - low) * (above - below)
    return found
