"""The audio files of any folder, whether or not it holds genre folders."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

from gtzan_features.audio.formats import FFMPEG_SUFFIXES
from gtzan_features.datasets.layout import endings_text, needs_ffmpeg
from gtzan_features.datasets.remarks import tree_remarks
from gtzan_features.datasets.tree import Tree, ending, read_tree
from gtzan_features.errors import AudioDecodeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FFMPEG = "ffmpeg"


def readable(tree: Tree) -> tuple[list[str], dict[str, int]]:
    """Return the audio files that can be read here, and how many of each ending need ffmpeg and lack it."""
    if shutil.which(FFMPEG) is not None:
        return list(tree.files), {}
    unread = Counter(ending(path) for path in tree.files if ending(path) in FFMPEG_SUFFIXES)
    return [path for path in tree.files if ending(path) not in unread], dict(unread)


def list_recordings(folder: Path, notice: Callable[[str], None]) -> list[Path]:
    """Return the audio files below a folder, sorted, each once; what is passed over is told in lines.

    Raises
    ------
    AudioDecodeError
        If there is none.
    """
    tree = read_tree(folder)
    files, unread = readable(tree)
    if not files:
        raise AudioDecodeError(folder, _why_none(tree, unread))
    if unread:
        notice(needs_ffmpeg(unread))
    for line in tree_remarks(tree):
        notice(line)
    return [folder / path for path in files]


def _why_none(tree: Tree, unread: dict[str, int]) -> str:
    if unread:
        return needs_ffmpeg(unread).rstrip(".")
    if tree.unreadable:
        path, reason = tree.unreadable[0]
        return f"{path or 'the folder'} cannot be read: {reason}"
    seen = f", only {endings_text(tree.passed_over)}" if tree.passed_over else ""
    return f"the folder holds no audio file{seen}"
