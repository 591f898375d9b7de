"""Means and shrunk covariance of rows of several genres, and the linear rule that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gtzan_features.models.spec import FloatMatrix, IntVector

    FloatArray = npt.NDArray[np.float64]
    Factor = tuple[npt.NDArray[np.floating], bool]

MANY_COLUMNS = 500
"""Beyond, products and factors are single precision first. Ten thousand rows of 500 columns are multiplied in
a tenth of a second: there is nothing to save with fewer."""

AGREEMENT = 1e-7
"""Root mean square error of logits among the training rows, relative to that of the logits."""

_STEPS, _SLOW = 5, 0.1  # of refinement; what an error is divided by in a step that is worth its time
_VARIANCES = (1e-12, 1e12)  # of which single precision holds products with all their digits
_CACHED = 2**17  # values of rows that are centred at once, so that they stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Moments:
    """What discriminant analysis needs to know of its training rows.

    Attributes
    ----------
    means : ndarray of shape (n_genres, n_columns)
    log_priors : ndarray of shape (n_genres,)
    covariance : ndarray of shape (n_columns, n_columns)
        Within genres, maximum likelihood; of either precision.
    shrinkage : float
        Ledoit and Wolf's intensity, within [0, 1].
    """

    means: FloatArray
    log_priors: FloatArray
    covariance: npt.NDArray[np.floating]
    shrinkage: float

    def rule(
        self, shrinkage: float, columns: IntVector | slice = slice(None)
    ) -> tuple[FloatArray, FloatArray]:
        """Return the linear rule on some of the columns, its covariance shrunk towards a multiple of I.

        Returns
        -------
        weights : ndarray of shape (n_columns, n_genres)
        offsets : ndarray of shape (n_genres,)
        """
        means = self.means[:, columns]
        weights = cho_solve(self.factor(shrinkage, columns), means.T)
        return weights, _offsets(self.log_priors, means, weights)

    def factor(self, shrinkage: float, columns: IntVector | slice = slice(None)) -> Factor:
        """Return Cholesky's factor of the shrunk covariance of some of the columns, as SciPy solves with it.

        Raises
        ------
        LinAlgError
            If it is singular.
        """
        covariance = self.covariance[columns][:, columns] * (1 - shrinkage)
        covariance[np.diag_indices_from(covariance)] += self.ridge(shrinkage, columns)
        # LAPACK overwrites columns; those of a symmetric matrix are its rows, so nothing is copied.
        factor: Factor = cho_factor(covariance.T, overwrite_a=True)
        return factor

    def ridge(self, shrinkage: float, columns: IntVector | slice = slice(None)) -> float:
        """Return what shrinkage adds to each variance."""
        variance = float(np.diagonal(self.covariance)[columns].mean(dtype=np.float64))
        # Where all columns are constant, any variance gives the priors.
        return shrinkage * variance if variance else 1.0


def linear_rule(
    X: FloatMatrix, y: IntVector, groups: IntVector | None, shrinkage: float | None
) -> tuple[FloatArray, FloatArray, float]:
    """Return the rule of `Moments.rule` on all columns, in the fastest way that is exact.

    Parameters
    ----------
    X, y, groups
        As in `moments`.
    shrinkage : float or None
        Within [0, 1]; None for Ledoit and Wolf's.

    Returns
    -------
    weights : ndarray of shape (n_columns, n_genres)
    offsets : ndarray of shape (n_genres,)
    shrinkage : float

    Raises
    ------
    LinAlgError
        If the covariance is singular.
    """
    n_rows, n_columns = X.shape
    if n_rows < n_columns:
        return few_rows_rule(X, y, groups, shrinkage)
    # Without shrinkage the covariance may be singular, which double precision alone can tell.
    if n_columns > MANY_COLUMNS and shrinkage != 0:
        try:
            return refined_rule(X, y, groups, shrinkage)
        except LinAlgError:
            pass
    found = moments(X, y, groups)
    chosen = found.shrinkage if shrinkage is None else shrinkage
    return *found.rule(chosen), chosen


def refined_rule(
    X: FloatMatrix, y: IntVector, groups: IntVector | None, shrinkage: float | None
) -> tuple[FloatArray, FloatArray, float]:
    """Return the rule of `Moments.rule` on all columns, with products and factors of single precision.

    They take half the time, and their rule errs by a thousandth or less. What it leaves of the equations is
    computed from the rows in double precision, which for the weights of ten genres takes a hundredth of the
    time of all products, and solved for, until logits are exact to `AGREEMENT`.

    Parameters, returns
        As `linear_rule`.

    Raises
    ------
    LinAlgError
        If single precision is not enough: the covariance is too close to singular, or variances lie beyond
        its numbers.

    References
    ----------
    .. [1] Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, 2002, chapter 12 (iterative
       refinement).
    """
    # Values that single precision cannot hold are found by their variance.
    with np.errstate(over="ignore", invalid="ignore"):
        found = moments(X, y, groups, np.float32)
    variance = float(np.diagonal(found.covariance).mean(dtype=np.float64))
    if not _VARIANCES[0] < variance < _VARIANCES[1]:
        msg = "variances beyond single precision"
        raise LinAlgError(msg)
    chosen = found.shrinkage if shrinkage is None else shrinkage
    means, factor, ridge = found.means, found.factor(chosen), found.ridge(chosen)
    share = (1 - chosen) / len(X)

    def product(weights: FloatArray) -> FloatArray:
        result = ridge * weights
        for rows in _blocks(X):
            within = X[rows] - means[y[rows]]
            result += within.T @ (within @ (share * weights))
        return result

    # What all genres share cancels in probabilities, however large: it is no measure for their differences.
    shared = means.mean(axis=0)
    right = np.column_stack([(means - shared).T, shared])
    solved = _refined(lambda right: cho_solve(factor, right.astype(np.float32)), product, right)
    weights = solved[:, :-1] + solved[:, -1:]
    return weights, _offsets(found.log_priors, means, weights), chosen


def _refined(
    solve: Callable[[FloatArray], npt.NDArray[np.floating]],
    product: Callable[[FloatArray], FloatArray],
    right: FloatArray,
) -> FloatArray:
    """Return the solution of ``product(solution) = right``, which `solve` gives about.

    A step divides the error by about what the step before did, which is how the error left is known. Errors
    are measured by the product itself: their square is what they add to the variance of logits. The last
    column is measured by itself, the others together.
    """

    def sizes(solution: npt.NDArray[np.floating], right: FloatArray) -> FloatArray:
        each = np.einsum("cg,cg->g", solution, right)
        return np.array([each[:-1].sum(), each[-1]])

    solution, before = solve(right).astype(np.float64), 1.0
    for _ in range(_STEPS):
        residual = right - product(solution)
        step = solve(residual)
        whole = np.maximum(sizes(solution, right), np.finfo(np.float64).tiny)
        moved = float(np.sqrt(np.abs(sizes(step, residual)) / whole).max())
        rate = moved / before
        if not rate < _SLOW:
            break
        solution += step
        if moved * rate < AGREEMENT:
            return solution
        before = moved
    msg = "single precision is not enough"
    raise LinAlgError(msg)


def _offsets(log_priors: FloatArray, means: FloatArray, weights: FloatArray) -> FloatArray:
    """Logarithms of the shares less half of each genre's own logit.

    Of each genre what it does not share with the others is taken by itself: where columns lie far from zero,
    the squares of all that is shared would leave few digits of what tells genres apart.
    """
    shared, common = means.mean(axis=0), weights.mean(axis=1)
    apart = np.einsum("gc,cg->g", (means + shared) / 2, weights - common[:, None])
    return np.asarray(log_priors - apart - 0.5 * (shared @ common))


def moments(
    X: FloatMatrix,
    y: IntVector,
    groups: IntVector | None = None,
    dtype: Any = np.float64,  # noqa: ANN401 - a type of numbers
) -> Moments:
    """Take the moments of training rows; genres are 0..k-1, all present.

    The intensity of shrinkage is Ledoit and Wolf's, for the covariance pooled over the genres. Their
    estimate takes rows as independent, and the segments of a track are not: what is counted here are the
    `groups`, each with the covariance of its own rows. With one row per group it is theirs.

    Means are double precision; rows less the mean of their genre, and their products, are of `dtype`.

    References
    ----------
    .. [1] Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices",
       Journal of Multivariate Analysis 88(2), 2004.
    """
    means, log_priors, within = _within(X, y, dtype)
    covariance = within.T @ within
    covariance /= len(within)
    trace = float(np.trace(covariance, dtype=np.float64))
    shrinkage = _intensity(within, _squared_norm(covariance), trace, groups)
    return Moments(means, log_priors, covariance, shrinkage)


def few_rows_rule(
    X: FloatMatrix, y: IntVector, groups: IntVector | None, shrinkage: float | None
) -> tuple[FloatArray, FloatArray, float]:
    """Return the rule of `Moments.rule` on all columns where there are more columns than rows.

    The covariance is never made: its shrunk inverse follows from the products of the rows with each other
    (Woodbury's identity), which for hundreds of tracks and thousands of columns is a hundred times faster.

    Parameters, returns
        As `linear_rule`, with a shrinkage above 0.

    Raises
    ------
    LinAlgError
        If the shrinkage is 0.
    """
    means, log_priors, within = _within(X, y)
    n_rows, n_columns = within.shape
    products = within @ within.T
    size, trace = _squared_norm(products) / n_rows**2, float(np.trace(products)) / n_rows
    if shrinkage is None:
        shrinkage = _intensity(within, size, trace, groups)
    if shrinkage == 0:
        msg = "more columns than rows"
        raise LinAlgError(msg)
    # Where all columns are constant, any variance gives the priors.
    ridge = shrinkage * trace / n_columns if trace else 1.0
    weights = means.T / ridge
    if shrinkage < 1 and trace:
        products[np.diag_indices_from(products)] += n_rows * ridge / (1 - shrinkage)
        inner = cho_solve(cho_factor(products, overwrite_a=True), within @ means.T)
        weights -= within.T @ inner / ridge
    return weights, _offsets(log_priors, means, weights), shrinkage


def _within(
    X: FloatMatrix,
    y: IntVector,
    dtype: Any = np.float64,  # noqa: ANN401 - a type of numbers
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.floating]]:
    """Means of the genres, logarithms of their shares, and rows less the mean of their genre."""
    count = np.bincount(y)
    means = np.zeros((len(count), X.shape[1]))
    for genre in range(len(count)):
        means[genre] = np.asarray(X[y == genre], dtype=np.float64).mean(axis=0)
    within = np.empty(X.shape, dtype)
    for rows in _blocks(X):
        within[rows] = X[rows] - means[y[rows]]
    return means, np.log(count / len(y)), within


def _blocks(X: FloatMatrix) -> list[slice]:
    n_rows, n_columns = X.shape
    step = max(1, _CACHED // n_columns)
    return [slice(start, start + step) for start in range(0, n_rows, step)]


def _intensity(
    within: npt.NDArray[np.floating], size: float, trace: float, groups: IntVector | None
) -> float:
    """Ledoit and Wolf's intensity, from the squared norm and the trace of the covariance."""
    n_rows, n_columns = within.shape
    if groups is None:
        noise = float(np.square(np.einsum("rc,rc->r", within, within).astype(np.float64)).sum())
    else:
        order = np.argsort(groups, kind="stable")
        starts = np.flatnonzero(np.diff(groups[order])) + 1
        parts = (within[at] for at in np.split(order, starts))
        noise = sum(_squared_norm(part @ part.T) for part in parts)
    n_groups = n_rows if groups is None else np.unique(groups).size
    return intensity(noise / n_rows**2, n_groups, size, trace, n_columns)


def _squared_norm(matrix: npt.NDArray[np.floating]) -> float:
    """Sum of squares; those of a row in the precision of the matrix."""
    return float(np.einsum("rc,rc->r", matrix, matrix).sum(dtype=np.float64))


def intensity(noise: float, n_groups: int, size: float, trace: float, n_columns: int) -> float:
    """Return Ledoit and Wolf's intensity of shrinkage, within [0, 1].

    Parameters
    ----------
    noise : float
        Sum of the squared norms of the groups' products of rows, over the squared number of rows.
    n_groups : int
    size, trace : float
        Squared norm and trace of the covariance.
    n_columns : int
    """
    spread = size - trace**2 / n_columns  # squared distance from the target
    return float(np.clip((noise - size / n_groups) / spread, 0, 1)) if spread > 0 else 1.0
