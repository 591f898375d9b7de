"""A linear rule on scaled columns, stored as plain arrays: what applies a stored `lda`, and `gtzan10`.

scikit-learn and skops take longer to import than all the rest of a prediction; a matrix needs neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.models.applying.layers import softmax

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

_RANK, _STANDARD = ("quantiles", "scores"), ("mean", "scale")
_RULE = ("weights", "offsets")


class StoredRule:
    """Probabilities by the softmax of a linear function of scaled columns.

    Parameters
    ----------
    arrays : dict of ndarray
        ``weights`` of shape (n_columns, n_genres) and ``offsets`` of shape (n_genres,), of columns scaled
        either by ``quantiles`` and their ``scores``, of shape (n_columns, n_quantiles), between which is
        interpolated; or by ``mean`` and ``scale`` of shape (n_columns,).

    Raises
    ------
    ValueError
        If arrays are missing, not finite, or do not fit each other.
    """

    def __init__(self, arrays: dict[str, npt.NDArray[Any]]) -> None:
        scaling = scaling_names(arrays)
        missing = [name for name in (*_RULE, *scaling) if name not in arrays]
        if missing:
            msg = f"lacks {missing[0]}"
            raise ValueError(msg)
        self._arrays = {name: np.asarray(arrays[name], np.float64) for name in (*_RULE, *scaling)}
        n_columns, n_genres = self._arrays["weights"].shape
        fits = self._arrays["offsets"].shape == (n_genres,) and all(
            len(self._arrays[name]) == n_columns for name in scaling
        )
        if not fits or not all(np.isfinite(array).all() for array in self._arrays.values()):
            msg = "its arrays do not fit each other"
            raise ValueError(msg)

    def predict_proba(self, X: npt.NDArray[np.floating]) -> FloatArray:
        """Return probabilities of shape (n_rows, n_genres)."""
        scaled = scaled_columns(np.asarray(X, np.float64), self._arrays)
        return softmax(scaled @ self._arrays["weights"] + self._arrays["offsets"])

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return all that makes the rule."""
        return dict(self._arrays)

    def contributions(self, X: npt.NDArray[np.floating], target: int) -> FloatArray:
        """Return what each column adds to the margin of a genre over the mean of all genres.

        The margin of the typical training row, whose scaled columns are all 0, is left out, so that what is
        returned sums to how far the row's margin is from that one: the Shapley value of each column, in
        closed form.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
        target : int
            Position of the genre.

        Returns
        -------
        ndarray of shape (n_rows, n_columns)
        """
        weights = self._arrays["weights"]
        against = weights[:, target] - weights.mean(axis=1)
        return np.asarray(self._scaled(np.asarray(X, np.float64)) * against)

    def tempered(self, factor: float) -> StoredRule:
        """Return the rule with its logits multiplied: the inverse of a temperature."""
        changed = {name: factor * self._arrays[name] for name in _RULE}
        return StoredRule(self._arrays | changed)

    def among(self, positions: npt.NDArray[np.int64], n_columns: int) -> StoredRule:
        """Return the rule for rows of more columns, of which it looks at those at `positions` only."""
        arrays: dict[str, npt.NDArray[Any]] = {"offsets": self._arrays["offsets"]}
        for name in self._arrays.keys() - arrays.keys():
            own = self._arrays[name]
            wide = np.zeros((n_columns, *own.shape[1:]))
            # Any scale does for a column without weight; ascending quantiles are what interpolation needs.
            wide[:] = np.linspace(0, 1, own.shape[1]) if name == _RANK[0] else float(name == _STANDARD[1])
            wide[positions] = own
            arrays[name] = wide
        return StoredRule(arrays)

    @property
    def used(self) -> npt.NDArray[np.int64]:
        """Positions of the columns that have any weight."""
        return np.flatnonzero((self._arrays["weights"] != 0).any(axis=1))

    def _scaled(self, X: FloatArray) -> FloatArray:
        return scaled_columns(X, self._arrays)


def scaling_names(arrays: Mapping[str, npt.NDArray[Any]]) -> tuple[str, ...]:
    """Return the names of the arrays by which columns are scaled."""
    return next((names for names in (_RANK, _STANDARD) if names[0] in arrays), _RANK)


def scaled_columns(X: FloatArray, arrays: Mapping[str, npt.NDArray[Any]]) -> FloatArray:
    """Return scaled rows; `arrays` are as `StoredRule` takes them."""
    if "mean" in arrays:
        return np.asarray((X - arrays["mean"]) / arrays["scale"])
    scored = np.empty_like(X)
    for i, (quantiles, scores) in enumerate(zip(arrays["quantiles"], arrays["scores"], strict=True)):
        scored[:, i] = np.interp(X[:, i], quantiles, scores)
    return scored
