"""The Fourier transforms of a signal's frames, forward and back, and nothing else: the floor of extraction.

By scipy, by this package, and by ducc0 and MKL (mkl_fft) where these can be imported; of float32, on one
thread, libraries on blocks of 64 frames and this package on those that it works on. Libraries are given
frames that are cut, windowed or not: the transforms alone are timed. This package's take eight frames side by
side from the signal, windowed on the way; that cannot be taken from them and counts as theirs.
"""

from __future__ import annotations

import importlib.util
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.spectra import fourier, stft
from gtzan_features.spectra.butterflies import PAIR, _factor, _put, _two_bins
from gtzan_features.spectra.compiled import kernel, takes
from gtzan_features.spectra.fourier import (
    _FIXED,
    _PLAN,
    _added_back,
    _return_hops,
    _transformed,
    _turned_hops,
)
from gtzan_features.spectra.lanes import LANES
from gtzan_features.spectra.vectors import EIGHT, on_eights

if TYPE_CHECKING:
    from collections.abc import Callable

    Frames = np.ndarray[Any, np.dtype[np.float32]]

N_FFT, HOP, BLOCK = 2048, 512, 64


def transforms() -> dict[str, Callable[[Frames], object]]:
    """Return, by library, what transforms a block of frames forward and back."""
    import scipy.fft

    found: dict[str, Callable[[Frames], object]] = {
        "scipy": lambda block: scipy.fft.irfft(scipy.fft.rfft(block, axis=1), axis=1)
    }
    if importlib.util.find_spec("ducc0"):
        import ducc0.fft

        found["ducc0"] = lambda block: ducc0.fft.c2r(
            ducc0.fft.r2c(block, axes=(1,), nthreads=1), axes=(1,), lastsize=N_FFT, forward=False, nthreads=1
        )
    if importlib.util.find_spec("mkl_fft"):
        import mkl_fft

        found["MKL"] = lambda block: mkl_fft.irfft(mkl_fft.rfft(block, axis=1), n=N_FFT, axis=1)
    return found


def seconds(signals: list[Frames]) -> dict[str, float]:
    """Return processor seconds of the transforms of all frames of some signals, by library."""
    spent = dict.fromkeys(transforms(), 0.0)
    for y in signals:
        padded = np.pad(y, N_FFT // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
        for name, there_and_back in transforms().items():
            for first in range(0, len(frames), BLOCK):
                block = np.ascontiguousarray(frames[first : first + BLOCK])
                start = time.process_time()
                there_and_back(block)
                spent[name] += time.process_time() - start
        start = time.process_time()
        ours(padded, len(frames))
        spent["this package"] = spent.get("this package", 0.0) + time.process_time() - start
    return spent


def ours(padded: Frames, n_frames: int) -> Frames:
    """Transform frames forward and back by the steps of `gtzan_features.spectra.fourier`; add them up."""
    plan, total = fourier.plan(N_FFT), np.zeros(HOP * (n_frames - 1) + N_FFT, np.float32)
    tile = np.empty(fourier.tile_shape(N_FFT, HOP), np.float32)
    work, sums = np.empty(N_FFT // 2 * PAIR, np.float32), np.zeros_like(tile)
    window, back = stft.hann(N_FFT), stft._synthesis(N_FFT, HOP)
    _there_and_back(
        padded, n_frames, window, back, plan.turns, plan.split, plan.places, tile, work, sums, total
    )
    return total


@on_eights
def _real_and_back(work: Any, at: Any, mirrored: Any, split: Any, k: Any) -> None:
    """From the transform of half as many complex numbers to that of the frame, and back."""
    x, y = _two_bins(work, at, mirrored, split, k)
    even, odd = x + y, (x - y).turned_back(_factor(split, k * 2))
    _put(work, at, even.plus_i(odd))
    b = even.minus_i(odd)
    work.put(mirrored, b.re)
    work.put(mirrored + EIGHT, b.im * -1.0)


@takes(f"f4[::1], i8, {_FIXED}, {_FIXED}, {_PLAN}, f4[:, ::1], f4[::1], f4[:, ::1], f4[::1]")
@kernel
def _there_and_back(
    padded: Frames, n_frames: int, window: Frames, back: Frames, turns: Frames, split: Frames, places: Any,
    tile: Frames, work: Frames, sums: Frames, total: Frames,
) -> None:  # fmt: skip
    (hop, width), half, over = tile.shape, len(window) // 2, len(window) // tile.shape[0] - 1
    flat, flat_sums = tile.reshape(-1), sums.reshape(-1)
    for start in range(0, n_frames, LANES):
        count = min(LANES, n_frames - start)
        _turned_hops(padded, start, hop, width, flat)
        for lane in range(0, count, EIGHT):
            _transformed(flat, lane, hop, width, 1, window, turns, work, (work, 0, 0, work, 0, 0))
            for k in range(half // 2 + 1):
                _real_and_back(work, places[k] * PAIR, places[(half - k) % half] * PAIR, split, k)
            _added_back(work, turns, back, flat_sums, lane, hop, width, (work, 0, 0))
        n_columns = count + over if start + LANES >= n_frames else count
        _return_hops(flat_sums, width, n_columns, hop, total[start * hop :])
        for row in range(hop):
            for column in range(width):
                sums[row, column] = sums[row, LANES + column] if column < over else np.float32(0)
