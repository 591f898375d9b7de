"""Pictures of results: confusion matrices, and accuracies with their intervals."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, cast

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from gtzan_features.reports.collect import segment_s
from gtzan_features.reports.lettering import heading, label, letters_in, set_fonts, set_heading
from gtzan_features.reports.protocols import protocol_order
from gtzan_features.reports.scored import SEGMENT, TRACK
from gtzan_features.tables.atomic import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    from gtzan_features.evaluation.calibration import ReliabilityBin
    from gtzan_features.evaluation.metrics import Metrics

_LONGEST_GENRE, _LONGEST_MODEL = 24, 36
"""Characters of a name beside a picture."""

# Okabe and Ito's palette, which colour-blind readers can distinguish; shapes differ as well.
_STYLES = (
    ("#0072B2", "o"),
    ("#D55E00", "s"),
    ("#009E73", "^"),
    ("#CC79A7", "D"),
    ("#E69F00", "v"),
    ("#56B4E9", "P"),
)


def confusion_figure(metrics: Metrics, title: str) -> Figure:
    """Draw a confusion matrix: rows true genres, columns predicted, counts in the cells."""
    figure = Figure(figsize=confusion_size(metrics), layout="constrained")
    axes = figure.subplots()
    image = draw_confusion(axes, metrics)
    set_heading(figure, title)
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the true genre")
    return figure


def confusion_size(metrics: Metrics) -> tuple[float, float]:
    """Return width and height in inches in which the names of all genres have room."""
    names = [label(name, _LONGEST_GENRE) for name in metrics.genres]
    side = 0.62 * len(names) + letters_in(max(map(len, names)))
    return max(side + 1.6, 5.2), side + 1.0


def draw_confusion(axes: Axes, metrics: Metrics) -> AxesImage:
    """Draw the matrix into axes of your own; its colours are the shares of the true genre."""
    counts = np.array(metrics.confusion)
    names = [label(name, _LONGEST_GENRE) for name in metrics.genres]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[i, j] > 0.55 else "black"
            axes.text(j, i, str(count), ha="center", va="center", color=colour, fontsize=9)
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
    axes.plot([0, 100], [0, 100], color="#808080", linestyle="dotted", linewidth=1.2)
    axes.scatter(
        [100 * (b.confidence or 0.0) for b in held],
        [100 * (b.accuracy or 0.0) for b in held],
        s=[15 + 120 * b.n / most for b in held],
        color="#0072B2",
        alpha=0.8,
        clip_on=False,
        zorder=3,
    )
    axes.set(xlim=(0, 100), ylim=(0, 100), xlabel="confidence, %", ylabel="right, %")
    axes.set_xticks(range(0, 101, 25))
    axes.set_yticks(range(0, 101, 25))
    axes.grid(color="#cccccc", linewidth=0.6)
    return figure


def accuracy_figure(results: pd.DataFrame, title: str) -> Figure:
    """Draw accuracy by model and features, row length and aggregation, with 95 % intervals.

    A panel per protocol, at most three beside each other: honest ones from the easiest to the strictest,
    then leaked ones. A row is one model on one feature set.

    Parameters
    ----------
    results : DataFrame
        Rows of `collect.long_table` of one data set.
    title : str
        Above all panels; says so where the data are synthetic.
    """
    found = set(zip(results["protocol"].astype(str), results["leaked"].astype(bool), strict=True))
    protocols = sorted(found, key=lambda key: (key[1], protocol_order(key[0])))
    rows, styles = _rows(results), _series_styles(results)
    columns = min(3, len(protocols))
    names = [f"{label(model, _LONGEST_MODEL)}\n{label(features, _LONGEST_MODEL)}" for model, features in rows]
    margin = letters_in(max(len(line) for name in names for line in name.split("\n")), 9)
    width = margin + 2.9 * columns + 0.4 + (1.2 if columns == 1 else 0)
    height = (max(0.5, 0.13 * len(styles)) * len(rows) + 0.9) * -(-len(protocols) // columns)
    series = [_series_name(*key) for key in styles]
    per_line = max(1, int(width / (letters_in(max(map(len, series)), 8) + 0.6)))
    legend = 0.18 * -(-len(series) // per_line) + 0.5
    figure = Figure(figsize=(width, height + legend + 0.5), layout="constrained")
    panels = figure.subplots(-(-len(protocols) // columns), columns, sharex=True, sharey=True, squeeze=False)
    handles: dict[str, Artist] = {}
    for axes, (protocol, leaked) in zip(panels.flat, protocols, strict=False):
        handles |= _accuracy_panel(axes, results[results["protocol"] == protocol], rows, styles)
        name = f"LEAKED: {protocol}" if leaked else protocol
        axes.set_title(heading(name, 3.2), fontsize=10)
        if leaked:
            axes.set_facecolor("#eeeeee")
        axes.set_xlabel("accuracy, %")
        axes.tick_params(labelbottom=True)
    for axes in panels.flat[len(protocols) :]:
        axes.set_visible(False)
    panels[0, 0].set_yticks(range(len(rows)), names, fontsize=9)
    panels[0, 0].set_ylim(-0.6, len(rows) - 0.4)
    shown = [name for name in series if name in handles]
    figure.legend(
        [handles[name] for name in shown], shown, loc="outside lower left", ncols=per_line, fontsize=8
    )
    set_heading(figure, title, 11)
    return figure


def figure_png(figure: Figure) -> bytes:
    """Return a figure as PNG; the same figure gives the same bytes."""
    set_fonts(figure)
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=110, metadata={"Software": None})
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
    """Write a figure as PNG, whole or not at all."""
    png = figure_png(figure)
    with atomic_path(path) as temporary:
        temporary.write_bytes(png)


def _rows(results: pd.DataFrame) -> list[tuple[str, str]]:
    """Return (model, features) from the bottom of the picture to its top: the best honest one last."""
    honest = results[~results["leaked"]] if (~results["leaked"]).any() else results
    best = honest.groupby(["model", "features"])["accuracy"].max().sort_values()
    rows = [(str(model), str(features)) for model, features in best.index]
    every = sorted(set(zip(results["model"].astype(str), results["features"].astype(str), strict=True)))
    return [row for row in every if row not in rows] + rows


def _series_styles(results: pd.DataFrame) -> dict[tuple[str, str], tuple[str, str]]:
    """Colour and marker for each (segment length, aggregation), the same in all panels."""
    levels = (TRACK, SEGMENT, "vote", "mean")
    found = {(str(s), str(a)) for s, a in zip(results["segments"], results["aggregation"], strict=True)}
    keys = sorted(
        (key for key in found if key[1] in levels), key=lambda k: (-segment_s(k[0]), levels.index(k[1]))
    )
    return {key: _STYLES[i % len(_STYLES)] for i, key in enumerate(keys)}


def _accuracy_panel(
    axes: Axes,
    results: pd.DataFrame,
    rows: list[tuple[str, str]],
    styles: dict[tuple[str, str], tuple[str, str]],
) -> dict[str, Artist]:
    """Draw one protocol and return a mark of each series that it has."""
    offsets = np.linspace(0.28, -0.28, len(styles)) if len(styles) > 1 else np.zeros(1)
    handles: dict[str, Artist] = {}
    for offset, ((segments, level), (colour, marker)) in zip(offsets, styles.items(), strict=True):
        part = results[(results["segments"] == segments) & (results["aggregation"] == level)]
        if part.empty:
            continue
        places = [rows.index(row) for row in zip(part["model"], part["features"], strict=True)]
        accuracy = 100 * part["accuracy"].to_numpy()
        errors = np.abs(100 * part[["ci_low", "ci_high"]].to_numpy().T - accuracy)
        drawn = axes.errorbar(
            accuracy,
            np.array(places) + offset,
            xerr=errors,
            fmt=marker,
            color=colour,
            markersize=4.5,
            elinewidth=1.2,
            capsize=2,
        )
        handles[_series_name(segments, level)] = cast("Artist", drawn)  # as a legend takes it
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlim(0, 103)
    axes.grid(axis="x", color="#cccccc", linewidth=0.6)
    axes.set_axisbelow(True)
    return handles


def _series_name(segments: str, level: str) -> str:
    if level == TRACK:
        return f"{segments} rows"
    return f"{segments}, single segments" if level == SEGMENT else f"{segments}, tracks by {level}"
