"""A fit on a table that is larger than memory: rows come in batches, and only their keys are held.

What it does is what a fit in memory does (`training.prepare_fit`, `training.fit`): the same division of the
same tracks, the same inner folds, the same files of a run. Tracks are divided by a table with a row for each
of them; 12 bytes a row tell which track a row is of, and the rest lies in a temporary file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.datasets.training_arrays import Dataset, answers
from gtzan_features.errors import ConfigError, ModelError, TableError
from gtzan_features.models.checked_settings import probabilities
from gtzan_features.models.choosing.wrappers import CALIBRATE, FAMILIES
from gtzan_features.models.registry import model_spec, parse_settings
from gtzan_features.models.save import save_kept_model
from gtzan_features.models.streaming.rows import StreamedRows
from gtzan_features.models.words import STREAMED
from gtzan_features.progress import Progress, silent
from gtzan_features.tables import run_folder as runs
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.feature_tables import FeatureTable, check_version, table_meta, table_path
from gtzan_features.tables.memory import lacks_memory
from gtzan_features.tables.table_files import table_schema
from gtzan_features.training.divide import divide
from gtzan_features.training.fold import Fold, Job, planned_folds, uncalibrated
from gtzan_features.training.kept import card_of
from gtzan_features.training.load_rows import Fittable, check_plugins, columns_of_families, table_file
from gtzan_features.training.prepare_fit import FromPython, job_to_fit, refuse_leak
from gtzan_features.training.run_manifest import PlannedFit, make_manifest
from gtzan_features.training.source_files import known_files
from gtzan_features.training.streamed_kept import streamed_kept_model
from gtzan_features.training.streamed_predictions import PredictedRows
from gtzan_features.training.streamed_table import StreamedTable, read_streamed

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.models.spec import Classifier
    from gtzan_features.tables.run_folder import RunManifest
    from gtzan_features.training.fit_config import FitConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedFit:
    """A fit in batches of which all is known but its figures.

    Attributes
    ----------
    plan : PlannedFit
        What the manifest says; its `opened` has a row for each track.
    manifest : RunManifest
    job : Job
        The tracks and the model.
    folds : list of Fold
        Which tracks are trained on and tested.
    notes : tuple of str
        What the tracks do not allow.
    table : StreamedTable
        The rows.
    row_track : ndarray of int32 of shape (n_rows,)
        Position in `plan.opened` of each row's track; -1 for rows that are left out.
    folder : Path
        For temporary files.
    """

    plan: PlannedFit
    manifest: RunManifest
    job: Job
    folds: list[Fold]
    notes: tuple[str, ...]
    table: StreamedTable
    row_track: npt.NDArray[np.int32]
    folder: Path

    def rows(self, tracks: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Return which rows are of some tracks."""
        # One place more, for the rows that are left out: their track is -1.
        chosen = np.zeros(len(self.job.data.y) + 1, dtype=np.bool_)
        chosen[tracks] = True
        found: npt.NDArray[np.bool_] = chosen[self.row_track]
        return found

    def training(self, fold: Fold) -> StreamedRows:
        """Return the rows with those of a fold to train on."""
        apart = self.job.apart
        return StreamedRows(
            cache=self.table.cache,
            y=self._of_rows(self.job.data.y, np.int16),
            groups=self._of_rows(self.job.data.groups(), np.int32),
            train=self.rows(fold.train),
            folder=self.folder,
            apart=None if apart is None else self._of_rows(apart, np.int32),
            families=self.job.families,
        )

    def _of_rows(self, of_tracks: npt.NDArray[np.int64], kind: type[np.integer[Any]]) -> npt.NDArray[Any]:
        found: npt.NDArray[Any] = np.append(of_tracks, -1).astype(kind)[self.row_track]
        return found


