"""Augmentation of spectrograms while a network learns: masks, MixUp and CutMix. Training rows only.

All work on standardised spectrograms, where 0 is a band's mean, and take a random generator. A mixed row
belongs to two classes; as scikit-learn's classifiers take hard labels, it is given twice, weighted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.models.networks.training import Batch

if TYPE_CHECKING:
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]
    IntVector = npt.NDArray[np.int64]

KINDS = ("time-mask", "frequency-mask", "mixup", "cutmix")
"""Augmentations of spectrograms, as on the command line."""

LARGEST_MASK = 0.3
"""Largest share of the frames, or of the bands, that a mask hides."""

_BETA = 0.4
"""Both parameters of the beta distribution of the share of the first row in a mixture."""


def augmented(S: Float32, y: IntVector, kinds: tuple[str, ...], rng: np.random.Generator) -> Batch:
    """Augment standardised spectrograms.

    Parameters
    ----------
    S : ndarray of shape (n, n_frames, n_bands)
        Spectrograms; not changed.
    y : ndarray of shape (n,)
        Their classes.
    kinds : tuple of str
        Of `KINDS`. Where both mixup and cutmix are given, each row takes one of them at random.
    rng : Generator
        Source of all chance.

    Returns
    -------
    Batch
        Flat rows; a mixed one stands there twice, with a class and a share of weight each.
    """
    if not kinds:
        return Batch(S.reshape(len(S), -1), y)
    mixers = [kind for kind in kinds if kind in ("mixup", "cutmix")]
    other = np.arange(len(S))
    share = np.ones(len(S))
    if mixers:
        other = rng.permutation(len(S))
        S, share = _mixed(S, other, mixers, rng)
    else:
        S = S.copy()
    if "time-mask" in kinds:
        mask_along(S, 1, rng)
    if "frequency-mask" in kinds:
        mask_along(S, 2, rng)
    X = S.reshape(len(S), -1)
    two = (share < 1) & (y != y[other])
    weight = np.concatenate([np.where(two, share, 1.0), 1 - share[two]])
    return Batch(np.concatenate([X, X[two]]), np.concatenate([y, y[other[two]]]), weight)


def mask_along(S: Float32, axis: int, rng: np.random.Generator) -> None:
    """Set a stretch of each spectrogram to 0, in place: frames for axis 1, bands for axis 2.

    The stretch has a random length from 0 to `LARGEST_MASK` of the axis and a random place.
    """
    size = S.shape[axis]
    width = rng.integers(0, int(LARGEST_MASK * size) + 1, len(S))
    start = rng.integers(0, size - width + 1)
    at = np.arange(size)
    hidden = (at >= start[:, None]) & (at < (start + width)[:, None])
    S[np.broadcast_to(np.expand_dims(hidden, 3 - axis), S.shape)] = 0


def _mixed(
    S: Float32, other: IntVector, mixers: list[str], rng: np.random.Generator
) -> tuple[Float32, npt.NDArray[np.float64]]:
    share = rng.beta(_BETA, _BETA, len(S))
    by_box = rng.choice(mixers, len(S)) == "cutmix"
    result = np.empty_like(S)
    lam = share[~by_box, None, None].astype(np.float32)
    result[~by_box] = lam * S[~by_box] + (1 - lam) * S[other[~by_box]]
    box = _boxes(S.shape, share, rng)
    result[by_box] = np.where(box[by_box], S[other[by_box]], S[by_box])
    return result, np.where(by_box, 1 - box.mean(axis=(1, 2)), share)


def _boxes(
    shape: tuple[int, ...], share: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Rectangles that cover about ``1 - share`` of each spectrogram, as masks of its shape."""
    sides = []
    for size in shape[1:]:
        width = np.rint(size * np.sqrt(1 - share)).astype(np.int64)
        start = rng.integers(0, size - width + 1)
        at = np.arange(size)
        sides.append((at >= start[:, None]) & (at < (start + width)[:, None]))
    boxes: npt.NDArray[np.bool_] = sides[0][:, :, None] & sides[1][:, None, :]
    return boxes
