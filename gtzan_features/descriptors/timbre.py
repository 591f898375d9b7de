"""Colour of the sound: cepstral coefficients and noisiness."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra import kernels
from gtzan_features.spectra.mel import cepstrum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra

N_MFCC = 21
"""Coefficients 0 to 20, which the `full` set takes; of the first, only what a gain leaves as it is."""

_NEIGHBOURS = 3


def mfcc(spectra: Spectra) -> NDArray[np.float32]:
    """Mel-frequency cepstral coefficients.

    Parameters
    ----------
    spectra : Spectra
        Levels of mel bands in dB.

    Returns
    -------
    ndarray of shape (n_frames, n_mfcc)
        dB, as ``librosa.feature.mfcc``. Silence: ``-100 * sqrt(n_mels)`` in the first, 0 in the rest.

    References
    ----------
    .. [1] S. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic
       word recognition in continuously spoken sentences", IEEE TASSP 28(4), 1980.
    """
    return np.ascontiguousarray(_cepstrum(spectra)[:, : spectra.config.n_mfcc])


def _cepstrum(spectra: Spectra) -> NDArray[np.float32]:
    """As many coefficients of each frame as either set takes, shape (n_frames, N_MFCC or more)."""
    count = max(spectra.config.n_mfcc, N_MFCC)
    return spectra.kept("cepstrum", lambda: cepstrum(spectra.mel_db, count))


def first_mfccs(spectra: Spectra) -> NDArray[np.float32]:
    """First `N_MFCC` coefficients of `mfcc`, of levels under the loudest point of the signal.

    Returns
    -------
    ndarray of shape (n_frames, N_MFCC)
        dB, whatever ``config.n_mfcc`` is. All but the first are those of `mfcc`; the first, and so all of
        them, is the same whatever the gain, and 0 for silence.
    """

    def compute() -> NDArray[np.float32]:
        found = np.ascontiguousarray(_cepstrum(spectra)[:, :N_MFCC])
        found[:, 0] -= np.sqrt(spectra.config.n_mels) * spectra.mel_db.max()
        return found

    return spectra.kept("first mfccs", compute)


def higher_mfccs(spectra: Spectra) -> NDArray[np.float32]:
    """`first_mfccs` without the first; shape (n_frames, N_MFCC - 1)."""
    return np.ascontiguousarray(first_mfccs(spectra)[:, 1:])


def mel_level(spectra: Spectra) -> NDArray[np.float32]:
    """Mean level of the mel bands of each frame, under the loudest point of the signal.

    Returns
    -------
    ndarray of shape (n_frames,)
        dB within [-80, 0]: the first of `first_mfccs` over the root of the number of bands. 0 for silence.
    """
    result: NDArray[np.float32] = first_mfccs(spectra)[:, 0] / np.float32(np.sqrt(spectra.config.n_mels))
    return result


def mfcc_delta(spectra: Spectra) -> NDArray[np.float32]:
    """Slope of each coefficient: half the difference between the next and the last frame.

    Returns
    -------
    ndarray of shape (n_frames - 2, N_MFCC)
        dB per frame; one row of 0 for a signal of fewer than three frames.

    References
    ----------
    .. [1] S. Furui, "Speaker-independent isolated word recognition using dynamic features of speech
       spectrum", IEEE TASSP 34(1), 1986.
    """
    return _slope(first_mfccs(spectra))


def mfcc_acceleration(spectra: Spectra) -> NDArray[np.float32]:
    """Slope of `mfcc_delta`.

    Returns
    -------
    ndarray of shape (n_frames - 4, N_MFCC)
        dB per frame squared; one row of 0 for a signal of fewer than five frames.
    """
    return _slope(mfcc_delta(spectra))


def _slope(series: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(series) < _NEIGHBOURS:
        return np.zeros_like(series[:1])
    result: NDArray[np.float32] = (series[2:] - series[:-2]) / np.float32(2)
    return result


def mfcc_covariance(spectra: Spectra) -> NDArray[np.float64]:
    """Covariance of each pair of different coefficients over the frames.

    Returns
    -------
    ndarray of shape (N_MFCC * (N_MFCC - 1) / 2,)
        dB^2, in the order of ``numpy.triu_indices(N_MFCC, 1)``.

    References
    ----------
    .. [1] M. Mandel and D. Ellis, "Song-level features and support vector machines for music
       classification", ISMIR 2005.
    """
    return _covariance(first_mfccs(spectra))


def mfcc_delta_covariance(spectra: Spectra) -> NDArray[np.float64]:
    """Covariance of each pair of different slopes over the frames, as `mfcc_covariance`."""
    return _covariance(mfcc_delta(spectra))


def _covariance(series: NDArray[np.float32]) -> NDArray[np.float64]:
    away = series.astype(np.float64)
    away -= away.mean(axis=0)
    matrix = away.T @ away / len(away)
    pairs: NDArray[np.float64] = matrix.reshape(-1)[upper_triangle(len(matrix))]
    return pairs


@lru_cache(maxsize=8)
def upper_triangle(size: int) -> NDArray[np.int64]:
    """Return the places of ``numpy.triu_indices(size, 1)`` in a flat matrix."""
    return np.flatnonzero(np.triu(np.ones((size, size)), 1))


def mfcc_window_mean(spectra: Spectra) -> NDArray[np.float64]:
    """Mean of each coefficient in windows of about a second (texture windows).

    Returns
    -------
    ndarray of shape (n_windows, N_MFCC)
        dB; windows do not overlap, what is left at the end is dropped, and a signal of less than a second
        is one window.

    References
    ----------
    .. [1] G. Tzanetakis and P. Cook, "Musical genre classification of audio signals", 2002.
    """
    return _windows(spectra).mean(axis=1)  # type: ignore[no-any-return]


def mfcc_window_std(spectra: Spectra) -> NDArray[np.float64]:
    """Spread of each coefficient in the windows of `mfcc_window_mean`: standard deviations in dB."""
    return _windows(spectra).std(axis=1)  # type: ignore[no-any-return]


def _windows(spectra: Spectra) -> NDArray[np.float64]:
    series = first_mfccs(spectra).astype(np.float64)
    width = min(round(spectra.config.sr / spectra.config.hop), len(series))
    count = len(series) // width
    return series[: count * width].reshape(count, width, N_MFCC)


def zero_crossing_rate(spectra: Spectra) -> NDArray[np.float64]:
    """Share of the samples of each frame whose sign differs from the one before.

    Frames at both ends are padded with the first and the last sample, whatever ``pad_mode`` is.

    Parameters
    ----------
    spectra : Spectra
        Its signal is used.

    Returns
    -------
    ndarray of shape (n_frames,)
        Within [0, 1); 0 for a silent frame.

    References
    ----------
    .. [1] G. Tzanetakis and P. Cook, "Musical genre classification of audio signals", 2002.
    """
    config = spectra.config
    result = np.empty(spectra.n_frames)
    half = (
        config.n_fft // 2
    )  # a signal may be read-only, for which the kernel is not compiled; its copy never is
    signal = spectra.padded[half : half + len(spectra.signal)]
    kernels.crossings_of_frames(signal, config.n_fft, config.hop, result)
    return result
