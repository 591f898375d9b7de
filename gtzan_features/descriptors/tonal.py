"""Pitch classes and the harmonic part of a signal."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra import Spectra

N_CLASSES = 12
N_INTERVALS = 6
"""Distances of two pitch classes, in semitones: 1 to 6."""

N_RANKED = 4
"""Best keys in `key_ranked`."""

# Krumhansl, Cognitive foundations of musical pitch, 1990: how well each class fits into C major and C minor.
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)

_SMOOTHED = 64  # frames that `cens` smooths at a time

_TRIADS = ((0, 4, 7), (0, 3, 7))


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


def chroma_share(spectra: Spectra) -> NDArray[np.float64]:
    """Chroma of each frame scaled to a sum of 1; shape (n_frames, 12), 0 for a silent frame."""

    def compute() -> NDArray[np.float64]:
        energy = spectra.chroma.astype(np.float64)
        total = energy.sum(axis=1, keepdims=True)
        return energy / np.where(total > 0, total, 1.0)

    return spectra.kept("chroma share", compute)


def chroma_relative(spectra: Spectra) -> NDArray[np.float64]:
    """`chroma_share`, rotated so that the class that is strongest over the signal comes first.

    Returns
    -------
    ndarray of shape (n_frames, 12)
        Within [0, 1]; does not change when music is transposed.
    """
    return spectra.kept(
        "chroma relative",
        lambda: _turned(chroma_share(spectra), int(np.argmax(_profile(spectra)))),
    )


def chroma_in_key(spectra: Spectra) -> NDArray[np.float64]:
    """`chroma_share`, rotated so that the tonic of the best key (`key_strengths`) comes first."""
    tonic = int(np.argmax(key_strengths(spectra))) % N_CLASSES
    return _turned(chroma_share(spectra), tonic)


def _turned(share: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    """``numpy.roll`` of the classes so that one comes first, which takes longer for the rows of a segment."""
    return np.concatenate([share[:, first:], share[:, :first]], axis=1)


def _profile(spectra: Spectra) -> NDArray[np.float64]:
    return spectra.kept("chroma profile", lambda: spectra.chroma.mean(axis=0, dtype=np.float64))


def key_strengths(spectra: Spectra) -> NDArray[np.float64]:
    """Correlation of the mean chroma with the profile of each key.

    Returns
    -------
    ndarray of shape (2, 12)
        Within [-1, 1]: major keys from C, then minor keys; 0 where all classes are equally strong.

    References
    ----------
    .. [1] C. Krumhansl, "Cognitive foundations of musical pitch", 1990.
    """

    def compute() -> NDArray[np.float64]:
        return (_keys() @ _standard(_profile(spectra))).reshape(2, N_CLASSES)

    return spectra.kept("keys", compute)


@lru_cache(maxsize=1)
def _keys() -> NDArray[np.float64]:
    """Standardised profiles of the 24 keys, (24, 12)."""
    profiles = [_standard(np.array(profile)) for profile in (_MAJOR, _MINOR)]
    return np.stack([np.roll(profile, tonic) for profile in profiles for tonic in range(N_CLASSES)])


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    away = values - values.mean()
    norm = np.sqrt((away**2).sum())
    result: NDArray[np.float64] = away / norm if norm > 1e-9 else np.zeros_like(away)
    return result


def key_major(spectra: Spectra) -> NDArray[np.float64]:
    """Strength of the best major key; shape (1,), within [0, 1]: over all keys, correlations sum to 0."""
    result: NDArray[np.float64] = key_strengths(spectra)[0].max(keepdims=True)
    return result


def key_minor(spectra: Spectra) -> NDArray[np.float64]:
    """Strength of the best minor key; shape (1,), within [0, 1], as `key_major`."""
    result: NDArray[np.float64] = key_strengths(spectra)[1].max(keepdims=True)
    return result


def key_mode(spectra: Spectra) -> NDArray[np.float64]:
    """Best major key less best minor key; shape (1,), positive for major."""
    return key_major(spectra) - key_minor(spectra)


def key_ranked(spectra: Spectra) -> NDArray[np.float64]:
    """Strengths of the `N_RANKED` best keys in falling order; shape (N_RANKED,)."""
    return np.sort(key_strengths(spectra).reshape(-1))[::-1][:N_RANKED]


def key_spread(spectra: Spectra) -> NDArray[np.float64]:
    """Spread (standard deviation) of the strengths of the 24 keys: how clear the key is; shape (1,)."""
    result: NDArray[np.float64] = key_strengths(spectra).std(keepdims=True).reshape(-1)
    return result


def chroma_entropy(spectra: Spectra) -> NDArray[np.float64]:
    """Entropy of each frame's chroma.

    Returns
    -------
    ndarray of shape (n_frames,)
        Within [0, 1]: 0 for one class and for silence, 1 for twelve equal ones.
    """
    return _entropy(chroma_share(spectra))


def _entropy(share: NDArray[np.float64]) -> NDArray[np.float64]:
    logs = np.log(np.where(share > 0, share, 1.0))
    result: NDArray[np.float64] = -np.einsum("tk,tk->t", share, logs) / np.log(N_CLASSES)
    return result


def chroma_flux(spectra: Spectra) -> NDArray[np.float64]:
    """Sum over classes of the change of `chroma_share`.

    Returns
    -------
    ndarray of shape (n_frames - 1,)
        Within [0, 2]; 0 for a signal of one frame.
    """
    share = chroma_share(spectra)
    return np.abs(share[1:] - share[:-1]).sum(axis=1) if len(share) > 1 else np.zeros(1)


def chroma_interval(spectra: Spectra) -> NDArray[np.float64]:
    """How much sounds together at each distance: circular autocorrelation of each frame's chroma.

    Returns
    -------
    ndarray of shape (n_frames, N_INTERVALS)
        Distances of 1 to 6 semitones; does not change when music is transposed.
    """
    return _intervals(chroma_share(spectra))


def chroma_interval_of_mean(spectra: Spectra) -> NDArray[np.float64]:
    """`chroma_interval` of the mean chroma of the signal; shape (N_INTERVALS,)."""
    mean = _profile(spectra)
    total = mean.sum()
    result: NDArray[np.float64] = _intervals((mean / total if total > 0 else mean)[None])[0]
    return result


def _intervals(share: NDArray[np.float64]) -> NDArray[np.float64]:
    wide = np.concatenate([share, share[:, :N_INTERVALS]], axis=1)
    down, right = wide.strides  # a view of what follows each class; numpy's own takes longer than the product
    shape = (len(wide), N_INTERVALS, N_CLASSES)
    turned = np.ndarray(shape, wide.dtype, wide, right, (down, right, right))
    result: NDArray[np.float64] = np.einsum("tk,tdk->td", share, turned)
    return result


def tonnetz(spectra: Spectra) -> NDArray[np.float64]:
    """Tonal centroid: chroma on the circles of fifths, minor thirds and major thirds.

    Returns
    -------
    ndarray of shape (n_frames, 6)
        As ``librosa.feature.tonnetz`` of this chroma; 0 for a silent frame.

    References
    ----------
    .. [1] C. Harte, M. Sandler and M. Gasser, "Detecting harmonic change in musical audio", 2006.
    """
    return spectra.kept("tonnetz", lambda: chroma_share(spectra) @ _circles())


@lru_cache(maxsize=1)
def _circles() -> NDArray[np.float64]:
    at = np.arange(N_CLASSES)
    angles = np.pi * np.outer(at, [7 / 6, 7 / 6, 3 / 2, 3 / 2, 2 / 3, 2 / 3])
    radius = np.array([1, 1, 1, 1, 0.5, 0.5])
    return radius * np.where(np.arange(6) % 2 == 0, np.sin(angles), np.cos(angles))


def tonnetz_radius(spectra: Spectra) -> NDArray[np.float64]:
    """Distance of the tonal centroid from the centre of each circle.

    Returns
    -------
    ndarray of shape (n_frames, 3)
        Within [0, 1] (thirds: [0, 1], major thirds: [0, 0.5]); does not change when music is transposed.
    """
    at = tonnetz(spectra)
    return np.hypot(at[:, 0::2], at[:, 1::2])


def harmonic_change(spectra: Spectra) -> NDArray[np.float64]:
    """Distance between the tonal centroids of neighbouring frames; shape (n_frames - 1,), at least one."""
    at = tonnetz(spectra)
    return np.linalg.norm(at[1:] - at[:-1], axis=1) if len(at) > 1 else np.zeros(1)


def cens(spectra: Spectra) -> NDArray[np.float64]:
    """Chroma energy normalised statistics: quantised, smoothed over about a second, of unit norm.

    Returns
    -------
    ndarray of shape (n_frames, 12)
        Rotated as `chroma_relative`, so that transposing changes nothing; 0 for silence.

    References
    ----------
    .. [1] M. Müller and S. Ewert, "Chroma Toolbox", ISMIR 2011.
    """
    share = chroma_relative(spectra)
    width = min(round(spectra.config.sr / spectra.config.hop) | 1, len(share))
    weights = _smoothing(width)
    n_blocks = -(-len(share) // _SMOOTHED)
    steps = np.zeros((n_blocks * _SMOOTHED + width - 1, N_CLASSES))
    inner = steps[width // 2 : width // 2 + len(share)]
    for edge in (0.05, 0.1, 0.2, 0.4):
        inner += share >= edge
    shape = n_blocks, weights.shape[1], N_CLASSES
    blocks = np.ndarray(shape, steps.dtype, steps, 0, (_SMOOTHED * steps.strides[0], *steps.strides))
    smooth = (weights @ blocks).reshape(-1, N_CLASSES)[: len(share)]
    norm = np.sqrt(np.einsum("tk,tk->t", smooth, smooth))[:, None]
    result: NDArray[np.float64] = smooth / np.where(norm > 1e-9, norm, 1.0)
    return result


@lru_cache(maxsize=8)
def _smoothing(width: int) -> NDArray[np.float64]:
    """Weights of frames in the weighted means of `_SMOOTHED` neighbours: a band matrix."""
    window = np.hanning(width + 2)[1:-1]
    weights = np.zeros((_SMOOTHED, _SMOOTHED + width - 1))
    for row in range(_SMOOTHED):
        weights[row, row : row + width] = window / window.sum()
    return weights


def chord_strength(spectra: Spectra) -> NDArray[np.float64]:
    """Share of chroma in the classes of the best major or minor triad, in each second.

    Returns
    -------
    ndarray of shape (n_seconds,)
        Within [0, 1]; at least one second.
    """
    result: NDArray[np.float64] = _chords(spectra)[0].max(axis=1)
    return result


def chord_major(spectra: Spectra) -> NDArray[np.float64]:
    """Share of the seconds whose best triad is a major one; shape (1,)."""
    return np.array([np.mean(_chords(spectra)[1] < N_CLASSES)])


def chord_change(spectra: Spectra) -> NDArray[np.float64]:
    """Share of the seconds whose best triad is new; shape (1,), 0 for one second."""
    best = _chords(spectra)[1]
    return np.array([np.mean(np.diff(best) != 0) if len(best) > 1 else 0.0])


def chord_variety(spectra: Spectra) -> NDArray[np.float64]:
    """Count the different best triads, over the number of seconds; shape (1,), within (0, 1]."""
    best = _chords(spectra)[1]
    return np.array([len(np.unique(best)) / len(best)])


def _chords(spectra: Spectra) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Strength of the 24 triads (major, then minor, from C) in each second, and the best of them."""

    def compute() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        share = chroma_share(spectra)
        width = min(round(spectra.config.sr / spectra.config.hop), len(share))
        count = len(share) // width
        seconds = share[: count * width].reshape(count, width, N_CLASSES).mean(axis=1)
        strength = seconds @ _triads().T
        return strength, strength.argmax(axis=1)

    return spectra.kept("chords", compute)


@lru_cache(maxsize=1)
def _triads() -> NDArray[np.float64]:
    """Pitch classes of the 24 triads, (24, 12): 1 where a class belongs to the triad."""
    triads = np.zeros((2 * N_CLASSES, N_CLASSES))
    for mode, notes in enumerate(_TRIADS):
        for root in range(N_CLASSES):
            triads[mode * N_CLASSES + root, [(root + note) % N_CLASSES for note in notes]] = 1
    return triads
