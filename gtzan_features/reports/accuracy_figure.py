"""The picture of all accuracies with their intervals: a panel per protocol, a row per model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gtzan_features.reports.collect import segment_s
from gtzan_features.reports.colours import GRID, LEAKED, LEAKED_GROUND, SERIES, SOFT
from gtzan_features.reports.lettering import heading, label, letters_in, set_heading
from gtzan_features.reports.paired import FLOOR
from gtzan_features.reports.protocols import protocol_order
from gtzan_features.reports.scored import SEGMENT, TRACK
from gtzan_features.reports.tables import accuracy_cell
from gtzan_features.rounding import percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_LONGEST_MODEL = 36
_WIDTH = 8.3  # inches, which are the 830 pixels of a front page
_MARKS = ("o", "s", "^", "D", "v", "P")
_LANE = 0.155  # inches for each mark of a row
_NUMBER, _WORDS = 7.5, 9.0  # points


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    """A row length and a way to gather, the same colour and mark in all panels."""

    segments: str
    level: str
    colour: str
    mark: str

    @property
    def name(self) -> str:
        if self.level == TRACK:
            return f"{self.segments}, one row per track"
        return f"{self.segments}, " + (
            "single segments" if self.level == SEGMENT else f"tracks by {self.level}"
        )


def accuracy_figure(results: pd.DataFrame, title: str) -> Figure:
    """Draw accuracy by model and features, row length and aggregation, with 95 % intervals.

    A panel per protocol, at most three beside each other: honest ones from the easiest to the strictest,
    then leaked ones. A row is one model on one feature set; the most frequent genre is a dotted line.

    Parameters
    ----------
    results : DataFrame
        Rows of `collect.long_table` of one data set.
    title : str
        Above all panels; says so where the data are synthetic.
    """
    protocols = _protocols(results)
    models, floor = _without_floor(results)
    rows, series = _rows(models), _all_series(models)
    lanes = _lanes(models, rows, series)
    names = _names(rows)
    columns = min(3, len(protocols))
    lines = -(-len(protocols) // columns)
    margin = letters_in(max(len(line) for name in names for line in name.split("\n")), _WORDS)
    width = max(_WIDTH, margin + 2.1 * columns)
    height = (max(0.42, _LANE * len(series) + 0.1) * len(rows) + 0.95) * lines
    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    handles: dict[str, Artist] = {}
    for axes, (protocol, leaked) in zip(panels.flat, protocols, strict=False):
        part = models[models["protocol"] == protocol]
        handles |= _panel(axes, part, rows, series, lanes, with_intervals=columns == 1)
        for edge in range(1, len(rows)):
            axes.axhline(edge - 0.5, color=GRID, linewidth=0.8, zorder=0)
        _floor_line(axes, floor[floor["protocol"] == protocol])
        _dress(axes, f"LEAKED: {protocol}" if leaked else protocol, (width - margin) / columns, leaked=leaked)
    for axes in panels.flat[len(protocols) :]:
        axes.set_visible(False)
    panels[0, 0].set_yticks(range(len(rows)), names, fontsize=_WORDS)
    panels[0, 0].set_ylim(-0.6, len(rows) - 0.4)
    shown = {one.name: handles[one.name] for one in series if one.name in handles}
    if len(floor):
        shown["the most frequent genre, whatever the sound"] = Line2D([], [], color=SOFT, linestyle=":")
    _legend(figure, shown)
    set_heading(figure, _title(title, rows), 11)
    return figure


def accuracy_words(results: pd.DataFrame) -> str:
    """Say what to see in the picture: what its marks are, and how far the protocols are apart.

    Parameters
    ----------
    results : DataFrame
        As for `accuracy_figure`.
    """
    models, floor = _without_floor(results)
    marks = (
        "A row is a model, the one with the highest honest accuracy on top; a mark is a row length and a way "
        "to gather segments; lines through marks are 95 % intervals."
    )
    said = [marks]
    if len(floor) and len(models) != len(floor):
        said.append("The dotted line is the most frequent genre, whatever the sound.")
    bests = [
        f"{percent(models[models['protocol'] == protocol]['accuracy'].max())} % under "
        f"{'LEAKED ' if leaked else ''}{protocol}"
        for protocol, leaked in _protocols(models)
    ]
    if len(bests) > 1:
        said.append(f"The highest accuracies are {', '.join(bests)}.")
    return " ".join(said)


def _protocols(results: pd.DataFrame) -> list[tuple[str, bool]]:
    """Return each protocol and whether it leaks, honest ones first, from the easiest to the strictest."""
    found = set(zip(results["protocol"].astype(str), results["leaked"].astype(bool), strict=True))
    return sorted(found, key=lambda key: (key[1], protocol_order(key[0])))


def _without_floor(results: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the models, and the floor apart from them; where there is only the floor, it is a model."""
    is_floor = results["model"].astype(str) == FLOOR
    return (results, results[:0]) if is_floor.all() else (results[~is_floor], results[is_floor])


def _rows(results: pd.DataFrame) -> list[tuple[str, str]]:
    """Return (model, features) from the bottom of the picture to its top: the best honest one last."""
    honest = results[~results["leaked"]] if (~results["leaked"]).any() else results
    best = honest.groupby(["model", "features"])["accuracy"].max().sort_values()
    rows = [(str(model), str(features)) for model, features in best.index]
    every = sorted(set(zip(results["model"].astype(str), results["features"].astype(str), strict=True)))
    return [row for row in every if row not in rows] + rows


