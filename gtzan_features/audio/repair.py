"""Files of the public GTZAN copies that are known to be damaged, and how each is read.

A damaged file is recognised by the hash of its bytes and by nothing else, so that no intact file is
ever changed.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.audio.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gtzan_features.audio.opened import AudioFile


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderlessTail:
    """Raw little-endian int16 samples: the end of a track whose header and first samples are lost.

    Attributes
    ----------
    sha256 : str
        Of the damaged file.
    track_id : str
        The GTZAN track that it is.
    sr : int
        Sampling rate in Hz.
    missing_samples : int
        Samples lost at the start; the rest begins at this position of the track.
    reason : str
        One sentence for the status table.
    """

    sha256: str
    track_id: str
    sr: int
    missing_samples: int
    reason: str


_JAZZ_54 = HeaderlessTail(
    sha256="eb8be6097ee1f32965fb9545cb1621b4685e4b0d44c6584cf0ab97d244ad535f",
    track_id="jazz.00054",
    sr=22_050,
    missing_samples=58_316,
    reason="header and first 58316 samples are missing; rows that need them are left out",
)

REPAIRS = {_JAZZ_54.sha256: _JAZZ_54}
"""Every repair, by the hash of the damaged file: ``jazz.00054.wav`` of the Kaggle copy."""


def repair_for(sha256: str) -> HeaderlessTail | None:
    """Return the repair for a file with this hash, or None for a file that is not known to be damaged."""
    return REPAIRS.get(sha256)


@contextlib.contextmanager
def open_repaired(file: AudioFile, repair: HeaderlessTail) -> Iterator[Stream]:
    """Open the surviving samples of a damaged file: float32 within [-1, 1)."""
    raw = np.frombuffer(file.read_at(0, file.size // 2 * 2), dtype="<i2")
    samples = raw.astype(np.float32) / np.float32(32_768)
    yield Stream(repair.sr, 1, iter([samples[:, None]]), "libsndfile", samples.size)
