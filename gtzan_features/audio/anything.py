"""Any audio file that a user has: libsndfile first, then the system's ffmpeg; and what is odd in it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.audio.decode import SUFFIXES, check_samples, decode_file, resample_samples
from gtzan_features.errors import AudioDecodeError

if TYPE_CHECKING:
    import numpy.typing as npt

SYSTEM_SUFFIXES = (".m4a", ".aac", ".mp4", ".wma", ".opus", ".webm", ".aif", ".aiff", ".ape", ".wv")
"""Endings that count as audio in a folder beside `SUFFIXES`; most of them need ffmpeg."""

ALL_SUFFIXES = (*SUFFIXES, *SYSTEM_SUFFIXES)
DECODER = "ffmpeg"
CLIP_LEVEL = 0.999  # of full scale
CLIP_RUN = 3  # samples in a row at full scale; a single one is a peak
QUIET_DB = -50.0  # dB below full scale, of the loudest sample
_DECODE_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The samples of any file, and how they are.

    Attributes
    ----------
    samples : ndarray of shape (n_samples,)
        Mono float32 at the rate that was asked for.
    source_sr, source_channels : int
        As decoded.
    duration_s : float
        Length in seconds.
    peak_db : float
        Level of the loudest sample in dB of full scale.
    clipped : float
        Share of samples that stand at full scale, `CLIP_RUN` or more in a row; within [0, 1].
    decoder : {"libsndfile", "ffmpeg"}
        What read it.
    """

    samples: npt.NDArray[np.float32]
    source_sr: int
    source_channels: int
    duration_s: float
    peak_db: float
    clipped: float
    decoder: str


def read_recording(path: Path, sr: int) -> Recording:
    """Decode any audio file, mix it down to mono and resample it to `sr`.

    Parameters
    ----------
    path : Path
        WAV, AU, FLAC, Ogg, MP3 and what else libsndfile reads; M4A and others where ffmpeg is on the PATH.
    sr : int
        Sampling rate of the result in Hz.

    Raises
    ------
    AudioDecodeError
        If nothing on this system can decode the file, or it holds values that are not finite.
    AudioTooShortError, AudioSilentError
        If the file holds no sample, or all samples are equal.
    """
    decoder = "libsndfile"
    try:
        samples, source_sr, channels = decode_file(path)
    except AudioDecodeError as error:
        samples, source_sr, channels = _decode_by_system(path, error)
        decoder = DECODER
    check_samples(path, samples)
    peak = float(np.abs(samples).max())
    clipped = clipped_share(samples)
    duration = samples.size / source_sr
    if source_sr != sr:
        samples = resample_samples(samples, source_sr, sr)
    return Recording(
        samples=samples,
        source_sr=source_sr,
        source_channels=channels,
        duration_s=duration,
        peak_db=20 * float(np.log10(peak)),
        clipped=clipped,
        decoder=decoder,
    )


def clipped_share(samples: npt.NDArray[np.float32]) -> float:
    """Share of samples at full scale in runs of `CLIP_RUN` or more, within [0, 1].

    Examples
    --------
    >>> clipped_share(np.array([0, 1, 1, 1, 0, -1, 0, 0, 0, 0], dtype=np.float32))
    0.3
    """
    full = np.concatenate([[False], np.abs(samples) >= CLIP_LEVEL, [False]])
    edges = np.flatnonzero(full[1:] != full[:-1])
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= CLIP_RUN].sum()) / samples.size


def _decode_by_system(path: Path, error: AudioDecodeError) -> tuple[npt.NDArray[np.float32], int, int]:
    """Let ffmpeg turn the file into WAV, where there is ffmpeg; else say why the file cannot be read."""
    if not path.is_file() or path.stat().st_size == 0:
        raise error
    program = shutil.which(DECODER)
    if program is None:
        if path.suffix.lower() in SYSTEM_SUFFIXES:
            reason = f"{path.suffix} needs {DECODER}, which is not on the PATH: install it or convert to FLAC"
            raise AudioDecodeError(path, reason) from error
        raise error
    with tempfile.TemporaryDirectory(prefix="gtzan-") as folder:
        wav = Path(folder) / "decoded.wav"
        # Local files only: a playlist in disguise must not make ffmpeg open anything else.
        command = [program, "-v", "error", "-nostdin", "-protocol_whitelist", "file", "-i", f"file:{path}"]
        command += ["-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "wav", str(wav)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_DECODE_TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as failed:
            raise AudioDecodeError(path, f"{DECODER} did not finish") from failed
        if done.returncode != 0 or not wav.is_file():
            raise AudioDecodeError(path, f"{error.reason}, and {DECODER} cannot either") from error
        return decode_file(wav)
