"""One file of a user as rows for a model, and what is odd in it.

Workers import this module, so it needs no pandas, no Arrow and no scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.audio.anything import QUIET_DB, Recording, read_recording
from gtzan_features.audio.segments import Segment, segment_bounds
from gtzan_features.errors import AudioDecodeError, AudioError, AudioTooShortError, GtzanError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.config import SegmentConfig
    from gtzan_features.pipelines.recipes import Recipe

SHORTEST_S = 1.0
"""Files below this many seconds get no genre: a beat or two tell nothing."""

CLIPPED_SHARE = 0.001


@dataclass(frozen=True, slots=True)
class Heard:
    """Rows of one file as a table would keep them; the samples stay in the worker."""

    path: str
    values: npt.NDArray[Any]
    cuts: tuple[Segment, ...]
    duration_s: float
    warnings: tuple[str, ...]
    error: str = ""


def hear(path: Path, recipe: Recipe) -> Heard:
    """Decode a file and compute the rows of its segments; what is wrong with the file is told, not raised."""
    (length,) = recipe.segments
    try:
        recording = read_recording(path, recipe.sr)
        cuts = _cut(path, recording.samples.size, recipe)
        pieces = [recording.samples[cut.start : cut.stop] for cut in cuts]
        values = recipe.heard(recording.samples, cuts)
    except AudioError as error:
        return _unheard(path, _why(error))
    except GtzanError as error:  # decoded, but not to a signal that rows are defined for
        return _unheard(path, f"{path}: {error}")
    warnings = _warnings(recording, pieces, length, recipe.sr)
    return Heard(str(path), values, cuts, recording.duration_s, tuple(warnings))


def _unheard(path: Path, error: str) -> Heard:
    return Heard(str(path), np.empty((0, 0), dtype=np.float32), (), 0.0, (), error)


def _why(error: AudioError) -> str:
    if isinstance(error, AudioDecodeError):
        return f"{error.path}: cannot decode ({error.reason})"
    return f"{error.path}: {error.reason}"


def _cut(path: Path, n_samples: int, recipe: Recipe) -> tuple[Segment, ...]:
    """Cut as for the tables; a file that is too short for that is one segment, where the recipe takes it."""
    (length,) = recipe.segments
    if n_samples < SHORTEST_S * recipe.sr:
        reason = (
            f"{n_samples / recipe.sr:.2f} s long: too short to tell a genre, which needs {SHORTEST_S:g} s"
        )
        raise AudioTooShortError(path, reason)
    cuts = segment_bounds(n_samples, length, recipe.sr)
    needed_s = recipe.shortest_share * length.seconds
    if not cuts and n_samples < needed_s * recipe.sr:
        reason = (
            f"{n_samples / recipe.sr:.2f} s long: too short for this model, whose rows are spectrograms of "
            f"{length.name} and need {needed_s:g} s. "
            "Give a longer file, or a model on features or on shorter rows"
        )
        raise AudioTooShortError(path, reason)
    return cuts or (Segment(0, 0, n_samples),)


def _warnings(
    recording: Recording, pieces: list[npt.NDArray[np.float32]], length: SegmentConfig, sr: int
) -> list[str]:
    """Say what makes a prediction doubtful, a sentence each."""
    found = []
    if recording.duration_s < length.seconds and len(pieces) == 1:
        found.append(
            f"short: {recording.duration_s:.1f} s, and the model learned from {length.name} of music"
        )
    if recording.source_sr < sr:
        found.append(f"narrow: sampled at {recording.source_sr} Hz, and the model learned from {sr} Hz")
    if recording.peak_db < QUIET_DB:
        found.append(f"nearly silent: the loudest sample is {recording.peak_db:.0f} dB of full scale")
    n_silent = sum(bool(piece.min() == piece.max()) for piece in pieces)
    if n_silent:
        found.append(f"silent in {n_silent} of {len(pieces)} segments")
    if recording.clipped > CLIPPED_SHARE:
        found.append(f"clipped: {100 * recording.clipped:.1f} % of the samples stand at full scale")
    return found
