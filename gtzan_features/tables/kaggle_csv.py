"""The CSV format of the Kaggle GTZAN feature files, in and out."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gtzan_features.config import FeatureConfig, SegmentConfig
from gtzan_features.descriptors.sets import columns as feature_columns
from gtzan_features.errors import ConfigError, TableError
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.csv_bytes import table_stem
from gtzan_features.tables.csv_text import CsvText, frame_text, numbers, read_csv_text
from gtzan_features.tables.feature_tables import FeatureTable
from gtzan_features.tables.kaggle_lengths import SR, row_length, samples
from gtzan_features.tables.kaggle_rows import (
    NOTHING_SAID,
    CsvReading,
    NamedRows,
    check_keys,
    marked_name,
    name_rows,
)
from gtzan_features.tables.schema import KEY_NAMES, TableMeta
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

KAGGLE_TEMPI = {
    "3s": "4f2e57217c55cfd0",
    "30s": "80f3356d46cd91f0",
}
"""Signature of the tempo column of each of Kaggle's own CSVs, by which they are recognised."""

RECIPES = ("auto", "kaggle", "foreign")
"""Whether the values of a CSV are said to follow the ``kaggle`` recipe."""

_NAMES = ("filename", "label")
_FEATURES = tuple(column.name for column in feature_columns(FeatureConfig()))
_WANTED = frozenset({*_NAMES, "length", *_FEATURES})
_MOST_SAMPLES = 1 << 53


def read_kaggle_csv(
    path: Path,
    *,
    recipe: str = "auto",
    reading: CsvReading = NOTHING_SAID,
    notes: list[str] | None = None,
) -> FeatureTable:
    """Read a CSV in Kaggle's format, with its columns in any order.

    The values keep all their digits (float64). A CSV whose tempo column is that of one of Kaggle's own
    files is known to follow the ``kaggle`` recipe and gets its fingerprint, so that models pass between
    it and tables extracted from audio; any other CSV gets a fingerprint of its own. Encoding, separator,
    decimal sign and packing are found out (`read_csv_text`); which track and segment a row is, its name
    and its neighbours' names determine (`name_rows`).

    Parameters
    ----------
    path : Path
        The CSV: ``filename``, ``length``, 57 features, ``label``; further columns are passed over.
    recipe : {"auto", "kaggle", "foreign"}
        Whether the values follow the ``kaggle`` recipe; recognised where "auto".
    reading : CsvReading
        What is said of the rows and the text, where the CSV leaves it open.
    notes : list of str, optional
        Is given what was assumed in reading it.

    Raises
    ------
    TableError
        If the CSV cannot be read, lacks columns, holds values that are not finite numbers, names a
        segment twice or a track with two genres, or leaves open what its rows are.
    ConfigError
        If there is no such recipe or encoding.
    """
    source = read_csv_text(path, _WANTED, reading.encoding)
    if notes is not None:
        notes += source.notes
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    return _table(source, f"csv {one_line(path.name)}", content, recipe, reading)


def read_kaggle_frame(
    frame: pd.DataFrame, *, recipe: str = "auto", reading: CsvReading = NOTHING_SAID
) -> FeatureTable:
    """Return the table of a frame with the columns of a CSV in Kaggle's format, as pandas reads that.

    Parameters and errors are those of `read_kaggle_csv`; where a cell stands is said by its row, from 0.
    """
    source = frame_text(frame, _WANTED)
    digest = hashlib.sha256()
    for name in sorted(source.columns):
        digest.update("\n".join([name, *source.columns[name].to_pylist()]).encode())
    return _table(source, "DataFrame", digest.hexdigest(), recipe, reading)


def _table(source: CsvText, name: str, sha256: str, recipe: str, reading: CsvReading) -> FeatureTable:
    if recipe not in RECIPES:
        msg = f"recipe {recipe!r} is not known; there are {', '.join(RECIPES)}"
        raise ConfigError(msg)
    path, features = source.path, list(_FEATURES)
    _check_columns(source, features)
    values = _finite(source, [*features, "length"])
    _check_lengths(source, values["length"])
    rows = name_rows(path, source.texts("filename"), source.texts("label"), reading.rows)
    check_keys(path, rows.frame, source.texts("filename"), source.at)
    signed = _sorted(pd.concat([rows.frame, values[features]], axis=1))
    kaggle = next((name for name, sign in KAGGLE_TEMPI.items() if sign == tempo_signature(signed)), None)
    segment = _segment(path, rows, values["length"], reading, kaggle)
    frame = pd.concat([_keys(rows, values["length"], segment), values[features]], axis=1)
    known = recipe == "kaggle" or (recipe == "auto" and kaggle is not None)
    config = FeatureConfig()
    meta = TableMeta(
        feature_set="kaggle",
        feature_fingerprint=config.fingerprint() if known else f"csv-{sha256[:12]}",
        segment=segment.name,
        dataset=one_line(table_stem(path)),
        origin=f"{name}, {len(frame)} rows, sha256 {sha256[:12]}",
        config=config.to_dict() if known else {},
    )
    return FeatureTable(frame=_sorted(frame), columns=_columns(config), meta=meta)


