"""Cross-validate a model on a feature or spectrogram table by a protocol and write a run folder."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.config import SegmentConfig, SplitConfig, rows_name, spectrogram_name, tidy_feature_set
from gtzan_features.datasets.groups import inner_groups
from gtzan_features.datasets.gtzan_faults import known_faults
from gtzan_features.errors import ConfigError, ModelError, SplitError
from gtzan_features.models.applying.training_files import save_training_files
from gtzan_features.models.applying.training_range import range_rows, save_range, training_range
from gtzan_features.models.applying.usual_level import level_rule, save_level
from gtzan_features.models.registry import model_spec, parse_settings
from gtzan_features.models.save import ModelCard, StoredModel, check_storable, save_model
from gtzan_features.models.spec import FEATURES, SPECTROGRAMS
from gtzan_features.models.words import model_names as model_names
from gtzan_features.parallel.local import local_executor
from gtzan_features.progress import Progress, silent
from gtzan_features.reports.card import model_card
from gtzan_features.reports.collect import representative
from gtzan_features.reports.curves import curves_figure
from gtzan_features.reports.figures import save_figure
from gtzan_features.reports.protocols import leak, tested_on
from gtzan_features.reports.scores import LevelScore, score
from gtzan_features.reports.tables import scores_table
from gtzan_features.tables import run_folder as runs
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.predictions import Predictions, write_predictions
from gtzan_features.tables.run_storage import new_run_folder
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
from gtzan_features.training.load_rows import divide, open_fittable
from gtzan_features.training.run_manifest import PlannedFit, make_manifest
from gtzan_features.training.source_files import known_files

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.evaluation.metrics import Metrics
    from gtzan_features.models.spec import Classifier
    from gtzan_features.reports.text_table import TextTable


@dataclass(frozen=True, slots=True, kw_only=True)
class FitConfig:
    """What to fit and how to test it.

    Attributes
    ----------
    model : str
        Name of the model.
    segment : SegmentConfig
        Length of the rows.
    feature_set : str
        Name of the feature set; with a colon, some families of it: ``kaggle:-rhythm``, ``kaggle:timbre``.
    settings : tuple of str
        Hyperparameters as ``name=value``.
    split : SplitConfig
        The protocol; its seed is the model's seed too.
    allow_leak : bool
        Whether a leaked protocol may be used.
    final : bool
        Whether the model that is kept is fitted on all the protocol's tracks, for prediction, where the
        protocol has one test part; under folds it is anyway.
    scale : str or None
        Fit the spectrograms of this scale; None for features, and for ``mel`` where a model takes
        spectrograms only.
    augment : tuple of str
        Augmentations of the training rows; see `training.augmented_rows`.
    beside : SegmentConfig or None
        Longer rows, whose features each row gets beside its own: those of the row that it lies in.
    """

    model: str
    segment: SegmentConfig = field(default_factory=lambda: SegmentConfig(3.0))
    feature_set: str = "kaggle"
    settings: tuple[str, ...] = ()
    split: SplitConfig = field(default_factory=SplitConfig)
    allow_leak: bool = False
    final: bool = False
    scale: str | None = None
    augment: tuple[str, ...] = ()
    beside: SegmentConfig | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "feature_set", tidy_feature_set(self.feature_set))
        if self.beside is not None and self.beside <= self.segment:
            msg = f"--beside {self.beside.name}: give rows longer than {self.segment.name}, for example 30s"
            raise ConfigError(msg)
        if self.beside is not None and (self.augment or self.scale):
            msg = "--beside goes with features, without --augment and --scale: leave one of them out"
            raise ConfigError(msg)

    @property
    def rows(self) -> str:
        """Name of the rows: their length, and that of the rows beside them."""
        return rows_name(self.segment, self.beside)

    @property
    def table(self) -> str:
        """Name of the table without its segment length; ModelError where the model does not take it."""
        inputs = model_spec(self.model).inputs
        if self.scale is None and FEATURES in inputs:
            return self.feature_set
        if SPECTROGRAMS not in inputs:
            msg = f"{self.model} takes features, not spectrograms: leave out --scale, or fit cnn or mlp"
            raise ModelError(msg)
        return spectrogram_name(self.scale or "mel")


@dataclass(frozen=True, slots=True, kw_only=True)
class FitResult:
    """What a fit gave: its run folder, its figures at every level, and what the tracks did not allow."""

    folder: Path
    manifest: runs.RunManifest
    scores: dict[str, LevelScore]
    train_accuracy: float
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the figures and what they stand for as a JSON-able mapping."""
        return {
            "run": str(self.folder),
            "leaked": self.manifest.leaked,
            "synthetic": self.manifest.synthetic,
            "protocol": self.manifest.protocol,
            "notes": list(self.notes),
            "train_accuracy": self.train_accuracy,
            "levels": {level: one.to_dict() for level, one in self.scores.items()},
        }

    @property
    def table(self) -> TextTable:
        """The figures of every level as a table of text."""
        m = self.manifest
        marks = ["LEAKED" if m.leaked else "", "SYNTHETIC" if m.synthetic else "", tested_on(m).mark]
        what = f"{m.model}, {m.segment} {m.feature_set}, {m.protocol}, {m.dataset}"
        title = " ".join([*(mark for mark in marks if mark), what])
        return replace(scores_table(self.scores), title=title)

    @property
    def caveats(self) -> tuple[str, ...]:
        """What must be said with the figures: a leak, or that a part of the protocol was tested."""
        leaked = f"LEAKED: {leak(self.manifest)}. No accuracy on new music." if self.manifest.leaked else ""
        tested = tested_on(self.manifest)
        part = f"{tested.mark}: {tested.caveat}" if tested.mark else ""
        return tuple(line for line in (leaked, part) if line)

    @property
    def metrics(self) -> Metrics:
        """Figures of tracks: by mean probability where a track has segments."""
        return self.scores[representative(self.scores)].metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedFit:
    """A fit of which all is known but its figures.

    Attributes
    ----------
    plan : PlannedFit
        What the manifest says.
    job : Job
        The rows and the model.
    folds : list of Fold
        Which rows are learnt and tested.
    notes : tuple of str
        What the tracks do not allow: ``7 folds: blues has 7 tracks``.
    """

    plan: PlannedFit
    job: Job
    folds: list[Fold]
    notes: tuple[str, ...]


