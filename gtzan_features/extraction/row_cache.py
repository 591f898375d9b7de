"""The rows of one file: computed in a worker, and kept in a part that a later run finds again.

Workers import this module, so it needs no pandas, no Arrow and no scikit-learn.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.audio.load import load_into, with_file
from gtzan_features.audio.segments import SHORTEST_TRACK
from gtzan_features.audio.system import DECODER, decoder_version
from gtzan_features.errors import FILE_FAULTS, AudioError, file_fault, lost_fault
from gtzan_features.extraction.changed_rows import ChangedRows
from gtzan_features.extraction.segment_rows import SegmentRows
from gtzan_features.storage import inside, location
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.file_status import FileStatus

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.audio.opened import AudioFile
    from gtzan_features.audio.samples import Samples
    from gtzan_features.audio.sound import Sound
    from gtzan_features.config import SegmentConfig
    from gtzan_features.datasets.tracks import TrackFile
    from gtzan_features.extraction.changed_rows import Change
    from gtzan_features.extraction.row_kinds import Recipe


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one file: for each segment length, the segments' numbers, starts, lengths and values."""

    status: FileStatus
    rows: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[Any]]]
    reused: bool
    decoder: str = ""  # which version of ffmpeg, where that decoded the file


@dataclass(frozen=True, slots=True)
class FileRows:
    """What became of one file, and how many rows of it lie in its part; the rows themselves stay there.

    Attributes
    ----------
    status : FileStatus
    n_rows : tuple of int
        Rows of each segment length of the recipe, in its order; empty where the file could not be used.
    part : str
        Name of the file that holds the rows, in the folder of the parts; "" where there is none.
    reused : bool
        Whether an earlier run computed them.
    decoder : str
        Which version of ffmpeg, where that decoded the file.
    """

    status: FileStatus
    n_rows: tuple[int, ...] = ()
    part: str = ""
    reused: bool = False
    decoder: str = ""

    @property
    def lasting(self) -> bool:
        """Whether a later run may have the rows as they are."""
        return bool(self.part) and not self.part.endswith(ONCE)


ONCE = ".once.npz"
"""How the name of a part ends whose rows another run may get better, and so must compute anew."""


def file_part(
    track: TrackFile,
    root: str,
    parts_dir: str,
    recipe: Recipe,
    change: Change | None = None,
    older: str = "",
) -> FileRows:
    """Leave one file's rows in a part, unless one holds them; runs in a worker.

    Only a few numbers go back to the parent, so that its memory does not grow with the rows. `older` is
    another folder that may hold the part.
    """
    folder = Path(parts_dir)
    folders = (folder, Path(older)) if older else (folder,)
    work = partial(_part_of, track=track, folders=folders, recipe=recipe, change=change)
    try:
        part, is_lasting = with_file(inside(location(root), track.path), work)
    except FILE_FAULTS as error:
        status, reason = file_fault(error)
        return FileRows(FileStatus.of(track, status=status, reason=reason))
    name = f"{part.status.sha256}{'.npz' if is_lasting else ONCE}"
    if not part.reused or (older and not (folder / name).exists()):
        write_part(folder / name, part)
    n_rows = tuple(len(part.rows[length.name][0]) for length in recipe.segments)
    return FileRows(part.status, n_rows, name, part.reused, part.decoder)


def lost_file(track: TrackFile, how: str) -> FileRows:
    """Return what stands for the rows of a file whose worker process ended; a later run tries it again."""
    return FileRows(_lost_status(track, how))


def lost_part(track: TrackFile, how: str) -> Part:
    """Return what stands for the rows of a recording whose worker process ended."""
    return Part(_lost_status(track, how), {}, reused=False)


def _lost_status(track: TrackFile, how: str) -> FileStatus:
    return FileStatus.of(track, status=AudioError.status, reason=lost_fault(how))


