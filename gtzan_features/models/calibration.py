"""Calibrated probabilities by one temperature, fitted on rows of tracks that the model did not see.

A temperature divides the logits of all genres alike, so that their order in a row stays as the model has
it. Between rows it changes how much a sure row weighs: the mean over a track's segments may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin

from gtzan_features.errors import ModelError
from gtzan_features.models.spec import TrainingData, inner_splits

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gtzan_features.models.spec import Classifier, FloatMatrix, IntVector

    FloatArray = npt.NDArray[np.float64]

CALIBRATION_FOLDS = 3
SMALLEST = 1e-6
"""Probabilities are raised to this before their logarithm is taken: trees and neighbours give zeros."""

_LOG_RANGE = (-9.0, 5.0)  # of the inverse temperature; beyond, all rows are equal, or each is certain


class Tempered(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A fitted classifier whose log-probabilities are divided by a temperature.

    Parameters
    ----------
    estimator : Classifier
        Fitted.
    inverse_temperature : float
        Below 1 where the classifier was too sure of itself.
    """

    def __init__(self, estimator: Any = None, inverse_temperature: float = 1.0) -> None:  # noqa: ANN401
        self.estimator = estimator
        self.inverse_temperature = inverse_temperature

    def predict_proba(self, X: FloatMatrix) -> FloatArray:
        """Return probabilities of shape (n_rows, n_genres)."""
        logits = log_probabilities(self.estimator.predict_proba(X))
        return np.asarray(softmax(self.inverse_temperature * logits, axis=1))


class OfDecisions(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A fitted classifier without probabilities, whose decision values are taken for logits as they are.

    What a machine is left with where nothing can be calibrated.

    Parameters
    ----------
    estimator : estimator with ``decision_function``
        Fitted.
    """

    def __init__(self, estimator: Any = None) -> None:  # noqa: ANN401
        self.estimator = estimator

    def predict_proba(self, X: FloatMatrix) -> FloatArray:
        """Return probabilities of shape (n_rows, n_genres)."""
        values = np.asarray(self.estimator.decision_function(X))
        if values.ndim == 1:
            values = np.stack([np.zeros(len(values)), values], axis=1)
        return np.asarray(softmax(values, axis=1))


def log_probabilities(probabilities: npt.ArrayLike) -> FloatArray:
    """Return the natural logarithm of probabilities, at least that of `SMALLEST`."""
    return np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), SMALLEST))


def inverse_temperature(logits: FloatArray, y: IntVector) -> float:
    """Return the factor of `logits`, of shape (n_rows, n_genres), that gives `y` the smallest log-loss.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> logits = rng.normal(0, 1, (20_000, 3))
    >>> y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    >>> round(inverse_temperature(4 * logits, y), 1)
    0.2
    """
    rows = np.arange(len(y))

    def loss(log_factor: float) -> float:
        return float(-log_softmax(np.exp(log_factor) * logits, axis=1)[rows, y].mean())

    found = minimize_scalar(loss, bounds=_LOG_RANGE, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def calibration_splits(data: TrainingData, seed: int) -> list[tuple[IntVector, IntVector]]:
    """Return the inner folds to calibrate on; none where a genre has a single track to train on."""
    return inner_splits(data, CALIBRATION_FOLDS, seed)


def grouped_splits(data: TrainingData, seed: int) -> list[tuple[IntVector, IntVector]]:
    """Return the inner folds to choose on; ModelError where a genre has a single track."""
    splits = calibration_splits(data, seed)
    if not splits:
        msg = "inner folds need two tracks of each genre to train on. Add tracks, or choose another model"
        raise ModelError(msg)
    return splits


def out_of_fold(
    data: TrainingData, seed: int, logits: Callable[[TrainingData, FloatMatrix], FloatArray]
) -> tuple[FloatArray, IntVector]:
    """Return logits of each recorded training row by a model that saw no segment of its track.

    Rows that augmentation made are learned from and left out of the answer: a model is less sure of them.

    Parameters
    ----------
    data : TrainingData
    seed : int
        Of the inner folds.
    logits : callable
        ``logits(training, X)`` fits on `training` and returns the logits of the rows `X`.

    Returns
    -------
    logits : ndarray of shape (n_recorded, n_genres)
    y : ndarray of shape (n_recorded,)
        Their genres.
    """
    found = np.empty((len(data.y), int(data.y.max()) + 1))
    for train, valid in grouped_splits(data, seed):
        found[valid] = logits(data.take(train), data.X[valid])
    return found[data.recorded], data.y[data.recorded]


def tempered(data: TrainingData, seed: int, fit: Callable[[TrainingData], Classifier]) -> Tempered:
    """Fit a classifier, and a temperature for it on grouped inner folds."""

    def logits(training: TrainingData, X: FloatMatrix) -> FloatArray:
        return log_probabilities(fit(training).predict_proba(X))

    return Tempered(fit(data), unseen_temperature(data, seed, logits))


def unseen_temperature(
    data: TrainingData, seed: int, logits: Callable[[TrainingData, FloatMatrix], FloatArray]
) -> float:
    """Return the inverse temperature for the logits of unseen tracks (see `out_of_fold`).

    1, which leaves probabilities as the model has them, where a genre has a single track to train on: a fit
    of such a set says that nothing was calibrated.
    """
    if not calibration_splits(data, seed):
        return 1.0
    return inverse_temperature(*out_of_fold(data, seed, logits))
