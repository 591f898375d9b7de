"""What the estimators check of their rows and classes, and how they pass groups on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing, get_tags, indexable
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    has_fit_parameter,
    validate_data,
)

from gtzan_features.errors import InputError
from gtzan_features.models.spec import TrainingData

if TYPE_CHECKING:
    import numpy.typing as npt

    IntVector = npt.NDArray[np.int64]


def checked_rows(
    estimator: Any,  # noqa: ANN401 - any estimator
    X: npt.ArrayLike,
    dtype: Any = np.float64,  # noqa: ANN401 - a type of numbers, or several
    *,
    reset: bool = False,
) -> npt.NDArray[Any]:
    """Return rows as a matrix of finite numbers, of as many columns and the names that `estimator` knows.

    With `reset`, number and names of the columns are learnt from `X`; else a fitted estimator is needed.
    """
    if not reset:
        check_is_fitted(estimator)
    rows: npt.NDArray[Any] = validate_data(estimator, X, dtype=dtype, reset=reset)
    return rows


def encoded_classes(y: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], IntVector]:
    """Return the classes in `y`, sorted, and the number of each row's class.

    Raises
    ------
    InputError
        If there is one class only.
    ValueError
        If `y` holds no classes but numbers that are not whole.

    Examples
    --------
    >>> encoded_classes(np.array(["rock", "blues", "rock"]))
    (array(['blues', 'rock'], dtype='<U5'), array([1, 0, 1]))
    """
    check_classification_targets(y)
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        found = f"all rows are of one class, {classes[0]}" if len(classes) else "there are no rows"
        msg = f"{found}: a classifier needs two classes at least. Add rows of another"
        raise InputError(msg)
    return classes, codes


def encoded_groups(groups: Any, y: npt.NDArray[Any]) -> IntVector | None:  # noqa: ANN401 - any array-like
    """Return the number of each row's group, None where none are given; ValueError where lengths differ."""
    if groups is None:
        return None
    check_consistent_length(groups, y)
    return np.unique(column_or_1d(groups), return_inverse=True)[1].astype(np.int64)


def fit_with_groups(estimator: Any, X: Any, y: Any, groups: Any) -> Any:  # noqa: ANN401 - any estimator
    """Fit an estimator, or the last step of a pipeline, with `groups` where its ``fit`` takes them."""
    last, prefix = estimator, ""
    while isinstance(last, Pipeline):
        name, last = last.steps[-1]
        prefix += f"{name}__"
    takes_groups = groups is not None and has_fit_parameter(last, "groups")
    given = {f"{prefix}groups": groups} if takes_groups else {}
    # Groups are passed by name here, which a pipeline refuses where scikit-learn routes metadata.
    with config_context(enable_metadata_routing=False):
        return estimator.fit(X, y, **given)


@dataclass(frozen=True, slots=True)
class NumberedRows:
    """Rows of any kind, divided by their positions: DataFrames and lists of files as well as arrays.

    Attributes
    ----------
    X, y
        What is fitted, as it was given.
    classes : ndarray of shape (n_classes,)
    data : TrainingData
        Position, number of the class and of the group of each row: what inner folds divide.
    grouped : bool
        Whether groups were given.
    """

    X: Any
    y: npt.NDArray[Any]
    classes: npt.NDArray[Any]
    data: TrainingData
    grouped: bool

    def fit(self, estimator: Any, training: TrainingData) -> Any:  # noqa: ANN401 - any estimator
        """Return a clone of `estimator`, fitted on some of the rows."""
        groups = training.groups if self.grouped else None
        return fit_with_groups(clone(estimator), self.at(training.X), self.y[training.X[:, 0]], groups)

    def at(self, positions: npt.NDArray[Any]) -> Any:  # noqa: ANN401 - as they were given
        """Return the rows at positions of shape (n_rows, 1)."""
        return _safe_indexing(self.X, positions[:, 0])


def numbered_rows(
    estimator: Any,  # noqa: ANN401 - any estimator
    X: Any,  # noqa: ANN401 - whatever it takes
    y: npt.ArrayLike,
    groups: npt.ArrayLike | None,
    apart: npt.ArrayLike | None = None,
    made: npt.ArrayLike | None = None,
) -> NumberedRows:
    """Return the rows that an estimator of estimators divides by itself.

    Raises
    ------
    InputError
        If there is one class only.
    ValueError
        If lengths differ, or `y` holds no classes.
    """
    X, y, groups, apart, made = indexable(X, y, groups, apart, made)
    labels: npt.NDArray[Any] = validate_data(estimator, y=y)
    classes, codes = encoded_classes(labels)
    positions: Any = np.arange(len(codes))
    of_rows = encoded_groups(groups, codes)
    data = TrainingData(
        X=positions[:, None],
        y=codes,
        groups=positions if of_rows is None else of_rows,
        apart=encoded_groups(apart, codes),
        made=None if made is None else np.asarray(made, dtype=bool),
    )
    return NumberedRows(X, labels, classes, data, of_rows is not None)


def copy_input_attributes(estimator: Any, fitted: Any) -> None:  # noqa: ANN401 - any estimators
    """Say of an estimator of estimators what the one inside says of its columns."""
    for name in ("n_features_in_", "feature_names_in_"):
        if hasattr(fitted, name):
            setattr(estimator, name, getattr(fitted, name))


def takes_sparse(estimator: Any) -> bool:  # noqa: ANN401 - any classifier
    """Whether an estimator says that it takes sparse matrices; what is fitted and stored says nothing."""
    return hasattr(estimator, "__sklearn_tags__") and bool(get_tags(estimator).input_tags.sparse)
