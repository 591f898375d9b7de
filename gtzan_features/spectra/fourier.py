"""Fourier transforms of real frames, eight of them side by side.

A frame of n samples is taken for n / 2 complex numbers, even samples real and odd ones imaginary. Their
transform is split into that of the frame [1]_. Butterflies of four go from the whole to its quarters, in
place (decimation in frequency, [2]_); the first of them takes the samples from the signal and windows them.
They leave the frequencies in the order of reversed digits, which costs nothing: every complex number is a
vector of eight frames, a cache line long, and lines may be read in any order. After the first step each
quarter fits into the first cache, and goes through all further steps while it is there.

For this the signal is turned, so that the same sample of neighbouring frames lies side by side. Frames
overlap: where the hop divides them, turning the hops once serves all frames that a hop belongs to.

Factors are computed in float64; all else is float32, as in scipy, which is used for frames of other lengths.

References
----------
.. [1] W. Press et al., "Numerical recipes in C", 1992, section 12.3.
.. [2] C. Van Loan, "Computational frameworks for the fast Fourier transform", SIAM 1992, chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.spectra.butterflies import (
    PAIR,
    first_quartered,
    halved,
    last_joined,
    next_joined,
    next_quartered,
    two_filtered,
    two_kept,
    two_magnitudes,
)
from gtzan_features.spectra.compiled import kernel, part, takes
from gtzan_features.spectra.lanes import LANES
from gtzan_features.spectra.vectors import EIGHT, LINE, fetch, turn_square

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]
    Places = NDArray[np.int64]

_FIXED = "Array(f4, 1, 'C', readonly=True)"
_PLAN = f"{_FIXED}, {_FIXED}, Array(i8, 1, 'C', readonly=True)"
_SHORTEST = 128  # samples: two chunks of bins
_CHUNK = 16  # bins that are turned at a time


def is_fast(n_fft: int, hop: int) -> bool:
    """Tell whether frames of this length and step can be transformed here."""
    is_power = n_fft >= _SHORTEST and n_fft & (n_fft - 1) == 0
    return is_power and hop % EIGHT == 0 and (n_fft // 4) % hop == 0


@dataclass(frozen=True)
class Plan:
    """What all transforms of one length share; read-only arrays.

    Attributes
    ----------
    turns : ndarray, float32
        Factors of the butterflies, step after step: w^j, w^2j and w^3j as real and imaginary parts.
    split : ndarray of shape (n_fft // 2 + 2,), float32
        exp(-2 pi i k / n_fft) up to the middle of the spectrum, real and imaginary parts.
    places : ndarray of shape (n_fft // 2,), int64
        Where the steps leave each frequency.
    """

    turns: Float32
    split: Float32
    places: Places


@lru_cache(maxsize=8)
def plan(n_fft: int) -> Plan:
    """Return the plan for frames of `n_fft` samples, a power of two."""
    half = n_fft // 2
    turns, size = [], half
    while size >= 4:
        turns.append(_roots(np.multiply.outer(np.arange(size // 4), (1, 2, 3)) / size))
        size //= 4
    split = _roots(np.arange(half // 2 + 1) / n_fft)
    result = Plan(np.concatenate(turns), split, _digits_reversed(half))
    for array in (result.turns, result.split, result.places):
        array.flags.writeable = False
    return result


def _roots(parts: Float64) -> Float32:
    """exp(-2 pi i part), flat: real and imaginary parts in turn."""
    angle = -2 * np.pi * parts
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32).reshape(-1)


def _digits_reversed(n: int) -> Places:
    """Place of each of `n` frequencies after steps of radix four, and a last one of two if need be."""
    if n == 1:
        return np.zeros(1, np.int64)
    radix = 4 if n % 4 == 0 else 2
    inner, places = _digits_reversed(n // radix), np.empty(n, np.int64)
    for digit in range(radix):
        places[digit::radix] = digit * (n // radix) + inner
    return places


@part
def _transformed(
    tile: Float32, at: int, rows: int, down: int, across: int, window: Float32, turns: Float32, work: Float32,
    soon: Any,
) -> None:  # fmt: skip
    """Fill `work` with the transforms of eight frames, as complex numbers, frequencies in reversed order.

    Sample i of the first frame is in `tile` at ``at + i % rows * down + i // rows * across``, those of the
    others follow it. `soon` tells where results will be written, twice an array, a place, and a step: lines
    are fetched meanwhile, one for each butterfly, for waiting for them would take half as long again.
    """
    quarter = len(window) // 4
    apart, i = quarter // rows * across, 0
    for column in range(at, at + apart, across):
        for row in range(0, rows, 2):
            first_quartered(tile, column + row * down, down, apart, window, i, quarter, work, turns)
            i += 2
    length = quarter // 2
    one, at_one, one_step, other, at_other, other_step = soon
    for first in range(0, 4 * length, length):
        size, turn = length, 6 * length
        while size >= 4:
            step = size // 4
            for start in range(first, first + length, size):
                for j in range(step):
                    fetch(one, at_one)
                    fetch(other, at_other)
                    at_one += one_step
                    at_other += other_step
                    next_quartered(work, (start + j) * PAIR, step * PAIR, turns, turn + 6 * j)
            turn += 6 * step
            size = step
        if size == 2:
            for start in range(first, first + length, 2):
                halved(work, start * PAIR)


@part
def _turned_hops(padded: Float32, first: int, hop: int, width: int, tile: Float32) -> None:
    """Fill `tile` (hop, width) with `width` hops of the signal as columns, 0 after its end."""
    for column in range(0, width, EIGHT):
        start = (first + column) * hop
        if start + EIGHT * hop <= len(padded):
            for row in range(0, hop, EIGHT):
                turn_square(padded, start + row, hop, tile, row * width + column, width)
            continue
        for lane in range(EIGHT):
            for row in range(hop):
                i = start + lane * hop + row
                tile[row * width + column + lane] = padded[i] if i < len(padded) else np.float32(0)


def kept_shape(n_fft: int) -> tuple[int, int, int]:
    """Return the shape of what `magnitudes_of_block` keeps of LANES frames, eight of them in a row.

    Bins above the middle are conjugate; the last place is for that of the middle, which is its own mirror.
    """
    return LANES // EIGHT, n_fft // 2 + 2, PAIR


def tile_shape(n_fft: int, hop: int) -> tuple[int, int]:
    """Return the shape of a tile: the hops of LANES frames as columns, up to a multiple of eight."""
    over = n_fft // hop - 1
    return hop, (LANES + over + EIGHT - 1) // EIGHT * EIGHT


@takes(f"f4[::1], i8, i8, {_FIXED}, {_PLAN}, f4[:, ::1], f4[::1], f4[:, ::1], f4[:, ::1], f4[:, :, ::1]")
@kernel
def magnitudes_of_block(
    padded: Float32, start: int, count: int, window: Float32, turns: Float32, split: Float32, places: Places,
    tile: Float32, work: Float32, magnitude: Float32, lanes: Float32, kept: Float32,
) -> None:  # fmt: skip
    """Transform `count` frames of a padded signal from frame `start` on, at most LANES.

    Fills `magnitude` (count, n_bins) and, frames side by side, `lanes` (n_bins, LANES), left over with 0;
    and `kept`, of the shape `kept_shape`, with twice the spectra, a bin of eight frames in a row. Where they
    are not asked for, `magnitude` and `kept` have no rows. `tile`, of the shape `tile_shape`, and `work`, as
    many complex numbers of eight frames as half a frame has samples, are scratch.
    """
    n_bins, is_wanted, is_kept = lanes.shape[0], len(magnitude) > 0, len(kept) > 0
    half, middle, (hop, width) = n_bins - 1, n_bins // 2, tile.shape
    bins, hops = np.empty(2 * _CHUNK * EIGHT, np.float32), tile.reshape(-1)
    flat, flat_lanes, flat_kept = magnitude.reshape(-1), lanes.reshape(-1), kept.reshape(-1)
    _turned_hops(padded, start, hop, width, hops)
    for lane in range(0, count, EIGHT):
        # As many steps as bins: a line of each bin, unless it is here; and of eight rows, each line twice.
        steps = LANES if lane % LINE == 0 else 0, EIGHT if is_wanted else 0
        soon = flat_lanes, lane, steps[0], flat, lane * n_bins, steps[1]
        _transformed(hops, lane, hop, width, 1, window, turns, work, soon)
        n_here, row = min(EIGHT, count - lane), lane // EIGHT * (n_bins + 1)
        for first in range(0, middle, _CHUNK):
            last = half - first
            for i in range(_CHUNK):
                k, high = first + i, 2 * _CHUNK - 1 - i
                at, mirrored = places[k] * PAIR, places[(half - k) % half] * PAIR
                up, down = lane + k * LANES, lane + (half - k) * LANES
                if is_kept:
                    two_kept(
                        work, at, mirrored, split, k, bins, i, high, flat_lanes, up, down,
                        flat_kept, row + k, row + half - k,
                    )  # fmt: skip
                else:
                    two_magnitudes(work, at, mirrored, split, k, bins, i, high, flat_lanes, up, down)
            if is_wanted:
                _keep_bins(bins, 0, flat, lane * n_bins + first, n_bins, n_here)
                _keep_bins(bins, _CHUNK, flat, lane * n_bins + last - _CHUNK + 1, n_bins, n_here)
        at, up = places[middle] * PAIR, lane + middle * LANES
        if is_kept:
            two_kept(
                work, at, at, split, middle, bins, 0, 0, flat_lanes, up, up,
                flat_kept, row + middle, row + n_bins,
            )  # fmt: skip
        else:
            two_magnitudes(work, at, at, split, middle, bins, 0, 0, flat_lanes, up, up)
        for i in range(n_here if is_wanted else 0):
            magnitude[lane + i, middle] = bins[i]
    for k in range(n_bins):  # bin after bin, as they lie: a lane is a line of the cache for each number
        for lane in range(count, LANES):
            lanes[k, lane] = np.float32(0)


@part
def _keep_bins(bins: Float32, first: int, result: Float32, to: int, n_bins: int, count: int) -> None:
    """Write `_CHUNK` bins of eight frames, or of `count` of them, to their rows."""
    for k in range(0, _CHUNK, EIGHT):
        at = (first + k) * EIGHT
        if count == EIGHT:
            turn_square(bins, at, EIGHT, result, to + k, n_bins)
            continue
        for lane in range(count):
            for i in range(EIGHT):
                result[to + k + lane * n_bins + i] = bins[at + i * EIGHT + lane]


@part
def _added_back(
    work: Float32, turns: Float32, window: Float32, tile: Float32, at: int, rows: int, down: int,
    soon: Any,
) -> None:  # fmt: skip
    """Undo `_transformed`, but for a factor, and add the windowed samples to `tile`.

    `soon` is an array that will be written, a place, and a step, as there.
    """
    quarter = len(window) // 4
    length = quarter // 2
    one, at_one, one_step = soon
    for first in range(0, 4 * length, length):
        size, turn = 4, len(turns) - 6
        if length & 0x5555555555555555 == 0:  # an odd power of two
            for start in range(first, first + length, 2):
                halved(work, start * PAIR)
            size, turn = 8, len(turns) - 12
        while size <= length:
            step = size // 4
            for start in range(first, first + length, size):
                for j in range(step):
                    fetch(one, at_one)
                    at_one += one_step
                    next_joined(work, (start + j) * PAIR, step * PAIR, turns, turn + 6 * j)
            size *= 4
            turn -= 6 * size // 4
    apart, i = quarter // rows, 0
    for column in range(apart):
        for row in range(0, rows, 2):
            last_joined(work, turns, i, quarter, window, tile, at + column + row * down, down, apart)
            i += 2


@takes(f"f4[:, :, ::1], i8, b1, {_FIXED}, {_PLAN}, f4[::1], f4[:, ::1], f4[:, ::1], f4[::1]")
@kernel
def filter_block(
    kept: Float32,
    count: int,
    is_last: bool,
    synthesis: Float32,
    turns: Float32,
    split: Float32,
    places: Places,
    work: Float32,
    mask: Float32,
    sums: Float32,
    total: Float32,
) -> None:
    """Multiply the spectra of `count` frames with their masks, transform back, window, and add up.

    `kept` is what `magnitudes_of_block` gave, `mask` (n_bins, LANES) is 0 beyond `count`. `sums`, of the
    shape `tile_shape`, is 0 before the first block of a signal, and holds afterwards what later frames lie
    over. `total` is filled with the hops that no later frame lies over; of the last block, with all.
    `synthesis` is the window of the way back, divided by ``2 * n_fft``, which undoes the transforms' factors.
    `work` is scratch, as there.
    """
    n_bins, (hop, width) = len(mask), sums.shape
    half, middle, over = n_bins - 1, n_bins // 2, len(synthesis) // hop - 1
    flat, flat_kept, flat_sums = mask.reshape(-1), kept.reshape(-1), sums.reshape(-1)
    for lane in range(0, count, EIGHT):
        row = lane // EIGHT * (n_bins + 1)
        for k in range(middle + 1):
            at, mirrored = places[k] * PAIR, places[(half - k) % half] * PAIR
            up, down = lane + k * LANES, lane + (half - k) * LANES
            here, there = row + k, row + (half - k if k < middle else n_bins)
            two_filtered(flat_kept, here, there, flat, up, down, split, k, work, at, mirrored)
        soon = total, lane * hop, EIGHT * hop // half
        _added_back(work, turns, synthesis, flat_sums, lane, hop, width, soon)
    _return_hops(flat_sums, width, count + over if is_last else count, hop, total)
    for row in range(hop):  # frames go on in the next block
        for column in range(width):
            sums[row, column] = sums[row, LANES + column] if column < over else np.float32(0)


@part
def _return_hops(tile: Float32, width: int, n_columns: int, hop: int, total: Float32) -> None:
    """Write columns of `tile` (hop, width) one after the other."""
    for column in range(0, n_columns, EIGHT):
        if column + EIGHT <= n_columns:
            for row in range(0, hop, EIGHT):
                turn_square(tile, row * width + column, width, total, column * hop + row, hop)
            continue
        for k in range(column, n_columns):
            for row in range(hop):
                total[k * hop + row] = tile[row * width + k]
