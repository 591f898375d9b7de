"""Shards that several processes computed become tables, and a folder of shards becomes one file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gtzan_features.errors import ConfigError, TableError
from gtzan_features.extraction.kept_rows import keep_rows
from gtzan_features.extraction.shard_folders import publish, remove_dropped, shard_folders
from gtzan_features.extraction.shards import LAYOUTS, ONE_FILE
from gtzan_features.progress import Progress, silent
from gtzan_features.tables.feature_tables import AUGMENTED, table_meta
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.replacing import replacing, restore
from gtzan_features.tables.row_groups import MOST_ROWS, rows_per_group, write_groups
from gtzan_features.tables.schema import is_key, key_fields
from gtzan_features.tables.status_columns import STATUS_SCHEMA
from gtzan_features.tables.table_files import (
    checked_shard,
    is_sharded,
    is_table,
    read_shard_list,
    record_batches,
    table_rows,
    table_schema,
)
from gtzan_features.text import printable, shell_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.extraction.shard_folders import ShardFolder, ShardRecord

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedTable:
    """A table after a merge.

    Attributes
    ----------
    path : str
    rows : int
    shards : int
        Number of its Parquet files; 0 where it is one file.
    """

    path: str
    rows: int
    shards: int


def merge(
    out: Path, *, layout: str = "auto", prune: bool = False, progress: Progress = silent
) -> tuple[MergedTable, ...]:
    """Make tables of the shards that lie beside them, and of those one file each where that is wanted.

    Parameters
    ----------
    out : Path
        Folder of the tables. Those of deformed audio, in folders beside them, are merged, too.
    layout : {"auto", "file", "shards"}
        ``shards`` leaves folders of shards. ``auto`` makes one file for up to `shards.ONE_FILE` files of
        music, and of tables that are folders already.
    prune : bool
        Whether no rows are kept for the next extraction, where one file is made for up to `shards.ONE_FILE`
        files of music. It finds them otherwise, as after any extraction into one file.
    progress : callable
        Called after each shard that is checked before it goes into a file.

    Returns
    -------
    tuple of MergedTable
        Those that were shards before; where none is left, the tables that are there.

    Raises
    ------
    TableError
        If there are neither shards nor tables, some shards are missing, or they are of several plans.
    OutputLockedError
        If another command is writing into `out`.
    """
    if layout not in LAYOUTS:
        msg = f"--layout {layout!r} is not known; there are {', '.join(LAYOUTS)}"
        raise ConfigError(msg)
    folders = [out, *sorted(path for path in out.glob(f"{AUGMENTED}/*") if path.is_dir())]
    done = [table for folder in folders for table in _merge_folder(folder, layout, progress, prune=prune)]
    if not done:  # all of it was done before, by a command that was stopped at its very end, for example
        done = [
            MergedTable(path=printable(str(path)), rows=table_rows(path), shards=0)
            for path in sorted(out.glob("*.parquet"))
        ]
    if not done:
        reason = (
            "holds no shards. Make some: gtzan features extract AUDIO_DIR --shard 1/10, and so on to 10/10"
        )
        raise TableError(out, reason)
    return tuple(done)


def _merge_folder(out: Path, layout: str, progress: Progress, *, prune: bool) -> list[MergedTable]:
    with output_lock(out):
        restore(out)
        remove_dropped(out)
        plans = [(folder, _whole_plan(folder)) for folder in shard_folders(out)]
        _check_recipes(out, plans)
        sizes: dict[str, int] = {}
        for folder, records in plans:
            sizes |= dict.fromkeys(records[0].files, records[0].total)
            publish(folder, records)
        paths = [path for path in sorted(out.glob("*.parquet")) if is_sharded(path) and is_table(path)]
        to_files = [
            path
            for path in paths
            if layout == "file" or (layout == "auto" and sizes.get(path.name, 0) <= ONE_FILE)
        ]
        _check_shards(to_files, progress)
        if not prune:
            for path in to_files:
                keep_rows(path, to_files)
        merged = []
        for path in paths:
            n_shards = 0 if path in to_files else len(read_shard_list(path))
            if path in to_files:
                merge_table(path)
            merged.append(MergedTable(path=printable(str(path)), rows=table_rows(path), shards=n_shards))
        return merged


def _check_shards(paths: Sequence[Path], progress: Progress) -> None:
    """Refuse damaged shards, before any table becomes a file: the same extraction mends them now."""
    shards = [(path, one) for path in paths for one in read_shard_list(path)]
    for number, (path, one) in enumerate(shards, 1):
        checked_shard(path, one)
        progress(number, len(shards), "shards")


def _whole_plan(folder: ShardFolder) -> list[ShardRecord]:
    """Return the shards of the newest plan in a folder; TableError where some are missing."""
    records = folder.records()
    again = f"gtzan features extract AUDIO_DIR --out {shell_path(folder.out)}"
    if not records:
        reason = f"holds no shard that is finished. Give the command once more: {again}"
        raise TableError(folder.path, reason)
    plans: dict[tuple[int, int, str, int], list[ShardRecord]] = {}
    for one in sorted(records, key=folder.written_at):
        plans.setdefault((one.count, one.total, one.plan, one.slices), []).append(one)
    key, newest = max(plans.items(), key=lambda item: folder.written_at(item[1][-1]))
    count, total, _, slices = key
    there = {one.number for one in newest}
    with_files = [at for at in range(count) if at * total // count < (at + 1) * total // count]
    missing = [at for at in with_files if at not in there]
    if missing:
        why = " (the music, its labels or options changed meanwhile)" if plans.keys() - {key} else ""
        raise TableError(folder.out, _missing(missing, count, slices, again, why))
    return sorted(newest, key=lambda one: one.number)


def _missing(missing: Sequence[int], count: int, slices: int, again: str, why: str) -> str:
    if slices == 1:
        return f"{len(missing)} of {count} shards are missing{why}. Give the command once more: {again}"
    parts = sorted({at * slices // count + 1 for at in missing})
    shown = ", ".join(map(str, parts[:_SHOWN]))
    more = f" and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
    verb = "shards {} are" if len(parts) > 1 else "shard {} is"
    run = f"{again} --shard {parts[0]}/{slices}"
    return f"{verb.format(shown + more)} missing of {slices}{why}. Run: {run}" + (
        " and so on" if parts[1:] else ""
    )


def _check_recipes(out: Path, plans: Sequence[tuple[ShardFolder, list[ShardRecord]]]) -> None:
    """Refuse two folders of shards for one table."""
    known: dict[str, ShardFolder] = {}
    for folder, records in plans:
        for table in records[0].files:
            other = known.setdefault(table, folder)
            if other is not folder:
                reason = (
                    f"holds shards of two configurations or versions for {table}: {other.path} and "
                    f"{folder.path}. Remove the one that is not wanted"
                )
                raise TableError(out, reason)


def merge_table(path: Path) -> None:
    """Make one file of a table that is a folder of shards, in memory that does not grow with it.

    The bytes are those of an extraction into one file. The folder is the table until the file is whole.

    Raises
    ------
    TableError
        If a shard is damaged.
    """
    read = table_schema(path)
    is_status = read.names == STATUS_SCHEMA.names
    schema = STATUS_SCHEMA if is_status else _as_written(path, read)
    names = _names(path, read)
    groups = _groups(path, STATUS_SCHEMA if is_status else read, _group_rows(schema))
    groups = (_renumbered(group, names, schema) for group in groups)
    with replacing(path) as place:
        write_groups(place, schema, groups)


def _as_written(path: Path, read: pa.Schema) -> pa.Schema:
    """Return the schema of a table as an extraction has it: Arrow 18 reads names with other numbers."""
    keys = {one.name: one for one in key_fields(read.names, table_meta(path, read))}
    fields = [keys.get(one.name, one) if is_key(one) else one for one in read]
    return pa.schema(fields, metadata=read.metadata)


def _group_rows(schema: pa.Schema) -> int:
    """Return how many rows are in a group, as an extraction into one file has it."""
    values = [one.type for one in schema if not is_key(one)]
    if schema is STATUS_SCHEMA:
        return MOST_ROWS
    return rows_per_group(sum(kind.bit_width // 8 for kind in values))


def _names(path: Path, schema: pa.Schema) -> dict[str, npt.NDArray[np.str_]]:
    """Return the names in each column that is a dictionary, in alphabetical order."""
    columns = [one.name for one in schema if pa.types.is_dictionary(one.type)]
    found: dict[str, set[str]] = {name: set() for name in columns}
    for batch in record_batches(path, columns) if columns else ():
        for name in columns:
            found[name].update(pc.unique(batch.column(name)).dictionary.to_pylist())
    return {name: np.array(sorted(some), dtype=str) for name, some in found.items()}


def _renumbered(group: pa.Table, names: dict[str, npt.NDArray[np.str_]], schema: pa.Schema) -> pa.Table:
    """Return rows whose dictionaries have these names, with the types of a schema."""
    for at, one in enumerate(schema):
        if one.name not in names:
            continue
        known, pieces = names[one.name], []
        for chunk in group.column(at).chunks:
            own = np.searchsorted(known, np.array(chunk.dictionary.to_pylist(), dtype=str))
            pieces.append(own[chunk.indices.to_numpy()])
        codes = pa.array(np.concatenate(pieces) if pieces else [], one.type.index_type)
        cells = pa.DictionaryArray.from_arrays(codes, pa.array(known.tolist(), one.type.value_type))
        group = group.set_column(at, one, cells)
    return group.combine_chunks()


def _groups(path: Path, schema: pa.Schema, n_rows: int) -> Iterator[pa.Table]:
    """Yield the rows of a table in groups of `n_rows`, the last of which has the rest; one at least."""
    held: list[pa.RecordBatch] = []
    room, any_given = n_rows, False
    for batch in _cut(record_batches(path, schema.names), n_rows):
        held.append(batch)
        room -= batch.num_rows
        if not room:
            yield _table(held, schema)
            held, room, any_given = [], n_rows, True
    if held or not any_given:
        yield _table(held, schema)


def _cut(batches: Iterable[pa.RecordBatch], n_rows: int) -> Iterator[pa.RecordBatch]:
    """Yield batches that end where groups of `n_rows` end."""
    filled = 0
    for batch in batches:
        start = 0
        while start < batch.num_rows:
            piece = batch.slice(start, n_rows - filled)
            yield piece
            start += piece.num_rows
            filled = (filled + piece.num_rows) % n_rows


def _table(batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    columns = [
        pa.chunked_array([one.column(at) for one in batches], kind.type) for at, kind in enumerate(schema)
    ]
    return pa.Table.from_arrays(columns, schema=schema)
