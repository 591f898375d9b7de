"""A figure as SVG that stands inside HTML and takes the colour of its text, light or dark."""

from __future__ import annotations

import hashlib
import io
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.colors import to_hex

from gtzan_features.reports.colours import BLUE, GREEN, LEAKED, PALE, SOFT, VERMILION
from gtzan_features.reports.lettering import set_fonts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

_MARK = "#010203"
"""Drawn by nothing else: stands for the colour of the text around the picture."""

_FONTS = "'DejaVu Sans', Verdana, sans-serif"
_GRID = "#cccccc"
_OF_PAGE = {
    BLUE.lower(): "var(--s0)",
    VERMILION.lower(): "var(--s1)",
    GREEN.lower(): "var(--s2)",
    SOFT.lower(): "var(--soft)",
    LEAKED.lower(): "var(--leak)",
    PALE.lower(): "color-mix(in srgb, var(--s0) 18%, transparent)",
}
"""What the colours of pictures are on a page, where the ground may be dark."""


def inline_svg(figure: Figure, words: str, name: str = "") -> Markup:
    """Return a figure as an SVG element without ground, whose axes and letters have the page's colour.

    It needs no other file and names no address. Data keep their colours.

    Parameters
    ----------
    figure : Figure
        Any; as it was afterwards.
    words : str
        What the picture shows, for those who cannot see it.
    name : str
        Tells the parts of one picture from those of an equal one on the same page.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> figure = Figure(figsize=(2, 1))
    >>> _ = figure.subplots().plot([1, 2])
    >>> svg = inline_svg(figure, "a line that rises")
    >>> str(svg)[:62], "http" in svg, "currentColor" in svg
    ('<svg role="img" aria-label="a line that rises" viewBox="0 0 14', False, True)
    """
    set_fonts(figure)
    text = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "gtzan"}), _marked(figure):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    return _as_element(text.getvalue(), words, name)


def page_svg(figure: Figure, words: str, name: str) -> Markup:
    """Return a figure as `inline_svg` does, data in the colours of ``page.css``, which knows dark mode.

    Parameters
    ----------
    figure, words, name
        As for `inline_svg`.
    """
    svg = str(inline_svg(figure, words, name))
    for colour, of_page in _OF_PAGE.items():
        svg = svg.replace(colour, of_page)
    return Markup(svg)


@contextmanager
def _marked(figure: Figure) -> Iterator[None]:
    """Give what is black around the data, not in it, the colour `_MARK` for a while."""
    black = [artist for artist in _frame_artists(figure) if to_hex(_colour(artist)) == "#000000"]
    for artist in black:
        _set_colour(artist, _MARK)
    try:
        yield
    finally:
        for artist in black:
            _set_colour(artist, "black")


def _frame_artists(figure: Figure) -> Iterator[Any]:
    yield from figure.texts
    yield from _letters(figure.legends)
    suptitle: Any = getattr(figure, "_suptitle", None)
    if suptitle is not None:
        yield suptitle
    for axes in figure.axes:
        yield from axes.spines.values()
        yield from (axes.title, axes._left_title, axes._right_title)  # type: ignore[attr-defined]
        yield from _letters([legend] if (legend := axes.get_legend()) else [])
        for axis in (axes.xaxis, axes.yaxis):
            yield axis.label
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                yield from (tick.tick1line, tick.tick2line, tick.label1, tick.label2)
        colourbar: Any = getattr(axes, "_colorbar", None)
        if colourbar is not None:
            yield colourbar.outline


def _letters(legends: list[Any]) -> Iterator[Artist]:
    for legend in legends:
        yield from legend.get_texts()


def _colour(artist: Any) -> Any:  # noqa: ANN401 - lines, texts and patches name their colour differently
    return artist.get_color() if hasattr(artist, "get_color") else artist.get_edgecolor()


def _set_colour(artist: Any, colour: str) -> None:  # noqa: ANN401 - as above
    if not hasattr(artist, "get_color"):
        artist.set_edgecolor(colour)
        return
    artist.set_color(colour)
    if hasattr(artist, "set_markeredgecolor"):  # ticks are markers
        artist.set_markeredgecolor(colour)


def _as_element(document: str, words: str, name: str) -> Markup:
    """Take out of an SVG document what only a file of its own needs, and make its names unique on a page."""
    inside = document[document.index("<svg") :]
    box = re.search(r'viewBox="([^"]+)"', inside)
    assert box is not None
    inside = inside[inside.index(">") + 1 : inside.rindex("</svg>")]
    inside = re.sub(r"\s*<metadata>.*?</metadata>", "", inside, flags=re.DOTALL)
    # That style would hold for every picture of the page.
    inside = re.sub(r"\s*<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", inside, flags=re.DOTALL)
    # Or the page would shine through between the cells.
    inside = inside.replace('<g id="QuadMesh', '<g shape-rendering="crispEdges" id="QuadMesh')
    used = set(re.findall(r'(?:url\(|href=")#([^)"]+)', inside))
    marked = f"{name}\n{document}".encode(errors="surrogateescape")
    prefix = f"g{hashlib.sha256(marked).hexdigest()[:8]}-"
    inside = re.sub(r' id="([^"]*)"', lambda m: f' id="{prefix}{m[1]}"' if m[1] in used else "", inside)
    inside = re.sub(r'(url\(|href=")#', rf"\1#{prefix}", inside)
    inside = re.sub(r"font-family: [^;\"]*", f"font-family: {_FONTS}", inside)
    inside = re.sub(r"font: ([^;\"]*?[0-9.]+px) [^;\"]*", rf"font: \1 {_FONTS}", inside)
    inside = inside.replace(_MARK, "currentColor")
    inside = inside.replace(f"stroke: {_GRID}", "stroke: currentColor; stroke-opacity: 0.2")
    # Half the bytes: a hundredth of a point is finer than any screen.
    inside = re.sub(r'="[^"]*"', lambda m: re.sub(r"(\.\d\d)\d+|\s+", lambda n: n[1] or " ", m[0]), inside)
    inside = re.sub(r">\s+<", "><", inside)
    width = float(box[1].split()[2])
    style = (
        f"width: 100%; max-width: {width:.0f}pt; height: auto; fill: currentColor; "
        "stroke-linejoin: round; stroke-linecap: butt"
    )
    head = f'<svg role="img" aria-label="{escape(words)}" viewBox="{box[1]}" style="{style}">'
    return Markup(f"{head}{inside.strip()}</svg>")
