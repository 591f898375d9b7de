"""What a person calls audio, as recordings: paths, folders, samples with their rate, and lists of these."""

from __future__ import annotations

import os
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from gtzan_features.api.given import place
from gtzan_features.audio.samples import Samples
from gtzan_features.datasets.listing import list_recordings
from gtzan_features.errors import AudioError, ConfigError
from gtzan_features.extraction.recordings import Recording
from gtzan_features.progress import Notice, mute
from gtzan_features.storage import is_folder, is_remote
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_KINDS = "a path, samples with sr=, (samples, sr), or a list of these"


def recordings_of(audio: Any, sr: int | None = None, notice: Notice = mute) -> tuple[list[Recording], bool]:  # noqa: ANN401 - what a person has
    """Return the recordings that are meant, and whether it is a single one.

    Parameters
    ----------
    audio : path, ndarray, (samples, sr), or iterable of these
        A folder stands for the audio files in it and below, sorted.
    sr : int, optional
        Rate in Hz of samples that bring none.
    notice : callable
        Told in a line what was passed over in a folder.

    Raises
    ------
    ConfigError
        If it is nothing of the kind, or samples have no rate.
    SignalError
        If samples are of another shape or type.
    AudioError
        If a folder holds no audio file, or a single file is not there.
    """
    if hasattr(audio, "__array__"):  # a Series, or a tensor of some other library
        audio = np.asarray(audio)
    if _is_path(audio) and is_folder(place(audio)):
        return [_of_path(path) for path in list_recordings(place(audio), notice)], False
    if _is_path(audio) or _is_samples(audio) or _is_pair(audio):
        if _is_path(audio) and not is_remote(place(audio)) and not place(audio).exists():
            raise AudioError(place(audio), "no such file")
        found = [_recording(audio, sr, "samples")]
        single = True
    else:
        found = [_recording(one, sr, f"samples {number}") for number, one in enumerate(_items(audio))]
        single = False
    if sr is not None and not any(isinstance(one.source, Samples) for one in found):
        msg = f"sr={sr} goes with samples; a file says its own rate. Leave sr= out"
        raise ConfigError(msg)
    return found, single


def _recording(audio: Any, sr: int | None, name: str) -> Recording:  # noqa: ANN401
    if _is_path(audio):
        return _of_path(place(audio))
    if _is_pair(audio):
        values, rate = audio
        return Recording(name, Samples(values, rate, name))
    if hasattr(audio, "__array__"):
        audio = np.asarray(audio)
    if not _is_samples(audio):
        msg = f"{name}: a {type(audio).__name__} is no recording: give {_KINDS}"
        raise ConfigError(msg)
    if sr is None:
        msg = f"{name}: samples without their rate. Give it in Hz: sr=44100, for example"
        raise ConfigError(msg)
    return Recording(name, Samples(audio, sr, name))


def _of_path(path: Path) -> Recording:
    return Recording(printable(str(path)), path)


def _items(audio: Any) -> Iterable[Any]:  # noqa: ANN401
    if isinstance(audio, bytes) or not hasattr(audio, "__iter__"):
        msg = f"a {type(audio).__name__} is no recording: give {_KINDS}"
        raise ConfigError(msg)
    items: Iterable[Any] = audio
    return items


def _is_path(audio: Any) -> TypeGuard[str | os.PathLike[str]]:  # noqa: ANN401
    return isinstance(audio, str | os.PathLike) or is_remote(audio)


def _is_samples(audio: Any) -> bool:  # noqa: ANN401
    """Whether it is an array of numbers, or a list of them; not one of paths."""
    if isinstance(audio, np.ndarray):
        return audio.dtype.kind not in "OUST"
    return isinstance(audio, list) and bool(audio) and isinstance(audio[0], Real)


def _is_pair(audio: Any) -> bool:  # noqa: ANN401
    """Whether it is samples with their rate, and not a tuple of two recordings."""
    if not isinstance(audio, tuple) or len(audio) != 2:
        return False
    values, rate = audio
    return isinstance(rate, Real | np.number) and not _is_path(values)
