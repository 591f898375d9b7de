"""From a folder of music to feature tables and a status table, in parallel and resumable.

Each worker keeps the rows of a finished file in a part of its own, named by the hash of the file's
bytes, in a folder named by the configuration. A run that was interrupted finds those parts again; the
tables are put together from parts in the catalogue's order, so that they are the same bytes whatever
was interrupted and however many workers there were.
"""

from __future__ import annotations

import json
import shutil
import time
import zipfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gtzan_features.audio.decode import content_hash, read_signal
from gtzan_features.audio.segments import segment_bounds
from gtzan_features.config import FeatureConfig, SegmentConfig, fingerprint
from gtzan_features.datasets.catalogue import Catalogue, TrackFile, read_catalogue
from gtzan_features.errors import AudioError, GtzanError, OutputExistsError
from gtzan_features.features import sets
from gtzan_features.parallel.local import local_executor
from gtzan_features.pipelines.progress import Notice, Progress, mute, silent
from gtzan_features.pipelines.versions import library_versions
from gtzan_features.tables import status as status_table
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.schema import TableMeta, feature_schema
from gtzan_features.tables.status import FileStatus
from gtzan_features.tables.store import FeatureTable, read_meta, table_path, write_table

if TYPE_CHECKING:
    import numpy.typing as npt


