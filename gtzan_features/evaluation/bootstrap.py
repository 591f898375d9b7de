"""Intervals by resampling independent units: tracks, or artists.

The segments of a track are not independent, nor are the tracks of an artist. So units are drawn with
replacement, and each brings all of its rows. Units may come in strata, as artists in genres: each stratum
has as many drawn as it has, and keeps its share of the rows, which was chosen and is not left to chance. A
share of rows is the mean of those of the strata, weighted so (Cochran's separate ratio estimator): drawing an
artist of many tracks twice must not make the test set one of another mixture of genres.

The draws and the BCa interval are those of `scipy.stats.bootstrap`. Where a stratum has few units, or one of
them most rows, its draws vary too little, and the normal quantile is too small: with three artists in a
genre, as in the test parts of GTZAN, nominal 95 % would be 90 % or less. So both ends are moved away from the
estimate by one factor, `expansion`.

References
----------
.. [1] Efron, "Better bootstrap confidence intervals", JASA 82, 1987.
.. [2] Field and Welsh, "Bootstrapping clustered data", JRSS B 69, 2007.
.. [3] Hesterberg, "What teachers should know about the bootstrap", The American Statistician 69, 2015:
   the expanded interval.
.. [4] Satterthwaite, "An approximate distribution of estimates of variance components", Biometrics 2, 1946.
.. [5] Wolter, "Introduction to Variance Estimation", 2nd ed., 2007: jackknife and collapsed strata.
.. [6] Cochran, "Sampling Techniques", 3rd ed., 1977, section 6.10: ratios in strata.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy import stats

from gtzan_features.errors import ConfigError
from gtzan_features.evaluation.arrays import FloatArray, IntArray

OfWeights: TypeAlias = Callable[[FloatArray], FloatArray]
"""From how often each unit was drawn, of shape (n_resamples, n_units), to values of shape (n_resamples,)."""

_CELLS_AT_ONCE = 4_000_000  # of the weight matrix: 32 MB

_MOST_UNITS = 2_000
"""Beyond, the interval is the percentile one: BCa leaves each unit out once more, and both agree by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapConfig:
    """How an interval is found; equal settings on equal data give equal bits."""

    n_resamples: int = 2_000
    seed: int = 0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.n_resamples < 100:
            msg = f"{self.n_resamples} resamples are too few for an interval: use at least 100"
            raise ConfigError(msg)
        if not 0.0 < self.confidence < 1.0:
            msg = f"confidence {self.confidence:g} must lie between 0 and 1, for example 0.95"
            raise ConfigError(msg)


DEFAULT_BOOTSTRAP = BootstrapConfig()


def share_interval(
    per_unit: FloatArray,
    bounds: tuple[float, float],
    config: BootstrapConfig,
    strata: IntArray | None = None,
) -> tuple[float, float]:
    """Bootstrap interval of a sum over units divided by the number of their rows; see the module.

    Neither the order of units nor the names of strata have a part in it.

    Parameters
    ----------
    per_unit : ndarray of shape (n_units, 2)
        Of each unit what is summed, such as the rows that are right, and how many rows it has.
    bounds : tuple of float
        Smallest and largest value that the share can take.
    config : BootstrapConfig
        Resamples, seed and confidence.
    strata : ndarray of int of shape (n_units,), optional
        Within which units are drawn; one of a single unit, which would not vary at all, is drawn together
        with the others of a single unit, or with the smallest stratum where there are none. Default: one
        stratum.

    Returns
    -------
    low, high : float
        Around the share of all units, which always lies within. Where there is no such interval (one
        unit; nothing but successes; no resample above the estimate), it is the value plus and minus
        z² / (n_units + z²), within the bounds, which for 0 and 1 is Wilson's.

    Examples
    --------
    >>> units = np.column_stack([np.arange(40) % 4 > 0, np.ones(40)]).astype(float)
    >>> low, high = share_interval(units, (0, 1), DEFAULT_BOOTSTRAP)
    >>> bool(low < 0.75 < high)
    True
    """
    parts = _by_stratum(per_unit, np.zeros(len(per_unit), dtype=np.int64) if strata is None else strata)
    ends = np.cumsum([len(part) for part in parts])
    shares = [part[:, 1].sum() / per_unit[:, 1].sum() for part in parts]

    def share(weights: FloatArray) -> FloatArray:
        total = np.zeros(len(weights))
        for part, own, end in zip(parts, shares, ends, strict=True):
            sums = weights[:, end - len(part) : end] @ part
            total += own * (sums[:, 0] / sums[:, 1])
        return np.round(total, 12)  # resamples that are equal must not differ by the order of their sums

    return _interval([len(part) for part in parts], share, bounds, config)


def weighted_interval(
    n_units: int, statistic: OfWeights, bounds: tuple[float, float], config: BootstrapConfig
) -> tuple[float, float]:
    """Bootstrap interval of a statistic of how often each unit counts; see `share_interval`.

    Parameters
    ----------
    n_units : int
        Independent units of one stratum: tracks, or artists.
    statistic : callable
        See `OfWeights`; of equal weights it is the estimate.
    bounds : tuple of float
        Smallest and largest value that the statistic can take.
    config : BootstrapConfig
        Resamples, seed and confidence.
    """
    return _interval([n_units], statistic, bounds, config)


