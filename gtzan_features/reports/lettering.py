"""Text in pictures: any name is drawn as it is, in any script, and never as markup.

Matplotlib takes ``$x$`` for a formula, leaves labels out that begin with an underscore, and draws a box for
a character that its font lacks. Here a name is made fit where it is put into a picture (`label`), and the
fonts that its characters need are found where the picture is written (`set_fonts`).
"""

from __future__ import annotations

import textwrap
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from gtzan_features.text import one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NO_LETTERS = ("Last Resort", "STIXNonUnicode", "STIXSize", "cm")
"""Fonts of formulas, whose codes are not those of letters, and of boxes that replace any character."""

_PLAIN = (400, "normal", "regular", "book")

LONGEST = 48
"""Characters of a name in a picture; the middle of a longer one is left out."""


def label(name: str, longest: int = LONGEST) -> str:
    r"""Return a name as a text that matplotlib draws as `name`, on one line.

    What no installed font can draw is written as its code, so that two such names can be distinguished.

    Examples
    --------
    >>> print(label("$x$"), label("hip_hop"), label("a" * 60))
    \$x\$ hip_hop aaaaaaaaaaaaaaaaaaaaaaaaaaaa…aaaaaaaaaaaaaaaaaaa
    """
    text = _shortened(_drawn(name), longest)
    # A space before it: a legend leaves out what begins with an underscore.
    return _unmarked(f" {text}" if text.startswith("_") else text)


def heading(text: str, inches: float, size: float = 10.0) -> str:
    """Return a heading as `label` has it, on as many lines as it needs in a width of so many inches.

    `size` is that of the letters, in points; a line break in `text` stays one.
    """
    drawn = ["".join(_drawn(line)) for line in text.split("\n")]
    wide = any(unicodedata.east_asian_width(c) in "WF" for line in drawn for c in line)
    width = int(inches / letters_in(1, size) / (1.8 if wide else 1.0))
    return "\n".join(
        _unmarked(part) for line in drawn for part in textwrap.wrap(line, max(width, 12)) or [""]
    )


def set_heading(figure: Figure, text: str, size: float = 10.0) -> None:
    """Put a heading over a figure, at its left; the figure grows by the lines that it has more than one."""
    lines = heading(text, figure.get_figwidth() - 0.2, size)
    figure.suptitle(lines, fontsize=size, x=0.01, ha="left")
    figure.set_figheight(figure.get_figheight() + lines.count("\n") * 1.3 * size / 72)


def letters_in(count: int, size: float = 10.0) -> float:
    """Return the width in inches that so many letters take at most, on average, at a size in points."""
    return count * size * 0.62 / 72


def set_fonts(figure: Figure) -> None:
    """Give each text of a figure the fonts that its characters need beside its own."""
    for axes in figure.axes:
        # Ticks are made when they are asked for: afterwards their labels are among the figure's texts.
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_ticklabels()
    for text in figure.findobj(Text):
        if isinstance(text, Text) and not text.get_text().isascii():
            needed = (_font_of(c) for c in text.get_text() if not _is_in_own_font(c))
            others = dict.fromkeys(name for name in needed if name)
            if others:
                text.set_fontfamily([*text.get_fontfamily(), *others])


def _unmarked(text: str) -> str:
    # Without an even number of plain dollars nothing is a formula, and the backslashes are not drawn.
    return text.replace("$", r"\$")


def _drawn(name: str) -> list[str]:
    """Return what is drawn for each character of a name: itself, or its code."""
    return [_drawable(c) if len(c) == 1 else c for c in map(one_line, name)]


def _shortened(drawn: list[str], longest: int) -> str:
    """Leave out the middle of what is drawn for each character; no code is cut in two."""
    if sum(map(len, drawn)) <= longest:
        return "".join(drawn)
    start: list[str] = []
    end: list[str] = []
    room = longest - 1
    while room > 0:
        # Three of five from the beginning.
        side, source = (start, 0) if 2 * len(start) <= 3 * len(end) else (end, -1)
        room -= len(drawn[source])
        if room >= 0:
            side.append(drawn.pop(source))
    return f"{''.join(start)}…{''.join(reversed(end))}"


def _drawable(character: str) -> str:
    """Return a character, or its code where no installed font has it."""
    if _is_in_own_font(character) or _font_of(character):
        return character
    if unicodedata.category(character) in ("Mn", "Me"):  # a mark over another letter, or a variant of it
        return ""
    return character.encode("unicode_escape").decode("ascii")


def _is_in_own_font(character: str) -> bool:
    return character.isascii() or character in _characters(_own_font())


@cache
def _own_font() -> str:
    return str(font_manager.findfont(font_manager.FontProperties()))


@lru_cache(maxsize=64)
def _characters(path: str) -> frozenset[str]:
    """Return the characters of a font; none of one whose letters are pictures of one size."""
    try:
        font = FT2Font(path)
    except (OSError, RuntimeError):
        return frozenset()
    return frozenset(map(chr, font.get_charmap())) if font.scalable else frozenset()


@cache
def _families() -> dict[str, str]:
    """Return the installed families with letters, by name, and the file of the plain style of each."""
    plain = [
        entry
        for entry in font_manager.fontManager.ttflist
        if (entry.style, entry.stretch) == ("normal", "normal") and entry.weight in _PLAIN
    ]
    lettered = (entry for entry in plain if not entry.name.startswith(_NO_LETTERS))
    return {entry.name: entry.fname for entry in sorted(lettered, key=lambda e: (e.name, e.fname))}


@cache
def _font_of(character: str) -> str:
    """Return the first installed family that has a character; empty where none has."""
    return next((name for name, path in _families().items() if character in _characters(path)), "")
