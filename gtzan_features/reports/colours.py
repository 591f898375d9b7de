"""The one palette: what pictures and pages take their colours from, and what each colour means.

Hues are those of Okabe and Ito, which readers with any kind of colour vision can distinguish; beside a colour
stands always a shape, a pattern or a word. Pages have each hue in two shades, for light and for dark ground.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.colors import LinearSegmentedColormap

BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)

SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
"""Colours of series in a picture, in this order."""

INK, SOFT, GRID, PALE = "#1a1d21", "#55606b", "#cccccc", "#dceaf5"
"""Letters; words that are less; lines of a grid; the inside of a shape that has `BLUE` as its line."""

LEAKED, LEAKED_GROUND = "#a83200", "#fdeee6"
"""What has segments of one track on both sides: always with the word, as an area with a pattern, too."""

FOR, AGAINST = VERMILION, BLUE
"""What speaks for a genre, and what against it; each number has its sign, too."""

FOR_NAME, AGAINST_NAME = "orange", "blue"
"""What the two are called in words."""

LEVELS, SHARES, PROBABILITIES = "magma", "Blues", "cividis"
"""Colour maps: of levels in dB, of shares of a whole, and of probabilities over time."""

ON_PAGES = {
    "@for-light@": "#b34700",
    "@for-dark@": "#f0953f",
    "@against-light@": "#0067a5",
    "@against-dark@": "#56b4e9",
    "@for-name@": FOR_NAME,
    "@against-name@": AGAINST_NAME,
}
"""The same hues on the light and the dark ground of a page, with enough contrast to either."""


def with_colours(text: str) -> str:
    """Return a style sheet or script with the colours in place of their names."""
    for name, colour in ON_PAGES.items():
        text = text.replace(name, colour)
    return text


def signed_map() -> LinearSegmentedColormap:
    """Return the colours of a map around zero: `AGAINST` below, white at zero, `FOR` above."""
    from matplotlib.colors import LinearSegmentedColormap  # pages need no matplotlib

    return LinearSegmentedColormap.from_list("against-for", [AGAINST, "#ffffff", FOR])
