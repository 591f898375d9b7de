"""Scaling of columns by training rows that are not held: a column at a time, so that quantiles are exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.models.estimators.preprocessing import RankNormal, scaler

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gtzan_features.models.streaming.rows import Mask, StreamedRows


@dataclass(frozen=True, slots=True)
class Scaled:
    """A fitted scaler, and what its columns are on the rows that it was fitted on.

    Attributes
    ----------
    scaling : RankNormal or SteadyScaler
        The same as in memory: its quantiles are exact.
    means : ndarray of shape (n_genres, n_columns)
        Of the scaled columns.
    counts : ndarray of shape (n_genres,)
        Rows of each genre.
    """

    scaling: Any
    means: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]


def fit_scaling(rows: StreamedRows, kind: str, model: str, masks: Sequence[Mask]) -> list[Scaled]:
    """Fit a scaler on each of some subsets of rows, in one pass over the columns.

    A column of ten million rows takes 80 MB, and is sorted whole: nothing is sketched.

    Parameters
    ----------
    rows : StreamedRows
    kind, model : str
        As `estimators.preprocessing.scaler` takes them.
    masks : sequence of ndarray of bool of shape (n_rows,)
    """
    n_genres = rows.n_genres
    of_rows = [rows.y[mask] for mask in masks]
    counts = [np.bincount(y, minlength=n_genres) for y in of_rows]
    means = np.empty((len(masks), n_genres, rows.n_columns))
    fitted: list[list[Any]] = [[] for _ in masks]
    for number in range(rows.n_columns):
        column = rows.cache.column(number)
        for i, mask in enumerate(masks):
            part = column[mask][:, None]
            one = scaler(kind, model).fit(part)
            scores = one.transform(part)[:, 0]
            means[i, :, number] = np.bincount(of_rows[i], scores, n_genres) / counts[i]
            fitted[i].append(one)
    return [Scaled(_joined(ones), means[i], counts[i]) for i, ones in enumerate(fitted)]


def _joined(ones: list[Any]) -> Any:  # noqa: ANN401 - a transformer of scikit-learn
    """Return one scaler of many columns, of those of single columns."""
    found = ones[0]
    names = ("quantiles_", "scores_") if isinstance(found, RankNormal) else ("mean_", "var_", "scale_")
    for name in names:
        setattr(found, name, np.concatenate([getattr(one, name) for one in ones]))
    found.n_features_in_ = len(ones)
    return found
