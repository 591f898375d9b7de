"""What is heard of a spectrum: a band of frequencies, over a floor that moves with the music.

Logarithms and ratios of a spectrum hear what no listener does: the noise floor of a record, rumble under 40
Hz, the edge of a codec, which tell recordings apart and not genres [1]_. So the powers that the `full` set
takes are weighted by a band and laid on a floor, before anything is computed of them::

    heard(t, k) = w(k) |X(t, k)|² + s(k) (a P(t) + b P)

P(t) is the mean of w |X|² over the bins of a frame, P that over all frames; s(k) grows with the root of the
frequency and has the mean 1. The first term of the floor stands for simultaneous masking [2]_: what lies
far under the sound of its moment is not heard. The second one stands for a noise floor, which fills the
pauses. Both move with a gain.

Floors, slope and band were chosen by a figure that was fixed before: the mean accuracy of `lda` on 389
tracks of GTZAN (Ogg copies, 30 s rows, `artist` and `track` folds), trained and tested on each pair of the
music as it is, with white noise 50 dB below it, and without what lies above 8 kHz. ``reports/hearing.md``
has what was tried.

References
----------
.. [1] F. Rodríguez-Algarra, B. Sturm and H. Maruri-Aguilar, "Analysing scattering-based music content
   analysis systems: where's the music?", ISMIR 2016.
.. [2] E. Zwicker and H. Fastl, "Psychoacoustics", 1990, chapter 4.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra import descriptors
from gtzan_features.spectra.lanes import LANES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ = 40.0, 8000.0
"""Where the band's weight is one half."""

FRAME_FLOOR_DB, TRACK_FLOOR_DB = 20.0, 35.0
"""How far the two terms of the floor lie under the mean power of the frame and of the signal."""

_LOW_ORDER, _HIGH_ORDER = 4, 8  # of the Butterworth-like edges of the band
_SLOPE = 0.5  # exponent of frequency in the floor: 1.5 dB per octave
_LEVEL_UNDER_HZ = 100.0  # where the floor no longer sinks


def heard_magnitude(magnitude: Float32, sr: int, result: Float32) -> Float32:
    """Return magnitudes as they are heard.

    Parameters
    ----------
    magnitude : ndarray of shape (n_frames, n_bins), float32
        Linear magnitudes of frames of ``2 * (n_bins - 1)`` samples.
    sr : int
        Sampling rate in Hz.
    result : ndarray of shape (n_frames, n_bins), float32
        Filled and returned; may be `magnitude`.

    Returns
    -------
    ndarray of shape (n_frames, n_bins), float32
        Linear, in the unit of `magnitude`: a gain goes through. 0 for silence, positive for all else.
    """
    means = np.empty(len(magnitude))
    descriptors.weighted_power(magnitude, band(sr, magnitude.shape[1]), means)
    result[:] = magnitude
    return over_floors(result, sr, _floors(means))


def over_floors(magnitude: Float32, sr: int, floors: Float32) -> Float32:
    """Replace magnitudes by those heard over floors that are known, a power for each frame."""
    weight, shape = _single(sr, magnitude.shape[1])
    descriptors.heard(magnitude, weight, floors, shape, magnitude)
    return magnitude


def heard_beside(lanes: Float32, sr: int, result: Float32, beside: Float32) -> Float32:
    """Do what `heard_magnitude` does in both layouts of `stft.magnitude`.

    Parameters
    ----------
    lanes : ndarray of shape (n_blocks, n_bins, LANES), float32
        Linear magnitudes, side by side.
    sr : int
        Sampling rate in Hz.
    result : ndarray of shape (n_frames, n_bins), float32
        Filled.
    beside : ndarray of shape (n_blocks, n_bins, LANES), float32
        Filled, with 0 in lanes that have no frame; may be `lanes`.

    Returns
    -------
    ndarray of shape (n_frames,), float32
        Power of the floor of each frame.
    """
    n_frames, n_bins = result.shape
    weight, shape = _single(sr, n_bins)
    means, floors = np.empty(len(lanes) * LANES), np.zeros(len(lanes) * LANES, np.float32)
    descriptors.weighted_power_beside(lanes, band(sr, n_bins), means)
    floors[:n_frames] = _floors(means[:n_frames])
    descriptors.heard_beside(lanes, weight, floors, shape, result, beside)
    return floors[:n_frames]


def _floors(means: Float64) -> Float32:
    """Power of the floor of each frame from the mean powers of frames within the band, shape (n_frames,)."""
    of_frames = 10 ** (-FRAME_FLOOR_DB / 10) * means + 10 ** (-TRACK_FLOOR_DB / 10) * means.mean()
    floors: Float32 = of_frames.astype(np.float32)
    return floors


@lru_cache(maxsize=8)
def _single(sr: int, n_bins: int) -> tuple[Float32, Float32]:
    """`band` and `floor_shape` in float32."""
    return band(sr, n_bins).astype(np.float32), floor_shape(sr, n_bins).astype(np.float32)


@lru_cache(maxsize=8)
def band(sr: int, n_bins: int) -> Float64:
    """Weight of each bin's power, shape (n_bins,), within [0, 1]; one half at both edges."""
    hz = _bin_hz(sr, n_bins)
    low = hz ** (2 * _LOW_ORDER)
    weight: Float64 = low / (low + LOWEST_HZ ** (2 * _LOW_ORDER))
    return weight / (1 + (hz / HIGHEST_HZ) ** (2 * _HIGH_ORDER))


@lru_cache(maxsize=8)
def floor_shape(sr: int, n_bins: int) -> Float64:
    """Course of the floor over frequency, in power, shape (n_bins,), with mean 1."""
    shape: Float64 = np.power(np.maximum(_bin_hz(sr, n_bins), _LEVEL_UNDER_HZ), _SLOPE)
    return np.asarray(shape / shape.mean())


def _bin_hz(sr: int, n_bins: int) -> Float64:
    hz: Float64 = np.linspace(0, sr / 2, n_bins)
    return hz
