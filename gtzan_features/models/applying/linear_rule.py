"""A linear rule on scaled columns, stored as plain arrays: what applies a stored `lda`.

scikit-learn and skops take longer to import than all the rest of a prediction; a matrix needs neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.models.applying.layers import softmax

if TYPE_CHECKING:
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
        scaling = next((names for names in (_RANK, _STANDARD) if names[0] in arrays), _RANK)
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
        logits = self._scaled(np.asarray(X, np.float64)) @ self._arrays["weights"] + self._arrays["offsets"]
        return softmax(logits)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return all that makes the rule."""
        return dict(self._arrays)

    def _scaled(self, X: FloatArray) -> FloatArray:
        if "mean" in self._arrays:
            return (X - self._arrays["mean"]) / self._arrays["scale"]
        scored = np.empty_like(X)
        pairs = zip(self._arrays["quantiles"], self._arrays["scores"], strict=True)
        for i, (quantiles, scores) in enumerate(pairs):
            scored[:, i] = np.interp(X[:, i], quantiles, scores)
        return scored
