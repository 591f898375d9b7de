"""One shard, computed in one place: the rows of its files, a Parquet file for each table, and a record.

Rows never travel: what goes out is the list of files, and what comes back has less than a kilobyte. While a
shard is computed, the rows of each finished file lie in a journal, so that one that was killed goes on where
it stopped. Workers import this module, so it needs no pandas.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from gtzan_features.errors import TableError, WorkerError
from gtzan_features.extraction.fatal_files import MARK, marked
from gtzan_features.extraction.older_shards import DECODERS, ONCE, ROWS, refill
from gtzan_features.extraction.row_cache import file_part
from gtzan_features.extraction.shard_folders import ShardFolder, ShardRecord, file_facts
from gtzan_features.extraction.streamed_tables import PartTable
from gtzan_features.parallel.isolated import ProcessDiedError, call_isolated
from gtzan_features.tables.file_status import USABLE
from gtzan_features.tables.status_columns import write_status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gtzan_features.datasets.tracks import TrackFile
    from gtzan_features.extraction.changed_rows import Change
    from gtzan_features.extraction.row_cache import FileRows
    from gtzan_features.extraction.row_kinds import Recipe
    from gtzan_features.extraction.shards import Plan
    from gtzan_features.tables.schema import TableMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardWork:
    """What all shards of an extraction have in common; goes to every worker.

    Attributes
    ----------
    root : str
        Folder of the music.
    folder : ShardFolder
        Where shards go.
    parts : str
        Folder of the rows of files that an extraction into one file left; they are not computed again.
    recipe : Recipe
    change : callable, optional
    metas : tuple of TableMeta
        What the table of each segment length says of itself.
    keys : tuple of str
        Key columns beside the usual.
    tables : tuple of str
        Names of the tables, that of the status table last.
    plan : Plan
    """

    root: str
    folder: ShardFolder
    parts: str
    recipe: Recipe
    change: Change | None
    metas: tuple[TableMeta, ...]
    keys: tuple[str, ...]
    tables: tuple[str, ...]
    plan: Plan


@dataclass(frozen=True, slots=True)
class ShardJob:
    """One shard to compute.

    Attributes
    ----------
    name : str
        Of the shard, without an ending.
    tracks : tuple of TrackFile
        Its files.
    older : tuple of Path
        Status shards of other plans in which some of these files are: their rows are taken over.
    """

    name: str
    tracks: tuple[TrackFile, ...]
    older: tuple[Path, ...] = ()


def compute_shard(job: ShardJob, work: ShardWork) -> ShardRecord:
    """Leave a shard in the folder of shards, unless it is there; runs in a worker.

    A file that ends the process is known by its mark in the journal: the next try reads it in a process
    of its own, and it becomes a row of the status table.
    """
    started = time.perf_counter()
    done = work.folder.record(job.name)
    if done is not None:
        return replace(done, n_reused=done.n_files, n_computed=0, n_samples=0)
    journal = work.folder.journal(job.name)
    journal.mkdir(parents=True, exist_ok=True)
    if job.older:
        refill(journal, job.tracks, job.older, work.recipe, work.tables, work.folder.rows)
    task = partial(
        file_part,
        root=work.root,
        parts_dir=str(journal),
        recipe=work.recipe,
        change=work.change,
        older=work.parts,
    )
    try:
        found = [marked(track, task, journal, once=True) for track in job.tracks]
        files = _write(job, work, journal, found)
    except (TableError, OSError):
        done = work.folder.record(job.name)
        if done is not None:  # by another process, which then removed the journal
            return replace(done, n_reused=done.n_files, n_computed=0, n_samples=0)
        raise
    record = ShardRecord(
        name=job.name,
        plan=work.plan.digits,
        n_files=len(job.tracks),
        total=work.plan.n_files,
        slices=work.plan.slices,
        files=files,
        n_reused=sum(one.reused for one in found),
        n_computed=sum(one.status.status in USABLE and not one.reused for one in found),
        n_samples=sum(one.status.n_samples for one in found if not one.reused),
        seconds=round(time.perf_counter() - started, 3),
    )
    work.folder.write_record(record)
    shutil.rmtree(journal, ignore_errors=True)
    return record


def compute_lost(job: ShardJob, how: str, work: ShardWork) -> ShardRecord:
    """Compute a shard whose process ended twice, in one process after the other.

    Each that ends leaves a mark at the file that it had, so that the next gets further.

    Raises
    ------
    WorkerError
        If a process ends, and not at a file that was not known for it.
    """
    journal = work.folder.journal(job.name)
    while True:
        known = set(journal.glob(f"*{MARK}"))
        try:
            return call_isolated(partial(compute_shard, work=work), job)
        except ProcessDiedError as error:
            if not set(journal.glob(f"*{MARK}")) - known:
                raise WorkerError(str(error) or how) from error


def _write(
    job: ShardJob, work: ShardWork, journal: Path, found: Sequence[FileRows]
) -> dict[str, tuple[int, int, str]]:
    """Write the Parquet files of a shard, that of the status table last."""
    written = {}
    for at, (length, meta) in enumerate(zip(work.recipe.segments, work.metas, strict=True)):
        files = [
            (track, journal / one.part, one.n_rows[at])
            for track, one in zip(job.tracks, found, strict=True)
            if one.n_rows and one.n_rows[at]
        ]
        table, path = (
            PartTable(work.recipe, length, files, work.keys),
            work.folder.shard(work.tables[at], job.name),
        )
        table.write(path, meta, _nothing)
        written[work.tables[at]] = file_facts(path, table.n_rows)
    said = {
        ROWS: work.folder.rows.encode(),
        DECODERS: json.dumps({at: one.decoder for at, one in enumerate(found) if one.decoder}).encode(),
        ONCE: json.dumps([at for at, one in enumerate(found) if not one.lasting]).encode(),
    }
    path = work.folder.shard(work.tables[-1], job.name)
    write_status(path, [one.status for one in found], said)
    return written | {work.tables[-1]: file_facts(path, len(found))}


def _nothing() -> None:
    """Stand for progress."""
