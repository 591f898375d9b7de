"""Cross-validate a model on a feature or spectrogram table by a protocol: predictions, a model, a manifest.

All of it stays in memory; `write_run` writes it, and a report of it is made from what was written.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.datasets.groups import inner_groups
from gtzan_features.environment import model_versions
from gtzan_features.errors import ModelError, SplitError
from gtzan_features.models.applying.unlike import NONE_OF_THESE
from gtzan_features.models.choosing.several_labels import settings_of_labels
from gtzan_features.models.registry import model_spec, parse_settings
from gtzan_features.models.save import check_storable
from gtzan_features.models.spec import FEATURES, SPECTROGRAMS
from gtzan_features.parallel.local import local_executor
from gtzan_features.progress import Progress, silent
from gtzan_features.training.augmented_rows import extra_rows, split_kinds
from gtzan_features.training.fold import (
    Fitted,
    Fold,
    Job,
    curves_table,
    families_by_fold,
    fit_fold,
    joined_predictions,
    planned_folds,
    training_data,
    uncalibrated,
)
from gtzan_features.training.kept import card_of, kept_model
from gtzan_features.training.load_rows import Fittable, divide, labelled, open_fittable
from gtzan_features.training.run_manifest import PlannedFit, make_manifest
from gtzan_features.training.source_files import known_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from gtzan_features.datasets.splits import Split
    from gtzan_features.models.applying.kept_model import KeptModel
    from gtzan_features.models.spec import ModelSpec
    from gtzan_features.tables.predictions import Predictions
    from gtzan_features.tables.run_folder import RunManifest
    from gtzan_features.training.fit_config import FitConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class FromPython:
    """What Python can give beside a configuration, and the command line cannot.

    Attributes
    ----------
    estimator : classifier, optional
        An estimator that was not fitted, in the place of a model by name.
    parameters : dict
        Of the estimator, as the manifest has them.
    split : Split, optional
        A division of the table's tracks that was made already.
    call : str
        What repeats the fit, where no command does.
    """

    estimator: Any = None
    parameters: dict[str, Any] = field(default_factory=dict)
    split: Split | None = None
    call: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedFit:
    """A fit of which all is known but its figures.

    Attributes
    ----------
    plan : PlannedFit
        What the manifest says.
    manifest : RunManifest
        What is done, to what, with what.
    job : Job
        The rows and the model.
    folds : list of Fold
        Which rows are trained on and tested.
    notes : tuple of str
        What the tracks do not allow: ``7 folds: blues has 7 tracks``.
    """

    plan: PlannedFit
    manifest: RunManifest
    job: Job
    folds: list[Fold]
    notes: tuple[str, ...]


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


def prepare_fit(tables_dir: Path, config: FitConfig, *, keep_model: bool = True) -> PreparedFit:
    """Read the tables and divide their rows, so that what the tracks do not allow is known before any fit.

    Parameters
    ----------
    tables_dir : Path
        Folder of feature tables; the configuration says which of them.
    config : FitConfig
        Model, settings, protocol.
    keep_model : bool
        Without, there is no model to keep, and under folds there is one fit less.

    Raises
    ------
    TableError
        If the table is missing or damaged, or holds values that are not finite.
    SplitError
        If the protocol cannot be applied, or is leaked without `allow_leak`.
    ModelError
        If there is no such model or setting, or it cannot be stored.
    """
    settings = parse_settings(model_spec(config.model), config.settings)
    refuse_leak(config)
    rows_are = SPECTROGRAMS if config.table != config.feature_set else FEATURES
    split_kinds(config.augment, model_spec(config.model), rows_are)
    opened = open_fittable(tables_dir, config.table, config.rows)
    return prepare_rows(opened, config, settings, keep_model=keep_model, tables_dir=tables_dir)


def prepare_rows(
    opened: Fittable,
    config: FitConfig,
    settings: dict[str, Any],
    *,
    keep_model: bool = True,
    tables_dir: Path | None = None,
    python: FromPython | None = None,
) -> PreparedFit:
    """Divide the rows of a table that was read; see `prepare_fit`.

    Parameters
    ----------
    opened : Fittable
        The table.
    config : FitConfig
        Its model, protocol and seed count; the table is `opened`, whatever the configuration names.
    settings : dict
        All hyperparameters of the model, defaults included.
    keep_model : bool
        Whether there is a model to keep.
    tables_dir : Path, optional
        Where tables of augmented audio are looked for; needed with ``config.augment``.
    python : FromPython, optional
        An estimator or a division that the configuration only names.
    """
    python = python or FromPython()
    if python.split is None:
        opened, split = divide(opened, config.split)
    else:
        (opened, unlabelled), split = labelled(opened), python.split
        split = replace(split, notes=unlabelled + split.notes)
    config = replace(config, split=split.config)
    settings = _of_labels(opened, config.model, settings)
    folds = planned_folds(split, opened.data, final=config.final, keep=keep_model)
    job = replace(job_of(opened, config, settings), estimator=python.estimator)
    _check_input(job.spec, opened)
    settings = {**settings, **python.parameters}
    if config.augment and tables_dir is not None:
        job, settings["augment"] = _augmented(job, opened, config.augment, tables_dir)
    learned = np.concatenate([np.empty(0, dtype=np.int64), *(fold.train for fold in folds if fold.keep)])
    plan = PlannedFit(
        config=config,
        settings=settings,
        opened=opened,
        split=split,
        n_folds=sum(fold.test.size > 0 for fold in folds),
        keep_model=keep_model,
        extra=job.extra,
        training_files=known_files(opened, learned),
        call=python.call,
    )
    if keep_model:
        check_storable(job.spec, job.settings, training_data(folds[0], job))
    return PreparedFit(
        plan=plan,
        manifest=make_manifest(plan),
        job=job,
        folds=folds,
        notes=split.notes + uncalibrated(folds, job),
    )


def _augmented(job: Job, opened: Fittable, kinds: tuple[str, ...], tables_dir: Path) -> tuple[Job, str]:
    """Return a job that learns from augmented rows too, and the augmentations in a word."""
    rows_are = SPECTROGRAMS if opened.data.shape else FEATURES
    spectral, audio = split_kinds(kinds, job.spec, rows_are)
    extra = extra_rows(tables_dir, opened.table, audio)
    return replace(job, augment=spectral, extra=extra), "+".join((*spectral, *audio))


def _check_input(spec: ModelSpec, opened: Fittable) -> None:
    kind = SPECTROGRAMS if opened.data.shape else FEATURES
    if kind not in spec.inputs:
        msg = f"{spec.name} takes {' or '.join(spec.inputs)}, and {opened.place} holds {kind}"
        raise ModelError(msg)
    if len(opened.data.genres) < 2:
        (only,) = opened.data.genres
        msg = f"{opened.place}: every row is {only}, and a model needs two genres. Add music of another"
        raise ModelError(msg)
    if NONE_OF_THESE in opened.data.genres:
        msg = (
            f"{opened.place}: a genre is called {NONE_OF_THESE!r}, which is the answer to music of no genre. "
            "Give it another name"
        )
        raise ModelError(msg)


def _of_labels(opened: Fittable, model: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings with what several labels a track need, or refuse a model that takes none."""
    return settings_of_labels(model, settings, opened.place, several=opened.data.several)