def not_streamed(config: FitConfig, settings: dict[str, Any]) -> str:
    """Say why a fit cannot be done in batches; empty where it can."""
    able = ", ".join(STREAMED)
    if model_spec(config.model).streamed is None:
        return f"{config.model} needs all rows in memory. Models that do not: {able}"
    if config.table != config.feature_set:
        return "spectrograms are not fitted in batches. Leave out --scale"
    if config.augment:
        return "copies by --augment are not read in batches. Extract them into the table's folder as music"
    if config.beside is not None:
        return "rows with longer ones beside them are not read in batches. Leave out --beside"
    if config.split.leaked:
        return "a leaked protocol is there to repeat published figures, and is not fitted in batches"
    if settings.get(FAMILIES, "all") != "all":
        return "families=auto is not chosen in batches. Name families: --features SET:FAMILY,..."
    if settings.get(CALIBRATE):
        return "calibrate=True is not done in batches. Leave it out; lda is calibrated anyway"
    return ""


def is_streamed(tables_dir: Path, config: FitConfig) -> bool:
    """Whether a fit is done in batches: as it was asked for, or since memory would not do and it can."""
    if config.stream:
        return True
    settings = parse_settings(model_spec(config.model), config.settings)
    try:
        path = table_file(tables_dir, config.table, config.segment.name)
        several = table_meta(path, table_schema(path)).several_labels
    except TableError:  # for the fit to tell
        return False
    return not several and lacks_memory(path) and not not_streamed(config, settings)


def prepare_streamed(
    tables_dir: Path, config: FitConfig, folder: Path, *, keep_model: bool = True
) -> StreamedFit:
    """Read the keys of a table, put its numbers into a file, and divide the tracks.

    Parameters
    ----------
    tables_dir : Path
        Folder of feature tables; the configuration says which of them.
    config : FitConfig
    folder : Path
        For temporary files; as large as the table's numbers.
    keep_model : bool
        Without, there is no model to keep, and under folds there is one fit less.

    Raises
    ------
    TableError, SplitError
        As `training.prepare_fit.prepare_fit`.
    ModelError
        If there is no such model or setting, or it cannot be fitted in batches.
    """
    settings = parse_settings(model_spec(config.model), config.settings)
    refuse_leak(config)
    why = not_streamed(config, settings)
    if why:
        msg = f"--stream: {why}"
        raise ModelError(msg)
    table = _opened(tables_dir, config, folder)
    opened, split = divide(_tracks(table), config.split)
    config = replace(config, split=split.config, stream=True)
    job = job_to_fit(opened, config, settings, FromPython())
    folds = planned_folds(split, opened.data, final=config.final, keep=keep_model)
    kept = np.append(_places(table, opened), -1).astype(np.int32)
    row_track = kept[table.track]
    learned = np.concatenate([np.empty(0, dtype=np.int64), *(fold.train for fold in folds if fold.keep)])
    plan = PlannedFit(
        config=config,
        settings=job.settings,
        opened=opened,
        split=split,
        n_folds=sum(fold.test.size > 0 for fold in folds),
        keep_model=keep_model,
        training_files=known_files(opened, learned),
        n_rows=int((row_track >= 0).sum()),
    )
    return StreamedFit(
        plan=plan,
        manifest=make_manifest(plan),
        job=job,
        folds=folds,
        notes=split.notes + uncalibrated(folds, job),
        table=table,
        row_track=row_track,
        folder=folder,
    )


def _opened(tables_dir: Path, config: FitConfig, folder: Path) -> StreamedTable:
    name, segment = config.table, config.segment.name
    path = table_file(tables_dir, name, segment)
    table = read_streamed(path, folder)
    check_plugins(path, table.meta)
    check_version(path, table.meta, config.version)
    if table.meta.several_labels:
        msg = f"{path}: tracks may have several labels, which are not fitted in batches. Leave out --stream"
        raise ModelError(msg)
    if path == table_path(tables_dir, name, segment):
        return table
    if not table.meta.config:
        msg = f"{path}: of a recipe whose feature families are not known. Fit all its columns"
        raise ConfigError(msg)
    names, meta = columns_of_families(table.meta, name)
    at = [number for number, (column, _) in enumerate(table.columns) if column in names]
    columns = tuple(table.columns[number] for number in at)
    return replace(table, meta=meta, columns=columns, cache=table.cache.select(at))


