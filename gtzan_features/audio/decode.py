"""From a file to mono float32 samples; every decoder error becomes one of ours."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import soxr

from gtzan_features.audio.repair import repair_for
from gtzan_features.errors import AudioDecodeError, AudioSilentError, AudioTooShortError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

SUFFIXES = (".wav", ".au", ".flac", ".ogg", ".mp3")
"""Endings of the files that a catalogue takes for audio, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """The samples of one file.

    Attributes
    ----------
    samples : ndarray of shape (n_samples,)
        Mono float32 at the sampling rate that was asked for, within [-1, 1] for integer files.
    first_sample : int
        Position of ``samples[0]`` in the intact track: 0, but for a repaired file whose start is lost.
    sha256 : str
        Of the bytes of the file.
    source_sr, source_channels : int
        As stored in the file.
    repair : str
        What was done to a damaged file; empty for an intact one.
    """

    samples: npt.NDArray[np.float32]
    first_sample: int
    sha256: str
    source_sr: int
    source_channels: int
    repair: str = ""


def content_hash(path: Path) -> str:
    """SHA-256 of the bytes of a file, as 64 hexadecimal digits.

    Raises
    ------
    AudioDecodeError
        If the file cannot be opened.
    """
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise AudioDecodeError(path, error.strerror or str(error)) from error


def read_signal(path: Path, sr: int, sha256: str | None = None) -> Signal:
    """Decode a file, mix it down to mono and resample it to `sr`.

    Channels are averaged; the resampler is soxr at its high quality, as in ``librosa.load``, which
    gives the same samples.

    Parameters
    ----------
    path : Path
        Any format that libsndfile reads: WAV, AU, FLAC, Ogg Vorbis, MP3.
    sr : int
        Sampling rate of the result in Hz.
    sha256 : str, optional
        Hash of the file where the caller has it already.

    Returns
    -------
    Signal

    Raises
    ------
    AudioDecodeError
        If the file cannot be opened or decoded, or holds values that are not finite.
    AudioTooShortError
        If the file holds no sample.
    AudioSilentError
        If all samples are equal.
    """
    digest = sha256 or content_hash(path)
    repair = repair_for(digest)
    if repair is not None:
        samples, source_sr, channels = repair.read(path), repair.sr, 1
    else:
        samples, source_sr, channels = decode_file(path)
    check_samples(path, samples)
    first = repair.missing_samples if repair else 0
    if source_sr != sr:
        samples = resample_samples(samples, source_sr, sr)
        first = round(first * sr / source_sr)
    return Signal(
        samples=samples,
        first_sample=first,
        sha256=digest,
        source_sr=source_sr,
        source_channels=channels,
        repair=repair.reason if repair else "",
    )


def write_wav(path: Path, samples: npt.NDArray[np.float32], sr: int) -> None:
    """Write mono samples as WAV of 16 bits, scaled down where they exceed full scale.

    Parameters
    ----------
    path : Path
        The file; its suffix does not matter.
    samples : ndarray of shape (n_samples,)
        Full scale 1.
    sr : int
        Sampling rate in Hz.
    """
    peak = float(np.abs(samples).max(initial=0))
    scaled = samples / peak if peak > 1 else samples
    soundfile.write(path, scaled, sr, subtype="PCM_16", format="WAV")


def decode_file(path: Path) -> tuple[npt.NDArray[np.float32], int, int]:
    """Decode a file and average its channels.

    Returns
    -------
    samples : ndarray of shape (n_samples,)
        Mono float32 at the file's own rate.
    source_sr, source_channels : int
        As stored in the file.

    Raises
    ------
    AudioDecodeError
        If libsndfile cannot read the file.
    """
    try:
        frames, source_sr = soundfile.read(path, dtype="float32", always_2d=True)
    # A damaged header can promise more samples than memory holds, or a rate of nothing.
    except (soundfile.LibsndfileError, OSError, ValueError, MemoryError) as error:
        raise AudioDecodeError(path, _reason(path, error)) from error
    channels = frames.shape[1]
    samples = frames[:, 0] if channels == 1 else frames.mean(axis=1)
    return np.ascontiguousarray(samples, dtype=np.float32), int(source_sr), channels


def _reason(path: Path, error: Exception) -> str:
    """Say what is wrong in fewer words than the decoder's own, which repeat the path."""
    try:
        if path.stat().st_size == 0:
            return "the file is empty"
    except OSError as stat_error:
        return stat_error.strerror or "cannot be opened"
    text = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    return str(text).strip().rstrip(".")


def check_samples(path: Path, samples: npt.NDArray[np.float32]) -> None:
    """Refuse samples that no feature can be computed of: none, infinite ones, or all equal."""
    if samples.size == 0:
        raise AudioTooShortError(path, "holds no sample")
    low, high = float(samples.min()), float(samples.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise AudioDecodeError(path, "holds values that are not finite")
    if low == high:
        raise AudioSilentError(path, f"every sample is {low:g}")


def resample_samples(samples: npt.NDArray[np.float32], source_sr: int, sr: int) -> npt.NDArray[np.float32]:
    """Resample as ``librosa.load`` does, to the last bit, without importing librosa."""
    resampled = soxr.resample(samples, source_sr, sr, quality="soxr_hq")
    n_samples = math.ceil(samples.size * (float(sr) / source_sr))
    result = np.zeros(n_samples, dtype=np.float32)
    result[: resampled.size] = resampled[:n_samples]
    return result
