"""Harmonic and percussive parts of a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra import kernels, medians
from gtzan_features.spectra.lanes import LANES
from gtzan_features.spectra.stft import filtered

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
    padded: Float32,
    magnitude: Float32,
    lanes: Callable[[], Float32],
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
    padded : ndarray of shape (n_samples + n_fft,), float32
        The signal with its padding.
    magnitude : ndarray of shape (n_frames, n_bins), float32
        Absolute values of its transform.
    lanes : callable
        Returns them with 64 frames side by side, as `enhanced` takes them.
    config : FeatureConfig
        Frame length and hop, and the width of the medians.
    scratch : Scratch
        Memory.

    Returns
    -------
    harmonic, percussive : ndarray of shape (n_samples,), float32
        They add up to the signal; 0 from sample ``hop * (n_frames - 1)`` on, where librosa's
        inverse transform without `length` ends; 0 for silence.

    Notes
    -----
    Sums of squares alone could be had without the inverse transform, as a form in the masked spectra of
    frames up to three hops apart: the kernel of frames d hops apart is the transform of w(n) w(n - d hop).
    It has 5 bins for d = 0; for 1, 2 and 3 the product ends within the frame, and 55, 67 and 223 bins are
    above 1e-5 of its peak. That is 350 complex products for each bin, where the transform takes about ten.

    References
    ----------
    .. [1] D. FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010.
    """
    n_samples, n_frames = len(signal), len(magnitude)
    if config.hpss_kernel == medians.WINDOW:
        smoothed = _enhanced_blocks(magnitude, lanes(), scratch)
    else:
        smoothed = _blocks(*enhanced(magnitude, lanes, config.hpss_kernel, scratch))
    mask, first = scratch.array("mask", magnitude.shape), 0
    for smooth, spiky in smoothed:
        stop = first + len(smooth)
        kernels.soft_mask(smooth, spiky, mask[first:stop])
        first = stop
    total = filtered(padded, mask, config.n_fft, config.hop, scratch)
    harmonic = total[config.n_fft // 2 :][:n_samples]
    percussive = scratch.array("percussive", (n_samples,))
    inner = config.hop * (n_frames - 1)
    np.subtract(signal[:inner], harmonic[:inner], out=percussive[:inner])
    harmonic[inner:] = percussive[inner:] = 0
    return harmonic, percussive


def _enhanced_blocks(
    magnitude: Float32, lanes: Float32, scratch: Scratch
) -> Iterator[tuple[Float32, Float32]]:
    """Yield what `enhanced` returns, LANES frames at a time, which stay in the cache."""
    shape = (LANES, magnitude.shape[1])
    smooth, spiky = scratch.array("smooth block", shape), scratch.array("spiky block", shape)
    for block, first in enumerate(range(0, len(magnitude), LANES)):
        count = min(LANES, len(magnitude) - first)
        here = smooth[:count], spiky[:count]
        medians.median_of_block(magnitude, lanes[block], first, here, scratch)
        yield here


def _blocks(smooth: Float32, spiky: Float32) -> Iterator[tuple[Float32, Float32]]:
    """Yield what `enhanced` returned, LANES frames at a time."""
    for first in range(0, len(smooth), LANES):
        yield smooth[first : first + LANES], spiky[first : first + LANES]
