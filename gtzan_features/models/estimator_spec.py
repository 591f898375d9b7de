"""Any scikit-learn classifier as a model of this package: seeded, checked, with calibrated probabilities."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import get_config
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline

from gtzan_features.errors import GtzanError, ModelError
from gtzan_features.models.added import signature_defaults
from gtzan_features.models.calibration import OfDecisions, calibration_splits
from gtzan_features.models.spec import Choice, Classifier, ModelSpec, Range, TrainingData

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt
NOT_SETTABLE = frozenset({"random_state", "random_seed", "n_jobs", "thread_count", "verbose", "warm_start"})
"""What the package decides itself: the seed, the number of threads, and what is printed."""


def spec_of_estimator(
    name: str,
    estimator: Any,  # noqa: ANN401 - scikit-learn has no types
    *,
    summary: str = "",
    defaults: Mapping[str, Any] | None = None,
    space: Mapping[str, Range | Choice] | None = None,
    limits: Mapping[str, tuple[float, float]] | None = None,
) -> ModelSpec:
    """Return a model of this package that fits a scikit-learn classifier.

    Each fit takes a new classifier. Every ``random_state`` in it that is None is set to the seed of the fit.
    Its ``fit``, or that of the last step of a pipeline, gets the track of each row where it takes `groups`.
    A classifier without ``predict_proba`` gets probabilities from its ``decision_function``, by one
    temperature that is fitted on inner folds of tracks.

    Parameters
    ----------
    name : str
        For messages, tables and run folders.
    estimator : classifier or callable
        An estimator that was not fitted, which each fit clones; or a function (or class) that takes settings
        as keywords and returns one.
    summary : str
        One line for ``gtzan fit --list``.
    defaults : mapping, optional
        Settings that are used where none are given; those of a function's own signature where not given.
    space, limits : mapping, optional
        See `ModelSpec`.

    Raises
    ------
    ModelError
        If it is no classifier, or has neither ``predict_proba`` nor ``decision_function``.

    Examples
    --------
    >>> from sklearn.svm import LinearSVC
    >>> spec = spec_of_estimator("hinge", LinearSVC(C=0.1))
    >>> spec.calibrated, "C" in spec.settable(), "random_state" in spec.settable()
    (True, True, False)
    """
    factory = _factory(name, estimator)
    known = signature_defaults(factory) if defaults is None else dict(defaults)
    try:
        example = _made(name, factory, known)
    except GtzanError:
        raise
    except Exception as error:  # whatever a function of a person raises
        msg = f"{name}: what makes it fails with its defaults: {type(error).__name__}: {error}. Mend it"
        raise ModelError(" ".join(msg.split())) from error
    calibrated = not hasattr(example, "predict_proba")

    def fit(data: TrainingData, settings: dict[str, Any], seed: int) -> Classifier:
        model = _seeded(_made(name, factory, settings), seed)
        splits = calibration_splits(data, seed) if calibrated else []
        if splits:
            # One temperature leaves the order of the genres as the model has it.
            model = CalibratedClassifierCV(model, method="temperature", cv=splits, ensemble=False)
        fitted = model.fit(data.X, data.y, **_grouped(model, data))
        _check_classes(name, fitted, data.y)
        return OfDecisions(fitted) if calibrated and not splits else fitted

    return ModelSpec(
        name=name,
        summary=summary or f"{type(example).__module__}.{type(example).__qualname__}",
        fit=fit,
        settable=lambda: _settable(factory, example),
        defaults=known,
        calibrated=calibrated,
        space=dict(space or {}),
        limits=dict(limits or {}),
    )


def searched(model: str, setting: str, where: Any) -> Range | Choice:  # noqa: ANN401
    """Read where a setting is searched: ``(low, high)``, ``(low, high, "log")``, or a list of values.

    Raises
    ------
    ModelError
        If it is neither.

    Examples
    --------
    >>> searched("mine", "C", (0.1, 10.0, "log"))
    Range(low=0.1, high=10.0, log=True)
    >>> searched("mine", "loss", ["hinge", "log_loss"])
    Choice(values=('hinge', 'log_loss'))
    """
    if isinstance(where, (Range, Choice)):
        return where
    if isinstance(where, list) and where:
        return Choice(tuple(where))
    if isinstance(where, tuple) and len(where) in (2, 3) and where[2:] in ((), ("log",)):
        low, high = where[:2]
        if isinstance(low, int | float) and isinstance(high, int | float) and low < high:
            return Range(low, high, log=len(where) == 3)
    msg = (
        f'{model}: {setting} is searched in {where}: give (low, high), (low, high, "log") or a list of values'
    )
    raise ModelError(msg)


def _factory(name: str, estimator: Any) -> Callable[..., Any]:  # noqa: ANN401
    """Return what makes a new classifier of settings."""
    if inspect.isclass(estimator) or (callable(estimator) and not hasattr(estimator, "fit")):
        made: Callable[..., Any] = estimator
        return made
    if not hasattr(estimator, "get_params"):
        kind = type(estimator).__name__
        msg = f"{name}: {kind} is no scikit-learn estimator. Give a classifier, or what makes one"
        raise ModelError(msg)
    return lambda **settings: clone(estimator).set_params(**settings)


def _made(name: str, factory: Callable[..., Any], settings: Mapping[str, Any]) -> Any:  # noqa: ANN401
    model = factory(**settings)
    if not (hasattr(model, "get_params") and is_classifier(model)):
        msg = f"{name}: {type(model).__name__} is no scikit-learn classifier. Give one that predicts classes"
        raise ModelError(msg)
    if not (hasattr(model, "predict_proba") or hasattr(model, "decision_function")):
        msg = (
            f"{name}: {type(model).__name__} has neither predict_proba nor decision_function, and "
            "probabilities are needed. Take another, or wrap it in scikit-learn's CalibratedClassifierCV"
        )
        raise ModelError(msg)
    return model


def _seeded(model: Any, seed: int) -> Any:  # noqa: ANN401
    """Give each random state that is open the seed; those of a pipeline's steps, too."""
    found = model.get_params(deep=True)
    names = [
        key for key, value in found.items() if value is None and key.rpartition("__")[2] == "random_state"
    ]
    return model.set_params(**dict.fromkeys(names, seed)) if names else model


