"""One file of a user as rows for a model, and what is odd in it.

Workers import this module, so it needs no pandas, no Arrow and no scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.audio.load import load_into
from gtzan_features.audio.segments import Segment, segment_bounds
from gtzan_features.errors import FILE_FAULTS, AudioDecodeError, AudioTooShortError, file_fault, lost_fault
from gtzan_features.extraction.segment_rows import LengthRows, SegmentRows

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.audio.sound import Sound
    from gtzan_features.config import SegmentConfig
    from gtzan_features.extraction.row_kinds import Recipe

SHORTEST_S = 1.0
"""Files below this many seconds get no genre: a beat or two tell nothing."""

CLIPPED_SHARE = 0.001
QUIET_DB = -50.0  # dB below full scale, of the loudest sample


@dataclass(frozen=True, slots=True)
class Heard:
    """Rows of one file as a table would keep them; the samples stay in the worker."""

    path: str
    values: npt.NDArray[Any]
    cuts: tuple[Segment, ...]
    duration_s: float
    warnings: tuple[str, ...]
    error: str = ""
    sha256: str = ""


def hear(path: Path, recipe: Recipe) -> Heard:
    """Decode a file and compute the rows of its segments; what is wrong with the file is told, not raised."""
    (length,) = recipe.segments
    try:
        sound, rows = recording_rows(path, recipe)
        values = recipe.heard(rows)
    except AudioDecodeError as error:
        return _unheard(path, f"cannot decode ({error.reason})")
    except FILE_FAULTS as error:
        return _unheard(path, file_fault(error)[1])
    own = rows.rows[length]
    warnings = _warnings(sound, own, length)
    return Heard(str(path), values, tuple(own.cuts), sound.duration_s, tuple(warnings), sha256=sound.sha256)


def recording_rows(path: Path, recipe: Recipe) -> tuple[Sound, SegmentRows]:
    """Decode a file and compute the rows that a model takes; a short file is one row, where it takes that.

    Raises
    ------
    AudioError
        If the file cannot be read or is too short.
    SignalError
        If it is no signal that rows are defined for.
    """
    sound, rows = load_into(
        path, recipe.sr, lambda first: SegmentRows(recipe.compute, recipe.heard_lengths, recipe.sr, first)
    )
    _check_length(path, sound, recipe)
    rows.finish(whole=True)
    return sound, rows


def lost_recording(path: Path, how: str) -> Heard:
    """Return what stands for a file whose worker process ended."""
    return _unheard(path, lost_fault(how))


def _unheard(path: Path, reason: str) -> Heard:
    return Heard(str(path), np.empty((0, 0), dtype=np.float32), (), 0.0, (), f"{path}: {reason}")


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
