"""The rows that a fit takes: a table as it lies, some families of it, or two tables side by side."""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from gtzan_features.audio.segments import around
from gtzan_features.config import BESIDE, FeatureConfig
from gtzan_features.datasets.label_sets import with_labels_only
from gtzan_features.datasets.training_arrays import Dataset, answers, load_dataset
from gtzan_features.descriptors import sets
from gtzan_features.descriptors.added import plugin_fault
from gtzan_features.errors import TableError
from gtzan_features.models.words import STREAMED
from gtzan_features.tables.feature_tables import (
    FeatureTable,
    check_version,
    locate_table,
    table_path,
    write_table,
)
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.memory import check_memory
from gtzan_features.tables.schema import feature_schema
from gtzan_features.tables.spectrograms import Table, any_table, read_any_table, write_spectrograms
from gtzan_features.tables.table_files import is_sharded, is_table, read_shards

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.tables.schema import TableMeta


_LOG = logging.getLogger(__name__)

REPLACED = "replaced after the measurement had begun. Give the command once more"
"""What a measurement of many fits says of a table that is another one for some of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fittable:
    """A table to fit.

    Attributes
    ----------
    path : Path, optional
        Where it lies; that of the shorter rows, where there are rows beside. None for a table that lies on
        no disk.
    table, data
        The table, and its arrays.
    sha256 : str
        Hash of the bytes that were read, whatever lies at `path` now; with rows beside, both hashes with a
        plus between.
    folder : Path, optional
        Of the table that was read; also of rows that were taken from it.
    """

    path: Path | None
    table: Table
    data: Dataset
    sha256: str
    folder: Path | None = None

    @property
    def place(self) -> Path | str:
        """Where the table lies, for messages; its data set in words where it lies on no disk."""
        return self.path or f"table of {self.table.meta.dataset}"

    @property
    def families(self) -> tuple[str, ...]:
        """Family of each column; empty where rows are spectrograms."""
        if not isinstance(self.table, FeatureTable):
            return ()
        return sets.column_families(self.table.feature_names, self.table.meta.config)

    def of_genres(self, genres: Collection[str]) -> Fittable:
        """Return the rows of some genres; copies are found by them alone.

        Where a track has several labels, the others are taken from it.
        """
        if not self.data.several:
            return self._rows(np.flatnonzero(self.data.rows["genre"].isin(list(genres)).to_numpy()))
        cells = with_labels_only(self.data.rows["genre"], genres)
        rows = np.flatnonzero((cells != "").to_numpy())
        some = self._rows(rows)
        if set(genres) >= set(self.data.genres):
            return some
        kept = cells.iloc[rows].reset_index(drop=True)
        keys = some.data.rows.assign(genre=kept)
        table = replace(some.table, frame=some.table.frame.assign(genre=kept))
        return replace(some, table=table, data=replace(some.data, rows=keys, **answers(keys, several=True)))

    def take(self, rows: npt.NDArray[np.int64]) -> Fittable:
        """Return the rows at these positions, as a table that lies on no disk."""
        some = self._rows(rows)
        return replace(some, path=None, sha256=content_sha256(some.table))

    def of_families(self, name: str) -> Fittable:
        """Return some families of the columns, such as ``kaggle:-rhythm``.

        Which tracks are copies of each other is found by all columns, so that splits do not depend on it.

        Raises
        ------
        TableError
            If the table is of a recipe whose families are not known.
        ConfigError
            If there is no such family.
        """
        table = self.table
        if not isinstance(table, FeatureTable) or not table.meta.config:
            reason = "of a recipe whose feature families are not known. Fit all its columns"
            raise TableError(self.place, reason)
        names, meta = columns_of_families(table.meta, name)
        some = table.select(names | {BESIDE + name for name in names}, meta)
        return replace(self, table=some, data=replace(self.data, X=some.values()))

    def _rows(self, rows: npt.NDArray[np.int64]) -> Fittable:
        data = self.data
        kept = data.rows.iloc[rows].reset_index(drop=True)
        some = replace(
            data,
            X=data.X[rows],
            **answers(kept, several=data.several),
            rows=kept,
            copies=data.copies.reindex(sorted(set(kept["track_id"]))),
        )
        return replace(self, table=self.table.take(rows), data=some)


def columns_of_families(meta: TableMeta, name: str) -> tuple[set[str], TableMeta]:
    """Return the columns of some families of a table, and what the table of these says of itself.

    Raises
    ------
    ConfigError
        If there is no such family.
    """
    config = replace(FeatureConfig(**meta.config), feature_set=name)
    some = replace(
        meta,
        feature_set=config.feature_set,
        feature_fingerprint=config.fingerprint(),
        config=config.to_dict(),
    )
    return {column.name for column in sets.columns(config)}, some


def in_memory(table: Table) -> Fittable:
    """Return a table that lies on no disk, to fit.

    Raises
    ------
    TableError
        If it holds no rows.
    """
    opened = Fittable(path=None, table=table, data=load_dataset(table), sha256=content_sha256(table))
    if not len(opened.data.y):
        raise TableError(opened.place, "holds no rows")
    return opened


def read_fittable(path: Path) -> Fittable:
    """Read any table of ours, under whatever name; errors as `open_fittable`."""
    table, sha256 = _read(path)
    check_plugins(path, table.meta)
    return Fittable(path=path, table=table, data=load_dataset(table), sha256=sha256, folder=path.parent)


def write_fittable(path: Path, opened: Fittable) -> None:
    """Write a table to a file, whole or not at all, under whatever name.

    Features keep their digits: float32 where they were extracted, float64 where they come from text.

    Raises
    ------
    TableError
        If rows have longer ones beside them, which no file holds.
    OutputLockedError
        If another process writes it.
    """
    with output_lock(path):
        _write(path, opened)


def _write(path: Path, opened: Fittable) -> None:
    table = opened.table
    if not isinstance(table, FeatureTable):
        write_spectrograms(path, table)
        return
    if "+" in table.meta.segment:
        raise TableError(
            path, f"rows of {table.meta.segment} are put together when they are read. Write both"
        )
    kinds = {str(kind) for kind in table.frame[table.feature_names].dtypes}
    kind = pa.float32() if kinds == {"float32"} else pa.float64()
    write_table(path, table, feature_schema(table.columns, table.meta, kind, table.key_names))


def content_sha256(table: Table) -> str:
    """Return a hash of all that a table holds, for one that lies on no disk."""
    digest = hashlib.sha256(table.meta.to_json().encode())
    keys = table.frame[table.key_names].astype({"genre": object})
    digest.update(pd.util.hash_pandas_object(keys, index=False).to_numpy().tobytes())
    digest.update("\n".join(table.feature_names).encode())
    digest.update(np.ascontiguousarray(table.values()).tobytes())
    return digest.hexdigest()


def open_fittable(folder: Path, name: str, segment: str, version: int = 0) -> Fittable:
    """Read the table `name` with rows of `segment`; ``3s+30s`` puts the 30 s rows beside those of 3 s.

    Some families of a set (``kaggle:-rhythm``) are taken from the table of the whole set, unless they have a
    table of their own. Which tracks are copies of each other is found by the whole table, so that splits do
    not depend on the families. With `version`, the columns must be of that version of their set.

    Raises
    ------
    TableError
        If the table is missing or damaged, of another version, of a recipe whose families are not known, or
        holds features of a plugin that is not loaded or was changed since.
    ConfigError
        If there is no such family.
    """
    own, _, beside = segment.partition("+")
    if beside:
        short, long = (open_fittable(folder, name, length, version) for length in (own, beside))
        return _side_by_side(short, long)
    path = table_file(folder, name, segment)
    whole = read_fittable(path)
    check_version(path, whole.table.meta, version)
    return whole if path == table_path(folder, name, segment) else whole.of_families(name)


def check_plugins(path: Path, meta: TableMeta) -> None:
    """Refuse features of plugins that are not loaded, or whose source has changed since.

    Their families would not be known, and a model could not be applied to audio.
    """
    if "code" not in meta.config:
        return
    config = FeatureConfig(**meta.config)
    fault = plugin_fault(config, meta.versions)
    if fault:
        raise TableError(path, fault)


def table_file(folder: Path, name: str, segment: str) -> Path:
    """Return where rows of `name` are read from: a table of its own, or for families that of the whole set.

    Raises
    ------
    TableError
        If there is no such table.
    """
    whole = name.partition(":")[0]
    return locate_table(folder, name if is_table(table_path(folder, name, segment)) else whole, segment)


def _read(path: Path) -> tuple[Table, str]:
    """Read a table and hash the bytes it was read from: the file may be replaced at any time."""
    started = time.perf_counter()
    check_memory(
        path, otherwise=f"; or fit {' or '.join(STREAMED)}, which read rows in batches (`gtzan fit --stream`)"
    )
    if is_sharded(path):
        rows, sha256 = read_shards(path)
        table = any_table(path, rows)
    else:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise TableError(path, f"cannot be read ({error.strerror})") from error
        table, sha256 = read_any_table(path, content), hashlib.sha256(content).hexdigest()
    if table.frame.empty:
        reason = (
            f"holds no rows: no track was long enough for a row of {table.meta.segment}. Use a table of "
            "shorter rows, or extract from longer files"
        )
        raise TableError(path, reason)
    taken = time.perf_counter() - started
    _LOG.debug("read %s: %d rows, SHA-256 %s, %.2f s", path, len(table.frame), sha256[:12], taken)
    return table, sha256


def _side_by_side(short: Fittable, long: Fittable) -> Fittable:
    """Give each row the columns of the longer row of its track that it lies in.

    Tracks without a longer row are left out: their rows would lack half of the columns.
    """
    a, b = short.table, long.table
    if not isinstance(a, FeatureTable) or not isinstance(b, FeatureTable):
        raise TableError(short.place, "holds spectrograms; rows can be put beside those of features only")
    if (a.meta.feature_fingerprint, a.meta.dataset) != (b.meta.feature_fingerprint, b.meta.dataset):
        other = PurePath(str(short.place)).name
        reason = f"computed differently from {other}, or of other music. Extract both lengths at once"
        raise TableError(long.place, reason)
    at = _rows_around(a.frame, b.frame)
    rows = np.flatnonzero(at >= 0)
    if not rows.size:
        raise TableError(
            long.place,
            f"holds no row of a track of {PurePath(str(short.place)).name}. Extract both from one folder",
        )
    frame = a.frame.iloc[rows].reset_index(drop=True)
    beside = b.frame[b.feature_names].iloc[at[rows]].add_prefix(BESIDE).reset_index(drop=True)
    table = FeatureTable(
        frame=pd.concat([frame, beside], axis=1),
        columns=a.columns + tuple((BESIDE + name, unit) for name, unit in b.columns),
        meta=replace(a.meta, segment=f"{a.meta.segment}+{b.meta.segment}"),
    )
    # Copies are found by the short rows, so that splits are those of a fit without the others.
    data = replace(load_dataset(replace(a, frame=frame)), X=table.values())
    return Fittable(path=short.path, table=table, data=data, sha256=f"{short.sha256}+{long.sha256}")


def _rows_around(short: pd.DataFrame, long: pd.DataFrame) -> np.typing.NDArray[np.int64]:
    """Return the position in `long` of the row around each row of `short`; -1 where its track has none."""
    ordered = np.argsort(long["start_s"].to_numpy(), kind="stable")
    of_track = {str(t): ordered[i] for t, i in long.iloc[ordered].groupby("track_id").indices.items()}
    found = np.full(len(short), -1, dtype=np.int64)
    starts, long_starts = short["start_s"].to_numpy(), long["start_s"].to_numpy()
    for track, rows in short.groupby("track_id").indices.items():
        if str(track) in of_track:
            candidates = of_track[str(track)]
            found[rows] = candidates[around(starts[rows], long_starts[candidates])]
    return found
