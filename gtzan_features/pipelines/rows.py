"""From a folder of music to tables with one row per segment, in parallel and resumable.

What a row holds is a `Recipe`'s business (features, spectrograms); everything else is here. Each worker
keeps the rows of a finished file in a part of its own, named by the hash of the file's bytes, in a folder
named by the recipe. A run that was interrupted finds those parts again; the tables are put together from
parts in the catalogue's order, so that they are the same bytes whatever was interrupted and however many
workers there were.
"""

from __future__ import annotations

import json
import shutil
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from gtzan_features.audio.decode import Signal, content_hash, read_signal
from gtzan_features.audio.segments import segment_bounds
from gtzan_features.datasets.catalogue import Catalogue, TrackFile, read_catalogue
from gtzan_features.errors import AudioError, GtzanError, OutputExistsError
from gtzan_features.parallel.local import local_executor
from gtzan_features.pipelines.progress import Notice, Progress, mute, silent
from gtzan_features.pipelines.versions import library_versions
from gtzan_features.tables import status as status_table
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.schema import TableMeta
from gtzan_features.tables.status import FileStatus
from gtzan_features.tables.store import read_meta, table_path

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.config import SegmentConfig


PARTS = ".parts"

Change = Callable[[Signal], Signal]
"""Makes another signal of the one that was read, by its samples and its hash; pickled to the workers."""


def unchanged(signal: Signal) -> Signal:
    """Return the signal as it was read."""
    return signal


class Recipe(Protocol):
    """What one kind of table holds; sent to the workers, so it must pickle."""

    @property
    def segments(self) -> tuple[SegmentConfig, ...]:
        """Segment lengths, a table for each."""
        ...

    @property
    def sr(self) -> int:
        """Sampling rate of the signals in Hz."""
        ...

    @property
    def name(self) -> str:
        """Name of the tables: what `TableMeta.feature_set` says."""
        ...

    @property
    def settings(self) -> dict[str, Any]:
        """What the values depend on, as a JSON-able mapping."""
        ...

    @property
    def status_name(self) -> str:
        """Name of the status table."""
        ...

    def values_fingerprint(self) -> str:
        """Twelve hexadecimal digits; equal ones mean comparable values."""
        ...

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of all that the parts depend on."""
        ...

    def prepare(self, notice: Notice) -> None:
        """Compile what the workers will need; called once, before them."""
        ...

    def compute(self, pieces: list[npt.NDArray[np.float32]], length: SegmentConfig) -> npt.NDArray[Any]:
        """Return one row of values for each piece of signal; (0, ...) for none."""
        ...

    def write(self, path: Path, keys: pd.DataFrame, values: npt.NDArray[Any], meta: TableMeta) -> None:
        """Write a table, whole or not at all."""
        ...


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


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of one file: for each segment length, the segments' numbers, starts, lengths and values."""

    status: FileStatus
    rows: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[Any]]]
    reused: bool


def write_rows(
    recipe: Recipe,
    audio_dir: Path,
    out: Path,
    *,
    n_jobs: int = -1,
    genres: tuple[str, ...] = (),
    overwrite: bool = False,
    only: frozenset[str] | None = None,
    change: Change = unchanged,
    progress: Progress = silent,
    notice: Notice = mute,
) -> ExtractSummary:
    """Compute the rows of every track in `audio_dir` and write them to tables in `out`.

    Parameters and errors are those of `pipelines.extract.extract`, for any recipe. With `only`, tracks of
    other identifiers are passed over. With `change`, rows are those of changed signals; parts do not know
    of it, so that every change needs a folder `out` of its own.
    """
    started = time.perf_counter()
    executor = local_executor(n_jobs)
    catalogue = read_catalogue(audio_dir, genres)
    if only is not None:
        catalogue = replace(catalogue, tracks=tuple(t for t in catalogue.tracks if t.track_id in only))
    if not overwrite:
        _check_output(out, recipe, catalogue)
    parts_dir = out / PARTS / recipe.fingerprint()
    parts_dir.mkdir(parents=True, exist_ok=True)
    recipe.prepare(notice)
    task = partial(
        _file_part, root=str(catalogue.root), parts_dir=str(parts_dir), recipe=recipe, change=change
    )
    parts: list[_Part] = []
    for part in executor.map(task, catalogue.tracks):
        parts.append(part)
        progress(len(parts), len(catalogue.tracks), "files")
    tables = _write_tables(out, recipe, catalogue, parts)
    elapsed = time.perf_counter() - started
    return _summary(out, recipe, catalogue, parts, tables, elapsed)


