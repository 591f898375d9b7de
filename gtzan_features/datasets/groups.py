"""What must stay together in a division of tracks, and how much of it each genre has.

Segments of a track belong together, and so do exact copies of it; under some protocols, all tracks of an
artist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gtzan_features.datasets import gtzan
from gtzan_features.datasets.catalogue import artist_of
from gtzan_features.errors import SplitError

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.config import SplitConfig


_GTZAN_ARTIST = gtzan.NAME + " artist {}"
"""Label of an artist of GTZAN by its number in the facts: nobody else calls an artist so."""


def artist_groups(track_ids: pd.Series) -> pd.Series:
    """Return an artist label per track, missing where unknown; facts for GTZAN, folders elsewhere.

    Unknown artists of GTZAN's artist folds are missing; the result has the index of `track_ids`.
    """
    if gtzan.is_gtzan(set(track_ids)):
        groups = gtzan.facts()["artist_group"].reindex(track_ids).astype("object")
        return pd.Series(groups.to_numpy(), index=track_ids.index)
    return track_ids.map(artist_of)


def kept_together(copies: pd.Series, protocol: str) -> pd.Series:
    """Return a label per track that tracks share which a protocol keeps on one side.

    That is the track and its exact duplicates; under `artist` and `fault-filtered`, all tracks of its
    artist, where he is known. The result has the index of `copies`.
    """
    if protocol not in ("artist", "fault-filtered"):
        return copies
    artists = artist_groups(pd.Series(copies.index, index=copies.index))
    artist_name = _GTZAN_ARTIST if gtzan.is_gtzan(set(copies.index)) else "artist {}"
    named = artists.dropna().map(artist_name.format)
    # Copies share the artist of whichever of them has one.
    if named.empty:
        return copies
    labels: pd.Series = copies.map(named.groupby(copies[named.index]).first()).fillna(copies)
    return labels


def inner_groups(rows: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> npt.NDArray[np.int64]:
    """Return a number per row that rows share which a protocol keeps on one side; see `kept_together`.

    Inner folds that keep these whole are like the outer ones.
    """
    of_rows = kept_together(copies, config.protocol).reindex(rows["track_id"]).to_numpy(dtype=str)
    return np.unique(of_rows, return_inverse=True)[1].astype(np.int64)


def gtzan_artist_folds(labels: npt.NDArray[np.str_]) -> npt.NDArray[np.int64] | None:
    """Return the published fold of each label of `kept_together`, from 0; None where they are not GTZAN's.

    Tracks without a known artist, which are labelled by themselves, are in no fold: -1.
    """
    facts = gtzan.facts().dropna(subset="artist_fold")
    pairs = zip(facts["artist_group"], facts["artist_fold"], strict=True)
    folds = {_GTZAN_ARTIST.format(artist): int(fold) - 1 for artist, fold in pairs}
    names = set(labels.tolist())
    if names.isdisjoint(folds) or not names - folds.keys() <= gtzan.track_genres().keys():
        return None
    return np.array([folds.get(label, -1) for label in labels.tolist()], dtype=np.int64)


def small_genres(rows: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> dict[str, int]:
    """Return the genres that ``config.min_tracks`` leaves out, with how many tracks (artists) they have.

    Raises
    ------
    SplitError
        If fewer than two are left.
    """
    units = units_by_genre(rows, track_table(rows), copies, config)
    small = {str(genre): int(n) for genre, n in units.items() if n < config.min_tracks}
    if small and len(units) - len(small) < 2:
        msg = (
            f"--min-tracks {config.min_tracks} leaves {len(units) - len(small)} of {len(units)} genres, and "
            "a classifier needs two at least. Give a smaller number, or add tracks"
        )
        raise SplitError(msg)
    return small


def counted(config: SplitConfig, number: int) -> str:
    """Return so many of what a protocol divides, in words: ``7 tracks``, ``1 artist``."""
    what = {"artist": "artist", "segment": "row"}.get(config.protocol, "track")
    return f"{number} {what}{'' if number == 1 else 's'}"


def track_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``track_id`` and ``genre`` of each track that has a row, sorted by track."""
    return rows[["track_id", "genre"]].drop_duplicates("track_id").sort_values("track_id", ignore_index=True)


def units_by_genre(
    rows: pd.DataFrame, tracks: pd.DataFrame, copies: pd.Series, config: SplitConfig
) -> pd.Series:
    """Return for each genre what a protocol can divide: rows, tracks without their copies, or artists."""
    if config.protocol == "segment":
        counts: pd.Series = rows["genre"].value_counts()
    else:
        unit = copies.reindex(tracks["track_id"]).to_numpy()
        if config.protocol == "artist":
            unit = artist_groups(tracks["track_id"]).to_numpy()
        counts = count_units(tracks["genre"], unit)
    return counts.reindex(sorted(set(tracks["genre"])), fill_value=0)


def count_units(genre: pd.Series, groups: npt.NDArray[np.object_]) -> pd.Series:
    """Return how many different groups each genre has; missing ones are none."""
    counts: pd.Series = pd.Series(groups).groupby(genre.to_numpy()).nunique()
    return counts
