"""Pitch classes and the harmonic part of a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra


def chroma_stft(spectra: Spectra) -> NDArray[np.float32]:
    """Energy of the twelve pitch classes.

    Parameters
    ----------
    spectra : Spectra
        Magnitudes; the tuning is estimated from the whole signal.

    Returns
    -------
    ndarray of shape (n_frames, 12)
        In [0, 1], the largest of each frame 1; 0 for a silent frame.

    References
    ----------
    .. [1] D. Ellis, "Chroma feature analysis and synthesis", 2007.
    """
    return spectra.chroma


def harmony(spectra: Spectra) -> NDArray[np.float32]:
    """Harmonic waveform.

    Parameters
    ----------
    spectra : Spectra
        Transform, magnitudes and signal.

    Returns
    -------
    ndarray of shape (n_samples,)
        Full scale 1; the last ``n_samples % hop`` samples are 0. Silence: 0.

    References
    ----------
    .. [1] D. FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010.
    """
    return spectra.waveforms[0]
