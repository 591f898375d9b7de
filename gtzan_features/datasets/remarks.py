"""What is worth saying of a folder of music before anything is computed of it, a line each."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from gtzan_features.datasets import gtzan
from gtzan_features.datasets.catalogue import artist_of
from gtzan_features.datasets.layout import listed, needs_ffmpeg
from gtzan_features.datasets.names import genre_name, label
from gtzan_features.datasets.tree_remarks import tree_remarks
from gtzan_features.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gtzan_features.datasets.tracks import Catalogue

_GENRES_SHOWN = 12
_SCARCE = 2  # tracks: with so few, a folder is rather an artist's or an album's
_SCARCE_SHARE = 0.8
_MANY, _FEW_ALBUMS = 5, 4
"""So many genres, most of them of so few folders of numbered tracks, are rather artists."""
_NUMBERED = re.compile(r"(\d[-.])?\d{1,3}\b[\s._-]*\D")
_NAMES_SHOWN = 3


def catalogue_text(catalogue: Catalogue) -> str:
    """Say how a folder of music was read: genres, files, and where artists are known from.

    That is ``2 genres, 110 files, 31 artists from folders: blues 100, rock 10``.
    """
    labels, counts = catalogue.labels, catalogue.counts()
    by = f" from {labels.genres_from}" if labels.genres_from not in ("", "folders") else ""
    several = sum(len(catalogue.genres_of(track)) > 1 for track in catalogue.tracks)
    more = f", {several} of several genres" if several else ""
    more += f", {catalogue.n_unlabelled} without a genre" if catalogue.n_unlabelled and counts else ""
    n_artists, source = _artists(catalogue)
    artists = (
        f"{n_artists} artist{'s' * (n_artists != 1)} from {source}" if n_artists else "artists not known"
    )
    shown = ", ".join(f"{genre} {count}" for genre, count in list(counts.items())[:_GENRES_SHOWN])
    rest = f" and {len(counts) - _GENRES_SHOWN} more" if len(counts) > _GENRES_SHOWN else ""
    genres = f"{len(counts)} genre{'s' * (len(counts) != 1)}{by}" if counts else "no genres"
    files = f"{len(catalogue.tracks)} file{'s' * (len(catalogue.tracks) != 1)}"
    return f"{genres}, {files}{more}, {artists}{': ' * bool(shown)}{shown}{rest}"


def _artists(catalogue: Catalogue) -> tuple[int, str]:
    """Return how many artists are known, and from where."""
    named = {track.artist for track in catalogue.tracks if track.artist}
    if named:
        return len(named), catalogue.labels.artists_from
    ids = {track.track_id for track in catalogue.tracks}
    if gtzan.is_gtzan(ids):
        groups = gtzan.artist_groups()
        return len({groups[name] for name in ids} - {""}), "GTZAN's facts"
    if catalogue.keys:  # these say that nobody is known
        return 0, ""
    return len({artist_of(name) for name in ids} - {None}), "folders"


def remarks(catalogue: Catalogue) -> tuple[str, ...]:
    """Return what was passed over and what looks odd, each in a line that is fit for a terminal."""
    lines = [*tree_remarks(catalogue.tree), *_left_out(catalogue), *_odd_names(catalogue)]
    lines += [*catalogue.labels.notes, *_unfit(catalogue), *_people(catalogue)]
    counts = catalogue.counts()
    in_folders = catalogue.labels.genres_from == "folders"
    if len(counts) == 1 and in_folders and all(track.path.count("/") > 1 for track in catalogue.tracks):
        lines.append(
            f"All tracks are of the one genre {next(iter(counts))}, in folders of its own. If those are "
            f"the genres, give {label(str(catalogue.root / catalogue.tracks[0].path.partition('/')[0]))}."
        )
    return tuple(lines)


_UNFIT = {
    "missing": "rows that name no file here",
    "ambiguous": "rows that may be several files, and so label none (write their folders, too)",
    "twice": "files in several rows that say the same",
    "contradicting": "files in rows that contradict each other, and so without a genre (several genres go "
    "into one cell, with ; between)",
    "unknown": "files here that are not in it, and so without a genre",
}
"""What paths and files are that do not fit a table of labels."""


def _unfit(catalogue: Catalogue) -> list[str]:
    """Say what of a table of labels did not fit."""
    problems = catalogue.labels.problems
    place = catalogue.labels.table
    return [
        f"{place}: {words}: {len(problems[kind])}, such as {_some(problems[kind])}."
        for kind, words in _UNFIT.items()
        if kind in problems
    ]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more


def _people(catalogue: Catalogue) -> list[str]:
    """Ask about genres that look like artists or albums."""
    counts, tracks = catalogue.counts(), catalogue.tracks
    if catalogue.labels.genres_from != "folders" or len(counts) <= _SCARCE:
        return []
    advice = (
        "AUDIO_DIR is to hold a folder for each genre. Of a library by artists, take genres from tags "
        "(--labels tags) or from a table (--labels TABLE)."
    )
    scarce = [count for count in counts.values() if count <= _SCARCE]
    if len(scarce) >= _SCARCE_SHARE * len(counts):
        each = "one track each" if max(scarce) == 1 else f"{_SCARCE} tracks or fewer"
        return [f"{len(scarce)} of {len(counts)} genres have {each}: are these artists or albums? {advice}"]
    numbered = sum(_NUMBERED.match(PurePosixPath(track.path).name) is not None for track in tracks)
    albums: dict[str, set[str]] = defaultdict(set)
    for track in tracks:
        albums[track.genre].update(track.path.split("/")[1:-1][:1])
    few = sum(0 < len(names) <= _FEW_ALBUMS for names in albums.values())
    if len(counts) >= _MANY and few > _SCARCE_SHARE * len(counts) and numbered > len(tracks) / 2:
        return [f"{len(counts)} genres of few folders of numbered tracks: are these artists? {advice}"]
    return []


def _left_out(catalogue: Catalogue) -> list[str]:
    lines = []
    if catalogue.unread:
        lines.append(needs_ffmpeg(catalogue.unread))
    if catalogue.loose:
        lines.append(
            f"Passed over, in no genre folder: {counted(len(catalogue.loose), 'audio file')}, such as "
            f"{label(catalogue.loose[0])}."
        )
    if catalogue.unpreferred:
        count = len(catalogue.unpreferred)
        lines.append(
            f"Passed over, another format preferred: {count}, such as {label(catalogue.unpreferred[0])}."
        )
    if catalogue.empty_genres:
        names = listed(list(catalogue.empty_genres), _GENRES_SHOWN)
        lines.append(f"Folders without audio, passed over: {names}.")
    return lines


def _odd_names(catalogue: Catalogue) -> list[str]:
    """Names that read alike, or nearly."""
    folders: dict[str, set[str]] = {name: set() for name in catalogue.counts()}
    if catalogue.labels.genres_from == "folders":
        for track in catalogue.tracks:
            folders.setdefault(track.genre, set()).add(track.path.partition("/")[0])
    lines = [
        f"Genre {genre} is of {len(names)} folders whose names read alike: {', '.join(map(ascii, names))}."
        for genre, names in sorted((genre, sorted(names)) for genre, names in folders.items())
        if len(names) > 1
    ]
    advice = "Rename a folder" if catalogue.labels.genres_from == "folders" else "Write them alike"
    by_case: dict[str, list[str]] = defaultdict(list)
    for genre in folders:
        by_case[genre_name(genre).casefold()].append(genre)
    lines += [
        f"Genres that differ by capitals only: {', '.join(sorted(same))}. {advice} if they are one."
        for same in by_case.values()
        if len(same) > 1
    ]
    return lines
