"""Tables that are folders of shards: planned here, computed wherever the executor runs, published here."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, overload

from gtzan_features.audio.system import decoder_version
from gtzan_features.extraction.any_machine import OnAnyMachine
from gtzan_features.extraction.cache_folders import parts_folder
from gtzan_features.extraction.extract_summary import Tally, summary_of
from gtzan_features.extraction.older_shards import find_older, status_shards
from gtzan_features.extraction.shard_folders import SHARDS, ShardFolder, publish, published
from gtzan_features.extraction.shard_task import ShardJob, ShardWork, compute_lost, compute_shard
from gtzan_features.extraction.shards import plan_shards, shard_name
from gtzan_features.parallel.engines import is_elsewhere
from gtzan_features.storage import is_remote, local_side
from gtzan_features.tables.feature_tables import table_path
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.replacing import remove
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gtzan_features.datasets.tracks import TrackFile
    from gtzan_features.extraction.extract_summary import ExtractSummary
    from gtzan_features.extraction.row_options import Extraction
    from gtzan_features.extraction.shard_folders import ShardRecord
    from gtzan_features.parallel.executor import Executor


def write_data_set(extraction: Extraction, executor: Executor, started: float) -> ExtractSummary:
    """Compute the shards of an extraction, all or those of a slice; make tables of them where all are there.

    The caller holds the lock of the output; for a slice, shared with other slices.

    Parameters
    ----------
    extraction : Extraction
    executor : Executor
        Runs a task a shard.
    started : float
        When the extraction began, by `time.perf_counter`.
    """
    part = extraction.settings.part
    if part is None:
        return _DataSet(extraction).write(executor, started)
    with output_lock(extraction.out / SHARDS / f"{part.number}-of-{part.count}"):
        return _DataSet(extraction).write(executor, started)


class _DataSet:
    """The shards of one extraction: which there are to be, which there are, and what is to be done."""

    def __init__(self, extraction: Extraction) -> None:
        self.extraction = extraction
        recipe, settings, catalogue = extraction.recipe, extraction.settings, extraction.catalogue
        metas = tuple(extraction.meta(length.name) for length in recipe.segments)
        parts = parts_folder(local_side(extraction.out), recipe, settings.deformation)
        basis = json.dumps([parts.name, decoder_version(), catalogue.keys, [one.to_json() for one in metas]])
        slices = settings.part.count if settings.part else 1
        plan = plan_shards(catalogue.tracks, basis, most=settings.shard_files, slices=slices)
        names = (table_path(extraction.out, recipe.name, one.name).name for one in recipe.segments)
        self.folder = ShardFolder(extraction.out.absolute(), parts.name)  # workers may be elsewhere
        self.work = ShardWork(
            root=str(catalogue.root if is_remote(catalogue.root) else catalogue.root.absolute()),
            folder=self.folder,
            parts="" if settings.recompute or not parts.is_dir() else str(parts.absolute()),
            recipe=recipe,
            change=settings.change,
            metas=metas,
            keys=catalogue.keys,
            tables=(*names, recipe.status_name),
            plan=plan,
        )
        self.names = {
            number: shard_name(
                plan, number, self.tracks(number), catalogue.root, basis, catalogue.tree.versions
            )
            for number in plan.numbers(settings.part)
        }

    def tracks(self, number: int) -> tuple[TrackFile, ...]:
        """Return the files of a shard."""
        files = self.work.plan.files(number)
        return self.extraction.catalogue.tracks[files.start : files.stop]

    def write(self, executor: Executor, started: float) -> ExtractSummary:
        """Compute what is missing, publish it, and say what was done."""
        settings = self.extraction.settings
        self.folder.open(self.work.tables)
        done = {} if settings.recompute else self._finished()
        if settings.recompute:
            for name in self.names.values():
                self.folder.forget(name)
        jobs = _Jobs(self, [number for number, name in self.names.items() if name not in done])
        n_done = sum(one.n_files for one in done.values())
        total = sum(len(self.work.plan.files(number)) for number in self.names)
        if n_done:
            settings.progress(n_done, total, "files")
        task: Callable[[ShardJob], ShardRecord] = partial(compute_shard, work=self.work)
        lost = partial(compute_lost, work=self.work)
        if is_elsewhere(executor):
            task = OnAnyMachine(task, self.extraction.recipe)
        for record in executor.map(task, jobs, lost=lost):
            done[record.name] = record
            n_done += record.n_files
            settings.progress(n_done, total, "files")
        records = [done[name] for name in self.names.values()]
        if settings.part is None:
            publish(self.folder, records)
        return self._summary(records, started)

    def _finished(self) -> dict[str, ShardRecord]:
        """Return the shards that need not be computed, by name."""
        there = published(self.folder.out, self.work.tables, self.work.plan)
        found = {}
        for name in self.names.values():
            own = self.folder.record(name)
            if own is None and name in there:
                own = there[name]
                if self.extraction.settings.part is not None:  # for whoever merges
                    self.folder.take(own)
            elif own is not None and own.plan != self.work.plan.digits:
                own = replace(own, plan=self.work.plan.digits, total=self.work.plan.n_files)
                self.folder.write_record(own)
            if own is not None:
                remove(self.folder.journal(name))  # left by a kill after the shard was written
                found[name] = replace(own, n_reused=own.n_files, n_samples=0, n_computed=0)
        return found

    def older(self, numbers: Sequence[int]) -> Mapping[int, tuple[Path, ...]]:
        """Return for shards to compute the status shards of other plans that have some of their files."""
        if self.extraction.settings.recompute or not numbers:
            return {}
        status = self.work.tables[-1]
        own = sorted((self.folder.path / status).glob("*.parquet"))
        sources = [*status_shards(self.folder.out / status), *own]
        wanted = {number: self.tracks(number) for number in numbers}
        return find_older(sources, self.folder.rows, wanted)

    def _summary(self, records: list[ShardRecord], started: float) -> ExtractSummary:
        extraction, part = self.extraction, self.extraction.settings.part
        status = self.work.tables[-1]
        tally = Tally(extraction.catalogue, most=20)
        for one in records:
            place = self.folder.shard(status, one.name)
            tally.add_shard(place if place.exists() else extraction.out / status / place.name)
        tables = {
            length.name: (printable(str(extraction.out / table)), sum(one.files[table][0] for one in records))
            for length, table in zip(extraction.recipe.segments, self.work.tables, strict=False)
        }
        tally.n_reused = sum(one.n_reused for one in records)
        tally.n_computed = sum(one.n_computed for one in records)
        tally.n_samples = sum(one.n_samples for one in records)
        elapsed = time.perf_counter() - started
        return summary_of(extraction, tally, tables, elapsed, part=str(part) if part else "")


class _Jobs(Sequence[ShardJob]):
    """The shards to compute, each made when it is asked for: only those on their way are in memory."""

    def __init__(self, data_set: _DataSet, numbers: list[int]) -> None:
        self._data_set, self._numbers = data_set, numbers
        self._older = data_set.older(numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> ShardJob: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[ShardJob]: ...
    def __getitem__(self, at: int | slice) -> ShardJob | Sequence[ShardJob]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        number = self._numbers[at]
        name, tracks = self._data_set.names[number], self._data_set.tracks(number)
        return ShardJob(name, tracks, self._older.get(number, ()))
