"""What any model on features may have chosen on inner folds: its families of features, a temperature."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.errors import ModelError
from gtzan_features.models.applying.xgboost_state import portable
from gtzan_features.models.calibration import tempered
from gtzan_features.models.choosing.feature_families import chosen_families, columns_of
from gtzan_features.models.spec import FEATURES

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.models.spec import Classifier, FloatMatrix, ModelSpec, TrainingData

FAMILIES, CALIBRATE = "families", "calibrate"


class OnFamilies:
    """A fitted classifier that takes the columns of some families only.

    Parameters
    ----------
    estimator : Classifier
        Fitted on those columns.
    columns : ndarray of int
        Their positions.
    families : tuple of str
        Their families.
    """

    def __init__(self, estimator: Any, columns: Any, families: tuple[str, ...]) -> None:  # noqa: ANN401
        self.estimator = estimator
        self.columns = columns
        self.families = families

    def predict_proba(self, X: FloatMatrix) -> npt.NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_genres) for rows with all columns."""
        return np.asarray(self.estimator.predict_proba(X[:, self.columns]), dtype=np.float64)


def kept_families(model: Classifier) -> tuple[str, ...]:
    """Return the families that a fit chose; empty where it had no choice."""
    return tuple(model.families) if isinstance(model, OnFamilies) else ()


def with_choices(spec: ModelSpec) -> ModelSpec:
    """Give a model on features the settings ``families=auto`` and, if it has none, ``calibrate=True``."""
    if FEATURES not in spec.inputs:
        return spec
    more = {FAMILIES} if spec.calibrated else {FAMILIES, CALIBRATE}

    def fit(data: TrainingData, settings: dict[str, Any], seed: int) -> Classifier:
        rest = {name: value for name, value in settings.items() if name not in more}
        families = settings.get(FAMILIES, "all")
        if families not in ("all", "auto"):
            msg = f"{spec.name}: families={families} is not known; it is auto, or all. "
            raise ModelError(msg + "Some families of your choice: --features SET:FAMILY,...")
        calibrate = bool(settings.get(CALIBRATE, False))
        if families == "all":
            return _fit(spec, data, rest, seed, calibrate=calibrate)
        kept = chosen_families(data, seed)
        columns = columns_of(data.families, kept)
        some = replace(data, X=data.X[:, columns], families=tuple(data.families[i] for i in columns))
        model = _fit(spec, some, rest, seed, calibrate=calibrate)
        return OnFamilies(portable(model), columns, kept)

    return replace(spec, fit=fit, settable=lambda: spec.settable() | more)


def _fit(
    spec: ModelSpec, data: TrainingData, settings: dict[str, Any], seed: int, *, calibrate: bool
) -> Classifier:
    if not calibrate:
        return spec.fit(data, settings, seed)
    return tempered(data, seed, lambda training: portable(spec.fit(training, settings, seed)))


def storage(spec: ModelSpec, settings: dict[str, Any]) -> str:
    """Return the format in which a fit with these settings is stored."""
    wrapped = settings.get(FAMILIES, "all") != "all" or settings.get(CALIBRATE)
    return "skops" if wrapped else spec.storage
