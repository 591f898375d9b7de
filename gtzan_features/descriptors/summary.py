"""From the values of a feature to the columns of a row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra import descriptors, kernels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gtzan_features.descriptors.registry import FeatureSpec

    Float64 = NDArray[np.float64]
    Shape = tuple[int, int, tuple[str, ...], bool]

_TINY = 1e-14  # variance of a series that stands still, but for float32's rounding
_ALONE = (("value",), ("mean", "var"))  # these need no help, and waveforms no copy
_PERCENTS = {"min": 0.0, "p10": 0.1, "p50": 0.5, "p90": 0.9, "max": 1.0}
_ORDER = ("mean", "var", "std", "skew", "kurt", "dmean", "dstd", *_PERCENTS)


def summarise(values: NDArray[np.floating], spec: FeatureSpec) -> Float64:
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


def summarise_all(values: Sequence[NDArray[np.floating]], specs: Sequence[FeatureSpec]) -> Float64:
    """Return `summarise` of each feature, one after the other.

    Features of equal length are summarised side by side, which for the short series of a segment costs a
    fraction of one call for each.
    """
    series = list(values)
    for at, spec in enumerate(specs):
        if spec.statistics in _ALONE:
            series[at] = summarise(values[at], spec)
    # A plan of lengths themselves would rarely serve twice: that of onsets is hardly ever the same.
    ordinals: dict[int, int] = {}
    shapes = [
        (one.size, 1, ("value",), False)
        if spec.statistics in _ALONE
        else (
            ordinals.setdefault(len(one), len(ordinals)),
            one.size // len(one),
            spec.statistics,
            one.dtype.itemsize == 4,
        )
        for one, spec in zip(series, specs, strict=True)
    ]
    groups, alone, places = _plan(tuple(shapes))
    found = np.empty((len(_ORDER), sum(one.n_columns for one in groups)))
    first = 0
    for one in groups:
        rows = _beside([series[at] for at in one.members], one)
        _fill(found, first, rows, one.n_ranked, one.n_single)
        first += one.n_columns
    if groups:
        _finish(found)
    return np.concatenate([found.reshape(-1), *(series[at] for at in alone)])[places]


@dataclass(frozen=True)
class _Group:
    """Features of one length; those of which percentiles are asked for are the first, of them float32."""

    members: tuple[int, ...]
    n_columns: int
    n_ranked: int
    n_single: int


@lru_cache(maxsize=16)
def _plan(shapes: tuple[Shape, ...]) -> tuple[list[_Group], list[int], NDArray[np.intp]]:
    """Return groups of features, those that are in none, and where the columns are in the results of both.

    A shape is a number that stands for the length of a series, its number of bands, the statistics that are
    asked for, and whether its values are float32; of features in no group, the first is the size.
    """
    lengths: dict[int, list[int]] = {}
    alone = [at for at, shape in enumerate(shapes) if shape[2] == ("value",)]
    for at, shape in enumerate(shapes):
        if shape[2] != ("value",):
            lengths.setdefault(shape[0], []).append(at)
    total = sum(shapes[at][1] for members in lengths.values() for at in members)
    groups, first, places = [], 0, {}
    for members in lengths.values():
        ranked = [at for at in members if any(name in _PERCENTS for name in shapes[at][2])]
        single = [at for at in ranked if shapes[at][3]]
        members.sort(key=lambda at: (at not in single, at not in ranked))
        counts = [sum(shapes[at][1] for at in some) for some in (members, ranked, single)]
        groups.append(_Group(tuple(members), *counts))
        for at in members:
            rows = np.array([_ORDER.index(name) for name in shapes[at][2]])
            places[at] = first + rows * total + np.arange(shapes[at][1])[:, None]
            first += shapes[at][1]
    first = len(_ORDER) * total
    for at in alone:
        places[at] = first + np.arange(shapes[at][0])
        first += shapes[at][0]
    return groups, alone, np.concatenate([places[at].reshape(-1) for at in range(len(shapes))])


def _beside(series: list[NDArray[np.floating]], group: _Group) -> Float64:
    """Return the series of a group as rows, (n_columns, length)."""
    length = len(series[0])
    rows, first = np.empty((group.n_columns, length)), 0
    for one in series:
        columns = one.reshape(length, -1).T
        rows[first : first + len(columns)] = columns
        first += len(columns)
    return rows


def statistics(series: NDArray[np.floating], names: Sequence[str]) -> list[Float64]:
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
    if set(names) <= {"mean", "var"}:  # frame after frame, as the series lies in memory
        mean, variance = np.empty(series.shape[1]), np.empty(series.shape[1])
        kernels.column_moments(series, mean, variance)
        found = {"mean": mean, "var": variance}
        return [found[name] for name in names]
    n_ranked = series.shape[1] if any(name in _PERCENTS for name in names) else 0
    rows = np.empty((len(_ORDER), series.shape[1]))
    _fill(rows, 0, np.ascontiguousarray(series.T, np.float64), n_ranked)
    _finish(rows)
    return [rows[_ORDER.index(name)] for name in names]


def _fill(result: Float64, first: int, rows: Float64, n_ranked: int, n_single: int = 0) -> None:
    """Fill columns of `result` from `first` with moments of each row and percentiles of the first `n_ranked`.

    Rows of `result` are those of `_ORDER`; `_finish` makes statistics of moments. Rows of which percentiles
    are taken are sorted; the first `n_single` are numbers of float32, and sorted as such in half the time.
    """
    descriptors.row_moments(rows, first, result)
    if n_single:
        result[7:, first : first + n_single] = _percentiles(rows[:n_single].astype(np.float32))
    if n_ranked > n_single:
        result[7:, first + n_single : first + n_ranked] = _percentiles(rows[n_single:n_ranked])


def _finish(result: Float64) -> None:
    """Make deviations, skewness and kurtosis of the moments that `_fill` left."""
    mean, variance, deviation, skew, kurt, _, step_deviation = result[:7]
    np.sqrt(variance, out=deviation)
    np.sqrt(step_deviation, out=step_deviation)
    still = variance <= _TINY + 1e-12 * mean * mean
    safe = np.where(still, 1.0, variance)
    skew[:] = np.where(still, 0.0, skew / safe**1.5)
    kurt[:] = np.where(still, 0.0, kurt / safe**2)


def _percentiles(rows: NDArray[np.floating]) -> Float64:
    """Sort rows, and return their numbers at `_PERCENTS`, (5, n_rows)."""
    rows.sort(axis=1)
    low, high, part = _ranks(rows.shape[1])
    below, above = rows[:, low].astype(np.float64), rows[:, high]
    found: Float64 = (below + part * (above - below)).T
    return found


@lru_cache(maxsize=64)
def _ranks(length: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Float64]:
    """Return the places under and over each of `_PERCENTS` of sorted numbers, and how far it is between."""
    places = np.array(list(_PERCENTS.values())) * (length - 1)
    low = places.astype(np.int64)
    return low, np.minimum(low + 1, length - 1), places - low
