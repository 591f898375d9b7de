"""Files of the public GTZAN copies that are known to be damaged, and how each is read.

A damaged file is recognised by the hash of its bytes and by nothing else, so that no intact file is
ever changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.errors import AudioDecodeError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt


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

    def read(self, path: Path) -> npt.NDArray[np.float32]:
        """Return the surviving samples as float32 within [-1, 1), shape (n_samples,)."""
        try:
            raw = np.fromfile(path, dtype="<i2")
        except OSError as error:
            raise AudioDecodeError(path, error.strerror or str(error)) from error
        return raw.astype(np.float32) / np.float32(32_768)


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
