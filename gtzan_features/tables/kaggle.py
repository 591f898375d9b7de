"""The CSV format of the Kaggle GTZAN feature files, in and out."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from gtzan_features.config import TRACK_S, FeatureConfig, SegmentConfig
from gtzan_features.errors import TableError
from gtzan_features.features.sets import columns as feature_columns
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.schema import KEY_NAMES, TableMeta
from gtzan_features.tables.store import FeatureTable

if TYPE_CHECKING:
    from pathlib import Path

_SEGMENT_NAME = re.compile(r"^(?P<track>.+)\.(?P<segment>\d{1,4})$")

KAGGLE_TEMPI = {
    "3s": "4f2e57217c55cfd0",
    "30s": "80f3356d46cd91f0",
}
"""Signature of the tempo column of each of Kaggle's own CSVs, by which they are recognised."""


def read_kaggle_csv(path: Path, *, recipe: str = "auto") -> FeatureTable:
    """Read a CSV in Kaggle's format, with its columns in any order.

    The values keep all their digits (float64). A CSV whose tempo column is that of one of Kaggle's own
    files is known to follow the ``kaggle`` recipe and gets its fingerprint, so that models pass between
    it and tables extracted from audio; any other CSV gets a fingerprint of its own.

    Parameters
    ----------
    path : Path
        The CSV: ``filename``, ``length``, 57 features, ``label``.
    recipe : {"auto", "kaggle", "foreign"}
        Whether the values follow the ``kaggle`` recipe; recognised where "auto".

    Raises
    ------
    TableError
        If the CSV cannot be read, lacks columns, holds values that are not finite numbers, or names a
        segment twice.
    """
    raw = _read_csv(path)
    config = FeatureConfig()
    names = [c.name for c in feature_columns(config)]
    _check_columns(path, raw, names)
    values = _numbers(path, raw, [*names, "length"])
    segment = _segment_length(path, values["length"], config.sr)
    frame = _keys(path, raw, values["length"], segment, config.sr)
    frame = pd.concat([frame, values[names]], axis=1)
    frame = frame.sort_values(["genre", "track_id", "segment"], kind="stable", ignore_index=True)
    known = recipe == "kaggle" or (recipe == "auto" and tempo_signature(frame) in KAGGLE_TEMPI.values())
    meta = _meta(path, raw, known, config, segment)
    return FeatureTable(frame=frame, columns=_columns(config), meta=meta)


def write_kaggle_csv(path: Path, table: FeatureTable) -> None:
    """Write a table in Kaggle's format: 60 columns in Kaggle's order, one row per segment.

    float32 values are written with the digits of their float64 equal, as pandas wrote Kaggle's.

    Raises
    ------
    TableError
        If the table lacks columns of the ``kaggle`` feature set.
    """
    names = [c.name for c in feature_columns(FeatureConfig())]
    missing = [n for n in names if n not in table.frame.columns]
    if missing:
        reason = f"the table has no column {_some(missing)}, which a Kaggle CSV needs; export the kaggle set"
        raise TableError(path, reason)
    frame = table.frame
    whole = SegmentConfig.parse(table.meta.segment).is_track and not frame["track_id"].duplicated().any()
    suffix = "" if whole else "." + frame["segment"].astype(str)
    out = pd.DataFrame({"filename": frame["track_id"] + suffix + ".wav", "length": frame["n_samples"]})
    out = pd.concat([out, frame[names].astype(np.float64)], axis=1)
    out["label"] = frame["genre"]
    with atomic_path(path) as temporary:
        out.to_csv(temporary, index=False, lineterminator="\n")


def tempo_signature(frame: pd.DataFrame) -> str:
    """Hash of (track, segment, tempo in BPM to 3 decimals) over all rows, in order.

    librosa's tempo takes few distinct values, which do not depend on rounding: equal signatures mean
    that the same recipe was applied to the same audio.
    """
    rows = zip(frame["track_id"], frame["segment"], frame["tempo"], strict=True)
    text = "\n".join(f"{track} {segment} {tempo:.3f}" for track, segment, tempo in rows)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _columns(config: FeatureConfig) -> tuple[tuple[str, str], ...]:
    return tuple((c.name, c.unit) for c in feature_columns(config))


