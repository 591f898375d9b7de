"""Compiled loops that only the `full` feature set needs: over the bins of each frame, and for summaries.

All arrays are C-contiguous with frames first; sums are accumulated in float64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra.compiled import kernel, summing_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

_TINY = np.finfo(np.float32).tiny


@summing_kernel
def spectral_flux(magnitude: Float32, result: Float64) -> None:
    """Fill `result` (n_frames) with the distance of each unit-norm spectrum from the one before; 0 first."""
    n_frames, n_bins = magnitude.shape
    result[:] = 0.0
    norm_before = 0.0
    for t in range(n_frames):
        norm = 0.0
        for k in range(n_bins):
            norm += np.float64(magnitude[t, k]) * np.float64(magnitude[t, k])
        norm = np.sqrt(norm)
        if t > 0:
            a = 1.0 / norm if norm > _TINY else 0.0
            b = 1.0 / norm_before if norm_before > _TINY else 0.0
            total = 0.0
            for k in range(n_bins):
                away = a * np.float64(magnitude[t, k]) - b * np.float64(magnitude[t - 1, k])
                total += away * away
            result[t] = np.sqrt(total)
        norm_before = norm


@summing_kernel
def higher_moments(magnitude: Float32, shape: Float64, bin_hz: float, result: Float64) -> None:
    """Fill `result` (n_frames, 2) with skewness and kurtosis of each magnitude spectrum over frequency.

    `shape` (n_frames, 3) holds centroid and bandwidth in Hz. 0 where the bandwidth is under a hundredth of a
    bin: silence, or a single bin.
    """
    n_frames, n_bins = magnitude.shape
    for t in range(n_frames):
        centre, width = shape[t, 0] / bin_hz, shape[t, 1] / bin_hz
        total, third, fourth = 0.0, 0.0, 0.0
        for k in range(n_bins):
            value, away = np.float64(magnitude[t, k]), k - centre
            cube = away * away * away * value
            total += value
            third += cube
            fourth += cube * away
        known = total > _TINY and width > 0.01
        result[t, 0] = third / (total * width**3) if known else 0.0
        result[t, 1] = fourth / (total * width**4) if known else 0.0


@summing_kernel
def rolloffs(magnitude: Float32, percents: Float64, bin_hz: float, result: Float64) -> None:
    """Fill `result` (n_frames, n) with the Hz at which the running sum of magnitudes reaches each percent.

    `percents` are shares in rising order; 0 for a silent frame.
    """
    n_frames, n_bins = magnitude.shape
    for t in range(n_frames):
        total = 0.0
        for k in range(n_bins):
            total += np.float64(magnitude[t, k])
        result[t] = 0.0
        if total < _TINY:
            continue
        running, at = 0.0, 0
        for k in range(n_bins):
            running += np.float64(magnitude[t, k])
            while at < len(percents) and running >= percents[at] * total:
                result[t, at] = k * bin_hz
                at += 1
            if at == len(percents):
                break


@kernel
def masked_bands(
    magnitude: Float32,
    smooth: Float32,
    spiky: Float32,
    edges: NDArray[np.int64],
    harmonic: Float64,
    percussive: Float64,
) -> None:
    """Fill (n_frames, n_bands) with the power of both soft-masked parts between `edges` (bins)."""
    n_frames, n_bands = harmonic.shape
    for t in range(n_frames):
        for band in range(n_bands):
            h_total, p_total = np.float32(0), np.float32(0)
            for k in range(edges[band], edges[band + 1]):
                h, p = smooth[t, k] * smooth[t, k], spiky[t, k] * spiky[t, k]
                total = h + p
                mask = h / total if total > _TINY else np.float32(0.5)
                kept, left = magnitude[t, k] * mask, magnitude[t, k] * (np.float32(1) - mask)
                h_total += kept * kept
                p_total += left * left
            harmonic[t, band], percussive[t, band] = h_total, p_total


@kernel
def roughness(magnitude: Float32, bin_hz: float, step: int, n_peaks: int, result: Float64) -> None:
    """Fill `result` with Sethares' dissonance of the loudest spectral peaks of every `step`-th frame.

    Peaks are local maxima, at most `n_peaks` of them; each pair adds the smaller magnitude times the curve of
    Plomp and Levelt at their distance. Divided by the sum of the peaks' magnitudes, so that level has no say.
    """
    n_bins = magnitude.shape[1]
    hz, height = np.empty(n_peaks), np.empty(n_peaks)
    for row in range(len(result)):
        frame, count = magnitude[row * step], 0
        for k in range(1, n_bins - 1):
            value = np.float64(frame[k])
            if value <= frame[k - 1] or value < frame[k + 1] or value < _TINY:
                continue
            if count == n_peaks and value <= height[count - 1]:
                continue
            at = min(count, n_peaks - 1)  # kept in falling order of height
            while at > 0 and height[at - 1] < value:
                height[at], hz[at] = height[at - 1], hz[at - 1]
                at -= 1
            height[at], hz[at] = value, k * bin_hz
            count = min(count + 1, n_peaks)
        total, loudness = 0.0, 0.0
        for i in range(count):
            loudness += height[i]
            for j in range(i):
                # Sethares, Local consonance and the relationship between timbre and scale, 1993
                low, apart = min(hz[i], hz[j]), abs(hz[i] - hz[j])
                s = 0.24 / (0.021 * low + 19.0) * apart
                if s < 10.0:
                    total += height[i] * (np.exp(-3.5 * s) - np.exp(-5.75 * s))
        result[row] = total / loudness if loudness > 0.0 else 0.0


@summing_kernel
def column_shape(x: Float64, mean: Float64, third: Float64, fourth: Float64) -> None:
    """Fill `third` and `fourth` with the central moments of each column of `x`, whose `mean` is known."""
    n_rows, n_columns = x.shape
    third[:] = 0.0
    fourth[:] = 0.0
    for t in range(n_rows):
        for k in range(n_columns):
            away = x[t, k] - mean[k]
            square = away * away
            third[k] += square * away
            fourth[k] += square * square
    for k in range(n_columns):
        third[k] /= n_rows
        fourth[k] /= n_rows


@summing_kernel
def column_sizes(x: Float64, size: Float64) -> None:
    """Fill `size` with the mean absolute value of each column of `x`."""
    n_rows, n_columns = x.shape
    size[:] = 0.0
    for t in range(n_rows):
        for k in range(n_columns):
            size[k] += abs(x[t, k])
    for k in range(n_columns):
        size[k] /= n_rows