def part_rows(path: Path, segment: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """Read the rows of one segment length from a part: their numbers, starts and lengths, and their values.

    Raises
    ------
    OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile
        If the part is gone or damaged since it was written.
    """
    with path.open("rb") as handle, np.load(handle, allow_pickle=False) as stored:
        return stored[f"keys_{segment}"], stored[f"values_{segment}"]


def _part_of(
    file: AudioFile, track: TrackFile, folders: tuple[Path, ...], recipe: Recipe, change: Change | None
) -> tuple[Part, bool]:
    """Return an open file's rows, and whether a later run may have them from the part."""
    for folder in folders:
        known = _read_part(folder / f"{file.sha256}.npz", track, recipe)
        if known is not None:
            return known, True
    return _compute(track, file, recipe, change)


def _compute(track: TrackFile, file: AudioFile, recipe: Recipe, change: Change | None) -> tuple[Part, bool]:
    if change is None:
        sound, rows = load_into(file, recipe.sr, partial(_rows, recipe))
    else:
        taker = partial(ChangedRows, change, file.sha256, partial(_rows, recipe), recipe.sr)
        sound, changed = load_into(file, recipe.sr, taker)
        sound, rows = changed.finished(sound)
    rows.finish()
    return _finished(track, sound, rows, recipe), not sound.improvable


def recording_part(track: TrackFile, source: Path | Samples, recipe: Recipe, *, whole: bool = False) -> Part:
    """Compute the rows of a recording, and keep them nowhere; runs in a worker.

    Parameters
    ----------
    track : TrackFile
        What the status calls it.
    source : Path or Samples
    recipe : Recipe
    whole : bool
        Whether a recording too short for a row of some length has one of that length over all of it.

    Raises
    ------
    AudioError, SignalError
        If it cannot be read, or no row is defined of it.
    """
    sound, rows = load_into(source, recipe.sr, partial(_rows, recipe))
    rows.finish(whole=whole)
    return _finished(track, sound, rows, recipe)


def _rows(recipe: Recipe, first_sample: int) -> SegmentRows:
    return SegmentRows(recipe.compute, recipe.segments, recipe.sr, first_sample)


def _finished(track: TrackFile, sound: Sound, rows: SegmentRows, recipe: Recipe) -> Part:
    found = {length.name: (rows.rows[length].keys, rows.values(length)) for length in recipe.segments}
    without = [length for length in recipe.segments if not rows.rows[length].cuts]
    n_here = rows.end - sound.first_sample
    kind, reason = "ok", ""
    if without:
        kind = "short" if len(without) == len(found) else "ok"
        reason = _too_short(n_here, without, recipe.sr)
    if sound.repair:
        kind = sound.status if kind == "ok" else kind
        reason = "; ".join(filter(None, [sound.repair, reason]))
    status = FileStatus.of(
        track,
        status=kind,
        reason=reason,
        sha256=sound.sha256,
        n_samples=rows.end,
        source_sr=sound.source_sr,
        source_channels=sound.source_channels,
    )
    decoder = decoder_version() if sound.decoder == DECODER else ""
    return Part(status, found, reused=False, decoder=decoder)


def _too_short(n_samples: int, without: list[SegmentConfig], sr: int) -> str:
    """Say which rows a file is too short for, and exactly where that begins if it is close."""
    reason = (
        f"{n_samples / sr:.2f} s of sound: too short for a row of {' and '.join(s.name for s in without)}"
    )
    for length in without:
        nominal = length.n_samples(sr)
        if n_samples == nominal and not length.is_track:
            reason += (
                f", which begins at {nominal + 1} samples of {sr} Hz, as in Kaggle's tables; "
                f"there are {n_samples}"
            )
        elif length.is_track and 0.99 * SHORTEST_TRACK * nominal <= n_samples:
            reason += f" (a row of {length.name} begins at {SHORTEST_TRACK * length.seconds:g} s)"
    return reason


def write_part(path: Path, part: Part) -> None:
    """Write the rows of one file to a part, whole or not at all."""
    arrays: dict[str, Any] = {}
    for name, (keys, values) in part.rows.items():
        arrays[f"keys_{name}"], arrays[f"values_{name}"] = keys, values
    arrays["decoder"] = np.array(part.decoder)
    arrays["status"] = np.array(json.dumps(part.status.to_dict()))
    # In memory first: on a full disk, an archive that is left half written complains once more when it goes.
    content = io.BytesIO()
    np.savez(content, **arrays)
    with atomic_path(path, durable=False) as temporary:
        temporary.write_bytes(content.getbuffer())


def _read_part(path: Path, track: TrackFile, recipe: Recipe) -> Part | None:
    """Read a part for `track`; None where there is none, or none that is whole and as wide as its table."""
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as stored:
            status = json.loads(str(stored["status"]))
            decoder = str(stored["decoder"])
            rows = {s.name: (stored[f"keys_{s.name}"], stored[f"values_{s.name}"]) for s in recipe.segments}
        # The same bytes may lie under another name than when the part was written.
        status |= {"track_id": track.track_id, "genre": track.genre, "path": track.path}
        part = Part(FileStatus(**status), rows, reused=True, decoder=decoder)
    except (OSError, ValueError, KeyError, TypeError, EOFError, RecursionError, zipfile.BadZipFile):
        return None
    is_current = decoder in ("", decoder_version())
    return part if is_current and all(_fits(part, s, recipe) for s in recipe.segments) else None


def _fits(part: Part, length: SegmentConfig, recipe: Recipe) -> bool:
    """Whether rows are as the recipe computes them: as many values, of the same type."""
    keys, values = part.rows[length.name]
    none = recipe.compute([], length)
    return (
        keys.shape == (len(values), 3)
        and keys.dtype == np.int64
        and (values.shape[1:], values.dtype) == (none.shape[1:], none.dtype)
    )
