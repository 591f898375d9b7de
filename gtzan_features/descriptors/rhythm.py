"""Onsets, tempo and the percussive part of a signal."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra import kernels
from gtzan_features.spectra.sliding import summed_powers
from gtzan_features.spectra.stft import periodic_hann

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.config import FeatureConfig
    from gtzan_features.spectra import Spectra

_WINDOW_S = 8.0  # of the autocorrelation
_START_BPM = 120.0
_MAX_BPM = 320.0


def perceptr(spectra: Spectra) -> NDArray[np.float32]:
    """Percussive waveform (the name is that of the Kaggle CSVs).

    Parameters
    ----------
    spectra : Spectra
        Transform, magnitudes and signal.

    Returns
    -------
    ndarray of shape (n_samples,)
        Full scale 1; the last ``n_samples % hop`` samples are 0. Silence: 0.

    References
    ----------
    .. [1] D. FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010.
    """
    return spectra.waveforms[1]


def onset_envelope(spectra: Spectra) -> NDArray[np.float32]:
    """Median over mel bands of the rise in level from one frame to the next.

    Parameters
    ----------
    spectra : Spectra
        Levels of mel bands in dB.

    Returns
    -------
    ndarray of shape (n_frames,)
        dB, not negative; 0 for a steady signal and for silence.

    References
    ----------
    .. [1] S. Böck and G. Widmer, "Maximum filter vibrato suppression for onset detection", 2013.
    """

    def compute() -> NDArray[np.float32]:
        levels = spectra.mel_db
        rise = np.empty(max(len(levels) - 1, 0), np.float32)
        kernels.median_rise(levels, rise)
        return late(rise, len(levels), spectra.config)

    return spectra.kept("onset envelope", compute)


def late(rise: NDArray[np.float32], n_frames: int, config: FeatureConfig) -> NDArray[np.float32]:
    """Move rises (n_frames - 1, ...) by the lag and the centring of frames, as librosa does; 0 before."""
    shift = 1 + config.n_fft // (2 * config.hop)
    result = np.zeros((n_frames, *rise.shape[1:]), np.float32)
    result[shift:] = rise[: max(n_frames - shift, 0)]
    return result


def tempo(spectra: Spectra) -> NDArray[np.float64]:
    """Tempo as ``librosa.beat.beat_track`` reports it, without tracking the beats.

    The autocorrelations of the onset envelope over 8 s around each frame are scaled to 1 at lag 0
    and averaged; the best lag under a log-normal prior around 120 BPM is the beat. The average is
    taken over power spectra, so that one inverse transform serves all frames.

    Parameters
    ----------
    spectra : Spectra
        Levels of mel bands in dB.

    Returns
    -------
    ndarray of shape (1,)
        BPM, under 320; 0 for a signal without any onset.

    References
    ----------
    .. [1] D. Ellis, "Beat tracking by dynamic programming", J. New Music Research 36(1), 2007.
    """
    envelope = onset_envelope(spectra)
    if not envelope.any():
        return np.zeros(1)
    width = int(_WINDOW_S * spectra.config.sr) // spectra.config.hop
    periodicity = mean_autocorrelation(envelope, width)
    bpm, prior = _prior(width, spectra.config.sr, spectra.config.hop)
    return bpm[[np.argmax(np.log1p(1e6 * periodicity) + prior)]]


def mean_autocorrelation(envelope: NDArray[np.float32], width: int) -> NDArray[np.float64]:
    """Mean over frames of the autocorrelation of Hann windows of the envelope, each 1 at lag 0.

    Parameters
    ----------
    envelope : ndarray of shape (n_frames,), float32
        Onset strength.
    width : int
        Length of the windows in frames.

    Returns
    -------
    ndarray of shape (width,)
        Mean over frames of ``librosa.feature.tempogram``.
    """
    half, n_frames = width // 2, len(envelope)
    padded = np.zeros(n_frames + 2 * half + 1)  # as numpy's "linear_ramp", which takes longer
    ramp = np.arange(half) / max(half, 1)
    padded[:half] = ramp * envelope[0]
    padded[half : half + n_frames] = envelope
    padded[half + n_frames : -1] = ramp[::-1] * envelope[-1]
    energy = np.correlate(padded * padded, _squared_hann(width), "valid")[:n_frames]
    scale = np.divide(1, energy, out=np.zeros(n_frames), where=energy > 0)
    mean: NDArray[np.float64] = np.fft.irfft(summed_powers(padded, width, scale), 2 * width)
    return mean[:width] / n_frames


@lru_cache(maxsize=8)
def _squared_hann(width: int) -> NDArray[np.float64]:
    squared: NDArray[np.float64] = periodic_hann(width) ** 2
    return squared


@lru_cache(maxsize=8)
def _prior(width: int, sr: int, hop: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tempo of each lag in BPM and its log-prior; infinite and impossible at lag 0."""
    with np.errstate(divide="ignore"):
        bpm = 60.0 * sr / (hop * np.arange(width, dtype=np.float64))
    prior = -0.5 * (np.log2(bpm) - np.log2(_START_BPM)) ** 2
    prior[: int(np.argmax(bpm < _MAX_BPM))] = -np.inf
    return bpm, prior
