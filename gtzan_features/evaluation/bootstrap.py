"""Intervals by resampling independent units: tracks, or artists.

The segments of a track are not independent, nor are the tracks of an artist. So units are drawn
with replacement, and each brings all of its rows. A statistic must depend on sums over units only:
then a resample is one row of a matrix product, and as the sums are integers, its result is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri

from gtzan_features.errors import ConfigError
from gtzan_features.evaluation.arrays import FloatArray

Statistic: TypeAlias = Callable[[FloatArray], FloatArray]
"""From sums of shape (n_resamples, n_columns) to values of shape (n_resamples,)."""

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
        Around the statistic of all units, which always lies within. Where all resamples agree (one
        unit; nothing but successes), the bootstrap is blind: the interval is then the value plus and
        minus z² / (n_units + z²), within the bounds, which for 0 and 1 is Wilson's.

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
    total = per_unit.sum(axis=0)
    estimate = float(statistic(total[None, :])[0])
    draws = statistic(_resampled_sums(per_unit, config))
    tails = np.array([(1.0 - config.confidence) / 2.0, (1.0 + config.confidence) / 2.0])
    if np.ptp(draws) == 0.0:
        z2 = float(ndtri(tails[1])) ** 2
        reach = z2 / (per_unit.shape[0] + z2)
        return max(bounds[0], estimate - reach), min(bounds[1], estimate + reach)
    leave_one_out = statistic(total[None, :] - per_unit)
    low, high = np.quantile(draws, _bca_levels(tails, draws, estimate, leave_one_out))
    return min(float(low), estimate), max(float(high), estimate)


def _resampled_sums(per_unit: FloatArray, config: BootstrapConfig) -> FloatArray:
    """Sum over each resample, shape (n_resamples, n_columns)."""
    n_units = per_unit.shape[0]
    rng = np.random.default_rng(config.seed)
    at_once = max(1, _CELLS_AT_ONCE // n_units)
    sums = []
    for start in range(0, config.n_resamples, at_once):
        n = min(at_once, config.n_resamples - start)
        drawn = rng.integers(n_units, size=(n, n_units)) + np.arange(n)[:, None] * n_units
        weights = np.bincount(drawn.ravel(), minlength=n * n_units).reshape(n, n_units)
        sums.append(weights.astype(np.float64) @ per_unit)
    return np.concatenate(sums)


def _bca_levels(
    tails: FloatArray, draws: FloatArray, estimate: float, leave_one_out: FloatArray
) -> FloatArray:
    """Levels at which the quantiles of the resamples are read, instead of at `tails`."""
    # Half of the ties: accuracies are discrete, and without it z0 would be off by half a step.
    below = float((draws < estimate).mean() + 0.5 * (draws == estimate).mean())
    edge = 0.5 / draws.size
    z0 = float(ndtri(np.clip(below, edge, 1.0 - edge)))
    pull = leave_one_out.mean() - leave_one_out
    spread = float((pull**2).sum()) ** 1.5
    acceleration = float((pull**3).sum()) / (6.0 * spread) if spread > 0.0 else 0.0
    shifted = z0 + ndtri(tails)
    levels: FloatArray = ndtr(z0 + shifted / np.maximum(1.0 - acceleration * shifted, 1e-9))
    return levels
