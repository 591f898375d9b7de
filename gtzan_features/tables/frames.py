"""Frames of a person's own making as feature tables: keys and columns of numbers, checked as files are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from gtzan_features.config import FeatureConfig, SegmentConfig
from gtzan_features.descriptors import sets
from gtzan_features.errors import ConfigError, TableError
from gtzan_features.tables.feature_tables import FeatureTable, checked_table
from gtzan_features.tables.kaggle_lengths import SR, is_whole
from gtzan_features.tables.schema import KEY_NAMES, TableMeta

PLACE = Path("DataFrame")
"""What messages call a frame."""

NEEDED = ("track_id", "genre")


def read_frame(
    frame: pd.DataFrame, *, recipe: str = "auto", segment: SegmentConfig | None = None
) -> FeatureTable:
    """Return the table of a frame with key columns and features.

    Parameters
    ----------
    frame : DataFrame
        ``track_id`` and ``genre``; ``segment``, ``start_s`` and ``n_samples``, or rows of a track in their
        order; then features, finite numbers.
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
    missing = [name for name in NEEDED if name not in frame.columns]
    if missing:
        raise TableError(PLACE, f"has no column {' and no column '.join(missing)}")
    length = segment or _length(frame)
    keys = _keys(frame, length)
    names = [name for name in frame.columns if name not in KEY_NAMES]
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
    return checked_table(PLACE, _arrow(pd.concat([keys, values], axis=1), dict(columns)), meta)


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
    given = frame[[name for name in KEY_NAMES if name in frame.columns]].reset_index(drop=True)
    keys = given.assign(genre=given["genre"].astype(object))
    if "segment" not in keys:
        keys["segment"] = keys.groupby("track_id").cumcount()
    if "start_s" not in keys:
        keys["start_s"] = keys["segment"] * length.n_samples(SR) / SR
    if "n_samples" not in keys:
        keys["n_samples"] = length.n_samples(SR) - (not length.is_track)
    return keys[list(KEY_NAMES)]


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
