"""What lies in a folder of music: each audio file once, and a count of all that is passed over.

Names and endings only; nothing is opened. Needs no pandas, so that prediction starts fast.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import re
import stat
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gtzan_features.audio.formats import AUDIO_SUFFIXES
from gtzan_features.storage import is_remote
from gtzan_features.storage_files import list_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MARKER = "dataset.json"
"""A file of this name in the folder names the data set and says whether it is synthetic."""

_SYSTEM = (
    # Folders that Windows, macOS, Linux and network drives keep for themselves
    *("$recycle.bin", "recycler", "system volume information", "found.[0-9][0-9][0-9]", "lost+found"),
    *("__macosx", "network trash folder", "temporary items", "@eadir", "@recycle", "@tmp", "@sharebin"),
    *("#recycle", "#snapshot", "__pycache__"),
    *("thumbs.db", "ehthumbs*.db", "desktop.ini", "icon\r"),
)
"""Patterns of names, in lower case, of systems' own files and folders; hidden ones are none of music too."""

_LEFT_BEHIND = ("*~", "~$*", "#*#", "*.swp", "*:zone.identifier", "*@syno*")
"""Patterns of files that editors and copying leave beside the real one."""

_SYSTEM_NAME = re.compile("|".join(map(fnmatch.translate, _SYSTEM)))
_LEFT_BEHIND_NAME = re.compile("|".join(map(fnmatch.translate, _LEFT_BEHIND)))
_ENDING = re.compile(r"\.[a-z0-9][a-z0-9_+-]{0,9}")
_Identity = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The audio files of a folder and of its sub-folders; all paths are relative to it, as on the disk.

    Attributes
    ----------
    root : Path
        The folder.
    files : tuple of str
        Audio files by their endings, sorted; a file that is there several times through links, once. Also
        those that cannot be opened, such as links to nothing: whoever reads them says why.
    folders : tuple of str
        Names of the folders in `root`, sorted, but those of systems and hidden ones.
    passed_over : dict
        How many files there are of each other ending, in lower case; "" for none, "hidden .mp3" for audio
        whose name begins with a dot, "special" for a pipe, socket or device that is called like audio.
    twice : tuple of (str, str)
        Links to a file or folder of the tree, and what they lead to.
    unreadable : tuple of (str, str)
        Folders that cannot be listed, and links to nothing, with the system's reason.
    versions : dict of str to str
        Of files of a storage what its listing says of their version, which changes where the bytes do; empty
        for a folder of this machine, whose files are asked themselves.
    """

    root: Path
    files: tuple[str, ...]
    folders: tuple[str, ...]
    passed_over: dict[str, int]
    twice: tuple[tuple[str, str], ...]
    unreadable: tuple[tuple[str, str], ...]
    versions: dict[str, str] = field(default_factory=dict)


def read_tree(root: Path, only: Callable[[str], bool] | None = None) -> Tree:
    """Find the audio files below `root`, each once.

    Links are followed wherever they are, once: a folder that was listed already, or that holds `root`, is
    not listed again. Where a link and a real file are the same, the real one counts, whatever their names.

    A folder of a storage is listed in a request for each thousand files. There are no links in it.

    Parameters
    ----------
    root : Path
        The folder.
    only : callable, optional
        Whether a folder directly in `root` is searched, by its name; what lies in `root` itself is then
        passed over.

    Raises
    ------
    StorageError
        If a folder of a storage cannot be listed.
    """
    walk = _Walk(root)
    if is_remote(root):
        walk.take(list_files(root), only)
    else:
        walk.run(only)
    return Tree(
        root=root,
        files=tuple(sorted(walk.files)),
        folders=tuple(sorted(walk.folders)),
        passed_over=dict(sorted((+walk.passed).items(), key=lambda item: (-item[1], item[0]))),
        twice=tuple(walk.twice),
        unreadable=tuple(walk.unreadable),
        versions=walk.versions,
    )


def is_system(name: str, *, is_folder: bool = False) -> bool:
    """Whether a file or folder of this name is a system's or an editor's: hidden, or known by its name.

    Examples
    --------
    >>> [is_system(name) for name in ("._x.mp3", "Thumbs.db", "x.mp3~", "...Baby One More Time.mp3", "x.mp3")]
    [True, True, True, False, False]
    """
    if _is_hidden(name) or _SYSTEM_NAME.fullmatch(name.lower()):
        return True
    return not is_folder and _LEFT_BEHIND_NAME.fullmatch(name.lower()) is not None


def _is_hidden(name: str) -> bool:
    # Three dots begin a title or a band, not a hidden file.
    return name.startswith(".") and not name.startswith("...")


def ending(path: str) -> str:
    """Return the ending of a file's name in lower case; "" where there is none that could be one.

    Examples
    --------
    >>> ending("a/Song.MP3"), ending("Song.mp3 "), ending("Mr. Jones"), ending(".mp3"), ending("a.b/c")
    ('.mp3', '.mp3', '', '', '')
    """
    suffix = PurePosixPath(path.rstrip()).suffix.lower()
    return suffix if _ENDING.fullmatch(suffix) else ""


@dataclass(slots=True)
class _Walk:
    """The state of a search: real folders first, then what links lead to."""

    root: Path
    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)
    twice: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    links: deque[str] = field(default_factory=deque)
    seen: dict[_Identity, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def run(self, only: Callable[[str], bool] | None) -> None:
        for above in self.root.resolve().parents:
            with contextlib.suppress(OSError):
                self._is_new(str(above), above.stat())
        self._search("", only)
        while self.links:
            self._follow(self.links.popleft())

    def take(self, listed: Iterable[tuple[str, str]], only: Callable[[str], bool] | None) -> None:
        """Take files by their paths alone, as a storage lists them, by the rules of folders on a disk."""
        for path, version in listed:
            *folders, name = path.split("/")
            if any(is_system(one, is_folder=True) for one in folders):
                continue
            if folders and folders[0] not in self.folders:
                self.folders.append(folders[0])
            if only is not None and not (folders and only(folders[0])):
                continue
            if _is_hidden(name) and ending(name) in AUDIO_SUFFIXES:
                self.passed[f"hidden {ending(name)}"] += not name.startswith("._")
            if is_system(name):
                continue
            if ending(name) in AUDIO_SUFFIXES:
                self.files.append(path)
                self.versions[path] = version
            elif path != MARKER:
                self.passed[ending(name)] += 1

    def _search(self, folder: str, only: Callable[[str], bool] | None = None) -> None:
        """List a folder and the real folders in it; keep links for later."""
        stack = [folder]
        while stack:
            here = stack.pop()
            inner = []
            for name, kind in self._list(here):
                if not here and only is not None and not (kind != "file" and only(name)):
                    continue
                path = f"{here}/{name}" if here else name
                if kind == "link":
                    self.links.append(path)
                elif kind == "folder":
                    inner.append(path)
                else:
                    self._add(path)
            stack += reversed(inner)
            if not here:
                self.folders += inner

    def _list(self, folder: str) -> list[tuple[str, str]]:
        """Return the names in a folder and what they are, sorted; nothing where it was listed before."""
        path = self._path(folder)
        try:
            if not self._is_new(folder, path.stat()):
                return []
            with os.scandir(path) as entries:
                found = sorted((entry.name, _kind(entry)) for entry in entries)
        except OSError as error:
            self.unreadable.append((folder, error.strerror or str(error)))
            return []
        for name, kind in found:
            if kind == "file" and _is_hidden(name) and ending(name) in AUDIO_SUFFIXES:
                self.passed[f"hidden {ending(name)}"] += not name.startswith("._")  # macOS' own
        return [(name, kind) for name, kind in found if not is_system(name, is_folder=kind == "folder")]

    def _follow(self, link: str) -> None:
        """Go where a link leads: into a folder, or to a file."""
        try:
            is_folder = stat.S_ISDIR(self._path(link).stat().st_mode)
        except OSError as error:
            if ending(link) in AUDIO_SUFFIXES:
                self.files.append(link)
            else:
                self.unreadable.append((link, f"a link to nothing: {error.strerror or error}"))
            return
        if not is_folder:
            self._add(link)
            return
        if "/" not in link:
            self.folders.append(link)
        self._search(link)

    def _add(self, path: str) -> None:
        """Take a file for audio, or count it."""
        suffix = ending(path)
        if suffix not in AUDIO_SUFFIXES:
            if path != MARKER:
                self.passed[suffix] += 1
            return
        try:
            info = self._path(path).stat()
        except OSError:
            self.files.append(path)
            return
        if not stat.S_ISREG(info.st_mode):
            self.passed["special"] += 1
        elif self._is_new(path, info):
            self.files.append(path)

    def _is_new(self, path: str, info: os.stat_result) -> bool:
        """Remember a file or folder by its identity; False, and noted, where it was seen before."""
        identity = (info.st_dev, info.st_ino)
        other = self.seen.setdefault(identity, path)
        if other == path or not info.st_ino:  # some network drives number nothing
            return True
        self.twice.append((path, other))
        return False

    def _path(self, path: str) -> Path:
        return self.root / path


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "link"
    return "folder" if entry.is_dir(follow_symlinks=False) else "file"
