"""From a folder of music to feature tables and a status table, in parallel and resumable."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from gtzan_features.descriptors import sets
from gtzan_features.extraction.row_kinds import ExtractConfig as ExtractConfig
from gtzan_features.extraction.table_builder import ExtractSummary as ExtractSummary
from gtzan_features.extraction.table_builder import FileStatus as FileStatus
from gtzan_features.extraction.table_builder import RowOptions, write_rows
from gtzan_features.tables.feature_tables import FeatureTable, write_table
from gtzan_features.tables.schema import TableMeta, feature_schema

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from gtzan_features.descriptors.registry import Column


def extract(
    audio_dir: Path, out: Path, config: ExtractConfig | None = None, **options: Unpack[RowOptions]
) -> ExtractSummary:
    """Compute the features of every track in `audio_dir` and write them to tables in `out`.

    Parameters
    ----------
    audio_dir : Path
        A folder of genre folders.
    out : Path
        Folder of the tables: ``kaggle-3s.parquet``, ``kaggle-30s.parquet`` and ``status.parquet``.
    config : ExtractConfig, optional
        The feature set and the segment lengths; the Kaggle columns for 3 s and 30 s where not given.
    **options
        ``n_jobs``, ``selection``, ``overwrite``, ``recompute``, ``progress``, ``notice``: see
        `rows.RowOptions`.

    Returns
    -------
    ExtractSummary

    Raises
    ------
    ConfigError
        If there is no such feature set.
    CatalogueError
        If `audio_dir` is no folder of genre folders with audio.
    OutputExistsError
        If `out` holds tables of another configuration or of other tracks, unless ``overwrite``.
    OutputLockedError
        If another command is writing into `out`.
    """
    recipe = config or ExtractConfig()
    write = partial(_write, described=sets.columns(recipe.features))
    return write_rows(recipe, write, audio_dir, out, **options)


def _write(
    path: Path,
    keys: pd.DataFrame,
    values: npt.NDArray[np.float32],
    meta: TableMeta,
    described: tuple[Column, ...],
) -> None:
    columns = tuple((column.name, column.unit) for column in described)
    features = pd.DataFrame(values, columns=[name for name, _ in columns])
    table = FeatureTable(frame=pd.concat([keys, features], axis=1), columns=columns, meta=meta)
    write_table(path, table, feature_schema(columns, meta))
