"""Peaks and valleys of the spectrum in octave bands."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.errors import ConfigError
from gtzan_features.spectra import ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra

N_OCTAVES = 7
"""Bands: up to 200 Hz, then octaves; the last ends at half the sampling rate."""

_LOWEST_HZ = 200.0
_SHARE = 0.02  # of a band's bins that count as peak, and as valley
_FLOOR = 1e-10  # of the mean peak
_SILENT = 1e-30


def spectral_peak(spectra: Spectra) -> NDArray[np.float32]:
    """Level of the strongest bins of each octave band.

    Returns
    -------
    ndarray of shape (n_frames, N_OCTAVES)
        10 log10 of the mean magnitude of the strongest fiftieth of the bins (at least one), over the mean of
        this over all bands and frames, so that a gain changes nothing. Not under -100; 0 for silence.

    References
    ----------
    .. [1] D. Jiang et al., "Music type classification by spectral contrast feature", ICME 2002;
       ``librosa.feature.spectral_contrast``.
    """
    return _peaks_and_valleys(spectra)[0]


def spectral_valley(spectra: Spectra) -> NDArray[np.float32]:
    """Level of the weakest bins of each octave band, as `spectral_peak`."""
    return _peaks_and_valleys(spectra)[1]


def spectral_contrast(spectra: Spectra) -> NDArray[np.float32]:
    """Difference in level between peak and valley of each octave band.

    Returns
    -------
    ndarray of shape (n_frames, N_OCTAVES)
        As ``librosa.feature.spectral_contrast`` has it, which converts magnitudes as if they were powers,
        but without its limit 80 dB under the maximum. Silence: 0.
    """
    peak, valley = _peaks_and_valleys(spectra)
    return peak - valley


def _peaks_and_valleys(spectra: Spectra) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    def compute() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        bands = np.array(octave_bands(spectra.config.sr, spectra.config.n_fft))
        peak, valley = _mean_extremes(spectra, bands)
        mean = peak.mean(dtype=np.float64)
        if mean < _SILENT:
            return np.zeros_like(peak), np.zeros_like(valley)
        floor, scale = np.float32(_FLOOR), np.float32(mean)
        return 10 * np.log10(np.maximum(peak / scale, floor)), 10 * np.log10(
            np.maximum(valley / scale, floor)
        )

    return spectra.kept("octaves", compute)


def _mean_extremes(
    spectra: Spectra, bands: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Means of the largest and of the smallest magnitudes of each band, (n_frames, N_OCTAVES) each."""
    peak = np.empty((spectra.n_frames, N_OCTAVES), np.float32)
    valley = np.empty_like(peak)
    if bands[:, 2].max() <= ranks.MOST:
        ranks.mean_extremes(spectra.lanes, bands, peak, valley)
        return peak, valley
    for band, (first, stop, count) in enumerate(bands):  # of longer frames than is usual
        ranked = np.sort(spectra.magnitude[:, first:stop], axis=1)
        peak[:, band] = ranked[:, -count:].mean(axis=1, dtype=np.float64)
        valley[:, band] = ranked[:, :count].mean(axis=1, dtype=np.float64)
    return peak, valley


@lru_cache(maxsize=8)
def octave_bands(sr: int, n_fft: int) -> tuple[tuple[int, int, int], ...]:
    """First bin, bin after the last, and bins that count as peak, of each band; as librosa chooses them.

    Raises
    ------
    ConfigError
        If the sampling rate leaves a band without bins.
    """
    hz = np.arange(n_fft // 2 + 1) * sr / n_fft
    edges = [0.0, *(_LOWEST_HZ * 2.0**i for i in range(N_OCTAVES))]
    if sr / 2 <= edges[-2]:
        msg = f"octave bands need a higher sampling rate than {sr} Hz: leave out contrast and modulation"
        raise ConfigError(msg)
    bands = []
    for band in range(N_OCTAVES):
        inside = np.flatnonzero((hz >= edges[band]) & (hz <= edges[band + 1]))
        first, stop = int(inside[0]), int(inside[-1]) + 1
        if band > 0:
            first -= 1
        if band == N_OCTAVES - 1:
            stop = len(hz)
        count = max(round(_SHARE * (stop - first)), 1)
        bands.append((first, stop if band == N_OCTAVES - 1 else stop - 1, count))
    return tuple(bands)
