"""Kernels that work on 32 frames side by side.

A running sum over the bins of one frame cannot be vectorised, but 32 of them can be taken at once.
For this, magnitudes are laid out as (n_blocks, n_bins, LANES): bin after bin, and for each bin the
values of 32 neighbouring frames. Every lane is added up in the order of its bins, so the result of
a frame depends neither on its neighbours nor on the width of the processor's registers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.spectra.compiled import kernel, part, takes
from gtzan_features.spectra.vectors import EIGHT, on_eights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

LANES = 32
"""Frames side by side; what the separation works on for two such blocks stays in a second cache of 2 MB."""

_SQUARE = 16  # bins and frames that are transposed at a time, so that they stay in the cache
_TINY = np.finfo(np.float32).tiny


def n_blocks(n_frames: int) -> int:
    """Count the blocks of LANES frames."""
    return -(-n_frames // LANES)


@takes("f4[:, ::1], f4[:, :, ::1]")
@kernel
def to_lanes(magnitude: Float32, lanes: Float32) -> None:
    """Fill `lanes` (n_blocks, n_bins, LANES) from `magnitude` (n_frames, n_bins), lanes left over with 0."""
    n_frames, n_bins = magnitude.shape
    for block in range(len(lanes)):
        first = block * LANES
        count = min(LANES, n_frames - first)
        for start in range(0, n_bins, _SQUARE):
            stop = min(start + _SQUARE, n_bins)
            for lane in range(count):
                row, column = magnitude[first + lane, start:stop], lanes[block, start:stop]
                for k in range(len(row)):
                    column[k, lane] = row[k]
            for k in range(start, stop):
                for lane in range(count, LANES):
                    lanes[block, k, lane] = np.float32(0)


@takes("f4[:, :, ::1], f8, f8, f4[:, ::1], f8[:, ::1]")
@kernel
def shape_of_spectrum(
    lanes: Float32, bin_hz: float, roll_percent: float, running: Float32, result: Float64
) -> None:
    """Fill rows of `result` (n_frames, 3) with centroid, bandwidth and rolloff in Hz; zeros for silence.

    Moments are summed in float64, the running sum of the rolloff in float32 as librosa does it:
    its rounding decides frames that sit on the threshold. `running` (n_bins, LANES) is scratch.
    """
    n_bins = lanes.shape[1]
    for block in range(len(lanes)):
        count = half_or_all(len(result) - block * LANES)
        moments = _moments(lanes[block], count)
        _running_sum(lanes[block], running, count)
        for lane in range(min(LANES, len(result) - block * LANES)):
            row, total = result[block * LANES + lane], moments[0, lane]
            if total < _TINY:
                row[:] = 0.0
                continue
            centroid = moments[1, lane] / total
            row[0] = bin_hz * centroid
            row[1] = bin_hz * np.sqrt(max(moments[2, lane] / total - centroid * centroid, 0.0))
            threshold = np.float32(roll_percent) * running[n_bins - 1, lane]
            row[2] = bin_hz * _first_reaching(running, lane, threshold)


@part
def half_or_all(n_frames: int) -> int:
    """Return how many lanes to go through where `n_frames` are left: a segment of 3 s ends with two."""
    return LANES if n_frames > LANES // 2 else LANES // 2


@part
def _moments(x: Float32, count: int) -> Float64:
    """Sum of each of `count` lanes of `x` (n_bins, LANES), weighted with the bin to the power 0, 1 and 2."""
    result = np.zeros((3, LANES))
    whole = len(x) // 4 * 4
    for k in range(0, whole, 4):  # four bins for each time that sums are read and written, in their order
        x0, x1, x2, x3 = x[k], x[k + 1], x[k + 2], x[k + 3]
        k0, k1, k2, k3 = np.float64(k), np.float64(k + 1), np.float64(k + 2), np.float64(k + 3)
        for lane in range(count):
            a, b = np.float64(x0[lane]), np.float64(x1[lane])
            c, d = np.float64(x2[lane]), np.float64(x3[lane])
            result[0, lane] = result[0, lane] + a + b + c + d
            a, b, c, d = k0 * a, k1 * b, k2 * c, k3 * d
            result[1, lane] = result[1, lane] + a + b + c + d
            result[2, lane] = result[2, lane] + k0 * a + k1 * b + k2 * c + k3 * d
    for k in range(whole, len(x)):
        for lane in range(count):
            value = np.float64(x[k, lane])
            result[0, lane] += value
            result[1, lane] += k * value
            result[2, lane] += k * (k * value)
    return result


@part
def _running_sum(x: Float32, running: Float32, count: int) -> None:
    """Fill `running` with the sum of each of `count` lanes of `x` up to each bin."""
    flat, flat_running, n_bins = x.reshape(-1), running.reshape(-1), len(x)
    whole = 1 + (n_bins - 1) // EIGHT * EIGHT
    for lane in range(count):
        running[0, lane] = x[0, lane]
    for k in range(1, whole, EIGHT):
        for lane in range(0, count, EIGHT):  # side by side: each sum waits for the one before it
            _sums_run_on(flat, flat_running, k * LANES + lane)
    for k in range(whole, n_bins):
        for lane in range(count):
            running[k, lane] = running[k - 1, lane] + x[k, lane]


@on_eights
def _sums_run_on(x: Any, running: Any, at: Any) -> None:
    """Go on with the running sums of eight frames for eight bins."""
    total = running.eight(at + -LANES)
    for k in range(EIGHT):
        total = total + x.eight(at + k * LANES)
        running.put(at + k * LANES, total)


@part
def _first_reaching(running: Float32, lane: int, threshold: float) -> int:
    """First bin whose running sum is not under `threshold`, by bisection: sums never fall."""
    low, high = 0, len(running) - 1
    while low < high:
        middle = (low + high) // 2
        if running[middle, lane] < threshold:
            low = middle + 1
        else:
            high = middle
    return low


@takes("f4[:, :, ::1], f4[::1], i8[:, ::1], f4[:, ::1]")
@kernel
def banded_power(lanes: Float32, weights: Float32, bounds: NDArray[np.int64], result: Float32) -> None:
    """Fill `result` (n_frames, n_bands) with power summed under filters that each cover few bins.

    `weights` holds the nonzero weights of all bands one after the other; row m of `bounds` is the
    first bin of band m, the bin after its last, and where its weights start. Sums are float32.
    """
    n_bands = len(bounds)
    total = np.empty((n_bands, LANES), np.float32)
    flat, flat_total = lanes.reshape(-1), total.reshape(-1)
    for block in range(len(lanes)):
        count = half_or_all(len(result) - block * LANES)
        total[:] = np.float32(0)
        for m in range(n_bands):
            first, stop, at = bounds[m]
            whole, row, to = first + (stop - first) // 4 * 4, block * lanes.shape[1], m * LANES
            for k in range(first, whole, 4):
                for lane in range(0, count, EIGHT):
                    _add_four_powers(
                        flat, (row + k) * LANES + lane, weights, at + k - first, flat_total, to + lane
                    )
            for k in range(whole, stop):
                for lane in range(0, count, EIGHT):
                    _add_power(flat, (row + k) * LANES + lane, weights, at + k - first, flat_total, to + lane)
        for lane in range(min(LANES, len(result) - block * LANES)):
            for m in range(n_bands):
                result[block * LANES + lane, m] = total[m, lane]


def _add_powers(count: int, x: Any, at: Any, weights: Any, weight: Any, total: Any, to: Any) -> None:
    """Add weighted powers of `count` bins of eight frames, one after the other."""
    so_far = total.eight(to)
    for k in range(count):
        magnitude = x.eight(at + k * LANES)
        so_far = so_far.plus(magnitude * magnitude * weights.spread(weight + k))
    total.put(to, so_far)


@on_eights
def _add_power(x: Any, at: Any, weights: Any, weight: Any, total: Any, to: Any) -> None:
    _add_powers(1, x, at, weights, weight, total, to)


@on_eights
def _add_four_powers(x: Any, at: Any, weights: Any, weight: Any, total: Any, to: Any) -> None:
    _add_powers(4, x, at, weights, weight, total, to)
