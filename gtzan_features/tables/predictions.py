"""The predictions table: what a run said of each tested row. Every figure of a report comes from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gtzan_features.errors import TableError
from gtzan_features.tables.checked import parse_json
from gtzan_features.tables.feature_tables import read_parquet, write_parquet
from gtzan_features.text import BETWEEN_LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

PROBABILITY = "p_"
ARTIST = "artist"
_STRANGE = "not a predictions table of this program. Fit the model again"
_KEYS = ("track_id", "segment", "fold", "genre")
_THRESHOLDS = b"gtzan_label_thresholds"
"""Of several labels, in the schema's metadata: a list for each fold."""

_TOLERANCE = 1e-3
"""Of the sum of a row: float32 and the writing of other versions are finer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """Predictions of the test rows of every fold.

    Attributes
    ----------
    frame : DataFrame
        ``track_id``, ``segment``, ``fold``, ``genre`` (the true one), ``artist`` where the labels named
        artists, then ``p_GENRE`` for each genre; sorted by track and segment.
    genres : tuple of str
        In the order of the probability columns.
    thresholds : tuple of tuple of float
        Where a track may have several labels: from which probability on each is given, by fold. Empty for
        one genre a track.
    """

    frame: pd.DataFrame
    genres: tuple[str, ...]
    thresholds: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        if not all(self.thresholds):  # a fold of one genre a track has none
            object.__setattr__(self, "thresholds", ())

    @property
    def several(self) -> bool:
        """Whether a track may have several labels, so that rows sum to anything."""
        return bool(self.thresholds)

    @property
    def truth(self) -> npt.NDArray[np.bool_]:
        """Which labels each row has, of shape (n_rows, n_genres)."""
        places = {genre: i for i, genre in enumerate(self.genres)}
        found = np.zeros((len(self.frame), len(places)), dtype=bool)
        for i, cell in enumerate(self.frame["genre"].astype(str)):
            found[i, [places[name] for name in cell.split(BETWEEN_LABELS)]] = True
        return found

    @property
    def row_thresholds(self) -> npt.NDArray[np.float64]:
        """Threshold of each row's fold for each label, of shape (n_rows, n_genres)."""
        of_folds = np.array(self.thresholds, dtype=np.float64)
        return np.asarray(of_folds[self.frame["fold"].to_numpy(dtype=np.int64)])

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """Array of shape (n_rows, n_genres); rows sum to 1, but for several labels."""
        return self.frame[[PROBABILITY + g for g in self.genres]].to_numpy(dtype=np.float64)

    @property
    def y_true(self) -> npt.NDArray[np.int64]:
        """Index of the true genre of each row in `genres`."""
        index = {genre: i for i, genre in enumerate(self.genres)}
        return np.asarray(self.frame["genre"].map(index), dtype=np.int64)

    @property
    def track_index(self) -> npt.NDArray[np.int64]:
        """A number per row that the segments of a track share; ascending with the track identifier."""
        # Of the few names, and not of each row: text of fixed width takes 4 bytes a character.
        places = {track: number for number, track in enumerate(self.tracks)}
        return np.asarray(self.frame["track_id"].map(places), dtype=np.int64)

    @property
    def tracks(self) -> list[str]:
        """Track identifiers, by `track_index`."""
        return sorted(map(str, self.frame["track_id"].unique()))

    @property
    def artists(self) -> dict[str, str] | None:
        """Artist of each track by the labels, empty where unknown; None where the labels name none."""
        if ARTIST not in self.frame:
            return None
        one = self.frame.drop_duplicates("track_id")
        return dict(zip(one["track_id"].astype(str), one[ARTIST].fillna("").astype(str), strict=True))


