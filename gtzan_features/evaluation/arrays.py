"""Array types of this layer, and the checks on every array that comes in.

A mismatch of shapes is a fault of the calling code: ``ValueError``. Numbers that a model should
never have given are the user's concern: ``ModelError``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gtzan_features.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

SUM_TOLERANCE = 1e-3
"""How far the probabilities of a row may sum from one (float32 models are off by about 1e-6)."""


def as_probabilities(values: ArrayLike) -> FloatArray:
    """Check class probabilities and return them in double precision.

    Parameters
    ----------
    values : array_like of shape (n_rows, n_genres)
        Within [0, 1]; every row sums to one within `SUM_TOLERANCE`.

    Returns
    -------
    ndarray of shape (n_rows, n_genres)
        The same numbers as float64; not renormalised.

    Raises
    ------
    ValueError
        If the array is not two-dimensional, or is empty.
    ModelError
        If a value is NaN, infinite or negative, or a row does not sum to one.
    """
    rows: FloatArray = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2 or rows.size == 0:
        msg = f"probabilities must have the shape (n_rows, n_genres) and hold a row; got {rows.shape}"
        raise ValueError(msg)
    _refuse(np.asarray(~np.isfinite(rows).all(axis=1)), "hold NaN or infinity")
    off_sum: FloatArray = np.abs(rows.sum(axis=1) - 1.0)
    bad: BoolArray = np.logical_or(rows.min(axis=1) < 0.0, off_sum > SUM_TOLERANCE)
    _refuse(bad, "are no probabilities (a negative value, or a sum other than one)")
    return rows


def as_label_probabilities(values: ArrayLike) -> FloatArray:
    """Check probabilities of labels, of which a row may have several, and return them in double precision.

    Parameters
    ----------
    values : array_like of shape (n_rows, n_labels)
        Each within [0, 1]; rows sum to anything.

    Raises
    ------
    ValueError
        If the array is not two-dimensional, or is empty.
    ModelError
        If a value is NaN, infinite, or outside [0, 1].
    """
    rows: FloatArray = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2 or rows.size == 0:
        msg = f"probabilities must have the shape (n_rows, n_labels) and hold a row; got {rows.shape}"
        raise ValueError(msg)
    _refuse(np.asarray(~np.isfinite(rows).all(axis=1)), "hold NaN or infinity")
    outside = np.logical_or(rows.min(axis=1) < 0.0, rows.max(axis=1) > 1.0)
    _refuse(np.asarray(outside), "are no probabilities (a value outside 0 and 1)")
    return rows


def as_truth(values: ArrayLike, shape: tuple[int, ...]) -> BoolArray:
    """Check a matrix that says which labels each row has.

    Raises
    ------
    ValueError
        If it has another shape, or does not hold booleans.
    """
    raw = np.asarray(values)
    if raw.shape != shape or raw.dtype.kind != "b":
        msg = f"truth must hold booleans in the shape {shape}; got {raw.dtype} in {raw.shape}"
        raise ValueError(msg)
    return raw.astype(np.bool_)


def _refuse(bad: BoolArray, what: str) -> None:
    """Raise `ModelError` if a row is bad, and name the first one."""
    if bad.any():
        msg = (
            f"probabilities: {int(bad.sum())} of {bad.size} rows {what}, the first is row "
            f"{int(np.argmax(bad))}. Look at what the model was fitted on, and fit it again."
        )
        raise ModelError(msg)


def as_index(values: ArrayLike, name: str, n_rows: int | None = None) -> IntArray:
    """Check a vector of integers, such as track or genre indices.

    Parameters
    ----------
    values : array_like of shape (n_rows,)
        Integers; booleans and floats are refused.
    name : str
        What the vector is, for the message.
    n_rows : int, optional
        The length that it must have.

    Returns
    -------
    ndarray of shape (n_rows,)
        The same numbers as int64.

    Raises
    ------
    ValueError
        If the type, the number of dimensions or the length is another, or the vector is empty.
    """
    raw = _as_vector(values, name, n_rows)
    if raw.dtype.kind not in "iu":
        msg = f"{name} must hold integers; got {raw.dtype}"
        raise ValueError(msg)
    return raw.astype(np.int64)


def as_labels(values: ArrayLike, name: str, n_genres: int, n_rows: int | None = None) -> IntArray:
    """Check a vector of genre indices, each within [0, n_genres).

    Raises
    ------
    ValueError
        As `as_index`, and for an index out of range.
    """
    labels = as_index(values, name, n_rows)
    if labels.min() < 0 or labels.max() >= n_genres:
        msg = f"{name} must lie within 0 and {n_genres - 1}; got {labels.min()} to {labels.max()}"
        raise ValueError(msg)
    return labels


def as_correct(values: ArrayLike, name: str = "correct", n_rows: int | None = None) -> BoolArray:
    """Check a vector of booleans: whether each row is classified correctly.

    Raises
    ------
    ValueError
        If the type, the number of dimensions or the length is another, or the vector is empty.
    """
    raw = _as_vector(values, name, n_rows)
    if raw.dtype.kind != "b":
        msg = f"{name} must hold booleans; got {raw.dtype}"
        raise ValueError(msg)
    return raw.astype(np.bool_)


def unit_of_row(groups: ArrayLike | None, n_rows: int) -> IntArray:
    """Give each row the number of the independent unit that it belongs to.

    Parameters
    ----------
    groups : array_like of shape (n_rows,), or None
        Any sortable labels (integers, artist names); rows with equal labels form one unit.
        None: every row is a unit.
    n_rows : int
        How many rows there are.

    Returns
    -------
    ndarray of shape (n_rows,)
        From 0 to n_units - 1, in the sorted order of the labels.

    Examples
    --------
    >>> unit_of_row(["Queen", "Abba", "Queen"], 3).tolist()
    [1, 0, 1]
    """
    if groups is None:
        return np.arange(n_rows, dtype=np.int64)
    return _codes(groups, "groups", n_rows)


def units_in_strata(
    groups: ArrayLike | None, strata: ArrayLike | None, n_rows: int
) -> tuple[IntArray, IntArray]:
    """Give each row the number of its unit, and each unit that of its stratum.

    Parameters
    ----------
    groups : array_like of shape (n_rows,), or None
        As for `unit_of_row`.
    strata : array_like of shape (n_rows,), or None
        Any sortable labels, such as the true genre. A group with rows in two strata is a unit in each.
        None: all rows are of one stratum.
    n_rows : int
        How many rows there are.

    Returns
    -------
    unit : ndarray of shape (n_rows,)
        From 0 to n_units - 1.
    stratum : ndarray of shape (n_units,)
        From 0 to n_strata - 1.

    Examples
    --------
    >>> unit, stratum = units_in_strata(["Queen", "Abba", "Queen"], ["rock", "pop", "pop"], 3)
    >>> unit.tolist(), stratum.tolist()
    ([2, 0, 1], [0, 0, 1])
    """
    unit = unit_of_row(groups, n_rows)
    stratum = np.zeros(n_rows, dtype=np.int64) if strata is None else _codes(strata, "strata", n_rows)
    size = int(unit.max()) + 1
    both, of_row = np.unique(stratum * size + unit, return_inverse=True)
    return of_row.astype(np.int64), both // size


def _codes(labels: ArrayLike, name: str, n_rows: int) -> IntArray:
    """Give rows with equal labels one number, in the sorted order of the labels."""
    codes: IntArray = np.unique(_as_vector(labels, name, n_rows), return_inverse=True)[1].astype(np.int64)
    return codes


def _as_vector(values: ArrayLike, name: str, n_rows: int | None) -> NDArray[np.generic]:
    raw: NDArray[np.generic] = np.asarray(values)
    if raw.ndim != 1 or raw.size == 0:
        msg = f"{name} must have the shape (n_rows,) and hold a row; got {raw.shape}"
        raise ValueError(msg)
    if n_rows is not None and raw.size != n_rows:
        msg = f"{name} must have {n_rows} rows as the others; got {raw.size}"
        raise ValueError(msg)
    return raw
