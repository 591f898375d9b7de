"""Rows of shards that become one file, kept for the next extraction as those of any other are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.config import FeatureConfig, SegmentConfig, SpectrogramConfig
from gtzan_features.errors import ConfigError, TableError
from gtzan_features.extraction.cache_folders import open_parts
from gtzan_features.extraction.older_shards import refill, rows_of
from gtzan_features.extraction.row_kinds import ExtractConfig, Recipe, SpectrogramRecipe
from gtzan_features.extraction.shards import ONE_FILE
from gtzan_features.storage import local_side
from gtzan_features.tables.feature_tables import read_meta
from gtzan_features.tables.picture_column import COLUMN
from gtzan_features.tables.status_columns import STATUS_SCHEMA
from gtzan_features.tables.table_files import read_shard_list, table_files, table_rows, table_schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gtzan_features.tables.schema import TableMeta


def keep_rows(status: Path, folders: Sequence[Path]) -> None:
    """Make parts of the rows of shards, as an extraction into one file leaves them.

    Nothing is done for tables of another version of this program, or of more files of music than one file is
    made of without being asked.

    Parameters
    ----------
    status : Path
        A table that is a folder; anything but a status table is passed over.
    folders : sequence of Path
        All tables beside it that are folders; those of the same shards are its tables.
    """
    if table_schema(status).names != STATUS_SCHEMA.names or table_rows(status) > ONE_FILE:
        return
    names = [one.name for one in read_shard_list(status)]
    tables = [
        path for path in folders if path != status and [one.name for one in read_shard_list(path)] == names
    ]
    shards = table_files(status)
    try:
        metas = {path: read_meta(path) for path in tables}
        recipe = _recipe(list(metas.values()), tables)
        made_by = next(iter(metas.values())).deformation
        digits = recipe.key(made_by).digits
    except (TableError, ConfigError, TypeError, StopIteration):
        return
    if digits != rows_of(shards[0]):
        return
    by_length = {SegmentConfig.parse(meta.segment): path.name for path, meta in metas.items()}
    parts = open_parts(local_side(status.parent), recipe, made_by, recompute=False)
    ordered = [by_length[length] for length in recipe.segments]
    refill(parts, None, shards, recipe, [*ordered, status.name], digits)


def _recipe(metas: Sequence[TableMeta], tables: Sequence[Path]) -> Recipe:
    """Return the recipe of tables of one configuration."""
    segments = tuple(sorted(SegmentConfig.parse(meta.segment) for meta in metas))
    config = metas[0].config if metas else {}
    if tables and COLUMN in table_schema(tables[0]).names:
        return SpectrogramRecipe(spectrograms=SpectrogramConfig(**config), segments=segments)
    return ExtractConfig(features=FeatureConfig(**config), segments=segments)