def predictions_schema(
    genres: Sequence[str], thresholds: tuple[tuple[float, ...], ...] = (), *, artists: bool = False
) -> pa.Schema:
    """Return the Arrow schema of a predictions table."""
    fields = [
        ("track_id", pa.string()),
        ("segment", pa.int32()),
        ("fold", pa.int32()),
        ("genre", pa.string()),
        *((ARTIST, pa.string()) for _ in range(artists)),
        *((PROBABILITY + g, pa.float64()) for g in genres),
    ]
    schema = pa.schema(fields)
    return schema.with_metadata({_THRESHOLDS: json.dumps(thresholds).encode()}) if thresholds else schema


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write the predictions table, whole or not at all."""
    artists = ARTIST in predictions.frame
    schema = predictions_schema(predictions.genres, predictions.thresholds, artists=artists)
    arrays = [pa.array(predictions.frame[f.name].to_numpy(), type=f.type) for f in schema]
    write_parquet(path, pa.Table.from_arrays(arrays, schema=schema))


def read_predictions(path: Path) -> Predictions:
    """Read a predictions table.

    Raises
    ------
    TableError
        If it is missing or damaged, or holds what no fit writes: other columns, no row, a genre without a
        column, a row twice, a track of two genres, or probabilities that are none.
    """
    table = read_parquet(path, "predictions table")
    names = table.schema.names
    genres = tuple(n.removeprefix(PROBABILITY) for n in names if n.startswith(PROBABILITY))
    if any(key not in names for key in _KEYS) or not genres or len(set(names)) < len(names):
        raise TableError(path, _STRANGE)
    try:
        frame = table.to_pandas(ignore_metadata=True)
        thresholds = _thresholds(table.schema.metadata)
        fault = _fault(frame, genres, thresholds)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise TableError(path, _STRANGE) from error
    if fault:
        raise TableError(path, f"{fault}. Fit the model again")
    return Predictions(frame=frame, genres=genres, thresholds=thresholds)


def _thresholds(metadata: dict[bytes, bytes] | None) -> tuple[tuple[float, ...], ...]:
    """Read the thresholds of several labels; ValueError or TypeError where they are none."""
    text = (metadata or {}).get(_THRESHOLDS)
    return () if text is None else tuple(tuple(map(float, one)) for one in parse_json(text))


def _names(cell: object, *, several: bool) -> set[str]:
    return set(str(cell).split(BETWEEN_LABELS)) if several else {str(cell)}


def _fault(frame: pd.DataFrame, genres: tuple[str, ...], thresholds: tuple[tuple[float, ...], ...]) -> str:
    """Say what is wrong with the rows of a predictions table; empty where nothing is."""
    if frame.empty:
        return "holds no row"
    if frame[list(_KEYS)].isna().to_numpy().any():
        return "holds a row without its track, segment, fold or genre"
    several = bool(thresholds)
    if several and (
        any(len(one) != len(genres) for one in thresholds)
        or not frame["fold"].between(0, len(thresholds) - 1).all()
    ):
        return "holds thresholds that do not fit its labels and folds"
    found = {name for cell in set(frame["genre"]) for name in _names(cell, several=several)}
    unknown = sorted(found - set(genres))
    if unknown:
        return f"holds the genre {unknown[0]!r}, for which it has no probabilities"
    twice = frame[frame.duplicated(["track_id", "segment"])]
    if len(twice):
        row = twice.iloc[0]
        return f"holds segment {row['segment']} of {row['track_id']!r} twice"
    of_two = frame.groupby("track_id", sort=False)["genre"].nunique()
    if (of_two > 1).any():
        return f"gives track {of_two.idxmax()!r} more than one genre"
    try:
        values = frame[[PROBABILITY + g for g in genres]].to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        return "holds probabilities that are no numbers"
    if several:
        outside = not np.isfinite(values).all() or (values < 0).any() or (values > 1).any()
        return "holds probabilities that are none: within 0 and 1" if outside else ""
    if (
        not np.isfinite(values).all()
        or (values < 0).any()
        or (np.abs(values.sum(axis=1) - 1) > _TOLERANCE).any()
    ):
        return "holds probabilities that are none: within 0 and 1, and 1 in sum over a row"
    return ""