def refuse_leak(config: FitConfig) -> None:
    """Raise SplitError for a leaked protocol that was not allowed."""
    if config.split.leaked and not config.allow_leak:
        msg = (
            "segment puts segments of one track into both training and test: its accuracy is leaked. "
            "Use --protocol track, or --allow-leak to reproduce leaked figures."
        )
        raise SplitError(msg)


def job_of(opened: Fittable, config: FitConfig, settings: dict[str, Any]) -> Job:
    """Return what all folds of a fit share; inner folds keep together what the protocol keeps together."""
    data = opened.data
    return Job(
        data=data,
        model=config.model,
        settings=settings,
        seed=config.split.seed,
        families=opened.families,
        apart=inner_groups(data.rows, data.copies, config.split),
    )


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
    python : FromPython, optional
        An estimator that the configuration only names.
    progress : callable
        Called after each epoch of a model that has any.

    Raises
    ------
    TableError
        If no track has a genre; those without one are left out.
    """
    python = python or FromPython()
    opened, _ = labelled(opened)
    settings = _of_labels(opened, config.model, settings)
    job = replace(job_of(opened, config, settings), estimator=python.estimator)
    _check_input(job.spec, opened)
    rows = np.arange(len(opened.data.y))
    (fitted,) = fit_folds([Fold(rows, rows[:0], keep=True)], job, progress=progress)
    n_tracks = opened.data.rows["track_id"].nunique()
    card = card_of(
        opened,
        model=config.model,
        settings={**settings, **python.parameters},
        trained_on=f"all {n_tracks} tracks of the table, without a test",
        versions=model_versions(),
        thresholds=fitted.thresholds,
    )
    return kept_model(opened, card, rows, fitted.model, known_files(opened, rows))


def fit_folds(
    folds: Sequence[Fold], job: Job, *, n_jobs: int = -1, progress: Progress = silent
) -> list[Fitted]:
    """Fit every fold; the steps that are reported are folds, or the epochs of a single fold."""

    def on_epoch(epoch: Any) -> None:  # noqa: ANN401 - what the model reports
        progress(epoch.epoch, epoch.most, f"{job.model} {epoch.stage}")

    if len(folds) <= 1:
        # One fold runs in this process, so that its epochs can be reported.
        return list(local_executor(1).map(partial(fit_fold, job=job, on_epoch=on_epoch), folds))
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
            kept = kept_model(plan.opened, card, fold.train, one.model, plan.training_files)
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
