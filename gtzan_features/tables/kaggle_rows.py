"""Which track and which segment a row of a Kaggle CSV is: by its name and its neighbours' names.

The column ``length`` is never asked what a row is: people fill it with the track's length, and count it
at other sampling rates. Names that leave two readings are refused, for one of them would put segments
of a track on both sides of a split.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gtzan_features.audio.formats import AUDIO_SUFFIXES
from gtzan_features.config import SegmentConfig
from gtzan_features.errors import ConfigError, TableError
from gtzan_features.text import composed, one_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READINGS = ("auto", "segments", "tracks")
"""What the rows of a CSV may be said to be."""

SAY_ROWS = "Say which: --rows segments, or --rows tracks"

_PICTURES = (".png", ".jpg", ".npy")  # of tracks, whose names some tables have
_SUFFIX = re.compile("(?:" + "|".join(map(re.escape, AUDIO_SUFFIXES + _PICTURES)) + ")$", re.IGNORECASE)
_GTZAN = r"[A-Za-z_-]+\.\d{5}"
_GTZAN_TRACK = re.compile(_GTZAN)
_SEGMENT = re.compile(r"(?P<track>.*[^/])\.(?P<number>0|[1-9]\d{0,3})")
_ANY_NUMBER = re.compile(
    r"(?P<track>.+?)[._\-\s#(\[]+(?:seg|segment|part|chunk|clip|slice|split)?[._\-\s]*"
    r"(?P<number>\d{1,6})[)\]]?",
    re.IGNORECASE,
)
_MARKED = re.compile(r"(?P<track>.*)\.(?P<number>\d+)@(?P<length>[\d.]+s)\.wav", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvReading:
    """What the user says of a CSV that its content does not show.

    Attributes
    ----------
    rows : {"auto", "segments", "tracks"}
        Whether a row is a segment, whose number ends its name, or a track.
    segment : SegmentConfig or None
        Length of the rows; by the column ``length`` where it is not given.
    encoding : str or None
        Encoding of the text.
    """

    rows: str = "auto"
    segment: SegmentConfig | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        if self.rows not in READINGS:
            msg = f"rows {self.rows!r} are not known; there are {', '.join(READINGS)}"
            raise ConfigError(msg)


NOTHING_SAID = CsvReading()
"""All is found out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRows:
    """What the names of rows say.

    Attributes
    ----------
    frame : DataFrame
        ``track_id``, ``genre`` and ``segment`` of each row, in the CSV's order.
    are_tracks : bool
        Whether each row is a whole track, and its name has no number of a segment.
    segment : SegmentConfig or None
        The rows' length, where the names say it.
    """

    frame: pd.DataFrame
    are_tracks: bool
    segment: SegmentConfig | None = None

    @property
    def are_gtzan(self) -> bool:
        """Whether every track is called as GTZAN calls its tracks of 30 s: blues.00000."""
        return all(_GTZAN_TRACK.fullmatch(track) for track in self.frame["track_id"].unique())


def marked_name(track: str, number: int, segment: str) -> str:
    """Return a name that says all of a row: for tables whose plain names would be read as something else.

    Examples
    --------
    >>> marked_name("blues/Song 1.0", 2, "30s")
    'blues/Song 1.0.2@30s.wav'
    """
    return f"{track}.{number}@{segment}.wav"


def name_rows(path: Path, names: pd.Series, labels: pd.Series, rows: str = "auto") -> NamedRows:
    """Say which track, genre and segment each row is.

    Parameters
    ----------
    path : Path
        For messages.
    names, labels : Series of str
        The columns ``filename`` and ``label``; of a path in front of a name, what precedes the genre's
        folder does not count, and all of it not before names as GTZAN's (``blues.00000``).
    rows : {"auto", "segments", "tracks"}
        As in `CsvReading`. Where it is "segments" and names repeat, they are of tracks, whose rows are
        numbered in their order.

    Raises
    ------
    TableError
        If the names leave two readings, or one names no segment where others do.
    """
    marked = _marked_rows(names, labels)
    if marked is not None:
        return marked
    # As in tables of audio: NFC, so that a genre written in two ways is one.
    labels = labels.str.strip().map(composed)
    ids = pd.Series(
        [track_name(n, g) for n, g in zip(names.map(composed), labels, strict=True)],
        index=names.index,
        dtype=object,
    )
    if rows == "segments" and ids.duplicated(keep=False).mean() > 0.5:
        # Names of tracks, once for each segment: in their order.
        frame = pd.DataFrame({"track_id": ids, "genre": labels, "segment": ids.groupby(ids).cumcount()})
        return NamedRows(frame=frame, are_tracks=False)
    if rows == "tracks" or (rows == "auto" and _are_tracks(path, ids, labels)):
        frame = pd.DataFrame({"track_id": ids, "genre": labels, "segment": 0})
        return NamedRows(frame=frame, are_tracks=True)
    parts = _split(ids, _SEGMENT if rows == "auto" else _ANY_NUMBER)
    unnumbered = parts["number"].isna()
    if unnumbered.any():
        name = one_line(str(names[unnumbered].iloc[0]))
        raise TableError(path, f"{name!r} names no segment; expected a name such as blues.00000.0.wav")
    frame = pd.DataFrame(
        {"track_id": parts["track"], "genre": labels, "segment": parts["number"].astype(int)}
    )
    return NamedRows(frame=frame, are_tracks=False)


