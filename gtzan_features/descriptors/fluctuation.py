"""Loudness in critical bands: its distribution, and how fast it goes up and down."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra.mel_scale import mel_frequencies

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra

# Zwicker, Subdivision of the audible frequency range into critical bands, 1961; Hz.
_EDGES_HZ = (
    *(0, 100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720),
    *(2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400, 7700, 9500, 12000),
)
N_BANDS = len(_EDGES_HZ) - 1
"""Critical bands up to 12 kHz."""

N_RATES = 13
"""Bands of modulation frequency."""

_WINDOW = 256  # frames: 5.9 s
_STEP = 128
# Bins of the modulation spectrum, 0.2 to 10 Hz.
_RATE_EDGES = (1, 2, 3, 4, 5, 7, 9, 12, 16, 21, 27, 35, 46, 61)
_BEST_HZ = 4.0  # the rate to which hearing is most sensitive
_FLOOR_DB = 80.0
_FLOOR = 1e-3  # sone


def band_level(spectra: Spectra) -> NDArray[np.float64]:
    """Level in each critical band, less the mean over bands and frames.

    Returns
    -------
    ndarray of shape (n_frames, N_BANDS)
        dB; levels are limited to 80 dB under the loudest before the mean is taken. Does not change with gain.
    """
    level = _levels(spectra)
    result: NDArray[np.float64] = level - level.mean()
    return result


def loudness(spectra: Spectra) -> NDArray[np.float64]:
    """Loudness in each critical band, the loudest point of the signal standing at 80 phon.

    Returns
    -------
    ndarray of shape (n_frames, N_BANDS)
        Sone, within [0, 16]; 0 for 80 dB under the loudest. Silence: 16 everywhere.

    References
    ----------
    .. [1] T. Lidy and A. Rauber, "Evaluation of feature extractors and psycho-acoustic transformations for
       music genre classification", ISMIR 2005.
    .. [2] E. Zwicker and H. Fastl, "Psychoacoustics", 1990.
    """

    def compute() -> NDArray[np.float64]:
        phon = _levels(spectra)
        phon = phon - phon.max() + _FLOOR_DB
        result: NDArray[np.float64] = np.where(
            phon >= 40, 2.0 ** ((phon - 40) / 10), (np.maximum(phon, 0) / 40) ** 2.642
        )
        return result

    return spectra.kept("loudness", compute)


def _levels(spectra: Spectra) -> NDArray[np.float64]:
    def compute() -> NDArray[np.float64]:
        power = spectra.mel_power @ _bark(spectra.config.sr, spectra.config.n_mels)
        level = 10 * np.log10(np.maximum(power.astype(np.float64), 1e-10))
        result: NDArray[np.float64] = np.maximum(level, level.max() - _FLOOR_DB)
        return result

    return spectra.kept("bark", compute)


@lru_cache(maxsize=8)
def _bark(sr: int, n_mels: int) -> NDArray[np.float32]:
    """Share of each mel band in each critical band, (n_mels, N_BANDS): all of it where its centre lies."""
    centre = mel_frequencies(n_mels + 2, sr / 2)[1:-1]
    weights = np.zeros((n_mels, N_BANDS), np.float32)
    weights[np.arange(n_mels), np.searchsorted(_EDGES_HZ, centre, side="right") - 1] = 1
    return weights


def rhythm_pattern(spectra: Spectra) -> NDArray[np.float64]:
    """Strength of the modulation of loudness, by rate and critical band.

    Median over windows of 5.9 s, weighted by how strongly hearing feels a rate; `N_RATES` bands of rates
    between 0.2 and 10 Hz.

    Returns
    -------
    ndarray of shape (N_RATES * N_BANDS,)
        Natural logarithm of sone; rate after rate, not under log 0.001.

    References
    ----------
    .. [1] T. Lidy and A. Rauber, "Evaluation of feature extractors and psycho-acoustic transformations for
       music genre classification", ISMIR 2005.
    .. [2] E. Pampalk, A. Rauber and D. Merkl, "Content-based organization and visualization of music
       archives", ACM Multimedia 2002.
    """
    return np.log(_pooled(_rates(spectra)) + _FLOOR).reshape(-1)


def rhythm_histogram(spectra: Spectra) -> NDArray[np.float64]:
    """`rhythm_pattern` summed over the critical bands; shape (N_RATES,)."""
    return np.log(_pooled(_rates(spectra).sum(axis=1, keepdims=True)) + _FLOOR).reshape(-1)


def _rates(spectra: Spectra) -> NDArray[np.float64]:
    """Weighted modulation amplitudes, (bins of the modulation spectrum, N_BANDS)."""

    def compute() -> NDArray[np.float64]:
        series, config = loudness(spectra), spectra.config
        amplitude = median(modulation_spectra(series - series.mean(axis=0))[:, : _RATE_EDGES[-1]])
        hz = np.arange(len(amplitude)) * config.sr / config.hop / _WINDOW
        hz[0] = np.inf  # the mean has no rate
        weight = 1 / (hz / _BEST_HZ + _BEST_HZ / hz)
        result: NDArray[np.float64] = amplitude * weight[:, None]
        return result

    return spectra.kept("rates", compute)


def modulation_spectra(series: NDArray[np.floating]) -> NDArray[np.floating]:
    """Amplitude spectra of every column of a series, in overlapping windows of 256 frames.

    Parameters
    ----------
    series : ndarray of shape (n_frames, n)
        Fewer than 256 frames are one window, filled with zeros.

    Returns
    -------
    ndarray of shape (n_windows, 129, n)
        Twice the amplitude of each rate over the number of frames in the window.
    """
    starts = range(0, max(1, len(series) - _WINDOW + 1), _STEP)
    length = min(_WINDOW, len(series))
    # In double precision: numpy's transforms of single take several times as long.
    windows = np.empty((len(starts), length, series.shape[1]))
    for window, start in zip(windows, starts, strict=True):
        window[:] = series[start : start + length]
    spectrum: NDArray[np.float64] = np.abs(np.fft.rfft(windows.transpose(0, 2, 1), _WINDOW))
    spectrum *= 2 / length
    return spectrum.transpose(0, 2, 1)


def median(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """``numpy.median`` over the first axis, which takes as long for a few rows as for many."""
    ranked = values if len(values) == 1 else np.sort(values, axis=0)
    middle: NDArray[np.float64] = (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2
    return middle


def _pooled(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    edges = np.array(_RATE_EDGES)
    sums = np.add.reduceat(rates, edges[:-1], axis=0)
    result: NDArray[np.float64] = sums / np.diff(edges)[:, None]
    return result
