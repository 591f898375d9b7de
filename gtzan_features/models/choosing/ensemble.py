"""Several models together: the mean of their probabilities, or a regression on their logarithms."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin

from gtzan_features.errors import ModelError
from gtzan_features.models.applying.xgboost_state import portable
from gtzan_features.models.calibration import log_probabilities, out_of_fold
from gtzan_features.models.choosing.wrappers import CALIBRATE
from gtzan_features.models.spec import FEATURES, ModelSpec
from gtzan_features.models.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from gtzan_features.models.spec import Classifier, FloatMatrix, IntVector, TrainingData

    FloatArray = npt.NDArray[np.float64]

VOTE, STACK = "vote", "stack"
NAME = "ensemble"


class Ensemble(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Fitted members, and what is made of their probabilities.

    Parameters
    ----------
    members : list of Classifier
        Fitted.
    weights : ndarray of shape (n_members,), optional
        Of the members' log-probabilities in their sum; without, their probabilities are averaged.
    """

    def __init__(self, members: Any = (), weights: Any = None) -> None:  # noqa: ANN401
        self.members = members
        self.weights = weights

    def predict_proba(self, X: FloatMatrix) -> FloatArray:
        """Return probabilities of shape (n_rows, n_genres)."""
        each = [np.asarray(member.predict_proba(X), dtype=np.float64) for member in self.members]
        if self.weights is None:
            return np.asarray(np.mean(each, axis=0))
        return np.asarray(softmax(np.tensordot(self.weights, log_probabilities(each), 1), axis=1))


def ensemble(specs: Mapping[str, ModelSpec]) -> ModelSpec:
    """Return the model ``ensemble`` of the models in `specs`."""
    known = {name: spec for name, spec in specs.items() if FEATURES in spec.inputs and name != "majority"}

    def settable() -> set[str]:
        # A member's own settings are written with its name: svm.C=3.
        own = {f"{name}.{setting}" for name, spec in known.items() for setting in spec.settable()}
        return {"kind", "members"} | own

    words = WORDS[NAME]
    return ModelSpec(
        **words.of_spec(),
        fit=lambda data, settings, seed: _fit(known, data, {**words.defaults, **settings}, seed),
        settable=settable,
        calibrated=True,
    )


def _fit(specs: Mapping[str, ModelSpec], data: TrainingData, settings: dict[str, Any], seed: int) -> Ensemble:
    kind, names = settings["kind"], _member_names(specs, str(settings["members"]))
    if kind not in (VOTE, STACK):
        msg = f"{NAME}: kind={kind} is not known; there are {VOTE}, {STACK}"
        raise ModelError(msg)
    own = {name: _member_settings(specs[name], settings, calibrate=kind == VOTE) for name in names}

    def member(name: str, training: TrainingData) -> Classifier:
        fitted: Classifier = portable(specs[name].fit(training, own[name], seed))
        return fitted

    def logits(name: str, training: TrainingData, X: FloatMatrix) -> FloatArray:
        return log_probabilities(member(name, training).predict_proba(X))

    weights = None
    if kind == STACK:
        unseen = [out_of_fold(data, seed, partial(logits, name)) for name in names]
        weights = stack_weights(np.stack([one for one, _ in unseen]), unseen[0][1])
    return Ensemble([member(name, data) for name in names], weights)


def stack_weights(logits: FloatArray, y: IntVector) -> FloatArray:
    """Return the weight of each member in a sum of log-probabilities that gives `y` the smallest log-loss.

    A multinomial logistic regression whose weights are shared by the genres and not negative: one number
    per member. With a weight for each member, genre and genre, as in the usual stack, there are hundreds
    to learn from a few hundred tracks, and the stack is worse than its members.

    Parameters
    ----------
    logits : ndarray of shape (n_members, n_rows, n_genres)
        Log-probabilities by models that did not see the row's track.
    y : ndarray of shape (n_rows,)
        Genres.
    """
    rows = np.arange(len(y))

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        log_p = log_softmax(np.tensordot(weights, logits, 1), axis=1)
        expected = (np.exp(log_p) * logits).sum(axis=2).mean(axis=1)
        return float(-log_p[rows, y].mean()), expected - logits[:, rows, y].mean(axis=1)

    start = np.full(len(logits), 1 / len(logits))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start))
    return np.asarray(found.x)


def _member_names(specs: Mapping[str, ModelSpec], text: str) -> list[str]:
    names = list(dict.fromkeys(word.strip() for word in text.split("+") if word.strip()))
    unknown = [name for name in names if name not in specs]
    if unknown:
        msg = f"{NAME}: {unknown[0]!r} cannot be a member; there are {', '.join(specs)}"
        raise ModelError(msg)
    if len(names) < 2:
        msg = f"{NAME}: members={text} are not two models. Write them as members=lda+svm"
        raise ModelError(msg)
    return names


def _member_settings(spec: ModelSpec, settings: dict[str, Any], *, calibrate: bool) -> dict[str, Any]:
    """Return a member's defaults, what is set for it, and a temperature where probabilities are averaged."""
    start = f"{spec.name}."
    own = {name.removeprefix(start): value for name, value in settings.items() if name.startswith(start)}
    extra = {CALIBRATE: True} if calibrate and not spec.calibrated else {}
    return {**spec.defaults, **extra, **own}
