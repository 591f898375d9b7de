"""A table that is larger than memory, read once: its keys in small arrays, its numbers into a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gtzan_features.config import FeatureConfig
from gtzan_features.datasets.training_arrays import copies_by_content
from gtzan_features.errors import TableError
from gtzan_features.tables.column_cache import BATCH_VALUES, ColumnCache
from gtzan_features.tables.feature_tables import table_meta
from gtzan_features.tables.schema import GIVEN_NAMES, KEY_NAMES, is_key, recipe_of
from gtzan_features.tables.table_files import (
    record_batches,
    table_hash,
    table_rows,
    table_schema,
    unchanged,
)
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.tables.schema import TableMeta

_AGAIN = "Extract the features again"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedTable:
    """A feature table of which only the keys are held.

    Attributes
    ----------
    path : Path
    sha256 : str
        Of the table, see `table_files.table_hash`.
    meta : TableMeta
    columns : tuple of (name, unit)
        The feature columns in order.
    tracks : DataFrame
        A row per track, sorted by identifier: the text keys, and ``segment`` 0.
    track : ndarray of int32 of shape (n_rows,)
        Position of each row's track in `tracks`.
    segment : ndarray of int32 of shape (n_rows,)
    copies : Series
        For each track identifier, a label that exact duplicates share.
    cache : ColumnCache
        The features.
    """

    path: Path
    sha256: str
    meta: TableMeta
    columns: tuple[tuple[str, str], ...]
    tracks: pd.DataFrame
    track: npt.NDArray[np.int32]
    segment: npt.NDArray[np.int32]
    copies: pd.Series
    cache: ColumnCache


def read_streamed(path: Path, folder: Path) -> StreamedTable:
    """Read a feature table, a batch at a time; checked as `tables.feature_tables.read_table` checks it.

    Parameters
    ----------
    path : Path
        A file, or a folder of shards.
    folder : Path
        Where its numbers go for as long as it is fitted.

    Raises
    ------
    TableError
        As `read_table`, if the disk of `folder` has not the room, and if the table is replaced meanwhile.
    """
    with unchanged(path):
        return _read(path, folder)


def _read(path: Path, folder: Path) -> StreamedTable:
    schema, n_rows = table_schema(path), table_rows(path)
    meta = table_meta(path, schema)
    names = _feature_names(path, schema, meta)
    if not n_rows:
        raise TableError(path, f"holds no rows of {meta.segment}. Extract from longer files")
    fields = [schema.field(name) for name in names]
    kind = np.float32 if all(pa.types.is_float32(one.type) for one in fields) else np.float64
    cache = ColumnCache(folder / "columns", n_rows, len(names), kind)
    keys = _Keys(path, schema, n_rows)
    content = _Content(n_rows)
    start = 0
    for batch in record_batches(path, n_rows=max(1, BATCH_VALUES // len(names))):
        keys.add(start, batch)
        values = np.empty((len(names), len(batch)), dtype=kind)
        for number, name in enumerate(names):
            values[number] = batch.column(name).to_numpy(zero_copy_only=False)
        _check_finite(path, values, names, keys, start)
        cache.write(start, values)
        content.add(start, values)
        start += len(batch)
    tracks, track = keys.table()
    return StreamedTable(
        path=path,
        sha256=table_hash(path),
        meta=meta,
        columns=tuple(
            (one.name, (one.metadata or {}).get(b"unit", b"").decode("utf-8", "replace")) for one in fields
        ),
        tracks=tracks,
        track=track,
        segment=keys.segment,
        copies=copies_by_content(dict(zip(tracks["track_id"], content.of_tracks(track), strict=True))),
        cache=cache,
    )


def _feature_names(path: Path, schema: pa.Schema, meta: TableMeta) -> list[str]:
    recipe_of(path, meta, FeatureConfig, _AGAIN)
    missing = [name for name in KEY_NAMES if name not in schema.names]
    if missing:
        raise TableError(path, f"the key columns {', '.join(missing)} are missing. {_AGAIN}")
    if len(set(schema.names)) < len(schema.names):
        raise TableError(path, f"has a column more than once. {_AGAIN}")
    fields = [one for one in schema if not is_key(one)]
    for one in fields:
        if not (pa.types.is_floating(one.type) or pa.types.is_integer(one.type)):
            reason = f"column {one_line(one.name)} holds no numbers ({one.type}). {_AGAIN}"
            raise TableError(path, reason)
    if not fields:
        raise TableError(path, f"holds no feature. {_AGAIN}")
    return [one.name for one in fields]


def _check_finite(path: Path, values: npt.NDArray[Any], names: list[str], keys: _Keys, start: int) -> None:
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(bad.any(axis=0).argmax())
        name, track = names[int(bad[:, row].argmax())], keys.tracks.names[keys.track[start + row]]
        where = f"the first in column {name} of track {track}, segment {keys.segment[start + row]}"
        reason = f"values are not finite, {where}. Remove those rows or extract them again"
        raise TableError(path, reason)


@dataclass(slots=True)
class _Numbered:
    """Words, and the number of each, in the order in which they came."""

    numbers: dict[str, int] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def of(self, cells: pa.Array) -> npt.NDArray[np.int32]:
        encoded = pc.dictionary_encode(cells)
        known = np.empty(len(encoded.dictionary), dtype=np.int32)
        for i, name in enumerate(encoded.dictionary.to_pylist()):
            number = self.numbers.setdefault(name, len(self.names))
            if number == len(self.names):
                self.names.append(name)
            known[i] = number
        found: npt.NDArray[np.int32] = known[encoded.indices.to_numpy()]
        return found


class _Keys:
    """The keys of rows as they come: two numbers for each, track and segment, and text for each track."""

    def __init__(self, path: Path, schema: pa.Schema, n_rows: int) -> None:
        self._path = path
        self._given = [one.name for one in schema if is_key(one) and one.name in GIVEN_NAMES]
        self.tracks = _Numbered()
        self._words = {name: _Numbered() for name in ("genre", *self._given)}
        self._of_track: dict[str, npt.NDArray[np.int32]] = {
            name: np.empty(0, dtype=np.int32) for name in self._words
        }
        self.track = np.empty(n_rows, dtype=np.int32)
        self.segment = np.empty(n_rows, dtype=np.int32)

    def add(self, start: int, batch: pa.RecordBatch) -> None:
        """Take the keys of the next rows."""
        stop = start + len(batch)
        track = self.tracks.of(self._cells(batch, "track_id", pa.string()))
        self.track[start:stop] = track
        self.segment[start:stop] = self._cells(batch, "segment", pa.int32()).to_numpy()
        for name, words in self._words.items():
            cells = self._cells(batch, name, pa.string())
            numbers, known = words.of(cells), self._of_track[name]
            more = np.full(len(self.tracks.names) - known.size, -1, dtype=np.int32)
            known = self._of_track[name] = np.concatenate([known, more])
            new = known[track] < 0
            known[track[new]] = numbers[new]
            other = np.flatnonzero(known[track] != numbers)
            if other.size:
                found = one_line(self.tracks.names[track[other[0]]])
                reason = f"gives track {found!r} more than one {name}. Extract or import the features again"
                raise TableError(self._path, reason)

    def _cells(self, batch: pa.RecordBatch, name: str, kind: pa.DataType) -> pa.Array:
        try:
            cells = pc.cast(batch.column(name), kind)
        except pa.ArrowException as error:
            found = batch.schema.field(name).type
            raise TableError(self._path, f"column {name} is of another type ({found}). {_AGAIN}") from error
        if name in self._given:
            return pc.fill_null(cells, "")
        if cells.null_count:
            raise TableError(self._path, f"{cells.null_count} rows have no {name}. {_AGAIN}")
        return cells

    def table(self) -> tuple[pd.DataFrame, npt.NDArray[np.int32]]:
        """Return the tracks, sorted, and the position among them of each row's track."""
        names: npt.NDArray[Any] = np.array(self.tracks.names, dtype=object)
        order = np.argsort(names, kind="stable")
        place = np.empty(len(order), dtype=np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        track = place[self.track]
        self._check_rows(names[order], track)
        columns: dict[str, Any] = {"track_id": names[order]}
        for name, words in self._words.items():
            columns[name] = np.array(words.names, dtype=object)[self._of_track[name][order]]
        # A row for each track: what divides tracks looks at no more.
        return pd.DataFrame(columns).assign(segment=np.int32(0), start_s=0.0, n_samples=0), track

    def _check_rows(self, names: npt.NDArray[Any], track: npt.NDArray[np.int32]) -> None:
        both = track.astype(np.int64) << 32 | self.segment.astype(np.int64) & 0xFFFFFFFF
        both.sort()
        twice = np.flatnonzero(both[1:] == both[:-1])
        if twice.size:
            found = int(both[twice[0]])
            what = f"segment {found & 0xFFFFFFFF} of {one_line(names[found >> 32])!r} twice"
            raise TableError(self._path, f"holds {what}. Extract or import the features again")


class _Content:
    """Two sums of 64 bits for each row, that tell whether tracks have the same rows in the same order.

    Each value is mixed with the number of its column, and each row with its place in the track, so that it
    makes no difference in what batches they come.
    """

    _FACTORS = (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93)

    def __init__(self, n_rows: int) -> None:
        self._sums = np.zeros((2, n_rows), dtype=np.uint64)

    def add(self, start: int, values: npt.NDArray[Any]) -> None:
        """Take the next rows; `values` has the shape (n_columns, n_rows)."""
        stop = start + values.shape[1]
        for number, column in enumerate(values.astype(np.float64).view(np.uint64)):
            mixed = _mixed(column, number)
            for lane, factor in zip(self._sums, self._FACTORS, strict=True):
                lane[start:stop] += mixed * np.uint64(factor * (2 * number + 1) % 2**64)

    def of_tracks(self, track: npt.NDArray[np.int32]) -> list[tuple[int, int]]:
        """Return both sums of each track."""
        order = np.argsort(track, kind="stable")
        starts = np.concatenate([[0], np.flatnonzero(np.diff(track[order])) + 1])
        place = np.arange(len(order)) - np.repeat(starts, np.diff([*starts, len(order)]))
        found = []
        for number, lane in enumerate(self._sums):
            rows = lane[order]
            rows += place.astype(np.uint64) * np.uint64(self._FACTORS[1 - number])
            found.append(np.add.reduceat(_mixed(rows, number), starts).tolist())
        return list(zip(*found, strict=True))


def _mixed(words: npt.NDArray[np.uint64], number: int) -> npt.NDArray[np.uint64]:
    """Return words of 64 bits in which each bit depends on all of one (the finalizer of SplitMix64)."""
    found = words + np.uint64(0x9E3779B97F4A7C15 * (number + 1) % 2**64)
    found ^= found >> np.uint64(30)
    found *= np.uint64(0xBF58476D1CE4E5B9)
    found ^= found >> np.uint64(27)
    found *= np.uint64(0x94D049BB133111EB)
    found ^= found >> np.uint64(31)
    return found
