"""Where the energy of each spectrum lies."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.spectra import descriptors, mel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra

ROLLOFFS = (25, 50, 95)
"""Percent of a frame's magnitudes under `rolloff_at`."""

N_OCTAVES = 8
"""Bands of `octave_flatness` and `octave_crest`: octaves that end at half the sampling rate."""

N_RISE = 32
"""Bands of `band_rise`: four mel bands each."""

_FLOOR = 1e-15  # of the largest power: that of float32's rounding. librosa's, 1e-10, depends on the gain
_SILENT = 1e-30
_ROUGH_STEP = 8  # frames between those whose roughness is taken
_ROUGH_PEAKS = 20


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


def spectral_flux(spectra: Spectra) -> NDArray[np.float64]:
    """Distance between the spectra of neighbouring frames, each scaled to unit norm.

    Returns
    -------
    ndarray of shape (n_frames,)
        Within [0, sqrt(2)]; 0 for the first frame, for a steady signal and for silence.

    References
    ----------
    .. [1] G. Tzanetakis and P. Cook, "Musical genre classification of audio signals", 2002.
    """
    result = np.empty(spectra.n_frames)
    descriptors.spectral_flux(spectra.magnitude, result)
    return result


def spectral_skewness(spectra: Spectra) -> NDArray[np.float64]:
    """Skewness of each magnitude spectrum over frequency; shape (n_frames,), 0 for silence and one bin.

    References
    ----------
    .. [1] G. Peeters, "A large set of audio features", IRCAM, 2004.
    """
    return np.ascontiguousarray(_moments(spectra)[:, 0])


def spectral_kurtosis(spectra: Spectra) -> NDArray[np.float64]:
    """Kurtosis of each magnitude spectrum over frequency, as `spectral_skewness`; 3 for a Gaussian."""
    return np.ascontiguousarray(_moments(spectra)[:, 1])


def _moments(spectra: Spectra) -> NDArray[np.float64]:
    def compute() -> NDArray[np.float64]:
        result = np.empty((spectra.n_frames, 2))
        bin_hz = spectra.config.sr / spectra.config.n_fft
        descriptors.higher_moments(spectra.magnitude, spectra.shape, bin_hz, result)
        return result

    return spectra.kept("moments", compute)


def rolloff_at(spectra: Spectra) -> NDArray[np.float64]:
    """Frequencies of the first bins at which the running sum of magnitudes reaches `ROLLOFFS` percent.

    Returns
    -------
    ndarray of shape (n_frames, 3)
        Hz; 0 for a silent frame.
    """
    result = np.empty((spectra.n_frames, len(ROLLOFFS)))
    bin_hz = spectra.config.sr / spectra.config.n_fft
    descriptors.rolloffs(spectra.lanes, spectra.magnitude, np.array(ROLLOFFS) / 100, bin_hz, result)
    return result


def spectral_flatness(spectra: Spectra) -> NDArray[np.float32]:
    """Geometric over arithmetic mean of each power spectrum, in dB.

    Returns
    -------
    ndarray of shape (n_frames,)
        dB, at most 0: 10 log10 of ``librosa.feature.spectral_flatness``; 0 for silence.

    References
    ----------
    .. [1] J. Johnston, "Transform coding of audio signals using perceptual noise criteria", 1988.
    """
    return _of_power(spectra)["flatness"]


def spectral_crest(spectra: Spectra) -> NDArray[np.float32]:
    """Maximum over mean of each power spectrum; dB, shape (n_frames,), 0 for silence."""
    return _of_power(spectra)["crest"]


def spectral_entropy(spectra: Spectra) -> NDArray[np.float32]:
    """Shannon entropy of each power spectrum, divided by that of white noise.

    Returns
    -------
    ndarray of shape (n_frames,)
        Within [0, 1]; 1 for silence.

    References
    ----------
    .. [1] H. Misra et al., "Spectral entropy based feature for robust ASR", ICASSP 2004.
    """
    return _of_power(spectra)["entropy"]


def spectral_slope(spectra: Spectra) -> NDArray[np.float32]:
    """Slope of the straight line through the levels of each spectrum.

    Returns
    -------
    ndarray of shape (n_frames,)
        dB per kHz; 0 for silence.

    References
    ----------
    .. [1] G. Peeters, "A large set of audio features", IRCAM, 2004.
    """
    return _of_power(spectra)["slope"]


def octave_flatness(spectra: Spectra) -> NDArray[np.float32]:
    """`spectral_flatness` within each of `N_OCTAVES` bands; dB, shape (n_frames, N_OCTAVES)."""
    return _of_power(spectra)["octave_flatness"]


def octave_crest(spectra: Spectra) -> NDArray[np.float32]:
    """`spectral_crest` within each of `N_OCTAVES` bands; dB, shape (n_frames, N_OCTAVES)."""
    return _of_power(spectra)["octave_crest"]


