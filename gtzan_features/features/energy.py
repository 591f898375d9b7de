"""How loud the frames of a signal are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra


def rms(spectra: Spectra) -> NDArray[np.float64]:
    """Root mean square of the samples of each frame.

    Parameters
    ----------
    spectra : Spectra
        Its padded signal is used.

    Returns
    -------
    ndarray of shape (n_frames,)
        Full scale is 1; 0 for a silent frame.
    """
    result = np.empty(spectra.n_frames)
    kernels.mean_square_of_frames(
        spectra.padded, spectra.n_frames, spectra.config.n_fft, spectra.config.hop, result
    )
    return np.sqrt(result, out=result)
