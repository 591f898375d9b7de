"""Tables put together from the parts of files, in memory that does not grow with their number."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from gtzan_features.errors import TableError, is_shortage
from gtzan_features.extraction.layouts import layout_of
from gtzan_features.extraction.row_cache import part_rows
from gtzan_features.tables.row_groups import KeyColumns, rows_per_group, write_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.config import SegmentConfig
    from gtzan_features.datasets.tracks import TrackFile
    from gtzan_features.extraction.layouts import Layout
    from gtzan_features.extraction.row_kinds import Recipe
    from gtzan_features.tables.schema import TableMeta

_GONE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


class PartTable:
    """One table: the rows of one segment length of all files, in the order of the catalogue.

    Parameters
    ----------
    recipe : Recipe
    length : SegmentConfig
        Which of the recipe's segment lengths.
    files : sequence of (TrackFile, Path, int)
        Track, part and number of rows of this length, of each file that has rows.
    keys : tuple of str
        Key columns beside the usual ones, of `schema.GIVEN_NAMES`.
    """

    def __init__(
        self,
        recipe: Recipe,
        length: SegmentConfig,
        files: Sequence[tuple[TrackFile, Path, int]],
        keys: tuple[str, ...] = (),
    ) -> None:
        self.recipe, self.length, self.files, self.keys = recipe, length, files, keys
        self.n_rows = sum(count for *_, count in files)
        self._none = recipe.compute([], length)

    def write(self, path: Path, meta: TableMeta, done: Callable[[], None]) -> None:
        """Write the table, whole or not at all, a row group in memory at a time.

        Parameters
        ----------
        path : Path
        meta : TableMeta
            What the table says of itself.
        done : callable
            Called after each file.

        Raises
        ------
        TableError
            If a part is gone or damaged since it was written.
        """
        layout = layout_of(self.recipe, meta, self.keys, self._none.shape[1:])
        write_groups(path, layout.schema, self._groups(layout, done))

    def _groups(self, layout: Layout, done: Callable[[], None]) -> Iterator[pa.Table]:
        """Yield the rows in groups of a fixed number, the last of which has the rest.

        A group is to be done with when the next is asked for: both are in the same memory.
        """
        keys = KeyColumns([track for track, *_ in self.files], layout.schema, self.recipe.sr)
        size = rows_per_group(self._none.dtype.itemsize * int(np.prod(self._none.shape[1:])))
        pieces = self._pieces(done)
        tracks, segments, values = self._nothing()
        group = _Group(min(size, self.n_rows), self._none, column_wise=layout.columns_lie_together)
        for start in range(0, max(1, self.n_rows), size):
            group.empty(min(size, self.n_rows - start))
            while group.room:
                if not len(tracks):
                    tracks, segments, values = next(pieces)
                taken = group.take(tracks, segments, values)
                tracks, segments, values = tracks[taken:], segments[taken:], values[taken:]
            columns = [*keys.arrays(group.tracks, group.segments), *layout.arrays(group.values)]
            yield pa.Table.from_arrays(columns, schema=layout.schema)

    def _nothing(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[Any]]:
        return np.empty(0, dtype=np.int64), np.empty((0, 3), dtype=np.int64), self._none

    def _pieces(
        self, done: Callable[[], None]
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[Any]]]:
        """Yield the number of the track, the segments and the values of the rows of each part."""
        for number, (track, part, n_rows) in enumerate(self.files):
            try:
                segments, values = part_rows(part, self.length.name)
            except _GONE as error:
                if is_shortage(error):
                    raise
                raise TableError(part, _gone(track, str(error))) from error
            expected = (n_rows, 3), (n_rows, *self._none.shape[1:])
            if (segments.shape, values.shape) != expected:
                raise TableError(part, _gone(track, "it holds other rows"))
            done()
            yield np.full(n_rows, number), segments, values


class _Group:
    """Room for the rows of a group, filled piece by piece; the next group has the same memory."""

    def __init__(self, n_rows: int, none: npt.NDArray[Any], *, column_wise: bool) -> None:
        self._tracks = np.empty(n_rows, dtype=np.int64)
        self._segments = np.empty((n_rows, 3), dtype=np.int64)
        self._values = np.empty((n_rows, *none.shape[1:]), none.dtype, order="F" if column_wise else "C")
        self._size = self._filled = 0

    def empty(self, n_rows: int) -> None:
        """Begin a group of so many rows; those of the group before are overwritten."""
        self._size, self._filled = n_rows, 0

    @property
    def room(self) -> int:
        """Rows that are missing."""
        return self._size - self._filled

    @property
    def tracks(self) -> npt.NDArray[np.int64]:
        """Number of the track of each row."""
        return self._tracks[: self._size]

    @property
    def segments(self) -> npt.NDArray[np.int64]:
        """Number, start and length of each row's segment."""
        return self._segments[: self._size]

    @property
    def values(self) -> npt.NDArray[Any]:
        """Values of each row."""
        return self._values[: self._size]

    def take(self, tracks: npt.NDArray[Any], segments: npt.NDArray[Any], values: npt.NDArray[Any]) -> int:
        """Take as many rows as there is room for; return how many."""
        count = min(self.room, len(tracks))
        rows = slice(self._filled, self._filled + count)
        self._tracks[rows], self._segments[rows] = tracks[:count], segments[:count]
        self._values[rows] = values[:count]
        self._filled += count
        return count


def _gone(track: TrackFile, why: str) -> str:
    return (
        f"the rows of {track.path} were changed or removed meanwhile ({why}). Give the command once more: "
        "it computes them anew, and no others"
    )