def octave_edges(n_bins: int) -> NDArray[np.int64]:
    """Return the first bin of each band of `octave_flatness`; the last band ends with the last bin."""
    half = (n_bins - 1) / 2.0 ** np.arange(N_OCTAVES - 1, 0, -1)
    return np.concatenate([[1], np.round(half).astype(np.int64)])


def _of_power(spectra: Spectra) -> dict[str, NDArray[np.float32]]:
    return spectra.kept("of_power", lambda: _descriptors(spectra.magnitude, spectra.config.sr))


def _descriptors(magnitude: NDArray[np.float32], sr: int) -> dict[str, NDArray[np.float32]]:
    """Everything that takes powers and their logarithms."""
    n_frames, n_bins = magnitude.shape
    edges, fit, widths = _lines(n_bins, sr)
    decibels = np.float32(10 / np.log(10))
    floor = np.float32(max(_FLOOR * float(magnitude.max()) ** 2, _SILENT))
    whole = np.empty((4, n_frames), np.float32)
    bands = np.empty((3, len(edges) - 1, n_frames), np.float32)
    descriptors.power_logarithms(magnitude, floor, fit, edges, whole, bands)
    log_sum, slope, product, log_total = whole
    log_mean = log_total - np.log(np.float32(n_bins))
    log_means = bands[0, 1:] - np.log(widths)
    # A geometric mean is no more than an arithmetic one, and a maximum no less, but for rounding.
    return {
        "flatness": np.minimum(decibels * (log_sum / np.float32(n_bins) - log_mean), 0),
        "crest": np.maximum(decibels * (bands[1].max(axis=0) - log_mean), 0),
        "entropy": np.clip((log_total - product) / np.log(np.float32(n_bins)), 0, 1),
        # Of silence, it would be that of a constant, but for rounding.
        "slope": np.zeros_like(slope) if floor <= np.float32(_SILENT) else decibels * slope,
        "octave_flatness": np.minimum(decibels * (bands[2, 1:] / widths - log_means), 0).T,
        "octave_crest": np.maximum(decibels * (bands[1, 1:] - log_means), 0).T,
    }


@lru_cache(maxsize=8)
def _lines(n_bins: int, sr: int) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Return edges of bands, bin 0 being one of its own; weights of a line's slope; widths of octaves."""
    edges = np.concatenate([[0], octave_edges(n_bins), [n_bins]])
    khz = np.linspace(0, sr / 2000, n_bins)
    fit = (khz - khz.mean()) / ((khz - khz.mean()) ** 2).sum()
    return edges, fit.astype(np.float32), np.diff(edges[1:]).astype(np.float32)[:, None]


def band_rise(spectra: Spectra) -> NDArray[np.float32]:
    """Change of the level of each of `N_RISE` bands from frame to frame, falls as 0.

    Returns
    -------
    ndarray of shape (n_frames - 1, N_RISE)
        dB; one row of 0 for a signal of one frame.
    """
    levels = band_levels(spectra, N_RISE)
    if len(levels) == 1:
        return np.zeros_like(levels)
    rises: NDArray[np.float32] = levels[1:] - levels[:-1]
    np.maximum(rises, 0, out=rises)
    return rises


def band_levels(spectra: Spectra, n_bands: int) -> NDArray[np.float32]:
    """Level of groups of neighbouring mel bands.

    Parameters
    ----------
    spectra : Spectra
        Power in mel bands.
    n_bands : int
        Number of groups; divides ``config.n_mels``.

    Returns
    -------
    ndarray of shape (n_frames, n_bands)
        dB over 1, at most 80 dB under the largest value of the signal, not under -100.
    """

    def compute() -> NDArray[np.float32]:
        power = spectra.mel_power
        parts = power.reshape(len(power), n_bands, -1)
        grouped = parts[:, :, 0].copy()
        for i in range(1, parts.shape[2]):  # a sum over so short an axis would take several times as long
            grouped += parts[:, :, i]
        return mel.decibels(grouped)

    return spectra.kept(f"levels of {n_bands} bands", compute)


def roughness(spectra: Spectra) -> NDArray[np.float64]:
    """Sensory dissonance of the 20 loudest peaks of every eighth frame.

    Returns
    -------
    ndarray of shape (ceil(n_frames / 8),)
        Dissonance over the sum of the peaks' magnitudes; 0 for a sine and for silence.

    References
    ----------
    .. [1] W. Sethares, "Local consonance and the relationship between timbre and scale", JASA 94(3), 1993.
    """
    result = np.empty(-(-spectra.n_frames // _ROUGH_STEP))
    bin_hz = spectra.config.sr / spectra.config.n_fft
    descriptors.roughness(spectra.magnitude, bin_hz, _ROUGH_STEP, _ROUGH_PEAKS, result)
    return result
