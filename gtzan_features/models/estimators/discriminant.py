"""Linear discriminant analysis with a shrunk covariance: the model for many more columns than tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import LinAlgError
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import validate_data

from gtzan_features.errors import InputError, ModelError
from gtzan_features.models.applying.one_vs_rest import ConstantLabel, LabelRules, OneVsRest
from gtzan_features.models.calibration import (
    Tempered,
    calibrated_loss,
    calibration_splits,
    decision_logits,
)
from gtzan_features.models.checked_input import checked_rows, encoded_classes, encoded_groups
from gtzan_features.models.estimators.linear import scaled_rule
from gtzan_features.models.estimators.preprocessing import FamilyBalance, scaler
from gtzan_features.models.estimators.shrunk_covariance import linear_rule
from gtzan_features.models.spec import ModelSpec, Range, TrainingData
from gtzan_features.models.words import WORDS

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.models.applying.linear_rule import StoredRule
    from gtzan_features.models.spec import Classifier

    FloatArray = npt.NDArray[np.float64]

AUTO = "auto"
SHRINKAGES = (0.3, 0.5, 0.7)
"""Tried beside Ledoit and Wolf's where deformed or augmented copies are among the training rows."""

_CERTAIN = 50.0
"""Log-odds of a label that every training row has: to double precision, its probability is 1."""


