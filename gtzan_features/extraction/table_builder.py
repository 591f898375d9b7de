"""From a folder of music to tables with one row per segment, in parallel and resumable.

What a row holds is a `Recipe`'s business (features, spectrograms); everything else is here. Each worker
keeps the rows of a finished file in a part of its own, named by the hash of the file's bytes, in a folder
named by the recipe. A run that was interrupted finds those parts again; the tables are put together from
parts in the catalogue's order, so that they are the same bytes whatever was interrupted and however many
workers there were.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import pandas as pd

from gtzan_features import plugins
from gtzan_features.config import feature_set_parts
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.datasets.names import label
from gtzan_features.datasets.remarks import genres_text as genres_text
from gtzan_features.datasets.remarks import remarks
from gtzan_features.environment import library_versions
from gtzan_features.errors import OutputExistsError
from gtzan_features.extraction.cache_folders import open_parts, prune_parts
from gtzan_features.extraction.fatal_files import marked
from gtzan_features.extraction.row_cache import Change, Part, file_part, lost_part, unchanged
from gtzan_features.parallel.local import SerialExecutor, local_executor
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.tables import status_table as status_table
from gtzan_features.tables.atomic import remove_leftovers
from gtzan_features.tables.feature_tables import read_meta, table_path
from gtzan_features.tables.file_status import USABLE
from gtzan_features.tables.file_status import FileStatus as FileStatus
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.schema import TableMeta
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.config import SegmentConfig, Selection
    from gtzan_features.datasets.tracks import Catalogue
    from gtzan_features.extraction.row_kinds import Recipe
    from gtzan_features.tables.file_status import FileStatus

    WriteTable = Callable[[Path, pd.DataFrame, npt.NDArray[Any], TableMeta], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractSummary:
    """What an extraction did.

    Attributes
    ----------
    tables : dict
        Path and number of rows of each table, by segment length.
    status : Path
        The status table.
    n_files, n_reused : int
        Files of the catalogue, and those of them that had been computed before.
    audio_s, elapsed_s : float
        Seconds of music that were computed now, and how long all of it took.
    skipped : tuple of FileStatus
        Files that gave no row.
    notes : tuple of FileStatus
        Files that gave rows, but not as an intact file would.
    empty_genres : tuple of str
        Folders without audio.
    genres : dict
        Tracks of each genre of the catalogue.
    passed_over : dict
        Files of each ending that are no tracks; see `Catalogue.passed_over`.
    unreadable : tuple of str
        Folders that could not be listed.
    remarks : tuple of str
        What was passed over and what looks odd, a line each.
    """

    tables: dict[str, tuple[str, int]]
    status: str
    n_files: int
    n_reused: int
    audio_s: float
    elapsed_s: float
    skipped: tuple[FileStatus, ...]
    notes: tuple[FileStatus, ...]
    empty_genres: tuple[str, ...]
    genres: dict[str, int]
    passed_over: dict[str, int]
    unreadable: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def fault(self) -> str:
        """Why there is no row in any table, in a line; empty where there is one."""
        if any(n_rows for _, n_rows in self.tables.values()):
            return ""
        kind, count = Counter(one.status for one in self.skipped).most_common(1)[0]
        first = next(one for one in self.skipped if one.status == kind)
        wanted = " or ".join(self.tables)
        advice = f"Give shorter --segments than {wanted}" if kind == "short" else "See the status table"
        return (
            f"no row of {wanted}: {count} of {self.n_files} files are {kind}, such as {first.path} "
            f"({first.reason}). {advice}."
        )


class RowOptions(TypedDict, total=False):
    """What `extraction.extract.extract` and `extraction.spectrograms.spectrograms` take beside the recipe.

    Attributes
    ----------
    n_jobs : int
        Worker processes, one task per file; -1, the default, is one per processor. Results do not depend
        on it.
    selection : Selection
        Which genre folders, and which of several files of a track; see `read_catalogue`.
    overwrite : bool
        Replace tables that were made with another configuration or from other tracks.
    recompute : bool
        Compute every file again, whatever earlier runs left.
    only : frozenset of str
        Identifiers of tracks; others are passed over.
    change : callable
        Makes another signal of each that was read; every change needs a folder of tables of its own.
    progress : callable
        Called after each file.
    notice : callable
        Told when kernels must be compiled first.
    """

    n_jobs: int
    selection: Selection | None
    overwrite: bool
    recompute: bool
    only: frozenset[str] | None
    change: Change
    progress: Progress
    notice: Notice


def write_rows(
    recipe: Recipe,
    write: WriteTable,
    audio_dir: Path,
    out: Path,
    *,
    n_jobs: int = -1,
    selection: Selection | None = None,
    overwrite: bool = False,
    recompute: bool = False,
    only: frozenset[str] | None = None,
    change: Change = unchanged,
    progress: Progress = silent,
    notice: Notice = mute,
) -> ExtractSummary:
    """Compute the rows of every track in `audio_dir` and write them to tables in `out`.

    Parameters and errors are those of `extraction.extract.extract`, for any recipe; ``write(path, keys,
    values, meta)`` writes a table, whole or not at all.
    """
    started = time.perf_counter()
    executor = local_executor(n_jobs)
    catalogue = read_catalogue(audio_dir, selection)
    if only is not None:
        catalogue = replace(catalogue, tracks=tuple(t for t in catalogue.tracks if t.track_id in only))
    recipe.fingerprint()  # ConfigError where there is no such feature set, before anything is made
    out.mkdir(parents=True, exist_ok=True)
    with output_lock(out):
        if not overwrite:
            _check_output(out, recipe, catalogue)
        remove_leftovers(out)
        parts_dir = open_parts(out, recipe, recompute=recompute)
        recipe.prepare(notice)
        task = partial(
            file_part, root=str(catalogue.root), parts_dir=str(parts_dir), recipe=recipe, change=change
        )
        if isinstance(executor, SerialExecutor):
            task = partial(marked, task=task, folder=parts_dir)
        parts: list[Part] = []
        for part in executor.map(task, catalogue.tracks, lost=lost_part):
            parts.append(part)
            progress(len(parts), len(catalogue.tracks), "files")
        tables = _write_tables(out, recipe, catalogue, parts, write)
        prune_parts(out)
    elapsed = time.perf_counter() - started
    return _summary(out, recipe, catalogue, parts, tables, elapsed)


def _check_output(out: Path, recipe: Recipe, catalogue: Catalogue) -> None:
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
    existing = out / recipe.status_name
    if existing.exists():
        gone = sorted(set(status_table.read_status(existing)["track_id"]) - here)
        if gone:
            reason = (
                f"lists {len(gone)} tracks that are not in {catalogue.root}, such as {gone[0]}. "
                "Give another --out, or --overwrite to replace the tables"
            )
            raise OutputExistsError(existing, reason)


def _write_tables(
    out: Path, recipe: Recipe, catalogue: Catalogue, parts: list[Part], write: WriteTable
) -> dict[str, tuple[str, int]]:
    written = {}
    for length in recipe.segments:
        meta = TableMeta(
            feature_set=recipe.name,
            feature_fingerprint=recipe.values_fingerprint(),
            segment=length.name,
            dataset=catalogue.dataset,
            synthetic=catalogue.synthetic,
            config=recipe.settings,
            versions=library_versions() | plugins.described(feature_set_parts(recipe.name)),
        )
        keys, values = _assemble(parts, recipe, length)
        path = table_path(out, recipe.name, length.name)
        write(path, keys, values, meta)
        written[length.name] = (printable(str(path)), len(keys))
    status_table.write_status(out / recipe.status_name, [p.status for p in parts])
    return written


def _assemble(
    parts: list[Part], recipe: Recipe, length: SegmentConfig
) -> tuple[pd.DataFrame, npt.NDArray[Any]]:
    found = [(p.status, *p.rows[length.name]) for p in parts if length.name in p.rows]
    used = [one for one in found if len(one[1])]
    keys = np.concatenate([k for _, k, _ in used]) if used else np.empty((0, 3), dtype=np.int64)
    values = np.concatenate([v for *_, v in used]) if used else recipe.compute([], length)
    counts = [len(k) for _, k, _ in used]
    frame = pd.DataFrame(
        {
            "track_id": np.repeat(np.array([s.track_id for s, *_ in used], dtype=object), counts),
            "genre": np.repeat(np.array([s.genre for s, *_ in used], dtype=object), counts),
            "segment": keys[:, 0],
            "start_s": keys[:, 1] / recipe.sr,
            "n_samples": keys[:, 2],
        }
    )
    return frame, values


def _summary(
    out: Path,
    recipe: Recipe,
    catalogue: Catalogue,
    parts: list[Part],
    tables: dict[str, tuple[str, int]],
    elapsed: float,
) -> ExtractSummary:
    return ExtractSummary(
        tables=tables,
        status=printable(str(out / recipe.status_name)),
        n_files=len(parts),
        n_reused=sum(p.reused for p in parts),
        audio_s=sum(p.status.n_samples for p in parts if not p.reused) / recipe.sr,
        elapsed_s=elapsed,
        skipped=tuple(p.status for p in parts if p.status.status not in USABLE),
        notes=tuple(p.status for p in parts if p.status.status in USABLE and p.status.reason),
        empty_genres=catalogue.empty_genres,
        genres=catalogue.counts(),
        passed_over=catalogue.passed_over(),
        unreadable=tuple(label(path) for path, _ in catalogue.tree.unreadable),
        remarks=remarks(catalogue),
    )
