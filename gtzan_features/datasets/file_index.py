"""An index of a data set as mirdata has them: which files there are, and the MD5 of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from gtzan_features.audio.formats import AUDIO_SUFFIXES
from gtzan_features.datasets.names import label
from gtzan_features.errors import TableError
from gtzan_features.tables.checked import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """An audio file of a data set.

    Attributes
    ----------
    track_id : str
        What the index calls its track.
    path : str
        Below the folder that the index is of, with forward slashes.
    md5 : str
        Of its bytes, 32 hexadecimal digits.
    """

    track_id: str
    path: str
    md5: str


def read_index(path: Path) -> tuple[IndexedFile, ...]:
    """Read the audio files of an index: ``{"tracks": {ID: {KIND: [PATH, MD5], ...}, ...}}``.

    Other files of a track, such as its annotations, are passed over, and so are kinds that a track lacks
    (``[null, null]``).

    Raises
    ------
    TableError
        If it is no such index, or names no audio file.
    """
    try:
        content = parse_json(path.read_bytes())
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror}). Give an index of mirdata") from error
    except ValueError as error:
        raise TableError(path, f"is {error}. Give an index of mirdata") from error
    tracks = content.get("tracks") if isinstance(content, dict) else None
    if not isinstance(tracks, dict):
        raise TableError(path, 'has no "tracks". Give an index of mirdata')
    found = tuple(_audio_files(path, tracks))
    if not found:
        raise TableError(path, "names no audio file. Give an index of mirdata")
    return found


def _audio_files(index: Path, tracks: dict[str, Any]) -> Iterator[IndexedFile]:
    for track, kinds in tracks.items():
        if not isinstance(kinds, dict):
            raise TableError(index, f"track {label(track)} has no files by kind. Give an index of mirdata")
        for kind, entry in kinds.items():
            if entry is None or entry == [None, None]:
                continue
            is_pair = (
                isinstance(entry, list) and len(entry) == 2 and all(isinstance(one, str) for one in entry)
            )
            if not is_pair or _MD5.fullmatch(entry[1].lower()) is None:
                where = f"{label(kind)} of track {label(track)}"
                raise TableError(index, f"{where} is no path with an MD5. Give an index of mirdata")
            name = label(entry[0])
            if PurePosixPath(name).suffix.lower() in AUDIO_SUFFIXES:
                yield IndexedFile(label(track), name, entry[1].lower())


def matched(paths: Iterable[str], index: Iterable[IndexedFile]) -> dict[str, IndexedFile]:
    """Return the file of an index that each path of a folder is.

    A folder may be a part of the data set, or lie elsewhere. So the path is that of the index with whose
    end it agrees for longest, its name at least; where several agree for as long, it is none of them.

    Examples
    --------
    >>> one = IndexedFile("a", "set/genres/jazz/a.wav", "0" * 32)
    >>> other = IndexedFile("b", "set/genres/rock/a.wav", "1" * 32)
    >>> found = matched(["jazz/a.wav", "a.wav", "jazz/b.wav"], [one, other])
    >>> {path: file.track_id for path, file in found.items()}
    {'jazz/a.wav': 'a'}
    """
    by_name: dict[str, list[IndexedFile]] = {}
    for one in index:
        by_name.setdefault(one.path.rpartition("/")[2], []).append(one)
    found = {}
    for path in paths:
        shown = label(path)
        ranked = sorted(
            ((_agreement(shown, one.path), one) for one in by_name.get(shown.rpartition("/")[2], ())),
            key=lambda pair: -pair[0],
        )
        if ranked and (len(ranked) == 1 or ranked[0][0] > ranked[1][0]):
            found[path] = ranked[0][1]
    return found


def _agreement(path: str, other: str) -> int:
    """Return how many names the ends of two paths have in common."""
    pairs = zip(reversed(path.split("/")), reversed(other.split("/")), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
