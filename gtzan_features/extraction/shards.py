"""How the files of a folder are divided into shards, and what a shard is called.

A shard is a slice of the catalogue. Its name has its number, the number of shards, and digits of all that its
rows depend on: the files with size and times, their labels, the recipe and what the tables say of
themselves. So a shard that is there need not be looked into.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.errors import ConfigError
from gtzan_features.storage import inside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gtzan_features.datasets.tracks import TrackFile

ONE_FILE = 32_000
"""Files of music up to which a table is one file where nobody says otherwise."""

FILES = 500
"""Files of a shard at most, where nobody says otherwise: 40 s of work for kaggle's columns of 30 s clips."""

_LEAST = 64
"""Shards of a small folder, so that several workers have something to do."""

_SLICE = re.compile(r"(\d{1,9})/(\d{1,9})")
_NAME = re.compile(r"(\d{5,9})-of-(\d{5,9})-[0-9a-f]{12}")
LAYOUTS = ("auto", "file", "shards")


@dataclass(frozen=True, slots=True)
class Slice:
    """One of several processes that share the files of a folder.

    Attributes
    ----------
    number : int
        Which of them, from 1.
    count : int
        How many there are.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Slice:
        """Read a slice such as ``17/400``; ConfigError for anything else.

        Examples
        --------
        >>> Slice.parse("17/400")
        Slice(number=17, count=400)
        """
        found = _SLICE.fullmatch(text.strip())
        one = cls(int(found[1]), int(found[2])) if found else cls(0, 0)
        if not 1 <= one.number <= one.count:
            msg = f"--shard {text!r} is no slice. Give which of how many, from 1: --shard 17/400"
            raise ConfigError(msg)
        return one

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How files are divided: every process that is told the same comes to the same plan.

    Attributes
    ----------
    n_files : int
    count : int
        Number of shards.
    slices : int
        Number of processes that share them by ``--shard``; 1 for one.
    digits : str
        Of all files' names and labels, the recipe, and what the tables say of themselves.
    """

    n_files: int
    count: int
    slices: int
    digits: str

    def numbers(self, part: Slice | None = None) -> list[int]:
        """Return the numbers of the shards that have files, all or those of a slice."""
        return [
            number
            for number in range(self.count)
            if (part is None or self.slice_of(number) == part.number) and len(self.files(number))
        ]

    def files(self, number: int) -> range:
        """Return which files of the catalogue are in a shard.

        Examples
        --------
        >>> plan = Plan(n_files=10, count=4, slices=1, digits="")
        >>> [list(plan.files(number)) for number in range(4)]
        [[0, 1], [2, 3, 4], [5, 6], [7, 8, 9]]
        """
        return range(number * self.n_files // self.count, (number + 1) * self.n_files // self.count)

    def slice_of(self, number: int) -> int:
        """Return which of the processes computes a shard, from 1."""
        return number * self.slices // self.count + 1


def shard_count(n_files: int, most: int = 0, slices: int = 1) -> int:
    """Return how many shards there are of so many files.

    Parameters
    ----------
    n_files : int
        At least one.
    most : int
        Files of a shard at most; 0 for the usual number, and then at least 64 shards, or one a file.
    slices : int
        Number of processes; each has a shard at least.

    Examples
    --------
    >>> shard_count(1_000_000), shard_count(1000), shard_count(10), shard_count(10, slices=12)
    (2000, 64, 10, 12)
    >>> shard_count(1000, most=300)
    4
    """
    if most < 0:
        msg = f"--shard-files {most} is no number of files: give 1 or more"
        raise ConfigError(msg)
    return max(-(-n_files // (most or FILES)), slices, 1 if most else min(_LEAST, n_files))


def plan_shards(tracks: Sequence[TrackFile], basis: str, *, most: int = 0, slices: int = 1) -> Plan:
    """Divide files into shards.

    Parameters
    ----------
    tracks : sequence of TrackFile
    basis : str
        All that rows depend on beside the files.
    most, slices : int
        As for `shard_count`.
    """
    count = shard_count(len(tracks), most, slices)
    digest = hashlib.sha256(_encoded([basis, str(count)]))
    for track in tracks:
        digest.update(_line(track))
    return Plan(n_files=len(tracks), count=count, slices=slices, digits=digest.hexdigest()[:12])


def shard_name(
    plan: Plan, number: int, tracks: Iterable[TrackFile], root: Path, basis: str, versions: Mapping[str, str]
) -> str:
    """Return what a shard is called, without an ending, such as ``00017-of-02000-0123456789ab``.

    Parameters
    ----------
    plan : Plan
    number : int
        Of the shard, from 0.
    tracks : iterable of TrackFile
        Its files: size and times of each are asked for.
    root : Path
        Folder of the music.
    basis : str
        As for `plan_shards`.
    versions : mapping of str to str
        What a storage said of the version of a file, by its path: it is not asked for once more.
    """
    digest = hashlib.sha256(_encoded([basis]))
    for track in tracks:
        known = versions.get(track.path)
        digest.update(_line(track, *(_state(inside(root, track.path)) if known is None else (known,))))
    return f"{number:05}-of-{plan.count:05}-{digest.hexdigest()[:12]}"


def number_in(name: str) -> int | None:
    """Return the number in the name of a shard; None where it is none.

    Examples
    --------
    >>> number_in("00017-of-02000-0123456789ab"), number_in("17")
    (17, None)
    """
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def _state(path: Path) -> Iterator[str]:
    """Yield size and times of a file: what changes where its bytes change; nothing where it is gone."""
    try:
        info = path.stat()
    except OSError:
        return
    yield str(info.st_size)
    yield str(info.st_mtime_ns)
    yield str(info.st_ctime_ns)


def _line(track: TrackFile, *more: str) -> bytes:
    words = (track.track_id, track.path, track.genre, track.artist, track.group, track.split, *more)
    return _encoded(words)


def _encoded(words: Iterable[str]) -> bytes:
    return ("\0".join(words) + "\n").encode("utf-8", "surrogatepass")
