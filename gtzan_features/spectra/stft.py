"""Short-time Fourier transform and its inverse, in float32, a block of frames at a time."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.fft

from gtzan_features.spectra import kernels

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def stft(
    padded: NDArray[np.float32], n_fft: int, hop: int, scratch: Scratch
) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
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
    spectrum : ndarray of shape (n_frames, n_fft // 2 + 1), complex64
        Within float32 rounding of the transpose of ``librosa.stft``.
    magnitude : ndarray of the same shape, float32
        Its absolute values.
    """
    count, n_bins = 1 + (len(padded) - n_fft) // hop, n_fft // 2 + 1
    spectrum = scratch.array("stft", (count, n_bins), np.complex64)
    magnitude = scratch.array("magnitude", (count, n_bins))
    parts = spectrum.view(np.float32)
    frames = scratch.array("frames", (BLOCK, n_fft))
    for first in range(0, count, BLOCK):
        stop = min(first + BLOCK, count)
        block = frames[: stop - first]
        kernels.windowed_frames(padded[first * hop :], hann(n_fft), hop, block)
        transformed = scipy.fft.rfft(block, axis=1, workers=1)
        kernels.magnitudes(transformed.view(np.float32), parts[first:stop], magnitude[first:stop])
    return spectrum, magnitude


def precise_magnitude(padded: NDArray[np.float32], n_fft: int, hop: int) -> NDArray[np.float32]:
    """Magnitudes from a float64 transform rounded to complex64, as librosa computes them; slower than `stft`.

    Parameters
    ----------
    padded : ndarray of shape (n_samples + n_fft,), float32
        The padded signal.
    n_fft, hop : int
        Length of a frame and step between frames in samples.

    Returns
    -------
    ndarray of shape (n_frames, n_fft // 2 + 1), float32
        Transpose of ``abs(librosa.stft)``.
    """
    window = periodic_hann(n_fft)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    blocks = [
        np.abs(scipy.fft.rfft(frames[i : i + BLOCK] * window, axis=1, workers=1).astype(np.complex64))
        for i in range(0, len(frames), BLOCK)
    ]
    return np.concatenate(blocks)


def istft(
    blocks: Iterable[NDArray[np.complex64]], n_frames: int, n_fft: int, hop: int, scratch: Scratch
) -> NDArray[np.float32]:
    """Invert `stft`, padding included.

    Parameters
    ----------
    blocks : iterable of ndarray of shape (up to BLOCK, n_fft // 2 + 1), complex64
        Spectra of one frame after the other.
    n_frames : int
        How many there are in all.
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
    window = hann(n_fft)
    total = scratch.array("inverse", (hop * (n_frames - 1) + n_fft,))
    total[:] = 0
    first = 0
    for block in blocks:
        frames = scipy.fft.irfft(block, n_fft, axis=1, workers=1)
        kernels.overlap_added(frames, window, hop, total[first * hop :])
        first += len(block)
    kernels.divided_by_windows(total, window, hop, n_frames)
    return total
