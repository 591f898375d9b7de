"""From a folder of music to feature tables and a status table, in parallel and resumable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from gtzan_features.extraction.row_kinds import ExtractConfig as ExtractConfig
from gtzan_features.extraction.table_builder import ExtractSummary as ExtractSummary
from gtzan_features.extraction.table_builder import FileStatus as FileStatus
from gtzan_features.extraction.table_builder import RowOptions, write_rows

if TYPE_CHECKING:
    from pathlib import Path

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
        ``n_jobs``, ``selection``, ``overwrite``, ``recompute``, ``prune``, ``layout``, ``progress``, …: see
        `row_options.RowOptions`.

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
    return write_rows(config or ExtractConfig(), audio_dir, out, **options)
