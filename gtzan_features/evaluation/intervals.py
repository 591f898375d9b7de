"""How far an accuracy could be off, had other tracks been in the test set.

What an interval here covers is the sampling of test units (tracks, or artists), for the models as
they were trained. It does not cover the variance of training: another seed, other training tracks.
Under cross-validation every fold has its own model and shares training tracks with the others; the
pooled predictions are treated as those of one fixed classifier, so the interval is somewhat too
narrow for the question "how would this recipe do on a new collection?" [3]_. Nor does it cover the
faults of a data set or a leak in the split: a leaked accuracy has a narrow interval around the wrong
number.

References
----------
.. [1] Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
.. [2] Brown, Cai and DasGupta, "Interval estimation for a binomial proportion", Stat. Science 16, 2001.
.. [3] Bengio and Grandvalet, "No unbiased estimator of the variance of k-fold cross-validation",
   JMLR 5, 2004.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binomtest

from gtzan_features.evaluation.arrays import as_correct, units_in_strata
from gtzan_features.evaluation.bootstrap import (
    DEFAULT_BOOTSTRAP,
    BootstrapConfig,
    bootstrap_name,
    share_interval,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and the interval around it.

    Attributes
    ----------
    estimate, low, high : float
        Within [0, 1], low <= estimate <= high.
    confidence : float
        For example 0.95.
    n_rows, n_units : int
        Rows that the figure is computed from, and the independent units that they belong to.
    method : str
        ``Wilson``, or the name of a cluster bootstrap.
    """

    estimate: float
    low: float
    high: float
    confidence: float
    n_rows: int
    n_units: int
    method: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON-able mapping."""
        return asdict(self)


def accuracy_interval(
    correct: ArrayLike,
    groups: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    config: BootstrapConfig = DEFAULT_BOOTSTRAP,
) -> Interval:
    """Find the interval of an accuracy.

    Parameters
    ----------
    correct : array_like of bool, shape (n_rows,)
        Whether each track, or each segment, is classified correctly.
    groups : array_like of shape (n_rows,), optional
        Any labels; rows with equal labels are drawn together. For segments: their tracks. For
        tracks or segments of known artists: the artists (give each unknown one a label of its own).
        Default: every row is independent, which is right for tracks of different artists and never for
        segments.
    strata : array_like of shape (n_rows,), optional
        True genres, where how many tracks each has was chosen: units are drawn within them, and an artist
        of two genres is a unit in each. Default: one stratum.
    config : BootstrapConfig
        Confidence; seed and resamples for the bootstrap.

    Returns
    -------
    Interval
        Wilson's score interval where every row is its own unit, whatever the strata; else an expanded BCa
        bootstrap over units, see `bootstrap.share_interval`.

    Raises
    ------
    ValueError
        If shapes do not fit, there is no row, or `correct` is not boolean.

    Examples
    --------
    >>> found = accuracy_interval([True] * 8 + [False] * 2)
    >>> round(found.low, 3), found.estimate, round(found.high, 3)
    (0.49, 0.8, 0.943)
    >>> accuracy_interval([True, True, False, False], groups=["a", "a", "b", "b"]).n_units
    2
    """
    right = as_correct(correct)
    unit, stratum = units_in_strata(groups, strata, right.size)
    n_units = stratum.size
    n_correct = int(right.sum())
    if n_units == right.size:
        method = "Wilson"
        found = binomtest(n_correct, n_units).proportion_ci(config.confidence, method="wilson")
        low, high = float(found.low), float(found.high)
    else:
        method = bootstrap_name(n_units)
        per_unit = np.column_stack([np.bincount(unit, weights=right), np.bincount(unit)]).astype(np.float64)
        low, high = share_interval(per_unit, (0.0, 1.0), config, stratum)
    estimate = n_correct / right.size
    low, high = min(low, estimate), max(high, estimate)
    return Interval(estimate, low, high, config.confidence, right.size, n_units, method)
