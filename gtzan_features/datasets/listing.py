"""The audio files of any folder, whether or not it holds genre folders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gtzan_features.datasets.layout import endings_text, needs_ffmpeg, readable
from gtzan_features.datasets.tree import Tree, read_tree
from gtzan_features.datasets.tree_remarks import tree_remarks
from gtzan_features.errors import AudioDecodeError
from gtzan_features.storage import inside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Listing:
    """The audio files of a folder, and how many others were passed over.

    Attributes
    ----------
    files : list of Path
        Sorted, each once.
    needs_ffmpeg : dict
        How many files of each ending cannot be read, for there is no ffmpeg.
    passed_over : dict
        How many files of each ending are no audio; see `tree.Tree`.
    """

    files: list[Path]
    needs_ffmpeg: dict[str, int] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)


def list_recordings(folder: Path, notice: Callable[[str], None]) -> list[Path]:
    """Return the audio files below a folder, sorted, each once; `notice` gets a line on what is skipped.

    Raises
    ------
    AudioDecodeError
        If there is none.
    """
    return list_folder(folder, notice).files


def list_folder(folder: Path, notice: Callable[[str], None]) -> Listing:
    """Return the audio files below a folder with counts of the others; else as `list_recordings`."""
    tree = read_tree(folder)
    files, unread = readable(tree)
    if not files:
        raise AudioDecodeError(folder, _why_none(tree, unread))
    if unread:
        notice(needs_ffmpeg(unread))
    for line in tree_remarks(tree):
        notice(line)
    return Listing([inside(folder, path) for path in files], unread, tree.passed_over)


def _why_none(tree: Tree, unread: dict[str, int]) -> str:
    if unread:
        return needs_ffmpeg(unread).rstrip(".")
    if tree.unreadable:
        path, reason = tree.unreadable[0]
        return f"{path or 'the folder'} cannot be read: {reason}"
    seen = f", only {endings_text(tree.passed_over)}" if tree.passed_over else ""
    return f"the folder holds no audio file{seen}"
