"""Harmonic and percussive parts of a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra import kernels, medians
from gtzan_features.spectra.stft import BLOCK, istft

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gtzan_features.spectra.buffers import Scratch
    from gtzan_features.spectra.shared import Spectra


def enhanced(spectra: Spectra, scratch: Scratch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Magnitudes smoothed over frames, which keeps harmonics, and over bins, which keeps drums.

    Parameters
    ----------
    spectra : Spectra
        Magnitudes and the width of the medians; 31 is fast, other widths are left to scipy.
    scratch : Scratch
        Memory.

    Returns
    -------
    harmonic, percussive : ndarray of shape (n_frames, n_bins), float32
        Never negative; 0 for silence.
    """
    magnitude, width = spectra.magnitude, spectra.config.hpss_kernel
    if width == medians.WINDOW:
        smooth = medians.median_over_frames(magnitude, scratch.array("smooth", magnitude.shape), scratch)
        spiky = medians.median_over_bins(spectra.lanes, scratch.array("spiky", magnitude.shape), scratch)
        return smooth, spiky
    # A third of a second that the usual width does not wait for.
    import scipy.ndimage

    return (
        scipy.ndimage.median_filter(magnitude, size=(width, 1), mode="reflect"),
        scipy.ndimage.median_filter(magnitude, size=(1, width), mode="reflect"),
    )


def separate(spectra: Spectra, scratch: Scratch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Split a signal into harmonic and percussive waveforms by median filtering [1]_.

    The two soft masks add up to one and the inverse transform of the unmasked spectrum is the
    signal, so the percussive part is what the harmonic part leaves: one inverse transform, not two.

    Parameters
    ----------
    spectra : Spectra
        Transform, magnitudes and signal.
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
    config, n_samples, n_frames = spectra.config, len(spectra.signal), spectra.n_frames
    blocks = _masked(spectra.stft, *spectra.enhanced, scratch)
    total = istft(blocks, n_frames, config.n_fft, config.hop, scratch)
    harmonic = total[config.n_fft // 2 :][:n_samples]
    percussive = scratch.array("percussive", (n_samples,))
    inner = config.hop * (n_frames - 1)
    np.subtract(spectra.signal[:inner], harmonic[:inner], out=percussive[:inner])
    harmonic[inner:] = percussive[inner:] = 0
    return harmonic, percussive


def _masked(
    spectrum: NDArray[np.complex64], smooth: NDArray[np.float32], spiky: NDArray[np.float32], scratch: Scratch
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
