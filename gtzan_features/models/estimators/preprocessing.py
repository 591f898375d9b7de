"""Scaling of features inside a model: by mean and deviation, or by rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import StandardScaler

from gtzan_features.errors import ModelError

if TYPE_CHECKING:
    import numpy.typing as npt

STANDARD, RANK = "standard", "rank"


class RankNormal(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Normal scores of each column's ranks among the training rows.

    What `sklearn.preprocessing.QuantileTransformer` does towards a normal distribution, with two
    differences: scores end at ±`limit`, where that transformer puts whatever lies beyond the training rows
    at ±5.2 and so lets a single odd column decide; and few quantiles are kept, so that a model of
    thousands of columns stays small. Equal values share their mean score.

    Parameters
    ----------
    n_quantiles : int
        Quantiles that are kept of each column, at least 2; between them scores are interpolated.
    limit : float
        Largest absolute score, in standard deviations.
    """

    def __init__(self, n_quantiles: int = 200, limit: float = 3.0) -> None:
        self.n_quantiles = n_quantiles
        self.limit = limit

    def fit(self, X: npt.NDArray[np.floating], y: object = None) -> RankNormal:  # noqa: ARG002 - as in scikit-learn
        """Take the quantiles of each column of `X`, of shape (n_rows, n_columns)."""
        shares = np.linspace(0, 1, max(2, min(self.n_quantiles, len(X))))
        ranked = np.sort(np.asarray(X, dtype=np.float64).T, axis=1)
        place = shares * (len(X) - 1)
        low = np.minimum(place.astype(np.int64), max(len(X) - 2, 0))
        high = np.minimum(low + 1, len(X) - 1)
        self.quantiles_ = ranked[:, low] + (place - low) * (ranked[:, high] - ranked[:, low])
        scores = np.clip(ndtri(shares), -self.limit, self.limit)
        self.scores_ = np.tile(scores, (len(ranked), 1))
        for column in np.flatnonzero((np.diff(self.quantiles_, axis=1) == 0).any(axis=1)):
            self.scores_[column] = _shared(self.quantiles_[column], scores)
        return self

    def transform(self, X: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Return the scores of `X`; a column that was constant in training is 0."""
        scored = np.empty(np.shape(X))
        for i, (quantiles, scores) in enumerate(zip(self.quantiles_, self.scores_, strict=True)):
            scored[:, i] = np.interp(X[:, i], quantiles, scores)
        return scored


def _shared(quantiles: npt.NDArray[np.float64], scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give equal quantiles the mean of their scores."""
    _, at, count = np.unique(quantiles, return_inverse=True, return_counts=True)
    return np.asarray((np.bincount(at, scores) / count)[at])


class FamilyBalance(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Weigh columns so that every family of features has the same total variance.

    Without it, a model that shrinks all directions alike listens to the families with most columns. The
    weight of a column is one over the root of its family's size, scaled to a mean square of 1.

    Parameters
    ----------
    families : tuple of str
        The family of each column; empty weighs all alike.
    """

    def __init__(self, families: tuple[str, ...] = ()) -> None:
        self.families = families

    def fit(self, X: npt.NDArray[np.floating], y: object = None) -> FamilyBalance:  # noqa: ARG002 - as in scikit-learn
        """Count the columns of each family."""
        if not self.families:
            self.weights_ = np.ones(X.shape[1])
            return self
        _, of, size = np.unique(np.array(self.families), return_inverse=True, return_counts=True)
        weights = 1 / np.sqrt(size[of])
        self.weights_ = weights / np.sqrt(np.mean(weights**2))
        return self

    def transform(self, X: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Return the weighted columns of `X`."""
        return np.asarray(X * self.weights_)


def scaler(kind: str, model: str) -> Any:  # noqa: ANN401 - a transformer of scikit-learn
    """Return an unfitted scaler: ``standard`` (mean 0, deviation 1) or ``rank`` (normal scores).

    Raises
    ------
    ModelError
        If there is none of this name; the message names the `model`.
    """
    kinds = {STANDARD: StandardScaler, RANK: RankNormal}
    if kind not in kinds:
        msg = f"{model}: scaling={kind} is not known; there are {', '.join(kinds)}"
        raise ModelError(msg)
    return kinds[kind]()
