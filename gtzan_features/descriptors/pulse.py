"""Onsets in bands, the tempogram and what it tells of the pulse, and the shape of a beat."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.descriptors.rhythm import late, onset_envelope
from gtzan_features.descriptors.timbre import upper_triangle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra

N_BANDS = 5
"""Bands of onsets, from low to high."""

N_TEMPI, N_BAND_TEMPI = 20, 12
"""Bands of tempo between 30 and 320 BPM, of equal width in octaves."""

MULTIPLES = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 5 / 4, 4 / 3, 3 / 2, 2, 3, 4)
"""Multiples of the period of the pulse at which `pulse_ratio` reads the autocorrelation."""

N_PHASES = 8
"""Parts of a beat in `beat_profile`."""

_BAND_EDGES = (0, 8 / 128, 24 / 128, 48 / 128, 80 / 128)  # parts of the mel bands
_SLOWEST, _FASTEST = 30.0, 320.0  # BPM
_BEATS = 8  # in a window of `beat_profile`
_STILL = 1e-9


def onset_strength(spectra: Spectra) -> NDArray[np.float32]:
    """Mean over mel bands of the rise in level from one frame to the next.

    Returns
    -------
    ndarray of shape (n_frames,)
        dB, not negative, as ``librosa.onset.onset_strength``; 0 for a steady signal and for silence.

    References
    ----------
    .. [1] S. Böck and G. Widmer, "Maximum filter vibrato suppression for onset detection", 2013.
    """
    return spectra.kept("onset strength", lambda: _strength(spectra).mean(axis=1))


def onset_median(spectra: Spectra) -> NDArray[np.float32]:
    """`rhythm.onset_envelope`: the median instead of the mean of `onset_strength`."""
    return onset_envelope(spectra)


def onset_in_band(spectra: Spectra) -> NDArray[np.float32]:
    """`onset_strength` of each of `N_BANDS` groups of mel bands; shape (n_frames, N_BANDS)."""

    def compute() -> NDArray[np.float32]:
        rises = _strength(spectra)
        edges, widths = _bands(rises.shape[1])
        return (np.add.reduceat(rises, edges, axis=1) / widths).astype(np.float32)

    return spectra.kept("onsets in bands", compute)


@lru_cache(maxsize=8)
def _bands(n_mels: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """First mel band of each group, and how many there are in it."""
    edges = np.array([int(part * n_mels) for part in _BAND_EDGES])
    return edges, np.diff(edges, append=n_mels).astype(np.float32)


def _strength(spectra: Spectra) -> NDArray[np.float32]:
    """Rise of every mel band, falls as 0, (n_frames, n_mels)."""

    def compute() -> NDArray[np.float32]:
        levels = spectra.mel_db
        rises = levels[1:] - levels[:-1]
        return late(np.maximum(rises, 0, out=rises), len(levels), spectra.config)

    return spectra.kept("rises", compute)


def onset_correlation(spectra: Spectra) -> NDArray[np.float64]:
    """Correlation of the onsets of each pair of bands; shape (10,), 0 where a band has none."""
    away = _centred(onset_in_band(spectra))
    norm = np.sqrt((away**2).sum(axis=0))
    scale = np.where(norm > _STILL, 1 / np.maximum(norm, _STILL), 0.0)
    matrix = (away.T @ away) * scale[:, None] * scale
    result: NDArray[np.float64] = matrix.reshape(-1)[upper_triangle(N_BANDS)]
    return result


def _onsets(spectra: Spectra) -> NDArray[np.int64]:
    """Frames of the local maxima of `onset_strength` that exceed its mean by a standard deviation."""

    def compute() -> NDArray[np.int64]:
        strength = onset_strength(spectra)
        least = strength.mean() + strength.std()
        peaks = local_maxima(strength)
        loud: NDArray[np.int64] = peaks[strength[peaks] >= least]
        return loud

    return spectra.kept("onset frames", compute)


def local_maxima(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return where a value is higher than the one before and not lower than the next; shape (n_maxima,).

    ``scipy.signal.find_peaks`` finds the same but for plateaus, whose middle it takes; importing it would
    take longer than a track.
    """
    inner = values[1:-1]
    found: NDArray[np.int64] = 1 + np.flatnonzero((inner > values[:-2]) & (inner >= values[2:]))
    return found


def onset_rate(spectra: Spectra) -> NDArray[np.float64]:
    """Onsets in a second: local maxima of `onset_strength` a standard deviation over its mean; shape (1,)."""
    return np.array([len(_onsets(spectra)) * spectra.config.sr / len(spectra.signal)])


