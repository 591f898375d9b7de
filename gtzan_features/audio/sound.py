"""What is asked of a file's sound, and what was read of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gtzan_features.audio.repair import repair_for

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is too much.

    Attributes
    ----------
    seconds : float
        Longest recording.
    samples_per_s : float
        Samples of all channels together that a second may have on average.
    wait_s : float
        How long to wait for ffmpeg in all.
    by_header : bool
        Whether a file is refused by what its header says, before it is decoded. Else a damaged header costs
        nothing: decoding ends at the limit.
    """

    seconds: float = 86_400.0
    samples_per_s: float = float("inf")
    wait_s: float = 1800.0
    by_header: bool = False


USUAL = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What was read of a file, but for the samples.

    Attributes
    ----------
    sr : int
        Rate of the samples in Hz.
    n_samples : int
        Samples at that rate.
    first_sample : int
        Position of the first of them in the intact track: 0, but for a repaired file whose start is lost.
    sha256 : str
        Of the bytes that were decoded; empty for samples in memory.
    source_sr, source_channels : int
        As stored in the file.
    duration_s : float
        Length of what was read in seconds.
    peak_db : float
        Level of the loudest sample in dB of full scale.
    clipped : float
        Share of samples at full scale, several in a row; within [0, 1].
    decoder : {"libsndfile", "ffmpeg", ""}
        What read it; nothing where samples were in memory.
    repair : str
        What was done to a damaged file, or what of it is missing; empty for an intact one.
    improvable : bool
        Whether ffmpeg, which is not on the PATH, might read more.
    """

    sr: int
    n_samples: int
    first_sample: int
    sha256: str
    source_sr: int
    source_channels: int
    duration_s: float
    peak_db: float
    clipped: float
    decoder: str
    repair: str = ""
    improvable: bool = False

    @property
    def status(self) -> str:
        """``ok``; ``repaired`` where a known damage was undone; ``damaged`` where something is missing."""
        if not self.repair:
            return "ok"
        return "damaged" if repair_for(self.sha256) is None else "repaired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal(Sound):
    """The samples of one file.

    Attributes
    ----------
    samples : ndarray of shape (n_samples,)
        Mono float32, within [-1, 1] for integer files.
    """

    samples: Float32


class Taker(Protocol):
    """Takes the samples of a file as they come."""

    def add(self, samples: Float32) -> None:
        """Take the next samples, shape (n,)."""
