"""Colours with a meaning, the same one in every picture and on every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.colors import LinearSegmentedColormap

FOR, AGAINST = "#D55E00", "#0072B2"
"""What speaks for a genre, and what against it: vermilion and blue of Okabe and Ito's palette.

Colour-blind readers can distinguish the two, and each number has its sign.
"""

FOR_NAME, AGAINST_NAME = "orange", "blue"
"""What the two are called in words."""

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
