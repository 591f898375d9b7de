"""What a search of folders passed over, a line each; prediction imports it, so it needs no pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.datasets.layout import endings_text
from gtzan_features.datasets.names import label

if TYPE_CHECKING:
    from gtzan_features.datasets.tree import Tree


def tree_remarks(tree: Tree) -> list[str]:
    """Return what a search of folders passed over."""
    lines = []
    if tree.passed_over:
        lines.append(f"Passed over: {endings_text(tree.passed_over)}.")
    if tree.twice:
        path, other = tree.twice[0]
        lines.append(
            f"Passed over, read already under another name: {len(tree.twice)}, such as {label(path)} "
            f"(the same as {label(other) or 'the folder itself'})."
        )
    lines += [f"Cannot be read: {label(path)} ({reason})." for path, reason in tree.unreadable]
    return lines
