"""Tables from files and frames: ours, Kaggle's, and frames of a person's own."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from gtzan_features.api.given import place, row_length
from gtzan_features.api.showing import warn
from gtzan_features.api.table import Table
from gtzan_features.api.words import speaks_python
from gtzan_features.datasets.label_sets import tidy_labels
from gtzan_features.errors import TableError
from gtzan_features.extraction.csv_exchange import CsvReading, named, read_kaggle
from gtzan_features.storage import is_remote, told
from gtzan_features.tables import frames
from gtzan_features.tables.csv_bytes import is_parquet
from gtzan_features.tables.table_files import is_sharded, is_table
from gtzan_features.training.load_rows import in_memory, read_fittable

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.tables.feature_tables import FeatureTable


@speaks_python
def read_table(
    source: str | os.PathLike[str] | pd.DataFrame,
    *,
    recipe: str = "auto",
    rows: str = "auto",
    segments: str | float | None = None,
    encoding: str | None = None,
    several_labels: bool | None = None,
) -> Table:
    """Read a table to learn from: a CSV in Kaggle's format, Parquet of this package, or a frame.

    A file of this package is what ``gtzan features extract`` writes (a folder of shards is read as well),
    `extract` keeps and `Table.to_parquet` makes. A CSV is read as ``gtzan features import`` reads it: any
    separator and decimal sign, packed or not.
    A frame (pandas, or polars) has Kaggle's columns (``filename``, ``length``, 57 features, ``label``) or
    keys and features: ``track_id`` and ``genre``, then any columns of numbers; ``segment``, ``start_s`` and
    ``n_samples`` where they are at hand. What `features` gives is such a frame once it has a column
    ``genre``.

    Parameters
    ----------
    source : path or DataFrame
    recipe : str
        The feature set that the values follow, such as "kaggle": models pass between the table and audio
        then. With "auto" Kaggle's own two tables are recognised, and with "foreign" none is.
    rows : {"auto", "segments", "tracks"}
        What rows in Kaggle's format are, where their names leave it open.
    segments : str or float, optional
        Length of a row, such as "3s", or in seconds, where the table does not tell it.
    encoding : str, optional
        Of a CSV's text; found out where it is not given.
    several_labels : bool, optional
        Whether ``genre`` holds several labels with semicolons between, as in ``"blues;rock"``: one model a
        label is fitted then. False takes each cell for one name. Where not given, a file of this package
        says it, and anything else has one genre a track.

    Returns
    -------
    Table

    Raises
    ------
    TableError
        If the file is missing, damaged or something else; if values are not finite, a segment stands there
        twice, a track has two genres, or it stays open what a row is.
    ConfigError
        If there is no such recipe, row length or encoding.

    Warns
    -----
    GtzanWarning
        Of what was assumed in reading a CSV.

    Examples
    --------
    >>> import pandas as pd
    >>> import gtzan_features as gf
    >>> frame = pd.DataFrame(
    ...     {"track_id": ["a", "b"], "genre": ["rock", "jazz"], "tempo": [120.0, 88], "level": [-9, -14.5]}
    ... )
    >>> table = gf.read_table(frame)
    >>> table
    Table(DataFrame: 2 rows of 30s, 2 columns (own), 2 tracks, 2 genres)
    >>> table.X
    array([[120. ,  -9. ],
           [ 88. , -14.5]])
    """
    length = None if segments is None else row_length(segments)
    reading = CsvReading(rows=rows, segment=length, encoding=encoding)
    if isinstance(source, str | os.PathLike) or is_remote(source):
        path = place(source)
        with told(path):
            return _with_labels(_of_file(path, recipe, reading), several_labels)
    return _with_labels(Table(in_memory(_of_frame(_pandas(source), recipe, reading))), several_labels)


def _with_labels(table: Table, several: bool | None) -> Table:
    """Return a table whose column ``genre`` is read as it is wanted."""
    if several is None or several == table.meta.several_labels:
        return table
    opened = table.opened
    frame, meta = opened.table.frame, replace(opened.table.meta, several_labels=several)
    if several:
        frame = frame.assign(genre=[tidy_labels(str(cell)) for cell in frame["genre"]])
    return Table(in_memory(replace(opened.table, frame=frame, meta=meta)))


def _of_file(path: Path, recipe: str, reading: CsvReading) -> Table:
    if not path.exists():
        raise TableError(path, "no such file")
    if is_parquet(path) or (is_sharded(path) and is_table(path)):
        return Table(read_fittable(path))
    table, notes = read_kaggle(path, recipe=recipe, reading=reading)
    for note in notes:
        warn(f"{path}: {note}")
    return Table(in_memory(table))


def _of_frame(frame: pd.DataFrame, recipe: str, reading: CsvReading) -> FeatureTable:
    names = {str(name).strip().lower() for name in frame.columns}
    if {"filename", "label"} <= names:
        table, _ = read_kaggle(frame, recipe=recipe, reading=reading)
        return table
    if not frames.has_keys(frame):
        reason = (
            "neither keys (track_id or file, genre) with features, nor Kaggle's columns (filename, length, "
            "57 features, label). Name the track and the genre of each row in columns of these names"
        )
        raise TableError(frames.PLACE, reason)
    return named(frames.read_frame(frame, recipe=recipe, segment=reading.segment))


def _pandas(source: Any) -> pd.DataFrame:  # noqa: ANN401 - whatever a person gives
    frame = source.to_pandas() if hasattr(source, "to_pandas") else source
    if not isinstance(frame, pd.DataFrame):
        reason = f"give a path or a DataFrame, not {type(source).__name__}"
        raise TableError("read_table", reason)
    return frame
