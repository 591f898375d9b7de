"""The genre in the tags of an audio file, as the file has it, and changed in place.

mutagen reads and writes them, and is imported when the first file is read. ID3 keeps its version (2.3 stays
2.3, which older players need), and all other tags stay as they are.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

from gtzan_features.audio.load import load_into
from gtzan_features.errors import AudioError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

NO_TAGS = "its format holds no tags"

_ID3 = "TCON"
BETWEEN = "; "
"""Between genres in one value, where a version of tags has no several ones."""

_FIELDS = {"ASF": "WM/Genre", "MP4": "\xa9gen", "APE": "Genre", "VComment": "genre"}
"""What the kinds of tags call the genre, by the name of mutagen's class or of one that it is made of."""


def needs_mutagen() -> None:
    """Raise ConfigError where mutagen is not installed."""
    if importlib.util.find_spec("mutagen") is None:
        msg = "tags are written by mutagen, which is not installed. Install it: pip install 'gtzan[tags]'"
        raise ConfigError(msg)


def genre_tag(path: Path, like: Path | None = None) -> tuple[str, ...]:
    """Return the values of a file's genre tag, as they are; empty where it has none.

    `like` tells the format, as for `set_genre_tag`.

    Raises
    ------
    AudioError
        If its format holds no tags, or they cannot be read.
    """
    audio = _opened(like or path)
    return _values(audio if like is None else type(audio)(path))


def set_genre_tag(path: Path, genres: Sequence[str], like: Path | None = None) -> None:
    """Write the genre tag of a file in place, and no other; without genres, remove it.

    A crash meanwhile would leave a damaged file: give a copy.

    Parameters
    ----------
    path : Path
        The file.
    genres : sequence of str
    like : Path, optional
        A file of the same bytes whose name tells the format, where that of `path` does not.

    Raises
    ------
    AudioError
        If its format holds no tags, or they cannot be read or written.
    """
    mutagen, id3 = _mutagen()
    audio = _opened(like or path)
    try:
        # Of another version of ID3, mutagen would make frames of its own version.
        is_old = isinstance(audio.tags, id3.ID3) and audio.tags.version < (2, 4, 0) and len(audio.tags) > 0
        audio = type(audio)(path, translate=False) if is_old else type(audio)(path)
        if audio.tags is None:
            audio.add_tags()
        if isinstance(audio.tags, id3.ID3):
            audio.tags.delall(_ID3)
            if genres:
                audio.tags.add(id3.TCON(encoding=1 if is_old else 3, text=list(genres)))
            audio.save(v2_version=3 if is_old else 4, v23_sep=BETWEEN)
            return
        field = _field(audio.tags)
        if field in audio.tags:
            del audio.tags[field]
        if genres:
            audio.tags[field] = list(genres)
        audio.save()
    except (mutagen.MutagenError, UnicodeError) as error:
        raise AudioError(like or path, f"its tags cannot be written ({error})") from error


def sound_digest(path: Path) -> str:
    """Return the SHA-256 of the samples that a file decodes to, whatever its tags.

    Raises
    ------
    AudioError
        As `load.load_into`.
    """
    _, taker = load_into(path, None, _Digest)
    return taker.sha256.hexdigest()


class _Digest:
    def __init__(self, first_sample: int) -> None:  # noqa: ARG002 - as every taker is made
        self.sha256 = hashlib.sha256()

    def add(self, samples: npt.NDArray[np.float32]) -> None:
        self.sha256.update(samples.tobytes())


def _mutagen() -> tuple[Any, Any]:
    """Import it: few commands need it, it has no types, and it may not be installed."""
    return importlib.import_module("mutagen"), importlib.import_module("mutagen.id3")


def _opened(path: Path) -> Any:  # noqa: ANN401 - mutagen has no types
    mutagen, _ = _mutagen()
    try:
        audio = mutagen.File(path)
    except Exception as error:  # damaged tags raise whatever their parser meets
        raise AudioError(path, f"its tags cannot be read ({error})") from error
    if audio is None or not _can_have_tags(audio):
        raise AudioError(path, NO_TAGS)
    return audio


def _can_have_tags(audio: Any) -> bool:  # noqa: ANN401
    if audio.tags is not None:
        return True
    try:
        audio.add_tags()  # in memory
    except Exception:
        return False
    return True


def _values(audio: Any) -> tuple[str, ...]:  # noqa: ANN401
    _, id3 = _mutagen()
    if isinstance(audio.tags, id3.ID3):
        frames = audio.tags.getall(_ID3)
        return tuple(str(text) for frame in frames for text in frame.text)
    found = audio.tags.get(_field(audio.tags), ())
    return tuple(map(str, [found] if isinstance(found, str) else list(found)))


def _field(tags: Any) -> str:  # noqa: ANN401
    names = " ".join(kind.__name__ for kind in type(tags).__mro__)
    return next((field for kind, field in _FIELDS.items() if kind in names), "genre")
