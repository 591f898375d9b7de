"""Pages with marks: what stands between two comments is a figure or a table, and is written from data.

::

    <!-- figure WORDS -->52.0 (46.4–57.0)<!-- /figure -->

    <!-- table NAME -->
    | … |
    <!-- end table -->

For WORDS see `facts`, for NAME `parts`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING

from figures.facts import Figure, figure
from figures.parts import named, part
from figures.sources import ROOT, FiguresError
from gtzan_features.tables.atomic import write_text
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from pathlib import Path

PATTERNS = (
    *("README.md", "ARCHITECTURE.md", "RELIABILITY.md", "SECURITY.md", "docs/**/*.md", "examples/*.ipynb"),
    *("reports/hearing.md", "reports/unlike.md", "reports/cnn.md"),
)
"""Pages that may have marks. Other pages of reports are written by commands, with all of their figures."""

RESULTS = "docs/results"
"""Pages that are little else than tables; below each stands what it was measured on."""

EVERY = "every figure"
"""The words of the table that lists the figures of all pages."""

LISTED = "reports/figures.csv"
"""All figures that are marked, and where they are from."""

FIGURE = re.compile(r"<!-- figure (?P<words>[^<>]+?) -->(?P<text>.*?)<!-- /figure -->", re.DOTALL)
TABLE = re.compile(
    r"(?P<start><!-- table (?P<words>[^<>]+?) -->)\n(?P<text>.*?)(?P<end><!-- end table -->)", re.DOTALL
)
_HALF = re.compile(r"<!-- */?(?:end )?(?:figure|table)\b.*?-->", re.DOTALL)
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def pages() -> list[Path]:
    """Return the pages that may have marks."""
    found = {path for pattern in PATTERNS for path in ROOT.glob(pattern)}
    return sorted(found, key=lambda path: (path.parent != ROOT, path.relative_to(ROOT).as_posix()))


def prose(path: Path) -> str:
    """Return the text of a page; of a notebook what its cells of Markdown say."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(one["source"]) for one in cells if one["cell_type"] == "markdown")


def without_marks(page: str) -> str:
    """Return a page without what is between marks; what is said of marks in a block of code is no mark."""
    return FIGURE.sub("", TABLE.sub("", _FENCED.sub("", page)))


def rewritten(page: str, *, told: bool = False) -> str:
    """Return a page with the figures and tables that the data have.

    With `told`, a line below each table that is taken whole from data says what it was measured on.

    Raises
    ------
    FiguresError
        If a mark names nothing or more than one thing, or lacks its other half.
    """
    if left := _HALF.search(without_marks(page)):
        message = f"without its other half, or inside another: {left[0]}"
        raise FiguresError(message)
    page = TABLE.sub(lambda m: _table(m, told=told), page)
    return FIGURE.sub(
        lambda m: f"<!-- figure {m['words']} -->{figure(m['words']).text}<!-- /figure -->", page
    )


def _table(mark: re.Match[str], *, told: bool) -> str:
    text, about = (every_figure(), "") if mark["words"] == EVERY else part(mark["words"])
    below = f"\n\n{about}" if told and about else ""
    return f"{mark['start']}\n{text.strip()}{below}\n{mark['end']}"


def marked(page: str) -> list[Figure]:
    """Return the figures that are marked on a page or are in its tables of ``tables.md``, each once."""
    words = [m["words"] for m in FIGURE.finditer(page)]
    words += [one for m in TABLE.finditer(page) for one in named(m["words"])]
    return [figure(one) for one in dict.fromkeys(words)]


def listed() -> str:
    """Return the table of all marked figures as CSV."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(("page", "figure", "shown", "tracks", "protocol", "audio", "source", "command"))
    for path in pages():
        for one in marked(path.read_text(encoding="utf-8")):
            place = path.relative_to(ROOT).as_posix()
            lines.writerow(
                (place, one.words, one.text, one.n, one.protocol, one.audio, one.source, one.command)
            )
    return out.getvalue()


def every_figure() -> str:
    """Return a table of all marked figures, by pages."""
    header = ("shown", "of", "audio", "from")
    found = []
    for path in pages():
        figures = marked(path.read_text(encoding="utf-8"))
        if not figures:
            continue
        name = path.relative_to(ROOT).as_posix()
        rows = tuple(
            (one.text, one.words.partition(";")[2].strip(), one.audio, one.source.partition(",")[0])
            for one in figures
        )
        found.append(
            f"## [{name}](../../{name})\n\n{TextTable(title='', header=header, rows=rows).markdown()}"
        )
    return "\n\n".join(found)


def _row(one: Figure) -> tuple[str, str, str, str]:
    return one.text, one.words.partition(";")[2].strip(), one.audio, one.source.partition(",")[0]


def stale() -> dict[Path, str]:
    """Return what the pages, and the list of figures, should be, where they are not as the data say.

    Raises
    ------
    FiguresError
        If a mark is wrong; the page is named.
    """
    found = {}
    for path in pages():
        old = path.read_text(encoding="utf-8")
        try:
            new = rewritten(old, told=ROOT / RESULTS in path.parents)
        except FiguresError as error:
            message = f"{path.relative_to(ROOT)}: {error}"
            raise FiguresError(message) from error
        if new != old:
            found[path] = new
    listing, path = listed(), ROOT / LISTED
    if not path.exists() or path.read_text(encoding="utf-8") != listing:
        found[path] = listing
    return found


def write_pages() -> list[Path]:
    """Write what is stale and return the paths.

    A page may take a figure from another that has marks itself, so that all are looked at again.
    """
    written: dict[Path, None] = {}
    turns = 0
    while found := stale():
        if (turns := turns + 1) > len(PATTERNS):
            message = f"no end: {', '.join(path.name for path in found)} changes what it is written from"
            raise FiguresError(message)
        for path, new in found.items():
            write_text(path, new)
            written[path] = None
    return list(written)
