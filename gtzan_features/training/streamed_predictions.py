"""Predictions of more rows than memory holds: in a file as they come, then sorted into their table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gtzan_features.tables.predictions import ARTIST, predictions_schema
from gtzan_features.tables.row_groups import MOST_ROWS, write_groups

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd


class PredictedRows:
    """Probabilities of rows, in a file.

    Parameters
    ----------
    path : Path
        The file, which is made; whoever gives it removes it.
    n_rows : int
        Rows of the table.
    genres : tuple of str
    """

    def __init__(self, path: Path, n_rows: int, genres: tuple[str, ...]) -> None:
        self._path, self._genres = path, genres
        self._fold = np.full(n_rows, -1, dtype=np.int16)
        self._n_folds = 0
        with path.open("wb") as file:  # what no row fills takes no room
            file.truncate(n_rows * len(genres) * 8)

    def next_fold(self) -> int:
        """Return the number of one more fold."""
        self._n_folds += 1
        return self._n_folds - 1

    def put(self, fold: int, positions: npt.NDArray[np.int64], found: npt.NDArray[np.float64]) -> None:
        """Take the probabilities of some rows, of shape (n_positions, n_genres)."""
        if not positions.size:
            return
        self._fold[positions] = fold
        # A new map each time: what was written leaves this process's memory.
        self._mapped("r+")[positions] = found

    def write(
        self,
        path: Path,
        tracks: pd.DataFrame,
        row_track: npt.NDArray[np.int32],
        segment: npt.NDArray[np.int32],
    ) -> None:
        """Write the predictions table of the rows that were put, sorted by track and segment.

        Parameters
        ----------
        path : Path
        tracks : DataFrame
            A row for each track, sorted: ``track_id``, ``genre``, and ``artist`` where it is known.
        row_track, segment : ndarray of int32 of shape (n_rows,)
            Position of each row's track in `tracks`, and its segment.
        """
        tested = np.flatnonzero(self._fold >= 0)
        order = tested[np.lexsort((segment[tested], row_track[tested]))]
        schema = predictions_schema(self._genres, artists=ARTIST in tracks)
        words = {
            name: pa.array(tracks[name].to_numpy(dtype=object), pa.string())
            for name in ("track_id", "genre", *(ARTIST for _ in range(ARTIST in tracks)))
        }

        def groups() -> Iterator[pa.Table]:
            for start in range(0, len(order), MOST_ROWS):
                at = order[start : start + MOST_ROWS]
                found = self._mapped("r")[at]
                numbers = {"segment": segment[at], "fold": self._fold[at]}
                arrays = []
                for field in schema:
                    if field.name in words:
                        arrays.append(words[field.name].take(pa.array(row_track[at])))
                    elif field.name in numbers:
                        arrays.append(pa.array(numbers[field.name], type=field.type))
                arrays += [pa.array(found[:, i], type=pa.float64()) for i in range(len(self._genres))]
                yield pa.Table.from_arrays(arrays, schema=schema)

        write_groups(path, schema, groups())

    def _mapped(self, mode: str) -> np.memmap[tuple[int, int], np.dtype[np.float64]]:
        return np.memmap(self._path, np.float64, mode, shape=(len(self._fold), len(self._genres)))  # type: ignore[call-overload,no-any-return]
