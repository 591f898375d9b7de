"""Answers as Parquet: written and read by row groups, so that memory does not grow."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from gtzan_features.errors import TableError
from gtzan_features.tables.atomic import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gtzan_features.prediction.answers import Column, Row

_GROUP = 5_000  # rows

_TYPES = {
    "text": pa.string(),
    "texts": pa.list_(pa.string()),
    "number": pa.float64(),
    "count": pa.int64(),
    "flag": pa.bool_(),
}


def write_parquet_rows(path: Path, columns: tuple[Column, ...], rows: Iterable[Row]) -> None:
    """Write rows, whole or not at all; the same rows give the same bytes.

    A number that is none (NaN) is missing, as for any reader of Parquet.
    """
    schema = pa.schema([(column.name, _TYPES[column.kind]) for column in columns])
    # By handle: Arrow takes no name that is not UTF-8, and reads one with a colon as an address.
    with (
        atomic_path(path) as temporary,
        temporary.open("wb") as file,
        pq.ParquetWriter(file, schema, compression="zstd") as writer,
    ):
        left = iter(rows)
        while group := list(itertools.islice(left, _GROUP)):
            plain = [{name: _present(value) for name, value in row.items()} for row in group]
            writer.write_table(pa.Table.from_pylist(plain, schema=schema))


def parquet_rows(path: Path, columns: tuple[Column, ...]) -> Iterator[Row]:
    """Yield the rows of a file that `write_parquet_rows` wrote.

    Raises
    ------
    TableError
        If it is no Parquet file, or one of other columns.
    """
    try:
        with path.open("rb") as file, pq.ParquetFile(file) as parquet:
            schema = parquet.schema_arrow
            if schema.names != [c.name for c in columns] or schema.types != [_TYPES[c.kind] for c in columns]:
                raise TableError(path, "holds other columns than answers of this model")
            if not parquet.metadata.num_row_groups:  # pyarrow 18 asks for a group that is not there
                return
            for batch in parquet.iter_batches(_GROUP):
                for row in batch.to_pylist():
                    yield {name: math.nan if value is None else value for name, value in row.items()}
    except pa.ArrowException as error:
        raise TableError(path, "is no whole Parquet file") from error


def _present(value: Any) -> Any:  # noqa: ANN401 - of any column
    return None if isinstance(value, float) and value != value else value
