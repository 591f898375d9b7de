"""Blocks of samples from a file, by libsndfile."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from gtzan_features.audio.interrupts import ended_afterwards
from gtzan_features.audio.opened import Spliced
from gtzan_features.audio.quiet import without_mpg123
from gtzan_features.errors import AudioDecodeError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import numpy.typing as npt

    from gtzan_features.audio.containers import Layout
    from gtzan_features.audio.opened import AudioFile, Piece

    Float32 = npt.NDArray[np.float32]

LOWEST_RATE = 100
HIGHEST_RATE = 768_000
"""Sampling rates outside are taken for damage: one hertz would make months of a small file."""

MOST_CHANNELS = 128

_BLOCK = 1 << 20  # samples of all channels together: a track of 30 s in one piece
_BEYOND = 1 << 12  # frames that are asked for where none should be left
_ERRORS = (soundfile.LibsndfileError, OSError, ValueError, TypeError, MemoryError)


@dataclass(slots=True)
class Stream:
    """Samples as they come from a decoder.

    Attributes
    ----------
    sr, channels : int
        Of the samples.
    blocks : iterator of ndarray of shape (n, channels)
        float32; it ends where the decoder does.
    declared : int or None
        Samples per channel that the decoder expects; None where it does not know.
    failure : str
        Why it ended too early; empty while it did not.
    decoder : str
        Which decoder it is.
    n_faults : int
        Faults within that the decoder went on behind; known at the end.
    """

    sr: int
    channels: int
    blocks: Iterator[Float32]
    decoder: str
    declared: int | None = None
    failure: str = ""
    n_faults: int = 0


class _Sequential(soundfile.SoundFile):  # type: ignore[misc]
    """A file that is read from its beginning to its end.

    soundfile otherwise seeks to its own position after each block, which not every file survives.
    """

    def seekable(self) -> bool:
        return False


class BeyondReasonError(AudioDecodeError):
    """A file was decoded, or could be, but to nothing that is music: no other decoder need try."""


def check_shape(file: AudioFile, sr: int, channels: int) -> None:
    """Refuse rates and numbers of channels that no music has."""
    if not LOWEST_RATE <= sr <= HIGHEST_RATE:
        reason = f"its header says {sr} samples per second; {LOWEST_RATE} to {HIGHEST_RATE} are taken"
        raise BeyondReasonError(file.path, reason)
    if not 1 <= channels <= MOST_CHANNELS:
        reason = f"its header says {channels} channels; 1 to {MOST_CHANNELS} are taken"
        raise BeyondReasonError(file.path, reason)


@contextlib.contextmanager
def open_stream(
    file: AudioFile, layout: Layout, parts: tuple[tuple[Piece, ...], ...] = ()
) -> Iterator[Stream]:
    """Open a file, or parts of it one after the other, with libsndfile.

    Raises
    ------
    AudioDecodeError
        If libsndfile cannot open it, or its rate or channels are beyond reason.
    """
    loud = _is_loud(layout)
    sources: list[int | Spliced] = [Spliced(file, part) for part in parts]
    if not sources:
        os.lseek(file.fd, 0, os.SEEK_SET)
        sources = [file.fd]
    first = _open(file, sources[0], loud)
    try:
        check_shape(file, first.samplerate, first.channels)
    except AudioDecodeError:
        first.close()
        raise
    # An unknown length is given as the largest number there is.
    layout = layout.at(first.samplerate)
    present = layout.present
    if layout.parts and not parts and present is not None and first.frames < present - layout.tolerance:
        first.close()
        raise AudioDecodeError(file.path, "libsndfile takes it for shorter than it is")
    declared = first.frames if len(sources) == 1 and first.frames < 1 << 62 else None
    stream = Stream(first.samplerate, first.channels, iter(()), "libsndfile", declared)
    with contextlib.closing(_blocks(file, stream, first, sources[1:], layout)) as blocks:
        stream.blocks = blocks
        yield stream


def _is_loud(layout: Layout) -> bool:
    """Whether libmpg123 may have remarks: MPEG also lies in WAV and others, then of unknown length."""
    return layout.kind in ("mpeg", "") or (layout.kind == "plain" and layout.present is None)


@contextlib.contextmanager
def _undisturbed(source: object, loud: bool) -> Iterator[None]:
    """Keep remarks from standard error, and signals from what libsndfile calls back."""
    with (
        ended_afterwards() if isinstance(source, Spliced) else contextlib.nullcontext(),
        without_mpg123() if loud else contextlib.nullcontext(),
    ):
        yield


def _open(file: AudioFile, source: int | Spliced, loud: bool) -> _Sequential:
    try:
        with _undisturbed(source, loud):
            return _Sequential(source, closefd=False)
    # A damaged header can promise more than memory holds, or a rate of nothing.
    except _ERRORS as error:
        raise AudioDecodeError(file.path, _reason(error)) from error


def _blocks(
    file: AudioFile, stream: Stream, first: _Sequential, others: list[int | Spliced], layout: Layout
) -> Generator[Float32]:
    is_plain, loud = layout.kind == "plain" and layout.present is not None, _is_loud(layout)
    sound: _Sequential | None = first
    n_frames = max(1, _BLOCK // stream.channels)
    for number in range(1 + len(others)):
        try:
            sound = first if number == 0 else _open(file, others[number - 1], loud)
        except AudioDecodeError as error:
            stream.failure = error.reason
            return
        with sound:
            if (sound.samplerate, sound.channels) != (stream.sr, stream.channels):
                stream.failure = "its rate or channels change"
                return
            left = sound.frames
            while not stream.failure:
                # No larger than what is left: filling memory that stays empty would take as long as decoding.
                n_here = min(n_frames, left) if left > 0 else min(n_frames, _BEYOND)
                block = _read(sound, n_here, stream, loud, is_plain)
                if not len(block):
                    break
                left -= len(block)
                yield block


def _read(sound: _Sequential, n_frames: int, stream: Stream, loud: bool, is_plain: bool) -> Float32:
    """Read a block; where the decoder fails in it, the samples before the fault."""
    # Marked, so that what a decoder wrote before it failed is known. Plain samples only a disk can fail.
    block = np.empty((n_frames, stream.channels), dtype=np.float32)
    if not is_plain:
        block.fill(np.nan)
    try:
        with _undisturbed(sound.name, loud):
            found: Float32 = sound.read(n_frames, dtype="float32", always_2d=True, out=block)
    except _ERRORS as error:
        stream.failure = _reason(error)
        if is_plain:
            return block[:0]
        # A decoder of compressed sound never writes what is not a number: that is where it stopped.
        untouched = np.isnan(block).all(axis=1)
        return block[: int(np.argmax(untouched))] if untouched.any() else block
    return found


def _reason(error: Exception) -> str:
    """Say what is wrong in fewer words than the decoder's own, which repeat the path."""
    if isinstance(error, MemoryError):
        return "its header promises more than memory holds"
    text = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    if str(text).startswith("File does not exist"):  # the file is open: its beginning is of no kind
        text = "Format not recognised"
    return str(text).strip().rstrip(".").removeprefix("Error : ")
