"""One fold of a fit: train on some rows, predict others; runs in a worker."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gtzan_features.models.applying.one_vs_rest import OneVsRest
from gtzan_features.models.calibration import calibration_splits
from gtzan_features.models.checked_settings import guarded, probabilities
from gtzan_features.models.choosing.several_labels import mixed_labels, with_several_labels
from gtzan_features.models.choosing.wrappers import CALIBRATE, kept_families
from gtzan_features.models.estimator_spec import spec_of_estimator
from gtzan_features.models.registry import model_spec
from gtzan_features.models.spec import Classifier, ModelSpec, TrainingData, ignore
from gtzan_features.tables.predictions import ARTIST, PROBABILITY, Predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from gtzan_features.datasets.splits import Split
    from gtzan_features.datasets.training_arrays import Dataset
    from gtzan_features.training.augmented_rows import ExtraRows

_UNCALIBRATED = (
    "a genre has a single track to train on: there are no rows to measure how sure the model may be, and its "
    "probabilities are not calibrated"
)
_ENOUGH = 6
"""Tracks of every genre from which on inner folds are always found; looking for them costs time."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows to train on and rows to test on; `test` is empty for the model that is kept."""

    train: npt.NDArray[np.int64]
    test: npt.NDArray[np.int64]
    keep: bool