def _file_part(track: TrackFile, root: str, parts_dir: str, recipe: Recipe, change: Change) -> _Part:
    """Compute one file's rows, or read them where a part holds them; runs in a worker."""
    path = Path(root) / track.path
    try:
        sha256 = content_hash(path)
        part_path = Path(parts_dir) / f"{sha256}.npz"
        known = _read_part(part_path, track)
        if known is not None:
            return known
        part = _compute(track, change(read_signal(path, recipe.sr, sha256)), recipe)
    except AudioError as error:
        return _Part(FileStatus.of(track, status=error.status, reason=error.reason), {}, reused=False)
    except GtzanError as error:  # decoded, but not to a signal that rows are defined for
        return _Part(FileStatus.of(track, status=AudioError.status, reason=str(error)), {}, reused=False)
    _write_part(part_path, part)
    return part


def _compute(track: TrackFile, signal: Signal, recipe: Recipe) -> _Part:
    n_samples = signal.first_sample + signal.samples.size
    rows = {}
    for length in recipe.segments:
        cuts = segment_bounds(n_samples, length, recipe.sr, signal.first_sample)
        first = signal.first_sample
        pieces = [signal.samples[c.start - first : c.stop - first] for c in cuts]
        keys = np.array([(c.index, c.start, c.stop - c.start) for c in cuts], dtype=np.int64).reshape(-1, 3)
        rows[length.name] = keys, recipe.compute(pieces, length)
    without = [name for name, (keys, _) in rows.items() if not len(keys)]
    kind, reason = "ok", ""
    if without:
        kind = "short" if len(without) == len(rows) else "ok"
        seconds = signal.samples.size / recipe.sr
        reason = f"{seconds:.2f} s of sound: too short for a row of {' and '.join(without)}"
    if signal.repair:
        kind, reason = "repaired", "; ".join(filter(None, [signal.repair, reason]))
    status = FileStatus.of(
        track,
        status=kind,
        reason=reason,
        sha256=signal.sha256,
        n_samples=n_samples,
        source_sr=signal.source_sr,
        source_channels=signal.source_channels,
    )
    return _Part(status, rows, reused=False)


def _write_part(path: Path, part: _Part) -> None:
    arrays: dict[str, Any] = {}
    for name, (keys, values) in part.rows.items():
        arrays[f"keys_{name}"], arrays[f"values_{name}"] = keys, values
    arrays["status"] = np.array(json.dumps(part.status.to_dict()))
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.savez(handle, **arrays)


def _read_part(path: Path, track: TrackFile) -> _Part | None:
    """Read a part for `track`; None where there is none, or none that is whole."""
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as stored:
            status = json.loads(str(stored["status"]))
            names = [key.removeprefix("keys_") for key in stored.files if key.startswith("keys_")]
            rows = {name: (stored[f"keys_{name}"], stored[f"values_{name}"]) for name in names}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    # The same bytes may lie under another name than when the part was written.
    status |= {"track_id": track.track_id, "genre": track.genre, "path": track.path}
    return _Part(FileStatus(**status), rows, reused=True)


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
    out: Path, recipe: Recipe, catalogue: Catalogue, parts: list[_Part]
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
            versions=library_versions(),
        )
        keys, values = _assemble(parts, recipe, length)
        path = table_path(out, recipe.name, length.name)
        recipe.write(path, keys, values, meta)
        written[length.name] = (str(path), len(keys))
    status_table.write_status(out / recipe.status_name, [p.status for p in parts])
    return written


def _assemble(
    parts: list[_Part], recipe: Recipe, length: SegmentConfig
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
    parts: list[_Part],
    tables: dict[str, tuple[str, int]],
    elapsed: float,
) -> ExtractSummary:
    return ExtractSummary(
        tables=tables,
        status=str(out / recipe.status_name),
        n_files=len(parts),
        n_reused=sum(p.reused for p in parts),
        audio_s=sum(p.status.n_samples for p in parts if not p.reused) / recipe.sr,
        elapsed_s=elapsed,
        skipped=tuple(p.status for p in parts if p.status.status not in ("ok", "repaired")),
        notes=tuple(p.status for p in parts if p.status.status in ("ok", "repaired") and p.status.reason),
        empty_genres=catalogue.empty_genres,
    )


def remove_parts(out: Path) -> None:
    """Forget the parts of earlier runs in `out`, so that the next one computes every file anew."""
    shutil.rmtree(out / PARTS, ignore_errors=True)
