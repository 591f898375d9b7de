"""What the tags of an audio file say: genres, artist, album, title.

mutagen reads them, and is imported when the first file is read. ID3 (MP3, AIFF, WAV, AAC), Vorbis comments
(FLAC, Ogg, Opus), MP4, ASF (WMA) and APE, and the INFO list of WAV files, which mutagen passes over.
"""

from __future__ import annotations

import importlib.util
import io
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gtzan_features.errors import ConfigError, StorageError
from gtzan_features.storage import is_remote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

GENRE = "genre"
_ALBUM_ARTIST = "albumartist"

_NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...], str, str]] = {
    # ID3 frames, MP4 atoms, ASF, INFO list of WAV
    GENRE: (("TCON",), ("\xa9gen",), "WM/Genre", "IGNR"),
    "artist": (("TPE1",), ("\xa9ART",), "Author", "IART"),
    _ALBUM_ARTIST: (("TPE2",), ("aART",), "WM/AlbumArtist", ""),
    "album": (("TALB",), ("\xa9alb",), "WM/AlbumTitle", "IPRD"),
    "title": (("TIT2",), ("\xa9nam",), "Title", "INAM"),
    "grouping": (("GRP1", "TIT1"), ("\xa9grp",), "WM/ContentGroupDescription", ""),
    "mood": (("TMOO",), ("----:com.apple.iTunes:MOOD",), "WM/Mood", ""),
    "language": (("TLAN",), ("----:com.apple.iTunes:LANGUAGE",), "WM/Language", "ILNG"),
    "composer": (("TCOM",), ("\xa9wrt",), "WM/Composer", "IMUS"),
    "date": (("TDRC", "TYER"), ("\xa9day",), "WM/Year", "ICRD"),
}
"""Where each kind of tags keeps what; other names are looked for as they are."""

_SPELT = {_ALBUM_ARTIST: ("album artist", "album_artist")}

_APART = re.compile(r"[;|\x00]")
"""Between values in one field. No slash and no comma: "R&B/Soul" and "Folk, World, & Country" are genres."""

_NO_GENRE = {"", "unknown", "unknown genre", "<unknown>", "none", "other", "undefined", "misc"}
_NOBODY = {"", "unknown", "unknown artist", "<unknown>", "[unknown]", "n/a"}
_VARIOUS = {"various", "various artists", "various artist", "va", "v.a.", "v/a", "soundtrack", "diverse"}
_MOST_CHUNKS = 1_000
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What the tags of a file say; empty where they are silent.

    Attributes
    ----------
    genres : tuple of str
        In the file's order, each once; without "Unknown" and "Other".
    artist : str
        Of the album, where that is told, so that its tracks have one artist; else of the track, and where
        the album is of "Various Artists".
    album, title : str
    """

    genres: tuple[str, ...] = ()
    artist: str = ""
    album: str = ""
    title: str = ""


def check_mutagen() -> None:
    """Raise ConfigError where mutagen is not installed."""
    if importlib.util.find_spec("mutagen") is None:
        msg = "tags are read by mutagen, which is not installed. Install it: pip install 'gtzan[tags]'"
        raise ConfigError(msg)


def read_tags(path: Path, name: str = GENRE) -> Tags:
    """Read the tags of a file.

    Parameters
    ----------
    path : Path
        An audio file.
    name : str
        The tag whose values are taken for genres: "genre", "grouping", "mood", or any that the file has.

    Returns
    -------
    Tags
        Empty where the file has no tags, or damaged ones: these never stop anything.

    Raises
    ------
    ConfigError
        If mutagen is not installed.
    """
    check_mutagen()
    found = _fields(path)
    wanted = {
        one: _values(found, one) for one in (name.casefold(), _ALBUM_ARTIST, "artist", "album", "title")
    }
    genres = [one for value in wanted[name.casefold()] for one in _APART.split(value)]
    kept = dict.fromkeys(one.strip() for one in genres if one.strip().casefold() not in _NO_GENRE)
    return Tags(
        genres=tuple(kept),
        artist=_first(wanted[_ALBUM_ARTIST], _NOBODY | _VARIOUS) or _first(wanted["artist"], _NOBODY),
        album=_first(wanted["album"]),
        title=_first(wanted["title"]),
    )


def _first(values: Iterable[str], none: Collection[str] = ("",)) -> str:
    return next((value.strip() for value in values if value.strip().casefold() not in none), "")


def _fields(path: Path) -> dict[str, tuple[str, ...]]:
    """Return every field of text that a file has, by its name in lower case."""
    try:
        with _opened(path) as file:
            found = _of_mutagen(file if is_remote(path) else path)
            file.seek(0)
            return _info_list(file) | found
    except (OSError, StorageError):
        return {}


def _of_mutagen(source: Path | BinaryIO) -> dict[str, tuple[str, ...]]:
    import mutagen  # here: few commands read tags, and it may not be installed

    try:
        read: Any = mutagen.File(source)  # type: ignore[attr-defined,unused-ignore]
        tags = getattr(read, "tags", None)
        return {} if tags is None else _texts(tags)
    except Exception:  # damaged tags raise whatever their parser meets
        return {}


def _opened(path: Path) -> BinaryIO:
    if not is_remote(path):
        return path.open("rb")
    from gtzan_features.fetching import fetched

    raw = io.FileIO(fetched(path))
    raw.name = str(path)  # whose ending mutagen looks at
    return io.BufferedReader(raw)


def _texts(tags: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the text of each field; frames of ID3 by name, those of a person's own by their description."""
    found: dict[str, tuple[str, ...]] = {}
    for key, value in tags.items():
        kind, _, description = str(key).partition(":")
        if kind in ("TXXX", "COMM") and hasattr(value, "text"):
            key = description.partition(":")[0] if kind == "TXXX" else "comment"
        genres = getattr(value, "genres", None)  # numbers of ID3v1 as words
        values = value if genres is None else genres
        values = getattr(values, "text", values)
        cells = values if isinstance(values, list | tuple) else [values]
        texts = tuple(_text(cell) for cell in cells)
        found.setdefault(str(key).casefold(), tuple(text for text in texts if text))
    return found