PARTS = ".parts"
DEFAULT_SEGMENTS = (SegmentConfig(3.0), SegmentConfig(30.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractConfig:
    """What to compute: the feature set and the segment lengths."""

    features: FeatureConfig = field(default_factory=FeatureConfig)
    segments: tuple[SegmentConfig, ...] = DEFAULT_SEGMENTS

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits; names the folder of the parts."""
        lengths = [s.name for s in self.segments]
        return fingerprint(
            {"features": self.features.fingerprint(), "segments": lengths, **library_versions()}
        )


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
    """Rows of one file: for each segment length, the segments' numbers, starts, lengths and features."""

    status: FileStatus
    rows: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]
    reused: bool


def extract(
    audio_dir: Path,
    out: Path,
    config: ExtractConfig | None = None,
    *,
    n_jobs: int = -1,
    genres: tuple[str, ...] = (),
    overwrite: bool = False,
    progress: Progress = silent,
    notice: Notice = mute,
) -> ExtractSummary:
    """Compute the features of every track in `audio_dir` and write them to tables in `out`.

    Parameters
    ----------
    audio_dir : Path
        A folder of genre folders.
    out : Path
        Folder of the tables: ``kaggle-3s.parquet``, ``kaggle-30s.parquet`` and ``status.parquet``.
    config : ExtractConfig, optional
        The feature set and the segment lengths; the Kaggle columns for 3 s and 30 s where not given.
    n_jobs : int
        Worker processes, one task per file; -1 is one per processor. Results do not depend on it.
    genres : tuple of str
        Only these genre folders; all where empty.
    overwrite : bool
        Replace tables that were made with another configuration or from other tracks.
    progress : callable
        Called after each file.
    notice : callable
        Told when kernels must be compiled first.

    Returns
    -------
    ExtractSummary

    Raises
    ------
    CatalogueError
        If `audio_dir` is no folder of genre folders with audio.
    OutputExistsError
        If `out` holds tables of another configuration or of other tracks, unless `overwrite`.
    """
    started = time.perf_counter()
    executor = local_executor(n_jobs)
    config = config or ExtractConfig()
    sets.columns(config.features)  # an unknown set is refused before anything is read or made
    catalogue = read_catalogue(audio_dir, genres)
    if not overwrite:
        _check_output(out, config, catalogue)
    parts_dir = out / PARTS / config.fingerprint()
    parts_dir.mkdir(parents=True, exist_ok=True)
    if not sets.is_compiled():
        notice("Compiling the feature kernels, once; later runs find them in numba's cache.")
        sets.warm_up(config.features)
    task = partial(_extract_file, root=str(catalogue.root), parts_dir=str(parts_dir), config=config)
    parts: list[_Part] = []
    for part in executor.map(task, catalogue.tracks):
        parts.append(part)
        progress(len(parts), len(catalogue.tracks), "files")
    tables = _write_tables(out, config, catalogue, parts)
    elapsed = time.perf_counter() - started
    return _summary(out, catalogue, parts, tables, elapsed)


def _extract_file(track: TrackFile, root: str, parts_dir: str, config: ExtractConfig) -> _Part:
    """Compute one file's rows, or read them where a part holds them; runs in a worker."""
    path = Path(root) / track.path
    try:
        sha256 = content_hash(path)
        part_path = Path(parts_dir) / f"{sha256}.npz"
        known = _read_part(part_path, track)
        if known is not None:
            return known
        part = _compute(track, path, sha256, config)
    except AudioError as error:
        return _Part(FileStatus.of(track, status=error.status, reason=error.reason), {}, reused=False)
    except GtzanError as error:  # decoded, but not to a signal that features are defined for
        return _Part(FileStatus.of(track, status=AudioError.status, reason=str(error)), {}, reused=False)
    _write_part(part_path, part)
    return part


def _compute(track: TrackFile, path: Path, sha256: str, config: ExtractConfig) -> _Part:
    features = config.features
    signal = read_signal(path, features.sr, sha256)
    n_samples = signal.first_sample + signal.samples.size
    rows = {}
    for length in config.segments:
        cuts = segment_bounds(n_samples, length, features.sr, signal.first_sample)
        first = signal.first_sample
        pieces = [signal.samples[c.start - first : c.stop - first] for c in cuts]
        keys = np.array([(c.index, c.start, c.stop - c.start) for c in cuts], dtype=np.int64).reshape(-1, 3)
        rows[length.name] = keys, sets.compute(pieces, features).astype(np.float32)
    without = [name for name, (keys, _) in rows.items() if not len(keys)]
    kind, reason = "ok", ""
    if without:
        kind = "short" if len(without) == len(rows) else "ok"
        seconds = signal.samples.size / features.sr
        reason = f"{seconds:.2f} s of sound: too short for a row of {' and '.join(without)}"
    if signal.repair:
        kind, reason = "repaired", "; ".join(filter(None, [signal.repair, reason]))
    status = FileStatus.of(
        track,
        status=kind,
        reason=reason,
        sha256=sha256,
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


def _check_output(out: Path, config: ExtractConfig, catalogue: Catalogue) -> None:
    """Refuse to replace tables that this run would not give again."""
    here = {track.track_id for track in catalogue.tracks}
    for length in config.segments:
        path = table_path(out, config.features.feature_set, length.name)
        if not path.exists():
            continue
        meta = read_meta(path)
        if meta.feature_fingerprint != config.features.fingerprint() or meta.origin != "audio":
            reason = (
                f"holds features of another configuration (fingerprint {meta.feature_fingerprint}, from "
                f"{meta.origin}). Give another --out, or --overwrite to replace it"
            )
            raise OutputExistsError(path, reason)
    existing = out / status_table.FILE_NAME
    if existing.exists():
        gone = sorted(set(status_table.read_status(existing)["track_id"]) - here)
        if gone:
            reason = (
                f"lists {len(gone)} tracks that are not in {catalogue.root}, such as {gone[0]}. "
                "Give another --out, or --overwrite to replace the tables"
            )
            raise OutputExistsError(existing, reason)


def _write_tables(
    out: Path, config: ExtractConfig, catalogue: Catalogue, parts: list[_Part]
) -> dict[str, tuple[str, int]]:
    columns = tuple((c.name, c.unit) for c in sets.columns(config.features))
    written = {}
    for length in config.segments:
        meta = TableMeta(
            feature_set=config.features.feature_set,
            feature_fingerprint=config.features.fingerprint(),
            segment=length.name,
            dataset=catalogue.dataset,
            synthetic=catalogue.synthetic,
            config=config.features.to_dict(),
            versions=library_versions(),
        )
        frame = _assemble(parts, length.name, [name for name, _ in columns], config.features.sr)
        path = table_path(out, config.features.feature_set, length.name)
        table = FeatureTable(frame=frame, columns=columns, meta=meta)
        write_table(path, table, feature_schema(columns, meta))
        written[length.name] = (str(path), len(frame))
    status_table.write_status(out / status_table.FILE_NAME, [p.status for p in parts])
    return written


def _assemble(parts: list[_Part], length: str, columns: list[str], sr: int) -> pd.DataFrame:
    used = [(p.status, *p.rows[length]) for p in parts if length in p.rows and len(p.rows[length][0])]
    keys = np.concatenate([k for _, k, _ in used]) if used else np.empty((0, 3), dtype=np.int64)
    values = np.concatenate([v for *_, v in used]) if used else np.empty((0, len(columns)), np.float32)
    counts = [len(k) for _, k, _ in used]
    frame = pd.DataFrame(
        {
            "track_id": np.repeat(np.array([s.track_id for s, *_ in used], dtype=object), counts),
            "genre": np.repeat(np.array([s.genre for s, *_ in used], dtype=object), counts),
            "segment": keys[:, 0],
            "start_s": keys[:, 1] / sr,
            "n_samples": keys[:, 2],
        }
    )
    return pd.concat([frame, pd.DataFrame(values, columns=columns)], axis=1)


def _summary(
    out: Path, catalogue: Catalogue, parts: list[_Part], tables: dict[str, tuple[str, int]], elapsed: float
) -> ExtractSummary:
    sr = FeatureConfig().sr
    return ExtractSummary(
        tables=tables,
        status=str(out / status_table.FILE_NAME),
        n_files=len(parts),
        n_reused=sum(p.reused for p in parts),
        audio_s=sum(p.status.n_samples for p in parts if not p.reused) / sr,
        elapsed_s=elapsed,
        skipped=tuple(p.status for p in parts if p.status.status not in ("ok", "repaired")),
        notes=tuple(p.status for p in parts if p.status.status in ("ok", "repaired") and p.status.reason),
        empty_genres=catalogue.empty_genres,
    )


def remove_parts(out: Path) -> None:
    """Forget the parts of earlier runs in `out`, so that the next one computes every file anew."""
    shutil.rmtree(out / PARTS, ignore_errors=True)
