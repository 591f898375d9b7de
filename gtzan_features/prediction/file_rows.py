"""One recording of a user as rows for a model, and what is odd in it.

Workers import this module, so it needs no pandas, no Arrow and no scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.audio.load import load_into
from gtzan_features.audio.samples import Samples
from gtzan_features.audio.segments import Segment, segment_bounds
from gtzan_features.audio.sound import USUAL, Limits
from gtzan_features.errors import FILE_FAULTS, AudioDecodeError, AudioTooShortError, file_fault, lost_fault
from gtzan_features.extraction.segment_rows import LengthRows, SegmentRows

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.audio.sound import Sound
    from gtzan_features.config import SegmentConfig
    from gtzan_features.extraction.row_kinds import Recipe

SHORTEST_S = 1.0
"""Recordings below this many seconds get no genre: a beat or two say nothing."""

LOST = "lost"
"""Status of a recording whose process ended."""

CLIPPED_SHARE = 0.001
QUIET_DB = -50.0  # dB below full scale, of the loudest sample


@dataclass(frozen=True, slots=True)
class RecordingRows:
    """Rows of one recording as a table would keep them; the samples stay in the worker.

    Attributes
    ----------
    name : str
        The file, or what samples are called.
    values : ndarray of shape (n_segments, ...)
        See `Recipe.compute`.
    cuts : tuple of Segment
        Where the segments lie, in samples at the recipe's rate.
    duration_s : float
        Of what was read.
    warnings : tuple of str
        What makes a prediction doubtful, a sentence each.
    error : str
        Why there are no rows, beginning with the name; empty where there are.
    sha256 : str
        Of the file's bytes.
    status : {"ok", "corrupt", "short", "silent", "lost"}
        Why there are no rows, in a word; lost where the process that read it ended.
    """

    name: str
    values: npt.NDArray[Any]
    cuts: tuple[Segment, ...]
    duration_s: float
    warnings: tuple[str, ...]
    error: str = ""
    sha256: str = ""
    status: str = "ok"


def read_recording(source: Path | Samples, recipe: Recipe) -> RecordingRows:
    """Compute the rows of a recording as `recording_rows` does, with what is wrong with it as a field."""
    try:
        return recording_rows(source, recipe)
    except AudioDecodeError as error:
        return _without_rows(source, error.status, f"cannot decode ({error.reason})")
    except FILE_FAULTS as error:
        return _without_rows(source, *file_fault(error))


def read_from(source: Path | Samples, recipe: Recipe, folder: str) -> RecordingRows:
    """Do as `read_recording`, in a process whose working folder is not `folder`, at which a path begins."""
    if not isinstance(source, Path) or source.is_absolute():
        return read_recording(source, recipe)
    found, name = read_recording(folder / source, recipe), str(source)
    error = name + found.error.removeprefix(found.name) if found.error else ""
    return replace(found, name=name, error=error)


def recording_rows(source: Path | Samples, recipe: Recipe, limits: Limits = USUAL) -> RecordingRows:
    """Read a recording once and compute the rows that a model takes; a short one is one row.

    Parameters
    ----------
    source : Path or Samples
        A file, or samples in memory.
    recipe : Recipe
        What rows the model takes.
    limits : Limits
        What is too much.

    Raises
    ------
    AudioError
        If the file cannot be read, or the recording is silent, too short or beyond the limits.
    SignalError
        If it is no signal that rows are defined for.
    """
    sound, rows = load_into(
        source,
        recipe.sr,
        lambda first: SegmentRows(recipe.compute, recipe.model_lengths, recipe.sr, first),
        limits=limits,
    )
    path = source.path if isinstance(source, Samples) else source
    _check_length(path, sound, recipe)
    rows.finish(whole=True)
    (length,) = recipe.segments
    own = rows.rows[length]
    return RecordingRows(
        name=str(path),
        values=recipe.model_values(rows),
        cuts=tuple(own.cuts),
        duration_s=sound.duration_s,
        warnings=tuple(_warnings(sound, own, length)),
        sha256=sound.sha256,
    )


def lost_recording(source: Path | Samples, how: str) -> RecordingRows:
    """Return what stands for a recording whose worker process ended."""
    return _without_rows(source, LOST, lost_fault(how))


def _without_rows(source: Path | Samples, status: str, reason: str) -> RecordingRows:
    name = str(source.path if isinstance(source, Samples) else source)
    none = np.empty((0, 0), dtype=np.float32)
    return RecordingRows(name, none, (), 0.0, (), f"{name}: {reason}", status=status)


def _check_length(path: Path, sound: Sound, recipe: Recipe) -> None:
    """Refuse a file that is too short for the model, or for any."""
    (length,) = recipe.segments
    seconds, n_samples = f"{sound.n_samples / recipe.sr:.2f} s long", sound.n_samples
    if n_samples < SHORTEST_S * recipe.sr:
        reason = f"{seconds}: too short to tell a genre, which needs {SHORTEST_S:g} s"
        raise AudioTooShortError(path, reason)
    needed_s = recipe.shortest_share * length.seconds
    cuts = segment_bounds(sound.first_sample + n_samples, length, recipe.sr, sound.first_sample)
    if not cuts and n_samples < needed_s * recipe.sr:
        reason = (
            f"{seconds}: too short for this model, whose rows are spectrograms of "
            f"{length.name} and need {needed_s:g} s. "
            "Give a longer file, or a model on features or on shorter rows"
        )
        raise AudioTooShortError(path, reason)


def _warnings(sound: Sound, own: LengthRows, length: SegmentConfig) -> list[str]:
    """Say what makes a prediction doubtful, a sentence each."""
    found = []
    if sound.repair:
        found.append(f"incomplete: {sound.repair}")
    if sound.duration_s < length.seconds and len(own.cuts) == 1:
        found.append(f"short: {sound.duration_s:.1f} s, and the model learned from {length.name} of music")
    if sound.source_sr < sound.sr:
        found.append(f"narrow: sampled at {sound.source_sr} Hz, and the model learned from {sound.sr} Hz")
    if sound.peak_db < QUIET_DB:
        found.append(f"nearly silent: the loudest sample is {sound.peak_db:.0f} dB of full scale")
    if own.n_flat:
        found.append(f"silent in {own.n_flat} of {len(own.cuts)} segments")
    if sound.clipped > CLIPPED_SHARE:
        found.append(f"clipped: {100 * sound.clipped:.1f} % of the samples stand at full scale")
    return found