def onset_interval(spectra: Spectra) -> NDArray[np.float64]:
    """Time from each onset to the next.

    Returns
    -------
    ndarray of shape (n_onsets - 1,)
        Seconds; a single 0 where there are fewer than two onsets.
    """
    frames = _onsets(spectra)
    return np.diff(frames) * spectra.config.hop / spectra.config.sr if len(frames) > 1 else np.zeros(1)


def autocorrelation(series: NDArray[np.floating], n_lags: int) -> NDArray[np.float64]:
    """Autocorrelation of each centred column over all frames, 1 at lag 0.

    Parameters
    ----------
    series : ndarray of shape (n_frames, n)
        Onset strengths.
    n_lags : int
        Number of lags.

    Returns
    -------
    ndarray of shape (n_lags, n)
        0 for columns that stand still and beyond the length of the series.
    """
    away = _centred(series)
    size = 1 << (len(away) + n_lags - 1).bit_length()
    power = np.abs(np.fft.rfft(away, size, axis=0)) ** 2
    result: NDArray[np.float64] = np.fft.irfft(power, size, axis=0)[:n_lags]
    energy = result[0]
    scaled: NDArray[np.float64] = result * np.where(energy > _STILL, 1 / np.maximum(energy, _STILL), 0.0)
    return scaled


def _centred(series: NDArray[np.floating]) -> NDArray[np.float64]:
    values = series.astype(np.float64)
    away: NDArray[np.float64] = values - values.mean(axis=0)
    return away


def _lags(spectra: Spectra) -> tuple[int, int]:
    """Shortest and longest lag of a pulse in frames."""
    frames_a_minute = 60 * spectra.config.sr / spectra.config.hop
    return int(np.ceil(frames_a_minute / _FASTEST)), int(frames_a_minute / _SLOWEST)


def _correlated(spectra: Spectra) -> NDArray[np.float64]:
    """Autocorrelation of `onset_strength` up to four times the longest lag."""
    n_lags = 4 * _lags(spectra)[1] + 1
    return spectra.kept(
        "onset autocorrelation", lambda: autocorrelation(onset_strength(spectra)[:, None], n_lags)[:, 0]
    )


def tempogram(spectra: Spectra) -> NDArray[np.float64]:
    """Largest autocorrelation of `onset_strength` in each band of tempo.

    Returns
    -------
    ndarray of shape (N_TEMPI,)
        Within [-1, 1], from slow to fast; 0 without onsets.

    References
    ----------
    .. [1] P. Grosche, M. Müller and F. Kurth, "Cyclic tempogram", ICASSP 2010.
    """
    return spectra.kept(
        "tempogram", lambda: _by_tempo(_correlated(spectra)[:, None], N_TEMPI, spectra).reshape(-1)
    )


def band_tempogram(spectra: Spectra) -> NDArray[np.float64]:
    """`tempogram` of the onsets in each band; shape (N_BAND_TEMPI * N_BANDS,), tempo after tempo."""
    n_lags = _lags(spectra)[1] + 1
    correlated = autocorrelation(onset_in_band(spectra), n_lags)
    return _by_tempo(correlated, N_BAND_TEMPI, spectra).reshape(-1)


def _by_tempo(correlated: NDArray[np.float64], count: int, spectra: Spectra) -> NDArray[np.float64]:
    starts = _tempo_bands(*_lags(spectra), count)
    # The slowest tempo has the longest lag: bands are found from fast to slow and turned round.
    return np.maximum.reduceat(correlated[: _lags(spectra)[1] + 1], starts, axis=0)[::-1]


@lru_cache(maxsize=8)
def _tempo_bands(shortest: int, longest: int, count: int) -> NDArray[np.int64]:
    """First lag of each of `count` bands of equal width in octaves, from short to long lags."""
    return np.ceil(np.geomspace(shortest, longest + 1, count + 1)[:-1]).astype(np.int64)


def tempogram_entropy(spectra: Spectra) -> NDArray[np.float64]:
    """Entropy of the positive part of `tempogram`, within [0, 1]; shape (1,), 1 where there is none."""
    positive = np.maximum(tempogram(spectra), 0) + 1e-3
    share = positive / positive.sum()
    return np.array([-(share * np.log(share)).sum() / np.log(N_TEMPI)])


def _pulse(spectra: Spectra) -> tuple[float, float, float, float]:
    """Lag of the highest peak of the autocorrelation (0: none), its height, and those of the second."""

    def compute() -> tuple[float, float, float, float]:
        shortest, longest = _lags(spectra)
        correlated = _correlated(spectra)
        peaks = local_maxima(correlated[: longest + 2])
        peaks = peaks[peaks >= shortest]
        ranked = peaks[np.argsort(-correlated[peaks], kind="stable")]
        if len(ranked) == 0:
            return 0.0, 0.0, 0.0, 0.0
        second = int(ranked[1]) if len(ranked) > 1 else 0
        height = float(correlated[second]) if second else 0.0
        return _refined(correlated, int(ranked[0])), float(correlated[ranked[0]]), float(second), height

    return spectra.kept("pulse", compute)


