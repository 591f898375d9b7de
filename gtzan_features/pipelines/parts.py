"""The rows of one file: computed in a worker, and kept in a part that a later run finds again.

Workers import this module, so it needs no pandas, no Arrow and no scikit-learn.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.audio.decode import content_hash, read_signal
from gtzan_features.audio.segments import segment_bounds
from gtzan_features.errors import AudioError, GtzanError
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.file_status import FileStatus

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.datasets.tracks import TrackFile
    from gtzan_features.pipelines.recipes import Recipe


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one file: for each segment length, the segments' numbers, starts, lengths and values."""

    status: FileStatus
    rows: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[Any]]]
    reused: bool


def file_part(track: TrackFile, root: str, parts_dir: str, recipe: Recipe) -> Part:
    """Compute one file's rows, or read them where a part holds them; runs in a worker."""
    path = Path(root) / track.path
    try:
        sha256 = content_hash(path)
        part_path = Path(parts_dir) / f"{sha256}.npz"
        known = _read_part(part_path, track)
        if known is not None:
            return known
        part = _compute(track, path, sha256, recipe)
    except AudioError as error:
        return Part(FileStatus.of(track, status=error.status, reason=error.reason), {}, reused=False)
    except GtzanError as error:  # decoded, but not to a signal that rows are defined for
        return Part(FileStatus.of(track, status=AudioError.status, reason=str(error)), {}, reused=False)
    _write_part(part_path, part)
    return part


def _compute(track: TrackFile, path: Path, sha256: str, recipe: Recipe) -> Part:
    signal = read_signal(path, recipe.sr, sha256)
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
        sha256=sha256,
        n_samples=n_samples,
        source_sr=signal.source_sr,
        source_channels=signal.source_channels,
    )
    return Part(status, rows, reused=False)


def _write_part(path: Path, part: Part) -> None:
    arrays: dict[str, Any] = {}
    for name, (keys, values) in part.rows.items():
        arrays[f"keys_{name}"], arrays[f"values_{name}"] = keys, values
    arrays["status"] = np.array(json.dumps(part.status.to_dict()))
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.savez(handle, **arrays)


def _read_part(path: Path, track: TrackFile) -> Part | None:
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
    return Part(FileStatus(**status), rows, reused=True)
