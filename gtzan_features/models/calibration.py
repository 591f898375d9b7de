"""Calibrated probabilities by one temperature, fitted on rows of tracks that the model did not see.

A temperature divides the logits of all genres alike, so that their order in a row stays as the model has
it. Between rows it changes how much a sure row weighs: the mean over a track's segments may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.utils.validation import check_is_fitted

from gtzan_features.errors import InputError, ModelError
from gtzan_features.models.checked_input import copy_input_attributes, numbered_rows, takes_sparse
from gtzan_features.models.spec import inner_splits

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gtzan_features.models.spec import Classifier, FloatMatrix, IntVector, TrainingData

    FloatArray = npt.NDArray[np.float64]

PROBABILITIES, DECISIONS = "predict_proba", "decision_function"
CALIBRATION_FOLDS = 3
SMALLEST = 1e-6
"""Probabilities are raised to this before their logarithm is taken: trees and neighbours give zeros."""

_LOG_RANGE = (-9.0, 5.0)  # of the inverse temperature; beyond, all rows are equal, or each is certain


class Tempered(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """A classifier with calibrated probabilities: one temperature, from rows of tracks that it did not see.

    Parameters
    ----------
    estimator : estimator
        A classifier, or a pipeline that ends with one; a clone of it is fitted.
    response_method : {"predict_proba", "decision_function"}
        What the temperature divides: the logarithms of the classifier's probabilities, or its decision
        values.
    random_state : int
        Seed of the inner folds.

    Attributes
    ----------
    estimator_ : estimator
        Fitted on all rows.
    inverse_temperature_ : float
        Below 1 where the classifier was too sure of itself; 1 where a class has a single group, so that
        nothing can be calibrated.
    classes_ : ndarray of shape (n_classes,)
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_columns,)
        As the fitted estimator has them.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> genres, tracks = np.repeat(["blues", "rock"], 60), np.repeat(np.arange(30), 4)
    >>> rows = rng.normal(size=(120, 90)) + 0.3 * (genres == "rock")[:, None]
    >>> model = gf.Tempered(gf.ShrinkageLDA(0.01), response_method="decision_function")
    >>> model.fit(rows, genres, groups=tracks).inverse_temperature_ < 0.5
    True
    """

    def __init__(
        self,
        estimator: Any,  # noqa: ANN401 - any estimator
        *,
        response_method: str = PROBABILITIES,
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.response_method = response_method
        self.random_state = random_state

    def fit(
        self,
        X: Any,  # noqa: ANN401 - whatever the estimator takes
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        apart: npt.ArrayLike | None = None,
        made: npt.ArrayLike | None = None,
    ) -> Tempered:
        """Fit the estimator on all rows, and a temperature for it on inner folds.

        Parameters
        ----------
        X : array-like of shape (n_rows, ...)
            Whatever the estimator takes.
        y : array-like of shape (n_rows,)
            Classes, two at least.
        groups : array-like of shape (n_rows,), optional
            Track of each row: no inner fold divides a track. The estimator gets them where its ``fit``
            takes them. Each row by itself where not given.
        apart : array-like of shape (n_rows,), optional
            What inner folds keep on one side where that is more than the track: its artist.
        made : array-like of bool of shape (n_rows,), optional
            Rows that augmentation made: the estimator is fitted on them, and nothing is calibrated on them.

        Raises
        ------
        InputError
            If there is one class only, or `response_method` is not known.
        """
        if self.response_method not in (PROBABILITIES, DECISIONS):
            msg = (
                f"response_method={self.response_method} is not known; there are {PROBABILITIES}, {DECISIONS}"
            )
            raise InputError(msg)
        rows = numbered_rows(self, X, y, groups, apart, made)

        def logits(training: TrainingData, tested: FloatMatrix) -> FloatArray:
            return self._logits(rows.fit(self.estimator, training), rows.at(tested))

        self.classes_ = rows.classes
        self.inverse_temperature_ = unseen_temperature(rows.data, self.random_state, logits)
        self.estimator_ = rows.fit(self.estimator, rows.data)
        copy_input_attributes(self, self.estimator_)
        return self

    @classmethod
    def of_fitted(cls, estimator: Any, inverse_temperature: float, n_classes: int, seed: int) -> Tempered:  # noqa: ANN401
        """Return a fitted classifier with a temperature that is known; classes are 0..n-1."""
        model = cls(estimator, random_state=seed)
        model.estimator_, model.inverse_temperature_ = estimator, inverse_temperature
        model.classes_ = np.arange(n_classes)
        return model

    def predict(self, X: Any) -> npt.NDArray[Any]:  # noqa: ANN401
        """Return the most probable class of each row."""
        best = self.predict_proba(X).argmax(axis=1)
        found: npt.NDArray[Any] = self.classes_[best]
        return found

    def predict_proba(self, X: Any) -> FloatArray:  # noqa: ANN401
        """Return probabilities of shape (n_rows, n_classes)."""
        check_is_fitted(self)
        return np.asarray(softmax(self.inverse_temperature_ * self._logits(self.estimator_, X), axis=1))

    def _logits(self, fitted: Any, X: Any) -> FloatArray:  # noqa: ANN401
        if self.response_method == PROBABILITIES:
            return log_probabilities(fitted.predict_proba(X))
        return decision_logits(fitted, X)

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - as in scikit-learn
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = takes_sparse(self.estimator)
        return tags

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "inverse_temperature" in state:  # stored when parameters held what was fitted
            model = Tempered.of_fitted(state["estimator"], state["inverse_temperature"], 0, 0)
            state = {name: value for name, value in vars(model).items() if name != "classes_"}
        super().__setstate__(state)


class OfDecisions:
    """A fitted classifier without probabilities, whose decision values are taken for logits as they are.

    What is left for a machine where nothing can be calibrated.

    Parameters
    ----------
    estimator : estimator with ``decision_function``
        Fitted.
    """

    def __init__(self, estimator: Any) -> None:  # noqa: ANN401
        self.estimator = estimator

    def predict_proba(self, X: FloatMatrix) -> FloatArray:
        """Return probabilities of shape (n_rows, n_classes)."""
        return np.asarray(softmax(decision_logits(self.estimator, X), axis=1))


def decision_logits(fitted: Any, X: Any) -> FloatArray:  # noqa: ANN401 - any classifier and its rows
    """Return decision values of shape (n_rows, n_classes); the first class of two has 0."""
    values = np.asarray(fitted.decision_function(X))
    return np.stack([np.zeros(len(values)), values], axis=1) if values.ndim == 1 else values


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
    return _best_factor(logits, y)[0]


def calibrated_loss(logits: FloatArray, y: IntVector) -> float:
    """Return the mean log-loss of `y` in nats, for logits at their `inverse_temperature`."""
    return _best_factor(logits, y)[1]


def _best_factor(logits: FloatArray, y: IntVector) -> tuple[float, float]:
    rows = np.arange(len(y))

    def loss(factor: float) -> float:
        return float(-log_softmax(factor * logits, axis=1)[rows, y].mean())

    return best_factor(loss)


def best_factor(loss: Callable[[float], float]) -> tuple[float, float]:
    """Return the factor of logits with the smallest loss, and that; ``loss(factor)`` is a mean log-loss."""
    found = minimize_scalar(
        lambda log_factor: loss(float(np.exp(log_factor))),
        bounds=_LOG_RANGE,
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(np.exp(found.x)), float(found.fun)


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

    factor = unseen_temperature(data, seed, logits)
    return Tempered.of_fitted(fit(data), factor, int(data.y.max()) + 1, seed)


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
