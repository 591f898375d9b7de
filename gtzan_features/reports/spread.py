"""How values lie by genre: a dot for each track where there are few, boxes where there are many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from gtzan_features.reports.colours import BLUE, GRID, PALE, SOFT, VERMILION
from gtzan_features.reports.lettering import label, letters_in, set_heading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from matplotlib.axes import Axes

    Array = npt.NDArray[np.floating]

MOST_DOTS = 25
"""Of a genre with more tracks than that, dots would hide each other: boxes are drawn."""

LONGEST_GENRE = 24
_LETTERS = 9.0
_ROW = 0.235  # inches
_MEDIAN = 0.32  # half the height of its line, in rows


def spread_words(by_genre: Mapping[str, Array]) -> str:
    """Say how `draw_spread` is to be read."""
    if _has_dots(by_genre):
        return "a dot is a track, the line the median"
    return "box: half of the tracks; line: the median; whiskers: 5 to 95 %"


def spread_figure(title: str, by_genre: Mapping[str, Array], name: str) -> Figure:
    """Draw how a quantity lies by genre.

    Parameters
    ----------
    title : str
        Above it.
    by_genre : mapping
        One value per track, by genre.
    name : str
        Of the quantity, with its unit.
    """
    figure = Figure(figsize=(4.9, 0.95 + _ROW * len(by_genre)), layout="constrained")
    axes = figure.subplots()
    draw_spread(axes, by_genre)
    name_rows(axes, list(by_genre))
    axes.set_xlabel(name, fontsize=_LETTERS)
    set_heading(figure, title, _LETTERS)
    return figure


def draw_spread(axes: Axes, by_genre: Mapping[str, Array]) -> None:
    """Draw a row for each genre, the first one on top; the rows are not named."""
    if _has_dots(by_genre):
        for row, values in enumerate(by_genre.values()):
            axes.scatter(values, np.full(len(values), row), s=22, color=BLUE, alpha=0.6, linewidth=0)
            middle = float(np.median(values))
            axes.plot([middle, middle], [row - _MEDIAN, row + _MEDIAN], color=VERMILION, linewidth=2)
    else:
        axes.boxplot(
            list(by_genre.values()),
            positions=range(len(by_genre)),
            orientation="horizontal",
            manage_ticks=False,
            whis=(5, 95),
            widths=0.6,
            patch_artist=True,
            boxprops={"facecolor": PALE, "edgecolor": BLUE},
            whiskerprops={"color": BLUE},
            capprops={"color": BLUE},
            medianprops={"color": VERMILION, "linewidth": 2},
            flierprops={"marker": ".", "markersize": 3, "markeredgecolor": SOFT},
        )
    axes.set_ylim(len(by_genre) - 0.5, -0.5)
    axes.set_yticks([])
    axes.tick_params(labelsize=_LETTERS)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def name_rows(axes: Axes, genres: Sequence[str]) -> None:
    """Write genres beside the rows of `draw_spread`."""
    axes.set_yticks(range(len(genres)), [label(genre, LONGEST_GENRE) for genre in genres])
    axes.tick_params(axis="y", length=0, labelsize=_LETTERS)


def overview_figure(title: str, seconds: Mapping[str, Array], loudness_db: Mapping[str, Array]) -> Figure:
    """Draw how many tracks each genre has, how long they are and how loud.

    Parameters
    ----------
    title : str
        Above it.
    seconds, loudness_db : mapping
        Length in s, and level in dB of full scale, of each track by genre; the same genres in both.
    """
    names = max(letters_in(len(label(genre, LONGEST_GENRE)), _LETTERS) for genre in seconds)
    figure = Figure(figsize=(7.4 + names, 1.15 + _ROW * len(seconds)), layout="constrained")
    counts, lengths, levels = figure.subplots(1, 3, width_ratios=[0.8, 1, 1.2])
    for row, values in enumerate(seconds.values()):
        counts.barh(row, len(values), height=0.62, color=BLUE)
        counts.annotate(
            f"{len(values)}", (len(values), row), (4, 0), textcoords="offset points", va="center", fontsize=8
        )
    counts.set_ylim(len(seconds) - 0.5, -0.5)
    counts.set_xlim(0, 1.2 * max(map(len, seconds.values())))
    counts.set_xticks([])
    counts.spines[["top", "right", "bottom"]].set_visible(False)
    name_rows(counts, list(seconds))
    in_minutes = max(float(values.max()) for values in seconds.values()) >= 120
    draw_spread(lengths, {g: values / (60 if in_minutes else 1) for g, values in seconds.items()})
    lengths.set_xlim(left=0)
    draw_spread(levels, loudness_db)
    for axes, words in (
        (counts, "tracks"),
        (lengths, f"length, {'min' if in_minutes else 's'}"),
        (levels, "loudness, dB of full scale"),
    ):
        axes.set_title(words, fontsize=_LETTERS, loc="left")
    set_heading(figure, title, _LETTERS)
    return figure


def _has_dots(by_genre: Mapping[str, Array]) -> bool:
    return max(map(len, by_genre.values())) <= MOST_DOTS
