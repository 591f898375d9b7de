"""What must stay together in a division of tracks, and how much of it each genre has.

Segments of a track belong together, and so do exact copies of it; under some protocols, all tracks of an
artist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gtzan_features.datasets import gtzan
from gtzan_features.datasets.catalogue import artist_of
from gtzan_features.errors import SplitError
from gtzan_features.tables.schema import GIVEN_NAMES

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.config import SplitConfig


_GTZAN_ARTIST = gtzan.NAME + " artist {}"
"""Label of an artist of GTZAN by its number in the facts: nobody else calls an artist so."""


def are_gtzans(tracks: pd.DataFrame) -> bool:
    """Whether the artists of tracks are those of GTZAN's facts: its tracks, whose labels name no artist."""
    return gtzan.is_gtzan(set(tracks["track_id"])) and not (
        "artist" in tracks and (tracks["artist"] != "").any()
    )


def artist_groups(tracks: pd.DataFrame) -> pd.Series:
    """Return the artist of each track (or row), missing where unknown.

    The column ``artist`` says it where labels named artists; else facts for GTZAN, where unknown artists of
    its artist folds are missing. Folders are asked where there is no such column.

    Parameters
    ----------
    tracks : DataFrame
        ``track_id``, and ``artist`` where the table has it.

    Returns
    -------
    Series
        With the index of `tracks`.
    """
    if are_gtzans(tracks):
        groups = gtzan.facts()["artist_group"].reindex(tracks["track_id"]).astype("object")
        return pd.Series(groups.to_numpy(), index=tracks.index)
    if "artist" in tracks:
        return tracks["artist"].astype(object).where(tracks["artist"] != "", None)
    ids = tracks["track_id"]  # rows will do: each track is asked once
    return ids.map({track: artist_of(track) for track in ids.unique()})


def has_groups(tracks: pd.DataFrame) -> bool:
    """Whether labels name groups of tracks, or rows, that stay together."""
    return "group" in tracks and bool((tracks["group"] != "").any())


def artists_together(tracks: pd.DataFrame) -> pd.Series:
    """Return the artist of each track, missing where unknown; artists who share a group are one.

    The result has the index of `tracks`, which has a row per track.
    """
    artists = artist_groups(tracks)
    if not has_groups(tracks):
        return artists
    known = artists.notna()
    groups = tracks["group"].where(tracks["group"] != "", None)
    return _joined(artists[known].astype(str), groups[known]).reindex(tracks.index)


def with_groups(tracks: pd.DataFrame, copies: pd.Series) -> pd.Series:
    """Return `copies`, in which tracks of one ``group`` of the labels have one label, too.

    Groups that share a track, or copies of one, are one group.

    Parameters
    ----------
    tracks : DataFrame
        ``track_id``, and ``group`` where the table has it; rows will do.
    copies : Series
        For each track identifier (the index), a label that exact duplicates share.
    """
    if not has_groups(tracks):
        return copies
    groups = (
        tracks.drop_duplicates("track_id").set_index("track_id")["group"].reindex(copies.index).fillna("")
    )
    return _joined(copies, groups.where(groups != "", None))


def _joined(labels: pd.Series, others: pd.Series) -> pd.Series:
    """Give one label, the first of theirs, to tracks that share a label of either kind, or through others.

    A missing label in `others` is shared with nobody.
    """
    _, own = np.unique(labels.to_numpy(dtype=str), return_inverse=True)
    codes, _ = pd.factorize(others)
    named = np.flatnonzero(codes >= 0)
    n_own = int(own.max(initial=-1)) + 1
    size = n_own + int(codes.max(initial=-1)) + 1
    links = coo_array((np.ones(named.size), (own[named], n_own + codes[named])), shape=(size, size))
    _, component = connected_components(links, directed=False)
    first = pd.Series(labels.to_numpy()).groupby(component[own]).transform("first")
    return pd.Series(first.to_numpy(), index=labels.index, name=labels.name)