def _text(cell: Any) -> str:  # noqa: ANN401 - whatever mutagen has for a value
    if isinstance(cell, bytes):  # a freeform atom of MP4, or a picture
        return cell.decode("utf-8", "ignore") if len(cell) < 1_000 else ""
    value = getattr(cell, "value", cell)  # of ASF
    return "" if isinstance(value, bytes) else str(value)


def _values(found: Mapping[str, tuple[str, ...]], name: str) -> tuple[str, ...]:
    """Return the values of a tag under the names that the kinds of tags have for it."""
    frames, atoms, asf, info = _NAMES.get(name, ((), (), "", ""))
    spelt = (name, *_SPELT.get(name, ()), *frames, *atoms, asf, info)
    other = (f"----:com.apple.iTunes:{name}", f"WM/{name}")
    keys = [one.casefold() for one in (*spelt, *other) if one]
    return next((found[key] for key in keys if found.get(key)), ())


def _info_list(file: BinaryIO) -> dict[str, tuple[str, ...]]:
    """Return the INFO list of a WAV file, empty where it has none.

    Examples
    --------
    >>> import io
    >>> field = b"IGNR" + struct.pack("<I", 5) + b"Rock" + bytes(2)
    >>> _info_list(io.BytesIO(b"RIFF....WAVELIST" + struct.pack("<I", 4 + len(field)) + b"INFO" + field))
    {'ignr': ('Rock',)}
    """
    head = file.read(12)
    if head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
        return {}
    for _ in range(_MOST_CHUNKS):
        name, size = file.read(4), file.read(4)
        if len(size) < 4:
            break
        (length,) = struct.unpack("<I", size)
        if name == b"LIST" and file.read(4) == b"INFO":
            return dict(_info_fields(file.read(max(0, min(length - 4, _MOST_BYTES)))))
        file.seek(length + length % 2 - 4 * (name == b"LIST"), 1)
    return {}


def _info_fields(content: bytes) -> Iterator[tuple[str, tuple[str, ...]]]:
    at = 0
    while at + 8 <= len(content):
        (length,) = struct.unpack_from("<I", content, at + 4)
        value = content[at + 8 : at + 8 + length].partition(b"\0")[0]
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            text = value.decode("cp1252", "replace")
        yield content[at : at + 4].decode("latin-1").casefold(), (text,)
        at += 8 + length + length % 2
