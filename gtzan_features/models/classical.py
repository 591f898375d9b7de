"""scikit-learn's classifiers, scaled inside the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from gtzan_features.errors import ModelError
from gtzan_features.models.base import Classifier, ModelSpec, TrainingData, inner_splits

if TYPE_CHECKING:
    from collections.abc import Callable

_NOT_SETTABLE = {"random_state", "n_jobs", "verbose", "probability", "warm_start"}
_CALIBRATION_FOLDS = 3


def _spec(
    name: str,
    estimator: type,
    summary: str,
    defaults: dict[str, Any],
    *,
    scaled: bool,
    calibrated: bool = False,
) -> ModelSpec:
    def fit(data: TrainingData, settings: dict[str, Any], seed: int) -> Classifier:
        model = _seeded(estimator, settings, seed)
        if scaled:
            model = make_pipeline(StandardScaler(), model)
        if calibrated:
            model = _calibrated(model, data, seed)
        try:
            return model.fit(data.X, data.y)  # type: ignore[no-any-return]
        except (ValueError, TypeError) as error:
            msg = f"{name} cannot be fitted with these settings: {str(error).splitlines()[0]}"
            raise ModelError(msg) from error

    def settable() -> set[str]:
        return set(estimator().get_params()) - _NOT_SETTABLE

    return ModelSpec(name=name, summary=summary, fit=fit, settable=settable, defaults=defaults)


def _seeded(estimator: Callable[..., Any], settings: dict[str, Any], seed: int) -> Any:  # noqa: ANN401
    model = estimator(**settings)
    return model.set_params(random_state=seed) if "random_state" in model.get_params() else model


def _calibrated(model: Any, data: TrainingData, seed: int) -> Any:  # noqa: ANN401
    """Give a model without probabilities some, by temperature scaling on grouped inner folds.

    One temperature for all genres leaves the order of the genres as the model has it. SVC's own
    ``probability=True`` would calibrate on inner folds that cut tracks apart.
    """
    splits = inner_splits(data, _CALIBRATION_FOLDS, seed)
    if not splits:
        msg = "calibration needs two tracks of each genre to train on. Add tracks, or choose another model"
        raise ModelError(msg)
    return CalibratedClassifierCV(model, method="temperature", cv=splits, ensemble=False)


SPECS = (
    _spec(
        "svm",
        SVC,
        "support vector machine, RBF kernel, on standardised features; temperature-scaled probabilities",
        {"C": 10.0, "gamma": "scale"},
        scaled=True,
        calibrated=True,
    ),
    _spec(
        "random-forest",
        RandomForestClassifier,
        "500 decision trees on bootstrap samples",
        {"n_estimators": 500},
        scaled=False,
    ),
    _spec(
        "logistic-regression",
        LogisticRegression,
        "multinomial logistic regression, L2, on standardised features",
        {"C": 1.0, "max_iter": 5_000},
        scaled=True,
    ),
    _spec(
        "knn",
        KNeighborsClassifier,
        "the 5 nearest neighbours, weighted by distance, on standardised features",
        {"n_neighbors": 5, "weights": "distance"},
        scaled=True,
    ),
    _spec(
        "majority",
        DummyClassifier,
        "the most frequent genre of the training part, whatever the features: the floor",
        {"strategy": "prior"},
        scaled=False,
    ),
)
