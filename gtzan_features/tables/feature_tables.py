"""Parquet in and out: atomic writes, checked reads.

pandas and Arrow's functions are imported where a table is read: an extraction, which writes, begins sooner.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gtzan_features.config import FeatureConfig, file_name
from gtzan_features.errors import ConfigError, TableError
from gtzan_features.presets import computed_again, preset_name
from gtzan_features.tables.checked import DamagedError
from gtzan_features.tables.row_groups import MOST_ROWS, rows_per_group, write_groups
from gtzan_features.tables.schema import (
    GIVEN_NAMES,
    KEY_NAMES,
    KEYS,
    METADATA_KEY,
    TableMeta,
    is_key,
    key_names,
    recipe_of,
)
from gtzan_features.tables.table_files import is_sharded, is_table, read_shards, table_schema
from gtzan_features.text import one_line, shell_path

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureTable:
    """A feature table in memory.

    Attributes
    ----------
    frame : DataFrame
        Key columns, then one column per feature.
    columns : tuple of (name, unit)
        The feature columns in order.
    meta : TableMeta
        What the table says of itself.
    """

    frame: pd.DataFrame
    columns: tuple[tuple[str, str], ...]
    meta: TableMeta

    @property
    def feature_names(self) -> list[str]:
        """Names of the feature columns in order."""
        return [name for name, _ in self.columns]

    @property
    def key_names(self) -> list[str]:
        """Names of the key columns in order."""
        return key_names(self.frame.columns, self.feature_names)

    def values(self) -> npt.NDArray[np.float64]:
        """Features as an array of shape (n_rows, n_columns)."""
        return self.frame[self.feature_names].to_numpy(dtype=np.float64)

    def take(self, rows: npt.NDArray[np.int64]) -> FeatureTable:
        """Return a table of the rows at these positions."""
        return replace(self, frame=self.frame.iloc[rows].reset_index(drop=True))

    def select(self, names: set[str], meta: TableMeta) -> FeatureTable:
        """Return a table of the features in `names`, in the order of this one, which `meta` describes."""
        columns = tuple(column for column in self.columns if column[0] in names)
        frame = self.frame[[*self.key_names, *(name for name, _ in columns)]]
        return replace(self, frame=frame, columns=columns, meta=meta)


AUGMENTED = "augmented"
"""Folder beside tables that holds, for each augmentation of audio, a folder of tables."""


def augmented_folder(tables_dir: Path, kind: str) -> Path:
    """Return where tables of augmented audio lie: beside those of the audio as it is."""
    return tables_dir / AUGMENTED / kind


def table_path(folder: Path, feature_set: str, segment: str) -> Path:
    """Return where a feature table lies within its folder, for example ``kaggle-3s.parquet``."""
    return folder / f"{file_name(feature_set)}-{segment}.parquet"


def locate_table(folder: Path, feature_set: str, segment: str) -> Path:
    """Return the path of a feature table that must exist.

    Raises
    ------
    TableError
        If it does not; the message names the tables that do, or how to make one.
    """
    path = table_path(folder, feature_set, segment)
    if is_table(path):
        return path
    others = sorted(p.stem for p in folder.glob("*-*s.parquet"))
    own = "" if feature_set == FeatureConfig().feature_set else f" --features {feature_set}"
    if feature_set.startswith("spectrogram-"):
        scale = feature_set.removeprefix("spectrogram-")
        reason = (
            "no such spectrogram table. Make it: gtzan features spectrograms AUDIO_DIR "
            f"--scale {scale} --segments {segment}"
        )
    elif others:
        options = f"{own} --segments {segment}"
        reason = f"no such feature table; the folder has {', '.join(others)}. Extract with{options}"
    else:
        reason = f"no such feature table. Make it: gtzan features extract AUDIO_DIR{own}"
        reason += "" if own else ", or gtzan features import CSV"
    raise TableError(path, reason)


def check_version(path: Path, meta: TableMeta, version: int) -> None:
    """Refuse a table of another version of its set than the one that was asked for; 0 for whichever.

    Raises
    ------
    TableError
        If it is of another one, or it is not known of which.
    """
    found = meta.config.get("version")
    if not version or found == version:
        return
    holds = "columns of a recipe that is not known" if found is None else meta.preset
    asked = preset_name(meta.feature_set, version)
    options = f"--segments {meta.segment} --out {shell_path(path.parent)}"
    raise TableError(path, f"holds {holds}, not {asked}. {computed_again(meta.feature_set, options)}")


def write_parquet(path: Path, table: pa.Table, n_rows: int = MOST_ROWS) -> None:
    """Write an Arrow table in groups of `n_rows`, whole or not at all; the same rows give the same bytes."""
    starts = range(0, max(1, table.num_rows), n_rows)
    write_groups(path, table.schema, (table.slice(start, n_rows) for start in starts))


def write_table(path: Path, table: FeatureTable, schema: pa.Schema) -> None:
    """Write a feature table with the Arrow `schema` of `tables.schema.feature_schema`."""
    features = [
        pa.array(table.frame[name].to_numpy(), type=schema.field(name).type) for name in table.feature_names
    ]
    arrays = [*key_arrays(table.frame, schema), *features]
    row_bytes = sum(array.type.bit_width // 8 for array in features)
    write_parquet(path, pa.Table.from_arrays(arrays, schema=schema), rows_per_group(row_bytes))


def key_arrays(frame: pd.DataFrame, schema: pa.Schema) -> list[pa.Array]:
    """Return the key columns of `frame` as Arrow arrays of the types of `schema`, in their order."""
    keys = [one for one in schema if is_key(one)]
    return [
        _dictionary(frame[one.name], one.type)
        if pa.types.is_dictionary(one.type)
        else pa.array(frame[one.name].to_numpy(), type=one.type)
        for one in keys
    ]


def _dictionary(cells: pd.Series, kind: pa.DictionaryType) -> pa.DictionaryArray:
    names, codes = np.unique(cells.to_numpy(dtype=str), return_inverse=True)
    return pa.DictionaryArray.from_arrays(
        pa.array(codes, kind.index_type), pa.array(names.tolist(), pa.string())
    )


# Of Arrow, and what its Python part raises where a name or a schema is no longer what it was.
_DAMAGE = (pa.ArrowException, OSError, MemoryError, ValueError, TypeError, KeyError, OverflowError)


def read_parquet(path: Path, what: str, content: bytes | None = None) -> pa.Table:
    """Read a Parquet file, or a folder of shards, that holds `what`.

    `content` is the file's bytes where they are read already.

    Raises
    ------
    TableError
        If there is no such file, it is not a whole Parquet file, or a shard is damaged.
    """
    if content is None and is_sharded(path):
        return _valid(read_shards(path)[0])
    if content is None and not path.is_file():
        raise TableError(path, f"no such {what}")
    try:
        if content is not None:
            return _valid(pq.ParquetFile(pa.BufferReader(content)).read())
        with path.open("rb") as file:
            return _valid(pq.ParquetFile(file).read())
    except _DAMAGE as error:
        raise TableError(path, f"not a whole Parquet file. Make the {what} again") from error


def _valid(table: pa.Table) -> pa.Table:
    """Refuse text that is no UTF-8, and lengths that do not fit: Arrow reads these, and fails later.

    What pandas wrote of itself is left out: no table of ours needs it, and damaged it breaks the conversion.
    """
    table.validate(full=True)
    kept = {key: value for key, value in (table.schema.metadata or {}).items() if key != b"pandas"}
    return table.replace_schema_metadata(kept)


def read_meta(path: Path) -> TableMeta:
    """Read only the metadata of a feature table; errors as `read_table`."""
    if is_sharded(path):
        return table_meta(path, table_schema(path))
    try:
        with path.open("rb") as file:
            schema = pq.read_schema(file)
    except FileNotFoundError as error:
        raise TableError(path, "no such feature table") from error
    except _DAMAGE as error:
        raise TableError(path, "not a whole Parquet file. Extract the features again") from error
    return table_meta(path, schema)


def read_table(path: Path, content: bytes | None = None) -> FeatureTable:
    """Read and check a feature table; `content` is the file's bytes where they are read already.

    Raises
    ------
    TableError
        If the file is missing, damaged, no feature table, or holds missing or infinite values, a column that
        is not of numbers, a segment twice or a track of two genres.
    """
    table = read_parquet(path, "feature table", content)
    return checked_table(path, table, table_meta(path, table.schema))


def checked_table(path: Path, table: pa.Table, meta: TableMeta) -> FeatureTable:
    """Return a feature table of Arrow's columns, which `meta` describes; checks and errors as `read_table`.

    Parameters
    ----------
    path : Path
        Where it comes from, for messages.
    table : pa.Table
        Key columns and features.
    meta : TableMeta
    """
    import pandas as pd

    recipe_of(path, meta, FeatureConfig, "Extract the features again")
    keys = key_frame(path, table)
    columns = tuple(
        (field.name, (field.metadata or {}).get(b"unit", b"").decode("utf-8", "replace"))
        for field in table.schema
        if field.name not in keys.columns
    )
    for name, _ in columns:
        kind = table.schema.field(name).type
        if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
            reason = f"column {one_line(name)} holds no numbers ({kind}). Extract the features again"
            raise TableError(path, reason)
    if not columns:
        raise TableError(path, "holds no feature. Extract the features again")
    features = table.select([name for name, _ in columns]).to_pandas()
    result = FeatureTable(frame=pd.concat([keys, features], axis=1), columns=columns, meta=meta)
    _check_finite(path, result)
    return result


def key_frame(path: Path, table: pa.Table) -> pd.DataFrame:
    """Return the key columns of a table, checked.

    Raises
    ------
    TableError
        If one is missing, occurs twice, has another type or an empty cell, or if a segment has two
        rows or a track two genres.
    """
    import pandas as pd
    import pyarrow.compute as pc

    again = "Extract the features again"
    names = table.schema.names
    missing = [name for name in KEY_NAMES if name not in names]
    if missing:
        raise TableError(path, f"the key columns {', '.join(missing)} are missing. {again}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TableError(path, f"has the column {one_line(twice[0])} more than once. {again}")
    columns = {}
    for name, kind, *_ in KEYS:
        try:
            cells = pc.cast(table.column(name), pa.string() if name == "genre" else kind)
        except pa.ArrowException as error:
            reason = f"column {name} is of another type ({table.schema.field(name).type}). {again}"
            raise TableError(path, reason) from error
        if cells.null_count:
            raise TableError(path, f"{cells.null_count} rows have no {name}. {again}")
        columns[name] = cells.to_pandas()
    for name in (one.name for one in table.schema if is_key(one) and one.name in GIVEN_NAMES):
        columns[name] = pc.fill_null(pc.cast(table.column(name), pa.string()), "").to_pandas()
    frame = pd.DataFrame(columns)
    _check_rows(path, frame)
    return frame


def _check_rows(path: Path, frame: pd.DataFrame) -> None:
    twice = frame.duplicated(["track_id", "segment"])
    if twice.any():
        row = frame[twice].iloc[0]
        what = f"segment {row['segment']} of {one_line(row['track_id'])!r} twice"
        raise TableError(path, f"holds {what}. Extract or import the features again")
    for name in ("genre", *(name for name in GIVEN_NAMES if name in frame)):
        found = frame.groupby("track_id", sort=False)[name].nunique()
        if (found > 1).any():
            track = one_line(str(found.idxmax()))
            reason = f"gives track {track!r} more than one {name}. Extract or import the features again"
            raise TableError(path, reason)


def table_meta(path: Path, schema: pa.Schema) -> TableMeta:
    """Return what a table's schema says of it; TableError where it is not one of ours."""
    text = (schema.metadata or {}).get(METADATA_KEY)
    if text is None:
        raise TableError(
            path, "a Parquet file, but not a feature table of gtzan. Extract or import the features"
        )
    try:
        return TableMeta.from_json(text.decode())
    except (ValueError, ConfigError) as error:
        why = "it is no JSON" if isinstance(error, DamagedError | UnicodeDecodeError) else str(error)
        reason = f"metadata cannot be read ({one_line(why)}). Extract the features again"
        raise TableError(path, reason) from error


def _check_finite(path: Path, table: FeatureTable) -> None:
    bad = ~np.isfinite(table.values())
    if bad.any():
        row, column = np.argwhere(bad)[0]
        where = table.frame.iloc[row]
        raise TableError(
            path,
            f"{int(bad.sum())} values are not finite, the first in column {table.feature_names[column]} of "
            f"track {where['track_id']}, segment {where['segment']}. Remove those rows or extract them again",
        )