class ShrinkageLDA(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Linear discriminant analysis with a pooled, shrunk covariance, by Cholesky's factors.

    scikit-learn's `LinearDiscriminantAnalysis` gives the same for a given `shrinkage`; for thousands of
    columns its least squares take far longer, and its ``auto`` takes all rows as independent. With more than
    500 columns products and factors are single precision and the rule is refined in double precision, so
    that logits differ by no more than 1e-7 of their spread.

    Parameters
    ----------
    shrinkage : float or "auto"
        Within [0, 1]; see `moments` for ``auto``.
    inverse_temperature : float
        Factor of the logits in probabilities: with many correlated columns logits are far too large.
        `Tempered` finds one.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    weights_ : ndarray of shape (n_columns, n_classes)
    offsets_ : ndarray of shape (n_classes,)
        Logits are ``X @ weights_ + offsets_``.
    shrinkage_ : float
        The one that was used.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_columns,)
        Where it was fitted on a DataFrame.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> genres = np.repeat(["blues", "rock"], 20)
    >>> rows = rng.normal(size=(40, 300)) + (genres == "rock")[:, None]
    >>> model = gf.ShrinkageLDA().fit(rows, genres)
    >>> model.predict(rows[[0, -1]])
    array(['blues', 'rock'], dtype='<U5')

    Segments of a track are no independent rows; with `groups` they are not taken so:

    >>> tracks = np.repeat(np.arange(10), 4)
    >>> model.fit(rows, genres, groups=tracks).shrinkage_ > 0
    True
    """

    def __init__(self, shrinkage: float | str = AUTO, inverse_temperature: float = 1.0) -> None:
        self.shrinkage = shrinkage
        self.inverse_temperature = inverse_temperature

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike, groups: npt.ArrayLike | None = None) -> ShrinkageLDA:
        """Fit on rows and their classes.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            Finite numbers.
        y : array-like of shape (n_rows,)
            Classes: words or whole numbers, two at least.
        groups : array-like of shape (n_rows,), optional
            Track of each row; each row by itself where not given.

        Raises
        ------
        InputError
            If there is one class only, `shrinkage` is not known, or the covariance is singular with it.
        ValueError
            If `X` is no matrix of finite numbers.
        """
        given = self.given_shrinkage()
        rows, labels = validate_data(self, X, y, dtype=np.float64)
        self.classes_, codes = encoded_classes(labels)
        of_rows = encoded_groups(groups, codes)
        try:
            self.weights_, self.offsets_, self.shrinkage_ = linear_rule(rows, codes, of_rows, given)
        except LinAlgError as error:
            msg = f"the covariance is singular with shrinkage={self.shrinkage}. Raise it, or leave it out"
            raise InputError(msg) from error
        return self

    def given_shrinkage(self) -> float | None:
        """Return the shrinkage that was asked for, None for Ledoit and Wolf's; InputError for no number."""
        if isinstance(self.shrinkage, str):
            if self.shrinkage == AUTO:
                return None
        elif 0 <= self.shrinkage <= 1:
            return float(self.shrinkage)
        msg = f"shrinkage={self.shrinkage} is not within 0 and 1. Give such a number, or leave it out"
        raise InputError(msg)

    def decision_function(self, X: npt.ArrayLike) -> FloatArray:
        """Return the logits before the temperature.

        Returns
        -------
        ndarray of shape (n_rows, n_classes)
            For two classes the difference of their logits, of shape (n_rows,).
        """
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the most probable class of each row."""
        best = self._logits(X).argmax(axis=1)
        found: npt.NDArray[Any] = self.classes_[best]
        return found

    def predict_proba(self, X: npt.ArrayLike) -> FloatArray:
        """Return probabilities of shape (n_rows, n_classes), in the order of `classes_`."""
        return np.asarray(softmax(self.inverse_temperature * self._logits(X), axis=1))

    def predict_log_proba(self, X: npt.ArrayLike) -> FloatArray:
        """Return the natural logarithms of `predict_proba`."""
        return np.asarray(log_softmax(self.inverse_temperature * self._logits(X), axis=1))

    def _logits(self, X: npt.ArrayLike) -> FloatArray:
        return np.asarray(checked_rows(self, X) @ self.weights_ + self.offsets_)


def _fit(data: TrainingData, settings: dict[str, Any], seed: int) -> Classifier:
    settings = {**LDA.defaults, **settings}
    scaling = scaler(settings.pop("scaling"), "lda")
    balance = FamilyBalance(data.families if checked_balance(settings.pop("balance")) else ())
    if settings["shrinkage"] == AUTO and data.made is not None and data.made.any():
        settings["shrinkage"] = chosen_shrinkage(make_pipeline(scaling, balance), data, seed)
    pipeline = make_pipeline(scaling, balance, ShrinkageLDA(**settings))
    found = Tempered(pipeline, response_method="decision_function", random_state=seed)
    found.fit(data.X, data.y, data.groups, data.apart, data.made)
    # The temperature is a part of the discriminant here, which is stored as one linear rule.
    factor = found.inverse_temperature_
    model: Classifier = found.estimator_.set_params(shrinkagelda__inverse_temperature=factor)
    return model


def chosen_shrinkage(scaling: Any, data: TrainingData, seed: int) -> float | str:  # noqa: ANN401
    """Return the shrinkage with which rows of unseen tracks have the smallest log-loss.

    Ledoit and Wolf's intensity is the best for the covariance of the rows it is computed of. With copies of
    audio among them, which vary far more than music does, it is too small to tell genres apart: so that one
    and `SHRINKAGES` are tried on inner folds, each with its own temperature, on recorded rows alone.

    Parameters
    ----------
    scaling : transformer
        What comes before the discriminant; a clone of it is fitted on each inner fold.
    data : TrainingData
        With rows that augmentation made.
    seed : int
        Of the inner folds.

    Returns
    -------
    float or "auto"
        ``auto`` also where a genre has a single track, so that there are no inner folds.
    """
    choices: tuple[float | str, ...] = (AUTO, *SHRINKAGES)
    splits = calibration_splits(data, seed)
    if not splits:
        return AUTO
    logits = np.empty((len(choices), len(data.y), int(data.y.max()) + 1))
    for train, valid in splits:
        part = data.take(train)
        scaled = clone(scaling).fit(part.X, part.y)
        rows, tested = scaled.transform(part.X), scaled.transform(data.X[valid])
        for number, shrinkage in enumerate(choices):
            fitted = ShrinkageLDA(shrinkage).fit(rows, part.y, part.groups)
            logits[number, valid] = decision_logits(fitted, tested)
    recorded = data.recorded
    losses = [calibrated_loss(one[recorded], data.y[recorded]) for one in logits]
    return choices[int(np.argmin(losses))]


def as_rule(model: Any) -> StoredRule:  # noqa: ANN401 - a pipeline of scikit-learn
    """Return a fitted `lda` as arrays, weights of families and temperature within the weights."""
    scaling, balance, discriminant = (step for _, step in model.steps)
    factor = discriminant.inverse_temperature
    return scaled_rule(
        scaling,
        factor * balance.weights_[:, None] * discriminant.weights_,
        factor * discriminant.offsets_,
    )


def as_label_rules(model: OneVsRest) -> LabelRules:
    """Return fitted `lda`s of several labels as arrays; their columns are scaled by the same rows alike."""
    columns: list[Any] = []
    offsets: list[float] = []
    scaling: dict[str, Any] | None = None
    for one in model.estimators:
        if isinstance(one, ConstantLabel):
            columns.append(None)
            offsets.append(_CERTAIN if one.probability > 0.5 else -_CERTAIN)
            continue
        arrays = as_rule(one).arrays()
        weights, offset = arrays.pop("weights"), arrays.pop("offsets")
        scaling = arrays
        columns.append(weights[:, 1] - weights[:, 0])
        offsets.append(float(offset[1] - offset[0]))
    if scaling is None:
        msg = "every row has the same labels: there is nothing to learn"
        raise ModelError(msg)
    n_columns = len(next(iter(scaling.values())))
    stacked = [np.zeros(n_columns) if one is None else one for one in columns]
    return LabelRules({**scaling, "weights": np.stack(stacked, axis=1), "offsets": np.array(offsets)})


def checked_balance(setting: Any) -> bool:  # noqa: ANN401 - as it was given
    """Return the setting ``balance``; ModelError where it is neither True nor False."""
    if not isinstance(setting, bool):
        msg = f"lda: balance={setting} is not known; it is True or False"
        raise ModelError(msg)
    return setting


LDA = ModelSpec(
    **WORDS["lda"].of_spec(),
    fit=_fit,
    settable=lambda: {"shrinkage", "scaling", "balance"},
    storage="arrays",
    calibrated=True,
    space={"shrinkage": Range(0.005, 0.9, log=True)},
)