def kept_together(tracks: pd.DataFrame, copies: pd.Series, protocol: str) -> pd.Series:
    """Return a label per track that tracks share which a protocol keeps on one side.

    That is the track, its exact duplicates and its group, where the labels name one; under `artist` and
    `fault-filtered`, all tracks of its artist, where he is known.

    Parameters
    ----------
    tracks : DataFrame
        ``track_id``, ``artist`` and ``group`` where the table has them; rows will do.
    copies : Series
        For each track identifier (the index), a label that exact duplicates share.

    Returns
    -------
    Series
        With the index of `copies`.
    """
    together = with_groups(tracks, copies)
    if protocol not in ("artist", "fault-filtered"):
        return together
    known = track_table(tracks).set_index("track_id").reindex(copies.index).fillna("")
    known = known.assign(track_id=known.index)
    artists = artist_groups(known)
    artist_name = _GTZAN_ARTIST if are_gtzans(known) else "artist {}"
    named = artists.dropna().map(artist_name.format)
    # Copies share the artist of whichever of them has one.
    if named.empty:
        return together
    if together is not copies:
        return _joined(together, named.reindex(together.index))
    labels: pd.Series = copies.map(named.groupby(copies[named.index]).first()).fillna(copies)
    return labels


def inner_groups(rows: pd.DataFrame, copies: pd.Series, config: SplitConfig) -> npt.NDArray[np.int64]:
    """Return a number per row that rows share which a protocol keeps on one side; see `kept_together`.

    Inner folds that keep these whole are like the outer ones.
    """
    labels = kept_together(rows, copies, config.protocol)
    of_rows = labels.reindex(rows["track_id"]).to_numpy(dtype=str)
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
    return too_few(units, config, "genres, and a classifier needs two at least")


def too_few(units: pd.Series, config: SplitConfig, needed: str) -> dict[str, int]:
    """Return what has fewer than ``config.min_tracks`` units, with how many.

    Raises
    ------
    SplitError
        If fewer than two are left; it says what is `needed`.
    """
    small = {str(name): int(n) for name, n in units.items() if n < config.min_tracks}
    if small and len(units) - len(small) < 2:
        msg = (
            f"--min-tracks {config.min_tracks} leaves {len(units) - len(small)} of {len(units)} {needed}. "
            "Give a smaller number, or add tracks"
        )
        raise SplitError(msg)
    return small


def counted(config: SplitConfig, number: int, tracks: pd.DataFrame | None = None) -> str:
    """Return so many of what a protocol divides, in words: ``7 tracks``, ``1 artist``, ``3 groups``."""
    of_tracks = "group" if tracks is not None and has_groups(tracks) else "track"
    what = {"artist": "artist", "segment": "row"}.get(config.protocol, of_tracks)
    return f"{number} {what}{'' if number == 1 else 's'}"


def track_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return identifier, genre and what labels gave of each track that has a row, sorted by track."""
    names = [name for name in ("track_id", "genre", *GIVEN_NAMES) if name in rows]
    return rows[names].drop_duplicates("track_id").sort_values("track_id", ignore_index=True)


def units_by_genre(
    rows: pd.DataFrame, tracks: pd.DataFrame, copies: pd.Series, config: SplitConfig
) -> pd.Series:
    """Return for each genre what a protocol can divide: rows, tracks without their copies, or artists."""
    if config.protocol == "segment":
        counts: pd.Series = rows["genre"].value_counts()
    else:
        unit = with_groups(tracks, copies).reindex(tracks["track_id"]).to_numpy()
        if config.protocol == "artist":
            unit = artists_together(tracks).to_numpy()
        counts = count_units(tracks["genre"], unit)
    return counts.reindex(sorted(set(tracks["genre"])), fill_value=0)


def count_units(genre: pd.Series, groups: npt.NDArray[np.object_]) -> pd.Series:
    """Return how many different groups each genre has; missing ones are none."""
    counts: pd.Series = pd.Series(groups).groupby(genre.to_numpy()).nunique()
    return counts