def bootstrap_name(n_units: int) -> str:
    """Return what the interval of so many units is called: of more than 2000, it needs no BCa."""
    return f"cluster bootstrap ({'expanded BCa' if n_units <= _MOST_UNITS else 'percentile'})"


def expansion(left_out: FloatArray, sizes: Sequence[int], error: float, confidence: float) -> float:
    """Return by how much a bootstrap interval of few units must be wider.

    Parameters
    ----------
    left_out : ndarray of shape (n_units,)
        The statistic without each unit, stratum after stratum.
    sizes : sequence of int
        Units of each stratum.
    error : float
        Standard error of the bootstrap.
    confidence : float
        Of the interval.

    Returns
    -------
    float
        The standard error of the jackknife over that of the bootstrap, times the quantile of Student's t over
        the normal one, with Satterthwaite's degrees of freedom; 1 where nothing varies.

    Examples
    --------
    >>> values = np.arange(10.0)  # whose mean the bootstrap gives an error of about 0.91, the jackknife 0.96
    >>> round(expansion((45.0 - values) / 9, [10], 0.908, 0.95), 3)
    1.217
    """
    variances, freedoms = [], []
    for part in np.split(left_out, np.cumsum(sizes)[:-1]):
        n = len(part)
        if n > 1:
            variances.append((n - 1) / n * float(((part - part.mean()) ** 2).sum()))
            freedoms.append(n - 1)
    variance = sum(variances)
    if not (variance > 0.0 and error > 0.0):
        return 1.0
    freedom = variance**2 / sum(v**2 / n for v, n in zip(variances, freedoms, strict=True))
    tail = (1.0 + confidence) / 2.0
    return float(np.sqrt(variance) / error * stats.t.ppf(tail, freedom) / stats.norm.ppf(tail))


def _by_stratum(per_unit: FloatArray, strata: IntArray) -> list[FloatArray]:
    """Divide units by strata, all in an order that depends on the numbers alone; none of a single unit."""
    parts = [per_unit[strata == one] for one in np.unique(strata)]
    parts = [part[np.lexsort(part.T[::-1])] for part in parts]
    parts.sort(key=lambda part: (len(part), part.tolist()))
    n_single = sum(len(part) == 1 for part in parts)
    if n_single == 0:
        return parts
    # One alone joins the next, which is the smallest of the others.
    n_joined = max(2, n_single)
    return [np.concatenate(parts[:n_joined]), *parts[n_joined:]]


def _left_out(n_units: int, statistic: OfWeights) -> FloatArray:
    """Return the statistic without each unit."""
    at_once = max(1, _CELLS_AT_ONCE // n_units)
    parts = []
    for start in range(0, n_units, at_once):
        out = np.arange(start, min(start + at_once, n_units))
        weights = np.ones((len(out), n_units))
        weights[np.arange(len(out)), out] = 0.0
        parts.append(statistic(weights))
    return np.concatenate(parts)


def _interval(
    sizes: Sequence[int],
    statistic: OfWeights,
    bounds: tuple[float, float],
    config: BootstrapConfig,
) -> tuple[float, float]:
    """Find the interval; units are numbered stratum after stratum."""
    n_units = sum(sizes)
    estimate = float(statistic(np.ones((1, n_units)))[0])

    def of_units(*drawn: np.ndarray[Any, np.dtype[Any]], axis: int) -> FloatArray:  # noqa: ARG001
        """Statistic of resamples, given by the numbers of their units along the last axis."""
        every = np.concatenate(drawn, axis=-1)
        flat = every.reshape(-1, every.shape[-1])
        cells = flat + n_units * np.arange(len(flat))[:, None]
        weights = np.bincount(cells.ravel(), minlength=n_units * len(flat)).reshape(len(flat), n_units)
        return statistic(weights.astype(np.float64)).reshape(every.shape[:-1])

    low = high = np.nan
    factor, is_few = 1.0, n_units <= _MOST_UNITS
    if n_units > 1:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", stats.DegenerateDataWarning)
            found = stats.bootstrap(
                tuple(np.split(np.arange(n_units), np.cumsum(sizes)[:-1])),
                of_units,
                n_resamples=config.n_resamples,
                batch=max(1, _CELLS_AT_ONCE // n_units),
                vectorized=True,
                confidence_level=config.confidence,
                method="BCa" if is_few else "percentile",
                random_state=np.random.default_rng(config.seed),
            )
            if is_few:
                error = float(found.standard_error)
                factor = expansion(_left_out(n_units, statistic), sizes, error, config.confidence)
        low, high = map(float, found.confidence_interval)
    if np.isnan(low) or np.isnan(high):
        z2 = float(stats.norm.ppf((1.0 + config.confidence) / 2.0)) ** 2
        reach = z2 / (n_units + z2)
        return max(bounds[0], estimate - reach), min(bounds[1], estimate + reach)
    low, high = (estimate + factor * (end - estimate) for end in (low, high))
    return max(bounds[0], min(low, estimate)), min(bounds[1], max(high, estimate))
