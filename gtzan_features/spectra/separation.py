"""Harmonic and percussive parts of a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gtzan_features.spectra import medians, stft
from gtzan_features.spectra.fourier import is_fast
from gtzan_features.spectra.lanes import LANES, n_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from gtzan_features.config import FeatureConfig
    from gtzan_features.spectra.buffers import Scratch

    Float32 = NDArray[np.float32]

_TINY = np.finfo(np.float32).tiny


def enhanced(
    magnitude: Float32, lanes: Callable[[], Float32], width: int, scratch: Scratch
) -> tuple[Float32, Float32]:
    """Magnitudes smoothed over frames, which keeps harmonics, and over bins, which keeps drums.

    Parameters
    ----------
    magnitude : ndarray of shape (n_frames, n_bins), float32
        Linear.
    lanes : callable
        Returns the magnitudes of LANES frames side by side, shape (n_blocks, n_bins, LANES).
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


def soft_mask(magnitude: Float32, lanes: Callable[[], Float32], width: int, scratch: Scratch) -> Float32:
    """Share of the harmonic part in each bin: h^2 / (h^2 + p^2) of what `enhanced` returns.

    Parameters
    ----------
    magnitude, lanes, width, scratch
        As in `enhanced`.

    Returns
    -------
    ndarray of shape (n_frames, n_bins), float32
        Within [0, 1]; 1/2 for silence.
    """
    mask: Float32 = scratch.array("mask", magnitude.shape)
    if width == medians.WINDOW:
        beside = lanes()
        for block, first in enumerate(range(0, len(mask), LANES)):
            here = mask[first : first + LANES]
            medians.mask_of_block(magnitude, beside[block], first, here, scratch)
    else:
        smooth, spiky = enhanced(magnitude, lanes, width, scratch)
        top = np.maximum(smooth, spiky)
        is_normal = top >= _TINY
        least = np.minimum(smooth, spiky) / np.where(is_normal, top, np.float32(1))  # at most 1
        most = 1 / (1 + least * least)
        mask[:] = np.where(is_normal, np.where(smooth >= spiky, most, least * least * most), 0.5)
    return mask


def blocks_of_mask(
    magnitude: Float32, lanes: Callable[[], Float32], width: int, scratch: Scratch
) -> Iterator[tuple[slice, Float32]]:
    """Yield `soft_mask` in blocks of frames, which stay in the cache, and where they belong."""
    if width != medians.WINDOW:
        yield slice(None), soft_mask(magnitude, lanes, width, scratch)
        return
    room, beside = scratch.array("block of mask", (LANES, magnitude.shape[1])), lanes()
    for block, first in enumerate(range(0, len(magnitude), LANES)):
        at = slice(first, min(first + LANES, len(magnitude)))
        here = room[: at.stop - first]
        medians.mask_of_block(magnitude, beside[block], first, here, scratch)
        yield at, here


class Separated(NamedTuple):
    """What `separate` returns."""

    harmonic: Float32
    percussive: Float32
    magnitudes: tuple[Float32, Float32]


def separate(signal: Float32, padded: Float32, config: FeatureConfig, scratch: Scratch) -> Separated:
    """Split a signal into harmonic and percussive waveforms by median filtering [1]_.

    The two soft masks add up to one and the inverse transform of the unmasked spectrum is the
    signal, so the percussive part is what the harmonic part leaves: one inverse transform, not two. A block
    of frames goes through all of it while its spectra are in the cache, and magnitudes fall off on the way.

    Parameters
    ----------
    signal : ndarray of shape (n_samples,), float32
        Mono.
    padded : ndarray of shape (n_samples + n_fft,), float32
        The signal with its padding.
    config : FeatureConfig
        Frame length and hop, width of the medians.
    scratch : Scratch
        Memory.

    Returns
    -------
    harmonic, percussive : ndarray of shape (n_samples,), float32
        They add up to the signal; 0 from sample ``hop * (n_frames - 1)`` on, where librosa's
        inverse transform without `length` ends; 0 for silence.
    magnitudes : tuple of ndarray
        As `stft.magnitude` returns them.

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
    n_fft, hop, width = config.n_fft, config.hop, config.hpss_kernel
    if is_fast(n_fft, hop) and width == medians.WINDOW:
        total, magnitudes = _harmonic_in_one_pass(padded, n_fft, hop, scratch)
    else:
        magnitudes = stft.magnitude(padded, n_fft, hop, scratch)
        mask = soft_mask(magnitudes[0], lambda: magnitudes[1], width, scratch)
        total = stft.filtered(padded, mask, n_fft, hop, scratch)
    n_samples, n_frames = len(signal), len(magnitudes[0])
    harmonic = total[n_fft // 2 :][:n_samples]
    percussive = scratch.array("percussive", (n_samples,))
    inner = hop * (n_frames - 1)
    np.subtract(signal[:inner], harmonic[:inner], out=percussive[:inner])
    harmonic[inner:] = percussive[inner:] = 0
    return Separated(harmonic, percussive, magnitudes)


def _harmonic_in_one_pass(
    padded: Float32, n_fft: int, hop: int, scratch: Scratch
) -> tuple[Float32, tuple[Float32, Float32]]:
    """Return the harmonic part, padded, and magnitudes in two layouts."""
    passed, n_bins = stft.OnePass(padded, n_fft, hop, scratch), n_fft // 2 + 1
    count, kept = n_blocks(passed.n_frames), passed.kept
    magnitude = scratch.array("magnitude", (passed.n_frames, n_bins))
    beside = scratch.array("lanes", (count, n_bins, LANES))
    mask = scratch.array("mask", (n_bins, LANES))
    for block in range(count + 1):
        if block < count:
            passed.forward(block, magnitude, beside[block], kept[block % 2])
        if block > 0:  # its last medians needed frames of the next one
            before = block - 1
            medians.mask_beside(magnitude, beside[before], before * LANES, mask, scratch)
            passed.back(before, kept[before % 2], mask)
    return passed.total(), (magnitude, beside)
