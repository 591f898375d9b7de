"""Means and shrunk covariance of rows of several genres, and the linear rule that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.models.spec import FloatMatrix, IntVector

    FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """What discriminant analysis needs to know of its training rows.

    Attributes
    ----------
    means : ndarray of shape (n_genres, n_columns)
    log_priors : ndarray of shape (n_genres,)
    covariance : ndarray of shape (n_columns, n_columns)
        Within genres, maximum likelihood.
    shrinkage : float
        Ledoit and Wolf's intensity, within [0, 1].
    """

    means: FloatArray
    log_priors: FloatArray
    covariance: FloatArray
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
        covariance = self.covariance[columns][:, columns] * (1 - shrinkage)
        variance = float(np.diagonal(self.covariance)[columns].mean())
        # Where all columns are constant, any variance gives the priors.
        covariance[np.diag_indices_from(covariance)] += shrinkage * variance if variance else 1.0
        # LAPACK overwrites columns; those of a symmetric matrix are its rows, so nothing is copied.
        weights = cho_solve(cho_factor(covariance.T, overwrite_a=True), means.T)
        return weights, self.log_priors - 0.5 * np.einsum("gc,cg->g", means, weights)


def moments(X: FloatMatrix, y: IntVector, groups: IntVector | None = None) -> Moments:
    """Take the moments of training rows; genres are 0..k-1, all present.

    The intensity of shrinkage is Ledoit and Wolf's, for the covariance pooled over the genres. Their
    estimate takes rows as independent, and the segments of a track are not: what is counted here are the
    `groups`, each with the covariance of its own rows. With one row per group it is theirs.

    References
    ----------
    .. [1] Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices",
       Journal of Multivariate Analysis 88(2), 2004.
    """
    means, log_priors, within = _within(X, y)
    covariance = within.T @ within / len(within)
    size, trace = float(np.vdot(covariance, covariance)), float(np.trace(covariance))
    shrinkage = _intensity(within, size, trace, groups)
    return Moments(means, log_priors, covariance, shrinkage)


def few_rows_rule(
    X: FloatMatrix, y: IntVector, groups: IntVector | None, shrinkage: float | None
) -> tuple[FloatArray, FloatArray, float]:
    """Return the rule of `Moments.rule` on all columns where there are more columns than rows.

    The covariance is never made: its shrunk inverse follows from the products of the rows with each other
    (Woodbury's identity), which for hundreds of tracks and thousands of columns is a hundred times faster.

    Parameters
    ----------
    X, y, groups
        As in `moments`.
    shrinkage : float or None
        Within (0, 1]; None for Ledoit and Wolf's.

    Returns
    -------
    weights : ndarray of shape (n_columns, n_genres)
    offsets : ndarray of shape (n_genres,)
    shrinkage : float

    Raises
    ------
    LinAlgError
        If the shrinkage is 0.
    """
    means, log_priors, within = _within(X, y)
    n_rows, n_columns = within.shape
    products = within @ within.T
    size, trace = float(np.vdot(products, products)) / n_rows**2, float(np.trace(products)) / n_rows
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
    return weights, log_priors - 0.5 * np.einsum("gc,cg->g", means, weights), shrinkage


def _within(X: FloatMatrix, y: IntVector) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Means of the genres, logarithms of their shares, and rows less the mean of their genre."""
    count = np.bincount(y)
    means = np.zeros((len(count), X.shape[1]))
    within = np.empty(X.shape)
    for genre in range(len(count)):
        at = np.flatnonzero(y == genre)
        own = np.asarray(X[at], dtype=np.float64)
        means[genre] = own.mean(axis=0)
        own -= means[genre]
        within[at] = own
    return means, np.log(count / len(y)), within


def _intensity(within: FloatArray, size: float, trace: float, groups: IntVector | None) -> float:
    """Ledoit and Wolf's intensity, from the squared norm and the trace of the covariance."""
    n_rows, n_columns = within.shape
    if groups is None:
        noise = float(np.square(np.square(within).sum(axis=1)).sum())
    else:
        order = np.argsort(groups, kind="stable")
        starts = np.flatnonzero(np.diff(groups[order])) + 1
        parts = (within[at] for at in np.split(order, starts))
        noise = sum(float(np.square(part @ part.T).sum()) for part in parts)
    n_groups = n_rows if groups is None else np.unique(groups).size
    return intensity(noise / n_rows**2, n_groups, size, trace, n_columns)


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
