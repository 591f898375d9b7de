"""A file's bytes as a hash, and samples as a file; reading is `load`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import soundfile

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
        A text that the file carries; `read_comment` gives it back.
    """
    peak = float(np.abs(samples).max(initial=0))
    scaled = samples / peak if peak > 1 else samples
    with (
        path.open("wb") as file,  # libsndfile would be given a name, which may be no UTF-8
        soundfile.SoundFile(file, "w", sr, 1, subtype="PCM_16", format="WAV") as sound,
    ):
        if comment:
            sound.comment = comment
        sound.write(scaled)


def read_comment(path: Path) -> str:
    """Return the text that a sound file carries; "" where there is no file, no sound or no text."""
    try:
        with path.open("rb") as file, soundfile.SoundFile(file) as sound:
            return str(sound.comment)
    except (OSError, soundfile.LibsndfileError):
        return ""