def _marked_rows(names: pd.Series, labels: pd.Series) -> NamedRows | None:
    found = [_MARKED.fullmatch(name) for name in names]
    whole = [match for match in found if match is not None]
    if len(whole) < len(found) or len({match["length"] for match in whole}) != 1:
        return None
    try:
        segment = SegmentConfig.parse(whole[0]["length"])
    except ConfigError:
        return None
    frame = pd.DataFrame(
        {
            "track_id": [match["track"] for match in whole],
            "genre": labels,
            "segment": [int(match["number"]) for match in whole],
        },
        index=names.index,
    )
    return NamedRows(frame=frame, are_tracks=False, segment=segment)


def track_name(name: str, genre: str) -> str:
    """Return a file's name as the catalogue of a folder would call its track, segments unchanged."""
    stem = _SUFFIX.sub("", name.strip().replace("\\", "/"))
    folders = [part for part in stem.split("/") if part not in ("", ".")]
    if not folders:
        return stem
    last = folders.pop()
    if re.fullmatch(_GTZAN + r"(?:\.\d+)?", last) or last.startswith(f"{genre}."):
        return last
    if genre in folders and folders[0] != genre:
        # The last folder of that name: the folders above the genre say where the data were.
        folders = folders[len(folders) - 1 - folders[::-1].index(genre) :]
    return "/".join([*folders, last])


def _split(ids: pd.Series, pattern: re.Pattern[str]) -> pd.DataFrame:
    found = [None if _GTZAN_TRACK.fullmatch(i) else pattern.fullmatch(i) for i in ids]
    parts = [(None, None) if m is None else (m["track"], m["number"]) for m in found]
    return pd.DataFrame(parts, columns=["track", "number"], index=ids.index, dtype=object)


def _are_tracks(path: Path, ids: pd.Series, labels: pd.Series) -> bool:
    """Whether the names are of tracks and not of segments; TableError where they may be either."""
    parts = _split(ids, _SEGMENT)
    named = parts.dropna()
    if len(named) < len(ids):
        # Some have no number. Where others number the rows of one track, that one is a slip.
        if named["track"].duplicated().any():
            return False
        _refuse_hidden_segments(path, ids, labels)
        return True
    if all(_GTZAN_TRACK.fullmatch(track) for track in named["track"]):
        return False
    of_genres = named["track"].nunique() <= labels.nunique()
    if of_genres or _counted_rows(named) <= len(ids) / 2:
        reason = f"names such as {one_line(ids.iloc[0])!r} may be of tracks or of segments. {SAY_ROWS}"
        raise TableError(path, reason)
    return False


def _counted_rows(parts: pd.DataFrame) -> int:
    """Rows of tracks with several rows whose numbers are 0, 1, 2, ... without a gap, or 1, 2, 3, ..."""
    by_track = parts["number"].astype(int).groupby(parts["track"])
    first, last, count, kinds = by_track.min(), by_track.max(), by_track.size(), by_track.nunique()
    whole = (count > 1) & (kinds == count) & (last - first + 1 == count) & (first <= 1)
    return int(count[whole].sum())


def _refuse_hidden_segments(path: Path, ids: pd.Series, labels: pd.Series) -> None:
    """Refuse names that number segments in a way of their own: song_0, song_1; blues.00000-part3."""
    ids = ids.drop_duplicates()  # a name that occurs twice is another fault
    inside = ids.str.extract(rf"(?:^|/|[^A-Za-z])({_GTZAN})(?!\d)")[0]
    shared = inside.notna() & inside.duplicated(keep=False)
    parts = _split(ids, _ANY_NUMBER).dropna()
    several = parts["track"].nunique() > labels.nunique()
    if shared.any():
        odd = ids[shared].iloc[0]
    elif several and _counted_rows(parts) > len(ids) / 2:
        odd = ids[parts.index].iloc[0]
    else:
        return
    reason = f"names such as {one_line(odd)!r} may be of tracks or of segments. {SAY_ROWS}"
    raise TableError(path, reason)


def check_keys(path: Path, rows: pd.DataFrame, names: pd.Series, where: Callable[[int], str]) -> None:
    """Refuse a segment that is named twice, and a track of two genres; `where` names the place of a row.

    Raises
    ------
    TableError
        With the rows' places.
    """
    rows = rows.reset_index(drop=True)
    twice = rows.duplicated(["track_id", "segment"])
    if twice.any():
        at = int(np.flatnonzero(twice)[0])
        same = (rows["track_id"] == rows["track_id"][at]) & (rows["segment"] == rows["segment"][at])
        first = int(np.flatnonzero(same)[0])
        name = one_line(str(names.iloc[at]))
        unit = where(at).partition(" ")[0]
        both = f"{unit}s {where(first).partition(' ')[2]} and {where(at).partition(' ')[2]}"
        reason = f"{name!r} is in it more than once ({both}). Remove the repeated {unit}s"
        if rows.duplicated(["track_id", "segment"], keep=False).mean() > 0.5:
            reason += ", or, if they are segments of a track in their order, say --rows segments"
        raise TableError(path, reason)
    first_genre = rows.groupby("track_id")["genre"].transform("first")
    other = rows["genre"] != first_genre
    if other.any():
        at = int(np.flatnonzero(other)[0])
        first = int(np.flatnonzero(rows["track_id"] == rows["track_id"][at])[0])
        reason = (
            f"{where(at)} labels {one_line(str(names.iloc[at]))!r} {one_line(rows['genre'][at])!r}, but "
            f"{where(first)} labels the same track {one_line(first_genre[at])!r}. Correct one of them"
        )
        raise TableError(path, reason)
