"""A picture of accuracy lost under deformed audio: a map for each part, one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gtzan_features.reports.lettering import set_heading
from gtzan_features.reports.robustness_frame import AUGMENTED, CLEAN
from gtzan_features.reports.robustness_tables import TITLES, marked_label, shown_points
from gtzan_features.rounding import decimals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    from gtzan_features.audio.deform import Deformation
    from gtzan_features.reports.robustness_frame import RobustnessFrames

MEAN = "mean over kinds"
_CELL = (0.74, 0.27)  # inches
_DARK = 0.55  # of the largest loss: above it, letters are white


def robustness_figure(frames: RobustnessFrames, title: str, trained: Sequence[Deformation] = ()) -> Figure:
    """Draw the points lost as maps, deformations by rows, models or families by columns.

    The darker, the more is lost; each cell has the number, and a star where the loss is shown. The first row
    is the mean; lines divide the groups of deformations.
    """
    losses = frames.losses
    parts = [(part, losses[losses["part"] == part]) for part in TITLES if (losses["part"] == part).any()]
    n_columns = max(part["name"].nunique() for _, part in parts)
    n_rows = losses["deformation"].nunique()
    size = (_CELL[0] * n_columns + 3.2, len(parts) * (_CELL[1] * n_rows + 1.4) + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(len(parts), 1, squeeze=False)[:, 0]
    top = max(1.0, 100 * float(losses["lost_difference"].max()))
    kinds = frozenset(one.kind for one in trained)
    for axes, (name, part) in zip(panels, parts, strict=True):
        means = frames.means[frames.means["part"] == name]
        image = _lost_map(axes, part, means, top, kinds if name == AUGMENTED else frozenset())
        axes.set_title(TITLES[name], fontsize=10)
    figure.colorbar(image, ax=panels, label="points lost", pad=0.01, aspect=40)
    set_heading(figure, title, 11)
    return figure


def _lost_map(
    axes: Axes, part: pd.DataFrame, means: pd.DataFrame, top: float, trained: frozenset[str]
) -> AxesImage:
    deformed = part[part["deformation"] != CLEAN]
    names = list(dict.fromkeys(deformed["name"]))
    shown = deformed.drop_duplicates("deformation")
    order = shown["deformation"].tolist()
    lost = np.full((len(order) + 1, len(names)), np.nan)
    cells = {(0, j): "–" for j in range(len(names))}
    for j, mean in enumerate(means.set_index("name").loc[names, "mean_lost"]):
        if pd.notna(mean):
            lost[0, j], cells[0, j] = 100 * mean, decimals(100 * mean, 1)
    for _, row in deformed.iterrows():
        at = order.index(row["deformation"]) + 1, names.index(row["name"])
        lost[at], cells[at] = 100 * row["lost_difference"], shown_points(row)
    for (i, j), text in cells.items():
        colour = "white" if lost[i, j] > _DARK * top else "black"
        axes.text(j, i, text, ha="center", va="center", color=colour, fontsize=8)
    image = axes.imshow(lost, cmap="Blues", vmin=0, vmax=top, aspect="auto")
    labels = [marked_label(row["label"], row["kind"], trained) for _, row in shown.iterrows()]
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right", rotation_mode="anchor", fontsize=9)
    axes.set_yticks(range(len(order) + 1), [MEAN, *labels], fontsize=9)
    groups = ["", *shown["group"]]
    for i in range(1, len(groups)):
        if groups[i] != groups[i - 1]:
            axes.axhline(i - 0.5, color="0.4", linewidth=0.8)
    return image
