"""From a folder of music to feature tables and a status table, in parallel and resumable."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

import pyarrow as pa

from gtzan_features.descriptors import sets
from gtzan_features.extraction.row_kinds import ExtractConfig as ExtractConfig
from gtzan_features.extraction.table_builder import ExtractSummary as ExtractSummary
from gtzan_features.extraction.table_builder import FileStatus as FileStatus
from gtzan_features.extraction.table_builder import RowOptions, write_rows
from gtzan_features.tables.schema import TableMeta, feature_schema

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.datasets.tracks import Catalogue


def extract(
    audio_dir: Path | Catalogue, out: Path, config: ExtractConfig | None = None, **options: Unpack[RowOptions]
) -> ExtractSummary:
    """Compute the features of every track in `audio_dir` and write them to tables in `out`.

    Parameters
    ----------
    audio_dir : Path or Catalogue
        A folder of genre folders, or what was read of one.
    out : Path
        Folder of the tables: ``kaggle-3s.parquet``, ``kaggle-30s.parquet`` and ``status.parquet``.
    config : ExtractConfig, optional
        The feature set and the segment lengths; the Kaggle columns for 3 s and 30 s where not given.
    **options
        ``n_jobs``, ``selection``, ``overwrite``, ``recompute``, ``prune``, ``progress``, ``notice``: see
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
    return write_rows(recipe, partial(_layout, recipe), audio_dir, out, **options)


@dataclass(frozen=True, slots=True)
class _Features:
    """A column for each feature; see `streamed_tables.Layout`."""

    schema: pa.Schema
    columns_lie_together = True

    def arrays(self, values: npt.NDArray[Any]) -> list[pa.Array]:
        """Return the columns of `values`, of shape (n_rows, n_columns)."""
        return [pa.array(column) for column in values.T]


def _layout(
    recipe: ExtractConfig,
    meta: TableMeta,
    keys: tuple[str, ...],
    shape: tuple[int, ...],  # noqa: ARG001
) -> _Features:
    columns = tuple((column.name, column.unit) for column in sets.columns(recipe.features))
    return _Features(feature_schema(columns, meta, given=keys))
