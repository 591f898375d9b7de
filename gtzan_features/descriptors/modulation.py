"""Modulation spectra: how fast timbre and spectral contrast change over seconds."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.descriptors import contrast, timbre
from gtzan_features.descriptors.fluctuation import modulation_spectra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra

_EDGES = np.array([0, 1, 2, 4, 8, 16, 32, 64])  # bins of 0.17 Hz; the last band ends at half the frame rate
N_RATES = len(_EDGES)
"""Bands of modulation frequency: 0 (the mean), 0.17, then octaves."""

N_SERIES = 2 * contrast.N_OCTAVES
"""Valleys and contrasts of the octave bands."""

_FLOOR = 1e-6


def mfcc_modulation(spectra: Spectra) -> NDArray[np.float64]:
    """Mean amplitude of the modulation of each coefficient, by rate.

    Returns
    -------
    ndarray of shape (N_RATES * N_MFCC,)
        Natural logarithm of dB, rate after rate, averaged over windows of 5.9 s.

    References
    ----------
    .. [1] C.-H. Lee et al., "Automatic music genre classification based on modulation spectral analysis of
       spectral and cepstral features", IEEE Trans. Multimedia 11(4), 2009.
    """
    return _log(np.add.reduceat(_of_mfcc(spectra), _EDGES, axis=0) / _widths())


def mfcc_modulation_valley(spectra: Spectra) -> NDArray[np.float64]:
    """Least amplitude within each band of rates, as `mfcc_modulation`."""
    return _log(np.minimum.reduceat(_of_mfcc(spectra), _EDGES, axis=0))


def contrast_modulation(spectra: Spectra) -> NDArray[np.float64]:
    """`mfcc_modulation` of the valleys and contrasts of octave bands.

    Returns
    -------
    ndarray of shape (N_RATES * N_SERIES,)
        Natural logarithm of dB: in each rate, first the valleys, then the contrasts.
    """
    return _log(np.add.reduceat(_of_contrast(spectra), _EDGES, axis=0) / _widths())


def contrast_modulation_valley(spectra: Spectra) -> NDArray[np.float64]:
    """Least amplitude within each band of rates, as `contrast_modulation`."""
    return _log(np.minimum.reduceat(_of_contrast(spectra), _EDGES, axis=0))


def _of_mfcc(spectra: Spectra) -> NDArray[np.floating]:
    return spectra.kept("mfcc rates", lambda: _mean_spectrum(timbre.first_mfccs(spectra)))


def _of_contrast(spectra: Spectra) -> NDArray[np.floating]:
    def compute() -> NDArray[np.floating]:
        series = np.hstack([contrast.spectral_valley(spectra), contrast.spectral_contrast(spectra)])
        return _mean_spectrum(series)

    return spectra.kept("contrast rates", compute)


def _mean_spectrum(series: NDArray[np.floating]) -> NDArray[np.floating]:
    mean: NDArray[np.floating] = modulation_spectra(series).mean(axis=0)[:-1]
    return mean


@lru_cache(maxsize=1)
def _widths() -> NDArray[np.int64]:
    return np.diff(np.append(_EDGES, 128))[:, None]


def _log(amplitude: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.log(amplitude.astype(np.float64) + _FLOOR).reshape(-1)
