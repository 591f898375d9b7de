"""The arithmetic of a convolution over time: patches as a matrix, pooling, and the way back of gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]


def unpooled(back: npt.NDArray[np.float64], H: Float32, time_bins: int) -> npt.NDArray[np.float64]:
    """Turn a gradient with respect to `pooled_over_time` into one with respect to the responses `H`.

    A maximum passes it to the first position that has it; the deviation of constant responses passes none.
    """
    gradients = np.split(back, 3 * time_bins, axis=1)
    result = []
    for number, part in enumerate(np.array_split(H, time_bins, axis=1)):
        of_mean, of_max, of_std = (g[:, None, :] for g in gradients[3 * number : 3 * number + 3])
        count = part.shape[1]
        spread = part.std(axis=1, keepdims=True)
        from_std = (part - part.mean(axis=1, keepdims=True)) / (count * np.where(spread > 0, spread, np.inf))
        first = part.argmax(axis=1)[:, None, :] == np.arange(count)[None, :, None]
        result.append(of_mean / count + of_max * first + of_std * from_std)
    return np.concatenate(result, axis=1)


def folded(patches: npt.NDArray[np.float64], patch: int) -> npt.NDArray[np.float64]:
    """Add overlapping patches up where they lie: the transpose of `unfolded`.

    Parameters
    ----------
    patches : ndarray of shape (n_rows, n_frames - patch + 1, patch * n_bands)
        As `unfolded` gives them.
    patch : int
        Frames of a patch.

    Returns
    -------
    ndarray of shape (n_rows, n_frames, n_bands)
    """
    rows, positions, width = patches.shape
    bands = width // patch
    result = np.zeros((rows, positions + patch - 1, bands))
    for k in range(patch):
        result[:, k : k + positions] += patches[:, :, k * bands : (k + 1) * bands]
    return result


def relative_levels(S: Float32) -> Float32:
    """Levels above the mean level of their spectrogram, in dB; shape of `S`, (n_rows, n_frames, n_bands)."""
    result: Float32 = S - S.mean(axis=(1, 2), keepdims=True)
    return result


def unfolded(Z: Float32, patch: int) -> Float32:
    """Every stretch of `patch` frames as one row: the matrix whose product with the filters convolves.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_frames, n_bands)
        Spectrograms.
    patch : int
        Frames of a stretch.

    Returns
    -------
    ndarray of shape (n_rows, n_frames - patch + 1, patch * n_bands)
        Frame after frame, as a stretch of the spectrogram flattened. A view: frames overlap in memory.
    """
    Z = np.ascontiguousarray(Z)
    rows, frames, bands = Z.shape
    shape = rows, frames - patch + 1, patch * bands
    strides = Z.strides[0], Z.strides[1], Z.strides[2]
    view: Float32 = np.lib.stride_tricks.as_strided(Z, shape, strides, writeable=False)
    return view


def pooled_over_time(H: Float32, time_bins: int) -> Float32:
    """Mean, maximum and standard deviation over equal stretches of time.

    Parameters
    ----------
    H : ndarray of shape (n_rows, n_positions, filters)
        Responses.
    time_bins : int
        Number of stretches; at most `n_positions`.

    Returns
    -------
    ndarray of shape (n_rows, time_bins * 3 * filters)
        For each stretch all means, then all maxima, then all deviations.
    """
    parts = np.array_split(H, time_bins, axis=1)
    return np.concatenate(
        [pool(part, axis=1) for part in parts for pool in (np.mean, np.max, np.std)], axis=1
    )