def _names(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Return what each row is called: by its features, too, where not all are the same."""
    if len({features for _, features in rows}) == 1:
        return [label(model, _LONGEST_MODEL) for model, _ in rows]
    return [f"{label(model, _LONGEST_MODEL)}\n{label(features, _LONGEST_MODEL)}" for model, features in rows]


def _title(title: str, rows: Sequence[tuple[str, str]]) -> str:
    features = {features for _, features in rows}
    return f"{title} (features: {next(iter(features))})" if len(features) == 1 else title


def _all_series(results: pd.DataFrame) -> list[_Series]:
    levels = (TRACK, SEGMENT, "vote", "mean")
    found = {(str(s), str(a)) for s, a in zip(results["segments"], results["aggregation"], strict=True)}
    keys = sorted((k for k in found if k[1] in levels), key=lambda k: (-segment_s(k[0]), levels.index(k[1])))
    return [
        _Series(segments=s, level=a, colour=SERIES[i % len(SERIES)], mark=_MARKS[i % len(_MARKS)])
        for i, (s, a) in enumerate(keys)
    ]


def _lanes(
    results: pd.DataFrame, rows: Sequence[tuple[str, str]], series: Sequence[_Series]
) -> dict[tuple[str, str], list[int]]:
    """Return the numbers of the series that each row has under any protocol, from its top to its bottom."""
    names = ("model", "features", "segments", "aggregation")
    found = set(zip(*(results[name].astype(str) for name in names), strict=True))
    return {
        row: [at for at, one in enumerate(series) if (*row, one.segments, one.level) in found] for row in rows
    }


def _lane(numbers: Sequence[int], number: int) -> float:
    """Return how many lanes above the middle of its row a series is drawn."""
    return (len(numbers) - 1) / 2 - numbers.index(number)


def _panel(
    axes: Axes,
    results: pd.DataFrame,
    rows: Sequence[tuple[str, str]],
    series: Sequence[_Series],
    lanes: Mapping[tuple[str, str], Sequence[int]],
    *,
    with_intervals: bool,
) -> dict[str, Artist]:
    """Draw one protocol, a figure beside each mark, and return a mark of each series that it has."""
    share = _LANE / max(0.42, _LANE * len(series) + 0.1)  # of a row, for each mark
    handles: dict[str, Artist] = {}
    for number, one in enumerate(series):
        part = results[(results["segments"] == one.segments) & (results["aggregation"] == one.level)]
        if part.empty:
            continue
        found = list(zip(part["model"], part["features"], strict=True))
        places = [rows.index(row) + share * _lane(lanes[row], number) for row in found]
        accuracy, low, high = (100 * part[name].to_numpy() for name in ("accuracy", "ci_low", "ci_high"))
        drawn = axes.errorbar(
            accuracy,
            np.array(places),
            xerr=np.abs([accuracy - low, high - accuracy]),
            fmt=one.mark,
            color=one.colour,
            markersize=4.5,
            elinewidth=1.3,
            capsize=0,
        )
        handles[one.name] = cast("Artist", drawn)  # as a legend takes it
        for value, place, left, right in zip(accuracy, places, low, high, strict=True):
            cell = (
                accuracy_cell(value / 100, left / 100, right / 100)
                if with_intervals
                else percent(value / 100)
            )
            _write_beside(axes, cell, place, (min(left, value), max(right, value)))
    return handles


def _write_beside(axes: Axes, text: str, place: float, ends: tuple[float, float]) -> None:
    """Write a figure at the right of its interval; at the left of one that ends near the border."""
    at_right = ends[1] < 82
    written = axes.annotate(
        text,
        (ends[1] if at_right else ends[0], place),
        (4 if at_right else -4, 0),
        textcoords="offset points",
        ha="left" if at_right else "right",
        va="center",
        fontsize=_NUMBER,
    )
    written.set_in_layout(False)  # the layout would measure each of a hundred; it stands inside the panel


def _floor_line(axes: Axes, floor: pd.DataFrame) -> None:
    for value in sorted({round(100 * float(one), 1) for one in floor["accuracy"]})[-1:]:
        axes.axvline(value, color=SOFT, linestyle=":", linewidth=1.3, zorder=1)


def _dress(axes: Axes, name: str, inches: float, *, leaked: bool) -> None:
    axes.set_title(heading(name, inches - 0.2), fontsize=10, color=LEAKED if leaked else "black")
    if leaked:
        axes.set_facecolor(LEAKED_GROUND)
    axes.set_xlabel("accuracy, %", fontsize=_WORDS)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlim(0, 103)
    axes.tick_params(labelbottom=True, labelsize=_WORDS)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def _legend(figure: Figure, shown: Mapping[str, Artist]) -> None:
    """Put the legend below, on as many lines as its names need."""
    per_line = max(1, int(figure.get_figwidth() / (letters_in(max(map(len, shown)), _WORDS) + 0.6)))
    lines = -(-len(shown) // per_line)
    figure.set_figheight(figure.get_figheight() + 0.2 * lines + 0.45)
    figure.legend(
        list(shown.values()),
        list(shown),
        loc="outside lower left",
        ncols=per_line,
        fontsize=_WORDS,
        frameon=False,
    )
