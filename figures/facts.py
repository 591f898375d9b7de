"""A figure by its words: where it stands, how it is shown, and what it was measured on.

::

    SOURCE; PART; PART; …

`SOURCE` is a name of `sources.SOURCES`. Each `PART` is the name of a column, which is shown; or a way to
show it (`show.is_way`); or the text of a cell, or of the heading or the line before the table, which the row
has, or begins with where an ellipsis follows (``rows of full…``); ``column=text`` says of which column.
Exactly one row must be left. ``… minus SOURCE; …`` and ``… over SOURCE; …`` are a difference and a ratio.
``~PATTERN`` as a part finds a number that stands on a page outside of tables, by a regular expression with
one group.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from figures.show import Shown, in_words, is_way, joined, show
from figures.sources import SOURCES, FiguresError, Row, audio, rows, source, text

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure as it stands in a text, and where it is from."""

    words: str
    text: str
    n: str
    protocol: str
    audio: str
    source: str
    command: str


def figure(words: str) -> Figure:
    """Return what a mark stands for.

    Examples
    --------
    >>> figure("published; Jukebox; accuracy").text
    '79.7'
    """
    words = " ".join(words.split())
    try:
        for between in (" minus ", " over "):
            first, found, second = words.partition(between)
            if found and second.partition(";")[0].strip() in SOURCES:
                one, other = _taken(first), _taken(second)
                return _figure(words, joined(one.shown, other.shown, between.strip(), other.how), one, other)
        taken = _taken(words)
        return _figure(words, taken.shown.text, taken)
    except FiguresError as error:
        message = f"{words!r}: {error}"
        raise FiguresError(message) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A cell of a source, or a number in its text."""

    name: str
    row: Row
    how: list[str]
    shown: Shown


def _taken(words: str) -> _Taken:
    name, *parts = (part.strip() for part in words.split(";"))
    path = source(name).path
    if patterns := [part for part in parts if part.startswith("~")]:
        matches = re.findall(patterns[0][1:], " ".join(text(name).split()))
        if len(matches) != 1:
            message = f"{len(matches)} places of {path} are so, and one is wanted"
            raise FiguresError(message)
        how = [part for part in parts if is_way(part)]
        return _Taken(name=name, row=Row(cells={}), how=how, shown=in_words(matches[0], how))
    left, how = list(rows(name)), []
    for part in parts:
        column, is_named, value = part.partition("=")
        if is_named and any(column in row.cells for row in left):
            left = [row for row in left if row.cells.get(column) == value]
        elif is_way(part) or any(part in row.cells for row in left):
            how.append(part)
        else:
            left = [
                row for row in left if any(is_text(part, one) for one in (*row.cells.values(), *row.under))
            ]
    if len(left) != 1:
        message = f"{len(left)} rows of {path} are so, and one is wanted"
        raise FiguresError(message)
    shown = show(left[0].cells, how, has_shares=source(name).has_shares)
    return _Taken(name=name, row=left[0], how=how, shown=shown)


def _figure(words: str, said: str, *taken: _Taken) -> Figure:
    def of_all(values: Iterable[str]) -> str:
        return "; ".join(dict.fromkeys(value for value in values if value))

    cells = [one.row.cells for one in taken]
    return Figure(
        words=words,
        text=said,
        n=of_all(one.get("n_tracks") or one.get("tracks", "") for one in cells),
        protocol=of_all(one.get("protocol") or one.get("of", "") for one in cells),
        audio=of_all(audio(one.name, one.row) for one in taken),
        source=of_all(_place(one) for one in taken),
        command=of_all(one.row.cells.get("command") or source(one.name).command for one in taken),
    )


def is_text(part: str, cell: str) -> bool:
    """Return whether a part names a cell: all of it, or its beginning with an ellipsis."""
    return cell.startswith(part[:-1]) if part.endswith("…") else cell == part


def _place(taken: _Taken) -> str:
    run = taken.row.cells.get("run_id")
    return f"{source(taken.name).path}, {run}" if run else source(taken.name).path
