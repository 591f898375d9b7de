"""Short-time Fourier transform and its inverse, in float32, a block of frames at a time."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.spectra import fourier, lanes
from gtzan_features.spectra.vectors import EIGHT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra.buffers import Scratch

BLOCK = 64
"""Frames that are transformed at a time; their samples and spectra stay in the cache."""


def periodic_hann(n_samples: int) -> NDArray[np.float64]:
    """Periodic Hann window, shape (n_samples,); equal to ``scipy.signal.get_window("hann", n_samples)``.

    Computed here, for importing scipy.signal takes longer than a track.
    """
    window: NDArray[np.float64] = 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, n_samples + 1))
    return window[:-1]


@lru_cache(maxsize=8)
def hann(n_samples: int) -> NDArray[np.float32]:
    """Periodic Hann window, read-only float32: all callers share it, and one type compiles kernels once."""
    window = periodic_hann(n_samples).astype(np.float32)
    window.flags.writeable = False
    return window


def pad(signal: NDArray[np.float32], half: int, mode: str, scratch: Scratch) -> NDArray[np.float32]:
    """Pad a signal by `half` samples on both sides, as ``numpy.pad`` does.

    Parameters
    ----------
    signal : ndarray of shape (n_samples,), float32
        Longer than `half`.
    half : int
        Half a frame.
    mode : str
        Of ``numpy.pad``; "reflect" is fast.
    scratch : Scratch
        Memory.

    Returns
    -------
    ndarray of shape (n_samples + 2 * half,), float32
        The padded signal.
    """
    if mode != "reflect":
        options: Any = {"mode": mode}
        return np.pad(signal, half, **options)
    padded = scratch.array("padded", (len(signal) + 2 * half,))
    padded[half : half + len(signal)] = signal
    padded[:half] = signal[half:0:-1]
    padded[half + len(signal) :] = signal[-2 : -half - 2 : -1]
    return padded


def stft(padded: NDArray[np.float32], n_fft: int, hop: int, scratch: Scratch) -> NDArray[np.complex64]:
    """Transform Hann-windowed frames of a signal that is already padded by ``n_fft // 2`` on both sides.

    Parameters
    ----------
    padded : ndarray of shape (n_samples + n_fft,), float32
        The padded signal.
    n_fft, hop : int
        Length of a frame and step between frames in samples.
    scratch : Scratch
        Memory.

    Returns
    -------
    ndarray of shape (n_frames, n_fft // 2 + 1), complex64
        Within float32 rounding of the transpose of ``librosa.stft``.
    """
    import scipy.fft  # a fifth of a second, which usual frames do not wait for

    count = 1 + (len(padded) - n_fft) // hop
    spectrum = scratch.array("stft", (count, n_fft // 2 + 1), np.complex64)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    for first in range(0, count, BLOCK):
        at = slice(first, first + BLOCK)
        spectrum[at] = scipy.fft.rfft(frames[at] * hann(n_fft), axis=1, workers=1)
    return spectrum


def magnitude(
    padded: NDArray[np.float32], n_fft: int, hop: int, scratch: Scratch
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Magnitudes of what `stft` gives, in two layouts.

    Parameters
    ----------
    padded : ndarray of shape (n_samples + n_fft,), float32
        The padded signal.
    n_fft, hop : int
        Length of a frame and step between frames in samples; powers of two are fast.
    scratch : Scratch
        Memory.

    Returns
    -------
    magnitude : ndarray of shape (n_frames, n_fft // 2 + 1), float32
        Absolute values of the spectra.
    lanes : ndarray of shape (n_blocks, n_fft // 2 + 1, LANES), float32
        The same with frames side by side, see `lanes.to_lanes`.
    """
    count = 1 + (len(padded) - n_fft) // hop
    result = scratch.array("magnitude", (count, n_fft // 2 + 1))
    return result, _magnitude(padded, n_fft, hop, result, scratch)


def magnitude_lanes(
    padded: NDArray[np.float32], n_fft: int, hop: int, scratch: Scratch
) -> NDArray[np.float32]:
    """Return the second of what `magnitude` returns; the first is not computed."""
    return _magnitude(padded, n_fft, hop, np.empty((0, n_fft // 2 + 1), np.float32), scratch)


def _magnitude(
    padded: NDArray[np.float32], n_fft: int, hop: int, result: NDArray[np.float32], scratch: Scratch
) -> NDArray[np.float32]:
    """Fill `result`, if it has rows, and return magnitudes side by side."""
    count = 1 + (len(padded) - n_fft) // hop
    beside: NDArray[np.float32] = scratch.array("lanes", (lanes.n_blocks(count), n_fft // 2 + 1, lanes.LANES))
    if fourier.is_fast(n_fft, hop):
        passed = OnePass(padded, n_fft, hop, scratch)
        for block, here in enumerate(beside):
            passed.forward(block, result, here, passed.nothing)
    else:
        found = np.abs(stft(padded, n_fft, hop, scratch))
        result[:] = found[: len(result)]
        lanes.to_lanes(found, beside)
    return beside


class OnePass:
    """Transforms of blocks of LANES frames, forward and back, for lengths that `fourier` is fast at.

    Parameters
    ----------
    padded, n_fft, hop, scratch
        As `stft`.

    Attributes
    ----------
    n_frames : int
        Frames of the signal.
    nothing : ndarray without rows
        In place of it: no spectra are kept.
    """

    def __init__(self, padded: NDArray[np.float32], n_fft: int, hop: int, scratch: Scratch) -> None:
        self.n_frames = 1 + (len(padded) - n_fft) // hop
        self.nothing = np.empty((0, 0, 0), np.float32)
        self._padded, self._n_fft, self._hop, self._scratch = padded, n_fft, hop, scratch
        self._plan, self._tile = fourier.plan(n_fft), scratch.array("tile", fourier.tile_shape(n_fft, hop))
        self._work = scratch.array("work", (n_fft * EIGHT,))

    @property
    def kept(self) -> NDArray[np.float32]:
        """Room for the spectra of two blocks, each of the shape `fourier.kept_shape`."""
        return self._scratch.array("kept", (2, *fourier.kept_shape(self._n_fft)))

    def forward(
        self,
        block: int,
        magnitude: NDArray[np.float32],
        beside: NDArray[np.float32],
        kept: NDArray[np.float32],
    ) -> None:
        """Fill the block's rows of `magnitude`, if it has any, its own `beside`, and `kept`."""
        first, plan = block * lanes.LANES, self._plan
        count = min(lanes.LANES, self.n_frames - first)
        fourier.magnitudes_of_block(
            self._padded, first, count, hann(self._n_fft), plan.turns, plan.split, plan.places,
            self._tile, self._work, magnitude[first : first + count], beside, kept,
        )  # fmt: skip

    def back(self, block: int, kept: NDArray[np.float32], mask: NDArray[np.float32]) -> None:
        """Multiply a block's spectra with `mask` (n_bins, LANES) and add them up; blocks come in order."""
        first, plan = block * lanes.LANES, self._plan
        count = min(lanes.LANES, self.n_frames - first)
        if not block:
            self._sums[:] = 0
        fourier.filter_block(
            kept, count, first + count == self.n_frames, _synthesis(self._n_fft, self._hop), plan.turns,
            plan.split, plan.places, self._work, mask, self._sums, self._total[first * self._hop :],
        )  # fmt: skip

    @property
    def _sums(self) -> NDArray[np.float32]:
        return self._scratch.array("sums", fourier.tile_shape(self._n_fft, self._hop))

    @property
    def _total(self) -> NDArray[np.float32]:
        return self._scratch.array("inverse", (self._hop * (self.n_frames - 1) + self._n_fft,))

    def total(self) -> NDArray[np.float32]:
        """Return what came back of all blocks, as `filtered` does."""
        total = self._total
        _mend_ends(total, self._n_fft, self._hop, self.n_frames)
        return total


def precise_magnitude(
    padded: NDArray[np.float32], n_fft: int, hop: int, chosen: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """Magnitudes from a float64 transform rounded to complex64, as librosa computes them; slower than `stft`.

    Parameters
    ----------
    padded : ndarray of shape (n_samples + n_fft,), float32
        The padded signal.
    n_fft, hop : int
        Length of a frame and step between frames in samples.
    chosen : ndarray of shape (n_chosen,), optional
        Frames that are wanted; all of them if left out.

    Returns
    -------
    ndarray of shape (n_chosen, n_fft // 2 + 1), float32
        Transpose of ``abs(librosa.stft)``.
    """
    window = periodic_hann(n_fft)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    wanted = np.arange(len(frames)) if chosen is None else chosen
    blocks = [
        np.abs(np.fft.rfft(frames[wanted[i : i + BLOCK]] * window, axis=1).astype(np.complex64))
        for i in range(0, len(wanted), BLOCK)
    ]
    return np.concatenate(blocks)


def filtered(
    padded: NDArray[np.float32], mask: NDArray[np.float32], n_fft: int, hop: int, scratch: Scratch
) -> NDArray[np.float32]:
    """Multiply the spectra of a signal with a mask, and transform them back; `OnePass` is faster.

    Parameters
    ----------
    padded : ndarray of shape (n_samples + n_fft,), float32
        The padded signal.
    mask : ndarray of shape (n_frames, n_fft // 2 + 1), float32
        Of each bin of each frame; all 1 gives the signal back.
    n_fft, hop : int
        Length of a frame and step between frames in samples; `hop` divides ``n_fft // 2``.
    scratch : Scratch
        Memory.

    Returns
    -------
    ndarray of shape (hop * (n_frames - 1) + n_fft,), float32
        Overlapped and added frames, divided by the sum of the squared windows, but for the half
        frame at either end, which belongs to the padding.
    """
    import scipy.fft

    n_frames, synthesis = len(mask), _synthesis(n_fft, hop)
    total: NDArray[np.float32] = scratch.array("inverse", (hop * (n_frames - 1) + n_fft,))
    total[:] = 0
    spectrum = stft(padded, n_fft, hop, scratch)
    for first in range(0, n_frames, BLOCK):
        at = slice(first, first + BLOCK)
        frames = scipy.fft.irfft(spectrum[at] * mask[at], n_fft, axis=1, workers=1)
        for frame, samples in enumerate(frames * (synthesis * np.float32(2 * n_fft)), first):
            total[frame * hop : frame * hop + n_fft] += samples
    _mend_ends(total, n_fft, hop, n_frames)
    return total


@lru_cache(maxsize=8)
def _synthesis(n_fft: int, hop: int) -> NDArray[np.float32]:
    """Window divided by the sum of the squared windows over it, and by ``2 * n_fft``."""
    window = periodic_hann(n_fft)
    over = np.tile(_squared(n_fft, hop).sum(axis=0), n_fft // hop)
    synthesis: NDArray[np.float32] = (window / over / (2 * n_fft)).astype(np.float32)
    synthesis.flags.writeable = False
    return synthesis


@lru_cache(maxsize=8)
def _squared(n_fft: int, hop: int) -> NDArray[np.float64]:
    """Squared window, a hop in each row."""
    squared: NDArray[np.float64] = (periodic_hann(n_fft) ** 2).reshape(-1, hop)
    return squared


def _mend_ends(total: NDArray[np.float32], n_fft: int, hop: int, n_frames: int) -> None:
    """Divide hops that fewer frames lie over than elsewhere by the windows that do."""
    for block, factor in _factors_of_ends(n_fft, hop, n_frames):
        total[block * hop : (block + 1) * hop] *= factor


@lru_cache(maxsize=16)
def _factors_of_ends(n_fft: int, hop: int, n_frames: int) -> tuple[tuple[int, NDArray[np.float32]], ...]:
    """Return the hops that `_mend_ends` divides, and what they are multiplied with."""
    squared, n_over = _squared(n_fft, hop), n_fft // hop
    factors = []
    stop = n_frames - 1 + n_over // 2
    few = {*range(n_over // 2, n_over - 1), *range(n_frames, stop)}
    for block in (one for one in few if one < stop):
        latest, earliest = min(block, n_frames - 1), max(block - n_over + 1, 0)
        there = squared[block - latest : block - earliest + 1].sum(axis=0)
        factors.append((block, (squared.sum(axis=0) / there).astype(np.float32)))
    return tuple(factors)
