"""From a file, or from samples in memory, to mono float32 samples: the one way in which audio is read.

A file is opened once (`opened`), its bytes are examined for how much sound they hold (`containers`), and
libsndfile decodes it block by block (`stream`). Where that fails or ends early it is given the parts of the
file that hold sound, and then the system's ffmpeg has its turn (`system`). What is longest is kept, and what
is missing of what the file promises is said. Memory does not grow with the length unless the samples are
kept.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from gtzan_features import stall
from gtzan_features.audio.containers import Layout, examine
from gtzan_features.audio.levels import Levels
from gtzan_features.audio.opened import AudioFile
from gtzan_features.audio.repair import open_repaired, repair_for
from gtzan_features.audio.resample import Resampler
from gtzan_features.audio.samples import Samples
from gtzan_features.audio.sound import USUAL, Limits, Signal, Sound, Taker
from gtzan_features.audio.stream import BeyondReasonError, Stream, open_stream
from gtzan_features.audio.system import DECODER, find_decoder, open_system_stream
from gtzan_features.errors import (
    AudioDecodeError,
    AudioError,
    AudioSilentError,
    AudioTooLongError,
    AudioTooShortError,
    SignalError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import numpy.typing as npt

    from gtzan_features.audio.repair import HeaderlessTail

    Float32 = npt.NDArray[np.float32]

Source = Path | AudioFile | Samples
"""What audio is read from."""

VERSION = 2
"""Raised when a file that could be read before gives other samples."""

LOUDEST = 1e6
"""Largest sample that is music where full scale is 1; the power of much larger ones has no number."""

_TRIES = 3
_SYSTEM_TOLERANCE_S = 0.2  # ffmpeg's durations count the padding of the encoder, or not
_T = TypeVar("_T")
_Taker = TypeVar("_Taker", bound=Taker)


class _Whole:
    """Keeps all samples."""

    def __init__(self, first_sample: int) -> None:  # noqa: ARG002 - as every taker is made
        self.blocks: list[Float32] = []

    def add(self, samples: Float32) -> None:
        self.blocks.append(samples)


def load(source: Source, sr: int | None, *, seconds: float | None = None, limits: Limits = USUAL) -> Signal:
    """Decode a file, or take samples; mix them down to mono and resample to `sr`.

    Channels are averaged; the resampler is soxr at its high quality, as in ``librosa.load``, which
    gives the same samples.

    Parameters
    ----------
    source : Path, AudioFile or Samples
        Any file that libsndfile or ffmpeg reads; what it is is found by its content. An open file is read
        as it is; a path is opened, and again where its bytes change meanwhile. Samples in memory are treated
        as those of a file.
    sr : int or None
        Sampling rate of the result in Hz; None for the file's own.
    seconds : float, optional
        Only so much of the beginning; what the rest holds is not looked at.
    limits : Limits
        What is too much.

    Returns
    -------
    Signal

    Raises
    ------
    AudioDecodeError
        If the file cannot be opened, nothing on this system decodes it, or it holds values that are not
        finite or beyond reason.
    SignalError
        If samples in memory hold such values.
    AudioTooShortError
        If there is no sample.
    AudioSilentError
        If all samples are equal.
    AudioError
        If it is longer than the limits.
    """
    sound, whole = load_into(source, sr, _Whole, seconds=seconds, limits=limits)
    samples = whole.blocks[0] if len(whole.blocks) == 1 else np.concatenate(whole.blocks)
    facts = {field.name: getattr(sound, field.name) for field in fields(Sound)}
    return Signal(samples=np.ascontiguousarray(samples[: sound.n_samples], dtype=np.float32), **facts)


def load_into(
    source: Source,
    sr: int | None,
    make: Callable[[int], _Taker],
    *,
    seconds: float | None = None,
    limits: Limits = USUAL,
) -> tuple[Sound, _Taker]:
    """Read a source as `load` does, and hand on its samples block by block instead of keeping them.

    Parameters
    ----------
    make : callable
        ``make(first_sample)`` gives what takes the samples, for each attempt at reading a new one.

    Returns
    -------
    Sound
        What was read.
    object
        The one of `make` that took it.
    """
    if isinstance(source, Samples):
        return _from_memory(source, make, sr, seconds, limits)
    if not isinstance(source, AudioFile):
        return with_file(source, lambda file: load_into(file, sr, make, seconds=seconds, limits=limits))
    repair = repair_for(source.sha256)
    job = _Job(source, examine(source) if repair is None else Layout(), sr, seconds, limits)
    taken, taker = _read_longest(job, source, make, repair)
    job.check(taken.levels)
    return job.sound(taken, repair), taker


def with_file(path: Path, work: Callable[[AudioFile], _T]) -> _T:
    """Open a file and do some work on it; again where its bytes changed meanwhile.

    Raises
    ------
    AudioDecodeError
        If the file cannot be opened, or changes again and again.
    """
    for _ in range(_TRIES):
        with AudioFile(path) as file, stall.watched():
            try:
                result = work(file)
            except AudioError:
                if file.is_unchanged():
                    raise
            else:
                if file.is_unchanged():
                    return result
    raise AudioDecodeError(path, "its bytes change while they are read")


def _from_memory(
    source: Samples, make: Callable[[int], _Taker], sr: int | None, seconds: float | None, limits: Limits
) -> tuple[Sound, _Taker]:
    job, taker = _Job(source, Layout(), sr, seconds, limits), make(0)
    try:
        taken = job.take(source.stream(), taker)
    except BeyondReasonError as error:
        msg = f"the signal {error.reason}"
        raise SignalError(msg) from None
    job.check(taken.levels)
    return job.sound(taken, None), taker


@dataclass(slots=True)
class _Taken:
    """One attempt at reading a file: what came, and what should have come."""

    stream: Stream
    levels: Levels
    n_out: int
    is_enough: bool  # no more was asked for

    @property
    def n_here(self) -> int:
        return self.levels.n_samples


@dataclass(frozen=True, slots=True)
class _Job:
    """What is asked for."""

    file: AudioFile | Samples
    layout: Layout
    sr: int | None
    seconds: float | None
    limits: Limits

    def take(self, stream: Stream, taker: Taker) -> _Taken:
        """Run a stream through to its end."""
        self.check_length(stream)
        sr = self.sr or stream.sr
        wanted = float("inf") if self.seconds is None else round(self.seconds * sr)
        resampler, levels, n_out = Resampler(stream.sr, sr), Levels(), 0
        for mono in self._mixed(stream):
            stall.going_on()
            levels.add(mono)
            block = resampler.add(mono)
            taker.add(block[: int(min(block.size, wanted - n_out))])
            n_out += block.size
            if n_out >= wanted:
                return _Taken(stream, levels, int(wanted), is_enough=True)
            self.check_size(stream, levels.n_samples)
        rest = resampler.end()
        n_kept = int(min(rest.size, wanted - n_out))
        if n_kept:  # nothing more would make a copy of all
            taker.add(rest[:n_kept])
        return _Taken(stream, levels, n_out + n_kept, is_enough=False)

    def _mixed(self, stream: Stream) -> Iterator[Float32]:
        for block in stream.blocks:
            with np.errstate(invalid="ignore"):  # comparing some values that are no numbers
                largest = max(float(block.max(initial=0)), -float(block.min(initial=0)))
            if not np.isfinite(largest):
                raise BeyondReasonError(self.file.path, "holds values that are not finite")
            if largest > LOUDEST:
                reason = f"holds values of up to {largest:.0e} times full scale"
                raise BeyondReasonError(self.file.path, reason)
            yield _mono(block)

    def check_length(self, stream: Stream) -> None:
        """Refuse what is said to be too long, before it is decoded."""
        present = self.layout.at(stream.sr).present
        n_said = present if present is not None else stream.declared
        if n_said is not None and self.limits.by_header:
            self.check_size(stream, n_said, f"{n_said / stream.sr:.0f} s long")

    def check_size(self, stream: Stream, n_samples: int, length: str = "longer than it may be") -> None:
        """Refuse more samples than the limits allow."""
        if n_samples / stream.sr > self.limits.seconds:
            most = f"at most {self.limits.seconds:g} s are taken"
            raise AudioTooLongError(self.file.path, f"{length}, and {most}. Cut a part out")
        if n_samples * stream.channels > self.limits.seconds * self.limits.samples_per_s:
            reason = "holds too many samples. Convert it to 44100 Hz and two channels or fewer"
            raise AudioTooLongError(self.file.path, reason)

    def expected(self, taken: _Taken) -> tuple[int | None, int]:
        """Return how many samples should have come by this attempt, and by how many that may be wrong."""
        layout = self.layout.at(taken.stream.sr)
        if layout.present is not None:
            return layout.present, layout.tolerance
        system = taken.stream.decoder == DECODER
        return taken.stream.declared, round(_SYSTEM_TOLERANCE_S * taken.stream.sr) if system else 0

    def is_whole(self, taken: _Taken) -> bool:
        """Whether all came that the bytes of the file hold."""
        if taken.is_enough:
            return True
        n, tolerance = self.expected(taken)
        if n is None:
            return taken.n_here > 0 and not taken.stream.failure
        return taken.n_here >= n - (0 if taken.stream.failure else tolerance)

    def check(self, levels: Levels) -> None:
        """Refuse samples that no feature can be computed of: none, or all equal."""
        if not levels.n_samples:
            raise AudioTooShortError(self.file.path, "holds no sample")
        if levels.low == levels.high:
            raise AudioSilentError(self.file.path, f"every sample is {levels.low:g}")

    def sound(self, taken: _Taken, repair: HeaderlessTail | None) -> Sound:
        """Say what was read."""
        sr, source_sr = self.sr or taken.stream.sr, taken.stream.sr
        first = round(repair.missing_samples * sr / source_sr) if repair else 0
        note = repair.reason if repair else self._missing(taken)
        improvable = not repair and not self.is_whole(taken) and find_decoder() is None
        if improvable:
            note += f". {DECODER}, which may read more, is not on the PATH"
        return Sound(
            sr=sr,
            n_samples=taken.n_out,
            first_sample=first,
            sha256=self.file.sha256,
            source_sr=source_sr,
            source_channels=taken.stream.channels,
            duration_s=taken.n_here / source_sr,
            peak_db=taken.levels.peak_db,
            clipped=taken.levels.clipped,
            decoder=taken.stream.decoder,
            repair=note,
            improvable=improvable,
        )

    def _missing(self, taken: _Taken) -> str:
        """Say what of the file could not be read; nothing where all could."""
        if taken.is_enough:
            return ""
        n, tolerance = self.expected(taken)
        promised = self.layout.at(taken.stream.sr).promised
        promised = promised if promised is not None else n
        here_s = taken.n_here / taken.stream.sr
        if promised is not None and taken.n_here < promised - tolerance:
            promised_s = promised / taken.stream.sr
            digits = 1 if promised_s - here_s >= 0.1 else 4
            share = f"{here_s:.{digits}f} of about {promised_s:.{digits}f} s"
            return f"{share} could be read: the rest is damaged or missing"
        if not self.is_whole(taken):
            return f"{here_s:.1f} s could be read, then its decoder stopped ({taken.stream.failure})"
        if taken.stream.n_faults:
            return f"{here_s:.1f} s could be read, with faults in them"
        return f"{here_s:.1f} s could be read: its end is missing" if self.layout.cut else ""


def _mono(block: Float32) -> Float32:
    """Return the mean of the channels, as ``block.mean(axis=1)`` gives it to the bit."""
    if block.shape[1] == 2:  # numpy takes forty times as long for rows of two, nearly as long as decoding
        mono: Float32 = block[:, 0] + block[:, 1]
        mono += np.float32(0)  # its sum begins with 0, which makes 0 of -0
        mono *= np.float32(0.5)
        return mono
    mean = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)
    return np.ascontiguousarray(mean, dtype=np.float32)


def _read_longest(
    job: _Job, file: AudioFile, make: Callable[[int], _Taker], repair: HeaderlessTail | None
) -> tuple[_Taken, _Taker]:
    """Read a file in one way after the other until all of it came; else keep the longest."""
    best: tuple[_Taken, _Taker] | None = None
    errors: list[AudioDecodeError] = []
    for attempt in _attempts(job, file, repair):
        taker = make(repair.missing_samples if repair else 0)
        try:
            with attempt as stream:
                taken = job.take(stream, taker)
        except BeyondReasonError:
            raise
        except AudioDecodeError as error:
            errors.append(error)
            continue
        if job.is_whole(taken):
            return taken, taker
        if best is None or taken.n_here / taken.stream.sr > best[0].n_here / best[0].stream.sr:
            best = taken, taker
    if best is None:
        raise _unreadable(file, errors)
    return best


def _attempts(
    job: _Job, file: AudioFile, repair: HeaderlessTail | None
) -> Iterator[AbstractContextManager[Stream]]:
    if repair is not None:
        yield open_repaired(file, repair)
        return
    if not job.layout.parts_only:
        yield open_stream(file, job.layout)
    if job.layout.parts:
        yield open_stream(file, job.layout, job.layout.parts)
    yield open_system_stream(file, job.limits.seconds + 1, job.limits.wait_s)


def _unreadable(file: AudioFile, errors: list[AudioDecodeError]) -> AudioDecodeError:
    first, last = errors[0].reason, errors[-1].reason
    if find_decoder() is None:
        return AudioDecodeError(file.path, f"{first}. {DECODER}, which reads more kinds, is not on the PATH")
    reason = f"{first}, and {DECODER} cannot either"
    usual = last.startswith("Invalid data found")  # which says no more than the words before
    return AudioDecodeError(file.path, reason if usual else f"{reason}: {last}")
