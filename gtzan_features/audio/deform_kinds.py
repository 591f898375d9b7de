"""What each kind of deformation does to samples; `deform` says by which amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.audio.augment import with_noise
from gtzan_features.audio.codecs import through_mp3, through_vorbis
from gtzan_features.audio.filters import high_pass, low_pass
from gtzan_features.audio.resample import resample_samples
from gtzan_features.audio.room import in_room

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]


def deform_samples(kind: str, signal: Float32, sr: int, amount: float, rng: np.random.Generator) -> Float32:
    """Return a copy of a signal, deformed by an amount, whose unit depends on the kind."""
    if kind == "noise":
        return with_noise(signal, amount, rng)
    return np.ascontiguousarray(_FUNCTIONS[kind](signal, sr, amount), dtype=np.float32)


def _gain(signal: Float32, sr: int, amount: float) -> Float32:  # noqa: ARG001
    return signal * np.float32(10 ** (amount / 20))


def _speed(signal: Float32, sr: int, amount: float) -> Float32:  # noqa: ARG001
    # Only the ratio of the rates counts: samples taken at 103 per second are written at 100.
    return resample_samples(signal, round(100 * amount), 100)


def _clip(signal: Float32, sr: int, amount: float) -> Float32:  # noqa: ARG001
    level = np.quantile(np.abs(signal), 1 - amount)
    clipped: Float32 = np.clip(signal, -level, level)
    return clipped


def _resample(signal: Float32, sr: int, amount: float) -> Float32:
    other = round(amount)
    # Both ways round the number of samples up.
    return resample_samples(resample_samples(signal, sr, other), other, sr)[: len(signal)]


_FUNCTIONS: dict[str, Callable[[Float32, int, float], Float32]] = {
    "mp3": through_mp3,
    "ogg": through_vorbis,
    "gain": _gain,
    "low-pass": low_pass,
    "high-pass": high_pass,
    "speed": _speed,
    "clip": _clip,
    "resample": _resample,
    "room": in_room,
}