def write_kaggle_csv(path: Path, table: FeatureTable) -> None:
    """Write a table in Kaggle's format: 60 columns in Kaggle's order, one row per segment.

    float32 values are written with the digits of their float64 equal, as pandas wrote Kaggle's. Rows are
    called as Kaggle's are (``blues.00000.0.wav``, or ``blues.00000.wav`` where each is a track), unless
    `read_kaggle_csv` would take that for other tracks, segments or lengths; then each name says all of it
    (``Song 1.0.2@30s.wav``: segment 2 of "Song 1.0", rows of 30 s). Where a row begins is not in the
    format: it is read back as the rule has it, also of a row whose first samples were lost.

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
    out = pd.DataFrame({"filename": _file_names(table), "length": frame["n_samples"]})
    out = pd.concat([out, frame[names].astype(np.float64)], axis=1)
    out["label"] = frame["genre"]
    with atomic_path(path) as temporary:
        # The csv module quotes no carriage return for the line ends that are written here.
        odd = out[list(_NAMES)].apply(lambda cells: cells.str.contains("\r", regex=False)).any(axis=None)
        out.to_csv(
            temporary,
            index=False,
            lineterminator="\n",
            encoding="utf-8",
            quoting=csv.QUOTE_NONNUMERIC if odd else csv.QUOTE_MINIMAL,
        )


def tempo_signature(frame: pd.DataFrame) -> str:
    """Hash of (track, segment, tempo in BPM to 3 decimals) over all rows, in order.

    librosa's tempo takes few distinct values, which do not depend on rounding: equal signatures mean
    that the same recipe was applied to the same audio.
    """
    rows = zip(frame["track_id"], frame["segment"], frame["tempo"], strict=True)
    text = "\n".join(f"{track} {segment} {tempo:.3f}" for track, segment, tempo in rows)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _file_names(table: FeatureTable) -> pd.Series:
    """Names of the rows: as Kaggle's, if `read_kaggle_csv` reads them as what they are."""
    frame, segment = table.frame, SegmentConfig.parse(table.meta.segment)
    whole = segment.is_track and not frame["track_id"].duplicated().any()
    suffix = "" if whole else "." + frame["segment"].astype(str)
    plain = frame["track_id"] + suffix + ".wav"
    if frame.empty or _reads_back(plain, frame, segment):
        return plain
    rows = zip(frame["track_id"], frame["segment"], strict=True)
    return pd.Series([marked_name(t, s, segment.name) for t, s in rows], index=frame.index, dtype=object)


def _reads_back(names: pd.Series, frame: pd.DataFrame, segment: SegmentConfig) -> bool:
    path = Path("export")
    labels = frame["genre"].astype(object)
    if not all(text.strip() for text in [*names, *labels]):
        return False
    try:
        rows = name_rows(path, names, labels)
        found = row_length(path, rows, frame["n_samples"])
    except TableError:
        return False
    keys = _keys(rows, frame["n_samples"], found)
    same = ["track_id", "genre", "segment", "n_samples"]
    return found == segment and bool((keys[same].to_numpy() == frame[same].to_numpy()).all())


def _columns(config: FeatureConfig) -> tuple[tuple[str, str], ...]:
    return tuple((c.name, c.unit) for c in feature_columns(config))


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(["genre", "track_id", "segment"], kind="stable", ignore_index=True)


def _check_columns(source: CsvText, features: Sequence[str]) -> None:
    wanted = ["filename", "length", "label", *features]
    missing = [name for name in wanted if name not in source.columns]
    if missing:
        reason = (
            f"{len(missing)} of {len(wanted)} columns are missing ({_some(missing)}) in a table with commas, "
            "semicolons, tabs or bars between them. Give a CSV in Kaggle's format, such as features_3_sec.csv"
        )
        raise TableError(source.path, reason)
    if not len(source.lines):
        raise TableError(source.path, "holds no rows")
    for name in _NAMES:
        blank = source.texts(name).str.strip() == ""
        if blank.any():
            where = source.at(int(np.flatnonzero(blank)[0]))
            raise TableError(source.path, f"{where} has no {name}. Complete or remove that {source.unit}")


def _finite(source: CsvText, names: Sequence[str]) -> pd.DataFrame:
    values = numbers(source, names)
    bad = ~np.isfinite(values.to_numpy())
    if bad.any():
        row, column = np.argwhere(bad)[0]
        cell = source.columns[names[column]][int(row)].as_py()
        found = f"{one_line(cell[:40])!r}" if cell.strip() else "an empty cell"
        reason = (
            f"{source.at(row)}, column {names[column]}: {found} is not a finite number "
            f"({int(bad.sum())} such values in all). Correct or remove those {source.unit}s"
        )
        raise TableError(source.path, reason)
    return values


def _check_lengths(source: CsvText, lengths: pd.Series) -> None:
    odd = (lengths < 1) | (lengths != np.round(lengths)) | (lengths > _MOST_SAMPLES)
    if odd.any():
        row = int(np.flatnonzero(odd)[0])
        reason = (
            f"{source.at(row)}, column length: {lengths.iloc[row]:g} is no number of samples, such "
            "as 66149 for 3 s. Correct that column"
        )
        raise TableError(source.path, reason)


def _segment(
    path: Path, rows: NamedRows, lengths: pd.Series, reading: CsvReading, kaggle: str | None
) -> SegmentConfig:
    """Length of the rows: by their names, what is said, Kaggle's own files, or the column ``length``."""
    said = reading.segment
    if rows.segment is not None and said not in (None, rows.segment):
        raise TableError(path, f"its names say rows of {rows.segment.name}. Leave out --segments")
    given = rows.segment or said
    if given is not None:
        return given
    if kaggle:
        return SegmentConfig.parse(kaggle)
    return row_length(path, rows, lengths, sure=reading.rows == "tracks")


def _keys(rows: NamedRows, lengths: pd.Series, segment: SegmentConfig) -> pd.DataFrame:
    # Names that say the rows' length come from a table of ours: its lengths are those of the rows.
    n_samples = lengths.astype(np.int64) if rows.segment else samples(rows, lengths, segment)
    start = rows.frame["segment"] * segment.n_samples(SR) / SR
    return rows.frame.assign(start_s=start, n_samples=n_samples)[list(KEY_NAMES)]


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"
