"""The support vector machine with an RBF kernel, for thousands of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.models.base import FloatMatrix

    FloatArray = npt.NDArray[np.float64]


class KernelSVM(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """scikit-learn's SVC on the RBF kernel of all pairs of rows, which one matrix product gives.

    libsvm by itself computes the kernel pair by pair, whenever it needs one: with 3669 columns it takes ten
    times as long. The kernel of n rows takes 8 n² bytes.

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
        Fitted on the kernel.
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
        machine = SVC(
            C=self.C,
            kernel="precomputed",
            class_weight=self.class_weight,
            tol=self.tol,
            max_iter=self.max_iter,
        )
        self.machine_ = machine.fit(rbf_kernel(rows, gamma=self.gamma_), y)
        self.support_vectors_ = rows[machine.support_]
        self.classes_ = machine.classes_
        return self

    def decision_function(self, X: FloatMatrix) -> FloatArray:
        """Return SVC's values, one genre against the rest: (n_rows, n_classes), or (n_rows,) for two."""
        values: FloatArray = self.machine_.decision_function(self._kernel(X))
        return values

    def predict(self, X: FloatMatrix) -> npt.NDArray[Any]:
        """Return the class of each row, as SVC votes."""
        return np.asarray(self.machine_.predict(self._kernel(X)))

    def _kernel(self, X: FloatMatrix) -> FloatArray:
        """Return the kernel with the training rows; what is no support vector counts nothing and stays 0."""
        kernel: FloatArray = np.zeros((len(X), self.machine_.shape_fit_[0]))
        some = rbf_kernel(np.asarray(X, dtype=np.float64), self.support_vectors_, gamma=self.gamma_)
        kernel[:, self.machine_.support_] = some
        return kernel

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