def _refined(values: NDArray[np.float64], at: int) -> float:
    """Place of a maximum between samples, by a parabola through three of them."""
    left, here, right = values[at - 1 : at + 2]
    curve = left - 2 * here + right
    return at + float(0.5 * (left - right) / curve if curve < 0 else 0.0)


def pulse_tempo(spectra: Spectra) -> NDArray[np.float64]:
    """Tempo of the highest peak of the autocorrelation; shape (1,), BPM, 0 where there is none."""
    lag = _pulse(spectra)[0]
    return np.array([60 * spectra.config.sr / spectra.config.hop / lag if lag else 0.0])


def pulse_clarity(spectra: Spectra) -> NDArray[np.float64]:
    """Heights of the two highest peaks of the autocorrelation.

    Returns
    -------
    ndarray of shape (2,)
        Within [-1, 1]: near 1 for a click train, near 0 without a pulse.

    References
    ----------
    .. [1] O. Lartillot et al., "Multi-feature modeling of pulse clarity", ISMIR 2008.
    """
    _, first, _, second = _pulse(spectra)
    return np.array([first, second])


def pulse_second(spectra: Spectra) -> NDArray[np.float64]:
    """Period of the second highest peak over that of the highest; shape (1,), 0 where there is none."""
    lag, _, second, _ = _pulse(spectra)
    return np.array([second / lag if lag else 0.0])


def pulse_ratio(spectra: Spectra) -> NDArray[np.float64]:
    """Autocorrelation at `MULTIPLES` of the period of the highest peak.

    Returns
    -------
    ndarray of shape (len(MULTIPLES),)
        Within [-1, 1]; 0 where there is no pulse.

    References
    ----------
    .. [1] G. Peeters, "Rhythm classification using spectral rhythm patterns", ISMIR 2005.
    """
    lag = _pulse(spectra)[0]
    if not lag:
        return np.zeros(len(MULTIPLES))
    correlated = _correlated(spectra)
    return np.interp(np.array(MULTIPLES) * lag, np.arange(len(correlated)), correlated)


def beat_profile(spectra: Spectra) -> NDArray[np.float64]:
    """Onsets of each band over the course of a beat, the strongest part of it first.

    Windows of eight periods of the pulse are folded to one beat each, turned, and averaged.

    Returns
    -------
    ndarray of shape (N_PHASES * N_BANDS,)
        Share of the mean onset strength of the band, phase after phase; 1 everywhere where there is no pulse
        or no onset.
    """
    folded = _folded(spectra)
    mean = folded.mean(axis=0)
    level = mean.mean(axis=0)
    return np.where(level > _STILL, mean / np.maximum(level, _STILL), 1.0).reshape(-1)


def beat_deviation(spectra: Spectra) -> NDArray[np.float64]:
    """Spread over windows of the beat's profile, all bands together.

    Returns
    -------
    ndarray of shape (N_PHASES,)
        Standard deviations in dB; 0 for a beat that repeats itself, for a single window and without a pulse.
    """
    deviation: NDArray[np.float64] = _folded(spectra).mean(axis=2).std(axis=0)
    return deviation


def _folded(spectra: Spectra) -> NDArray[np.float64]:
    """Mean onset of each band in each phase of the beat, (n_windows, N_PHASES, N_BANDS)."""

    def compute() -> NDArray[np.float64]:
        onsets, lag = onset_in_band(spectra).astype(np.float64), _pulse(spectra)[0]
        if not lag:
            result: NDArray[np.float64] = np.ones((1, N_PHASES, N_BANDS)) * onsets.mean(axis=0)
            return result
        width = min(round(_BEATS * lag), len(onsets))
        phase = (np.arange(width) % lag * (N_PHASES / lag)).astype(np.int64) % N_PHASES
        members = np.zeros((N_PHASES, width))
        members[phase, np.arange(width)] = 1
        members /= np.maximum(members.sum(axis=1, keepdims=True), 1)
        count = len(onsets) // width
        windows = members @ onsets[: count * width].reshape(count, width, N_BANDS)
        turns = windows.sum(axis=2).argmax(axis=1)
        for window, turn in zip(windows, turns, strict=True):
            window[:] = np.concatenate([window[turn:], window[:turn]])
        return windows

    return spectra.kept("folded", compute)
