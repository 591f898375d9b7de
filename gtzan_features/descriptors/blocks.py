"""Block-level features: what a second of music does in each band, whatever comes when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.descriptors.spectral import band_levels
from gtzan_features.spectra import descriptors

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
    levels = band_levels(spectra, N_BANDS)
    ranked, _ = _blocks(levels, _SPECTRAL_BLOCK)
    result: NDArray[np.float64] = _percentile(_spread(ranked, N_SPECTRAL)) - levels.mean(dtype=np.float64)
    return result


def delta_spectral_pattern(spectra: Spectra) -> NDArray[np.float64]:
    """Rises of each band over three frames within blocks of 0.58 s, sorted; as `spectral_pattern`.

    Returns
    -------
    ndarray of shape (N_DELTA * N_BANDS,)
        dB, not negative.
    """
    return _percentile(_spread(_rise_blocks(spectra)[0], N_DELTA))


def variance_delta_pattern(spectra: Spectra) -> NDArray[np.float64]:
    """Spread of the rises of each band within blocks of 0.58 s: the median over blocks.

    Returns
    -------
    ndarray of shape (N_BANDS,)
        Standard deviations in dB.
    """
    return _median(_rise_blocks(spectra)[1])


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
    above = np.triu_indices(N_BANDS, 1)
    for start in range(0, max(1, len(levels) - _CORRELATION_BLOCK + 1), step):
        block = levels[start : start + _CORRELATION_BLOCK]
        away = block - block.mean(axis=0)
        covariance = away.T @ away / len(block)
        variance = np.diag(covariance)
        scale = np.where(variance > _STILL, 1 / np.sqrt(np.maximum(variance, _STILL)), 0.0)
        found.append((covariance * scale[:, None] * scale)[above])
    return _median(np.array(found))


def _levels(spectra: Spectra) -> NDArray[np.float64]:
    levels = band_levels(spectra, N_BANDS).astype(np.float64)
    result: NDArray[np.float64] = levels - levels.mean()
    return result


def _rise_blocks(spectra: Spectra) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    def compute() -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        levels = band_levels(spectra, N_BANDS)
        if len(levels) <= _LAG:
            return _blocks(np.zeros((1, N_BANDS), np.float32), _DELTA_BLOCK)
        return _blocks(np.maximum(levels[_LAG:] - levels[:-_LAG], 0), _DELTA_BLOCK)

    return spectra.kept("blocks of rises", compute)


def _blocks(series: NDArray[np.float32], width: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Sorted overlapping blocks, (width, n_blocks, n_bands), and their deviations; one of a short series."""
    width = min(width, len(series))
    n_blocks = 1 + (len(series) - width) // _STEP
    ranked, spread = np.empty((width, n_blocks, N_BANDS), np.float32), np.empty((n_blocks, N_BANDS))
    descriptors.ranked_blocks(series, width, _STEP, ranked, spread)
    return ranked, spread


def _spread(ranked: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """`count` ranks from the lowest to the highest, (count, n_blocks, n_bands)."""
    return ranked[np.round(np.linspace(0, len(ranked) - 1, count)).astype(np.int64)]


def _percentile(values: NDArray[np.float32]) -> NDArray[np.float64]:
    place = round(_PERCENTILE * (values.shape[1] - 1))
    return np.sort(values, axis=1)[:, place].reshape(-1).astype(np.float64)


def _median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """``numpy.median`` over the first axis, which takes as long for a few rows as for many."""
    ranked = np.sort(values, axis=0)
    middle: NDArray[np.float64] = (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2
    return middle
