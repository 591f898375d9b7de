"""Augmentation of signals: each makes another signal of the same length from one, by a random generator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.audio.stretching import shifted, stretched
from gtzan_features.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]

KINDS = ("time-shift", "noise", "crop-pad", "pitch-shift", "time-stretch")
"""Augmentations of audio, as on the command line."""

SNR_DB = (10.0, 30.0)
"""Least and largest signal-to-noise ratio of ``noise`` in dB."""

LARGEST_CROP = 0.2
"""Largest share of the signal that ``crop-pad`` replaces by silence."""

SEMITONES = (-2.0, 2.0)
"""Range of ``pitch-shift``."""

STRETCH = (0.85, 1.15)
"""Range of the factor of ``time-stretch``; above 1 is faster."""


def augment(signal: Float32, sr: int, kind: str, rng: np.random.Generator) -> Float32:
    """Return an augmented copy of a signal.

    Parameters
    ----------
    signal : ndarray of shape (n_samples,), float32
        Mono.
    sr : int
        Sampling rate in Hz.
    kind : str
        One of `KINDS`.
    rng : Generator
        Source of all chance.

    Returns
    -------
    ndarray of shape (n_samples,), float32

    Raises
    ------
    ConfigError
        If there is no such augmentation.
    """
    try:
        function = _FUNCTIONS[kind]
    except KeyError:
        msg = f"no augmentation {kind!r} of audio; there are {', '.join(KINDS)}"
        raise ConfigError(msg) from None
    return np.ascontiguousarray(function(signal, sr, rng), dtype=np.float32)


def with_noise(signal: Float32, snr_db: float, rng: np.random.Generator) -> Float32:
    """Add white Gaussian noise `snr_db` dB below the mean power of the signal; silence stays silent."""
    power = float(np.mean(np.square(signal, dtype=np.float64)))
    noise = rng.standard_normal(len(signal))
    scale = np.sqrt(power / 10 ** (snr_db / 10))
    noisy: Float32 = (signal + scale * noise).astype(np.float32)
    return noisy


def fitted(signal: Float32, n_samples: int) -> Float32:
    """Cut a signal to `n_samples`, or continue it from its start."""
    result: Float32 = np.take(signal, np.arange(n_samples), mode="wrap")
    return result


def _time_shift(signal: Float32, sr: int, rng: np.random.Generator) -> Float32:  # noqa: ARG001
    """Begin somewhere else; what is cut off at the start follows at the end."""
    return np.roll(signal, -int(rng.integers(1, max(2, len(signal)))))


def _noise(signal: Float32, sr: int, rng: np.random.Generator) -> Float32:  # noqa: ARG001
    return with_noise(signal, float(rng.uniform(*SNR_DB)), rng)


def _crop_pad(signal: Float32, sr: int, rng: np.random.Generator) -> Float32:  # noqa: ARG001
    """Keep a random stretch and pad it with silence on both sides."""
    lost = int(rng.uniform(0, LARGEST_CROP) * len(signal))
    start = int(rng.integers(0, lost + 1))
    place = int(rng.integers(0, lost + 1))
    result = np.zeros_like(signal)
    result[place : place + len(signal) - lost] = signal[start : start + len(signal) - lost]
    return result


def _pitch_shift(signal: Float32, sr: int, rng: np.random.Generator) -> Float32:
    return fitted(shifted(signal, sr, float(rng.uniform(*SEMITONES))), len(signal))


def _time_stretch(signal: Float32, sr: int, rng: np.random.Generator) -> Float32:  # noqa: ARG001
    return fitted(stretched(signal, float(rng.uniform(*STRETCH))), len(signal))


_FUNCTIONS: dict[str, Callable[[Float32, int, np.random.Generator], Float32]] = {
    "time-shift": _time_shift,
    "noise": _noise,
    "crop-pad": _crop_pad,
    "pitch-shift": _pitch_shift,
    "time-stretch": _time_stretch,
}
