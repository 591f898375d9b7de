"""Colour of the sound: cepstral coefficients and noisiness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.fft

from gtzan_features.spectra import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra


def mfcc(spectra: Spectra) -> NDArray[np.float32]:
    """Mel-frequency cepstral coefficients.

    Parameters
    ----------
    spectra : Spectra
        Levels of mel bands in dB.

    Returns
    -------
    ndarray of shape (n_frames, n_mfcc)
        dB, as ``librosa.feature.mfcc``. Silence: ``-100 * sqrt(n_mels)`` in the first, 0 in the rest.

    References
    ----------
    .. [1] S. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic
       word recognition in continuously spoken sentences", IEEE TASSP 28(4), 1980.
    """
    cepstrum = scipy.fft.dct(spectra.mel_db, type=2, norm="ortho", axis=1, workers=1)
    return np.ascontiguousarray(cepstrum[:, : spectra.config.n_mfcc])


def zero_crossing_rate(spectra: Spectra) -> NDArray[np.float64]:
    """Share of the samples of each frame whose sign differs from the one before.

    Frames at both ends are padded with the first and the last sample, whatever ``pad_mode`` is.

    Parameters
    ----------
    spectra : Spectra
        Its signal is used.

    Returns
    -------
    ndarray of shape (n_frames,)
        Within [0, 1); 0 for a silent frame.

    References
    ----------
    .. [1] G. Tzanetakis and P. Cook, "Musical genre classification of audio signals", 2002.
    """
    config = spectra.config
    result = np.empty(spectra.n_frames)
    half = (
        config.n_fft // 2
    )  # a signal may be read-only, for which the kernel is not compiled; its copy never is
    signal = spectra.padded[half : half + len(spectra.signal)]
    kernels.crossings_of_frames(signal, config.n_fft, config.hop, result)
    return result
