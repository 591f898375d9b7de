"""A model of several labels a track applied: one classifier a label, each saying how probable its label is.

The probabilities of a row do not sum to one: a track may have all labels or none. Needs no scikit-learn where
the classifiers of the labels need none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.models.applying.linear_rule import scaled_columns, scaling_names
from gtzan_features.models.applying.xgboost_trees import StoredTrees

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]
    Arrays = dict[str, npt.NDArray[Any]]

MARK = "one_vs_rest"
"""Name of the array that tells a file of several labels from others; it holds their number."""

_TREES, _CONSTANT = "trees_", "constant_"


class ConstantLabel:
    """What stands for a classifier where every training row had the label, or none.

    Parameters
    ----------
    probability : float
        1 or 0.
    """

    def __init__(self, probability: float) -> None:
        self.probability = float(probability)

    def predict_proba(self, X: npt.NDArray[np.floating]) -> FloatArray:
        """Return probabilities of shape (n_rows, 2): of the label's absence, and of the label."""
        return np.tile([1.0 - self.probability, self.probability], (len(X), 1))


class OneVsRest:
    """One classifier a label.

    Parameters
    ----------
    estimators : list of Classifier
        Fitted on rows without (0) and with (1) the label.
    thresholds : sequence of float
        From which probability on each label is given.
    """

    def __init__(self, estimators: list[Any], thresholds: Sequence[float]) -> None:
        self.estimators = list(estimators)
        self.thresholds = [float(t) for t in thresholds]

    def predict_proba(self, X: npt.NDArray[np.floating]) -> FloatArray:
        """Return the probability of each label, of shape (n_rows, n_labels); rows sum to anything."""
        columns = [np.asarray(one.predict_proba(X), dtype=np.float64)[:, 1] for one in self.estimators]
        return np.stack(columns, axis=1)


class LabelRules:
    """Linear rules of all labels on the same scaled columns, as one matrix: what applies a stored `lda`.

    Parameters
    ----------
    arrays : dict of ndarray
        As for `linear_rule.StoredRule`; ``weights`` of shape (n_columns, n_labels) and ``offsets`` of shape
        (n_labels,) give the log-odds of each label.

    Raises
    ------
    ValueError
        If arrays are missing, not finite, or do not fit each other.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        names = ("weights", "offsets", *scaling_names(arrays))
        missing = [name for name in names if name not in arrays]
        if missing:
            msg = f"lacks {missing[0]}"
            raise ValueError(msg)
        self._arrays = {name: np.asarray(arrays[name], np.float64) for name in names}
        n_columns, n_labels = self._arrays["weights"].shape
        fits = self._arrays["offsets"].shape == (n_labels,) and all(
            len(self._arrays[name]) == n_columns for name in scaling_names(arrays)
        )
        if not fits or not all(np.isfinite(array).all() for array in self._arrays.values()):
            msg = "its arrays do not fit each other"
            raise ValueError(msg)

    def predict_proba(self, X: npt.NDArray[np.floating]) -> FloatArray:
        """Return the probability of each label, of shape (n_rows, n_labels)."""
        scaled = scaled_columns(np.asarray(X, np.float64), self._arrays)
        odds = scaled @ self._arrays["weights"] + self._arrays["offsets"]
        # In this form no exponential overflows.
        small = np.exp(-np.abs(odds))
        return np.asarray(np.where(odds >= 0, 1.0, small) / (1.0 + small))

    def arrays(self) -> Arrays:
        """Return all that makes the rules."""
        return {MARK: np.array(len(self._arrays["offsets"])), **self._arrays}


def tree_arrays(model: OneVsRest) -> Arrays:
    """Return boosted trees of each label as arrays of bytes: XGBoost's UBJSON."""
    arrays: Arrays = {MARK: np.array(len(model.estimators))}
    for i, one in enumerate(model.estimators):
        if isinstance(one, ConstantLabel):
            arrays[f"{_CONSTANT}{i:05d}"] = np.array(one.probability)
        else:
            raw = bytes(one.get_booster().save_raw("ubj"))
            arrays[f"{_TREES}{i:05d}"] = np.frombuffer(raw, dtype=np.uint8)
    return arrays


def stored_labels(arrays: Mapping[str, npt.NDArray[Any]]) -> LabelRules | OneVsRest | None:
    """Return a model of several labels from its arrays; None where they are of another kind.

    Raises
    ------
    ValueError
        If arrays are missing or damaged.
    """
    if MARK not in arrays:
        return None
    if "weights" in arrays:
        return LabelRules(arrays)
    estimators: list[Any] = []
    for i in range(int(arrays[MARK])):
        constant = arrays.get(f"{_CONSTANT}{i:05d}")
        if constant is not None:
            estimators.append(ConstantLabel(float(constant)))
        else:
            estimators.append(StoredTrees(arrays[f"{_TREES}{i:05d}"].tobytes()))
    return OneVsRest(estimators, ())
