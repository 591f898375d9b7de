"""Trained networks applied: what is left of them after training are arrays, which need no scikit-learn.

`cnn` and `mlp` inherit from here what they do after training, and are stored as `StoredConvolution` and
`StoredLayers`: importing scikit-learn and skops takes longer than all the rest of a prediction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.errors import ModelError
from gtzan_features.models.applying.convolution import (
    folded,
    pooled_over_time,
    relative_levels,
    unfolded,
    unpooled,
)
from gtzan_features.models.applying.layers import flat, paired, probabilities, probability_gradient

if TYPE_CHECKING:
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]
    Float64 = npt.NDArray[np.float64]
    Arrays = dict[str, npt.NDArray[Any]]

_CHUNK = 64 * 2**20
"""Bytes of unfolded patches at a time."""

_LAYER = "layer_"


class AppliedConvolution:
    """Filters shared over time, pooled, and a network on the pooled values; see `cnn`.

    Attributes
    ----------
    n_bands, patch, time_bins : int
        Bands of a spectrogram, frames of a filter, equal parts of the row that are pooled by themselves.
    relative : bool
        Whether each row's mean level is taken off it first.
    centre_, scale_ : ndarray of shape (n_bands,)
        Mean and standard deviation of each band over the training rows.
    filters_, biases_ : ndarray of shape (patch * n_bands, filters) and (filters,)
        The convolution.
    head_ : list of ndarray
        Weights and intercepts of the layers on the pooled values.
    """

    n_bands: int
    patch: int
    time_bins: int
    relative: bool
    centre_: Float32
    scale_: Float32
    filters_: Float32
    biases_: Float32
    head_: list[Float32]

    def predict_proba(self, X: npt.NDArray[np.floating]) -> Float64:
        """Probabilities of shape (n_rows, n_classes)."""
        return self.probabilities_at(self.standardised(X))

    def probabilities_at(self, Z: Float32) -> Float64:
        """Probabilities of shape (n_rows, n_classes) for standardised spectrograms."""
        return probabilities(paired(self.head_), self.pooled(Z))

    def gradient_at(self, Z: Float32, target: int) -> Float64:
        """Gradient of the probability of class number `target` at each point of standardised spectrograms.

        Through head, pooling and filters by the chain rule; shape of `Z`.
        """
        H = self.responses(Z)
        back = probability_gradient(paired(self.head_), pooled_over_time(H, self.time_bins), target)
        return folded(unpooled(back, H, self.time_bins) * (H > 0) @ self.filters_.T, self.patch)

    def responses(self, Z: Float32) -> Float32:
        """Rectified filters at every position, shape (n_rows, n_frames - patch + 1, filters).

        Parameters
        ----------
        Z : ndarray of shape (n_rows, n_frames, n_bands)
            Standardised spectrograms.
        """
        patches = unfolded(Z, self.patch)
        # Copied into a matrix that BLAS takes: it multiplies overlapping rows slowly.
        flat_patches = patches.reshape(-1, patches.shape[2])
        result: Float32 = np.maximum(flat_patches @ self.filters_ + self.biases_, 0)
        return result.reshape(*patches.shape[:2], -1)

    def pooled(self, Z: Float32) -> Float32:
        """Mean, maximum and deviation over time of each filter in each time bin.

        Returns
        -------
        ndarray of shape (n_rows, time_bins * 3 * filters)
        """
        n_frames = Z.shape[1]
        bytes_per_row = (n_frames - self.patch + 1) * self.patch * self.n_bands * 4
        step = max(1, _CHUNK // bytes_per_row)
        parts = [
            pooled_over_time(self.responses(Z[i : i + step]), self.time_bins) for i in range(0, len(Z), step)
        ]
        return np.concatenate(parts) if parts else np.empty((0, 3 * self.time_bins * len(self.biases_)), "f4")

    def spectrograms(self, X: npt.NDArray[np.floating]) -> Float32:
        """Return rows as spectrograms of shape (n_rows, n_frames, n_bands).

        Raises
        ------
        ModelError
            If they have too few frames.
        """
        if X.shape[1] % self.n_bands or X.shape[1] // self.n_bands < self.patch + self.time_bins - 1:
            frames = X.shape[1] / self.n_bands
            msg = (
                f"a row has {frames:g} frames of {self.n_bands} bands, fewer than the {self.patch} of a patch"
                f" in {self.time_bins} time bins. Use longer segments, or --set patch=…"
            )
            raise ModelError(msg)
        return np.asarray(X, dtype=np.float32).reshape(len(X), -1, self.n_bands)

    def standardised(self, X: npt.NDArray[np.floating]) -> Float32:
        """Return spectrograms as the filters see them, shape (n_rows, n_frames, n_bands)."""
        S = self.spectrograms(X)
        result: Float32 = ((relative_levels(S) if self.relative else S) - self.centre_) / self.scale_
        return result

    def arrays(self) -> Arrays:
        """Return all that `StoredConvolution` needs."""
        return {
            "patch": np.array(self.patch),
            "time_bins": np.array(self.time_bins),
            "relative": np.array(self.relative),
            "centre": self.centre_,
            "scale": self.scale_,
            "filters": self.filters_,
            "biases": self.biases_,
            **_numbered(self.head_),
        }


class AppliedLayers:
    """A plain network on standardised columns; see `mlp`.

    Attributes
    ----------
    n_bands : int
        Bands of a spectrogram; 0 for rows of features.
    relative : bool
        Whether each spectrogram's mean level is taken off it first; features stay as they are.
    centre_, scale_ : ndarray of shape (n_columns,)
        Mean and standard deviation of each column over the training rows.
    layers_ : list of ndarray
        Weights and intercepts of the layers.
    """

    n_bands: int
    relative: bool
    centre_: Float64
    scale_: Float64
    layers_: list[Float32]

    def predict_proba(self, X: npt.NDArray[np.floating]) -> Float64:
        """Probabilities of shape (n_rows, n_classes)."""
        return probabilities(paired(self.layers_), self._scaled(X))

    def standardised(self, X: npt.NDArray[np.floating]) -> Float32:
        """Return spectrograms as the network sees them, shape (n_rows, n_frames, n_bands)."""
        return self._scaled(X).reshape(len(X), -1, self.n_bands)

    def probabilities_at(self, Z: Float32) -> Float64:
        """Probabilities of shape (n_rows, n_classes) for standardised spectrograms."""
        return probabilities(paired(self.layers_), Z.reshape(len(Z), -1))

    def gradient_at(self, Z: Float32, target: int) -> Float64:
        """Gradient of the probability of class number `target` at standardised spectrograms; shape of `Z`."""
        return probability_gradient(paired(self.layers_), Z.reshape(len(Z), -1), target).reshape(Z.shape)

    def levels(self, X: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Return rows without their mean level, where that is wanted."""
        if not self.n_bands or not self.relative:
            return X
        result: npt.NDArray[np.floating] = X - X.mean(axis=1, keepdims=True)
        return result

    def arrays(self) -> Arrays:
        """Return all that `StoredLayers` needs."""
        return {
            "n_bands": np.array(self.n_bands),
            "relative": np.array(self.relative),
            "centre": self.centre_,
            "scale": self.scale_,
            **_numbered(self.layers_),
        }

    def _scaled(self, X: npt.NDArray[np.floating]) -> Float32:
        Z: Float32 = ((self.levels(X) - self.centre_) / self.scale_).astype(np.float32)
        return Z


