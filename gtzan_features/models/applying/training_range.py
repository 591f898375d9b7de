"""The range of a model's training rows, to tell when a file lies far outside it.

A model gives probabilities for anything: noise, speech, a sine. Where the features of a file lie where no
training row ever was, those probabilities mean little, and the user should know.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.errors import ModelError
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.checked import checked_bytes, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

RANGE = "range.json"
QUANTILES = (0.0, 0.01, 0.5, 0.99, 1.0)
MARGIN = 0.25
"""How far beyond the extremes of training a value counts as far, in widths of the middle 98 %."""

FEW = 0.005
"""Share of columns that may lie far out by chance: single ones of thousands do."""

MANY = 0.1
"""Share of columns that may lie beyond the extremes, by however little, before all of them count as far.

A sine or a click track has hardly any variance: its features lie below the smallest of training, but never
far below, for variances end at zero.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRange:
    """Quantiles of each column over the rows that a model was fitted on.

    Attributes
    ----------
    columns : tuple of str
        Features in the model's order, those alone that it looks at; or bands of its spectrograms.
    quantiles : tuple of float
        `QUANTILES`: minimum, 1 %, median, 99 %, maximum.
    values : tuple of tuple of float
        For each column, its values at `quantiles`.
    """

    columns: tuple[str, ...]
    quantiles: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]

    def of(self, rows: npt.NDArray[np.floating], columns: Sequence[str]) -> npt.NDArray[np.floating]:
        """Return the columns of rows that the range is of, where a model looks at some of its `columns`."""
        if len(self.columns) == len(columns):
            return rows
        at = {name: number for number, name in enumerate(columns)}
        return rows[:, [at[name] for name in self.columns]]

    def far(self, rows: npt.NDArray[np.floating]) -> list[str]:
        """Return the columns in which the median of `rows` lies far outside the training rows.

        Far is more than `MARGIN` widths of the middle 98 % below the minimum or above the maximum, or
        anywhere beyond them where that is so in more than `MANY` of the columns. Of thousands of columns
        some lie far out by chance: up to `FEW` of them are passed over.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_columns)
            Features of one file.

        Examples
        --------
        >>> seen = training_range(np.linspace(0, 1, 101)[:, None], ["x"])
        >>> seen.far(np.array([[0.5], [0.9]])), seen.far(np.array([[1.5]]))
        ([], ['x'])
        """
        typical = np.median(rows, axis=0)
        low, q01, _, q99, high = np.array(self.values).T
        margin = MARGIN * (q99 - q01)
        beyond = (typical < low) | (typical > high)
        outside = (typical < low - margin) | (typical > high + margin)
        if beyond.mean() > MANY:
            outside = beyond
        if outside.mean() <= FEW:
            return []
        return [name for name, is_far in zip(self.columns, outside, strict=True) if is_far]


def of_columns(seen: TrainingRange, columns: Sequence[str]) -> TrainingRange:
    """Return the range of some columns, in the order in which they are in it."""
    kept = [i for i, name in enumerate(seen.columns) if name in set(columns)]
    return TrainingRange(
        columns=tuple(seen.columns[i] for i in kept),
        quantiles=seen.quantiles,
        values=tuple(seen.values[i] for i in kept),
    )


def range_rows(X: npt.NDArray[np.floating], shape: tuple[int, int] | None) -> npt.NDArray[np.floating]:
    """Return the values whose range is checked: features as they are; of a spectrogram, its bands' balance.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_values)
        Rows as a model takes them.
    shape : tuple of int or None
        Frames and bands of a row where rows are spectrograms.

    Returns
    -------
    ndarray of shape (n_rows, n_features) or (n_rows, n_bands)
        For a band, its mean level over time less the mean of all bands in dB: networks take loudness off,
        too, and a file that is too quiet has a warning of its own.

    Examples
    --------
    >>> range_rows(np.array([[1.0, 5.0, 3.0, 7.0]]), (2, 2))
    array([[-2., 2.]])
    """
    if shape is None:
        return X
    levels: npt.NDArray[np.floating] = X.reshape(len(X), *shape).mean(axis=1)
    balance: npt.NDArray[np.floating] = levels - levels.mean(axis=1, keepdims=True)
    return balance


def training_range(X: npt.NDArray[np.floating], columns: Sequence[str]) -> TrainingRange:
    """Take the quantiles of training rows `X`, as `range_rows` gives them, shape (n_rows, n_columns)."""
    values = np.quantile(X, QUANTILES, axis=0).T
    return TrainingRange(
        columns=tuple(columns),
        quantiles=QUANTILES,
        values=tuple(tuple(float(v) for v in row) for row in values),
    )


def save_range(folder: Path, seen: TrainingRange) -> None:
    """Write ``range.json`` into a model folder, before its card."""
    write_text(folder / RANGE, json.dumps(asdict(seen), sort_keys=True) + "\n")


def load_range(
    folder: Path, columns: Sequence[str], record: Mapping[str, Any] | None = None
) -> TrainingRange | None:
    """Read ``range.json``; None for a model that was stored without.

    Parameters
    ----------
    folder : Path
        The model folder.
    columns : sequence of str
        The model's.
    record : mapping, optional
        Hash and size of the file, from the model's card.

    Raises
    ------
    ModelError
        If the file is missing though there is a record, is damaged or belongs to other columns.
    """
    path = folder / RANGE
    if record is None and not path.is_file():
        return None
    try:
        found = parse_json(checked_bytes(path, record))
        seen = TrainingRange(
            columns=tuple(found["columns"]),
            quantiles=tuple(found["quantiles"]),
            values=tuple(tuple(float(v) for v in row) for row in found["values"]),
        )
        ordered = bool((np.diff(np.array(seen.values)) >= 0).all())
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        msg = f"{path}: not a training range of this program. Fit the model again"
        raise ModelError(msg) from error
    shapes = {len(row) for row in seen.values} == {len(QUANTILES)} and seen.quantiles == QUANTILES
    at = {name: number for number, name in enumerate(columns)}
    places = [at.get(name, -1) if isinstance(name, str) else -1 for name in seen.columns]
    belongs = places == sorted(set(places)) and -1 not in places
    if not ordered or not belongs or len(seen.values) != len(seen.columns) or not shapes:
        msg = f"{path}: belongs to another model. Fit the model again"
        raise ModelError(msg)
    return seen
