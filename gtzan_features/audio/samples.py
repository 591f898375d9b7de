"""A recording that is in memory: samples and their rate, read as a file with the same samples would be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.audio.stream import HIGHEST_RATE, LOWEST_RATE, MOST_CHANNELS, Stream
from gtzan_features.errors import ConfigError, SignalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]

_BLOCK = 1 << 20  # frames
_SHAPES = "give (n,), (channels, n) as librosa does, or (n, channels) as soundfile does"
_FULL_SCALE = {"i2": 1 << 15, "i4": 1 << 31, "u1": 1 << 7}


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Samples with their rate.

    Parameters
    ----------
    values : array_like of shape (n,), (channels, n) or (n, channels)
        The shorter of two axes holds the channels, of which there are at most 128; of a square array it is
        the first. Floats have full scale at 1. Whole numbers are those of a WAV file: int16, int32 or
        uint8, and are divided by their full scale.
    sr : int
        Their rate in Hz.
    name : str
        What messages call them.

    Raises
    ------
    SignalError
        If the shape or the type is none of these.
    ConfigError
        If the rate is no whole number from 100 to 768000.

    Examples
    --------
    >>> stereo = Samples([[0.0, 0.5, 0.0], [0.0, 0.25, 0.0]], 44_100)
    >>> stereo.n_samples, stereo.channels
    (3, 2)
    """

    values: Any
    sr: int
    name: str = "samples"

    def __post_init__(self) -> None:
        values = np.asarray(self.values)
        if values.ndim not in (1, 2):
            msg = f"samples of shape {values.shape}: {_SHAPES}"
            raise SignalError(msg)
        frames = values[:, None] if values.ndim == 1 else values
        if values.ndim == 2 and values.shape[0] <= values.shape[1]:
            frames = values.T
        if frames.shape[1] > MOST_CHANNELS:
            msg = f"samples of shape {values.shape}: more than {MOST_CHANNELS} channels; {_SHAPES}"
            raise SignalError(msg)
        if frames.dtype.kind != "f" and frames.dtype.str[1:] not in _FULL_SCALE:
            msg = (
                f"samples of type {frames.dtype}: give floats with full scale at 1, or int16, int32 or uint8"
            )
            raise SignalError(msg)
        object.__setattr__(self, "values", frames)
        object.__setattr__(self, "sr", checked_rate(self.sr))

    @property
    def n_samples(self) -> int:
        """Samples of each channel."""
        return int(self.values.shape[0])

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.values.shape[1])

    @property
    def path(self) -> Path:
        """The name, where errors of files have a path."""
        return Path(self.name)

    @property
    def sha256(self) -> str:
        """Nothing: the hash of a file is that of its bytes."""
        return ""

    def stream(self) -> Stream:
        """Return the samples as a decoder would give them."""
        return Stream(self.sr, self.channels, self._blocks(), "", self.n_samples)

    def _blocks(self) -> Iterator[Float32]:
        dtype: np.dtype[Any] = self.values.dtype
        scale = _FULL_SCALE.get(dtype.str[1:])
        for start in range(0, self.n_samples, _BLOCK):
            block = self.values[start : start + _BLOCK]
            if scale is not None:  # in double precision: int32 has more digits than float32
                block = (block - np.float64(scale if dtype.kind == "u" else 0)) / scale
            with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as that
                yield np.ascontiguousarray(block, dtype=np.float32)


def checked_rate(sr: Any) -> int:  # noqa: ANN401 - whatever a user gives
    """Return a sampling rate in Hz as a whole number.

    Raises
    ------
    ConfigError
        If it is none from 100 to 768000.

    Examples
    --------
    >>> checked_rate(44_100.0)
    44100
    """
    try:
        rate = int(sr)
        is_whole = rate == sr and not isinstance(sr, (bool, str))
    except (TypeError, ValueError, OverflowError):
        is_whole = False
    if not is_whole or not LOWEST_RATE <= rate <= HIGHEST_RATE:
        bounds = f"from {LOWEST_RATE} to {HIGHEST_RATE}"
        msg = f"sr={sr!r}: give the rate of the samples in Hz, a whole number {bounds}"
        raise ConfigError(msg)
    return rate
