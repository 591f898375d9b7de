"""Files of strangers: how long they are is known before they are decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import soundfile

from gtzan_features.audio.decode import decode_file
from gtzan_features.errors import AudioDecodeError, AudioError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

MAX_RATE = 192_000
"""Samples of all channels together that a second may have on average, in Hz: stereo at 96 kHz."""

_FORMATS = "WAV, AU, FLAC, Ogg or MP3"


def read_bounded(path: Path, max_s: float) -> tuple[npt.NDArray[np.float32], int]:
    """Decode a file, unless its header tells that it is longer than `max_s`.

    A small FLAC or MP3 file can hold hours; it is refused without being decoded. Only libsndfile reads
    it: no other program is given a stranger's file.

    Parameters
    ----------
    path : Path
        WAV, AU, FLAC, Ogg, MP3 and what else libsndfile reads.
    max_s : float
        Longest duration in seconds; `MAX_RATE` times that is the largest number of samples.

    Returns
    -------
    samples : ndarray of shape (n_samples,)
        Mono float32 at the file's own rate.
    sr : int
        That rate in Hz.

    Raises
    ------
    AudioDecodeError
        If libsndfile cannot read the file.
    AudioError
        If it is too long, or holds too many samples.
    """
    if path.stat().st_size == 0:
        raise AudioDecodeError(path, "the file is empty")
    try:
        header = soundfile.info(path)
    except (soundfile.LibsndfileError, OSError, ValueError, TypeError) as error:
        raise AudioDecodeError(path, f"no audio that can be read here. Give {_FORMATS}") from error
    seconds = header.frames / header.samplerate if header.samplerate > 0 else float("inf")
    if seconds > max_s:
        raise AudioError(path, f"{seconds:.0f} s long, and at most {max_s:g} s are taken. Cut a part out")
    if header.frames * header.channels > max_s * MAX_RATE:
        raise AudioError(path, "holds too many samples. Convert it to 44100 Hz and two channels or fewer")
    samples, sr, _ = decode_file(path)
    return samples, sr


def write_exact(path: Path, samples: npt.NDArray[np.float32], sr: int) -> None:
    """Write mono samples as WAV in float32, so that reading gives the same numbers."""
    soundfile.write(path, samples, sr, subtype="FLOAT", format="WAV")
