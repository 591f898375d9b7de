"""A signal as it sounds in a room, by a synthetic impulse response: the same room for every track."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import oaconvolve

if TYPE_CHECKING:
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]
    Float64 = npt.NDArray[np.float64]

DIRECT_TO_REVERBERANT_DB = 0.0
"""Energy of the direct sound over that of the reverberation: a microphone at the critical distance."""

SEED = 0
"""Of the noise that stands for the reflections."""

_LENGTH = 1.5  # of the reverberation time: the response ends 90 dB down


def impulse_response(sr: int, rt60_s: float) -> Float64:
    """Return the impulse response of a room: the direct sound, then noise that decays exponentially.

    This is Polack's statistical model of late reverberation [1]_, of one decay at all frequencies and
    without single early reflections. The noise is Gaussian and white, from a constant seed.

    Parameters
    ----------
    sr : int
        Sampling rate in Hz.
    rt60_s : float
        Reverberation time in s, in which the level falls by 60 dB.

    Returns
    -------
    ndarray of shape (n_samples,), float64
        Of energy 1, so that a signal with a flat spectrum keeps its level; the first sample is the direct
        sound.

    References
    ----------
    .. [1] Polack, "La transmission de l'énergie sonore dans les salles", thesis, Université du Maine, 1988.
    """
    n_samples = round(_LENGTH * rt60_s * sr)
    decay = 10 ** (-3 * np.arange(1, n_samples) / (rt60_s * sr))
    late = decay * np.random.default_rng(SEED).standard_normal(n_samples - 1)
    direct = np.sqrt(np.sum(late**2)) * 10 ** (DIRECT_TO_REVERBERANT_DB / 20)
    response: Float64 = np.concatenate([[direct], late])
    response /= np.sqrt(np.sum(response**2))
    return response


def in_room(signal: Float32, sr: int, rt60_s: float) -> Float32:
    """Convolve a signal with `impulse_response`; what rings on after its end is cut off."""
    convolved: Float32 = oaconvolve(signal.astype(np.float64), impulse_response(sr, rt60_s))
    return convolved[: len(signal)]
