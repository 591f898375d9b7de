"""From a folder of music to tables with one row per segment, in parallel and resumable.

What a row holds is a `Recipe`'s business (features, spectrograms); everything else is here. Each worker
keeps the rows of a finished file in a part of its own, named by the hash of the file's bytes, in a folder
named by the recipe. A run that was interrupted finds those parts again; the tables are put together from
parts in the catalogue's order, so that they are the same bytes whatever was interrupted and however many
workers there were.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from gtzan_features import plugins
from gtzan_features.config import feature_set_parts
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.datasets.remarks import catalogue_text, remarks
from gtzan_features.datasets.tracks import Catalogue
from gtzan_features.environment import library_versions
from gtzan_features.errors import OutputExistsError
from gtzan_features.extraction.any_machine import OnAnyMachine
from gtzan_features.extraction.cache_folders import open_parts, prune_parts, remove_parts
from gtzan_features.extraction.extract_summary import ExtractSummary as ExtractSummary
from gtzan_features.extraction.extract_summary import summary_of
from gtzan_features.extraction.fatal_files import marked
from gtzan_features.extraction.row_cache import file_part, lost_file
from gtzan_features.extraction.streamed_tables import PartTable
from gtzan_features.parallel.engines import engine, is_elsewhere
from gtzan_features.parallel.local import SerialExecutor
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.storage import check_place, is_remote, local_side, stays_in_process, told
from gtzan_features.tables import status_table as status_table
from gtzan_features.tables.feature_tables import read_meta, table_path
from gtzan_features.tables.file_status import FileStatus as FileStatus
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.schema import TableMeta
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gtzan_features.config import Selection
    from gtzan_features.datasets.tracks import TrackFile
    from gtzan_features.extraction.changed_rows import Change
    from gtzan_features.extraction.row_cache import FileRows
    from gtzan_features.extraction.row_kinds import Recipe
    from gtzan_features.extraction.streamed_tables import LayoutOf
    from gtzan_features.parallel.executor import Executor

_LOG = logging.getLogger(__name__)


class RowOptions(TypedDict, total=False):
    """What `extraction.extract.extract` and `extraction.spectrograms.spectrograms` take beside the recipe.

    Attributes
    ----------
    n_jobs : int
        Worker processes, one task per file; -1, the default, is one per processor. Results do not depend
        on it.
    executor : object
        Where the work is done, if not in processes of this machine; see `parallel.engines.engine`.
    selection : Selection
        Which genre folders, and which of several files of a track; see `read_catalogue`.
    overwrite : bool
        Replace tables that were made with another configuration or from other tracks.
    recompute : bool
        Compute every file again, whatever earlier runs left.
    prune : bool
        Remove the parts when the tables are written; another run into the folder computes every file again.
    name : str
        What the data set is called; empty for the folder's name.
    only : frozenset of str
        Identifiers of tracks; others are passed over.
    change : callable
        Makes other samples of those that were read; every change needs a folder of tables of its own.
    deformation : dict
        What the tables say of the change; see `schema.TableMeta`.
    progress : callable
        Called after each file.
    notice : callable
        Told how the folder was read, before anything is computed, and when kernels must be compiled first.
    """

    n_jobs: int
    executor: Any
    selection: Selection | None
    overwrite: bool
    recompute: bool
    prune: bool
    name: str
    only: frozenset[str] | None
    change: Change | None
    deformation: dict[str, Any]
    progress: Progress
    notice: Notice


def announced_catalogue(audio_dir: Path, **options: Unpack[RowOptions]) -> Catalogue:
    """Read a folder of music as an extraction with these options does, and say how it was read."""
    catalogue = read_catalogue(audio_dir, options.get("selection"), options.get("progress", silent))
    for line in (f"{catalogue_text(catalogue)}.", *remarks(catalogue)):
        options.get("notice", mute)(line)
    return catalogue


def write_rows(
    recipe: Recipe,
    layout_of: LayoutOf,
    audio_dir: Path | Catalogue,
    out: Path,
    *,
    n_jobs: int = -1,
    executor: Any = None,  # noqa: ANN401 - see `parallel.engines.engine`
    selection: Selection | None = None,
    overwrite: bool = False,
    recompute: bool = False,
    prune: bool = False,
    name: str = "",
    only: frozenset[str] | None = None,
    change: Change | None = None,
    deformation: dict[str, Any] | None = None,
    progress: Progress = silent,
    notice: Notice = mute,
) -> ExtractSummary:
    """Compute the rows of every track in `audio_dir` and write them to tables in `out`.

    Parameters and errors are those of `extraction.extract.extract`, for any recipe; `layout_of` says how its
    values become columns. Memory does not grow with the rows: workers leave them in parts, and a table is
    written a row group at a time.
    """
    started = time.perf_counter()
    given = engine(executor, n_jobs)
    if isinstance(audio_dir, Catalogue):
        catalogue = audio_dir
    elif only is None:
        catalogue = announced_catalogue(audio_dir, selection=selection, progress=progress, notice=notice)
    else:
        catalogue = read_catalogue(audio_dir, selection, progress)
    if stays_in_process(catalogue.root):
        given = engine(None, 1)
    if name:
        catalogue = replace(catalogue, dataset=name)
    if only is not None:
        catalogue = replace(catalogue, tracks=tuple(t for t in catalogue.tracks if t.track_id in only))
    made_by = deformation or {}
    recipe.key(made_by)  # ConfigError where there is no such feature set, before anything is made
    check_place(out)
    side = local_side(out)
    side.mkdir(parents=True, exist_ok=True)
    with given as workers, output_lock(out):
        if not overwrite:
            with told(out):
                _check_output(out, recipe, catalogue, made_by)
        parts_dir = open_parts(side, recipe, made_by, recompute=recompute)
        recipe.prepare(notice)
        rows = " and ".join(length.name for length in recipe.segments)
        _LOG.debug("%s: rows of %s, settings %s", catalogue.root, rows, recipe.settings)
        _LOG.debug("rows that are finished are kept in %s", parts_dir)
        task = _task(workers, catalogue, parts_dir, recipe, change)
        found: list[FileRows] = []
        for one in workers.map(task, catalogue.tracks, lost=lost_file):
            found.append(one)
            progress(len(found), len(catalogue.tracks), "files")
        written = partial(_meta, recipe, catalogue, made_by)
        tables = _write_tables(out, recipe, catalogue, parts_dir, found, written, layout_of, progress)
        remove_parts(side) if prune else prune_parts(side)
    elapsed = time.perf_counter() - started
    return summary_of(out, recipe, catalogue, found, tables, elapsed)


def _task(
    workers: Executor, catalogue: Catalogue, parts_dir: Path, recipe: Recipe, change: Change | None
) -> Callable[[TrackFile], FileRows]:
    """Return what is called with each file, by an executor of this kind."""
    elsewhere = is_elsewhere(workers)  # where the working folder is another
    root, folder = (
        path.absolute() if elsewhere and not is_remote(path) else path for path in (catalogue.root, parts_dir)
    )
    task = partial(file_part, root=str(root), parts_dir=str(folder), recipe=recipe, change=change)
    if isinstance(workers, SerialExecutor):
        return partial(marked, task=task, folder=parts_dir)
    return OnAnyMachine(task, recipe) if elsewhere else task


def _check_output(out: Path, recipe: Recipe, catalogue: Catalogue, made_by: dict[str, Any]) -> None:
    """Refuse to replace tables that this run would not give again."""
    here = {track.track_id for track in catalogue.tracks}
    for length in recipe.segments:
        path = table_path(out, recipe.name, length.name)
        if not path.exists():
            continue
        meta = read_meta(path)
        if meta.feature_fingerprint != recipe.values_fingerprint() or meta.origin != "audio":
            reason = (
                f"holds features of another configuration (fingerprint {meta.feature_fingerprint}, from "
                f"{meta.origin}). Give another --out, or --overwrite to replace it"
            )
            raise OutputExistsError(path, reason)
        if meta.deformation != made_by:
            reason = "holds features of deformed audio. Give another --out, or --overwrite to replace it"
            raise OutputExistsError(path, reason)
    existing = out / recipe.status_name
    if existing.exists():
        gone = sorted(set(status_table.read_status(existing)["track_id"]) - here)
        if gone:
            reason = (
                f"lists {len(gone)} tracks that are not in {catalogue.root}, such as {gone[0]}. "
                "Give another --out, or --overwrite to replace the tables"
            )
            raise OutputExistsError(existing, reason)


def _meta(recipe: Recipe, catalogue: Catalogue, made_by: dict[str, Any], segment: str) -> TableMeta:
    return TableMeta(
        feature_set=recipe.name,
        feature_fingerprint=recipe.values_fingerprint(),
        segment=segment,
        dataset=catalogue.dataset,
        synthetic=catalogue.synthetic,
        several_labels=catalogue.several_labels,
        config=recipe.settings,
        versions=library_versions() | plugins.described(feature_set_parts(recipe.name)),
        deformation=made_by,
    )


def _write_tables(
    out: Path,
    recipe: Recipe,
    catalogue: Catalogue,
    parts_dir: Path,
    found: list[FileRows],
    meta_of: Callable[[str], TableMeta],
    layout_of: LayoutOf,
    progress: Progress,
) -> dict[str, tuple[str, int]]:
    """Put the tables together from the parts, one after the other; return path and rows of each."""
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
    written = {}
    for name, table in tables.items():
        path = table_path(out, recipe.name, name)
        table.write(path, meta_of(name), layout_of, lambda: progress(next(steps), total, "files into tables"))
        written[name] = (printable(str(path)), table.n_rows)
    status_table.write_status(out / recipe.status_name, [one.status for one in found])
    return written
