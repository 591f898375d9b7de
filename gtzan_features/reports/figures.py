"""Pictures of results: confusion matrices and reliability, and how a picture is written."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from gtzan_features.reports.colours import BLUE, GRID, SHARES, SOFT
from gtzan_features.reports.lettering import label, letters_in, set_fonts, set_heading
from gtzan_features.rounding import decimals
from gtzan_features.tables.atomic import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    from gtzan_features.evaluation.calibration import ReliabilityBin
    from gtzan_features.evaluation.metrics import Metrics

_DPI = 110
_LONGEST_GENRE = 24
"""Characters of a name beside a picture."""


def confusion_figure(metrics: Metrics, title: str) -> Figure:
    """Draw a confusion matrix: rows true genres, columns predicted, counts in the cells."""
    figure = Figure(figsize=confusion_size(metrics), layout="constrained")
    draw_confusion(figure.subplots(), metrics)
    set_heading(
        figure, f"{title}\nnumbers: tracks; colour: share of the row; at the right: how many are right"
    )
    return figure


def confusion_size(metrics: Metrics) -> tuple[float, float]:
    """Return width and height in inches in which the names of all genres have room."""
    names = [label(name, _LONGEST_GENRE) for name in metrics.genres]
    side = 0.5 * len(names) + letters_in(max(map(len, names)))
    return max(side + 1.1, 5.2), side + 1.1


def draw_confusion(axes: Axes, metrics: Metrics) -> AxesImage:
    """Draw the matrix into axes of your own, colours and the column at the right being shares of a row."""
    counts = np.array(metrics.confusion)
    names = [label(name, _LONGEST_GENRE) for name in metrics.genres]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap=SHARES, vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[i, j] > 0.55 else "black"
            axes.text(j, i, str(count), ha="center", va="center", color=colour, fontsize=9)
    for i, share in enumerate(shares.diagonal()):
        if counts[i].any():
            axes.text(len(names) - 0.35, i, f"{decimals(100 * share, 0)} %", va="center", fontsize=9)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("predicted genre")
    axes.set_ylabel("true genre")
    return image


def reliability_figure(bins: Sequence[ReliabilityBin]) -> Figure:
    """Draw how often predictions of each confidence are right; the diagonal is perfect.

    Parameters
    ----------
    bins : sequence of ReliabilityBin
        Of `evaluation.calibration.reliability`, one of them not empty; the area of a mark grows with its
        predictions.
    """
    held = [b for b in bins if b.n and b.confidence is not None and b.accuracy is not None]
    most = max(b.n for b in held)
    figure = Figure(figsize=(4.0, 3.2))
    axes = figure.add_axes((0.15, 0.16, 0.81, 0.81))
    axes.plot([0, 100], [0, 100], color=SOFT, linestyle="dotted", linewidth=1.2)
    axes.scatter(
        [100 * (b.confidence or 0.0) for b in held],
        [100 * (b.accuracy or 0.0) for b in held],
        s=[15 + 120 * b.n / most for b in held],
        color=BLUE,
        alpha=0.8,
        clip_on=False,
        zorder=3,
    )
    axes.set(xlim=(0, 100), ylim=(0, 100), xlabel="confidence, %", ylabel="right, %")
    axes.set_xticks(range(0, 101, 25))
    axes.set_yticks(range(0, 101, 25))
    axes.grid(color=GRID, linewidth=0.6)
    return figure


def figure_png(figure: Figure) -> bytes:
    """Return a figure as PNG; the same figure gives the same bytes."""
    set_fonts(figure)
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=_DPI, metadata={"Software": None})
    return png.getvalue()


def small_png(figure: Figure, dpi: float) -> bytes:
    """Return a figure as PNG of 256 colours, a third of the size; the same figure gives the same bytes."""
    set_fonts(figure)
    drawn, held = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dpi)
    with Image.open(drawn) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(held, format="PNG", optimize=True)
    return held.getvalue()


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG of 256 colours, whole or not at all."""
    png = small_png(figure, _DPI)
    with atomic_path(path) as temporary:
        temporary.write_bytes(png)