def _read_csv(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise TableError(path, "no such file. Give a CSV in Kaggle's format, such as features_3_sec.csv")
    options = arrow_csv.ConvertOptions(strings_can_be_null=True)
    try:
        # Arrow's parser rounds every number correctly; pandas' fast one may be off in the last place.
        frame: pd.DataFrame = arrow_csv.read_csv(path, convert_options=options).to_pandas()
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as error:
        reason = f"cannot be read as CSV ({str(error).splitlines()[0]}). Give a CSV in Kaggle's format"
        raise TableError(path, reason) from error
    else:
        return frame


def _check_columns(path: Path, raw: pd.DataFrame, names: list[str]) -> None:
    missing = [n for n in ["filename", "length", "label", *names] if n not in raw.columns]
    if missing:
        reason = (
            f"{len(missing)} of 60 columns are missing ({_some(missing)}). "
            "Give a CSV in Kaggle's format, such as features_3_sec.csv"
        )
        raise TableError(path, reason)
    if raw.empty:
        raise TableError(path, "holds no rows")
    for name in ("filename", "label"):
        if raw[name].isna().any():
            row = int(np.flatnonzero(raw[name].isna())[0])
            raise TableError(path, f"line {row + 2} has no {name}. Complete or remove that line")


def _numbers(path: Path, raw: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    values: pd.DataFrame = raw[names].apply(pd.to_numeric, errors="coerce").astype(np.float64)
    bad = ~np.isfinite(values.to_numpy())
    if bad.any():
        row, column = np.argwhere(bad)[0]
        cell = raw[names[column]].iloc[row]
        found = repr(cell) if isinstance(cell, str) else str(cell)
        reason = (
            f"line {row + 2}, column {names[column]}: {found} is not a finite number "
            f"({int(bad.sum())} such values in all). Correct or remove those lines"
        )
        raise TableError(path, reason)
    return values


def _stems(filenames: pd.Series) -> pd.Series:
    return filenames.astype(str).str.replace(r"\.(wav|au|flac|ogg|mp3)$", "", regex=True)


def _segment_length(path: Path, lengths: pd.Series, sr: int) -> SegmentConfig:
    """Nearest half second to the median row; rows of 28 to 32 s stand for GTZAN's 30 s tracks."""
    seconds = round(float(lengths.median()) / sr * 2) / 2
    if seconds < 0.5:
        raise TableError(path, "by its column length, most rows are shorter than 0.5 s; expected 3 s or 30 s")
    return SegmentConfig(TRACK_S if abs(seconds - TRACK_S) <= 2 else seconds)


def _keys(path: Path, raw: pd.DataFrame, lengths: pd.Series, segment: SegmentConfig, sr: int) -> pd.DataFrame:
    stems = _stems(raw["filename"])
    if segment.is_track:
        tracks, numbers = stems, pd.Series(0, index=raw.index)
    else:
        parts = stems.str.extract(_SEGMENT_NAME)
        if parts["track"].isna().any():
            name = raw["filename"][parts["track"].isna()].iloc[0]
            raise TableError(path, f"{name!r} names no segment; expected a name such as blues.00000.0.wav")
        tracks, numbers = parts["track"], parts["segment"].astype(int)
    keys = pd.DataFrame(
        {
            "track_id": tracks.astype(str),
            "genre": raw["label"].astype(str),
            "segment": numbers,
            "start_s": numbers * segment.n_samples(sr) / sr,
            "n_samples": lengths.astype(np.int64),
        }
    )[list(KEY_NAMES)]
    twice = keys.duplicated(["track_id", "segment"])
    if twice.any():
        name = raw["filename"][twice].iloc[0]
        raise TableError(path, f"{name!r} stands in it more than once. Remove the repeated lines")
    return keys


def _meta(
    path: Path, raw: pd.DataFrame, known: bool, config: FeatureConfig, segment: SegmentConfig
) -> TableMeta:
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    print_ = config.fingerprint() if known else f"csv-{content[:12]}"
    return TableMeta(
        feature_set="kaggle",
        feature_fingerprint=print_,
        segment=segment.name,
        dataset=path.stem,
        origin=f"csv {path.name}, {len(raw)} rows, sha256 {content[:12]}",
        config=config.to_dict() if known else {},
    )


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"
