"""Kaggle CSVs into feature tables, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from gtzan_features.config import tidy_feature_set
from gtzan_features.datasets import gtzan
from gtzan_features.errors import ConfigError, OutputExistsError, TableError
from gtzan_features.presets import without_versions
from gtzan_features.storage import told
from gtzan_features.tables.feature_tables import (
    FeatureTable,
    check_version,
    locate_table,
    read_meta,
    read_table,
    table_path,
    write_table,
)
from gtzan_features.tables.kaggle_csv import read_kaggle_csv, read_kaggle_frame, write_kaggle_csv
from gtzan_features.tables.kaggle_rows import NOTHING_SAID
from gtzan_features.tables.kaggle_rows import CsvReading as CsvReading
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.schema import feature_schema

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

FORMATS = ("kaggle-csv",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """Where an imported table went, how many rows and tracks it has, and what it was recognised as.

    `notes` say what was assumed in reading it.
    """

    path: Path
    n_rows: int
    n_tracks: int
    segment: str
    dataset: str
    known_recipe: bool
    notes: tuple[str, ...] = ()


def import_csv(
    csv: Path,
    out: Path,
    *,
    recipe: str = "auto",
    reading: CsvReading = NOTHING_SAID,
    overwrite: bool = False,
    kept: Collection[Path] = (),
) -> ImportSummary:
    """Read a CSV in Kaggle's format into a feature table in `out`.

    Everything after extraction works on an imported table. Values keep all their digits.

    Parameters
    ----------
    csv : Path
        Kaggle's ``features_30_sec.csv`` or ``features_3_sec.csv``, or another CSV with their columns.
    out : Path
        Folder of the tables.
    recipe : {"auto", "kaggle", "foreign"}
        Whether the values follow the Kaggle recipe; see `read_kaggle_csv`.
    reading : CsvReading
        What is said of the rows and the text, where the CSV leaves it open.
    overwrite : bool
        Replace a table of that name.
    kept : collection of Path
        Tables that are not replaced all the same, such as those of other CSVs of one command.

    Raises
    ------
    TableError
        If the CSV cannot be used, or leaves open what its rows are.
    OutputExistsError
        If a table from elsewhere stands there, unless `overwrite`.
    """
    table, notes = read_kaggle(csv, recipe=recipe, reading=reading)
    path = table_path(out, table.meta.feature_set, table.meta.segment)
    with output_lock(out):  # as extraction does
        if path.exists() and (not overwrite or path in kept):
            _check_same_origin(path, table.meta.origin)
        write_table(path, table, feature_schema(table.columns, table.meta, pa.float64()))
    return ImportSummary(
        path=path,
        n_rows=len(table.frame),
        n_tracks=table.frame["track_id"].nunique(),
        segment=table.meta.segment,
        dataset=table.meta.dataset,
        known_recipe=bool(table.meta.config),
        notes=notes,
    )


def read_kaggle(
    source: Path | pd.DataFrame, *, recipe: str = "auto", reading: CsvReading = NOTHING_SAID
) -> tuple[FeatureTable, tuple[str, ...]]:
    """Read a CSV in Kaggle's format, or a frame with its columns, and name its data set.

    Parameters and errors are those of `import_csv`.

    Returns
    -------
    FeatureTable
    tuple of str
        What was assumed in reading it.
    """
    notes: list[str] = []
    if isinstance(source, pd.DataFrame):
        table = read_kaggle_frame(source, recipe=recipe, reading=reading)
    else:
        table = read_kaggle_csv(source, recipe=recipe, reading=reading, notes=notes)
    return named(table), tuple(notes)


def named(table: FeatureTable) -> FeatureTable:
    """Return a table whose data set is called GTZAN, or which part of it, where its tracks are GTZAN's."""
    dataset = gtzan.dataset_name(set(table.frame["track_id"])) or table.meta.dataset
    return replace(table, meta=replace(table.meta, dataset=dataset))


def _check_same_origin(path: Path, origin: str) -> None:
    try:
        there = f"features from {read_meta(path).origin}"
    except TableError as error:
        there = f"something else ({error.reason.partition('.')[0]})"
    if there != f"features from {origin}":
        reason = f"holds {there}. Give another --out, or --overwrite to replace it"
        raise OutputExistsError(path, reason)


def export_table(tables_dir: Path, out: Path, *, feature_set: str, segment: str, format_name: str) -> int:
    """Write a feature table in another format; return the number of rows.

    Raises
    ------
    TableError
        If the table is missing or damaged, of another version than the name asks for, or lacks columns that
        the format needs.
    ConfigError
        If the format is unknown.
    OutputLockedError
        If another command writes `out`.
    """
    if format_name not in FORMATS:
        msg = f"format {format_name!r} is not known; there are {', '.join(FORMATS)}"
        raise ConfigError(msg)
    version = without_versions(feature_set)[1]
    with told(tables_dir):
        path = locate_table(tables_dir, tidy_feature_set(feature_set), segment)
        table: FeatureTable = read_table(path)
        check_version(path, table.meta, version)
    with output_lock(out):
        write_kaggle_csv(out, table)
    return len(table.frame)
