"""The layers of a trained network: plain arrays, applied and differentiated without scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]
    Float64 = npt.NDArray[np.float64]
    Layers = list[tuple[Float32, Float32]]


def softmax(logits: npt.NDArray[np.floating]) -> Float64:
    """Return probabilities of shape (n, n_classes) in float64; rows sum to 1.

    Examples
    --------
    >>> softmax(np.log([[1.0, 3.0]])).round(6).tolist()
    [[0.25, 0.75]]
    """
    odds = np.exp(np.subtract(logits, logits.max(axis=1, keepdims=True), dtype=np.float64))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def hidden(layers: Layers, X: Float32) -> Float32:
    """Values of the last hidden layer, shape (n, n_hidden); `X` itself where there is none."""
    for w, b in layers[:-1]:
        X = np.maximum(X @ w + b, 0)
    return X


def logits(layers: Layers, X: Float32) -> Float32:
    """Values of the output layer before the softmax, shape (n, n_classes)."""
    w, b = layers[-1]
    result: Float32 = hidden(layers, X) @ w + b
    return result


def probabilities(layers: Layers, X: Float32) -> Float64:
    """Probabilities of shape (n, n_classes); rows sum to 1."""
    return softmax(logits(layers, X))


def probability_gradient(layers: Layers, X: Float32, target: int) -> Float64:
    """Gradient of the probability of class `target` with respect to `X`, shape of `X`."""
    masks, values = [], X
    for w, b in layers[:-1]:
        before = values @ w + b
        masks.append(before > 0)
        values = np.maximum(before, 0)
    p = softmax(values @ layers[-1][0] + layers[-1][1])
    # d p_t / d z_k = p_t (1[k = t] - p_k)
    back: Float64 = -p * p[:, [target]]
    back[:, target] += p[:, target]
    back = back @ layers[-1][0].T
    for (w, _), mask in zip(reversed(layers[:-1]), reversed(masks), strict=True):
        back = (back * mask) @ w.T
    return back


def flat(layers: Layers) -> list[Float32]:
    """Return the arrays of `layers` one after the other."""
    return [array for pair in layers for array in pair]


def paired(arrays: Iterable[Float32]) -> Layers:
    """Undo `flat`."""
    every = list(arrays)
    return list(zip(every[::2], every[1::2], strict=True))
