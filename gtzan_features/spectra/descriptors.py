"""Compiled loops that only the `full` feature set needs: over the bins of each frame, and for summaries.

All arrays are C-contiguous with frames first; sums are accumulated in float64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra.compiled import kernel, part, summing_kernel, takes
from gtzan_features.spectra.lanes import LANES
from gtzan_features.spectra.vectors import EIGHT, turn_square

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

_TINY = np.float32(np.finfo(np.float32).tiny)
_STEP = 32  # bins between those at which running sums are kept
_ROOT_OF_HALF = np.int32(0x3F3504F3)  # the bits of sqrt(1/2)


@takes("f4[:, ::1], f4[::1], f4[::1], f4[::1], f4[:, ::1]")
@kernel
def heard(magnitude: Float32, weight: Float32, floors: Float32, shape: Float32, result: Float32) -> None:
    """Fill `result` with what is heard of `magnitude`: weighted by `weight`, over `floors` times `shape`.

    `floors` holds the floor of each frame, `shape` its course over the bins, all in powers.
    """
    n_frames, n_bins = magnitude.shape
    for t in range(n_frames):
        for k in range(n_bins):
            power = magnitude[t, k] * magnitude[t, k] * weight[k]
            result[t, k] = np.sqrt(power + floors[t] * shape[k])


@takes("f4[:, :, ::1], f4[::1], f4[::1], f4[::1], f4[:, ::1], f4[:, :, ::1]")
@kernel
def heard_beside(
    lanes: Float32, weight: Float32, floors: Float32, shape: Float32, result: Float32, beside: Float32
) -> None:
    """Do what `heard` does with magnitudes that lie side by side, and fill both layouts.

    `lanes` and `beside`, which may be one array, have frames side by side (n_blocks, n_bins, LANES); `floors`
    has as many numbers, 0 for frames that are not there.
    """
    n_frames, n_bins = result.shape
    flat, room = result.reshape(-1), np.empty((EIGHT, LANES), np.float32)
    flat_room = room.reshape(-1)
    for block in range(len(lanes)):
        frame = block * LANES
        here = floors[frame : frame + LANES]
        for start in range(0, n_bins, EIGHT):  # bins that are still in the cache when they are turned
            count = min(EIGHT, n_bins - start)
            for i in range(count):
                source, target, factor = lanes[block, start + i], room[i], weight[start + i]
                for lane in range(LANES):
                    power = source[lane] * source[lane] * factor
                    target[lane] = np.sqrt(power + here[lane] * shape[start + i])
            for lane in range(0, min(LANES, n_frames - frame), EIGHT):
                if count == EIGHT and frame + lane + EIGHT <= n_frames:
                    turn_square(flat_room, lane, LANES, flat, (frame + lane) * n_bins + start, n_bins)
                    continue
                for t in range(lane, min(lane + EIGHT, n_frames - frame)):
                    for i in range(count):
                        result[frame + t, start + i] = room[i, t]
            for i in range(count):
                source, target = room[i], beside[block, start + i]
                for lane in range(LANES):
                    target[lane] = source[lane]


@takes("f4[:, :, ::1], f8[::1], f8[::1]")
@kernel
def weighted_power_beside(lanes: Float32, weight: Float64, result: Float64) -> None:
    """Do what `weighted_power` does with magnitudes that lie side by side; `result` (n_blocks * LANES)."""
    n_bins = lanes.shape[1]
    total = np.empty(LANES)
    for block in range(len(lanes)):
        total[:] = 0.0
        for k in range(n_bins):
            row, factor = lanes[block, k], weight[k]
            for lane in range(LANES):
                total[lane] += np.float64(row[lane] * row[lane]) * factor
        for lane in range(LANES):
            result[block * LANES + lane] = total[lane] / n_bins


@takes("f4[:, ::1], f8[::1], f8[::1]")
@summing_kernel
def weighted_power(magnitude: Float32, weight: Float64, result: Float64) -> None:
    """Fill `result` (n_frames) with the mean over bins of power times `weight`."""
    n_frames, n_bins = magnitude.shape
    for t in range(n_frames):
        total = 0.0
        for k in range(n_bins):
            total += np.float64(magnitude[t, k] * magnitude[t, k]) * weight[k]
        result[t] = total / n_bins


@part
def _logarithms(power: Float32, mantissa: Float32, exponent: Float32, result: Float32) -> None:
    """Fill `result` with natural logarithms of normal numbers, within two units of the last place.

    `mantissa` and `exponent` are scratch. The polynomial is that of Cephes' ``logf``, taken of the number
    without its power of two, within [sqrt(1/2), sqrt(2)).
    """
    bits, of_mantissa = power.view(np.int32), mantissa.view(np.int32)
    for k in range(len(power)):
        steps = np.int32(np.int32(bits[k] - _ROOT_OF_HALF) >> np.int32(23))  # stated: numba widens integers
        of_mantissa[k] = bits[k] - np.int32(steps << np.int32(23))
        exponent[k] = np.float32(steps)
    for k in range(len(power)):
        x = mantissa[k] - np.float32(1)
        y = np.float32(7.0376836292e-2) * x - np.float32(1.1514610310e-1)
        y = y * x + np.float32(1.1676998740e-1)
        y = y * x - np.float32(1.2420140846e-1)
        y = y * x + np.float32(1.4249322787e-1)
        y = y * x - np.float32(1.6668057665e-1)
        y = y * x + np.float32(2.0000714765e-1)
        y = y * x - np.float32(2.4999993993e-1)
        y = y * x + np.float32(3.3333331174e-1)
        square = x * x
        y = y * x * square + exponent[k] * np.float32(-2.12194440e-4) - np.float32(0.5) * square
        result[k] = x + y + exponent[k] * np.float32(0.693359375)


@takes("f4[:, ::1], f4, f4[::1], i8[::1], f4[:, ::1], f4[:, :, ::1]")
@summing_kernel
def power_logarithms(
    magnitude: Float32,
    floor: np.float32,
    fit: Float32,
    edges: NDArray[np.int64],
    whole: Float32,
    bands: Float32,
) -> None:
    """Fill what flatness, crest, entropy and slope are made of; powers count as `floor` at least.

    `whole` (4, n_frames): sums of logarithms, of logarithms times `fit` (n_bins), and of powers times their
    logarithms over that of powers; logarithm of the sum of powers. `bands` (3, n_bands, n_frames): of what
    lies between `edges` (n_bands + 1), logarithms of the sum and of the largest power, sums of logarithms.
    Sums are float32.
    """
    n_frames, n_bins = magnitude.shape
    n_bands = len(edges) - 1
    power, logs = np.empty(n_bins, np.float32), np.empty(n_bins, np.float32)
    mantissa, exponent = np.empty(n_bins, np.float32), np.empty(n_bins, np.float32)
    few, its_logs = np.empty(2 * n_bands + 1, np.float32), np.empty(2 * n_bands + 1, np.float32)
    bits, few_bits = power.view(np.int32), few.view(np.int32)  # not negative: bits have the order of numbers
    for t in range(n_frames):
        for k in range(n_bins):
            power[k] = max(magnitude[t, k] * magnitude[t, k], floor)
        _logarithms(power, mantissa, exponent, logs)
        product, slope, log_sum, total = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        for k in range(n_bins):
            product += power[k] * logs[k]
            slope += logs[k] * fit[k]
        for band in range(n_bands):
            inside = slice(edges[band], edges[band + 1])  # slices: their indices are never negative
            here, here_logs, here_bits = power[inside], logs[inside], bits[inside]
            of_band, log_of_band, largest = np.float32(0), np.float32(0), np.int32(0)
            for k in range(len(here)):
                of_band += here[k]
                log_of_band += here_logs[k]
                largest = max(largest, here_bits[k])
            few[band], few_bits[n_bands + band], bands[2, band, t] = of_band, largest, log_of_band
            total += of_band
            log_sum += log_of_band
        few[2 * n_bands] = total
        _logarithms(few, mantissa, exponent, its_logs)
        for band in range(n_bands):
            bands[0, band, t], bands[1, band, t] = its_logs[band], its_logs[n_bands + band]
        whole[0, t], whole[1, t], whole[2, t], whole[3, t] = (
            log_sum,
            slope,
            product / total,
            its_logs[2 * n_bands],
        )


@takes("f4[:, ::1], f8[::1]")
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


@takes("f4[:, ::1], f8[:, ::1], f8, f8[:, ::1]")
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


@takes("f4[:, :, ::1], f4[:, ::1], f8[::1], f8, f8[:, ::1]")
@kernel
def rolloffs(lanes: Float32, magnitude: Float32, percents: Float64, bin_hz: float, result: Float64) -> None:
    """Fill `result` (n_frames, n) with the Hz at which the running sum of magnitudes reaches each percent.

    `percents` are shares, 1 at most; 0 for a silent frame. Running sums are kept at every 32nd bin, of LANES
    frames at once; from there on, a frame is added up again for itself.
    """
    n_frames, n_bins = magnitude.shape
    n_steps = -(-n_bins // _STEP)
    running, reached = np.empty(LANES), np.empty((n_steps, LANES))
    for block in range(len(lanes)):
        count = LANES if n_frames - block * LANES > LANES // 2 else LANES // 2
        running[:] = 0.0
        for step in range(n_steps):
            for k in range(step * _STEP, min((step + 1) * _STEP, n_bins)):
                row = lanes[block, k]
                for lane in range(count):
                    running[lane] += np.float64(row[lane])
            here = reached[step]
            for lane in range(count):
                here[lane] = running[lane]
        for lane in range(min(LANES, n_frames - block * LANES)):
            t = block * LANES + lane
            frame = magnitude[t]
            for at in range(len(percents)):
                threshold, step = percents[at] * running[lane], 0
                result[t, at] = 0.0
                if running[lane] < _TINY:
                    continue
                while reached[step, lane] < threshold:
                    step += 1
                total, k = reached[step - 1, lane] if step > 0 else 0.0, step * _STEP
                total += np.float64(frame[k])
                while total < threshold:
                    k += 1
                    total += np.float64(frame[k])
                result[t, at] = k * bin_hz


@takes("f4[:, ::1], f4[:, ::1], i8[::1], f8[:, ::1], f8[:, ::1]")
@summing_kernel
def masked_bands(
    magnitude: Float32, mask: Float32, edges: NDArray[np.int64], harmonic: Float64, percussive: Float64
) -> None:
    """Fill (n_frames, n_bands) with the power of both soft-masked parts between `edges` (bins)."""
    n_frames, n_bins = magnitude.shape
    kept, left = np.empty(n_bins, np.float32), np.empty(n_bins, np.float32)
    for t in range(n_frames):
        for k in range(n_bins):
            kept[k] = magnitude[t, k] * mask[t, k]
            left[k] = magnitude[t, k] * (np.float32(1) - mask[t, k])
        for band in range(harmonic.shape[1]):
            inside = slice(edges[band], edges[band + 1])
            of_band, of_rest = kept[inside], left[inside]
            h_total, p_total = np.float32(0), np.float32(0)
            for k in range(len(of_band)):
                h_total += of_band[k] * of_band[k]
                p_total += of_rest[k] * of_rest[k]
            harmonic[t, band], percussive[t, band] = h_total, p_total


@takes("f4[:, ::1], f8, i8, i8, f8[::1]")
@summing_kernel
def roughness(magnitude: Float32, bin_hz: float, step: int, n_peaks: int, result: Float64) -> None:
    """Fill `result` with Sethares' dissonance of the loudest spectral peaks of every `step`-th frame.

    Peaks are local maxima, at most `n_peaks` of them; each pair adds the smaller magnitude times the curve of
    Plomp and Levelt at their distance. Divided by the sum of the peaks' magnitudes, so that level has no say.
    """
    n_bins = magnitude.shape[1]
    maxima = np.empty(n_bins, np.int64)
    hz, height = np.empty(n_peaks), np.empty(n_peaks)
    distance, weight = np.empty(n_peaks * n_peaks), np.empty(n_peaks * n_peaks)
    for row in range(len(result)):
        frame, n_maxima, count = magnitude[row * step], 0, 0
        for k in range(1, n_bins - 1):  # no branch, for none could be foreseen
            maxima[n_maxima] = k
            n_maxima += (frame[k] > frame[k - 1]) & (frame[k] >= frame[k + 1]) & (frame[k] >= _TINY)
        for k in maxima[:n_maxima]:
            value = np.float64(frame[k])
            if count == n_peaks and value <= height[count - 1]:
                continue
            at = min(count, n_peaks - 1)  # kept in falling order of height
            while at > 0 and height[at - 1] < value:
                height[at], hz[at] = height[at - 1], hz[at - 1]
                at -= 1
            height[at], hz[at] = value, k * bin_hz
            count = min(count + 1, n_peaks)
        n_pairs, loudness = 0, 0.0
        for i in range(count):
            loudness += height[i]
            for j in range(i):
                # Sethares, Local consonance and the relationship between timbre and scale, 1993
                low, apart = min(hz[i], hz[j]), abs(hz[i] - hz[j])
                distance[n_pairs], weight[n_pairs] = 0.24 / (0.021 * low + 19.0) * apart, height[i]
                n_pairs += 1
        total = _dissonance(distance[:n_pairs], weight[:n_pairs])
        result[row] = total / loudness if loudness > 0.0 else 0.0


@part
def _dissonance(distance: Float64, weight: Float64) -> float:
    """Sum of ``weight * (exp(-3.5 s) - exp(-5.75 s))`` over distances s; beyond 10, s counts as 10.

    Both are powers of exp(-s / 32), which a polynomial gives within 1e-13: a loop without calls, which is
    compiled to vectors.
    """
    total = 0.0
    for i in range(len(distance)):
        x = min(distance[i], 10.0) * -0.03125
        y = 1.0 + x * (1.0 / 10.0)
        for n in (9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0):
            y = 1.0 + x * y * (1.0 / n)
        y *= y
        y *= y
        y *= y  # exp(-s / 4)
        fourth = y * y * y * y
        eighth = fourth * fourth
        total += weight[i] * (eighth * fourth * y * y - eighth * eighth * fourth * y * y * y)
    return total


@takes("f8[:, ::1], i8, f8[:, ::1]")
@summing_kernel
def row_moments(x: Float64, first: int, result: Float64) -> None:
    """Fill columns of `result` from `first` with what is known of each row of `x`.

    0: mean; 1, 3, 4: central moments of the second, third and fourth order; 5: mean size of the steps from
    one number to the next; 6: their variance. What is in other rows of `result` stays.
    """
    n = x.shape[1]
    for i in range(len(x)):
        row = x[i]
        before, after = row[: n - 1], row[1:]
        total, size, second, third, fourth, steps = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for t in range(n):
            total += row[t]
        mean, step = total / n, (row[n - 1] - row[0]) / max(n - 1, 1)
        for t in range(n):
            away = row[t] - mean
            square = away * away
            second += square
            third += square * away
            fourth += square * square
        for t in range(len(before)):
            here = after[t] - before[t]
            size += abs(here)
            steps += (here - step) * (here - step)
        to = first + i
        result[0, to], result[1, to], result[3, to], result[4, to] = mean, second / n, third / n, fourth / n
        result[5, to], result[6, to] = size / max(n - 1, 1), steps / max(n - 1, 1)
