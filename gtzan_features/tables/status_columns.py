"""The columns of the status table, and how it is written.

Workers that write shards import this module, so it needs no pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from gtzan_features.tables.arrow_arrays import array_of
from gtzan_features.tables.row_groups import MOST_ROWS, write_groups

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gtzan_features.tables.file_status import FileStatus

STATUS_SCHEMA = pa.schema(
    [
        ("track_id", pa.string()),
        ("genre", pa.string()),
        ("path", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("sha256", pa.string()),
        ("n_samples", pa.int64()),
        ("source_sr", pa.int32()),
        ("source_channels", pa.int32()),
    ]
)


def write_status(path: Path, rows: Sequence[FileStatus], said: Mapping[bytes, bytes] | None = None) -> None:
    """Write the status table, whole or not at all, in the order given.

    Parameters
    ----------
    path : Path
    rows : sequence of FileStatus
    said : mapping, optional
        What the schema's metadata say; nothing in a table of one file.
    """
    schema = STATUS_SCHEMA.with_metadata(dict(said)) if said else STATUS_SCHEMA
    columns = [array_of([getattr(row, one.name) for row in rows], one.type) for one in schema]
    table = pa.Table.from_arrays(columns, schema=schema)
    starts = range(0, max(1, table.num_rows), MOST_ROWS)
    write_groups(path, schema, (table.slice(start, MOST_ROWS) for start in starts))