def fit(
    tables_dir: Path,
    runs_dir: Path,
    config: FitConfig,
    *,
    n_jobs: int = -1,
    keep_model: bool = True,
    progress: Progress = silent,
) -> FitResult:
    """Fit and test a model fold by fold, and write the run folder.

    The model that is kept is the tested one where the protocol has one test part; under folds, and with
    `FitConfig.final`, it is fitted on all the protocol's tracks after the test has told how well that
    works.

    Parameters
    ----------
    tables_dir : Path
        Folder of feature tables; the configuration says which of them.
    runs_dir : Path
        Where run folders lie; the new one is named by what it holds.
    config : FitConfig
        Model, settings, protocol.
    n_jobs : int
        Worker processes, one task per fold; -1 is one per processor. Results do not depend on it.
    keep_model : bool
        Without, the run folder holds figures and predictions but no model, and under folds there is one
        fit less.
    progress : callable
        Called after each fold.

    Raises
    ------
    OutputLockedError
        If another command fits the same at this moment.
    TableError
        If the table is missing or damaged, or holds values that are not finite.
    SplitError
        If the protocol cannot be applied, or is leaked without `allow_leak`.
    ModelError
        If there is no such model or setting, or it cannot be fitted, or not be stored.
    """
    prepared = prepare_fit(tables_dir, config, keep_model=keep_model)
    return fit_prepared(prepared, runs_dir, n_jobs=n_jobs, progress=progress)


def prepare_fit(tables_dir: Path, config: FitConfig, *, keep_model: bool = True) -> PreparedFit:
    """Read the tables and divide their rows, so that what the tracks do not allow is known before any fit.

    Parameters, and errors but for `OutputLockedError`, are those of `fit`.
    """
    spec = model_spec(config.model)
    settings = parse_settings(spec, config.settings)
    if config.split.leaked and not config.allow_leak:
        msg = (
            "segment puts segments of one track into both training and test: its accuracy is leaked. "
            "Use --protocol track, or --allow-leak to reproduce leaked figures."
        )
        raise SplitError(msg)
    plan, job, folds = _planned(tables_dir, config, settings, keep_model=keep_model)
    if keep_model:
        check_storable(spec, settings, training_data(folds[0], job))
    return PreparedFit(plan=plan, job=job, folds=folds, notes=plan.split.notes + uncalibrated(folds, job))


def fit_prepared(
    prepared: PreparedFit, runs_dir: Path, *, n_jobs: int = -1, progress: Progress = silent
) -> FitResult:
    """Fit and test what was prepared, and write the run folder; see `fit`."""
    plan, job, folds = prepared.plan, prepared.job, prepared.folds
    manifest = make_manifest(plan)
    folder = runs_dir / manifest.run_id
    # The folder is locked from here on: a second command is refused before it computes for nothing.
    with new_run_folder(folder) as new:
        fitted = _fit_folds(folds, job, n_jobs, progress)
        predictions = joined_predictions(job.data, folds, fitted)
        # The refitted model is not tested: its training accuracy is not that of the folds.
        train = np.mean([f.train_accuracy for f, fold in zip(fitted, folds, strict=True) if fold.test.size])
        result = FitResult(
            folder=folder,
            manifest=manifest,
            scores=score(predictions),
            train_accuracy=float(train),
            notes=prepared.notes,
        )
        _write_run(new, plan, result, predictions, folds, fitted)
    return result


