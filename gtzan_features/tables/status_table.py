"""The status table: what became of each input file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.errors import TableError
from gtzan_features.tables.feature_tables import read_parquet
from gtzan_features.tables.status_columns import STATUS_SCHEMA
from gtzan_features.tables.status_columns import write_status as write_status

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def read_status(path: Path) -> pd.DataFrame:
    """Read a status table; TableError if it is missing, damaged or something else."""
    table = read_parquet(path, "status table")
    if table.schema.names != STATUS_SCHEMA.names:
        raise TableError(path, "not a status table of this program. Extract the features again")
    frame: pd.DataFrame = table.to_pandas()
    return frame
