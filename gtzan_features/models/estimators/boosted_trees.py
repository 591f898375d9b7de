"""Gradient-boosted trees by XGBoost."""

from __future__ import annotations

from typing import Any

from xgboost import XGBClassifier

from gtzan_features.errors import ModelError
from gtzan_features.models.spec import Classifier, ModelSpec, Range, TrainingData, inner_splits
from gtzan_features.models.words import WORDS

EARLY_STOPPING_FOLDS = 10
MANY_COLUMNS = 500
"""Beyond, histograms have `_COARSE` bins: with thousands of columns they then take a fifth of the time."""

VALUES_PER_THREAD = 250_000
"""Rows times columns for which another thread pays: threads wait for each other at every level of a tree."""

TOO_FEW_TO_STOP = (
    "early stopping needs two tracks of each genre in the training part. Add tracks, or leave it out"
)

_AUTO, _FINE, _COARSE = "auto", 256, 32

_NOT_SETTABLE = {"random_state", "n_jobs", "verbosity", "objective", "num_class", "callbacks", "device"}


def _settable() -> set[str]:
    return set(XGBClassifier().get_params()) - _NOT_SETTABLE


def with_bins(settings: dict[str, Any], n_columns: int) -> dict[str, Any]:
    """Return settings in which ``max_bin=auto`` is a number."""
    if settings.get("max_bin") != _AUTO:
        return settings
    return {**settings, "max_bin": _COARSE if n_columns > MANY_COLUMNS else _FINE}


def _fit(data: TrainingData, settings: dict[str, Any], seed: int) -> Classifier:
    settings = with_bins(settings, data.X.shape[1])
    threads = max(1, min(data.threads, data.X.size // VALUES_PER_THREAD))
    model = XGBClassifier(**settings, random_state=seed, n_jobs=threads, verbosity=0)
    if settings.get("early_stopping_rounds"):
        return _fit_stopping_early(model, data, seed)
    return model.fit(data.X, data.y)


def _fit_stopping_early(model: XGBClassifier, data: TrainingData, seed: int) -> Classifier:
    """Fit on nine tenths of the tracks and stop by the loss on the rest, which is the first inner fold."""
    splits = inner_splits(data, EARLY_STOPPING_FOLDS, seed)
    if not splits:
        raise ModelError(TOO_FEW_TO_STOP)
    train, valid = splits[0]
    watched = [(data.X[valid], data.y[valid])]
    return model.fit(data.X[train], data.y[train], eval_set=watched, verbose=False)


XGBOOST = ModelSpec(
    **WORDS["xgboost"].of_spec(),
    fit=_fit,
    settable=_settable,
    storage="xgboost",
    space={
        "n_estimators": Range(100, 1_000, log=True),
        "max_depth": Range(2, 8),
        "learning_rate": Range(0.01, 0.3, log=True),
        "subsample": Range(0.5, 1.0),
        "colsample_bytree": Range(0.05, 1.0, log=True),
        "min_child_weight": Range(0.5, 20.0, log=True),
        "reg_lambda": Range(0.1, 30.0, log=True),
    },
)
