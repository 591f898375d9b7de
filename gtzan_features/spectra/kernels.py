"""Compiled loops over frames; each is tested against librosa, numpy or scipy.

All arrays are C-contiguous with frames first. Sums over many bins or samples are accumulated in
float64 unless a docstring says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra.compiled import kernel, part, summing_kernel, takes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

_TINY = np.float32(np.finfo(np.float32).tiny)
_SIDE = 64  # frames side by side
_NEGATIVE = np.float32(-1e-10)  # librosa takes samples within 1e-10 of zero as zero


@takes("f4[:, ::1]")
@kernel
def scaled_to_peak(x: Float32) -> None:
    """Divide each row of `x` by its largest value in place; rows below the smallest normal number stay."""
    n_rows, n_columns = x.shape
    for t in range(n_rows):
        peak = np.float32(0.0)
        for k in range(n_columns):
            peak = max(peak, x[t, k])
        if peak >= _TINY:
            for k in range(n_columns):
                x[t, k] = x[t, k] / peak


@takes("f4[:, ::1], i8, i8, f8, f8[::1], f4[::1], i8[::1]")
@kernel
def spectral_peaks(
    magnitude: Float32,
    first: int,
    stop: int,
    threshold: float,
    found: Float64,
    heights: Float32,
    ends: NDArray[np.int64],
) -> int:
    """Collect interpolated peaks of the power spectra between bins `first` and `stop`.

    A peak is higher than its left and not lower than its right neighbour, and higher than
    `threshold` times the maximum of its frame. Fractional bins go to `found`, interpolated powers
    to `heights`, and to `ends` how many there are up to each frame; returns how many there are.
    """
    count = 0
    power = np.empty(stop - first + 2, np.float32)  # from the bin before `first` to `stop`
    highest = np.empty(1, np.float32)
    of_highest = highest.view(np.int32)
    for t in range(len(magnitude)):
        bits, top = magnitude[t].view(np.int32), np.int32(0)  # not negative: bits have the order of numbers
        for k in range(len(bits)):
            top = max(top, bits[k])
        of_highest[0] = top
        floor = np.float32(threshold) * (highest[0] * highest[0])
        frame = magnitude[t, first - 1 : stop + 1]
        for i in range(len(frame)):
            power[i] = frame[i] * frame[i]
        for i in range(1, stop - first + 1):
            here = power[i]
            if not here > floor:
                continue
            left, right = power[i - 1], power[i + 1]
            if here > left and here >= right:
                curve, slope = right + left - np.float32(2) * here, (right - left) / np.float32(2)
                shift = np.float32(0) if abs(slope) >= abs(curve) else -slope / curve
                found[count] = first + i - 1 + np.float64(shift)
                heights[count] = here + np.float32(0.5) * slope * shift
                count += 1
        ends[t] = count
    return count


@takes("f4[::1], b1[::1], f8, i8[::1], i8[::1]")
@kernel
def tuning_votes(
    off: Float32,
    certain: NDArray[np.bool_],
    doubt: float,
    votes: NDArray[np.int64],
    doubtful: NDArray[np.int64],
) -> None:
    """Count values of [-0.5, 0.5) in equal bins: in `votes` where it is sure, in `doubtful` where it may be.

    A value is not sure within `doubt` of an edge, or where it is not `certain`; the edges at -0.5
    and 0.5 are one.
    """
    n_bins = len(votes)
    for i in range(len(off)):
        place = (np.float64(off[i]) + 0.5) * n_bins
        here = min(max(int(place), 0), n_bins - 1)
        edge = int(np.rint(place))
        if abs(place - edge) <= doubt * n_bins:
            doubtful[(edge - 1) % n_bins] += 1
            doubtful[edge % n_bins] += 1
        elif certain[i]:
            votes[here] += 1
        else:
            doubtful[here] += 1


@takes("f4[::1], i8, i8, i8, f8[::1]")
@summing_kernel
def mean_square_of_frames(padded: Float32, n_frames: int, n_fft: int, hop: int, result: Float64) -> None:
    """Fill `result` with the mean square of each frame; `hop` must divide `n_fft`."""
    per_frame = n_fft // hop
    blocks = np.zeros(n_frames + per_frame - 1)
    for block in range(len(blocks)):
        samples, total = padded[block * hop : (block + 1) * hop], 0.0
        for i in range(len(samples)):
            total += np.float64(samples[i]) * np.float64(samples[i])
        blocks[block] = total
    for t in range(n_frames):
        total = 0.0
        for i in range(per_frame):
            total += blocks[t + i]
        result[t] = total / n_fft


@takes("f4[::1], i8, i8, f8[::1]")
@kernel
def crossings_of_frames(signal: Float32, n_fft: int, hop: int, result: Float64) -> None:
    """Fill `result` with the share of samples of each centred frame whose sign is not that of the one before.

    Before and after `signal` its first and last sample go on: no crossings there. `hop` must divide
    half of `n_fft`.
    """
    counts = np.zeros(len(signal) // hop + 1, np.int64)  # of blocks of `hop` samples
    for block in range(len(counts)):
        first, stop, count = max(block * hop, 1), min((block + 1) * hop, len(signal)), np.int32(0)
        before, after = signal[first - 1 : stop - 1], signal[first:stop]
        for i in range(len(after)):
            count += np.int32((before[i] < _NEGATIVE) != (after[i] < _NEGATIVE))
        counts[block] = count
    half = n_fft // 2 // hop
    for t in range(len(result)):
        total = 0
        for block in range(max(t - half, 0), min(t + half, len(counts))):
            total += counts[block]
        start = (t - half) * hop  # the first sample of a frame has none before it
        if start > 0 and (signal[start] < _NEGATIVE) != (signal[start - 1] < _NEGATIVE):
            total -= 1
        result[t] = total / n_fft


@takes("f4[:, ::1], f4[::1]")
@kernel
def median_rise(levels: Float32, result: Float32) -> None:
    """Fill `result` (n_frames - 1) with the median over bands of the rise to the next frame, falls as 0.

    The rises of 64 frames lie side by side. Bit by bit, from the highest, the largest number is found that no
    more than half of the rises are under: numbers that are not negative have the order of their bits.
    """
    n_frames, n_bands = levels.shape
    upper, n_rows = n_bands // 2, -(-n_bands // 4) * 4
    rise, middle = np.full(n_rows * _SIDE, np.inf, np.float32), np.empty(_SIDE, np.float32)
    bits, found = rise.view(np.int32), middle.view(np.int32)
    under, trial = np.empty(_SIDE, np.int32), np.empty(_SIDE, np.int32)
    for first in range(0, n_frames - 1, _SIDE):
        count = min(_SIDE, n_frames - 1 - first)
        for lane in range(count):
            before, after = levels[first + lane], levels[first + lane + 1]
            for m in range(n_bands):
                value = after[m] - before[m]
                rise[m * _SIDE + lane] = value if value > 0 else np.float32(0)
        found[:] = 0
        for bit in range(30, -1, -1):
            for lane in range(_SIDE):
                trial[lane] = found[lane] | np.int32(1 << bit)
            _count_under(bits, trial, under)
            for lane in range(_SIDE):
                found[lane] = trial[lane] if under[lane] <= upper else found[lane]
        if n_bands % 2:
            result[first : first + count] = middle[:count]
            continue
        _count_under(bits, found, under)
        for lane in range(count):
            below = middle[lane]
            if (
                under[lane] == upper
            ):  # all others are higher: the lower middle is the largest of those under it
                below = np.float32(0)
                for m in range(n_bands):
                    value = rise[m * _SIDE + lane]
                    below = max(below, value if value < middle[lane] else np.float32(0))
            result[first + lane] = (below + middle[lane]) / np.float32(2)


@part
def _count_under(bits: NDArray[np.int32], limit: NDArray[np.int32], under: NDArray[np.int32]) -> None:
    """Count the numbers in each of `_SIDE` columns of `bits` under its `limit`, four rows at a time."""
    under[:] = 0
    for start in range(0, len(bits), 4 * _SIDE):
        rows = bits[start : start + 4 * _SIDE]
        for lane in range(_SIDE):
            a, b = rows[lane] < limit[lane], rows[_SIDE + lane] < limit[lane]
            c, d = rows[2 * _SIDE + lane] < limit[lane], rows[3 * _SIDE + lane] < limit[lane]
            under[lane] += np.int32(a) + np.int32(b) + np.int32(c) + np.int32(d)


@takes("f4[:, ::1], f8[::1], f8[::1]", "f8[:, ::1], f8[::1], f8[::1]")
@summing_kernel
def column_moments(x: Float32, mean: Float64, variance: Float64) -> None:
    """Fill `mean` and `variance` with those of each column of `x` (population variance, two passes)."""
    n_rows, n_columns = x.shape
    mean[:] = 0.0
    variance[:] = 0.0
    for t in range(n_rows):
        for k in range(n_columns):
            mean[k] += x[t, k]
    for k in range(n_columns):
        mean[k] /= n_rows
    for t in range(n_rows):
        for k in range(n_columns):
            away = x[t, k] - mean[k]
            variance[k] += away * away
    for k in range(n_columns):
        variance[k] /= n_rows


@takes("f4[::1]", "f8[::1]")
@summing_kernel
def moments(x: Float32) -> tuple[float, float]:
    """Mean and population variance of the values of `x` (1-D), in two passes."""
    total = 0.0
    for i in range(len(x)):
        total += x[i]
    mean = total / len(x)
    total = 0.0
    for i in range(len(x)):
        away = x[i] - mean
        total += away * away
    return mean, total / len(x)
