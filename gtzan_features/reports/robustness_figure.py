"""A picture of accuracy lost under deformed audio: a map for each part, one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gtzan_features.reports.colours import SHARES, SOFT
from gtzan_features.reports.lettering import heading, letters_in, set_heading
from gtzan_features.reports.robustness_frame import AUGMENTED, CLEAN
from gtzan_features.reports.robustness_tables import TITLES, shown_points
from gtzan_features.rounding import decimals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    from gtzan_features.audio.deform import Deformation
    from gtzan_features.reports.robustness_frame import RobustnessFrames

MEAN = "mean over kinds"
_CELL = (0.44, 0.27)  # inches
_WIDTH = 8.3
_LETTERS = 9.0
_DARK = 0.55  # of the largest loss: above it, letters are white
_MARKS = "*: the loss is shown by the exact test, with Holm's correction"
_TRAINED = "; \u2020: deformed so in training, too"


def robustness_figure(frames: RobustnessFrames, title: str, trained: Sequence[Deformation] = ()) -> Figure:
    """Draw the points lost as maps beside each other: deformations by rows, models or families by columns.

    The darker, the more is lost; each cell has the number, a star where the loss is shown, and a dagger where
    the kind of deformation was trained on. The first row is the mean; lines divide groups of deformations.
    """
    losses = frames.losses
    parts = [(part, losses[losses["part"] == part]) for part in TITLES if (losses["part"] == part).any()]
    widths = [max(part["name"].nunique(), 2) for _, part in parts]
    rows = _rows(losses)
    margin = letters_in(max(len(name) for name in [MEAN, *rows["label"]]), _LETTERS)
    size = (max(_WIDTH, margin + _CELL[0] * sum(widths) + 0.3), _CELL[1] * (len(rows) + 1) + 2.6)
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(1, len(parts), squeeze=False, sharey=True, width_ratios=widths)[0]
    top = max(1.0, 100 * float(losses["lost_difference"].max()))
    kinds = frozenset(one.kind for one in trained)
    cell = (size[0] - margin) / sum(widths)
    for axes, (name, part), width in zip(panels, parts, widths, strict=True):
        means = frames.means[frames.means["part"] == name]
        with_copies = kinds if name == AUGMENTED else frozenset()
        image = _lost_map(axes, part, means, (rows, top), with_copies)
        axes.set_title(heading(TITLES[name], cell * width, _LETTERS), fontsize=_LETTERS)
    panels[0].set_yticks(range(len(rows) + 1), [MEAN, *rows["label"]], fontsize=_LETTERS)
    bar = figure.colorbar(image, ax=panels, location="bottom", shrink=0.5, aspect=45, pad=0.02)
    marks = _MARKS + (_TRAINED if kinds and any(name == AUGMENTED for name, _ in parts) else "")
    bar.set_label(heading(f"points of accuracy lost; {marks}", 6.0, _LETTERS), fontsize=_LETTERS)
    bar.ax.tick_params(labelsize=8)
    set_heading(figure, title, 11)
    return figure


def _rows(losses: pd.DataFrame) -> pd.DataFrame:
    """Return the deformations in order, each once."""
    deformed = losses[losses["deformation"] != CLEAN]
    return deformed.drop_duplicates("deformation")[["deformation", "label", "group"]]


def _lost_map(
    axes: Axes,
    part: pd.DataFrame,
    means: pd.DataFrame,
    scale: tuple[pd.DataFrame, float],
    trained: frozenset[str],
) -> AxesImage:
    rows, top = scale
    deformed = part[part["deformation"] != CLEAN]
    names = list(dict.fromkeys(deformed["name"]))
    order = rows["deformation"].tolist()
    lost = np.full((len(order) + 1, len(names)), np.nan)
    cells = {(0, j): "\u2013" for j in range(len(names))}
    for j, mean in enumerate(means.set_index("name").loc[names, "mean_lost"]):
        if pd.notna(mean):
            lost[0, j], cells[0, j] = 100 * mean, decimals(100 * mean, 1)
    for _, row in deformed.iterrows():
        at = order.index(row["deformation"]) + 1, names.index(row["name"])
        dagger = "\u2020" if row["kind"] in trained else ""
        lost[at], cells[at] = 100 * row["lost_difference"], shown_points(row) + dagger
    for (i, j), text in cells.items():
        colour = "white" if lost[i, j] > _DARK * top else "black"
        axes.text(j, i, text, ha="center", va="center", color=colour, fontsize=7.5)
    image = axes.imshow(lost, cmap=SHARES, vmin=0, vmax=top, aspect="auto")
    axes.set_xticks(
        range(len(names)), names, rotation=50, ha="right", rotation_mode="anchor", fontsize=_LETTERS
    )
    axes.tick_params(length=0)
    groups = ["", *rows["group"]]
    for i in range(1, len(groups)):
        if groups[i] != groups[i - 1]:
            axes.axhline(i - 0.5, color=SOFT, linewidth=0.8)
    return image
