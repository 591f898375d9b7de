"""Which part of its input decides: saliency of networks on spectrograms, shares of features elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from xgboost import XGBClassifier

    from gtzan_features.models.spec import Classifier

    Float32 = npt.NDArray[np.float32]
    Float64 = npt.NDArray[np.float64]


class PictureModel(Protocol):
    """A network on spectrograms that can say what it sees and how its answer changes with it."""

    def standardised(self, X: npt.NDArray[np.floating]) -> Float32:
        """Return spectrograms as the network sees them, shape (n_rows, n_frames, n_bands)."""
        ...

    def probabilities_at(self, Z: Float32) -> Float64:
        """Probabilities for standardised spectrograms."""
        ...

    def gradient_at(self, Z: Float32, target: int) -> Float64:
        """Gradient of the probability of a class at standardised spectrograms."""
        ...


def gradient_times_input(model: PictureModel, X: npt.NDArray[np.floating], target: int) -> Float64:
    """Gradient of a class's probability times the standardised input, shape (n_rows, n_frames, n_bands).

    The input is 0 where a band is at its mean over the training rows, so a value says to first order
    what the point adds to the probability over an average level there.
    """
    Z = model.standardised(X)
    return model.gradient_at(Z, target) * Z


def occlusion(
    model: PictureModel, X: npt.NDArray[np.floating], target: int, window: tuple[int, int]
) -> Float64:
    """Fall of a class's probability when a window is set to the mean of its bands.

    No gradient is used: an independent check of `gradient_times_input`.

    Parameters
    ----------
    model : PictureModel
        The network.
    X : ndarray of shape (n_rows, n_frames * n_bands)
        Spectrograms.
    target : int
        Number of the class.
    window : tuple of int
        Frames and bands of a window; windows lie side by side, the last ones may be smaller.

    Returns
    -------
    ndarray of shape (n_rows, n_windows_in_time, n_windows_in_bands)
    """
    Z = model.standardised(X)
    whole = model.probabilities_at(Z)[:, target]
    frames = range(0, Z.shape[1], window[0])
    bands = range(0, Z.shape[2], window[1])
    result = np.empty((len(Z), len(frames), len(bands)))
    for i, t in enumerate(frames):
        for j, b in enumerate(bands):
            hidden = Z.copy()
            hidden[:, t : t + window[0], b : b + window[1]] = 0
            result[:, i, j] = whole - model.probabilities_at(hidden)[:, target]
    return result


def summed_in_windows(values: Float64, window: tuple[int, int]) -> Float64:
    """Sum points of shape (n_rows, n_frames, n_bands) within the windows of `occlusion`."""
    by_time = np.add.reduceat(values, np.arange(0, values.shape[1], window[0]), axis=1)
    result: Float64 = np.add.reduceat(by_time, np.arange(0, values.shape[2], window[1]), axis=2)
    return result


def tree_shap(model: XGBClassifier, X: npt.NDArray[np.floating], target: int) -> Float64:
    """TreeSHAP values of a class's margin by XGBoost itself, shape (n_rows, n_features).

    With the constant that is left out here, a row's values add up to the margin of the class.
    """
    from xgboost import DMatrix

    contributions = np.asarray(model.get_booster().predict(DMatrix(X), pred_contribs=True))
    if contributions.ndim == 2:  # two classes have one margin, that of the second
        contributions = (1 if target else -1) * contributions[:, None, :]
        target = 0
    return contributions[:, target, :-1].astype(np.float64)


def family_replacement(
    model: Classifier,
    X: npt.NDArray[np.floating],
    background: npt.NDArray[np.floating],
    families: Mapping[str, Sequence[int]],
    target: int,
) -> dict[str, float]:
    """Fall of a class's mean probability when a family of columns is taken from other rows.

    Parameters
    ----------
    model : Classifier
        Any model on features.
    X : ndarray of shape (n_rows, n_features)
        Rows to explain.
    background : ndarray of shape (n_background, n_features)
        Rows to take columns from; all columns of a family from the same row.
    families : mapping
        Columns of each family.
    target : int
        Number of the class.
    """
    whole = float(np.asarray(model.predict_proba(X))[:, target].mean())
    result = {}
    for family, columns in families.items():
        mixed = np.repeat(X, len(background), axis=0)
        mixed[:, columns] = np.tile(background[:, columns], (len(X), 1))
        result[family] = whole - float(np.asarray(model.predict_proba(mixed))[:, target].mean())
    return result


def family_importance(
    model: Classifier,
    X: npt.NDArray[np.floating],
    y: npt.NDArray[np.int64],
    families: Mapping[str, Sequence[int]],
    *,
    repeats: int = 5,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Permutation importance of families of columns: fall of the accuracy when rows exchange them.

    All columns of a family move together, so that what they share cannot be made up for by one another.

    Returns
    -------
    dict
        Mean and standard deviation over the repeats, by family.
    """

    def accuracy(rows: npt.NDArray[np.floating]) -> float:
        predicted: Any = np.asarray(model.predict_proba(rows)).argmax(axis=1)
        return float((predicted == y).mean())

    rng = np.random.default_rng(seed)
    whole = accuracy(X)
    result = {}
    for family, columns in families.items():
        falls = []
        for _ in range(repeats):
            mixed = X.copy()
            mixed[:, columns] = X[rng.permutation(len(X))][:, columns]
            falls.append(whole - accuracy(mixed))
        result[family] = float(np.mean(falls)), float(np.std(falls))
    return result
