"""Fitted linear models of scikit-learn as plain arrays, which prediction applies without scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.models.applying.linear_rule import StoredRule
from gtzan_features.models.estimators.preprocessing import RankNormal

if TYPE_CHECKING:
    import numpy.typing as npt


def scaled_rule(scaling: Any, weights: npt.NDArray[Any], offsets: npt.NDArray[Any]) -> StoredRule:  # noqa: ANN401
    """Return a linear rule on columns that a fitted `SteadyScaler` or `RankNormal` scales."""
    if isinstance(scaling, RankNormal):
        arrays = {"quantiles": scaling.quantiles_, "scores": scaling.scores_}
    else:
        arrays = {"mean": scaling.mean_, "scale": scaling.scale_}
    return StoredRule(arrays | {"weights": weights, "offsets": offsets})


def logistic_rule(model: Any) -> StoredRule:  # noqa: ANN401 - a pipeline of scikit-learn
    """Return a fitted pipeline of a scaler and `LogisticRegression` as arrays.

    Of two genres scikit-learn has one line of coefficients, for the second; the first has zeros here.
    """
    scaling, logistic = (step for _, step in model.steps)
    weights, offsets = np.asarray(logistic.coef_).T, np.asarray(logistic.intercept_)
    if weights.shape[1] == 1:
        weights = np.hstack([np.zeros_like(weights), weights])
        offsets = np.concatenate([np.zeros_like(offsets), offsets])
    return scaled_rule(scaling, weights, offsets)
