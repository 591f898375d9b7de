"""Tables that are written piece by piece, so that memory does not grow with their rows.

A row group of Parquet is such a piece. How many rows it has follows from their width alone: the same rows
give the same bytes, however they came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gtzan_features.tables.arrow_arrays import array_of
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.schema import is_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy.typing as npt

ROW_GROUP_BYTES = 256 << 20
"""Bytes of the values of a row group: GTZAN's 9990 rows of the full set, 147 MB, are in one."""

MOST_ROWS = 1 << 20
"""Rows of the largest row group: Arrow's own limit, below which a narrow table is one group."""


def rows_per_group(row_bytes: int) -> int:
    """Return how many rows of so many bytes of values are in a row group.

    Examples
    --------
    >>> rows_per_group(4 * 57), rows_per_group(4 * 3660)
    (1048576, 18335)
    """
    return max(1, min(MOST_ROWS, ROW_GROUP_BYTES // max(1, row_bytes)))


def write_groups(path: Path, schema: pa.Schema, groups: Iterable[pa.Table]) -> None:
    """Write a table of the row groups that are given, whole or not at all.

    Parameters
    ----------
    path : Path
    schema : pa.Schema
        That of each group.
    groups : iterable of pa.Table
        At least one, of at most `MOST_ROWS` rows each; taken one after the other.
    """
    # By handle: Arrow takes no name that is not UTF-8, and reads one with a colon as an address.
    with (
        atomic_path(path) as temporary,
        temporary.open("wb") as file,
        pq.ParquetWriter(file, schema, compression="zstd", store_schema=True) as writer,
    ):
        for group in groups:
            writer.write_table(group)


class Keyed(Protocol):
    """A track, with what the key columns say of it: a `TrackFile`."""

    @property
    def track_id(self) -> str:
        """Its identifier."""
        ...

    @property
    def genre(self) -> str:
        """Its genre."""
        ...


@dataclass(slots=True)
class KeyColumns:
    """Makes the key columns of the rows of some tracks, a row group at a time.

    Text columns are the attributes of a track that are called like them. Those that are dictionaries number
    the names of all tracks, in alphabetical order, so that each group has the same numbers.

    Parameters
    ----------
    tracks : sequence of Keyed
        The tracks that have rows.
    schema : pa.Schema
        That of the table.
    sr : int
        Rate of the samples that starts and lengths count, in Hz.
    """

    tracks: Sequence[Keyed]
    schema: pa.Schema
    sr: int
    _text: dict[str, tuple[npt.NDArray[np.str_], npt.NDArray[np.int64]]] = field(init=False)

    def __post_init__(self) -> None:
        self._text = {
            one.name: np.unique([getattr(t, one.name) for t in self.tracks], return_inverse=True)
            for one in self._fields()
            if pa.types.is_dictionary(one.type)
        }

    def arrays(self, tracks: npt.NDArray[np.int64], segments: npt.NDArray[np.int64]) -> list[pa.Array]:
        """Return the key columns of some rows, in the order of the schema.

        Parameters
        ----------
        tracks : ndarray of shape (n_rows,)
            Which of the tracks each row is of.
        segments : ndarray of shape (n_rows, 3)
            Number, start and length of each segment, in samples.
        """
        found = {
            "segment": segments[:, 0],
            "start_s": segments[:, 1] / self.sr,
            "n_samples": segments[:, 2],
        }
        return [
            array_of(found[one.name], one.type) if one.name in found else self._named(one, tracks)
            for one in self._fields()
        ]

    def _fields(self) -> list[pa.Field]:
        return [one for one in self.schema if is_key(one)]

    def _named(self, one: pa.Field, tracks: npt.NDArray[np.int64]) -> pa.Array:
        if one.name not in self._text:
            return array_of([getattr(self.tracks[at], one.name) for at in tracks], one.type)
        names, codes = self._text[one.name]
        numbers = array_of(codes[tracks], one.type.index_type)
        return pa.DictionaryArray.from_arrays(numbers, array_of(names.tolist(), one.type.value_type))
