"""Tables of text in the width that there is: words are never cut, wide tables are laid out in parts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_GAP = "  "
_LONGEST_WORD = 32
"""Longer words, such as paths, may be cut where there is no room for them."""


def cell_width(text: str) -> int:
    """Return how many places of a terminal `text` takes.

    Examples
    --------
    >>> cell_width("José"), cell_width("日本"), cell_width("e\u0301")
    (4, 4, 1)
    """
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, width: int) -> list[str]:
    """Break a text at blanks into lines of at most `width` places; a word that is longer is cut.

    Examples
    --------
    >>> wrap("one row per track", 8)
    ['one row', 'per', 'track']
    >>> wrap("", 8)
    ['']
    """
    lines, line = [], ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if cell_width(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *whole, line = _cut(word, width)
        lines += whole
    return [*lines, line]


def _cut(word: str, width: int) -> list[str]:
    """Cut a word that is too long: behind a hyphen, comma or slash of it, else anywhere."""
    pieces = [""]
    for piece in _pieces(word):
        if pieces[-1] and cell_width(pieces[-1] + piece) > width:
            pieces.append("")
        for character in piece:
            if pieces[-1] and cell_width(pieces[-1] + character) > width:
                pieces.append("")
            pieces[-1] += character
    return pieces


def _pieces(word: str) -> list[str]:
    """Split a word where it may be broken.

    Examples
    --------
    >>> _pieces("full:-rhythm,-tonal")
    ['full:', '-', 'rhythm,', '-', 'tonal']
    """
    return re.findall(r"[^-,:/+_=]*[-,:/+_=]|[^-,:/+_=]+", word)


@dataclass(frozen=True, slots=True)
class Grid:
    """A header and rows of as many cells, each of one line."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    rule: str = "─"

    def lines(self, width: int) -> list[str]:
        """Lay the table out in at most `width` places; no line ends in blanks.

        Where not even the longest words stand side by side, the columns are split into several tables,
        each of which repeats the columns that tell the rows apart.
        """
        result: list[str] = []
        for columns in self._parts(width):
            result += [""] if result else []
            part = self._of(columns)
            result += part._laid_out(part._fitted(width))
        return result

    def _of(self, columns: Sequence[int]) -> Grid:
        rows = tuple(tuple(row[i] for i in columns) for row in self.rows)
        return Grid(tuple(self.header[i] for i in columns), rows, self.rule)

    def _parts(self, width: int) -> list[list[int]]:
        least = self._least()
        n_keys = self._n_keys()
        keys = list(range(n_keys))
        parts, current = [], list(keys)
        for column in range(n_keys, len(self.header)):
            if len(current) > n_keys and _total(least[i] for i in (*current, column)) > width:
                parts.append(current)
                current = list(keys)
            current.append(column)
        return [*parts, current]

    def _n_keys(self) -> int:
        """Columns from the left that tell the rows apart; one where none do."""
        for count in range(1, len(self.header)):
            if len({row[:count] for row in self.rows}) == len(self.rows):
                return count
        return 1

    def _cells(self, column: int) -> list[str]:
        return [self.header[column], *(row[column] for row in self.rows)]

    def _least(self, split: Callable[[str], list[str]] = str.split) -> list[int]:
        """Width of the longest word of each column, or of the longest piece of one."""
        words = ([word for cell in self._cells(i) for word in split(cell)] for i in range(len(self.header)))
        return [min(_LONGEST_WORD, max(map(cell_width, column), default=1)) for column in words]

    def _fitted(self, width: int) -> list[int]:
        """Widths of the columns: as they like, or with the widest narrowed down to their longest words."""
        widths = [max(map(cell_width, self._cells(i))) for i in range(len(self.header))]
        # Blanks give way before hyphens, and hyphens before letters.
        for least in (self._least(), self._least(_all_pieces), [1] * len(widths)):
            widths = _narrowed(widths, least, width)
        return widths

    def _laid_out(self, widths: list[int]) -> list[str]:
        head = _row(self.header, widths)
        rule = _GAP.join(self.rule * width for width in widths).rstrip()
        return [*head, rule, *(line for row in self.rows for line in _row(row, widths))]


def _total(widths: Iterable[int]) -> int:
    listed = list(widths)
    return sum(listed) + len(_GAP) * (len(listed) - 1)


def _narrowed(widths: list[int], least: list[int], width: int) -> list[int]:
    """Make the columns narrower that most exceed their least width, until all fit or none can give more."""
    widths = list(widths)
    while _total(widths) > width:
        spare = [wide - low for wide, low in zip(widths, least, strict=True)]
        if max(spare) <= 0:
            break
        widths[spare.index(max(spare))] -= 1
    return widths


def _all_pieces(cell: str) -> list[str]:
    return [piece for word in cell.split() for piece in _pieces(word)]


def _row(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    wrapped = [wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for number in range(max(map(len, wrapped))):
        pieces = [lines_[number] if number < len(lines_) else "" for lines_ in wrapped]
        padded = (piece + " " * (w - cell_width(piece)) for piece, w in zip(pieces, widths, strict=True))
        lines.append(_GAP.join(padded).rstrip())
    return lines
