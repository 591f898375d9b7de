"""Deformations of signals: what happens to music on its way, each by a stated amount.

Other than in `augment`, an amount is never random: a deformed test set has one mp3 rate, one ratio of
noise. All work on the mono signal that features are computed of, in float, which nothing clips unless
clipping is the deformation.

========================  =====================================================================
``mp3-128``, ``mp3-64``   through LAME and back at a constant rate in kbit/s (libsndfile)
``noise-30`` … ``-10``    white noise, so many dB below the mean power of the track
``gain+6``, ``gain-6``    louder or softer by so many dB; not clipped
``low-pass-4k``           Butterworth of order 8 run forwards and backwards, -6 dB at 4 kHz
``speed+3``, ``speed-3``  played faster or slower by so many per cent; pitch and tempo move together
``clip-10``               the loudest 10 % of the samples cut off at one level, the rest as it was
========================  =====================================================================

References
----------
.. [1] Plachouras, Alonso-Jiménez and Bogdanov, "mir_ref: A representation evaluation framework for music
   information retrieval tasks", NeurIPS workshop on machine learning for audio, 2023.
"""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from scipy.signal import butter, sosfiltfilt

from gtzan_features.audio.augment import with_noise
from gtzan_features.audio.resample import resample_samples
from gtzan_features.config import fingerprint
from gtzan_features.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]

LOW_PASS_ORDER = 8
"""Order of the low-pass filter in each of its two directions."""

_MP3_RATES = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # kbit/s of MPEG-2, layer III
_MP3_HIGHEST_SR = 24_000  # Hz, of MPEG-2