def _tracks(table: StreamedTable) -> Fittable:
    """Return a table with a row for each track and no numbers: what divides tracks takes no more."""
    tracks = table.tracks
    data = Dataset(
        X=np.empty((len(tracks), 0)), **answers(tracks, several=False), rows=tracks, copies=table.copies
    )
    own = FeatureTable(frame=tracks, columns=table.columns, meta=table.meta)
    return Fittable(path=table.path, table=own, data=data, sha256=table.sha256, folder=table.path.parent)


def _places(table: StreamedTable, opened: Fittable) -> npt.NDArray[np.int64]:
    """Return the position in `opened` of each track of a table; -1 where it is left out."""
    places = {track: number for number, track in enumerate(opened.data.rows["track_id"])}
    return np.array([places.get(track, -1) for track in table.tracks["track_id"]], dtype=np.int64)


def write_streamed(run: Path, fit: StreamedFit, progress: Progress = silent) -> None:
    """Fit and test fold by fold, and write the files of a run folder; see `training.write_run`.

    Parameters
    ----------
    run : Path
        An empty folder.
    fit : StreamedFit
    progress : callable
        Called after each fold.

    Raises
    ------
    ModelError
        If the model cannot be fitted with these settings.
    """
    right: list[float] = []
    predicted = PredictedRows(fit.folder / "probabilities", len(fit.row_track), fit.job.data.genres)
    write_text(run / runs.SPLIT, fit.plan.split.frame.to_csv(index=False, lineterminator="\n"))
    progress(0, len(fit.folds), fit.job.model)
    for number, fold in enumerate(fit.folds):
        rows = fit.training(fold)
        fitter = model_spec(fit.job.model).streamed
        assert fitter is not None  # `not_streamed` has asked
        model = fitter(rows, fit.job.settings, fit.job.seed)
        if fold.test.size:
            right.append(_predict(fit, fold, rows, model, predicted))
        if fold.keep:
            _keep(run, fit, rows, model)
        progress(number + 1, len(fit.folds), fit.job.model)
    predicted.write(run / runs.PREDICTIONS, fit.plan.opened.data.rows, fit.row_track, fit.table.segment)
    metrics = {"train_accuracy": float(np.mean(right))}
    write_text(run / runs.METRICS, json.dumps(metrics, indent=1, sort_keys=True, allow_nan=False) + "\n")
    runs.finish_run(run, fit.manifest)


def _predict(
    fit: StreamedFit, fold: Fold, rows: StreamedRows, model: Classifier, predicted: PredictedRows
) -> float:
    """Predict the rows of a fold: those that are tested go to `predicted`; the share right of the others."""
    tested = fit.rows(fold.test)
    spec = model_spec(fit.job.model)
    right = 0
    number = predicted.next_fold()
    for positions, X in rows.batches(rows.train | tested):
        found = probabilities(model, X, spec, fit.job.settings)
        test = tested[positions]
        predicted.put(number, positions[test], found[test])
        own = rows.train[positions]
        right += int((found[own].argmax(axis=1) == rows.y[positions[own]]).sum())
    return right / int(rows.train.sum())


def _keep(run: Path, fit: StreamedFit, rows: StreamedRows, model: Classifier) -> None:
    manifest, plan = fit.manifest, fit.plan
    card = card_of(
        plan.opened,
        model=manifest.model,
        settings=manifest.settings,
        trained_on=manifest.trained_on,
        versions=manifest.versions,
        leaked=manifest.leaked,
    )
    kept = streamed_kept_model(
        plan.opened, card, rows, fit.row_track, fit.table.segment, model, plan.training_files
    )
    save_kept_model(run / runs.MODEL, kept)
