"""What is worth saying of a folder of music before anything is computed of it, a line each."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from gtzan_features.datasets.layout import endings_text, listed, needs_ffmpeg
from gtzan_features.datasets.names import genre_name, label
from gtzan_features.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gtzan_features.datasets.tracks import Catalogue
    from gtzan_features.datasets.tree import Tree

_GENRES_SHOWN = 12
_SCARCE = 2  # tracks: with so few, a folder is rather an artist's or an album's
_SCARCE_SHARE = 0.8


def genres_text(counts: Mapping[str, int]) -> str:
    """Return genres with their numbers of tracks, such as ``2 genres, 110 files: blues 100, rock 10``.

    Examples
    --------
    >>> genres_text({"blues": 100, "rock": 10})
    '2 genres, 110 files: blues 100, rock 10'
    """
    shown = ", ".join(f"{genre} {count}" for genre, count in list(counts.items())[:_GENRES_SHOWN])
    more = f" and {len(counts) - _GENRES_SHOWN} more" if len(counts) > _GENRES_SHOWN else ""
    genres, files = len(counts), sum(counts.values())
    return f"{genres} genre{'s' * (genres != 1)}, {files} file{'s' * (files != 1)}: {shown}{more}"


def remarks(catalogue: Catalogue) -> tuple[str, ...]:
    """Return what was passed over and what looks odd, each in a line that is fit for a terminal."""
    lines = [*tree_remarks(catalogue.tree), *_left_out(catalogue), *_odd_names(catalogue)]
    counts = catalogue.counts()
    scarce = sum(count <= _SCARCE for count in counts.values())
    if len(counts) > _SCARCE and scarce >= _SCARCE_SHARE * len(counts):
        lines.append(
            f"{scarce} of {len(counts)} genres have {_SCARCE} tracks or fewer: are these artists or albums? "
            "AUDIO_DIR is to hold a folder for each genre."
        )
    if len(counts) == 1 and all("/" in track.path.partition("/")[2] for track in catalogue.tracks):
        lines.append(
            f"All tracks are of the one genre {next(iter(counts))}, in folders of its own. If those are "
            f"the genres, give {label(str(catalogue.root / catalogue.tracks[0].path.partition('/')[0]))}."
        )
    return tuple(lines)


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


def tree_remarks(tree: Tree) -> list[str]:
    """Return what a search of folders passed over."""
    lines = []
    if tree.passed_over:
        lines.append(f"Passed over: {endings_text(tree.passed_over)}.")
    if tree.twice:
        path, other = tree.twice[0]
        lines.append(
            f"Passed over, read already under another name: {len(tree.twice)}, such as {label(path)} "
            f"(the same as {label(other) or 'the folder itself'})."
        )
    lines += [f"Cannot be read: {label(path)} ({reason})." for path, reason in tree.unreadable]
    return lines


def _odd_names(catalogue: Catalogue) -> list[str]:
    """Names that read alike, or nearly."""
    folders: dict[str, set[str]] = defaultdict(set)
    for track in catalogue.tracks:
        folders[track.genre].add(track.path.partition("/")[0])
    lines = [
        f"Genre {genre} is of {len(names)} folders whose names read alike: {', '.join(map(ascii, names))}."
        for genre, names in sorted((genre, sorted(names)) for genre, names in folders.items())
        if len(names) > 1
    ]
    by_case: dict[str, list[str]] = defaultdict(list)
    for genre in folders:
        by_case[genre_name(genre).casefold()].append(genre)
    lines += [
        f"Genres that differ by capitals only: {', '.join(sorted(same))}. Rename a folder if they are one."
        for same in by_case.values()
        if len(same) > 1
    ]
    return lines
