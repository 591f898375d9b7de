"""Text for Markdown."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = re.compile(r"(?<!`)(`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)\1(?!`)", re.DOTALL)
"""What stands in backticks, over the ends of lines, too."""

_INTERVAL = re.compile(r"<td>([-+−]?[\d.]+ \([-+−]?[\d.]+(?:–| to )[-+−]?[\d.]+\))</td>")
_FENCE = re.compile(r"\s*(```+|~~~+)")
_MARKS = re.compile(r"[*_\[\]#|]")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+\.) \S")


def plain(text: str) -> str:
    """Return words that are no Markdown as Markdown shows them; what stands in backticks stays code."""
    return outside_code(text, lambda words: _MARKS.sub(r"\\\g<0>", html.escape(words, quote=False)))


def with_whole_intervals(page: str) -> str:
    """Mark the cells of tables that are a figure with its interval, which no line may break.

    Examples
    --------
    >>> with_whole_intervals("<td>75.6 (72.3–78.8)</td><td>-2.1 (-4.0 to 0.3)</td><td>a (b)</td>")
    '<td class="whole">75.6 (72.3–78.8)</td><td class="whole">-2.1 (-4.0 to 0.3)</td><td>a (b)</td>'
    """
    return _INTERVAL.sub(r'<td class="whole">\1</td>', page)


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Change what stands in no backticks; they may begin in one line and end in the next."""
    found, at = [], 0
    for code in CODE.finditer(text):
        found += [change(text[at : code.start()]), code[0]]
        at = code.end()
    return "".join((*found, change(text[at:])))


def outside_fences(markdown: str, change: Callable[[str], str]) -> str:
    """Change the stretches of lines that stand in no block of code."""
    stretches: list[list[str]] = [[]]
    fence = ""
    for line in markdown.split("\n"):
        mark = _FENCE.match(line)
        stretches[-1].append(line)
        if fence and mark and mark[1].startswith(fence) and not line.strip(" `~"):
            fence = ""
            stretches.append([])
        elif not fence and mark:
            fence = mark[1]
            stretches.append([stretches[-1].pop()])
    # Every second one is code.
    texts = ["\n".join(lines) for lines in stretches]
    changed = [text if at % 2 else change(text) for at, text in enumerate(texts)]
    return "\n".join(text for text, lines in zip(changed, stretches, strict=True) if lines)


def as_lists(markdown: str) -> str:
    """Begin lists where GitHub begins them, too: below a line of text, without an empty line between."""
    return outside_fences(markdown, _lists_apart)


def _lists_apart(text: str) -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        before = lines[-1] if lines else ""
        below_text = before.strip() and not _ITEM.match(before) and not before.startswith(" ")
        lines += ["", line] if below_text and _ITEM.match(line) else [line]
    return "\n".join(lines)
