"""Names of genres and tracks, made of the names of folders and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.text import composed, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence


def label(name: str) -> str:
    r"""Return a name of a file or folder as text that every table, page and message can hold.

    In Unicode's form NFC, whatever form the disk has, so that a name read on macOS and on Linux is one;
    control characters and bytes that are no UTF-8 are escaped.

    Examples
    --------
    >>> import os
    >>> label("Cafe\u0301") == label("Caf\xe9"), label(os.fsdecode(b"caf\xe9")), label("a\nb")
    (True, 'caf\\xe9', 'a\\nb')
    """
    return composed(one_line(name))


def genre_name(folder: str) -> str:
    """Return the genre that a folder's name means: its `label` without blanks around.

    Examples
    --------
    >>> genre_name(" rock "), genre_name(" ")
    ('rock', '(blank)')
    """
    return label(folder).strip() or "(blank)"


def numbered(names: Sequence[str]) -> list[str]:
    """Give a number to each name that occurred in the sequence before, so that all differ.

    Examples
    --------
    >>> numbered(["a", "b", "a", "a (2)"])
    ['a', 'b', 'a (2)', 'a (2) (2)']
    """
    found: dict[str, None] = {}
    for name in names:
        unique, count = name, 1
        while unique in found:
            count += 1
            unique = f"{name} ({count})"
        found[unique] = None
    return list(found)
