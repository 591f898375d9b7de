"""Block-level features: what a second of music does in each band, whatever comes when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.descriptors.fluctuation import median
from gtzan_features.descriptors.spectral import band_levels
from gtzan_features.descriptors.timbre import upper_triangle
from gtzan_features.spectra import ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra

N_BANDS = 32
"""Groups of four mel bands."""

N_SPECTRAL, N_DELTA = len(ranks.RANKS[10]), len(ranks.RANKS[25])
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
    levels = band_levels(spectra, N_BANDS)
    ranked = _ranked(levels, _SPECTRAL_BLOCK)
    result: NDArray[np.float64] = _percentile(ranked) - levels.mean(dtype=np.float64)
    return result


def delta_spectral_pattern(spectra: Spectra) -> NDArray[np.float64]:
    """Rises of each band over three frames within blocks of 0.58 s, sorted; as `spectral_pattern`.

    Returns
    -------
    ndarray of shape (N_DELTA * N_BANDS,)
        dB, not negative.
    """
    return _percentile(_ranked(_rises(spectra), _DELTA_BLOCK))


def variance_delta_pattern(spectra: Spectra) -> NDArray[np.float64]:
    """Spread of the rises of each band within blocks of 0.58 s: the median over blocks.

    Returns
    -------
    ndarray of shape (N_BANDS,)
        Standard deviations in dB.
    """
    rises = _rises(spectra)
    width = min(_DELTA_BLOCK, len(rises))
    spread = np.empty((1 + (len(rises) - width) // _STEP, N_BANDS))
    ranks.spread_of_blocks(rises, width, _STEP, spread)
    return median(spread)


def correlation_pattern(spectra: Spectra) -> NDArray[np.float64]:
    """Correlation of the levels of each pair of bands within blocks of 5.9 s: the median over blocks.

    Returns
    -------
    ndarray of shape (N_BANDS * (N_BANDS - 1) / 2,)
        Within [-1, 1], in the order of ``numpy.triu_indices``; 0 where a band stands still.
    """
    step, levels = _CORRELATION_BLOCK // 2, _levels(spectra)
    width = min(_CORRELATION_BLOCK, len(levels))
    blocks = np.stack([levels[i : i + width] for i in range(0, len(levels) - width + 1, step)])
    blocks -= blocks.mean(axis=1, keepdims=True)
    covariance = blocks.transpose(0, 2, 1) @ blocks / width
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    scale = np.where(variance > _STILL, 1 / np.sqrt(np.maximum(variance, _STILL)), 0.0)
    correlation = covariance * scale[:, :, None] * scale[:, None, :]
    return median(correlation.reshape(len(blocks), -1)[:, upper_triangle(N_BANDS)])


def _levels(spectra: Spectra) -> NDArray[np.float64]:
    levels = band_levels(spectra, N_BANDS).astype(np.float64)
    result: NDArray[np.float64] = levels - levels.mean()
    return result


def _rises(spectra: Spectra) -> NDArray[np.float32]:
    """Rises of each band over `_LAG` frames; a single frame of zeros for a shorter signal."""

    def compute() -> NDArray[np.float32]:
        levels = band_levels(spectra, N_BANDS)
        if len(levels) <= _LAG:
            return np.zeros((1, N_BANDS), np.float32)
        rises: NDArray[np.float32] = np.maximum(levels[_LAG:] - levels[:-_LAG], 0)
        return rises

    return spectra.kept("rises of 32 bands", compute)


def _ranked(series: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Ranks of overlapping blocks, (n_blocks, n_ranks, N_BANDS); a series shorter than one is a block."""
    kept = ranks.RANKS[width]
    if len(series) < width:
        places = np.round(np.linspace(0, len(series) - 1, len(kept))).astype(np.int64)
        return np.sort(series, axis=0)[places][None]
    result = np.empty((1 + (len(series) - width) // _STEP, len(kept), N_BANDS), np.float32)
    ranks.ranks_of_blocks(series, _STEP, result)
    return result


def _percentile(ranked: NDArray[np.float32]) -> NDArray[np.float64]:
    by_band = np.ascontiguousarray(ranked.reshape(len(ranked), -1).T)
    by_band.sort(axis=1)
    return by_band[:, round(_PERCENTILE * (len(ranked) - 1))].astype(np.float64)
