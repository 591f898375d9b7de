"""The genre of a file over time, as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from gtzan_features.errors import ConfigError
from gtzan_features.reports.colours import BLUE, GRID, PROBABILITIES
from gtzan_features.reports.lettering import label, set_fonts, set_heading
from gtzan_features.rounding import clock, decimals
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.locking import output_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from matplotlib.axes import Axes

_WIDTH = 8.3
_LONGEST_GENRE = 24
_MOST_CELLS = 120
"""Cells beside each other in a picture; those of a longer file are means of neighbours."""

_MINUTE_S = 90.0
"""From this length on, times are minutes and seconds."""

_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_LETTERS = 9.0

FORMATS = (".png", ".svg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The genre of a file over time.

    Attributes
    ----------
    title : str
        Above the picture; by which model, in a line of its own.
    genres : sequence of str
        In the order of the probabilities.
    bounds_s : sequence of (start, end)
        Of each segment, in seconds.
    segments : sequence of sequence of float, shape (n_segments, n_genres)
        Probabilities within [0, 1].
    overall : sequence of float
        Of the whole file, one for each genre.
    kind : str
        What the probabilities are of: "genre", or "label" where a file may have several.
    """

    title: str
    genres: Sequence[str]
    bounds_s: Sequence[tuple[float, float]]
    segments: Sequence[Sequence[float]]
    overall: Sequence[float]
    kind: str = "genre"


def timeline_figure(shown: Timeline, figure: Figure | None = None) -> Figure:
    """Draw the probabilities of each segment of a file over time, and those of the file beside them.

    The most probable genre of the file is the first row. Where a genre is the most probable one, a line runs
    through its row. Of more than 120 segments, neighbours are drawn as their mean.

    Parameters
    ----------
    shown : Timeline
        What is drawn.
    figure : Figure, optional
        An empty one to draw into, which gets the size that is needed.
    """
    order = np.argsort(-np.asarray(shown.overall, dtype=np.float64), kind="stable")
    p, edges, pooled = _pooled(np.asarray(shown.segments, dtype=np.float64).T[order], shown.bounds_s)
    figure = figure or Figure()
    figure.set_size_inches(_WIDTH, 0.3 * len(order) + 1.75)
    figure.set_layout_engine("constrained")
    over_time, whole = figure.subplots(1, 2, sharey=True, width_ratios=[4, 1])
    rows = np.arange(len(order) + 1) - 0.5
    mesh = over_time.pcolormesh(edges, rows, 100 * p, cmap=PROBABILITIES, vmin=0, vmax=100, rasterized=False)
    for start, end, winner in _spans(p.argmax(axis=0), edges):
        for width, colour in ((4.0, "black"), (2.2, "white")):
            over_time.plot(
                [start, end], [winner, winner], color=colour, linewidth=width, solid_capstyle="butt"
            )
    names = [label(shown.genres[i], _LONGEST_GENRE) for i in order]
    over_time.set_yticks(range(len(order)), names, fontsize=_LETTERS)
    over_time.set_ylim(len(order) - 0.5, -0.5)
    over_time.tick_params(axis="y", length=0)
    _label_time(over_time, edges, pooled)
    _draw_whole(whole, 100 * np.asarray(shown.overall, dtype=np.float64)[order])
    colours = figure.colorbar(mesh, ax=over_time, location="bottom", aspect=45, shrink=0.62, pad=0.02)
    line = "" if p.shape[0] < 2 else f"; white line: the most probable {shown.kind} of that time"
    colours.set_label(f"probability, %{line}", fontsize=_LETTERS)
    colours.ax.tick_params(labelsize=8)
    set_heading(figure, shown.title)
    return figure


def _pooled(
    p: npt.NDArray[np.float64], bounds_s: Sequence[tuple[float, float]]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], int]:
    """Return probabilities, edges of cells in seconds, and segments in a cell: of a long file, means."""
    edges = np.array([bounds_s[0][0], *(end for _, end in bounds_s)])
    each = -(-p.shape[1] // _MOST_CELLS)
    if each == 1:
        return p, edges, 1
    starts = np.arange(0, p.shape[1], each)
    counts = np.diff(np.append(starts, p.shape[1]))
    return np.add.reduceat(p, starts, axis=1) / counts, np.append(edges[starts], edges[-1]), each


def _spans(
    winners: npt.NDArray[np.intp], edges: npt.NDArray[np.float64]
) -> Iterator[tuple[float, float, int]]:
    """Give (start, end, row) of each stretch of cells with the same winner."""
    begins = np.flatnonzero(np.diff(winners, prepend=-1))
    for begin, end in zip(begins, [*begins[1:], len(winners)], strict=True):
        yield float(edges[begin]), float(edges[end]), int(winners[begin])


def _label_time(axes: Axes, edges: npt.NDArray[np.float64], pooled: int) -> None:
    """Put times below: seconds, or minutes and seconds, at round places."""
    start, end = float(edges[0]), float(edges[-1])
    ticks = round_times(start, end)
    in_minutes = end - start >= _MINUTE_S
    axes.set_xticks(ticks, [clock(t) if in_minutes else f"{t:g}" for t in ticks], fontsize=_LETTERS)
    axes.set_xlim(start, end)
    mean = f", a cell is the mean of {pooled} segments" if pooled > 1 else ""
    unit = "s" if not in_minutes else "min:s" if end < 3600 else "h:min:s"
    axes.set_xlabel(f"time, {unit}{mean}", fontsize=_LETTERS)


def round_times(start: float, end: float) -> npt.NDArray[np.float64]:
    """Return times for an axis, at most nine of them: whole seconds, minutes or hours.

    Examples
    --------
    >>> round_times(0.0, 30.0).tolist(), round_times(31.2, 51.2).tolist()
    ([0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0], [35.0, 40.0, 45.0, 50.0])
    """
    step = next((s for s in _STEPS_S if (end - start) / s <= 8), _STEPS_S[-1])
    return np.arange(np.ceil(start / step) * step, end + 1e-6, step, dtype=np.float64)


def _draw_whole(axes: Axes, percents: npt.NDArray[np.float64]) -> None:
    axes.barh(range(len(percents)), percents, height=0.6, color=BLUE)
    for row, value in enumerate(percents):
        inside = value > 60
        axes.annotate(
            decimals(value, 1),
            (value, row),
            (-3 if inside else 3, 0),
            textcoords="offset points",
            ha="right" if inside else "left",
            va="center",
            fontsize=8,
            color="white" if inside else "black",
        )
    axes.set_xlim(0, 100)
    axes.set_xticks((0, 50, 100), ("0", "50", "100"), fontsize=_LETTERS)
    axes.set_xlabel("whole file, %", fontsize=_LETTERS)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def save_timeline(figure: Figure, path: Path) -> None:
    """Write the picture as PNG or SVG, by its ending, whole or not at all.

    Raises
    ------
    ConfigError
        If the ending is neither.
    """
    kind = path.suffix.lower()
    if kind not in FORMATS:
        msg = f"{path}: a timeline is written as .png or .svg. Give a name with one of these endings"
        raise ConfigError(msg)
    metadata: dict[str, None] = {"Software": None} if kind == ".png" else {"Date": None}
    set_fonts(figure)
    with output_lock(path), atomic_path(path) as temporary:
        figure.savefig(temporary, format=kind[1:], dpi=110, metadata=metadata)
