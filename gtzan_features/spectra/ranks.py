"""Compiled sorting for the `full` set: of blocks of frames, and of the bins of a band.

Many short lists are sorted side by side, by networks without a branch; see `networks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.spectra.compiled import kernel, summing_kernel, takes
from gtzan_features.spectra.networks import sorted_by_network
from gtzan_features.spectra.vectors import EIGHT, on_eights, ordered, ordered_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

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
