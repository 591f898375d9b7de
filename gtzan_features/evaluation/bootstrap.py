"""Intervals by resampling independent units: tracks, or artists.

The segments of a track are not independent, nor are the tracks of an artist. So units are drawn
with replacement, and each brings all of its rows. Where a statistic depends on sums over units only,
a resample is one row of a matrix product, and as the sums are integers, its result is exact. The
interval is that of `scipy.stats.bootstrap`, which draws the units.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy import stats

from gtzan_features.errors import ConfigError
from gtzan_features.evaluation.arrays import FloatArray

Statistic: TypeAlias = Callable[[FloatArray], FloatArray]
"""From sums of shape (n_resamples, n_columns) to values of shape (n_resamples,)."""

OfWeights: TypeAlias = Callable[[FloatArray], FloatArray]
"""From how often each unit was drawn, of shape (n_resamples, n_units), to values of shape (n_resamples,)."""

_CELLS_AT_ONCE = 4_000_000  # of the weight matrix: 32 MB


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


def bca_interval(
    per_unit: FloatArray, statistic: Statistic, bounds: tuple[float, float], config: BootstrapConfig
) -> tuple[float, float]:
    """Bias-corrected and accelerated bootstrap interval of a statistic of sums over units.

    Parameters
    ----------
    per_unit : ndarray of shape (n_units, n_columns)
        Integer-valued contribution of each unit to the sums.
    statistic : callable
        See `Statistic`.
    bounds : tuple of float
        Smallest and largest value that the statistic can take.
    config : BootstrapConfig
        Resamples, seed and confidence.

    Returns
    -------
    low, high : float
        Around the statistic of all units, which always lies within. Where there is no such interval (one
        unit; nothing but successes; no resample above the estimate), it is the value plus and minus
        z² / (n_units + z²), within the bounds, which for 0 and 1 is Wilson's.

    References
    ----------
    .. [1] Efron, "Better bootstrap confidence intervals", JASA 82, 1987.
    .. [2] Field and Welsh, "Bootstrapping clustered data", JRSS B 69, 2007.

    Examples
    --------
    >>> units = np.column_stack([np.arange(40) % 4 > 0, np.ones(40)]).astype(float)
    >>> low, high = bca_interval(units, lambda s: s[:, 0] / s[:, 1], (0, 1), DEFAULT_BOOTSTRAP)
    >>> bool(low < 0.75 < high)
    True
    """
    return weighted_interval(len(per_unit), lambda weights: statistic(weights @ per_unit), bounds, config)


def weighted_interval(
    n_units: int,
    statistic: OfWeights,
    bounds: tuple[float, float],
    config: BootstrapConfig,
    method: str = "BCa",
) -> tuple[float, float]:
    """Bootstrap interval of a statistic of how often each unit counts; see `bca_interval`.

    Parameters
    ----------
    n_units : int
        Independent units: tracks, or artists.
    statistic : callable
        See `OfWeights`; of equal weights it is the estimate.
    bounds : tuple of float
        Smallest and largest value that the statistic can take.
    config : BootstrapConfig
        Resamples, seed and confidence.
    method : {"BCa", "percentile"}
        The latter needs no statistic for each unit left out, which many units make slow.
    """
    estimate = float(statistic(np.ones((1, n_units)))[0])

    def of_units(drawn: np.ndarray[Any, np.dtype[Any]], axis: int) -> FloatArray:  # noqa: ARG001
        """Statistic of resamples, given by the numbers of their units along the last axis."""
        flat = drawn.reshape(-1, drawn.shape[-1])
        cells = flat + n_units * np.arange(len(flat))[:, None]
        weights = np.bincount(cells.ravel(), minlength=n_units * len(flat)).reshape(len(flat), n_units)
        return statistic(weights.astype(np.float64)).reshape(drawn.shape[:-1])

    low = high = np.nan
    if n_units > 1:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", stats.DegenerateDataWarning)
            found = stats.bootstrap(
                (np.arange(n_units),),
                of_units,
                n_resamples=config.n_resamples,
                batch=max(1, _CELLS_AT_ONCE // n_units),
                vectorized=True,
                confidence_level=config.confidence,
                method=method,
                random_state=np.random.default_rng(config.seed),
            )
        low, high = map(float, found.confidence_interval)
    if np.isnan(low) or np.isnan(high):
        z2 = float(stats.norm.ppf((1.0 + config.confidence) / 2.0)) ** 2
        reach = z2 / (n_units + z2)
        return max(bounds[0], estimate - reach), min(bounds[1], estimate + reach)
    return min(low, estimate), max(high, estimate)
