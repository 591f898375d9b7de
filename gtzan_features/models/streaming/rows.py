"""Rows to fit on that are not held: their numbers lie in a file, and what they belong to in small arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.models.spec import TrainingData, inner_splits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.tables.column_cache import ColumnCache

    FloatArray = npt.NDArray[np.float64]
    IntVector = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedRows:
    """The rows of a table, of which some are trained on.

    Attributes
    ----------
    cache : ColumnCache
        Their numbers.
    y : ndarray of int16 of shape (n_rows,)
        Genre of each row, 0..k-1; -1 for rows that are left out.
    groups : ndarray of int32 of shape (n_rows,)
        Track of each row, copies together.
    train : ndarray of bool of shape (n_rows,)
        Which rows are trained on; each genre is among them.
    folder : Path
        For temporary files.
    apart : ndarray of int32 of shape (n_rows,), optional
        What inner folds keep on one side where that is more than the track: its artist.
    families : tuple of str
        Family of each column.
    """

    cache: ColumnCache
    y: npt.NDArray[np.int16]
    groups: npt.NDArray[np.int32]
    train: Mask
    folder: Path
    apart: npt.NDArray[np.int32] | None = None
    families: tuple[str, ...] = ()

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return self.cache.n_columns

    @property
    def n_genres(self) -> int:
        """Number of genres."""
        return int(self.y.max()) + 1

    def batches(self, mask: Mask, n_rows: int | None = None) -> Iterator[tuple[IntVector, FloatArray]]:
        """Yield positions and numbers of the rows of a mask, in order, a batch at a time.

        Parameters
        ----------
        mask : ndarray of bool of shape (n_rows,)
        n_rows : int, optional
            Rows of the table that a batch is taken from.
        """
        for start, stop in self.cache.batches(n_rows):
            at = np.flatnonzero(mask[start:stop])
            if at.size:
                rows = self.cache.rows(start, stop)
                yield at + start, rows if at.size == stop - start else rows[at]

    def inner_folds(self, folds: int, seed: int) -> npt.NDArray[np.int8] | None:
        """Return the inner fold of each trained row, -1 for others; the same as `spec.inner_splits`.

        None where a genre has a single track.
        """
        at = np.flatnonzero(self.train)
        training = TrainingData(
            X=np.empty((len(at), 0)),
            y=self.y[at].astype(np.int64),
            groups=self.groups[at].astype(np.int64),
            apart=None if self.apart is None else self.apart[at].astype(np.int64),
        )
        splits = inner_splits(training, folds, seed)
        if not splits:
            return None
        found = np.full(len(self.y), -1, dtype=np.int8)
        for number, (_, valid) in enumerate(splits):
            found[at[valid]] = number
        return found
