"""The audio files of any folder, whether or not it holds genre folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.datasets.layout import endings_text, needs_ffmpeg, readable
from gtzan_features.datasets.remarks import tree_remarks
from gtzan_features.datasets.tree import Tree, read_tree
from gtzan_features.errors import AudioDecodeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def list_recordings(folder: Path, notice: Callable[[str], None]) -> list[Path]:
    """Return the audio files below a folder, sorted, each once; `notice` gets a line on what is skipped.

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
