"""The status table: what became of each input file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from gtzan_features.errors import TableError
from gtzan_features.tables.feature_tables import read_parquet, write_parquet

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gtzan_features.tables.file_status import FileStatus

_SCHEMA = pa.schema(
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


def write_status(path: Path, rows: list[FileStatus]) -> None:
    """Write the status table, whole or not at all, in the order given."""
    write_parquet(path, pa.Table.from_pylist([row.to_dict() for row in rows], schema=_SCHEMA))


def read_status(path: Path) -> pd.DataFrame:
    """Read a status table; TableError if it is missing, damaged or something else."""
    table = read_parquet(path, "status table")
    if table.schema.names != _SCHEMA.names:
        raise TableError(path, "not a status table of this program. Extract the features again")
    frame: pd.DataFrame = table.to_pandas()
    return frame
