"""Whether one run is better than another on the same tracks.

Both runs predict the same rows, so that only rows on which they disagree can distinguish them. Under the
null hypothesis the two are exchangeable within each independent unit, and every unit's difference
could as well have had the other sign. The exact distribution over all signs gives the p-value; where
units are single rows this is McNemar's exact test.

As in `intervals`, what is tested is these two trained models (or pooled folds), not the two recipes:
another training seed may turn a small difference around. A test on several pairs of runs needs a
correction for their number, which the caller asks for: `holm`.

References
----------
.. [1] McNemar, "Note on the sampling error of the difference between correlated proportions",
   Psychometrika 12, 1947.
.. [2] Dietterich, "Approximate statistical tests for comparing supervised classification learning
   algorithms", Neural Computation 10, 1998.
.. [3] Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 6, 1979.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binom, binomtest

from gtzan_features.evaluation.arrays import BoolArray, FloatArray, IntArray, as_correct, units_in_strata
from gtzan_features.evaluation.bootstrap import DEFAULT_BOOTSTRAP, BootstrapConfig, share_interval
from gtzan_features.rounding import decimals

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """Outcome of a paired test between run A and run B.

    Attributes
    ----------
    n, n_units : int
        Rows compared, and the independent units that they belong to.
    only_a, only_b : int
        Rows that A alone, or B alone, has right.
    accuracy_a, accuracy_b : float
        Share of rows that each has right.
    difference, ci_low, ci_high : float
        Accuracy of A minus that of B, within [-1, 1], and its bootstrap interval.
    p_value : float
        Two-sided; 1 where the runs agree everywhere.
    confidence : float
        Of the interval; ``1 - confidence`` is the level of the verdict.
    test : str
        ``exact McNemar``, or ``exact sign-flip`` over groups.
    """

    n: int
    n_units: int
    only_a: int
    only_b: int
    accuracy_a: float
    accuracy_b: float
    difference: float
    ci_low: float
    ci_high: float
    p_value: float
    confidence: float
    test: str

    @property
    def is_shown(self) -> bool:
        """Whether a difference is shown: by the exact test alone. The interval says how large it may be."""
        return self.p_value < 1.0 - self.confidence

    @property
    def interval_excludes_zero(self) -> bool:
        """Whether zero lies outside the interval, which is approximate and never corrected."""
        return self.ci_low > 0.0 or self.ci_high < 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON-able mapping."""
        return asdict(self)


def compare(
    correct_a: ArrayLike,
    correct_b: ArrayLike,
    groups: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    config: BootstrapConfig = DEFAULT_BOOTSTRAP,
) -> PairedComparison:
    """Test two runs against each other on the same rows.

    Parameters
    ----------
    correct_a, correct_b : array_like of bool, shape (n_rows,)
        Whether each run has each row right; the same track, or the same segment, in the same place.
    groups : array_like of shape (n_rows,), optional
        Any labels; rows with equal labels are one unit. For segments: their tracks (or artists);
        for tracks: their artists. Default: every row is a unit, which is right for tracks of different
        artists only.
    strata : array_like of shape (n_rows,), optional
        True genres: the interval draws units within them, and an artist of two genres is a unit in each, for
        the test, too. Default: one stratum.
    config : BootstrapConfig
        Confidence, seed and resamples of the interval; the p-value needs no seed.

    Returns
    -------
    PairedComparison
        With McNemar's exact test where every row is a unit, else the exact sign-flip test over
        units; the interval is a paired, expanded BCa bootstrap over units, see `bootstrap.share_interval`.
        Swapping the runs mirrors the difference and its interval, and leaves the p-value.

    Raises
    ------
    ValueError
        If shapes do not fit, there is no row, or an array is not boolean.

    Examples
    --------
    >>> found = compare([True] * 9 + [False], [True] * 3 + [False] * 7)
    >>> found.only_a, found.only_b, found.difference, found.p_value
    (6, 0, 0.6, 0.03125)
    """
    a = as_correct(correct_a, "correct_a")
    b = as_correct(correct_b, "correct_b", a.size)
    unit, stratum = units_in_strata(groups, strata, a.size)
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    difference = (only_a - only_b) / a.size
    gained = _gained(a, b, unit)
    low, high = _mirrored_interval(gained, np.bincount(unit).astype(np.int64), stratum, config)
    return PairedComparison(
        n=a.size,
        n_units=stratum.size,
        only_a=only_a,
        only_b=only_b,
        accuracy_a=int(a.sum()) / a.size,
        accuracy_b=int(b.sum()) / a.size,
        difference=difference,
        ci_low=min(low, difference),
        ci_high=max(high, difference),
        p_value=sign_flip_p(gained),
        confidence=config.confidence,
        test="exact McNemar" if stratum.size == a.size else "exact sign-flip",
    )