def _planned(
    tables_dir: Path, config: FitConfig, settings: dict[str, Any], *, keep_model: bool
) -> tuple[PlannedFit, Job, list[Fold]]:
    """Read the tables, and divide their rows into the folds of the protocol."""
    kind_of_rows = SPECTROGRAMS if config.table != config.feature_set else FEATURES
    spectral, audio = split_kinds(config.augment, model_spec(config.model), kind_of_rows)
    opened, split = divide(open_fittable(tables_dir, config.table, config.rows), config.split)
    config = replace(config, split=split.config)
    data = opened.data
    folds = planned_folds(split, data, final=config.final, keep=keep_model)
    job = Job(
        data=data,
        model=config.model,
        settings=settings,
        seed=config.split.seed,
        augment=spectral,
        extra=extra_rows(tables_dir, opened.table, audio),
        families=opened.families,
        apart=inner_groups(data.rows, data.copies, config.split),
    )
    if config.augment:
        settings = {**settings, "augment": "+".join((*spectral, *audio))}
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
    )
    return plan, job, folds


def _fit_folds(folds: list[Fold], job: Job, n_jobs: int, progress: Progress) -> list[Fitted]:
    """Fit every fold; the steps that are told are folds, or the epochs of a single fold."""

    def told(epoch: Any) -> None:  # noqa: ANN401 - what the model tells
        progress(epoch.epoch, epoch.most, f"{job.model} {epoch.stage}")

    if len(folds) == 1:
        # One fold runs in this process, so that it can tell its epochs.
        return list(local_executor(1).map(partial(fit_fold, job=job, on_epoch=told), folds))
    fitted: list[Fitted] = []
    progress(0, len(folds), job.model)  # the first fold may take minutes
    for one in local_executor(n_jobs).map(partial(fit_fold, job=job), folds):
        fitted.append(one)
        progress(len(fitted), len(folds), job.model)
    return fitted


def _card(plan: PlannedFit, manifest: runs.RunManifest) -> ModelCard:
    table, data = plan.opened.table, plan.opened.data
    return ModelCard(
        model=manifest.model,
        genres=data.genres,
        columns=tuple(table.feature_names),
        feature_set=manifest.feature_set,
        feature_fingerprint=manifest.feature_fingerprint,
        segment=manifest.segment,
        settings=manifest.settings,
        dataset=manifest.dataset,
        synthetic=manifest.synthetic,
        trained_on=manifest.trained_on,
        feature_config=table.meta.config,
        shape=data.shape,
        leaked=manifest.leaked,
        versions=manifest.versions,
    )


def _write_run(
    new: Path,
    plan: PlannedFit,
    result: FitResult,
    predictions: Predictions,
    folds: list[Fold],
    fitted: list[Fitted],
) -> None:
    manifest, families = result.manifest, families_by_fold(folds, fitted)
    metrics = {
        **({"families": families} if families else {}),
        "leaked": manifest.leaked,
        "train_accuracy": result.train_accuracy,
        "levels": {level: one.to_dict() for level, one in result.scores.items()},
    }
    write_text(new / runs.SPLIT, plan.split.frame.to_csv(index=False, lineterminator="\n"))
    write_predictions(new / runs.PREDICTIONS, predictions)
    write_text(new / runs.METRICS, json.dumps(metrics, indent=1, sort_keys=True, allow_nan=False) + "\n")
    for fold, one in zip(folds, fitted, strict=True):
        if one.model is not None:
            _write_model(new / runs.MODEL, plan, manifest, fold, one.model)
    faults = known_faults(manifest.dataset)
    card = model_card(
        manifest, result.scores, result.train_accuracy, faults, families, stored=plan.keep_model
    )
    write_text(new / runs.CARD, card)
    curves = curves_table(folds, fitted)
    if len(curves):
        write_text(new / runs.CURVES, curves.to_csv(index=False, lineterminator="\n", float_format="%.6g"))
        save_figure(curves_figure(curves, manifest.run_id), new / "curves.png")
    runs.finish_run(new, manifest)


def _write_model(
    folder: Path, plan: PlannedFit, manifest: runs.RunManifest, fold: Fold, estimator: Classifier
) -> None:
    """Write a model with what is known of the rows it was fitted on."""
    data, table = plan.opened.data, plan.opened.table
    folder.mkdir()
    save_range(folder, training_range(range_rows(data.X[fold.train], data.shape), table.feature_names))
    level = (
        None if data.shape else level_rule(data.X[fold.train], table.feature_names, data.groups()[fold.train])
    )
    if level is not None:
        save_level(folder, level)
    if plan.training_files.sha256:
        save_training_files(folder, plan.training_files)
    save_model(folder, StoredModel(estimator=estimator, card=_card(plan, manifest)))
