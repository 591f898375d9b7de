"""Several labels a track: one model a label against the rest, and the threshold from which it is given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.errors import ModelError
from gtzan_features.evaluation.label_aggregate import HALF, aggregate_labels, best_threshold
from gtzan_features.models.applying.one_vs_rest import ConstantLabel, OneVsRest
from gtzan_features.models.applying.xgboost_state import portable
from gtzan_features.models.calibration import CALIBRATION_FOLDS
from gtzan_features.models.choosing import wrappers
from gtzan_features.models.spec import inner_splits
from gtzan_features.models.words import one_label_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gtzan_features.models.spec import Classifier, ModelSpec, TrainingData

THRESHOLD, F1 = "label_threshold", "f1"
"""The setting that says from which probability on a label is given, and the word for choosing it."""

USUAL: float | str = F1
"""What the threshold is where none is given."""


def with_several_labels(spec: ModelSpec) -> ModelSpec:
    """Let a model be fitted on rows of several labels, as one model a label.

    What is chosen inside a fit (temperature, families, early stopping) is chosen by each label for itself.
    A label that all training rows have, or none, is constant.
    """
    if not spec.one_vs_rest:
        return _refusing(spec)

    def fit(data: TrainingData, settings: dict[str, Any], seed: int) -> Classifier:
        rest = {name: value for name, value in settings.items() if name != THRESHOLD}
        if data.labels is None:
            return spec.fit(data, rest, seed)
        given = checked_threshold(spec.name, settings.get(THRESHOLD, USUAL))
        is_stored_whole = wrappers.storage(spec, rest) == "skops"
        estimators, thresholds = [], []
        for number in range(data.labels.shape[1]):
            of_label = data.of_label(number)
            fitted = _fitted(spec, of_label, rest, seed)
            estimators.append(portable(fitted) if is_stored_whole else fitted)
            chosen = _unseen_threshold(spec, of_label, rest, seed) if given == F1 else given
            thresholds.append(float(chosen))
        return OneVsRest(estimators, thresholds)

    return replace(spec, fit=fit, settable=lambda: spec.settable() | {THRESHOLD})


def checked_threshold(model: str, value: Any) -> float | str:  # noqa: ANN401 - as it was given
    """Return a threshold; ModelError where it is neither ``f1`` nor a number between 0 and 1."""
    if value == F1:
        return F1
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1:
        return float(value)
    msg = f"{model}: {THRESHOLD}={value} cannot be meant; give a number between 0 and 1, or {F1}"
    raise ModelError(msg)


def settings_of_labels(
    model: str, settings: Mapping[str, Any], place: object, *, several: bool
) -> dict[str, Any]:
    """Return the settings of a fit: with the threshold where tracks have several labels.

    Raises
    ------
    ModelError
        If a threshold is given for one genre a track, or the model takes no several labels.
    """
    if not several:
        if THRESHOLD in settings:
            msg = (
                f"{model}: {THRESHOLD} goes with several labels a track, and in {place} a track has one genre"
            )
            raise ModelError(msg + ". Leave it out")
        return dict(settings)
    refuse_several(model)
    return {**settings, THRESHOLD: checked_threshold(model, settings.get(THRESHOLD, USUAL))}


def refuse_several(model: str) -> None:
    """Raise ModelError for a model that takes one genre a track only; it names those that take more."""
    reason = one_label_only(model)
    if reason:
        raise ModelError(reason)


def mixed_labels(labels: Any) -> list[int]:  # noqa: ANN401 - an array of booleans
    """Return the numbers of the labels that some rows have and others have not."""
    return [int(i) for i in np.flatnonzero(labels.any(axis=0) & ~labels.all(axis=0))]


def _refusing(spec: ModelSpec) -> ModelSpec:
    def fit(data: TrainingData, settings: dict[str, Any], seed: int) -> Classifier:
        if data.labels is not None:
            refuse_several(spec.name)
        return spec.fit(data, settings, seed)

    return replace(spec, fit=fit)


def _fitted(spec: ModelSpec, data: TrainingData, settings: dict[str, Any], seed: int) -> Any:  # noqa: ANN401
    """Fit the model of one label."""
    if data.y.min() == data.y.max():
        return ConstantLabel(float(data.y[0]))
    return spec.fit(data, settings, seed)


def _unseen_threshold(spec: ModelSpec, data: TrainingData, settings: dict[str, Any], seed: int) -> float:
    """Return the threshold with the best F1 on tracks of inner folds, by models that had not seen them.

    Segments are gathered to tracks by their mean, as in prediction. `HALF` where a label, or its absence, has
    a single track (or artist): nothing can be chosen honestly then.
    """
    splits = inner_splits(data, CALIBRATION_FOLDS, seed) if data.y.min() < data.y.max() else []
    if not splits:
        return HALF
    p = np.full(len(data.y), np.nan)
    for train, valid in splits:
        fitted = _fitted(spec, data.take(train), settings, seed)
        p[valid] = np.asarray(fitted.predict_proba(data.X[valid]), dtype=np.float64)[:, 1]
    rows = data.recorded
    tracks = data.groups[rows]
    scores = aggregate_labels(np.clip(p[rows], 0.0, 1.0)[:, None], tracks, "mean")
    first = np.unique(tracks, return_index=True)[1]
    return best_threshold(data.y[rows][first] == 1, scores.probabilities[:, 0])
