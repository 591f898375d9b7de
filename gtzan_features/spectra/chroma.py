"""Tuning and pitch-class energy."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra import kernels

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_LOWEST_HZ, _HIGHEST_HZ = 150.0, 4000.0  # where peaks are looked for, as in librosa.piptrack
_PEAK = 0.1  # least power of a peak, as a part of its frame's maximum
_BINS = 100
_EDGES = np.linspace(-0.5, 0.5, _BINS + 1)  # hundredths of a semitone
_CLOSE = 1e-5  # relative difference of two powers that rounding may turn round
_DOUBT = 2e-5  # semitones from an edge within which rounding may move a peak across
_CLASSES = 12
_BLOCK = 64  # frames at a time, so that they stay in the cache


def tuning(
    magnitude: NDArray[np.float32], sr: int, precise: Callable[[NDArray[np.int64]], NDArray[np.float32]]
) -> float:
    """Deviation of the music from A = 440 Hz.

    The answer is the fullest of a hundred bins. Where peaks within rounding error of a bin's edge, or of the
    median, could change which bin that is, those of their frames are taken again from `precise` magnitudes.

    Parameters
    ----------
    magnitude : ndarray of shape (n_frames, n_bins), float32
        Linear magnitudes.
    sr : int
        Sampling rate in Hz.
    precise : callable
        Returns the magnitudes of the frames that it is given again, computed in float64.

    Returns
    -------
    float
        Semitones in [-0.5, 0.5), in steps of 0.01, as ``librosa.estimate_tuning`` finds it in the
        power spectrum; 0 where there is no peak.
    """
    hz, heights, ends = _peaks(magnitude, sr)
    if len(hz) == 0:
        return 0.0
    chosen, certain = _louder_half(heights)
    off = _semitones_off(hz[chosen])
    votes, doubtful = np.zeros(_BINS, np.int64), np.zeros(_BINS, np.int64)
    kernels.tuning_votes(off, certain[chosen], _DOUBT, votes, doubtful)
    best = int(np.argmax(votes))
    rivals = votes + doubtful
    if (rivals[:best] < votes[best]).all() and (rivals[best + 1 :] <= votes[best]).all():
        return float(_EDGES[best])
    place = (off.astype(np.float64) + 0.5) * _BINS
    frames = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    in_doubt = ~certain[chosen] | (np.abs(place - np.rint(place)) <= _DOUBT * _BINS)
    again = np.unique(frames[chosen][in_doubt])
    hz_again, heights_again, _ = _peaks(precise(again), sr)
    others = ~np.isin(frames, again)
    hz, heights = np.concatenate([hz[others], hz_again]), np.concatenate([heights[others], heights_again])
    counts, _ = np.histogram(_semitones_off(hz[heights >= np.median(heights)]), _EDGES)
    return float(_EDGES[np.argmax(counts)])


def _peaks(
    magnitude: NDArray[np.float32], sr: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Frequencies in Hz and powers of the interpolated peaks, and how many there are up to each frame."""
    bin_hz = sr / (2 * (magnitude.shape[1] - 1))
    first, stop = _searched(sr, magnitude.shape[1])
    room = len(magnitude) * (stop - first)
    found, heights, ends = np.empty(room), np.empty(room, np.float32), np.zeros(len(magnitude), np.int64)
    count = kernels.spectral_peaks(magnitude, first, stop, _PEAK, found, heights, ends)
    return (found[:count] * bin_hz).astype(np.float32), heights[:count], ends


@lru_cache(maxsize=8)
def _searched(sr: int, n_bins: int) -> tuple[int, int]:
    """Return the first bin that peaks are looked for in, and the one after the last."""
    hz = np.arange(n_bins) * (sr / (2 * (n_bins - 1)))
    first, stop = np.searchsorted(hz, (_LOWEST_HZ, min(_HIGHEST_HZ, sr / 2)))
    return int(first), int(stop)


