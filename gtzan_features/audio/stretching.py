"""Another tempo at the same pitch, and another pitch at the same tempo, by a phase vocoder.

Computed here, so that a copy of a track is the same whatever version of librosa is installed, or none: its
1.0 has another phase vocoder than 0.11. Tests compare with either.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.fft
import soxr

from gtzan_features.audio.resample import QUALITY

if TYPE_CHECKING:
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]
    Float64 = npt.NDArray[np.float64]
    Complex128 = npt.NDArray[np.complex128]

_N_FFT = 2_048  # samples
_OVERLAP = 4
_HOP = _N_FFT // _OVERLAP  # samples
_SEMITONES = 12  # of an octave
_BLOCK = 1_024  # frames held at once, so that an hour takes no more memory than it has samples


def stretched(signal: Float32, rate: float) -> Float32:
    """Return a signal that goes on `rate` times as fast, at the same pitch.

    Parameters
    ----------
    signal : ndarray of shape (n_samples,), float32
        Not empty.
    rate : float
        Above 0; above 1 the result is shorter.

    Returns
    -------
    ndarray of shape (round(n_samples / rate),), float32
        As ``librosa.effects.time_stretch``, but for rounding and what follows the last whole frame. Silence
        stays silent.

    References
    ----------
    .. [1] Ellis, "A phase vocoder in Matlab", 2002.
    """
    n_samples = round(len(signal) / rate)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_N_FFT) / _N_FFT)  # Hann's, periodic
    # Frames centred at each hop, with silence around the signal.
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(signal, _N_FFT // 2), _N_FFT)[::_HOP]
    at = np.arange(0, len(frames), rate)[: math.ceil((n_samples + _N_FFT) / _HOP)]
    total, weight = np.zeros((2, len(at) + _OVERLAP - 1, _HOP))
    phase = np.angle(scipy.fft.rfft(frames[0] * window))
    for start in range(0, len(at), _BLOCK):
        places = at[start : start + _BLOCK]
        first, last = int(places[0]), min(int(places[-1]) + 2, len(frames))
        spectrum = scipy.fft.rfft(frames[first:last] * window, axis=1)
        revoiced, phase = _revoiced(spectrum, places - first, phase)
        parts = (scipy.fft.irfft(revoiced, n=_N_FFT, axis=1) * window).reshape(-1, _OVERLAP, _HOP)
        for i in range(_OVERLAP):
            total[start + i : start + i + len(places)] += parts[:, i]
            weight[start + i : start + i + len(places)] += window[i * _HOP : (i + 1) * _HOP] ** 2
    enough = weight > np.finfo(np.float32).tiny
    total[enough] /= weight[enough]
    return _fitted(total.reshape(-1)[_N_FFT // 2 :], n_samples)


def shifted(signal: Float32, sr: int, semitones: float) -> Float32:
    """Return a signal that sounds `semitones` higher, at the same tempo.

    Parameters
    ----------
    signal : ndarray of shape (n_samples,), float32
        Not empty.
    sr : int
        Sampling rate in Hz.
    semitones : float
        Below 0 it sounds lower.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        As ``librosa.effects.pitch_shift``, but for rounding and what follows the last whole frame.
    """
    rate = 2.0 ** (-semitones / _SEMITONES)
    return _fitted(soxr.resample(stretched(signal, rate), sr / rate, sr, quality=QUALITY), len(signal))


def _revoiced(spectrum: Complex128, at: Float64, phase: Float64) -> tuple[Complex128, Float64]:
    """Return spectra at places between the given ones, and the phase of the one after them.

    Magnitudes are mixed from those of both neighbours; from one to the next, the phase of a bin turns as it
    does from that frame of the signal to its next.
    """
    first = at.astype(np.intp)
    second = np.minimum(first + 1, len(spectrum) - 1)
    share = (at - first)[:, np.newaxis]
    magnitude, angle = np.abs(spectrum), np.angle(spectrum)
    mixed = (1 - share) * magnitude[first] + share * magnitude[second]
    phases = np.cumsum(np.vstack([phase, angle[second] - angle[first]]), axis=0)
    found: Complex128 = np.multiply(mixed, np.exp(1j * phases[:-1]))
    return found, phases[-1]


def _fitted(samples: npt.NDArray[np.floating[Any]], n_samples: int) -> Float32:
    """Cut a signal to `n_samples`, or let silence follow."""
    result = np.zeros(n_samples, dtype=np.float32)
    result[: len(samples)] = samples[:n_samples]
    return result
