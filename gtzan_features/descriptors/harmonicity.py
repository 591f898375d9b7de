"""What is harmonic and what percussive, band by band."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra import descriptors, mel
from gtzan_features.spectra.mel_scale import mel_frequencies

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra

N_BANDS = 32
"""Bands between edges of equal distance on the mel scale, without overlap."""

N_CEPSTRUM = 13

_LIMIT_DB = 40.0
_FLOOR = 1e-15  # of the largest power: that of float32's rounding
_SILENT = 1e-30


def band_ratio(spectra: Spectra) -> NDArray[np.float64]:
    """Level of the harmonic over that of the percussive part of each band.

    Returns
    -------
    ndarray of shape (n_frames, N_BANDS)
        dB within [-40, 40]; 0 for silence.

    References
    ----------
    .. [1] D. FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010.
    """
    return _ratio(*_parts(spectra))


def band_ratio_of_sums(spectra: Spectra) -> NDArray[np.float64]:
    """`band_ratio` of the energies of the whole signal; shape (N_BANDS,)."""
    harmonic, percussive = _parts(spectra)
    return _ratio(harmonic.sum(axis=0), percussive.sum(axis=0))


def frame_ratio(spectra: Spectra) -> NDArray[np.float64]:
    """`band_ratio` of the energies of all bands; shape (n_frames,)."""
    harmonic, percussive = _parts(spectra)
    return _ratio(harmonic.sum(axis=1), percussive.sum(axis=1))


def _ratio(harmonic: NDArray[np.float64], percussive: NDArray[np.float64]) -> NDArray[np.float64]:
    floor = max(_FLOOR * max(harmonic.max(), percussive.max()), _SILENT)
    ratio = 10 * np.log10((harmonic + floor) / (percussive + floor))
    result: NDArray[np.float64] = np.clip(ratio, -_LIMIT_DB, _LIMIT_DB)
    return result


def harmonic_cepstrum(spectra: Spectra) -> NDArray[np.float32]:
    """Cosine transform of the levels of the harmonic part's bands.

    Returns
    -------
    ndarray of shape (n_frames, N_CEPSTRUM)
        dB; levels are those under the loudest, not under -80. 0 for silence.
    """
    return _cepstrum(_parts(spectra)[0])


def percussive_cepstrum(spectra: Spectra) -> NDArray[np.float32]:
    """Cosine transform of the levels of the percussive part's bands, as `harmonic_cepstrum`."""
    return _cepstrum(_parts(spectra)[1])


def _cepstrum(power: NDArray[np.float64]) -> NDArray[np.float32]:
    levels = mel.decibels(power.astype(np.float32))
    levels -= levels.max()
    return mel.cepstrum(levels, N_CEPSTRUM)


def _parts(spectra: Spectra) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Power of the harmonic and of the percussive part in each band, (n_frames, N_BANDS) each."""

    def compute() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        parts = np.empty((2, spectra.n_frames, N_BANDS))
        edges = band_edges(spectra.config.sr, spectra.config.n_fft)
        for at, mask in spectra.blocks_of_mask():
            descriptors.masked_bands(spectra.magnitude[at], mask, edges, parts[0, at], parts[1, at])
        return parts[0], parts[1]

    return spectra.kept("parts", compute)


@lru_cache(maxsize=8)
def band_edges(sr: int, n_fft: int) -> NDArray[np.int64]:
    """First bin of each band, and the bin after the last; every band holds at least one bin."""
    hz = mel_frequencies(N_BANDS + 1, sr / 2)
    edges = np.round(hz * n_fft / sr).astype(np.int64)
    edges = np.maximum(edges, np.arange(N_BANDS + 1))  # for short frames
    edges[-1] = n_fft // 2 + 1
    return edges
