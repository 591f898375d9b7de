"""Several models together: the mean of their probabilities, or a regression on their logarithms."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import check_is_fitted

from gtzan_features.errors import InputError, ModelError
from gtzan_features.models.applying.xgboost_state import portable
from gtzan_features.models.calibration import log_probabilities, out_of_fold
from gtzan_features.models.checked_input import copy_input_attributes, numbered_rows, takes_sparse
from gtzan_features.models.choosing.wrappers import CALIBRATE
from gtzan_features.models.spec import FEATURES, ModelSpec
from gtzan_features.models.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from gtzan_features.models.spec import Classifier, FloatMatrix, IntVector, TrainingData

    FloatArray = npt.NDArray[np.float64]

VOTE, STACK = "vote", "stack"
NAME = "ensemble"


class Ensemble(ClassifierMixin, _BaseComposition):  # type: ignore[misc]  # scikit-learn has no types
    """Several classifiers together: the mean of their probabilities, or a weighted sum of their logarithms.

    Parameters
    ----------
    estimators : list of (name, estimator)
        Two at least; clones of them are fitted. Their parameters are set by name: ``lda__shrinkage``.
    kind : {"vote", "stack"}
        Mean of probabilities, or one weight for each member, learnt from inner folds; see `stack_weights`.
    random_state : int
        Seed of the inner folds of ``stack``.

    Attributes
    ----------
    estimators_ : list of estimator
        Fitted on all rows.
    weights_ : ndarray of shape (n_members,) or None
        Of the members' log-probabilities in their sum; None for ``vote``.
    classes_ : ndarray of shape (n_classes,)
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_columns,)
        As the first fitted estimator has them.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> import numpy as np
    >>> from sklearn.naive_bayes import GaussianNB
    >>> rng = np.random.default_rng(0)
    >>> genres, tracks = np.repeat(["blues", "rock"], 60), np.repeat(np.arange(30), 4)
    >>> rows = rng.normal(size=(120, 9)) + (genres == "rock")[:, None]
    >>> both = gf.Ensemble([("lda", gf.ShrinkageLDA()), ("bayes", GaussianNB())], kind="stack")
    >>> both.fit(rows, genres, groups=tracks).predict(rows[[0, -1]])
    array(['blues', 'rock'], dtype='<U5')
    >>> both.weights_.shape
    (2,)
    """

    def __init__(self, estimators: Any, *, kind: str = VOTE, random_state: int = 0) -> None:  # noqa: ANN401
        self.estimators = estimators
        self.kind = kind
        self.random_state = random_state

    def fit(
        self,
        X: Any,  # noqa: ANN401 - whatever the estimators take
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        apart: npt.ArrayLike | None = None,
    ) -> Ensemble:
        """Fit every estimator on all rows, and the weights of ``stack`` on inner folds.

        Parameters
        ----------
        X : array-like of shape (n_rows, ...)
            Whatever the estimators take.
        y : array-like of shape (n_rows,)
            Classes, two at least.
        groups : array-like of shape (n_rows,), optional
            Track of each row: no inner fold divides a track. Estimators get them where their ``fit`` takes
            them. Each row by itself where not given.
        apart : array-like of shape (n_rows,), optional
            What inner folds keep on one side where that is more than the track: its artist.

        Raises
        ------
        InputError
            If there is one class only, `kind` is not known, or there are fewer than two estimators.
        ModelError
            If weights are to be learnt and a class has a single group.
        """
        if self.kind not in (VOTE, STACK):
            msg = f"kind={self.kind} is not known; there are {VOTE}, {STACK}"
            raise InputError(msg)
        if len(self.estimators) < 2:
            msg = "an ensemble needs two estimators at least: [(name, estimator), (name, estimator)]"
            raise InputError(msg)
        self._validate_names([name for name, _ in self.estimators])
        rows = numbered_rows(self, X, y, groups, apart)
        fits = [partial(rows.fit, estimator) for _, estimator in self.estimators]
        self.classes_ = rows.classes
        self.weights_ = _weights(fits, rows.data, self.random_state, rows.at) if self.kind == STACK else None
        self.estimators_ = [fit(rows.data) for fit in fits]
        copy_input_attributes(self, self.estimators_[0])
        return self

    @classmethod
    def of_fitted(
        cls, members: list[tuple[str, Any]], weights: FloatArray | None, n_classes: int, seed: int
    ) -> Ensemble:
        """Return an ensemble of members that are fitted, with their weights; classes are 0..n-1."""
        model = cls(members, kind=VOTE if weights is None else STACK, random_state=seed)
        model.estimators_, model.weights_ = [member for _, member in members], weights
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
        each = [np.asarray(member.predict_proba(X), dtype=np.float64) for member in self.estimators_]
        if self.weights_ is None:
            return np.asarray(np.mean(each, axis=0))
        return np.asarray(softmax(np.tensordot(self.weights_, log_probabilities(each), 1), axis=1))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, with those of the estimators where `deep`."""
        found: dict[str, Any] = self._get_params("estimators", deep=deep)
        return found

    def set_params(self, **params: Any) -> Ensemble:  # noqa: ANN401
        """Set parameters, those of the estimators and the estimators themselves too, by name."""
        self._set_params("estimators", **params)
        return self

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - as in scikit-learn
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = all(takes_sparse(one) for _, one in self.estimators)
        return tags

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "members" in state:  # stored when parameters held what was fitted
            named = [(f"member_{i}", member) for i, member in enumerate(state["members"])]
            model = Ensemble.of_fitted(named, state["weights"], 0, 0)
            state = {name: value for name, value in vars(model).items() if name != "classes_"}
        super().__setstate__(state)


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

    fits = [partial(member, name) for name in names]
    weights = _weights(fits, data, seed) if kind == STACK else None
    members = [(name, fit(data)) for name, fit in zip(names, fits, strict=True)]
    return Ensemble.of_fitted(members, weights, int(data.y.max()) + 1, seed)


def _weights(
    fits: Sequence[Callable[[TrainingData], Classifier]],
    data: TrainingData,
    seed: int,
    rows_at: Callable[[FloatMatrix], Any] = lambda X: X,
) -> FloatArray:
    """Return the weights of members by their log-probabilities for rows of tracks that they did not see."""

    def logits(
        fit: Callable[[TrainingData], Classifier], training: TrainingData, X: FloatMatrix
    ) -> FloatArray:
        return log_probabilities(fit(training).predict_proba(rows_at(X)))

    unseen = [out_of_fold(data, seed, partial(logits, fit)) for fit in fits]
    return stack_weights(np.stack([one for one, _ in unseen]), unseen[0][1])


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
