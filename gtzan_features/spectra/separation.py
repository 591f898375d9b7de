"""Harmonic and percussive parts of a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra import kernels, medians
from gtzan_features.spectra.stft import BLOCK, istft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from gtzan_features.config import FeatureConfig
    from gtzan_features.spectra.buffers import Scratch

    Float32 = NDArray[np.float32]


def enhanced(
    magnitude: Float32, lanes: Callable[[], Float32], width: int, scratch: Scratch
) -> tuple[Float32, Float32]:
    """Magnitudes smoothed over frames, which keeps harmonics, and over bins, which keeps drums.

    Parameters
    ----------
    magnitude : ndarray of shape (n_frames, n_bins), float32
        Linear.
    lanes : callable
        Returns the magnitudes of 64 frames side by side, shape (n_blocks, n_bins, LANES).
    width : int
        Frames and bins of the medians, odd; 31 is fast, other widths are left to scipy.
    scratch : Scratch
        Memory.

    Returns
    -------
    harmonic, percussive : ndarray of shape (n_frames, n_bins), float32
        Never negative; 0 for silence.
    """
    if width == medians.WINDOW:
        smooth = medians.median_over_frames(magnitude, scratch.array("smooth", magnitude.shape), scratch)
        spiky = medians.median_over_bins(lanes(), scratch.array("spiky", magnitude.shape), scratch)
        return smooth, spiky
    # A third of a second that the usual width does not wait for.
    import scipy.ndimage

    return (
        scipy.ndimage.median_filter(magnitude, size=(width, 1), mode="reflect"),
        scipy.ndimage.median_filter(magnitude, size=(1, width), mode="reflect"),
    )


def separate(
    signal: Float32,
    spectrum: NDArray[np.complex64],
    smoothed: tuple[Float32, Float32],
    config: FeatureConfig,
    scratch: Scratch,
) -> tuple[Float32, Float32]:
    """Split a signal into harmonic and percussive waveforms by median filtering [1]_.

    The two soft masks add up to one and the inverse transform of the unmasked spectrum is the
    signal, so the percussive part is what the harmonic part leaves: one inverse transform, not two.

    Parameters
    ----------
    signal : ndarray of shape (n_samples,), float32
        Mono.
    spectrum : ndarray of shape (n_frames, n_bins), complex64
        Its transform.
    smoothed : tuple of two ndarrays of shape (n_frames, n_bins), float32
        What `enhanced` returns.
    config : FeatureConfig
        Frame length and hop.
    scratch : Scratch
        Memory.

    Returns
    -------
    harmonic, percussive : ndarray of shape (n_samples,), float32
        They add up to the signal; 0 from sample ``hop * (n_frames - 1)`` on, where librosa's
        inverse transform without `length` ends; 0 for silence.

    References
    ----------
    .. [1] D. FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010.
    """
    n_samples, n_frames = len(signal), len(spectrum)
    blocks = _masked(spectrum, *smoothed, scratch)
    total = istft(blocks, n_frames, config.n_fft, config.hop, scratch)
    harmonic = total[config.n_fft // 2 :][:n_samples]
    percussive = scratch.array("percussive", (n_samples,))
    inner = config.hop * (n_frames - 1)
    np.subtract(signal[:inner], harmonic[:inner], out=percussive[:inner])
    harmonic[inner:] = percussive[inner:] = 0
    return harmonic, percussive


def _masked(
    spectrum: NDArray[np.complex64], smooth: Float32, spiky: Float32, scratch: Scratch
) -> Iterator[NDArray[np.complex64]]:
    """Yield the harmonic part of the spectrum, a block of frames at a time."""
    block = scratch.array("masked", (BLOCK, spectrum.shape[1]), np.complex64)
    parts = spectrum.view(np.float32)
    for first in range(0, len(spectrum), BLOCK):
        stop = min(first + BLOCK, len(spectrum))
        kernels.soft_masked(
            parts[first:stop], smooth[first:stop], spiky[first:stop], block[: stop - first].view(np.float32)
        )
        yield block[: stop - first]
