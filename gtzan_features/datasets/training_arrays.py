"""From a feature table to what a classifier takes: X, y and groups."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gtzan_features.datasets import gtzan
from gtzan_features.datasets.label_sets import indicator, names_of, rarest

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import numpy.typing as npt

    from gtzan_features.tables.spectrograms import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Rows to learn from.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_features)
        Features, finite; or the levels of a spectrogram in dB, frame after frame.
    y : ndarray of shape (n_rows,)
        Index of each row's genre in `genres`; of several labels, of the rarest.
    genres : tuple of str
        In alphabetical order; with an empty one where rows have none.
    rows : DataFrame
        The key columns of the table: also artist, group and split, where it has them.
    copies : Series
        For each track identifier, a label that exact duplicates share.
    shape : tuple of int, optional
        Frames and bands of a row where rows are spectrograms.
    labels : ndarray of bool of shape (n_rows, n_genres), optional
        Which of the genres each row has, where a track may have several.
    """

    X: npt.NDArray[Any]
    y: npt.NDArray[np.int64]
    genres: tuple[str, ...]
    rows: pd.DataFrame
    copies: pd.Series
    shape: tuple[int, int] | None = None
    labels: npt.NDArray[np.bool_] | None = None

    @property
    def several(self) -> bool:
        """Whether a track may have several labels."""
        return self.labels is not None

    def groups(self) -> npt.NDArray[np.int64]:
        """Return a number per row that all segments of a track and of its duplicates share."""
        labels = self.copies.reindex(self.rows["track_id"]).to_numpy(dtype=str)
        return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def load_dataset(table: Table) -> Dataset:
    """Turn a table into arrays; rows keep their order."""
    rows = table.frame[table.key_names].reset_index(drop=True)
    X = table.values()
    return Dataset(
        X=X,
        **answers(rows, several=table.meta.several_labels),
        rows=rows,
        copies=duplicate_labels(rows, X),
        shape=getattr(table, "shape", None),
    )


def answers(rows: pd.DataFrame, *, several: bool) -> dict[str, Any]:
    """Return `Dataset.y`, `Dataset.genres` and `Dataset.labels` of rows; without labels, a genre is "".

    Parameters
    ----------
    rows : DataFrame
        With ``track_id`` and ``genre``.
    several : bool
        Whether ``genre`` holds several names with semicolons between.
    """
    cells = rows["genre"].to_numpy(dtype=str)
    if not several:
        genres, y = np.unique(cells, return_inverse=True)
        return {"y": y.astype(np.int64), "genres": tuple(str(g) for g in genres), "labels": None}
    names = tuple(sorted(names_of(cells)))
    of_tracks = rows.drop_duplicates("track_id").set_index("track_id")["genre"]
    places = {name: i for i, name in enumerate(names)}
    first = rarest(of_tracks).map(lambda name: places.get(name, 0)).reindex(rows["track_id"])
    return {"y": first.to_numpy(dtype=np.int64), "genres": names, "labels": indicator(cells, names)}


def duplicate_labels(rows: pd.DataFrame, X: npt.NDArray[Any]) -> pd.Series:
    """Label each track so that exact duplicates share a label.

    Two tracks are duplicates where all their features are equal, or where GTZAN's facts say so (a
    re-encoded copy of GTZAN hides the equality of its audio).

    Returns
    -------
    Series
        Indexed by track identifier, sorted.
    """
    by_track = rows.groupby("track_id", sort=True).indices
    labels = {
        str(track): hashlib.sha256(np.ascontiguousarray(X[np.sort(at)]).tobytes()).hexdigest()[:16]
        for track, at in by_track.items()
    }
    return copies_by_content(labels)


def copies_by_content(content: Mapping[str, Hashable]) -> pd.Series:
    """Label each track so that those of one content share a label; see `duplicate_labels`.

    Parameters
    ----------
    content : mapping
        For each track identifier, what is equal where the rows of tracks are.
    """
    labels: dict[str, Hashable] = dict(content)
    if gtzan.is_gtzan(set(labels)):
        duplicate_of = gtzan.facts()["duplicate_of"].dropna()
        for track, original in zip(duplicate_of.index, duplicate_of, strict=True):
            if track in labels:
                labels[track] = labels.get(original, f"copy of {original}")
    # Named by their first track, so that a split is the same for every segment length and feature set.
    first: dict[Hashable, str] = {}
    for track in sorted(labels):
        first.setdefault(labels[track], track)
    tracks = sorted(labels)
    return pd.Series([first[labels[track]] for track in tracks], index=tracks, name="copies")
