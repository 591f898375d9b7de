"""From a folder of music to tables with one row per segment, in parallel and resumable.

What a row holds is a `Recipe`'s business (features, spectrograms); everything else is here. A table is one
file, or a folder of shards (`data_set`). For one file, each worker keeps the rows of a finished file of music
in a part of its own, named by the hash of the file's bytes, in a folder named by the recipe. A run that was
interrupted finds those parts again; the tables are put together from parts in the catalogue's order, so that
they are the same bytes whatever was interrupted and however many workers there were.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Unpack

from gtzan_features.errors import ConfigError, OutputExistsError
from gtzan_features.extraction.any_machine import OnAnyMachine
from gtzan_features.extraction.cache_folders import open_parts, prune_parts, remove_parts
from gtzan_features.extraction.data_set import write_data_set
from gtzan_features.extraction.extract_summary import ExtractSummary as ExtractSummary
from gtzan_features.extraction.extract_summary import Tally, summary_of
from gtzan_features.extraction.fatal_files import marked
from gtzan_features.extraction.older_shards import refill, status_shards
from gtzan_features.extraction.row_cache import file_part, lost_file
from gtzan_features.extraction.row_options import Extraction, RowSettings, chosen_catalogue
from gtzan_features.extraction.row_options import RowOptions as RowOptions
from gtzan_features.extraction.row_options import announced_catalogue as announced_catalogue
from gtzan_features.extraction.shard_folders import remove_dropped
from gtzan_features.extraction.shards import LAYOUTS, ONE_FILE
from gtzan_features.extraction.streamed_tables import PartTable
from gtzan_features.parallel.engines import engine, is_elsewhere
from gtzan_features.parallel.local import SerialExecutor, shares_what_is_loaded
from gtzan_features.storage import is_remote, is_url, local_side, stays_in_process, told
from gtzan_features.storage_files import check_place
from gtzan_features.tables import status_table as status_table
from gtzan_features.tables.feature_tables import read_meta, table_path
from gtzan_features.tables.file_status import FileStatus as FileStatus
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.replacing import replacing, restore
from gtzan_features.tables.table_files import is_sharded, is_table, record_batches
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gtzan_features.datasets.tracks import Catalogue, TrackFile
    from gtzan_features.extraction.row_cache import FileRows
    from gtzan_features.extraction.row_kinds import Recipe
    from gtzan_features.parallel.executor import Executor

_LOG = logging.getLogger(__name__)


def write_rows(
    recipe: Recipe, audio_dir: Path | Catalogue, out: Path, **options: Unpack[RowOptions]
) -> ExtractSummary:
    """Compute the rows of every track in `audio_dir` and write them to tables in `out`.

    Parameters and errors are those of `extraction.extract.extract`, for any recipe. Memory does not grow with
    the rows: workers leave them in parts, and a table is written a row group at a time.
    """
    started = time.perf_counter()
    settings = RowSettings(**options)
    if settings.layout not in LAYOUTS or (settings.part is not None and settings.layout == "file"):
        msg = f"--layout {settings.layout} is not possible here: use --layout shards, or leave it out"
        raise ConfigError(msg)
    given = engine(settings.executor, settings.n_jobs)
    if is_remote(out) and is_url(settings.executor):
        msg = f"{out}: machines of a cluster leave rows in a folder that all share. Give such an --out"
        raise ConfigError(msg)
    catalogue = chosen_catalogue(audio_dir, settings)
    if stays_in_process(catalogue.root) or stays_in_process(out):
        given = engine(None, 1)
    in_shards = _in_shards(settings, len(catalogue.tracks))
    extraction = Extraction(recipe=recipe, catalogue=catalogue, out=out, settings=settings)
    recipe.key(
        settings.deformation
    )  # ConfigError where there is no such feature set, before anything is made
    check_place(out)
    side = local_side(out)
    side.mkdir(parents=True, exist_ok=True)
    with given as workers, output_lock(out, shared=settings.part is not None):
        if settings.part is None:
            restore(side)
            remove_dropped(out)
        if not settings.overwrite:
            with told(out):
                _check_output(extraction)
        recipe.prepare(settings.notice, loaded=shares_what_is_loaded(workers))
        rows = " and ".join(length.name for length in recipe.segments)
        _LOG.debug("%s: rows of %s, settings %s", catalogue.root, rows, recipe.settings)
        if in_shards:
            summary = write_data_set(extraction, workers, started)
            if settings.prune:
                remove_parts(side)
            return summary
        return _write_files(extraction, side, workers, started)


def _in_shards(settings: RowSettings, n_files: int) -> bool:
    """Whether tables are folders of shards."""
    said = settings.layout == "shards" or settings.part is not None or settings.shard_files > 0
    return said or (settings.layout == "auto" and n_files > ONE_FILE)


def _write_files(extraction: Extraction, side: Path, workers: Executor, started: float) -> ExtractSummary:
    """Compute the rows of every track, and write each table to one file; parts lie in `side`."""
    recipe, settings = extraction.recipe, extraction.settings
    parts_dir = open_parts(side, recipe, settings.deformation, recompute=settings.recompute)
    _LOG.debug("rows that are finished are kept in %s", parts_dir)
    if not settings.recompute:
        _take_over_shards(extraction, parts_dir)
    tracks = extraction.catalogue.tracks
    task = _task(extraction, workers, parts_dir)
    found: list[FileRows] = []
    for one in workers.map(task, tracks, lost=lost_file):
        found.append(one)
        settings.progress(len(found), len(tracks), "files")
    tables = _write_tables(extraction, parts_dir, found)
    remove_parts(side) if settings.prune else prune_parts(side)
    tally = Tally(extraction.catalogue)
    for one in found:
        tally.add(one)
    return summary_of(extraction, tally, tables, time.perf_counter() - started)


def _task(extraction: Extraction, workers: Executor, parts_dir: Path) -> Callable[[TrackFile], FileRows]:
    """Return what is called with each file, by an executor of this kind."""
    elsewhere = is_elsewhere(workers)  # where the working folder is another
    root, folder = (
        path.absolute() if elsewhere and not is_remote(path) else path
        for path in (extraction.catalogue.root, parts_dir)
    )
    recipe, change = extraction.recipe, extraction.settings.change
    task = partial(file_part, root=str(root), parts_dir=str(folder), recipe=recipe, change=change)
    if isinstance(workers, SerialExecutor):
        return partial(marked, task=task, folder=parts_dir)
    return OnAnyMachine(task, recipe) if elsewhere else task


def _take_over_shards(extraction: Extraction, parts_dir: Path) -> None:
    """Make parts of the rows of a data set of shards that is about to become one file."""
    recipe, out = extraction.recipe, extraction.out
    sources = status_shards(out / recipe.status_name)
    if sources:
        names = [table_path(out, recipe.name, length.name).name for length in recipe.segments]
        tables = (*names, recipe.status_name)
        refill(parts_dir, extraction.catalogue.tracks, sources, recipe, tables, parts_dir.name)


def _check_output(extraction: Extraction) -> None:
    """Refuse to replace tables that this run would not give again."""
    recipe, catalogue, out = extraction.recipe, extraction.catalogue, extraction.out
    for length in recipe.segments:
        path = table_path(out, recipe.name, length.name)
        if not (is_table(path) if is_remote(path) else path.exists()):
            continue
        meta = read_meta(path)
        if meta.feature_fingerprint != recipe.values_fingerprint() or meta.origin != "audio":
            reason = (
                f"holds features of another configuration ({meta.preset}, fingerprint "
                f"{meta.feature_fingerprint}, from {meta.origin}). Give another --out, or --overwrite to "
                "replace it"
            )
            raise OutputExistsError(path, reason)
        if meta.deformation != extraction.settings.deformation:
            reason = "holds features of deformed audio. Give another --out, or --overwrite to replace it"
            raise OutputExistsError(path, reason)
    existing = out / recipe.status_name
    gone = _gone(existing, {track.track_id for track in catalogue.tracks}) if is_table(existing) else []
    if gone:
        reason = (
            f"lists {len(gone)} tracks that are not in {catalogue.root}, such as {gone[0]}. "
            "Give another --out, or --overwrite to replace the tables"
        )
        raise OutputExistsError(existing, reason)


def _gone(status: Path, here: set[str]) -> list[str]:
    """Return the tracks of a status table that are not among those that are here."""
    if not is_sharded(status):
        return sorted(set(status_table.read_status(status)["track_id"]) - here)
    batches = record_batches(status, ["track_id"])
    return sorted({str(name) for batch in batches for name in batch.column(0).to_pylist()} - here)


def _write_tables(
    extraction: Extraction, parts_dir: Path, found: list[FileRows]
) -> dict[str, tuple[str, int]]:
    """Put the tables together from the parts, one after the other; return path and rows of each."""
    recipe, catalogue, out = extraction.recipe, extraction.catalogue, extraction.out
    tables = {}
    for at, length in enumerate(recipe.segments):
        files = [
            (track, parts_dir / one.part, one.n_rows[at])
            for track, one in zip(catalogue.tracks, found, strict=True)
            if one.n_rows and one.n_rows[at]
        ]
        tables[length.name] = PartTable(recipe, length, files, catalogue.keys)
    steps = count(1)
    total = sum(len(table.files) for table in tables.values())
    progress = extraction.settings.progress
    written = {}
    for name, table in tables.items():
        path = table_path(out, recipe.name, name)
        with replacing(path) as place:
            table.write(
                place, extraction.meta(name), lambda: progress(next(steps), total, "files into tables")
            )
        written[name] = (printable(str(path)), table.n_rows)
    with replacing(out / recipe.status_name) as place:
        status_table.write_status(place, [one.status for one in found])
    return written
