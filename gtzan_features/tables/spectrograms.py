"""Spectrogram tables: the keys of a feature table, and one column with a picture of bytes per row.

The column ``spectrogram`` holds ``n_frames * n_bands`` bytes: frame after frame, low bands first. The
field's metadata has the shape, the metadata of the schema the configuration that turns a byte into dB.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from gtzan_features.config import SpectrogramConfig
from gtzan_features.errors import TableError
from gtzan_features.spectra.spectrogram import decode
from gtzan_features.tables.checked import parse_json
from gtzan_features.tables.feature_tables import (
    FeatureTable,
    checked_table,
    key_arrays,
    key_frame,
    read_parquet,
    table_meta,
    write_parquet,
)
from gtzan_features.tables.picture_column import COLUMN as COLUMN
from gtzan_features.tables.picture_column import picture_codes, pixels, spectrogram_schema
from gtzan_features.tables.row_groups import rows_per_group
from gtzan_features.tables.schema import KEY_NAMES, TableMeta, key_names, recipe_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

PREFIX = "spectrogram-"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrogramTable:
    """A spectrogram table in memory; what a classifier needs of it is called as in `FeatureTable`.

    Attributes
    ----------
    frame : DataFrame
        Key columns.
    codes : ndarray of shape (n_rows, n_frames, n_bands), uint8
        Levels; ``config.floor_db + config.step_db * code`` dB over a power of 1.
    meta : TableMeta
        What the table says of itself.
    """

    frame: pd.DataFrame
    codes: npt.NDArray[np.uint8]
    meta: TableMeta

    @property
    def config(self) -> SpectrogramConfig:
        """How the spectrograms were computed."""
        return SpectrogramConfig(**self.meta.config)

    @property
    def shape(self) -> tuple[int, int]:
        """Frames and bands of a row."""
        return self.codes.shape[1], self.codes.shape[2]

    @property
    def feature_names(self) -> list[str]:
        """Names of the bands, low to high: a row has each of them in every frame."""
        return [f"band{b}" for b in range(self.shape[1])]

    @property
    def key_names(self) -> list[str]:
        """Names of the key columns in order."""
        return key_names(self.frame.columns)

    def take(self, rows: npt.NDArray[np.int64]) -> SpectrogramTable:
        """Return a table of the rows at these positions."""
        return replace(self, frame=self.frame.iloc[rows].reset_index(drop=True), codes=self.codes[rows])

    def values(self) -> npt.NDArray[np.float32]:
        """Levels in dB, shape (n_rows, n_frames * n_bands)."""
        return decode(self.codes, self.config).reshape(len(self.codes), self.shape[0] * self.shape[1])


Table = FeatureTable | SpectrogramTable
"""What a model can be fitted on."""


def write_spectrograms(path: Path, table: SpectrogramTable) -> None:
    """Write a spectrogram table, whole or not at all; the same table gives the same bytes."""
    schema = spectrogram_schema(table.shape, table.meta, table.key_names)
    arrays = [*key_arrays(table.frame, schema), pixels(table.codes)]
    n_rows = rows_per_group(table.shape[0] * table.shape[1])
    write_parquet(path, pa.Table.from_arrays(arrays, schema=schema), n_rows)


def read_spectrograms(path: Path, content: bytes | None = None) -> SpectrogramTable:
    """Read and check a spectrogram table; `content` is the file's bytes where they are read already.

    Raises
    ------
    TableError
        If the file is missing, damaged or no spectrogram table.
    """
    return _spectrograms(path, read_parquet(path, "spectrogram table", content))


def _spectrograms(path: Path, table: pa.Table) -> SpectrogramTable:
    meta = table_meta(path, table.schema)
    again = "Make it again: gtzan features spectrograms AUDIO_DIR"
    if COLUMN not in table.schema.names or any(name not in table.schema.names for name in KEY_NAMES):
        raise TableError(path, f"no spectrogram table. {again}")
    recipe_of(path, meta, SpectrogramConfig, again)
    try:
        shape = tuple(parse_json(table.schema.field(COLUMN).metadata[b"shape"]))
        codes = picture_codes(table.column(COLUMN)).reshape(table.num_rows, *shape)
        codes = codes.reshape(table.num_rows, *shape[:2])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TableError(path, f"spectrograms of another program or version. {again}") from error
    return SpectrogramTable(frame=key_frame(path, table), codes=codes, meta=meta)


def read_any_table(path: Path, content: bytes | None = None) -> Table:
    """Read a feature table, or a spectrogram table where name or columns say that; errors as theirs."""
    what = "spectrogram table" if path.name.startswith(PREFIX) else "feature table"
    return any_table(path, read_parquet(path, what, content))


def any_table(path: Path, table: pa.Table) -> Table:
    """Return a feature or spectrogram table of Arrow's columns; checks and errors as `read_any_table`."""
    if path.name.startswith(PREFIX) or COLUMN in table.schema.names:
        return _spectrograms(path, table)
    return checked_table(path, table, table_meta(path, table.schema))