def _louder_half(heights: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which peaks reach the median, rounding error granted, and of which that is certain."""
    middle = _median(heights)
    close = np.abs(heights - middle) <= _CLOSE * middle
    if np.count_nonzero(close) <= len(heights) % 2:  # none but the median itself
        return heights >= middle, np.ones(len(heights), np.bool_)
    return close | (heights >= middle), ~close


def _median(values: NDArray[np.float32]) -> np.float32:
    """Median of numbers over 0, as numpy's, and faster: those of an eighth of an octave alone are sorted."""
    coarse = values.view(np.int32) >> 20  # their exponents, and three bits of what is beyond
    ends = np.cumsum(np.bincount(coarse))
    low, high = (len(values) - 1) // 2, len(values) // 2
    first, last = np.searchsorted(ends, (low, high), side="right")
    near = np.sort(values[(coarse >= first) & (coarse <= last)])
    n_under = int(ends[first - 1]) if first else 0
    middle: np.float32 = (near[low - n_under] + near[high - n_under]) / np.float32(2)
    return middle


def _semitones_off(hz: NDArray[np.float32]) -> NDArray[np.float32]:
    """Semitones from the nearest note to each frequency, in [-0.5, 0.5), in librosa's float32 steps."""
    off: NDArray[np.float32] = np.float32(_CLASSES) * np.log2(hz / np.float32(440.0 / 16))
    off -= np.floor(off)  # the remainder of what is not negative, to the bit, and faster than it
    off[off >= 0.5] -= np.float32(1)
    return off


@lru_cache(maxsize=_BINS)
def filters(sr: int, n_fft: int, tuned: float) -> NDArray[np.float32]:
    """Weights of each bin's power in each pitch class: Gaussian bumps of one semitone, two octaves around C5.

    ``librosa.filters.chroma`` gives the same; its module would compile a dozen functions that
    nothing here needs.

    Parameters
    ----------
    sr, n_fft : int
        Sampling rate in Hz and length of a frame.
    tuned : float
        Deviation from A = 440 Hz in semitones.

    Returns
    -------
    ndarray of shape (12, n_fft // 2 + 1), float32
        Pitch classes from C.
    """
    hz = np.linspace(0, sr, n_fft, endpoint=False)[1:]
    place = _CLASSES * np.log2(hz / (440.0 * 2.0 ** (tuned / _CLASSES) / 16))  # semitones above A0
    place = np.concatenate(([place[0] - 1.5 * _CLASSES], place))  # bin 0 has no pitch: far below
    width = np.concatenate((np.maximum(np.diff(place), 1), [1]))
    half = _CLASSES // 2
    away = (
        np.remainder(np.subtract.outer(np.arange(_CLASSES), place) * -1 + half + 10 * _CLASSES, _CLASSES)
        - half
    )
    weights = np.exp(-0.5 * (2 * away / width) ** 2)
    weights /= np.sqrt(np.sum(weights**2, axis=0))
    weights *= np.exp(-0.5 * ((place / _CLASSES - 5) / 2) ** 2)
    from_c = np.roll(weights, -3, axis=0)
    return np.ascontiguousarray(from_c[:, : n_fft // 2 + 1], dtype=np.float32)


def chroma(magnitude: NDArray[np.float32], sr: int, tuned: float) -> NDArray[np.float32]:
    """Energy of the twelve pitch classes, from C, each frame scaled to a maximum of 1.

    Parameters
    ----------
    magnitude : ndarray of shape (n_frames, n_bins), float32
        Linear magnitudes.
    sr : int
        Sampling rate in Hz.
    tuned : float
        Deviation from A = 440 Hz in semitones.

    Returns
    -------
    ndarray of shape (n_frames, 12), float32
        Transpose of ``librosa.feature.chroma_stft``, in [0, 1]; 0 for a silent frame.
    """
    weights = filters(sr, 2 * (magnitude.shape[1] - 1), tuned).T
    result = np.empty((len(magnitude), _CLASSES), np.float32)
    power = np.empty((_BLOCK, magnitude.shape[1]), np.float32)
    for first in range(0, len(magnitude), _BLOCK):
        part = magnitude[first : first + _BLOCK]
        squared = np.square(part, out=power[: len(part)])
        np.dot(squared, weights, out=result[first : first + _BLOCK])
    kernels.scaled_to_peak(result)
    return result
