"""Models fitted on clean rows, with deformed copies beside them or without, and what they predict of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gtzan_features.audio.decode import content_hash
from gtzan_features.bench.plan import ablation_sets
from gtzan_features.cache import Cache
from gtzan_features.config import SegmentConfig
from gtzan_features.datasets.groups import inner_groups
from gtzan_features.errors import GtzanError, TableError
from gtzan_features.models.checked_settings import probabilities
from gtzan_features.models.registry import model_spec
from gtzan_features.reports.robustness_frame import AUGMENTED, CLEAN, FAMILIES, MODELS, Deformed
from gtzan_features.tables.feature_tables import augmented_folder
from gtzan_features.tables.predictions import (
    ARTIST,
    PROBABILITY,
    Predictions,
    read_predictions,
    write_predictions,
)
from gtzan_features.training.augmented_rows import extra_rows
from gtzan_features.training.divide import labelled
from gtzan_features.training.fit_config import FitConfig
from gtzan_features.training.fit_key import fit_key
from gtzan_features.training.fold import Fold, Job, training_data
from gtzan_features.training.load_rows import REPLACED, open_fittable, table_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gtzan_features.cache import Key
    from gtzan_features.datasets.splits import Split
    from gtzan_features.datasets.training_arrays import Dataset
    from gtzan_features.models.spec import Classifier
    from gtzan_features.training.augmented_rows import ExtraRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One model on one selection of columns, the hashes of its tables, and where its predictions are kept.

    `copies` are the hashes of the tables of deformed copies that it is trained on, too; `key` is all that the
    predictions depend on.
    """

    part: str
    name: str
    model: str
    feature_set: str
    tables: tuple[str, ...]
    cache: Cache
    key: Key
    copies: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What it is called where it could not be done."""
        return f"{self.name}, trained on deformed copies, too" if self.part == AUGMENTED else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all tasks share: the clean table's folder, those of deformations, rows and split.

    `trained` are the deformations whose copies models are also trained on; their tables lie beside the clean
    one, where `gtzan fit --augment` reads them, too.
    """

    clean: Path
    deformed: dict[str, Path]
    segment: str
    split: Split
    seed: int
    trained: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Whether a task was found finished, and why it could not be done where it could not."""

    reused: bool = False
    reason: str = ""


def robust_tasks(
    models: tuple[str, ...], with_families: str, name: str, setting: Setting, work: Path
) -> list[Task]:
    """Return every model on all columns, and the families' model on all and on each family alone.

    Where there are copies to train on, every model is there once more, with them.
    """
    alone = [some for some in ablation_sets(name) if not some.partition(":")[2].startswith("-")]
    wanted = [(MODELS, model, model, name) for model in models]
    if setting.trained:
        wanted += [(AUGMENTED, model, model, name) for model in models]
    if alone:
        wanted.append((FAMILIES, "all", with_families, name))
        wanted += [(FAMILIES, some.partition(":")[2], with_families, some) for some in alone]
    split = setting.split.config
    common: dict[str, Any] = {
        "deformations": list(setting.deformed),
        "division": setting.split.fingerprint(),
        "seed": setting.seed,
    }
    hashes = {some: _hashes(some, setting) for some in {some for *_, some in wanted}}
    copies = tuple(
        content_hash(table_file(augmented_folder(setting.clean, one), name, setting.segment))
        for one in setting.trained
    )
    tasks = []
    for part, label, model, some in wanted:
        own, trained = (copies, setting.trained) if part == AUGMENTED else ((), ())
        rows = SegmentConfig.parse(setting.segment)
        fit = FitConfig(model=model, segment=rows, feature_set=some, split=split, augment=trained)
        key = fit_key(fit, {"tables": hashes[some], "copies": own}, **common)
        tasks.append(
            Task(
                part=part,
                name=label,
                model=model,
                feature_set=some,
                tables=hashes[some],
                cache=kept_predictions(work),
                key=key,
                copies=own,
            )
        )
    return tasks


def kept_predictions(work: Path) -> Cache:
    """Return the cache of predictions in the folder of a measurement."""
    return Cache(work / "predictions")


def _hashes(name: str, setting: Setting) -> tuple[str, ...]:
    """Return the hashes of the tables that are read for some columns: the clean one first."""
    folders = [setting.clean, *setting.deformed.values()]
    return tuple(content_hash(table_file(folder, name, setting.segment)) for folder in folders)


def predict_deformed(task: Task, setting: Setting) -> Outcome:
    """Fit and write the predictions of clean and deformed rows; runs in a worker."""
    if task.cache.find(task.key) is not None:
        return Outcome(reused=True)
    try:
        found = _predictions(task, setting)
    except GtzanError as error:  # one model that fails leaves the others
        return Outcome(reason=str(error))
    with task.cache.adding(task.key) as new:
        for name, one in found.items():
            write_predictions(new / f"{name}.parquet", one)
    return Outcome()


def lost_task(task: Task, how: str) -> Outcome:  # noqa: ARG001 - what stands for one task
    """Return what became of a task whose process ended."""
    return Outcome(reason=f"its process ended ({how})")


def _predictions(task: Task, setting: Setting) -> dict[str, Predictions]:
    folders = {CLEAN: setting.clean, **setting.deformed}
    tables = {
        name: labelled(open_fittable(one, task.feature_set, setting.segment))[0]
        for name, one in folders.items()
    }
    for read, planned in zip(tables.values(), task.tables, strict=True):
        if read.sha256 != planned:
            raise TableError(read.place, REPLACED)
    data = {name: one.data for name, one in tables.items()}
    opened, clean = tables[CLEAN], data[CLEAN]
    spec = model_spec(task.model)
    extra: tuple[ExtraRows, ...] = ()
    if task.part == AUGMENTED:
        extra = extra_rows(setting.clean, opened.table, setting.trained)
        if tuple(one.sha256 for one in extra) != task.copies:
            raise TableError(setting.clean, REPLACED)
    job = Job(
        data=clean,
        model=spec.name,
        settings=dict(spec.defaults),
        seed=setting.seed,
        extra=extra,
        families=opened.families,
        apart=inner_groups(clean.rows, clean.copies, setting.split.config),
    )
    frames: dict[str, list[pd.DataFrame]] = {name: [] for name in data}
    for number, (train, test) in enumerate(setting.split.folds(clean.rows)):
        rows = training_data(Fold(train, test, keep=False), job)
        classifier = spec.fit(rows, job.settings, job.seed)
        tested = set(clean.rows["track_id"].iloc[test])
        for name, one in data.items():
            frames[name] += list(_predicted(classifier, one, job, tested, number))
    return {
        name: Predictions(
            frame=pd.concat(some).sort_values(["track_id", "segment"], kind="stable", ignore_index=True),
            genres=clean.genres,
        )
        for name, some in frames.items()
    }


def _predicted(
    classifier: Classifier, data: Dataset, job: Job, tested: set[str], fold: int
) -> Iterator[pd.DataFrame]:
    """Yield the predictions of the tested tracks' rows; nothing where a deformed table has none of them."""
    at = np.flatnonzero(data.rows["track_id"].isin(tested).to_numpy())
    if not at.size:
        return
    p = probabilities(classifier, data.X[at], model_spec(job.model), job.settings)
    named = [ARTIST] if ARTIST in data.rows else []  # intervals are by artist
    frame = data.rows.iloc[at][["track_id", "segment", "genre", *named]].reset_index(drop=True)
    frame.insert(2, "fold", fold)
    for i, genre in enumerate(job.data.genres):
        frame[PROBABILITY + genre] = p[:, i]
    yield frame


def read_deformed(task: Task, deformations: tuple[str, ...]) -> Deformed:
    """Read the predictions that `predict_deformed` wrote."""
    folder = task.cache.path(task.key)
    return Deformed(
        part=task.part,
        name=task.name,
        model=task.model,
        features=task.feature_set,
        predictions={name: read_predictions(folder / f"{name}.parquet") for name in (CLEAN, *deformations)},
    )
