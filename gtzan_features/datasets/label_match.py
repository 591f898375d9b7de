"""Which file of a folder a path in a person's table means, in whatever form it stands there."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.datasets.names import label
from gtzan_features.datasets.tree import ending
from gtzan_features.storage import absolute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

# From the beginning of a word on, lest a long one is tried from each of its letters.
_ADDRESS = re.compile(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]+://[^/]*/", re.IGNORECASE)
_ABOVE = re.compile(r"^(\.\./)+")
_DRIVE = re.compile(r"^[a-zA-Z]:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Which file each path means.

    Attributes
    ----------
    files : tuple of (int or None)
        For each path the position of its file; None where there is none, or several.
    ambiguous : dict of int to int
        Paths that may be several files, and how many.
    """

    files: tuple[int | None, ...]
    ambiguous: dict[int, int]

    @property
    def n_found(self) -> int:
        """How many paths mean a file."""
        return sum(file is not None for file in self.files)


def match_paths(paths: Sequence[str], files: Sequence[str], root: Path, beside: Path) -> Matching:
    """Find the file that each path means.

    A path may be absolute, of this machine or another; relative to `root`, to the table's folder, or to a
    folder below or above `root`; with slashes or backslashes, in any form of Unicode. Where that finds
    nothing, it is compared without regard to capitals, then without the ending, then as a number: 2 means
    ``000/000002.mp3``. What may be several files means none of them. A file whose own path stands in the
    table is not looked for by less.

    Parameters
    ----------
    paths : sequence of str
        As they stand in the table.
    files : sequence of str
        Relative to `root`, with slashes.
    root : Path
        The folder of music.
    beside : Path
        The folder that the table lies in.
    """
    spelt = [label(file) for file in files]
    found: dict[int, int] = {}
    ambiguous: dict[int, int] = {}
    # By name: where links lead does not count.
    folders = (absolute(root), absolute(beside))
    wanted = {at: _forms(path, *folders) for at, path in enumerate(paths) if path.strip()}
    for key in _KEYS:
        taken = set(found.values())
        index = _Index(spelt, [at for at in range(len(spelt)) if at not in taken], key)
        for at, forms in wanted.items():
            if at in found or at in ambiguous:
                continue
            files_of = index.find(forms)
            if len(files_of) == 1:
                found[at] = files_of.pop()
            elif files_of:
                ambiguous[at] = len(files_of)
    return Matching(files=tuple(found.get(at) for at in range(len(paths))), ambiguous=ambiguous)


class _Index:
    """Files by the ends of their paths, as one key makes them comparable."""

    def __init__(self, files: Sequence[str], which: Sequence[int], key: Callable[[str], str]) -> None:
        self.key = key
        self.whole: dict[str, list[int]] = defaultdict(list)
        self.last: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self.deepest = 0
        for at in which:
            path = key(files[at])
            if path:
                self.whole[path].append(at)
                self.deepest = max(self.deepest, path.count("/") + 1)
                self.last[posixpath.basename(path)].append((path, at))

    def find(self, forms: Sequence[str]) -> set[int]:
        """Return the files that one of the forms of a path means; of the first form that finds any."""
        for form in forms:
            path = self.key(form)
            if not path:
                continue
            if path in self.whole:
                return set(self.whole[path])
            # A file whose path from the folder of music on ends the path, the longest first ...
            parts = path.split("/")
            for start in range(max(1, len(parts) - self.deepest), len(parts)):
                end = "/".join(parts[start:])
                if end in self.whole:
                    return set(self.whole[end])
            # ... or one whose path ends with it.
            under = {at for file, at in self.last.get(parts[-1], ()) if file.endswith(f"/{path}")}
            if under:
                return under
        return set()


def _forms(path: str, root: str, beside: str) -> tuple[str, ...]:
    """Return a path relative to the folder of music, in each way that it may be meant.

    Both folders are absolute.
    """
    found = []
    for text in dict.fromkeys((label(path.strip()), label(path.strip().replace("\\", "/")))):
        plain = posixpath.normpath(_ADDRESS.sub("", text))
        whole = posixpath.normpath(posixpath.join(beside, plain))
        found += [] if posixpath.isabs(plain) else [plain]
        found += [whole[len(root) :].lstrip("/")] if whole.startswith(root.rstrip("/") + "/") else []
        found.append(_DRIVE.sub("", plain).lstrip("/"))
    return tuple(dict.fromkeys(_ABOVE.sub("", one) for one in found))


def _as_it_is(path: str) -> str:
    return path


def _without_capitals(path: str) -> str:
    return path.casefold()


def _without_ending(path: str) -> str:
    suffix = ending(path)
    return path[: len(path) - len(suffix)].casefold() if suffix else path.casefold()


def _number(path: str) -> str:
    """Return the number that a file is called by, without zeros before it; empty where it is none."""
    stem = _without_ending(posixpath.basename(path))
    return (stem.lstrip("0") or "0") if stem.isascii() and stem.isdigit() else ""


_KEYS = (_as_it_is, _without_capitals, _without_ending, _number)