def _grouped(model: Any, data: TrainingData) -> dict[str, Any]:  # noqa: ANN401
    """Return the arguments of `fit` that give the track of each row to an estimator that takes it."""
    if get_config()["enable_metadata_routing"]:
        wanted = model.get_metadata_routing().consumes("fit", ["groups"])
        return dict.fromkeys(wanted, data.groups)
    if isinstance(model, Pipeline):
        step, last = model.steps[-1]
        return {f"{step}__{key}": value for key, value in _grouped(last, data).items()}
    taken = inspect.signature(model.fit).parameters
    if "groups" in taken:
        # Ours divide rows once more inside: by artist where the protocol does, and not by what was made.
        more = {"apart": data.apart, "made": data.made}
        return {"groups": data.groups, **{key: value for key, value in more.items() if key in taken}}
    if isinstance(model, BaseSearchCV) and hasattr(model.cv, "set_split_request"):  # folds of groups
        return {"groups": data.groups if data.apart is None else data.apart}
    return {}


def _check_classes(name: str, fitted: Any, y: npt.NDArray[np.int64]) -> None:  # noqa: ANN401
    if not np.array_equal(np.asarray(fitted.classes_), np.unique(y)):
        msg = f"{name}: its classes_ are not the genres that it was fitted on. It cannot be used here"
        raise ModelError(msg)


def _settable(factory: Callable[..., Any], example: Any) -> set[str]:  # noqa: ANN401
    """Return the names of settings: a function's own keywords, and the estimator's where it takes any."""
    parameters = inspect.signature(factory).parameters.values()
    own = {one.name for one in parameters if one.kind in (one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD)}
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        # Some libraries list only those parameters that were set.
        declared = inspect.signature(type(example).__init__).parameters.values()
        own |= set(example.get_params()) | {p.name for p in declared if p.kind is not p.VAR_KEYWORD} - {
            "self"
        }
    return {setting for setting in own if setting.rpartition("__")[2] not in NOT_SETTABLE}
