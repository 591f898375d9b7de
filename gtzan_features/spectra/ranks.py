"""Compiled sorting for the `full` set: of blocks of frames, and of the bins of a band.

Many short lists are sorted side by side, by networks without a branch; see `networks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.spectra.compiled import kernel, part, summing_kernel, takes
from gtzan_features.spectra.lanes import LANES
from gtzan_features.spectra.networks import bitonic_sorted, sorted_by_network
from gtzan_features.spectra.vectors import EIGHT, on_eights, ordered, ordered_bits

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

MOST = 16
"""Magnitudes that `mean_extremes` takes the mean of, at most."""

_NEW = 16  # magnitudes that are sorted at a time
RANKS = {10: (0, 3, 6, 9), 25: (0, 6, 12, 18, 24)}
"""Frames of a block, and which of them are kept once they are sorted."""


@on_eights
def _four_of_ten(series: Any, at: Any, step: Any, ranked: Any, to: Any, to_step: Any) -> None:
    """Write four of ten rows, `step` apart, that eight columns have once each is sorted."""
    rows = sorted_by_network([series.eight(at + step * k) for k in range(10)], ordered)
    for place, rank in enumerate(RANKS[10]):
        ranked.put(to + to_step * place, rows[rank])


@on_eights
def _five_of_25(series: Any, at: Any, step: Any, ranked: Any, to: Any, to_step: Any) -> None:
    """Do what `_four_of_ten` does with 25 rows; none is negative."""
    rows = sorted_by_network([series.eight(at + step * k) for k in range(25)], ordered_bits)
    for place, rank in enumerate(RANKS[25]):
        ranked.put(to + to_step * place, rows[rank])


@takes("f4[:, ::1], i8, f4[:, :, ::1]")
@kernel
def ranks_of_blocks(series: Float32, step: int, ranked: Float32) -> None:
    """Fill `ranked` (n_blocks, n_ranks, n_bands) with sorted frames of blocks, one every `step` frames.

    There are four ranks of blocks of ten frames, or five of blocks of 25 (`RANKS`), whose values are not
    negative. The number of bands is divided by eight.
    """
    n_blocks, n_ranks, n_bands = ranked.shape
    flat, flat_ranked = series.reshape(-1), ranked.reshape(-1)
    for block in range(n_blocks):
        for band in range(0, n_bands, EIGHT):
            at, to = block * step * n_bands + band, block * n_ranks * n_bands + band
            if n_ranks == 4:
                _four_of_ten(flat, at, n_bands, flat_ranked, to, n_bands)
            else:
                _five_of_25(flat, at, n_bands, flat_ranked, to, n_bands)


@takes("f4[:, ::1], i8, i8, f8[:, ::1]")
@summing_kernel
def spread_of_blocks(series: Float32, width: int, step: int, spread: Float64) -> None:
    """Fill `spread` (n_blocks, n_bands) with standard deviations of blocks of `width` frames."""
    mean = np.empty(series.shape[1])
    for block in range(len(spread)):
        frames, of_block = series[block * step : block * step + width], spread[block]
        mean[:] = 0.0
        of_block[:] = 0.0
        for i in range(width):
            for band in range(len(mean)):
                mean[band] += frames[i, band]
        mean /= width
        for i in range(width):
            for band in range(len(mean)):
                away = frames[i, band] - mean[band]
                of_block[band] += away * away
        for band in range(len(mean)):
            of_block[band] = np.sqrt(of_block[band] / width)


def _merging(size: int) -> Callable[..., None]:
    """Return a function that keeps the `size` largest and smallest of what it is given, in rising order."""

    @on_eights
    def merge(source: Any, at: Any, largest: Any, smallest: Any, to: Any) -> None:
        new = sorted_by_network([source.eight(at + LANES * k) for k in range(_NEW)], ordered_bits)
        for kept, others, which in ((largest, new[-size:], 1), (smallest, new[:size], 0)):
            old = [kept.eight(to + LANES * k) for k in range(size)]
            # Of two sorted lists, those that stay are found by comparing one with the other turned round.
            stay = [ordered_bits(a, b)[which] for a, b in zip(old, others[::-1], strict=True)]
            for place, value in enumerate(bitonic_sorted(stay, ordered_bits)):
                kept.put(to + LANES * place, value)

    return merge


def _adding(size: int) -> Callable[..., None]:
    """Return a function that does what that of `_merging` does with a single magnitude."""

    @on_eights
    def add(source: Any, at: Any, largest: Any, smallest: Any, to: Any) -> None:
        for kept, which, places in ((largest, 1, range(size)[::-1]), (smallest, 0, range(size))):
            value = source.eight(at)
            for place in places:
                pair = ordered_bits(kept.eight(to + LANES * place), value)
                kept.put(to + LANES * place, pair[which])
                value = pair[1 - which]

    return add


_merge_4, _merge_8, _merge_16 = _merging(4), _merging(8), _merging(16)
_add_1, _add_4, _add_8, _add_16 = _adding(1), _adding(4), _adding(8), _adding(16)


@takes("f4[:, :, ::1], i8[:, ::1], f4[:, ::1], f4[:, ::1]")
@kernel
def mean_extremes(lanes: Float32, bands: NDArray[np.int64], peak: Float32, valley: Float32) -> None:
    """Fill (n_frames, n_bands) with the means of the largest and of the smallest magnitudes of each band.

    `lanes` has frames side by side (n_blocks, n_bins, LANES); a row of `bands` is the first bin, the one
    after the last, and how many magnitudes count, `MOST` at most.
    """
    largest, smallest = np.empty(MOST * LANES, np.float32), np.empty(MOST * LANES, np.float32)
    flat, n_bins = lanes.reshape(-1), lanes.shape[1]
    for block in range(len(lanes)):
        frame = block * LANES
        for band in range(len(bands)):
            first, stop, count = bands[band]
            largest[:], smallest[:] = -np.inf, np.inf
            size = 1 if count == 1 else 4 if count <= 4 else 8 if count <= 8 else 16
            for lane in range(0, min(LANES, len(peak) - frame), EIGHT):
                _gather(
                    flat, (block * n_bins + first) * LANES + lane, stop - first, size, largest, smallest, lane
                )
            for lane in range(min(LANES, len(peak) - frame)):
                high, low = 0.0, 0.0
                for place in range(count):
                    high += largest[(size - 1 - place) * LANES + lane]
                    low += smallest[place * LANES + lane]
                peak[frame + lane, band], valley[frame + lane, band] = high / count, low / count


@part
def _gather(
    source: Float32, at: int, n_bins: int, size: int, largest: Float32, smallest: Float32, lane: int
) -> None:
    """Keep the `size` largest and smallest magnitudes of eight lanes."""
    n_whole = 0 if size == 1 else n_bins // _NEW * _NEW
    for k in range(0, n_whole, _NEW):
        if size == 4:
            _merge_4(source, at + k * LANES, largest, smallest, lane)
        elif size == 8:
            _merge_8(source, at + k * LANES, largest, smallest, lane)
        else:
            _merge_16(source, at + k * LANES, largest, smallest, lane)
    for k in range(n_whole, n_bins):
        if size == 1:
            _add_1(source, at + k * LANES, largest, smallest, lane)
        elif size == 4:
            _add_4(source, at + k * LANES, largest, smallest, lane)
        elif size == 8:
            _add_8(source, at + k * LANES, largest, smallest, lane)
        else:
            _add_16(source, at + k * LANES, largest, smallest, lane)
