"""Mel spectra in power and in dB."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.errors import ConfigError
from gtzan_features.spectra.lanes import banded_power
from gtzan_features.spectra.mel_scale import mel_filters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra.buffers import Scratch

_BLOCK = 64  # frames of which coefficients are computed: so few that no library divides them among threads


@lru_cache(maxsize=8)
def _bands(sr: int, n_fft: int, n_mels: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Nonzero weights of librosa's mel filters, and where each band's begin and end."""
    basis = mel_filters(sr, n_fft, n_mels)
    if not basis.any(axis=1).all():
        msg = f"{n_mels} mel bands are too many for n_fft {n_fft}: some hold no bin; choose fewer bands"
        raise ConfigError(msg)
    weights, bounds, at = [], [], 0
    for row in basis:
        used = np.flatnonzero(row)
        first, stop = int(used[0]), int(used[-1]) + 1
        weights.append(row[first:stop])
        bounds.append((first, stop, at))
        at += stop - first
    return np.concatenate(weights), np.array(bounds, np.int64)


def mel_power(
    lanes: NDArray[np.float32], n_frames: int, sr: int, n_mels: int, scratch: Scratch
) -> NDArray[np.float32]:
    """Power in mel bands (Slaney's scale, each filter of unit area).

    Parameters
    ----------
    lanes : ndarray of shape (n_blocks, n_bins, LANES), float32
        Linear magnitudes, as `lanes.to_lanes` lays them out.
    n_frames : int
        How many frames they hold.
    sr, n_mels : int
        Sampling rate in Hz and number of bands.
    scratch : Scratch
        Memory.

    Returns
    -------
    ndarray of shape (n_frames, n_mels), float32
        Transpose of ``librosa.feature.melspectrogram``; 0 for silence.

    Raises
    ------
    ConfigError
        If there are so many bands that some hold no bin.
    """
    weights, bounds = _bands(sr, 2 * (lanes.shape[1] - 1), n_mels)
    result = scratch.array("mel", (n_frames, n_mels))
    banded_power(lanes, weights, bounds, result)
    return result


def decibels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power in dB over 1, at most 80 dB below the signal's largest value and not under -100 dB.

    Parameters
    ----------
    power : ndarray, float32
        Non-negative.

    Returns
    -------
    ndarray of the same shape, float32
        As ``librosa.power_to_db``; -100 everywhere for silence.
    """
    level = np.log10(np.maximum(power, np.float32(1e-10)))
    level *= np.float32(10)
    np.maximum(level, level.max() - np.float32(80), out=level)
    return level


def cepstrum(levels: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """First coefficients of the orthonormal cosine transform of each row.

    Parameters
    ----------
    levels : ndarray of shape (n_frames, n_bands), float32
        Levels in dB.
    count : int
        How many coefficients, at most `n_bands`. For a few, a product takes less than a fast transform.

    Returns
    -------
    ndarray of shape (n_frames, count), float32
        As ``scipy.fft.dct(levels, norm="ortho")``, in the unit of `levels`; rounded once, from float64.
    """
    cosines = _cosines(levels.shape[1], count)
    result = np.empty((len(levels), count), np.float32)
    for first in range(0, len(levels), _BLOCK):
        result[first : first + _BLOCK] = levels[first : first + _BLOCK].astype(np.float64) @ cosines
    return result


@lru_cache(maxsize=8)
def _cosines(n_bands: int, count: int) -> NDArray[np.float64]:
    angles = np.outer(2 * np.arange(n_bands) + 1, np.arange(count)) * (np.pi / (2 * n_bands))
    cosines: NDArray[np.float64] = np.cos(angles) * np.sqrt(2 / n_bands)
    cosines[:, 0] /= np.sqrt(2)
    return cosines
