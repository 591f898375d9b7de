"""The one picture: what a model keeps of its accuracy when whole tracks, and whole artists, are new to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from gtzan_features.errors import TableError
from gtzan_features.reports.colours import BLUE, GRID, INK, LEAKED, LEAKED_GROUND, SOFT
from gtzan_features.reports.figures import small_png
from gtzan_features.reports.scored import SEGMENT
from gtzan_features.rounding import decimals, percent
from gtzan_features.tables.atomic import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

SOURCE, PICTURE = "accuracy.csv", "hero.png"
"""What it is drawn from, and its name in the same folder."""

WIDTH_PX = 830
"""The width in which it is read on a front page; it is drawn with twice as many points."""

_LEFT = 0.026  # of the width
_PT = 72 / 100  # so many points are a pixel of the page
_TITLE, _NAME, _WORDS, _FIGURE, _SMALL = 25 * _PT, 19 * _PT, 15 * _PT, 24 * _PT, 13 * _PT


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A way to divide: its protocol in ``accuracy.csv``, whether it leaks, and what is apart, in words."""

    protocol: str
    leaked: bool
    name: str
    words: str


STEPS = (
    _Step(
        protocol="segment 70/30",
        leaked=True,
        name="New segments",
        words="LEAKED: pieces of the same tracks were in training",
    ),
    _Step(
        protocol="track 10-fold",
        leaked=False,
        name="New tracks",
        words="other tracks of the same artists may be in training",
    ),
    _Step(
        protocol="artist 3-fold",
        leaked=False,
        name="New artists",
        words="nothing of theirs was in training",
    ),
)
"""From the leak to the strictest; one model, one table, and the same row is what is counted."""

_TOLD = "XGBoost, GTZAN, Kaggle's 57 columns: 3 s segments whose genre is right (95 % interval over artists)."

_RUN: dict[str, object] = {
    "dataset": "GTZAN",
    "model": "xgboost",
    "features": "kaggle",
    "segments": "3s",
    "aggregation": SEGMENT,
    "seed": 0,
}


def hero_rows(results: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the picture, one for each of `STEPS`.

    Parameters
    ----------
    results : DataFrame
        As ``accuracy.csv`` has it.

    Raises
    ------
    TableError
        If one of them is missing, or is there twice.
    """
    measured = results[results["kind"] != "published"]
    for column, value in _RUN.items():
        measured = measured[measured[column] == value]
    found = []
    for step in STEPS:
        alike = (measured["protocol"] == step.protocol) & (measured["leaked"].astype(bool) == step.leaked)
        rows = measured[alike]
        if len(rows) != 1:
            what = f"xgboost on single 3 s segments of GTZAN under {step.protocol}"
            reason = f"has {len(rows)} rows of {what}, and the picture needs one. Fit it, then gtzan report"
            raise TableError(SOURCE, reason)
        found.append(rows.iloc[0])
    return pd.DataFrame(found).reset_index(drop=True)


def hero_words(results: pd.DataFrame) -> str:
    """Say what the picture shows, for its caption and for those who cannot see it."""
    said = "; ".join(
        f"{step.name.lower()} ({step.words}) {_share(row)} {_interval(row)}"
        for step, (_, row) in zip(STEPS, hero_rows(results).iterrows(), strict=True)
    )
    return f"The same model, by what is new to it in the test: {said}. {_TOLD}"


def hero_figure(results: pd.DataFrame) -> Figure:
    """Draw the three accuracies as bars, the leaked one hatched and called so.

    Parameters
    ----------
    results : DataFrame
        As ``accuracy.csv`` has it.

    Raises
    ------
    TableError
        If the rows are not there; see `hero_rows`.
    """
    rows = hero_rows(results)
    shares = [float(share) for share in rows["accuracy"]]
    # Without a layout engine: all places are fixed, so that nothing moves with the letters of a font.
    figure = Figure(figsize=(WIDTH_PX / 100, 4.0), facecolor="white")
    first, last = (decimals(100 * share, 0) for share in (shares[0], shares[-1]))
    title = f"One model: {first} % right, or {last} %?"
    figure.text(_LEFT, 0.925, title, fontsize=_TITLE, color=INK, weight="bold", va="center")
    words = "It depends on what is new to it in the test."
    figure.text(_LEFT, 0.835, words, fontsize=_WORDS, color=SOFT, va="center")
    axes = figure.add_axes((_LEFT, 0.155, 0.73, 0.625))
    for at, (step, (_, row)) in enumerate(zip(STEPS, rows.iterrows(), strict=True)):
        _bar(axes, at, step, row)
    axes.set(xlim=(0, 100), ylim=(len(STEPS) - 0.72, -0.52))
    axes.set_yticks([])
    ticks = range(0, 101, 25)
    axes.set_xticks(ticks, [f"{tick} %" for tick in ticks], fontsize=_SMALL, color=SOFT)
    axes.get_xticklabels()[0].set_horizontalalignment("left")
    axes.tick_params(length=0, pad=4)
    axes.spines[:].set_visible(False)
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    figure.text(_LEFT, 0.035, _TOLD, fontsize=_SMALL, color=SOFT, va="center")
    return figure


def _bar(axes: Axes, at: int, step: _Step, row: pd.Series) -> None:
    """Draw one bar, its interval and figure at its end, and its words above it."""
    share, low, high = (100 * float(row[name]) for name in ("accuracy", "ci_low", "ci_high"))
    colour = LEAKED if step.leaked else BLUE
    hatched: dict[str, Any] = (
        {"hatch": "////", "facecolor": LEAKED_GROUND} if step.leaked else {"facecolor": colour}
    )
    axes.barh(at, share, height=0.42, edgecolor=colour, linewidth=1.4, zorder=2, **hatched)
    axes.errorbar(share, at, xerr=[[share - low], [high - share]], color=INK, lw=2.4, capsize=5, capthick=2.4)
    # On white, for lines of the grid go through the place.
    on_white: dict[str, Any] = {
        "va": "center",
        "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        "zorder": 3,
    }
    name = axes.text(0.2, at - 0.36, step.name, fontsize=_NAME, color=colour, weight="bold", **on_white)
    beside: dict[str, Any] = {"textcoords": "offset points", "annotation_clip": False, **on_white}
    axes.annotate(step.words, (1, 0.5), (9, -0.5), xycoords=name, fontsize=_WORDS, color=INK, **beside)
    end = axes.annotate(
        _share(row), (high, at), (9, 0), fontsize=_FIGURE, color=colour, weight="bold", **beside
    )
    axes.annotate(_interval(row), (1, 0.5), (7, -1), xycoords=end, fontsize=_SMALL, color=SOFT, **beside)


def _share(row: pd.Series) -> str:
    return f"{percent(row['accuracy'])} %"


def _interval(row: pd.Series) -> str:
    return f"({percent(row['ci_low'])}–{percent(row['ci_high'])})"


def save_hero(folder: Path) -> Path:
    """Draw the picture from ``accuracy.csv`` of a folder and write it there.

    The same rows give the same bytes.

    Raises
    ------
    TableError
        If there is no ``accuracy.csv``, or its rows are not those of the picture.
    """
    source = folder / SOURCE
    if not source.is_file():
        raise TableError(source, "no such file. gtzan report writes it")
    figure = hero_figure(pd.read_csv(source))
    with mpl.rc_context({"hatch.linewidth": 1.6}):
        png = small_png(figure, 2 * WIDTH_PX / figure.get_figwidth())
    with atomic_path(folder / PICTURE) as temporary:
        temporary.write_bytes(png)
    return folder / PICTURE
