"""Before any fit: the tables are read and their rows divided, and what cannot be fitted is refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.audio.deform_names import without_word
from gtzan_features.datasets.groups import inner_groups
from gtzan_features.errors import ModelError, SplitError
from gtzan_features.models.applying.unlike import NONE_OF_THESE
from gtzan_features.models.choosing.several_labels import settings_of_labels
from gtzan_features.models.registry import model_spec, parse_settings
from gtzan_features.models.save import check_storable
from gtzan_features.models.spec import FEATURES, SPECTROGRAMS
from gtzan_features.storage import told
from gtzan_features.training.augmented_rows import (
    augmentation_text,
    extra_rows,
    missing_tracks,
    split_kinds,
)
from gtzan_features.training.divide import divide, labelled
from gtzan_features.training.fold import Fold, Job, planned_folds, training_data, uncalibrated
from gtzan_features.training.load_rows import Fittable, open_fittable
from gtzan_features.training.run_manifest import PlannedFit, make_manifest
from gtzan_features.training.source_files import known_files

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.datasets.splits import Split
    from gtzan_features.models.spec import ModelSpec
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
    with told(tables_dir):
        version = config.version if rows_are == FEATURES else 0
        opened = open_fittable(tables_dir, config.table, config.rows, version)
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
    job = job_to_fit(opened, config, settings, python)
    folds = planned_folds(split, opened.data, final=config.final, keep=keep_model)
    settings = {**job.settings, **python.parameters}
    if config.augment and tables_dir is not None:
        job, config = augmented(job, opened, config, tables_dir)
        settings["augment"] = augmentation_text((*job.augment, *(one.kind for one in job.extra)))
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
        notes=split.notes + missing_tracks(job.extra, opened) + uncalibrated(folds, job),
    )


def augmented(job: Job, opened: Fittable, config: FitConfig, tables_dir: Path) -> tuple[Job, FitConfig]:
    """Return a job that learns from augmented rows too, and the configuration with each of them by name."""
    rows_are = SPECTROGRAMS if opened.data.shape else FEATURES
    spectral, audio = split_kinds(config.augment, job.spec, rows_are)
    job = replace(job, augment=spectral, extra=extra_rows(tables_dir, opened.table, audio))
    return job, replace(config, augment=without_word(config.augment))


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


def job_to_fit(opened: Fittable, config: FitConfig, settings: dict[str, Any], python: FromPython) -> Job:
    """Return what all folds of a fit share; ModelError where the model does not take rows like these.

    Its settings are the given ones with what several labels a track need.
    """
    several = opened.data.several
    settings = settings_of_labels(config.model, settings, opened.place, several=several)
    job = replace(job_of(opened, config, settings), estimator=python.estimator)
    _check_input(job.spec, opened)
    return job


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
