"""The support vector machine with an RBF kernel, for thousands of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from gtzan_features.models.spec import FloatMatrix

    FloatArray = npt.NDArray[np.float64]


_CHEAP, _MOST = 256 * 2**20, 2 * 2**30  # bytes of a kernel
_MANY_COLUMNS = 0.25
"""Columns per row beyond which the whole kernel is worth up to `_MOST` bytes."""

_BLOCK = 1024


def whole_kernel_bytes(n_rows: int, n_columns: int) -> int:
    """Return how many bytes the kernel of all pairs may take; beyond, libsvm computes what it needs.

    Examples
    --------
    >>> [whole_kernel_bytes(10_000, columns) // 2**20 for columns in (57, 3669)]
    [256, 2048]
    """
    return _MOST if n_columns > _MANY_COLUMNS * n_rows else _CHEAP


class KernelSVM(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """scikit-learn's SVC on the RBF kernel of all pairs of rows, which one matrix product gives.

    libsvm by itself computes the kernel pair by pair, whenever it needs one: with 3669 columns it takes ten
    times as long. The kernel of n rows takes 8 n² bytes: where that is too much for what it saves, the pairs
    are libsvm's (`whole_kernel_bytes`).

    Parameters
    ----------
    C, tol, class_weight, max_iter
        As of SVC.
    gamma : float or {"scale", "auto"}
        Of the kernel exp(-gamma |x - y|²); ``scale`` is 1 / (n_columns * variance of all values), ``auto``
        1 / n_columns, as SVC has it.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    gamma_ : float
    support_vectors_ : ndarray of shape (n_support, n_columns)
    machine_ : SVC
        Fitted on the kernel, or on the rows.
    whole_kernel_ : bool
        Which of the two.
    """

    def __init__(
        self,
        C: float = 1.0,
        gamma: float | str = "scale",
        class_weight: dict[int, float] | str | None = None,
        tol: float = 1e-3,
        max_iter: int = -1,
    ) -> None:
        self.C = C
        self.gamma = gamma
        self.class_weight = class_weight
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X: FloatMatrix, y: npt.NDArray[Any]) -> KernelSVM:
        """Learn; ValueError where a setting is none of SVC's."""
        rows: FloatArray = np.asarray(X, dtype=np.float64)
        self.gamma_ = self._gamma(rows)
        self.whole_kernel_ = 8 * len(rows) ** 2 <= whole_kernel_bytes(*rows.shape)
        machine = SVC(
            C=self.C,
            kernel="precomputed" if self.whole_kernel_ else "rbf",
            gamma=self.gamma_,
            class_weight=self.class_weight,
            tol=self.tol,
            max_iter=self.max_iter,
        )
        self.machine_ = machine.fit(rbf_kernel(rows, gamma=self.gamma_) if self.whole_kernel_ else rows, y)
        self.support_vectors_ = rows[machine.support_]
        self.classes_ = machine.classes_
        return self

    def decision_function(self, X: FloatMatrix) -> FloatArray:
        """Return SVC's values, one genre against the rest: (n_rows, n_classes), or (n_rows,) for two."""
        return np.concatenate([self.machine_.decision_function(some) for some in self._inputs(X)])

    def predict(self, X: FloatMatrix) -> npt.NDArray[Any]:
        """Return the class of each row, as SVC votes."""
        return np.concatenate([self.machine_.predict(some) for some in self._inputs(X)])

    def _inputs(self, X: FloatMatrix) -> Iterator[FloatArray]:
        """Yield rows as the machine takes them, so many at a time that memory stays bounded.

        Of a kernel with the training rows, what is no support vector counts nothing and stays 0.
        """
        rows: FloatArray = np.asarray(X, dtype=np.float64)
        if not self.whole_kernel_:
            yield rows
            return
        for start in range(0, max(len(rows), 1), _BLOCK):
            some = rows[start : start + _BLOCK]
            kernel: FloatArray = np.zeros((len(some), self.machine_.shape_fit_[0]))
            kernel[:, self.machine_.support_] = rbf_kernel(some, self.support_vectors_, gamma=self.gamma_)
            yield kernel

    def _gamma(self, X: FloatArray) -> float:
        if self.gamma == "scale":
            variance = float(X.var())
            return 1 / (X.shape[1] * variance) if variance else 1.0
        if self.gamma == "auto":
            return float(1 / X.shape[1])
        if isinstance(self.gamma, str) or self.gamma < 0:
            msg = f"gamma={self.gamma} is neither a number from 0 nor scale or auto"
            raise ValueError(msg)
        return float(self.gamma)
