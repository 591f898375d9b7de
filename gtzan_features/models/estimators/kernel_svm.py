"""The support vector machine with an RBF kernel, for thousands of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC
from sklearn.utils.validation import validate_data

from gtzan_features.errors import InputError
from gtzan_features.models.checked_input import checked_rows, encoded_classes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]


_CHEAP, _MOST = 256 * 2**20, 2 * 2**30  # bytes of a kernel
_MANY_COLUMNS = 0.25
"""Columns per row beyond which the whole kernel is worth up to `_MOST` bytes."""

_BLOCK = 1024


def whole_kernel_bytes(n_rows: int, n_columns: int) -> int:
    """Return how many bytes the kernel of all pairs may take; beyond, libsvm computes what it needs.

    Examples
    --------
    >>> [whole_kernel_bytes(10_000, columns) // 2**20 for columns in (57, 3660)]
    [256, 2048]
    """
    return _MOST if n_columns > _MANY_COLUMNS * n_rows else _CHEAP


class KernelSVM(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """scikit-learn's SVC on the RBF kernel of all pairs of rows, which one matrix product gives.

    libsvm by itself computes the kernel pair by pair, whenever it needs one: with 3660 columns it takes ten
    times as long. The kernel of n rows takes 8 n² bytes: where that is too much for what it saves, the pairs
    are libsvm's (`whole_kernel_bytes`).

    Parameters
    ----------
    C, tol, class_weight, max_iter
        As for SVC.
    gamma : float or {"scale", "auto"}
        Of the kernel exp(-gamma |x - y|²); ``scale`` is 1 / (n_columns * variance of all values), ``auto``
        1 / n_columns, as SVC has it.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_columns,)
        Where it was fitted on a DataFrame.
    n_iter_ : ndarray of shape (n_pairs_of_classes,)
        Iterations of each pair's machine.
    gamma_ : float
    support_vectors_ : ndarray of shape (n_support, n_columns)
    machine_ : SVC
        Fitted on the kernel, or on the rows.
    whole_kernel_ : bool
        Which of the two.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> genres = np.repeat(["blues", "rock"], 20)
    >>> rows = rng.normal(size=(40, 3000)) + (genres == "rock")[:, None]
    >>> gf.KernelSVM(C=10).fit(rows, genres).predict(rows[[0, -1]])
    array(['blues', 'rock'], dtype='<U5')
    """

    def __init__(
        self,
        C: float = 1.0,
        gamma: float | str = "scale",
        class_weight: dict[Any, float] | str | None = None,
        tol: float = 1e-3,
        max_iter: int = -1,
    ) -> None:
        self.C = C
        self.gamma = gamma
        self.class_weight = class_weight
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> KernelSVM:
        """Fit on rows and their classes.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            Finite numbers, best of mean 0 and deviation 1.
        y : array-like of shape (n_rows,)
            Classes: words or whole numbers, two at least.

        Raises
        ------
        InputError
            If there is one class only, or `gamma` is not known.
        ValueError
            If another setting is none of SVC's, or `X` is no matrix of finite numbers.
        """
        rows, labels = validate_data(self, X, y, dtype=np.float64)
        encoded_classes(labels)
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
        self.machine_ = machine.fit(
            rbf_kernel(rows, gamma=self.gamma_) if self.whole_kernel_ else rows, labels
        )
        self.support_vectors_ = rows[machine.support_]
        self.classes_, self.n_iter_ = machine.classes_, machine.n_iter_
        return self

    def decision_function(self, X: npt.ArrayLike) -> FloatArray:
        """Return SVC's values, one class against the rest: (n_rows, n_classes), or (n_rows,) for two."""
        return np.concatenate([self.machine_.decision_function(some) for some in self._inputs(X)])

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the class of each row, as SVC votes."""
        return np.concatenate([self.machine_.predict(some) for some in self._inputs(X)])

    def _inputs(self, X: npt.ArrayLike) -> Iterator[FloatArray]:
        """Yield rows as the machine takes them, so many at a time that memory stays bounded.

        In a kernel with the training rows, only support vectors count; all other columns stay 0.
        """
        rows = checked_rows(self, X)
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
            raise InputError(msg)
        return float(self.gamma)
