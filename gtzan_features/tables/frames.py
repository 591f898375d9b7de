"""Frames of a person's own making as feature tables: keys and columns of numbers, checked as files are."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePath

import numpy as np
import pandas as pd
import pyarrow as pa

from gtzan_features.config import FeatureConfig, SegmentConfig
from gtzan_features.descriptors import sets
from gtzan_features.errors import ConfigError, TableError
from gtzan_features.tables.feature_tables import FeatureTable, checked_table
from gtzan_features.tables.kaggle_lengths import SR, is_whole
from gtzan_features.tables.kaggle_rows import track_name
from gtzan_features.tables.schema import GIVEN_NAMES, KEY_NAMES, TableMeta

PLACE = Path("DataFrame")
"""What messages call a frame."""

_OTHER = ("file", "end_s")
"""Keys that say the same in another way."""

_ADVICE = re.compile(r"Extract (?:or import )?the features again$")


def read_frame(
    frame: pd.DataFrame, *, recipe: str = "auto", segment: SegmentConfig | None = None
) -> FeatureTable:
    """Return the table of a frame with key columns and features.

    Parameters
    ----------
    frame : DataFrame
        ``track_id``, or a path in ``file``, and ``genre``; ``segment``, ``start_s``, ``n_samples`` or
        ``end_s`` where they are at hand, else rows of a track in their order; ``artist``, ``group`` (tracks
        that stay together) and ``split`` (train, valid, test), if known; then features, finite numbers.
        Keys may stand in the index, as in what `gf.features` gives.
    recipe : str
        The feature set that the columns follow, such as ``full``: models pass between the table and audio
        then. "auto" and "foreign" leave it open.
    segment : SegmentConfig, optional
        Length of a row; where not given, ``n_samples`` tells it, or one row per track.

    Returns
    -------
    FeatureTable
        Its features in double precision where the frame has them so.

    Raises
    ------
    TableError
        As for a file; if columns are missing, or nothing tells how long a row is.
    ConfigError
        If there is no feature set of that name.
    """
    frame = _tidy(frame)
    length = segment or _length(frame)
    keys = _keys(frame, length)
    names = [name for name in frame.columns if name not in keys.columns]
    config = None if recipe in ("auto", "foreign") else FeatureConfig(feature_set=recipe)
    columns = _units(names, config)
    values = frame[[name for name, _ in columns]].reset_index(drop=True)
    digits = _digest(keys, values)
    meta = TableMeta(
        feature_set=config.feature_set if config else "own",
        feature_fingerprint=config.fingerprint() if config else f"frame-{_digest_names(names)}",
        segment=length.name,
        dataset="DataFrame",
        origin=f"frame, {len(frame)} rows, sha256 {digits[:12]}",
        config=config.to_dict() if config else {},
    )
    try:
        return checked_table(PLACE, _arrow(pd.concat([keys, values], axis=1), dict(columns)), meta)
    except TableError as error:
        raise TableError(PLACE, _ADVICE.sub("Correct the frame", error.reason)) from None


def has_keys(frame: pd.DataFrame) -> bool:
    """Whether columns or index name the track, or its file, and the genre of each row."""
    names = {*map(str, frame.columns), *map(str, frame.index.names)}
    return "genre" in names and bool({"track_id", "file"} & names)


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its keys in columns and called as ours are."""
    if any(name in (*KEY_NAMES, *_OTHER) for name in frame.index.names):
        frame = frame.reset_index()
    frame = frame.rename(columns=str).reset_index(drop=True)
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise TableError(PLACE, f"has the column {twice[0]} more than once. Remove or rename one of them")
    given = frame.astype({name: object for name in ("track_id", "file", "genre") if name in frame})
    if "end_s" in given and "start_s" in given and "n_samples" not in given:
        given["n_samples"] = ((given["end_s"] - given["start_s"]) * SR).round().astype(np.int64)
    if "track_id" not in given:
        given["track_id"] = _tracks(given["file"], given["genre"])
    return given.drop(columns=[name for name in _OTHER if name in given])


