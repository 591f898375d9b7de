"""A playlist of each genre, the surest answers first (M3U in UTF-8)."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gtzan_features.errors import OutputExistsError
from gtzan_features.prediction.answers import labels_in, path_in, probability_in
from gtzan_features.tables.atomic import atomic_path, remove_leftovers
from gtzan_features.tables.locking import output_lock
from gtzan_features.text import composed, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from gtzan_features.prediction.answers import Row

MARK = "#GTZAN playlist, written anew by gtzan predict --playlist"
"""The second line of each file; files without it are nobody's to replace."""

_FIRST = "#EXTM3U"
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 100  # bytes of a name before its ending


@dataclass(slots=True)
class Playlists:
    """What was written.

    Attributes
    ----------
    counts : dict of Path to int
        Tracks of each file.
    unlisted : int
        Tracks whose names cannot stand in a line of UTF-8.
    """

    counts: dict[Path, int] = field(default_factory=dict)
    unlisted: int = 0


def write_playlists(rows: Iterable[Row], folder: Path, genres: Sequence[str]) -> Playlists:
    """Write ``GENRE.m3u8`` into a folder for each genre that has tracks, each whole or not at all.

    Playlists of an earlier call are written anew. Paths are relative to the folder where they can be.

    Parameters
    ----------
    rows : iterable of Row
        Answers, one by one.
    folder : Path
        Made where it does not exist.
    genres : sequence of str
        Those of the model: an earlier playlist of one that has no track now becomes empty.

    Raises
    ------
    OutputExistsError
        If a file of such a name is none of these playlists; none is written then.
    OutputLockedError
        If another command writes there.
    """
    found, done = _tracks(rows)
    names = playlist_names([*genres, *(genre for genre in found if genre not in genres)])
    with output_lock(folder):
        check_playlists(folder, list(names))
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        for genre, name in names.items():
            path = folder / name
            tracks = found.get(genre, [])
            if not tracks and not path.exists():
                continue
            lines = [_FIRST, MARK, f"#PLAYLIST:{one_line(genre)}"]
            for _, place, seconds, title in sorted(tracks):
                lines += [f"#EXTINF:{round(seconds)},{title}", _relative(place, folder)]
            with atomic_path(path) as temporary:
                temporary.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
            done.counts[path] = len(tracks)
    return done


def check_playlists(folder: Path, genres: Sequence[str]) -> None:
    """Refuse a folder in which a file of another kind has the name of a playlist of these genres.

    Raises
    ------
    OutputExistsError
        If there is one.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputExistsError(folder, "is a file. Give a folder for playlists")
    for name in playlist_names(genres).values():
        path = folder / name
        if path.is_dir() or (path.exists() and not _is_ours(path)):
            reason = "is no playlist of this program. Move it, or give another folder"
            raise OutputExistsError(path, reason)


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_FIRST) + 1 + len(MARK)) == f"{_FIRST}\n{MARK}".encode()


def _tracks(rows: Iterable[Row]) -> tuple[dict[str, list[tuple[float, str, float, str]]], Playlists]:
    """Return the tracks of each genre with what sorts them, and count those that no playlist can hold."""
    found: dict[str, list[tuple[float, str, float, str]]] = defaultdict(list)
    done = Playlists()
    for row in rows:
        if row["error"]:
            continue
        path = path_in(row)
        if not _fits_a_line(str(path)):
            done.unlisted += 1
            continue
        for genre in labels_in(row):
            order = -probability_in(row, genre)
            found[genre].append((order, str(path), row["duration_s"], one_line(path.stem)))
    return found, done


def _fits_a_line(path: str) -> bool:
    """Whether a path is text of one line, to any reader of lines."""
    if len(path.splitlines()) != 1 or path != path.rstrip():
        return False
    try:
        path.encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8
        return False
    return True


def _relative(path: str, folder: Path) -> str:
    """Return a path as it is found from the folder; no line of a playlist is taken for a comment."""
    relative = os.path.relpath(os.path.abspath(path), os.path.abspath(folder))  # noqa: PTH100 - links stay
    return relative if relative.startswith("..") else f"./{relative}"


def playlist_names(genres: Sequence[str]) -> dict[str, str]:
    """Return names of files for genres, that every file system takes and tells apart.

    Examples
    --------
    >>> list(playlist_names(["rock", "R&B/Soul", "Rock", "aux", "..."]).values())
    ['rock.m3u8', 'R&B_Soul.m3u8', 'Rock-2.m3u8', '_aux.m3u8', '_.m3u8']
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for genre in genres:
        short = name = _safe(genre)
        count = 1
        while _alike(name) in taken:
            count += 1
            name = f"{short}-{count}"
        taken.add(_alike(name))
        names[genre] = f"{name}.m3u8"
    return names


def _safe(genre: str) -> str:
    text = composed(_FORBIDDEN.sub("_", one_line(genre))).strip().rstrip(". ")
    text = text.removeprefix(".") or "_"
    raw = text.encode()
    if len(raw) > _LONGEST:
        text = f"{raw[:_LONGEST].decode(errors='ignore')}-{hashlib.sha256(raw).hexdigest()[:6]}"
    return f"_{text}" if _DEVICES.fullmatch(text) else text


def _alike(name: str) -> str:
    """Return what some file systems take for the same name: in capitals, or in another form of Unicode."""
    return composed(name).casefold()
