"""Tables and long lines in the width that there is: words are never cut, wide tables are laid out in parts.

rich measures, wraps and lays out. The widths of the columns, and which of them are side by side, are
decided here, for rich narrows columns without regard to their longest words. To be imported when needed
only, for rich takes its time.
"""

from __future__ import annotations

import io
import os
import re
from typing import TYPE_CHECKING, TextIO

from rich.box import SIMPLE_HEAD, Box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GAP = 2
_WIDE_LETTER = 2
_LONGEST_WORD = 32
"""Longer words, such as paths, may be cut where there is no room for them."""

_MARK = "\x1f"
"""A place where a word may be broken: to rich a blank of no width. It is in no cell, being a control."""

_KEPT = "\ue000"
"""A blank at which a line is not broken: to rich a letter, of the private ones that no text uses."""

_UNIT = re.compile(r"(?<=\d) (?=(?:%|s|MB)(?![^\W_]))")
"""Between a figure and its unit."""

_BREAK = re.compile(r"(?<=[-,:/+_=])(?=\S)")
_PIPE_WIDTH = 240


def console_of(stream: TextIO, *, bold: bool) -> Console:
    """Return a console as wide as the terminal behind `stream`, `COLUMNS` or a line of a file.

    It writes nothing itself: what it prints is to be captured, and written to the stream past a bar.
    """
    return Console(
        file=io.StringIO(),
        force_terminal=bold,
        color_system="standard" if bold else None,
        force_jupyter=False,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        width=None if stream.isatty() or os.environ.get("COLUMNS") else _PIPE_WIDTH,
    )


def wrap(line: str, console: Console) -> list[str]:
    """Break a line that is wider than the console at blanks; what follows is set in."""
    if cell_len(line) <= console.width:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    width = max(20, console.width - len(indent) - _GAP)
    bound = _UNIT.sub(_KEPT, line) if _KEPT not in line else line
    lines = _breakable(bound, width).wrap(console, width, overflow="fold")
    first, *rest = (_unmarked(one.plain).rstrip() for one in lines)
    if bound != line:
        first, *rest = (one.replace(_KEPT, " ") for one in (first, *rest))
    return [indent + first, *(" " * _GAP + indent + one for one in rest)]


def laid_out(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]], console: Console, rule: str
) -> str:
    """Lay a table out in the width of `console`, below a title if there is one; no line ends in blanks.

    Where not even the longest words fit side by side, the columns are split into several tables, each of
    which repeats the columns that distinguish the rows.

    Parameters
    ----------
    rule
        The character of the line below the header.
    """
    columns = [[name, *cells] for name, *cells in zip(header, *rows, strict=True)]
    with console.capture() as captured:
        for words in wrap(title, console) if title else ():
            console.print(Text(words, "bold"), soft_wrap=True)
        for number, part in enumerate(_parts(columns, console.width)):
            if number:
                console.print()
            for line in _lines([columns[i] for i in part], console, rule):
                console.print(line, soft_wrap=True)
    return captured.get()


def _breakable(text: str, width: int) -> Text:
    """Return a text that breaks at blanks, and words wider than `width` behind hyphens, commas, slashes."""
    words = (_BREAK.sub(_MARK, word) if cell_len(word) > width else word for word in text.split())
    return Text(" ".join(words))


def _unmarked(text: str) -> str:
    return text.replace(_MARK, "")


def _parts(columns: Sequence[Sequence[str]], width: int) -> list[list[int]]:
    """Return the numbers of the columns of each table."""
    least = [_longest_word(column) for column in columns]
    keys = list(range(_n_keys(columns)))
    parts, current = [], list(keys)
    for column in range(len(keys), len(columns)):
        if len(current) > len(keys) and _total([least[i] for i in (*current, column)]) > width:
            parts.append(current)
            current = list(keys)
        current.append(column)
    return [*parts, current]


def _n_keys(columns: Sequence[Sequence[str]]) -> int:
    """Columns from the left that distinguish the rows; one where none do."""
    rows = list(zip(*columns, strict=True))[1:]
    for count in range(1, len(columns)):
        if len({row[:count] for row in rows}) == len(rows):
            return count
    return 1


def _widths(columns: Sequence[Sequence[str]], width: int) -> list[int]:
    """Widths of the columns: as they like, or the widest narrowed to their longest words, or further."""
    widths = [max(1, *map(cell_len, column)) for column in columns]
    for least in ([_longest_word(column) for column in columns], [_WIDE_LETTER] * len(columns)):
        while _total(widths) > width:
            spare = [wide - low for wide, low in zip(widths, least, strict=True)]
            if max(spare) <= 0:
                break
            widths[spare.index(max(spare))] -= 1
    return widths


def _longest_word(column: Sequence[str]) -> int:
    words = (cell_len(word) for cell in column for word in cell.split())
    return min(_LONGEST_WORD, max(words, default=1))


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _lines(columns: Sequence[Sequence[str]], console: Console, rule: str) -> Iterator[Text]:
    """Give the lines of a table whose columns are side by side."""
    widths = _widths(columns, console.width)
    box = Box(str(SIMPLE_HEAD).replace("─", rule))
    # A place of padding and one of the box between columns; the one behind the last is cut off below.
    table = Table(box=box, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    header, *rows = zip(*columns, strict=True)
    for name, width in zip(header, widths, strict=True):
        table.add_column(_breakable(name, width), width=width, overflow="fold")
    for row in rows:
        table.add_row(*map(_breakable, row, widths))
    room = console.options.update(width=_total(widths) + 1)
    for segments in console.render_lines(table, room, pad=False):
        line = Text.assemble(*((_unmarked(one.text), one.style or "") for one in segments))
        line.truncate(_total(widths), overflow="crop")
        line.rstrip()
        yield line
