"""Cross-validate a model on a feature or spectrogram table by a protocol: predictions, a model, a manifest.

All of it stays in memory; `write_run` writes it, and a report of it is made from what was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.environment import model_versions
from gtzan_features.parallel.local import local_executor, process_count
from gtzan_features.progress import Progress, silent
from gtzan_features.training.augmented_rows import augmentation_text
from gtzan_features.training.divide import labelled
from gtzan_features.training.fold import (
    Fitted,
    Fold,
    Job,
    curves_table,
    families_by_fold,
    fit_fold,
    joined_predictions,
)
from gtzan_features.training.kept import card_of, kept_model
from gtzan_features.training.prepare_fit import FromPython, PreparedFit, augmented, job_to_fit
from gtzan_features.training.run_manifest import with_copies
from gtzan_features.training.source_files import known_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from gtzan_features.datasets.splits import Split
    from gtzan_features.models.applying.kept_model import KeptModel
    from gtzan_features.tables.predictions import Predictions
    from gtzan_features.tables.run_folder import RunManifest
    from gtzan_features.training.fit_config import FitConfig
    from gtzan_features.training.load_rows import Fittable


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What a fit gave, in memory.

    Attributes
    ----------
    manifest : RunManifest
    split : Split
        The division that was used.
    predictions : Predictions
        Of every tested row.
    train_accuracy : float
        Share of training rows that are right, the mean over the tested folds, within [0, 1].
    curves : DataFrame
        Loss and accuracy by epoch; empty where the model has no epochs.
    families : dict of str to list of str
        Families of features that each fold chose, and the kept model under "kept"; empty where none chose.
    kept : KeptModel or None
        The model to keep; None where none was asked for.
    notes : tuple of str
        What the tracks did not allow.
    """

    manifest: RunManifest
    split: Split
    predictions: Predictions
    train_accuracy: float
    curves: pd.DataFrame
    families: dict[str, list[str]]
    kept: KeptModel | None
    notes: tuple[str, ...] = ()


def train(
    prepared: PreparedFit,
    *,
    tested: Sequence[Fitted] = (),
    n_jobs: int = -1,
    progress: Progress = silent,
) -> Trained:
    """Fit and test a model fold by fold.

    The model that is kept is the tested one where the protocol has one test part; under folds, and with
    `FitConfig.final`, it is fitted on all the protocol's tracks: the test says how well that works.

    Parameters
    ----------
    prepared : PreparedFit
    tested : sequence of Fitted
        What `train_tested` gave, where it was called before: these folds are not fitted again.
    n_jobs : int
        Worker processes, one task per fold; -1 is one per processor. Results do not depend on it.
    progress : callable
        Called after each fold.

    Raises
    ------
    ModelError
        If the model cannot be fitted with these settings.
    """
    missing = [fold for fold in prepared.folds if not (tested and fold.test.size)]
    new = iter(fit_folds(missing, prepared.job, n_jobs=n_jobs, progress=progress))
    old = iter(tested)
    fitted = [next(old if tested and fold.test.size else new) for fold in prepared.folds]
    return _gathered(prepared, prepared.folds, fitted)


def train_tested(
    prepared: PreparedFit, *, n_jobs: int = -1, progress: Progress = silent
) -> tuple[Trained, list[Fitted]]:
    """Fit the folds that are tested, and no model that is kept beside them; see `train`.

    Returns
    -------
    Trained
        Its `kept` is None under folds.
    list of Fitted
        For `train`, which fits the rest where the model is wanted after all.
    """
    folds = [fold for fold in prepared.folds if fold.test.size]
    fitted = fit_folds(folds, prepared.job, n_jobs=n_jobs, progress=progress)
    return _gathered(prepared, folds, fitted), fitted


def fit_whole(
    opened: Fittable,
    config: FitConfig,
    settings: dict[str, Any],
    *,
    tables_dir: Path | None = None,
    python: FromPython | None = None,
    progress: Progress = silent,
) -> KeptModel:
    """Fit a model on all rows of a table, without a test: the one that a fit under folds would keep.

    Parameters
    ----------
    opened : Fittable
        The table.
    config : FitConfig
        Its model, protocol (for inner folds) and seed count.
    settings : dict
        All hyperparameters of the model, defaults included.
    tables_dir : Path, optional
        Where tables of augmented audio are looked for; needed with ``config.augment``.
    python : FromPython, optional
        An estimator that the configuration only names.
    progress : callable
        Called after each epoch of a model that has any.

    Raises
    ------
    TableError
        If no track has a genre; those without one are left out. If a table of augmented audio is missing, or
        does not go with this one.
    """
    python = python or FromPython()
    opened, _ = labelled(opened)
    job = job_to_fit(opened, config, settings, python)
    own = {**job.settings, **python.parameters}
    if config.augment and tables_dir is not None:
        job, config = augmented(job, opened, config, tables_dir)
        own["augment"] = augmentation_text((*job.augment, *(one.kind for one in job.extra)))
    rows = np.arange(len(opened.data.y))
    (fitted,) = fit_folds([Fold(rows, rows[:0], keep=True)], job, progress=progress)
    n_tracks = opened.data.rows["track_id"].nunique()
    card = card_of(
        opened,
        model=config.model,
        settings=own,
        trained_on=f"all {n_tracks} tracks of the table, without a test"
        + with_copies([one.kind for one in job.extra]),
        versions=model_versions(),
        thresholds=fitted.thresholds,
    )
    return kept_model(opened, card, rows, fitted.model, known_files(opened, rows), job.extra)


def fit_folds(
    folds: Sequence[Fold], job: Job, *, n_jobs: int = -1, progress: Progress = silent
) -> list[Fitted]:
    """Fit every fold; the steps that are reported are folds, or the epochs of a single fold."""

    def on_epoch(epoch: Any) -> None:  # noqa: ANN401 - what the model reports
        progress(epoch.epoch, epoch.most, f"{job.model} {epoch.stage}")

    if len(folds) <= 1:
        # One fold runs in this process, so that its epochs can be reported, and has all its processors.
        alone = partial(fit_fold, job=job, on_epoch=on_epoch, threads=process_count(n_jobs))
        return list(local_executor(1).map(alone, folds))
    fitted: list[Fitted] = []
    progress(0, len(folds), job.model)  # the first fold may take minutes
    for one in local_executor(n_jobs).map(partial(fit_fold, job=job), folds):
        fitted.append(one)
        progress(len(fitted), len(folds), job.model)
    return fitted


def _gathered(prepared: PreparedFit, folds: Sequence[Fold], fitted: Sequence[Fitted]) -> Trained:
    """Put together what folds of a prepared fit gave."""
    plan, manifest = prepared.plan, prepared.manifest
    pairs = list(zip(folds, fitted, strict=True))
    kept: KeptModel | None = None
    for fold, one in pairs:
        if one.model is not None:
            card = card_of(
                plan.opened,
                model=manifest.model,
                settings=manifest.settings,
                trained_on=manifest.trained_on,
                versions=manifest.versions,
                leaked=manifest.leaked,
                thresholds=one.thresholds,
            )
            kept = kept_model(plan.opened, card, fold.train, one.model, plan.training_files, plan.extra)
    return Trained(
        manifest=manifest,
        split=plan.split,
        predictions=joined_predictions(plan.opened.data, folds, fitted),
        # The refitted model is not tested: its training accuracy is not that of the folds.
        train_accuracy=float(np.mean([one.train_accuracy for fold, one in pairs if fold.test.size])),
        curves=curves_table(folds, fitted),
        families=families_by_fold(folds, fitted),
        kept=kept,
        notes=prepared.notes,
    )