class StoredConvolution(AppliedConvolution):
    """A convolutional network read back; see `stored_network`."""

    def __init__(self, arrays: Arrays) -> None:
        self.patch, self.time_bins = int(arrays["patch"]), int(arrays["time_bins"])
        self.relative = bool(arrays["relative"])
        self.centre_, self.scale_ = arrays["centre"], arrays["scale"]
        self.filters_, self.biases_ = arrays["filters"], arrays["biases"]
        self.n_bands = len(self.centre_)
        self.head_ = _layers(arrays, 3 * self.time_bins * len(self.biases_))
        _require(fits=self.filters_.shape == (self.patch * self.n_bands, len(self.biases_)))
        _require(fits=self.scale_.shape == self.centre_.shape)


class StoredLayers(AppliedLayers):
    """A plain network read back; see `stored_network`."""

    def __init__(self, arrays: Arrays) -> None:
        self.n_bands, self.relative = int(arrays["n_bands"]), bool(arrays["relative"])
        self.centre_, self.scale_ = arrays["centre"], arrays["scale"]
        self.layers_ = _layers(arrays, len(self.centre_))
        _require(fits=self.scale_.shape == self.centre_.shape)


def stored_network(arrays: Arrays) -> StoredConvolution | StoredLayers | None:
    """Return the network that these arrays make; None where they are no network's.

    Raises
    ------
    KeyError, TypeError, ValueError
        If arrays are missing, not finite, or do not fit each other.
    """
    kind = StoredConvolution if "filters" in arrays else StoredLayers if f"{_LAYER}0" in arrays else None
    if kind is None:
        return None
    _require(fits=all(np.isfinite(array).all() for array in arrays.values()))
    return kind(arrays)


def _numbered(layers: list[Float32]) -> Arrays:
    return {f"{_LAYER}{i}": array for i, array in enumerate(layers)}


def _layers(arrays: Arrays, width: int) -> list[Float32]:
    """Return weights and intercepts in their order, after checking that each layer fits the one before."""
    count = sum(name.startswith(_LAYER) for name in arrays)
    pairs = paired([arrays[f"{_LAYER}{i}"] for i in range(count)])
    for weights, intercepts in pairs:
        _require(fits=weights.shape == (width, len(intercepts)))
        width = len(intercepts)
    return flat(pairs)


def _require(*, fits: bool) -> None:
    if not fits:
        msg = "its arrays do not fit each other"
        raise ValueError(msg)