@dataclass(frozen=True, slots=True)
class Fitted:
    """What one fold gave: `model` only where it is kept, `curves` only where the model has any.

    `families` are those that the model chose on the fold's training rows; empty where it had no choice.
    `thresholds` are those of several labels, chosen there too; empty for one genre a track. `train_accuracy`
    is of several labels the share of decisions that are right.
    """

    probabilities: npt.NDArray[np.float64]
    train_accuracy: float
    model: Classifier | None
    curves: tuple[Any, ...] = ()
    families: tuple[str, ...] = ()
    thresholds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all folds of a fit share.

    Attributes
    ----------
    data : Dataset
        All rows.
    model, settings, seed
        The classifier.
    estimator : classifier, optional
        An estimator that was not fitted, where it takes the place of the model of that name.
    augment : tuple of str
        Augmentations of spectrograms while learning.
    extra : tuple of ExtraRows
        Rows of augmented audio, which are trained on where the row they come from is.
    families : tuple of str
        Family of each column; empty where rows are spectrograms.
    apart : ndarray of shape (n_rows,), optional
        What inner folds keep on one side; the track where it is not given.
    """

    data: Dataset
    model: str
    settings: dict[str, Any]
    seed: int
    augment: tuple[str, ...] = ()
    extra: tuple[ExtraRows, ...] = field(default_factory=tuple)
    families: tuple[str, ...] = ()
    apart: npt.NDArray[np.int64] | None = None
    estimator: Any = None

    @property
    def spec(self) -> ModelSpec:
        """The model that is fitted."""
        if self.estimator is None:
            return model_spec(self.model)
        return with_several_labels(guarded(spec_of_estimator(self.model, self.estimator)))


def fit_fold(fold: Fold, job: Job, on_epoch: Callable[[Any], None] = ignore, threads: int = 1) -> Fitted:
    """Fit on the training rows of a fold and predict its test rows; runs in a worker."""
    data = job.data
    training = replace(training_data(fold, job, on_epoch), threads=threads)
    spec = job.spec
    classifier = spec.fit(training, job.settings, job.seed)
    own = slice(len(fold.train))
    on_train = probabilities(classifier, training.X[own], spec, job.settings, several=data.several)
    tested = np.empty((0, len(data.genres)))
    if fold.test.size:
        tested = probabilities(classifier, data.X[fold.test], spec, job.settings, several=data.several)
    thresholds = tuple(classifier.thresholds) if isinstance(classifier, OneVsRest) else ()
    if training.labels is not None:
        accuracy = float(((on_train >= np.array(thresholds)) == training.labels[own]).mean())
    else:
        accuracy = float((on_train.argmax(axis=1) == training.y[own]).mean())
    curves = tuple(getattr(classifier, "curves_", ()))
    kept = classifier if fold.keep else None
    return Fitted(tested, accuracy, kept, curves, kept_families(classifier), thresholds)


def training_data(fold: Fold, job: Job, on_epoch: Callable[[Any], None] = ignore) -> TrainingData:
    """Return the rows to train on: those of the fold first, then what augmentation made of them."""
    data, groups = job.data, job.data.groups()
    X, rows = [data.X[fold.train]], [fold.train]
    for extra in job.extra:
        chosen = np.isin(extra.source, fold.train)
        X.append(extra.X[chosen])
        rows.append(extra.source[chosen])
    of = np.concatenate(rows)
    return TrainingData(
        X=np.concatenate(X) if job.extra else X[0],
        y=data.y[of],
        groups=groups[of],
        shape=data.shape,
        augment=job.augment,
        on_epoch=on_epoch,
        families=job.families,
        apart=None if job.apart is None else job.apart[of],
        made=np.arange(len(of)) >= len(fold.train) if job.extra else None,
        labels=None if data.labels is None else data.labels[of],
    )


def planned_folds(split: Split, data: Dataset, *, final: bool, keep: bool) -> list[Fold]:
    """Return the folds to fit: one on everything first, where that model is to be kept."""
    pairs = split.folds(data.rows)
    if not keep or (len(pairs) == 1 and not final):
        return [Fold(train, test, keep=keep) for train, test in pairs]
    everything = split.used_rows(data.rows)
    refit = Fold(everything, np.empty(0, dtype=np.int64), keep=True)
    # The largest task first, so that no worker is left with it alone at the end.
    return [refit, *(Fold(train, test, keep=False) for train, test in pairs)]


def joined_predictions(data: Dataset, folds: Sequence[Fold], fitted: Sequence[Fitted]) -> Predictions:
    """Return the probabilities of every tested row, in the order of tracks and segments."""
    frames = []
    tested = [(fold, one) for fold, one in zip(folds, fitted, strict=True) if fold.test.size]
    for number, (fold, one) in enumerate(tested):
        rows = data.rows.iloc[fold.test]
        frame = pd.DataFrame(
            {
                "track_id": rows["track_id"].to_numpy(),
                "segment": rows["segment"].to_numpy(),
                "fold": number,
                "genre": rows["genre"].to_numpy(),
            }
        )
        if ARTIST in rows:
            frame[ARTIST] = rows[ARTIST].to_numpy()
        for i, genre in enumerate(data.genres):
            frame[PROBABILITY + genre] = one.probabilities[:, i]
        frames.append(frame)
    frame = pd.concat(frames).sort_values(["track_id", "segment"], kind="stable", ignore_index=True)
    return Predictions(frame=frame, genres=data.genres, thresholds=tuple(one.thresholds for _, one in tested))


def uncalibrated(folds: list[Fold], job: Job) -> tuple[str, ...]:
    """Return a note where a fold has too few tracks for the temperature of its model; empty elsewhere."""
    if not (job.spec.calibrated or job.settings.get(CALIBRATE)):
        return ()
    for fold in folds:
        training = training_data(fold, job)
        whole = training.groups if training.apart is None else training.apart
        for one in _asked(training):
            few = min(np.unique(whole[one.y == genre]).size for genre in np.unique(one.y))
            if few < _ENOUGH and not calibration_splits(one, job.seed):
                return (_UNCALIBRATED,)
    return ()


def _asked(training: TrainingData) -> list[TrainingData]:
    """Return the rows for each model that is fitted: one, or one a label."""
    if training.labels is None:
        return [training]
    return [training.of_label(number) for number in mixed_labels(training.labels)]


def families_by_fold(folds: Sequence[Fold], fitted: Sequence[Fitted]) -> dict[str, list[str]]:
    """Return the families that each fold chose, and a kept model ("kept"); empty where none chose."""
    tested = [one for fold, one in zip(folds, fitted, strict=True) if fold.test.size]
    found = {str(number): list(one.families) for number, one in enumerate(tested)}
    for one in fitted:
        if one.model is not None:
            found["kept"] = list(one.families)
    return found if all(found.values()) else {}


def curves_table(folds: Sequence[Fold], fitted: Sequence[Fitted]) -> pd.DataFrame:
    """Return loss and accuracy per epoch of every fold, empty where the model has no epochs.

    Columns ``fold`` (0, 1, … in the order of the tested folds; "all" for the model fitted on everything),
    ``stage``, ``epoch``, ``train_loss``, ``train_accuracy``, ``valid_loss``, ``valid_accuracy``.
    """
    rows = []
    number = 0
    for fold, one in zip(folds, fitted, strict=True):
        name = str(number) if fold.test.size else "all"
        number += bool(fold.test.size)
        rows += [{"fold": name, **epoch._asdict()} for epoch in one.curves]
    return pd.DataFrame(rows).drop(columns="most", errors="ignore")
