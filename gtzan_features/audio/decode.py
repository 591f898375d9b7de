"""A file's bytes as a hash, and samples as a file; reading is `load`."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from gtzan_features.audio.interrupts import ended_afterwards
from gtzan_features.errors import AudioDecodeError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt


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


def write_wav(path: Path, samples: npt.NDArray[np.float32], sr: int, comment: str = "") -> None:
    """Write mono samples as WAV of 16 bits, scaled down where they exceed full scale.

    Parameters
    ----------
    path : Path
        The file; its suffix does not matter.
    samples : ndarray of shape (n_samples,)
        Full scale 1.
    sr : int
        Sampling rate in Hz.
    comment : str
        A text that the file carries, with digits of the samples; `read_comment` gives it back.
    """
    peak = float(np.abs(samples).max(initial=0))
    scaled = samples / peak if peak > 1 else samples
    raw = io.BytesIO()
    with ended_afterwards():
        soundfile.write(raw, scaled, sr, subtype="PCM_16", endian="LITTLE", format="RAW")
    numbers = np.frombuffer(raw.getvalue(), dtype="<i2")
    with (
        ended_afterwards(),
        path.open("wb") as file,  # libsndfile would be given a name, which may be no UTF-8
        soundfile.SoundFile(file, "w", sr, 1, subtype="PCM_16", format="WAV") as sound,
    ):
        if comment:
            sound.comment = f"{comment} {_digits(numbers)}"
        sound.write(numbers)


def read_comment(path: Path) -> str:
    """Return the text that a sound file was written with.

    It is "" where there is no file, no sound or no text, and where the samples are not those of then.
    """
    try:
        with ended_afterwards(), path.open("rb") as file, soundfile.SoundFile(file) as sound:
            comment, _, digits = str(sound.comment).rpartition(" ")
            return comment if _digits(sound.read(dtype="int16")) == digits else ""
    except (OSError, soundfile.LibsndfileError):
        return ""


def _digits(numbers: npt.NDArray[np.int16]) -> str:
    return hashlib.sha256(numbers.astype("<i2").tobytes()).hexdigest()[:12]
