"""scikit-learn's classifiers, scaled inside the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from gtzan_features.models.calibration import OfDecisions, calibration_splits
from gtzan_features.models.estimators.kernel_svm import KernelSVM
from gtzan_features.models.estimators.preprocessing import RANK, STANDARD, scaler
from gtzan_features.models.spec import Choice, Classifier, ModelSpec, Range, TrainingData
from gtzan_features.models.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gtzan_features.models.spec import IntVector

_NOT_SETTABLE = {"random_state", "n_jobs", "verbose", "probability", "warm_start"}
_SCALING = Choice((STANDARD, RANK))


def _spec(
    name: str,
    estimator: type,
    space: dict[str, Range | Choice] | None = None,
    *,
    calibrated: bool = False,
) -> ModelSpec:
    words = WORDS[name]
    defaults = words.defaults
    scaled = "scaling" in defaults

    def fit(data: TrainingData, settings: dict[str, Any], seed: int) -> Classifier:
        rest = {key: value for key, value in settings.items() if key != "scaling"}
        model = _seeded(estimator, rest, seed)
        if scaled:
            model = make_pipeline(scaler(settings.get("scaling", defaults["scaling"]), name), model)
        splits = calibration_splits(data, seed) if calibrated else []
        if splits:
            model = _calibrated(model, splits)
        model = model.fit(data.X, data.y)
        return OfDecisions(model) if calibrated and not splits else model

    def settable() -> set[str]:
        own = set(estimator().get_params()) - _NOT_SETTABLE
        return own | {"scaling"} if scaled else own

    return ModelSpec(
        **words.of_spec(),
        fit=fit,
        settable=settable,
        calibrated=calibrated,
        space=space or {},
    )


def _seeded(estimator: Callable[..., Any], settings: dict[str, Any], seed: int) -> Any:  # noqa: ANN401
    model = estimator(**settings)
    return model.set_params(random_state=seed) if "random_state" in model.get_params() else model


def _calibrated(model: Any, splits: list[tuple[IntVector, IntVector]]) -> Any:  # noqa: ANN401
    """Give a model without probabilities some, by temperature scaling on grouped inner folds.

    One temperature for all genres leaves the order of the genres as the model has it. SVC's own
    ``probability=True`` would calibrate on inner folds that cut tracks apart.
    """
    return CalibratedClassifierCV(model, method="temperature", cv=splits, ensemble=False)


_TREES: dict[str, Range | Choice] = {
    "min_samples_leaf": Range(1, 10),
    "max_features": Choice(("sqrt", "log2", 0.1, 0.3)),
    "criterion": Choice(("gini", "entropy")),
}

SPECS = (
    _spec(
        "svm",
        KernelSVM,
        # gamma=scale is one over the number of columns on scaled features; no number goes with every set.
        {"C": Range(0.1, 100.0, log=True), "scaling": _SCALING},
        calibrated=True,
    ),
    _spec("linear-svm", LinearSVC, {"C": Range(1e-5, 1.0, log=True), "scaling": _SCALING}, calibrated=True),
    _spec("random-forest", RandomForestClassifier, _TREES),
    _spec("extra-trees", ExtraTreesClassifier, _TREES),
    _spec("logistic-regression", LogisticRegression, {"C": Range(1e-5, 10.0, log=True), "scaling": _SCALING}),
    _spec(
        "knn",
        KNeighborsClassifier,
        {
            "n_neighbors": Range(1, 100, log=True),
            "weights": Choice(("distance", "uniform")),
            "scaling": _SCALING,
        },
    ),
    _spec("majority", DummyClassifier),
)
