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
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra.butterflies import (
    PAIR,
    first_quartered,
    halved,
    last_joined,
    next_joined,
    next_quartered,
    two_filtered,
    two_magnitudes,
)
from gtzan_features.spectra.compiled import kernel, part, takes
from gtzan_features.spectra.lanes import LANES
from gtzan_features.spectra.vectors import EIGHT, turn_square

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
    tile: Float32, at: int, rows: int, down: int, across: int, window: Float32, turns: Float32, work: Float32
) -> None:
    """Fill `work` with the transforms of eight frames, as complex numbers, frequencies in reversed order.

    Sample i of the first frame is in `tile` at ``at + i % rows * down + i // rows * across``, those of the
    others follow it.
    """
    quarter = len(window) // 4
    apart, i = quarter // rows * across, 0
    for column in range(at, at + apart, across):
        for row in range(0, rows, 2):
            first_quartered(tile, column + row * down, down, apart, window, i, quarter, work, turns)
            i += 2
    length = quarter // 2
    for first in range(0, 4 * length, length):
        size, turn = length, 6 * length
        while size >= 4:
            step = size // 4
            for start in range(first, first + length, size):
                for j in range(step):
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


@takes(f"f4[::1], i8, i8, {_FIXED}, {_PLAN}, f4[:, ::1], f4[:, :, ::1]")
@kernel
def magnitudes_of_frames(
    padded: Float32,
    n_frames: int,
    hop: int,
    window: Float32,
    turns: Float32,
    split: Float32,
    places: Places,
    magnitude: Float32,
    lanes: Float32,
) -> None:
    """Fill `magnitude` (n_frames, n_bins) and, frames side by side, `lanes` (n_blocks, n_bins, LANES).

    Where it is not asked for, `magnitude` has no rows.
    """
    n_bins, is_wanted = lanes.shape[1], len(magnitude) > 0
    half, middle = n_bins - 1, n_bins // 2
    width = (LANES + len(window) // hop + EIGHT - 2) // EIGHT * EIGHT
    tile, work = np.empty(hop * width, np.float32), np.empty(half * PAIR, np.float32)
    bins = np.empty(2 * _CHUNK * EIGHT, np.float32)
    flat, flat_lanes = magnitude.reshape(-1), lanes.reshape(-1)
    for block in range(len(lanes)):
        _turned_hops(padded, block * LANES, hop, width, tile)
        for lane in range(0, min(LANES, n_frames - block * LANES), EIGHT):
            _transformed(tile, lane, hop, width, 1, window, turns, work)
            frame, to = block * LANES + lane, block * n_bins * LANES + lane
            count = min(EIGHT, n_frames - frame)
            for first in range(0, middle, _CHUNK):
                last = half - first
                for i in range(_CHUNK):
                    k = first + i
                    at, mirrored = places[k] * PAIR, places[(half - k) % half] * PAIR
                    up, down = to + k * LANES, to + (half - k) * LANES
                    two_magnitudes(
                        work, at, mirrored, split, k, bins, i, 2 * _CHUNK - 1 - i, flat_lanes, up, down
                    )
                if is_wanted:
                    _keep_bins(bins, 0, flat, frame * n_bins + first, n_bins, count)
                    _keep_bins(bins, _CHUNK, flat, frame * n_bins + last - _CHUNK + 1, n_bins, count)
            at, up = places[middle] * PAIR, to + middle * LANES
            two_magnitudes(work, at, at, split, middle, bins, 0, 0, flat_lanes, up, up)
            for i in range(count if is_wanted else 0):
                magnitude[frame + i, middle] = bins[i]
        for lane in range(n_frames - block * LANES, LANES):
            for k in range(n_bins):
                lanes[block, k, lane] = np.float32(0)


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
    work: Float32, turns: Float32, window: Float32, tile: Float32, at: int, rows: int, down: int
) -> None:
    """Undo `_transformed`, but for a factor, and add the windowed samples to `tile`."""
    quarter = len(window) // 4
    length = quarter // 2
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
                    next_joined(work, (start + j) * PAIR, step * PAIR, turns, turn + 6 * j)
            size *= 4
            turn -= 6 * size // 4
    apart, i = quarter // rows, 0
    for column in range(apart):
        for row in range(0, rows, 2):
            last_joined(work, turns, i, quarter, window, tile, at + column + row * down, down, apart)
            i += 2


