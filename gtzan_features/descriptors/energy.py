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


def level(spectra: Spectra) -> NDArray[np.float64]:
    """Level of each frame's mean power under the loudest one.

    Returns
    -------
    ndarray of shape (n_frames,)
        dB within [-80, 0]; 0 for silence.
    """
    power = spectra.frame_power
    top = power.max()
    if top == 0:
        return np.zeros(len(power))
    result: NDArray[np.float64] = 10 * np.log10(np.maximum(power / top, 1e-8))
    return result


def low_energy(spectra: Spectra) -> NDArray[np.float64]:
    """Share of the frames whose root mean square magnitude is under the mean of all frames.

    Returns
    -------
    ndarray of shape (1,)
        Within [0, 1); 0 for a steady signal and for silence.

    References
    ----------
    .. [1] G. Tzanetakis and P. Cook, "Musical genre classification of audio signals", 2002.
    """
    values = np.sqrt(spectra.frame_power)
    return np.array([np.mean(values < values.mean() * (1 - 1e-9))])
