"""Tables of rows as Python has them: arrays, groups and a frame; extracted from music, or read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gtzan_features.api import html
from gtzan_features.api.given import place
from gtzan_features.api.words import speaks_python
from gtzan_features.datasets.groups import artist_groups, kept_together, track_table, with_groups
from gtzan_features.datasets.label_sets import indicator
from gtzan_features.errors import ConfigError, TableError
from gtzan_features.tables.spectrograms import SpectrogramTable
from gtzan_features.training.load_rows import write_fittable

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import numpy.typing as npt

    from gtzan_features.tables.schema import TableMeta
    from gtzan_features.training.load_rows import Fittable


@dataclass(frozen=True, repr=False, eq=False)
class Table:
    """A table with what honest learning needs: features, genres, and which rows belong together.

    Made by `extract` and `read_table`. ``len(table)`` is the number of rows.

    Attributes
    ----------
    opened : Fittable
        What the functions that train take: the table as the steps below have it.
    X : ndarray of shape (n_rows, n_columns)
        Features, finite; levels in dB, frame after frame, where rows are spectrograms.
    y : ndarray of str, shape (n_rows,)
        Genre of each row; empty where it has none. Where a track may have several labels, a frame of bool
        with a column per label, as scikit-learn takes them.
    groups : ndarray of str, shape (n_rows,)
        Track of each row. Exact copies of a track carry its name: on two sides of a split they would tell
        the answer. So do tracks of its group, where the labels name groups.
    artists : ndarray of str, shape (n_rows,)
        Artist of each row, by the labels, GTZAN's facts or folders (``genre/artist/track.wav``); the track
        where that is not known.
    frame : DataFrame
        Key columns ``track_id``, ``genre``, ``segment``, ``start_s`` (s) and ``n_samples``, and ``artist``,
        ``group`` and ``split`` where the labels gave them, then one column per feature. A copy that is yours;
        `read_table` takes it back.
    columns : tuple of str
        Names of the features; of the bands, where rows are spectrograms.
    meta : TableMeta
        Feature set, row length, data set, origin and versions.
    tracks : DataFrame
        One row per track: genre, artist and number of rows, indexed by ``track_id``.

    Examples
    --------
    >>> import pandas as pd
    >>> import gtzan_features as gf
    >>> frame = pd.DataFrame(
    ...     {
    ...         "track_id": ["a", "a", "b", "b"],
    ...         "genre": ["rock", "rock", "jazz", "jazz"],
    ...         "tempo": [120.0, 121.0, 88.0, 90.0],
    ...     }
    ... )
    >>> table = gf.read_table(frame, segments="3s")
    >>> table
    Table(DataFrame: 4 rows of 3s, 1 column (own), 2 tracks, 2 genres)
    >>> table.X.shape, table.y.tolist(), table.groups.tolist()
    ((4, 1), ['rock', 'rock', 'jazz', 'jazz'], ['a', 'a', 'b', 'b'])
    >>> table.take(table.X[:, 0] > 100).tracks
             genre artist  rows
    track_id
    a         rock      a     2
    """

    opened: Fittable

    @property
    def X(self) -> npt.NDArray[Any]:  # noqa: N802 - scikit-learn's word
        """Features of each row."""
        return self.opened.data.X

    @cached_property
    def y(self) -> npt.NDArray[np.str_] | Any:  # noqa: ANN401 - one genre a row is what most tables hold
        """Genre of each row; of several labels a frame of bool with a column per label."""
        data = self.opened.data
        if data.labels is not None:
            return pd.DataFrame(data.labels, columns=list(data.genres))
        return data.rows["genre"].to_numpy(dtype=str)

    @cached_property
    def groups(self) -> npt.NDArray[np.str_]:
        """Track of each row; copies carry the name of the first."""
        return self._of_rows(with_groups(self.opened.data.rows, self.opened.data.copies))

    @cached_property
    def artists(self) -> npt.NDArray[np.str_]:
        """Artist of each row; the track where that is not known."""
        rows = self.opened.data.rows
        labels = kept_together(rows, self.opened.data.copies, "artist")
        if "artist" in rows:  # a path would be read as genre, artist and track
            labels = labels.str.replace("/", "|")
        return self._of_rows(labels)

    @property
    def frame(self) -> pd.DataFrame:
        """Key columns, then one column per feature; a copy."""
        return self.opened.table.frame.copy()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the features."""
        return tuple(self.opened.table.feature_names)

    @property
    def meta(self) -> TableMeta:
        """What the table says of itself."""
        return self.opened.table.meta

    @property
    def tracks(self) -> pd.DataFrame:
        """One row per track: genre, artist and number of rows."""
        rows = self.opened.data.rows.assign(artist=self.artists)
        found = rows.groupby("track_id", sort=False).agg(
            genre=("genre", "first"), artist=("artist", "first"), rows=("genre", "size")
        )
        return pd.DataFrame(found)

    @speaks_python
    def take(self, rows: npt.ArrayLike) -> Table:
        """Return a table of some rows.

        Parameters
        ----------
        rows : array_like of bool, shape (n_rows,), or of int
            Which rows to keep, or their positions.

        Raises
        ------
        TableError
            If no row is left, a mask has another length, or a position is none of the table's.
        """
        chosen = np.asarray(rows)
        place = self.opened.place
        if chosen.dtype == bool:
            if chosen.shape != (len(self),):
                raise TableError(place, f"a mask of shape {chosen.shape} for {len(self)} rows")
            chosen = np.flatnonzero(chosen)
        elif chosen.ndim != 1 or (chosen.size and chosen.dtype.kind not in "iu"):
            raise TableError(place, "rows are taken by a mask of bool, or by their positions")
        if not chosen.size:
            raise TableError(place, "no row is left")
        if chosen.min() < -len(self) or chosen.max() >= len(self):
            raise TableError(place, f"has rows 0 to {len(self) - 1}, and {chosen.max()} is none of them")
        at = np.arange(len(self))[chosen]
        if np.unique(at).size < at.size:
            raise TableError(place, "a row is asked for twice: it could stand on both sides of a split")
        return Table(self.opened.take(at))

    @speaks_python
    def of_genres(self, *genres: str) -> Table:
        """Return a table of the rows of some genres; of several labels, the others are taken from its tracks.

        Raises
        ------
        TableError
            If the table has no such genre.
        """
        known = self.opened.data.genres
        unknown = [genre for genre in genres if genre not in known]
        if unknown or not genres:
            reason = f"no genre {unknown[0]!r}" if unknown else "no genre was named"
            raise TableError(self.opened.place, f"{reason}; there are {', '.join(known)}")
        if self.opened.data.several:
            some = self.opened.of_genres(genres)
            return Table(some.take(np.arange(len(some.data.y))))
        return self.take(np.isin(self.opened.data.rows["genre"].to_numpy(dtype=str), genres))

    @speaks_python
    def select(self, families: str | Sequence[str]) -> Table:
        """Return a table of some families of the columns.

        Parameters
        ----------
        families : str or sequence of str
            Families to keep, ``"timbre,tonal"``, or to leave out, ``"-rhythm"``; `describe` lists them.

        Raises
        ------
        TableError
            If the recipe of the columns is not known.
        ConfigError
            If there is no such family.
        """
        words = families if isinstance(families, str) else ",".join(families)
        return Table(self.opened.of_families(f"{self.meta.feature_set.partition(':')[0]}:{words}"))

    @speaks_python
    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write the table to a file that `read_table`, pandas and polars read, whole or not at all.

        Raises
        ------
        TableError
            If rows have longer ones beside them (``3s+30s``), which no file holds.
        """
        write_fittable(place(path), self.opened)

    def __len__(self) -> int:
        return len(self.opened.data.y)

    def __repr__(self) -> str:
        kind = "band" if isinstance(self.opened.table, SpectrogramTable) else "column"
        tracks = self.opened.data.rows["track_id"].nunique()
        parts = [
            f"{_count(len(self), 'row')} of {self.meta.segment}",
            f"{_count(len(self.columns), kind)} ({self.meta.preset})",
            _count(tracks, "track"),
            _count(
                len(set(self.opened.data.genres) - {""}), "label" if self.opened.data.several else "genre"
            ),
        ]
        return f"Table({self.meta.dataset}: {', '.join(parts)})"

    def _repr_html_(self) -> str:
        """Return the table for a notebook: what it is, and tracks, known artists and rows of each genre."""
        tracks = self.tracks
        tracks["known"] = artist_groups(track_table(self.opened.data.rows).set_index("track_id", drop=False))
        of_genres = tracks.groupby("genre", sort=True).agg(
            tracks=("rows", "size"), artists=("known", "nunique"), rows=("rows", "sum")
        )
        of_genres = of_genres.reset_index()
        if self.opened.data.several:
            of_genres = _of_labels(tracks, self.opened.data.genres)
        families = pd.Series(self.opened.families, dtype=object).value_counts(sort=False)
        kept = self.meta.origin if self.opened.path is None else self.opened.path
        return html.card(
            self.meta.dataset,
            html.key_values(
                [
                    ("rows", f"{len(self)} of {self.meta.segment}"),
                    ("tracks", len(tracks)),
                    ("columns", f"{len(self.columns)} ({self.meta.preset})"),
                    ("from", kept),
                ]
            ),
            html.table(
                ("label" if self.opened.data.several else "genre", "tracks", "known artists", "rows"),
                of_genres.itertuples(index=False),
            ),
            html.details("columns by family", html.key_values(families.items())) if len(families) else "",
            notes=["synthetic music: no figure on it says anything about real music"] * self.meta.synthetic,
        )

    def _of_rows(self, of_tracks: pd.Series) -> npt.NDArray[np.str_]:
        return of_tracks.reindex(self.opened.data.rows["track_id"]).to_numpy(dtype=str)


def _of_labels(tracks: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Return tracks, known artists and rows of each of several labels."""
    has = indicator(tracks["genre"].to_numpy(dtype=str), labels)
    found = [
        (label, len(own), own["known"].nunique(), own["rows"].sum())
        for label, own in ((label, tracks[has[:, i]]) for i, label in enumerate(labels))
    ]
    return pd.DataFrame(found)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def check_table(table: object) -> None:
    """Refuse what is no `Table`, before an attribute of it is missed."""
    if not isinstance(table, Table):
        msg = f"{type(table).__name__} is no table: give what gf.extract or gf.read_table returns"
        raise ConfigError(msg)
