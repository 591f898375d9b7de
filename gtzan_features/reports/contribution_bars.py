"""A picture of contributions: a bar for each family of features, with its figure and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from gtzan_features.reports.colours import AGAINST, FOR, GRID, INK
from gtzan_features.reports.lettering import heading, label, set_heading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

_WIDTH = 8.3
_LETTERS = 9.0


def bars_figure(
    values: Mapping[str, float],
    unit: str,
    title: str,
    figure: Figure | None = None,
    *,
    words: Mapping[str, str] | None = None,
    genre: str = "",
) -> Figure:
    """Draw one bar per name, the largest on top, with its figure; `unit` says what they measure.

    A bar over zero has the colour of what speaks for the genre, one below that of what speaks against it.
    An empty figure to draw into gets the size that is needed.

    Parameters
    ----------
    values : mapping
        By name.
    unit, title : str
        Below and above.
    figure : Figure, optional
        To draw into.
    words : mapping, optional
        What a name means; stands below it.
    genre : str
        What the bars speak for or against; empty where they have no sides.
    """
    ordered = sorted(values.items(), key=lambda pair: pair[1])
    words = words or {}
    figure = figure or Figure()
    figure.set_size_inches(_WIDTH, 0.4 * len(ordered) + (1.6 if genre else 1.25))
    figure.set_layout_engine("constrained")
    axes = figure.subplots()
    colours = [FOR if value > 0 else AGAINST for _, value in ordered]
    axes.barh(range(len(ordered)), [value for _, value in ordered], color=colours, height=0.62)
    for row, (_, value) in enumerate(ordered):
        _write_beside(axes, row, value)
    names = [f"{label(name)}\n{words[name]}" if name in words else label(name) for name, _ in ordered]
    axes.set_yticks(range(len(ordered)), names, fontsize=_LETTERS)
    axes.set_ylim(-0.6, len(ordered) - 0.4)
    axes.set_xlim(*_limits([value for _, value in ordered]))
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_xlabel(heading(unit, 5.8, _LETTERS), fontsize=_LETTERS, loc="right")
    axes.tick_params(axis="x", labelsize=_LETTERS)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    if genre:
        _name_sides(axes, label(genre, 24), least=min(values.values()), most=max(values.values()))
    set_heading(figure, title)
    return figure


def _name_sides(axes: Axes, genre: str, *, least: float, most: float) -> None:
    """Say above the bars which side speaks for the genre, and which against it."""
    if least < 0:
        axes.set_title(f"speaks against {genre}", fontsize=_LETTERS, color=AGAINST, loc="left")
    if most > 0:
        axes.set_title(f"speaks for {genre}", fontsize=_LETTERS, color=FOR, loc="right")


def _limits(values: Sequence[float]) -> tuple[float, float]:
    """Return an axis with room for figures beside the bars, and no side that nothing stands on."""
    least, most = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    room = 0.14 * ((most - least) or 1.0)
    return (least - room if least < 0 else 0.0), (most + room if most > 0 or not least else 0.0)


def _write_beside(axes: Axes, row: int, value: float) -> None:
    at_right = value >= 0
    axes.annotate(
        f"{value:+.3f}",
        (value, row),
        (4 if at_right else -4, 0),
        textcoords="offset points",
        ha="left" if at_right else "right",
        va="center",
        fontsize=_LETTERS,
    )