def exact_p(
    correct_a: ArrayLike,
    correct_b: ArrayLike,
    groups: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> float:
    """Return the p-value of `compare`, with its parameters and errors, without an interval.

    Examples
    --------
    >>> exact_p([True] * 9 + [False], [True] * 3 + [False] * 7)
    0.03125
    """
    a = as_correct(correct_a, "correct_a")
    b = as_correct(correct_b, "correct_b", a.size)
    return sign_flip_p(_gained(a, b, units_in_strata(groups, strata, a.size)[0]))


def verdict(found: PairedComparison, name_a: str = "A", name_b: str = "B") -> str:
    """Say in one sentence what a comparison shows.

    The exact test decides: a difference counts as shown if the p-value lies below ``1 - confidence``. The
    bootstrap interval is that of this pair alone; where it would say otherwise, the sentence says which of
    the two decides.

    Parameters
    ----------
    found : PairedComparison
        From `compare`.
    name_a, name_b : str
        What to call the runs.

    Returns
    -------
    str
        With the difference in points (hundredths of accuracy) from the better run's side, or of the first
        minus the second where no difference is shown.

    Examples
    --------
    >>> print(verdict(PairedComparison(500, 500, 30, 14, 0.8, 0.768, 0.032, 0.005, 0.059, 0.0226, 0.95,
    ...                                "exact McNemar"), "svm", "knn"))
    svm is 3.2 points better than knn (95 % interval 0.5 to 5.9, exact McNemar p = 0.023).
    """
    better, worse = name_a, name_b
    shares = [found.difference, found.ci_low, found.ci_high]
    if found.is_shown and found.difference < 0.0:
        better, worse = name_b, name_a
        shares = [-found.difference, -found.ci_high, -found.ci_low]
    points = [decimals(100.0 * x, 1) for x in shares]
    p = "p < 0.0001" if found.p_value < 1e-4 else f"p = {found.p_value:.2g}"
    evidence = f"{100.0 * found.confidence:g} % interval {points[1]} to {points[2]}, {found.test} {p}"
    if found.is_shown:
        return f"{better} is {points[0]} points better than {worse} ({evidence}){_decides(found)}."
    return (
        f"No difference between {name_a} and {name_b} can be shown "
        f"(the first minus the second: {points[0]} points, {evidence}){_decides(found)}."
    )


def _decides(found: PairedComparison) -> str:
    """Say which of test and interval decides, where the two differ."""
    if found.is_shown == found.interval_excludes_zero:
        return ""
    level = f"{1.0 - found.confidence:.2g}"
    side = f"is below {level}" if found.is_shown else f"is not below {level}"
    return (
        f": the test decides, whose p {side}; the interval is approximate, of this pair alone, and does not"
    )


def holm(p_values: ArrayLike) -> FloatArray:
    """Correct the p-values of several tests for their number, by Holm's step-down method [3]_.

    Parameters
    ----------
    p_values : array_like of shape (n_tests,)
        Within [0, 1].

    Returns
    -------
    ndarray of shape (n_tests,)
        In the same order, within [0, 1], never below the p-value given. Where all null hypotheses with a
        value below some level are called false, the chance of a single wrong call is at most that level,
        however the tests depend on each other.

    Examples
    --------
    >>> holm([0.01, 0.5, 0.03]).tolist()
    [0.03, 0.5, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    corrected: FloatArray = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def sign_flip_p(gained: IntArray) -> float:
    """Two-sided exact p-value of the sum of differences over all assignments of signs.

    Parameters
    ----------
    gained : ndarray of int, shape (n_units,)
        Rows that A has right minus rows that B has right, in each unit.

    Returns
    -------
    float
        Share of the ``2 ** n_units`` assignments of signs whose sum is at least as far from zero as
        the one found, within (0, 1]; 1 where all differences are zero. With differences of 0, 1 and
        -1 this is McNemar's exact test. Time grows with the number of units times the sum of
        the absolute differences: milliseconds for 1000 tracks of ten segments.

    Examples
    --------
    >>> round(sign_flip_p(np.array([3, 1, 0])), 12)
    0.5
    """
    distances = np.abs(gained)
    span = int(distances.sum())
    if span == 0:
        return 1.0
    if distances.max() == 1:
        return float(binomtest(int((gained > 0).sum()), span).pvalue)
    # With X the sum of the distances that got a plus, the sum of all is 2 X - span.
    sums = np.abs(2 * np.arange(span + 1) - span)
    return min(1.0, float(_plus_distribution(distances)[sums >= abs(int(gained.sum()))].sum()))


def _plus_distribution(distances: IntArray) -> FloatArray:
    """Probability of each sum of a fair random choice among `distances`, from 0 to their sum."""
    steps, counts = np.unique(distances[distances > 0], return_counts=True)
    mass: FloatArray = np.ones(1)
    for step, count in zip(steps.tolist(), counts.tolist(), strict=True):
        wider = np.zeros(mass.size + step * count)
        for n_plus, share in enumerate(binom.pmf(np.arange(count + 1), count, 0.5)):
            wider[n_plus * step : n_plus * step + mass.size] += share * mass
        mass = wider
    return mass


def _gained(a: BoolArray, b: BoolArray, unit: IntArray) -> IntArray:
    """Count the rows that A has right less those that B has right, in each unit."""
    net: IntArray = np.bincount(unit, weights=a.astype(np.int64) - b.astype(np.int64)).astype(np.int64)
    return net


def _mirrored_interval(
    gained: IntArray, rows: IntArray, stratum: IntArray, config: BootstrapConfig
) -> tuple[float, float]:
    """Find the interval of A minus B: the mean of it and of minus that of B minus A, whose draws differ."""
    ends = np.array(
        [
            share_interval(np.column_stack([sign * gained, rows]), (-1.0, 1.0), config, stratum)
            for sign in (1.0, -1.0)
        ]
    )
    low, high = (ends[0] - ends[1, ::-1]) / 2.0
    return float(low), float(high)
