"""The support vector machine with an RBF kernel, for thousands of columns."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.svm import SVC
from sklearn.utils.validation import validate_data

from gtzan_features.errors import InputError
from gtzan_features.models.checked_input import checked_rows, encoded_classes

if TYPE_CHECKING:
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]


_CHEAP, _MOST = 256 * 2**20, 2 * 2**30  # bytes of a kernel
_MANY_COLUMNS = 0.25
"""Columns per row beyond which the whole kernel is worth up to `_MOST` bytes."""

_BLOCK = 1024  # rows of a kernel at a time: enough for the matrix product to be fast
_CACHED = 2**16  # values that are worked on while they lie in the processor's cache


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
            kernel_of_pairs(rows, self.gamma_) if self.whole_kernel_ else rows, labels
        )
        self.support_vectors_ = rows[machine.support_]
        self.classes_, self.n_iter_ = machine.classes_, machine.n_iter_
        return self

    def decision_function(self, X: npt.ArrayLike) -> FloatArray:
        """Return SVC's values, one class against the rest: (n_rows, n_classes), or (n_rows,) for two.

        Of more than two classes a value is the number of pairs that the class wins, and within (-1/3, 1/3)
        by how much it wins them all.
        """
        values = self._of_pairs(X)
        if len(self.classes_) == 2:
            return values[:, 0]
        first, second = self._pairs()
        sums = values @ (first - second)
        won = (values >= 0) @ first + (values < 0) @ second
        return np.asarray(won + sums / (3 * (np.abs(sums) + 1)))

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the class of each row that wins most pairs, as SVC votes; the first of several."""
        values = self._of_pairs(X)
        if len(self.classes_) == 2:
            best = (values[:, 0] >= 0).astype(np.int64)
        else:
            first, second = self._pairs()
            best = ((values > 0) @ first + (values <= 0) @ second).argmax(axis=1)
        found: npt.NDArray[Any] = self.classes_[best]
        return found

    def _pairs(self) -> tuple[FloatArray, FloatArray]:
        """Return the first and the second class of each pair, as ones in (n_pairs, n_classes)."""
        first, second = np.transpose(list(combinations(range(len(self.classes_)), 2)))
        one = np.eye(len(self.classes_))
        return one[first], one[second]

    def _of_pairs(self, X: npt.ArrayLike) -> FloatArray:
        """Return the value of each pair of classes, (n_rows, n_pairs): above 0 is its first class.

        Of two classes, above 0 is the second. These are libsvm's sums over the support vectors, which it
        takes row by row, as products of matrices; so many rows at a time that memory stays bounded.
        """
        rows, machine = checked_rows(self, X), self.machine_
        coefficients = _coefficients(machine.dual_coef_, machine.n_support_)
        values = np.empty((len(rows), coefficients.shape[1]))
        vectors, half_squares = self.support_vectors_, _half_squares(self.support_vectors_)
        for start in range(0, len(rows), _BLOCK):
            some = rows[start : start + _BLOCK]
            kernel = some @ vectors.T
            _to_kernel(kernel, _half_squares(some), half_squares, self.gamma_)
            values[start : start + _BLOCK] = kernel @ coefficients
        return np.asarray(values + machine.intercept_)

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


def kernel_of_pairs(X: FloatArray, gamma: float) -> FloatArray:
    """Return exp(-gamma |x - y|²) of all pairs of rows, of shape (n_rows, n_rows).

    Half of it is computed, the rest mirrored, and nothing of its size lies beside it.
    """
    kernel = np.empty((len(X), len(X)))
    half_squares = _half_squares(X)
    for start in range(0, len(X), _BLOCK):
        end = min(start + _BLOCK, len(X))
        some = kernel[start:end, :end]
        np.matmul(X[start:end], X[:end].T, out=some)
        _to_kernel(some, half_squares[start:end], half_squares[:end], gamma)
        kernel[:start, start:end] = some[:, :start].T
    np.fill_diagonal(kernel, 1.0)
    return kernel


def _half_squares(X: FloatArray) -> FloatArray:
    return np.asarray(0.5 * np.einsum("ij,ij->i", X, X))


def _to_kernel(products: FloatArray, of_rows: FloatArray, of_columns: FloatArray, gamma: float) -> None:
    """Turn products of rows into the kernel in place; `of_rows`, `of_columns` are halves of their squares."""
    step = max(1, _CACHED // max(products.shape[1], 1))
    for start in range(0, len(products), step):
        some = products[start : start + step]
        some -= of_rows[start : start + step, None]
        some -= of_columns
        np.minimum(some, 0.0, out=some)  # rounding may have left a distance below 0
        some *= 2 * gamma
        np.exp(some, out=some)


def _coefficients(dual: FloatArray, n_support: npt.NDArray[Any]) -> FloatArray:
    """Return libsvm's coefficients as one of each support vector in each pair: (n_support, n_pairs).

    In libsvm's, a vector of class i has its coefficient against class j in line j - 1 where j comes later,
    and in line j where it comes before.
    """
    if len(n_support) == 2:
        return dual.T
    of = np.repeat(np.arange(len(n_support)), n_support)
    pairs = list(combinations(range(len(n_support)), 2))
    found = np.zeros((len(of), len(pairs)))
    for number, (first, second) in enumerate(pairs):
        found[of == first, number] = dual[second - 1, of == first]
        found[of == second, number] = dual[first, of == second]
    return found