@dataclass(frozen=True, slots=True, kw_only=True)
class Deformation:
    """One deformation by one amount.

    Attributes
    ----------
    name : str
        As on the command line, for example ``mp3-64``.
    kind : str
        What is done: ``mp3``, ``noise``, ``gain``, ``low-pass``, ``speed`` or ``clip``.
    amount : float
        kbit/s, dB, dB, Hz, factor of speed, share of samples.
    label : str
        In tables and pictures.
    version : int
        Raised when the same amount gives other samples.
    """

    name: str
    kind: str
    amount: float
    label: str
    version: int = 1

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits; equal ones mean equal samples."""
        return fingerprint(asdict(self))

    def apply(self, signal: Float32, sr: int, rng: np.random.Generator) -> Float32:
        """Return a deformed copy of a signal.

        Parameters
        ----------
        signal : ndarray of shape (n_samples,), float32
            Mono, full scale 1.
        sr : int
            Sampling rate in Hz.
        rng : Generator
            Source of the noise.

        Returns
        -------
        ndarray of shape (n_samples,), float32
            Under ``speed`` of about ``n_samples / amount`` samples.

        Raises
        ------
        ConfigError
            If this libsndfile writes no mp3, or none at this sampling rate.
        """
        deformed = _FUNCTIONS[self.kind](signal, sr, self.amount, rng)
        return np.ascontiguousarray(deformed, dtype=np.float32)


DEFORMATIONS = (
    Deformation(name="mp3-128", kind="mp3", amount=128, label="mp3, 128 kbit/s"),
    Deformation(name="mp3-64", kind="mp3", amount=64, label="mp3, 64 kbit/s"),
    Deformation(name="noise-30", kind="noise", amount=30, label="white noise, 30 dB"),
    Deformation(name="noise-20", kind="noise", amount=20, label="white noise, 20 dB"),
    Deformation(name="noise-10", kind="noise", amount=10, label="white noise, 10 dB"),
    Deformation(name="gain+6", kind="gain", amount=6, label="gain +6 dB"),
    Deformation(name="gain-6", kind="gain", amount=-6, label="gain −6 dB"),
    Deformation(name="low-pass-4k", kind="low-pass", amount=4_000, label="low-pass, 4 kHz"),
    Deformation(name="speed+3", kind="speed", amount=1.03, label="speed +3 %"),
    Deformation(name="speed-3", kind="speed", amount=0.97, label="speed −3 %"),
    Deformation(name="clip-10", kind="clip", amount=0.1, label="10 % of samples clipped"),
)
"""The deformations by which robustness is measured."""


def deformations(names: tuple[str, ...]) -> tuple[Deformation, ...]:
    """Return deformations by name, all where there is none.

    Raises
    ------
    ConfigError
        If there is none of this name.
    """
    known = {one.name: one for one in DEFORMATIONS}
    unknown = [name for name in names if name not in known]
    if unknown:
        msg = f"no deformation {unknown[0]!r}; there are {', '.join(known)}"
        raise ConfigError(msg)
    return tuple(known[name] for name in names) if names else DEFORMATIONS


def encode_mp3(signal: Float32, sr: int, kbit_s: float) -> bytes:
    """Return a signal as mp3 of a constant bit rate, by the LAME that libsndfile holds.

    Raises
    ------
    ConfigError
        If this libsndfile writes no mp3, or there is no such rate at this sampling rate.
    """
    if "MP3" not in soundfile.available_formats():
        msg = "mp3: this libsndfile writes none. Install soundfile 0.13 or later from PyPI, or leave mp3 out"
        raise ConfigError(msg)
    if kbit_s not in _MP3_RATES or sr > _MP3_HIGHEST_SR:
        msg = (
            f"mp3: no {kbit_s:g} kbit/s at {sr} Hz; there are {', '.join(map(str, _MP3_RATES))} up to 24 kHz"
        )
        raise ConfigError(msg)
    buffer = io.BytesIO()
    # libsndfile takes a level from 0 (highest rate) to 1 (lowest), and LAME the next rate that exists.
    level = (_MP3_RATES[-1] - kbit_s) / _MP3_RATES[-1]
    with soundfile.SoundFile(
        buffer, "w", sr, 1, format="MP3", compression_level=level, bitrate_mode="CONSTANT"
    ) as file:
        file.write(signal)
    return buffer.getvalue()


def _mp3(signal: Float32, sr: int, amount: float, rng: np.random.Generator) -> Float32:  # noqa: ARG001
    """Encode and decode; the header gives the decoder the codec's delay, so that nothing shifts."""
    decoded: Float32 = soundfile.read(io.BytesIO(encode_mp3(signal, sr, amount)), dtype="float32")[0]
    if len(decoded) != len(signal):
        msg = f"mp3: {len(decoded)} samples came back of {len(signal)}. Leave mp3 out, or update libsndfile"
        raise ConfigError(msg)
    return decoded


def _noise(signal: Float32, sr: int, amount: float, rng: np.random.Generator) -> Float32:  # noqa: ARG001
    return with_noise(signal, amount, rng)


def _gain(signal: Float32, sr: int, amount: float, rng: np.random.Generator) -> Float32:  # noqa: ARG001
    return signal * np.float32(10 ** (amount / 20))


def _low_pass(signal: Float32, sr: int, amount: float, rng: np.random.Generator) -> Float32:  # noqa: ARG001
    filtered: Float32 = sosfiltfilt(butter(LOW_PASS_ORDER, amount, fs=sr, output="sos"), signal)
    return filtered


def _speed(signal: Float32, sr: int, amount: float, rng: np.random.Generator) -> Float32:  # noqa: ARG001
    # Only the ratio of the rates counts: samples taken at 103 per second are written at 100.
    return resample_samples(signal, round(100 * amount), 100)


def _clip(signal: Float32, sr: int, amount: float, rng: np.random.Generator) -> Float32:  # noqa: ARG001
    level = np.quantile(np.abs(signal), 1 - amount)
    clipped: Float32 = np.clip(signal, -level, level)
    return clipped


_FUNCTIONS: dict[str, Callable[[Float32, int, float, np.random.Generator], Float32]] = {
    "mp3": _mp3,
    "noise": _noise,
    "gain": _gain,
    "low-pass": _low_pass,
    "speed": _speed,
    "clip": _clip,
}
