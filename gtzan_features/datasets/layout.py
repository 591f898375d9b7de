"""What a folder of music looks like where it is no folder of genre folders, and what to do then."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from typing import TYPE_CHECKING

from gtzan_features.audio.formats import FFMPEG_SUFFIXES
from gtzan_features.datasets.names import genre_name, label
from gtzan_features.datasets.tree import ending
from gtzan_features.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gtzan_features.datasets.tree import Tree


_SPLIT = re.compile(
    r"(train(ing)?|test(ing)?|val|valid|validation|dev(el(opment)?)?|eval(uation)?|hold[ _-]?out)"
    r"([ _-]?(set|data|part|split|audio|clips|files|\d+))*"
    r"|(fold|split|part|subset|chunk|batch)[ _-]?\d+"
)
_NUMBER = re.compile(r"\d+")
_KINDS = 6
_FFMPEG = "ffmpeg"


def readable(tree: Tree) -> tuple[list[str], dict[str, int]]:
    """Return the audio files that can be read here, and how many of each ending need ffmpeg and lack it."""
    if shutil.which(_FFMPEG) is not None:
        return list(tree.files), {}
    unread = Counter(ending(path) for path in tree.files if ending(path) in FFMPEG_SUFFIXES)
    return [path for path in tree.files if ending(path) not in unread], dict(unread)


def check(root: Path, paths: Iterable[str]) -> None:
    """Ask about folders that are called like parts of a split, or by numbers.

    Parameters
    ----------
    root : Path
        The folder of music.
    paths : iterable of str
        Its tracks, each below a folder that would be a genre.

    Raises
    ------
    CatalogueError
        If a folder is called train, test or the like, or most are called by numbers; the message says how to
        go on.
    """
    inner: dict[str, set[str]] = {}
    for path in paths:
        parts = path.split("/")
        inner.setdefault(parts[0], set()).update(parts[1:-1][:1])
    parts_of_split = [name for name in inner if _SPLIT.fullmatch(genre_name(name).casefold())]
    if parts_of_split:
        name = max(parts_of_split, key=lambda one: (len(inner[one]), one.casefold().startswith("train")))
        give = f"Give one of them ({root / name}), or" if len(inner[name]) > 1 else "Make genre folders, or"
        msg = (
            f"{root}: {listed(parts_of_split)} would be genres, and are called like parts of a split. {give} "
            "take them for genres with --as-genres."
        )
        raise CatalogueError(msg)
    numbers = [name for name in inner if _NUMBER.fullmatch(genre_name(name))]
    if 2 * len(numbers) > len(inner):
        msg = (
            f"{root}: {listed(numbers)} would be genres, and are called by numbers. Make a folder for "
            "each genre (links to the files will do), or take them for genres with --as-genres. gtzan "
            "predict takes such a folder as it is."
        )
        raise CatalogueError(msg)


def nothing_found(tree: Tree, unread: Mapping[str, int]) -> str:
    """Say why a folder has no track in a genre folder, and what to do."""
    root = tree.root
    loose = sum("/" not in path for path in tree.files)
    if unread:
        return f"{root}: {needs_ffmpeg(unread)}"
    if tree.unreadable:
        first, reason = tree.unreadable[0]
        more = f", and {len(tree.unreadable) - 1} more" if len(tree.unreadable) > 1 else ""
        where = root / first if first else root
        return (
            f"{where}: cannot be read ({reason}){more}. Check its permissions; there is no track elsewhere."
        )
    if loose:
        files = "file lies" if loose == 1 else "files lie"
        return (
            f"{root}: {loose} audio {files} in it directly, and none in a genre folder. Make a folder for "
            "each genre. Or give --labels TABLE, a CSV with columns path and genre; or --labels tags; or "
            "--labels none, which gives features without genres. gtzan predict takes such a folder as it is."
        )
    seen = f" (only {endings_text(tree.passed_over)})" if tree.passed_over else ""
    return f"{root}: no audio in any folder below it{seen}. Give a folder that holds one folder per genre."


def needs_ffmpeg(unread: Mapping[str, int]) -> str:
    """Say what to do about files that only ffmpeg reads, where there is none."""
    return (
        f"{endings_text(unread)} not read: they need ffmpeg, which is not on the PATH. Install it, or "
        "convert them to FLAC."
    )


def endings_text(count: Mapping[str, int]) -> str:
    """Return counts by ending in words, such as ``12 .txt, 3 .pdf, 1 without ending``; most first."""
    ordered = sorted(count.items(), key=lambda item: (-item[1], item[0]))
    words = {"": "without ending", "special": "special (pipe or device)"}
    shown = [f"{number} {words.get(suffix, suffix)}" for suffix, number in ordered[:_KINDS]]
    rest = sum(number for _, number in ordered[_KINDS:])
    return ", ".join([*shown, f"{rest} others"] if rest else shown)


def listed(names: list[str], limit: int = _KINDS) -> str:
    """Return the first names in a line, and how many more there are."""
    shown = ", ".join(label(name) for name in sorted(names)[:limit])
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown
