"""Block-level features: what a second of music does in each band, whatever comes when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.descriptors.spectral import band_levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra

N_BANDS = 32
"""Groups of four mel bands."""

N_SPECTRAL, N_DELTA = 4, 5
"""Ranks that are kept of a block of ten frames, and of one of 25 frames of rises."""

_SPECTRAL_BLOCK, _DELTA_BLOCK, _CORRELATION_BLOCK = 10, 25, 256  # frames
_STEP = 5
_LAG = 3  # frames between those whose difference is taken
_PERCENTILE = 0.9
_STILL = 1e-6  # dB^2


def spectral_pattern(spectra: Spectra) -> NDArray[np.float64]:
    """Levels of each band within blocks of 0.23 s, sorted: the 90th percentile over blocks.

    Returns
    -------
    ndarray of shape (N_SPECTRAL * N_BANDS,)
        dB over the mean of all levels: the lowest, fourth, seventh and highest of ten frames.

    References
    ----------
    .. [1] K. Seyerlehner, G. Widmer and T. Pohle, "Fusing block-level features for music similarity
       estimation", DAFx 2010.
    """
    ranked = _ranked(_levels(spectra), _SPECTRAL_BLOCK)
    return _percentile(_spread(ranked, N_SPECTRAL))


def delta_spectral_pattern(spectra: Spectra) -> NDArray[np.float64]:
    """Rises of each band over three frames within blocks of 0.58 s, sorted; as `spectral_pattern`.

    Returns
    -------
    ndarray of shape (N_DELTA * N_BANDS,)
        dB, not negative.
    """
    ranked = _ranked(_rises(spectra), _DELTA_BLOCK)
    return _percentile(_spread(ranked, N_DELTA))


def variance_delta_pattern(spectra: Spectra) -> NDArray[np.float64]:
    """Spread of the rises of each band within blocks of 0.58 s: the median over blocks.

    Returns
    -------
    ndarray of shape (N_BANDS,)
        Standard deviations in dB.
    """
    result: NDArray[np.float64] = np.median(_blocks(_rises(spectra), _DELTA_BLOCK).std(axis=2), axis=0)
    return result


def correlation_pattern(spectra: Spectra) -> NDArray[np.float64]:
    """Correlation of the levels of each pair of bands within blocks of 5.9 s: the median over blocks.

    Returns
    -------
    ndarray of shape (N_BANDS * (N_BANDS - 1) / 2,)
        Within [-1, 1], in the order of ``numpy.triu_indices``; 0 where a band stands still.
    """
    found = []
    step = _CORRELATION_BLOCK // 2
    levels = _levels(spectra)
    for start in range(0, max(1, len(levels) - _CORRELATION_BLOCK + 1), step):
        block = levels[start : start + _CORRELATION_BLOCK]
        away = block - block.mean(axis=0)
        covariance = away.T @ away / len(block)
        variance = np.diag(covariance)
        scale = np.where(variance > _STILL, 1 / np.sqrt(np.maximum(variance, _STILL)), 0.0)
        found.append(covariance * scale[:, None] * scale)
    result: NDArray[np.float64] = np.median(found, axis=0)[np.triu_indices(N_BANDS, 1)]
    return result


def _levels(spectra: Spectra) -> NDArray[np.float64]:
    def compute() -> NDArray[np.float64]:
        levels = band_levels(spectra, N_BANDS).astype(np.float64)
        result: NDArray[np.float64] = levels - levels.mean()
        return result

    return spectra.kept("block levels", compute)


def _rises(spectra: Spectra) -> NDArray[np.float64]:
    levels = _levels(spectra)
    if len(levels) <= _LAG:
        return np.zeros((1, N_BANDS))
    return np.maximum(levels[_LAG:] - levels[:-_LAG], 0)


def _blocks(series: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Overlapping blocks, (n_blocks, n_bands, width); a shorter series is one block."""
    width = min(width, len(series))
    return np.lib.stride_tricks.sliding_window_view(series, width, axis=0)[::_STEP]


def _ranked(series: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    return np.sort(_blocks(series, width), axis=2)


def _spread(ranked: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """`count` ranks from the lowest to the highest, (count, n_bands, n_blocks)."""
    at = np.round(np.linspace(0, ranked.shape[2] - 1, count)).astype(np.int64)
    return ranked[:, :, at].transpose(2, 1, 0)


def _percentile(values: NDArray[np.float64]) -> NDArray[np.float64]:
    place = round(_PERCENTILE * (values.shape[2] - 1))
    return np.partition(values, place, axis=2)[:, :, place].reshape(-1)