def _tracks(files: pd.Series, genres: pd.Series) -> pd.Series:
    """Name tracks by their files as a catalogue does: from the genre's folder on, else by the file alone."""
    names = [
        track_name(str(file), str(genre)) if str(genre) in PurePath(str(file)).parts[:-1] else ""
        for file, genre in zip(files, genres, strict=True)
    ]
    stems = files.map(lambda file: PurePath(str(file)).stem)
    if files.groupby(stems).nunique().max() > 1:  # a path would be read as genre, artist and track
        stems = files.map(lambda file: str(file).replace("/", "|"))
    return pd.Series([name or stem for name, stem in zip(names, stems, strict=True)], dtype=object)


def _length(frame: pd.DataFrame) -> SegmentConfig:
    """Length of the rows by their samples; that of a track where each track has one row."""
    say = 'Say how long a row is: segments="3s", for example'
    if "n_samples" in frame.columns and len(frame):
        try:
            usual = float(np.median(frame["n_samples"].to_numpy(dtype=np.float64)))
        except (TypeError, ValueError) as error:
            raise TableError(PLACE, "column n_samples holds no numbers") from error
        if is_whole(usual):
            return SegmentConfig(30.0)
        try:
            return SegmentConfig(round((usual + 1) / SR, 3))
        except ConfigError as error:
            raise TableError(PLACE, f"n_samples of {usual:g} is no length of a row. {say}") from error
    if frame["track_id"].is_unique:
        return SegmentConfig(30.0)
    raise TableError(PLACE, f"its tracks have several rows, and no column n_samples. {say}")


def _keys(frame: pd.DataFrame, length: SegmentConfig) -> pd.DataFrame:
    """Return all key columns; those that are not there by the rule for rows of a track in their order."""
    own = (*KEY_NAMES, *GIVEN_NAMES)
    given = frame[[name for name in own if name in frame.columns]].reset_index(drop=True)
    keys = given.copy()
    if "segment" not in keys:
        keys["segment"] = keys.groupby("track_id").cumcount()
    if "start_s" not in keys:
        keys["start_s"] = keys["segment"] * length.n_samples(SR) / SR
    if "n_samples" not in keys:
        keys["n_samples"] = length.n_samples(SR) - (not length.is_track)
    for name in GIVEN_NAMES:
        if name in keys:
            keys[name] = keys[name].map(_text).astype(object)
    return keys[[name for name in own if name in keys]]


def _text(cell: object) -> str:
    """Return a name as text, also where it is a number; empty where it is missing."""
    if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _units(names: list[str], config: FeatureConfig | None) -> tuple[tuple[str, str], ...]:
    if config is None:
        known = {c.name: c.unit for c in sets.columns(FeatureConfig(feature_set="full"))}
        return tuple((str(name), known.get(name, "1")) for name in names)
    columns = sets.columns(config)
    missing = [column.name for column in columns if column.name not in names]
    if missing:
        reason = (
            f"has no column {missing[0]} of the feature set {config.feature_set} ({len(missing)} of "
            f"{len(columns)} are missing). Leave out recipe=, or compute them"
        )
        raise TableError(PLACE, reason)
    return tuple((column.name, column.unit) for column in columns)


def _arrow(frame: pd.DataFrame, units: dict[str, str]) -> pa.Table:
    arrays, fields = [], []
    for i, name in enumerate(frame.columns):
        try:
            array = pa.array(frame.iloc[:, i], from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise TableError(PLACE, f"column {name} holds values of several kinds") from error
        arrays.append(array)
        fields.append(pa.field(str(name), array.type, metadata={"unit": units.get(name, "")}))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _digest(keys: pd.DataFrame, values: pd.DataFrame) -> str:
    hashed = pd.util.hash_pandas_object(pd.concat([keys, values], axis=1), index=False)
    return hashlib.sha256(hashed.to_numpy().tobytes()).hexdigest()


def _digest_names(names: list[str]) -> str:
    return hashlib.sha256("\n".join(map(str, names)).encode()).hexdigest()[:12]