@takes(f"f4[::1], i8, {_FIXED}, {_FIXED}, {_PLAN}, f4[:, ::1], f4[::1]")
@kernel
def filter_frames(
    padded: Float32,
    hop: int,
    window: Float32,
    synthesis: Float32,
    turns: Float32,
    split: Float32,
    places: Places,
    mask: Float32,
    total: Float32,
) -> None:
    """Transform frames, multiply with `mask` (n_frames, n_bins), transform back, window, add up in `total`.

    `synthesis` is the window of the way back, divided by ``2 * n_fft``, which undoes the transforms' factors.
    """
    n_frames, n_bins = mask.shape
    half, middle, over = n_bins - 1, n_bins // 2, len(window) // hop - 1
    width = (LANES + over + EIGHT - 1) // EIGHT * EIGHT
    tile, sums = np.empty(hop * width, np.float32), np.zeros((hop, width), np.float32)
    work, masks = np.empty(half * PAIR, np.float32), np.empty(2 * _CHUNK * EIGHT, np.float32)
    flat, flat_sums = mask.reshape(-1), sums.reshape(-1)
    for start in range(0, n_frames, LANES):
        _turned_hops(padded, start, hop, width, tile)
        for lane in range(0, min(LANES, n_frames - start), EIGHT):
            _transformed(tile, lane, hop, width, 1, window, turns, work)
            row = (start + lane) * n_bins
            count = min(EIGHT, n_frames - start - lane)
            for first in range(0, middle, _CHUNK):
                last = half - first
                _take_bins(flat, row + first, n_bins, count, masks, 0)
                _take_bins(flat, row + last - _CHUNK + 1, n_bins, count, masks, _CHUNK)
                for i in range(_CHUNK):
                    k = first + i
                    at, mirrored = places[k] * PAIR, places[(half - k) % half] * PAIR
                    two_filtered(work, at, mirrored, split, k, masks, i, 2 * _CHUNK - 1 - i)
            masks[:EIGHT] = np.float32(0)
            for i in range(count):
                masks[i] = flat[row + i * n_bins + middle]
            at = places[middle] * PAIR
            two_filtered(work, at, at, split, middle, masks, 0, 0)
            _added_back(work, turns, synthesis, flat_sums, lane, hop, width)
        n_columns = min(LANES, n_frames - start)
        if start + LANES >= n_frames:
            n_columns += over
        _return_hops(flat_sums, width, n_columns, hop, total, start * hop)
        for row in range(hop):  # frames go on in the next block
            for column in range(width):
                sums[row, column] = sums[row, LANES + column] if column < over else np.float32(0)


@part
def _take_bins(mask: Float32, at: int, n_bins: int, count: int, masks: Float32, first: int) -> None:
    """Undo `_keep_bins`; frames that are not there have the mask 0."""
    for k in range(0, _CHUNK, EIGHT):
        to = (first + k) * EIGHT
        if count == EIGHT:
            turn_square(mask, at + k, n_bins, masks, to, EIGHT)
            continue
        masks[to : to + EIGHT * EIGHT] = np.float32(0)
        for lane in range(count):
            for i in range(EIGHT):
                masks[to + i * EIGHT + lane] = mask[at + k + lane * n_bins + i]


@part
def _return_hops(tile: Float32, width: int, n_columns: int, hop: int, total: Float32, to: int) -> None:
    """Write columns of `tile` (hop, width) one after the other."""
    for column in range(0, n_columns, EIGHT):
        if column + EIGHT <= n_columns:
            for row in range(0, hop, EIGHT):
                turn_square(tile, row * width + column, width, total, to + column * hop + row, hop)
            continue
        for k in range(column, n_columns):
            for row in range(hop):
                total[to + k * hop + row] = tile[row * width + k]
