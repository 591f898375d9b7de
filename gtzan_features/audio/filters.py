"""Butterworth filters that run forwards and backwards, so that they shift nothing in time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy.signal import butter, sosfiltfilt

from gtzan_features.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]

ORDER = 8
"""Order of each filter in each of its two directions."""

_LEAST_EDGE = 3 * (ORDER + 1)  # samples; what scipy takes
_EDGE_PERIODS = 6  # of the cut-off: by then the slowest pole of order 8 has decayed by 60 dB


def low_pass(signal: Float32, sr: int, cutoff_hz: float) -> Float32:
    """Take away what is above `cutoff_hz`, where the level falls by 6 dB."""
    return _both_ways(signal, sr, cutoff_hz, "lowpass", "odd", _LEAST_EDGE)


def high_pass(signal: Float32, sr: int, cutoff_hz: float) -> Float32:
    """Take away what is below `cutoff_hz`, where the level falls by 6 dB.

    While filtering, its mirror image goes before and after the signal, for as long as a low cut-off rings.
    """
    # Mirrored in time alone: about a last sample that is not zero, an odd mirror has another mean, and the
    # step to it would ring into the signal.
    edge = math.ceil(_EDGE_PERIODS * sr / cutoff_hz)
    return _both_ways(signal, sr, cutoff_hz, "highpass", "even", edge)


def _both_ways(signal: Float32, sr: int, cutoff_hz: float, kind: str, mirror: str, edge: int) -> Float32:
    if not 0 < cutoff_hz < sr / 2:
        msg = f"{kind}: no cut-off at {cutoff_hz:g} Hz; at {sr} Hz it lies between 0 and {sr / 2:g} Hz"
        raise ConfigError(msg)
    # Second-order sections in float64: the polynomial of a low cut-off would lose its poles to rounding.
    sections = butter(ORDER, cutoff_hz, btype=kind, fs=sr, output="sos")
    filtered: Float32 = sosfiltfilt(sections, signal, padtype=mirror, padlen=min(edge, len(signal) - 1))
    return filtered
