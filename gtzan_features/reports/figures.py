"""Pictures of results: confusion matrices, and accuracies with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from gtzan_features.reports.collect import segment_s
from gtzan_features.reports.scores import SEGMENT, TRACK
from gtzan_features.reports.tables import protocol_order
from gtzan_features.tables.atomic import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from gtzan_features.evaluation.metrics import Metrics

# Okabe and Ito's palette, which colour-blind readers can tell apart; shapes differ as well.
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
    counts = np.array(metrics.confusion)
    names = metrics.genres
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    figure = Figure(figsize=(0.62 * len(names) + 2.2, 0.62 * len(names) + 1.6), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[i, j] > 0.55 else "black"
            axes.text(j, i, str(count), ha="center", va="center", color=colour, fontsize=9)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("predicted genre")
    axes.set_ylabel("true genre")
    axes.set_title(title, fontsize=10, loc="left")
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the true genre")
    return figure


def accuracy_figure(results: pd.DataFrame, title: str) -> Figure:
    """Draw accuracy by model, segment length and aggregation, a panel per protocol, with 95 % intervals.

    Parameters
    ----------
    results : DataFrame
        Rows of `collect.long_table` of one data set.
    title : str
        Above all panels; says so where the data are synthetic.
    """
    found = set(zip(results["protocol"].astype(str), results["leaked"].astype(bool), strict=True))
    protocols = sorted(found, key=lambda key: (key[1], protocol_order(key[0])))
    best = results[~results["leaked"]] if (~results["leaked"]).any() else results
    models = best.groupby("model")["accuracy"].max().sort_values().index.tolist()
    models += [m for m in results["model"].unique() if m not in models]
    styles = _series_styles(results)
    width, height = 2.9 * len(protocols) + 1.8, 0.62 * len(models) + 1.9
    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(1, len(protocols), sharey=True, squeeze=False)[0]
    for axes, (protocol, leaked) in zip(panels, protocols, strict=True):
        _accuracy_panel(axes, results[results["protocol"] == protocol], models, styles)
        axes.set_title(f"LEAKED: {protocol}" if leaked else protocol, fontsize=10)
        if leaked:
            axes.set_facecolor("#eeeeee")
        axes.set_xlabel("accuracy, %")
    panels[0].set_yticks(range(len(models)), models)
    handles, labels = _legend(panels)
    figure.legend(handles, labels, loc="outside lower center", ncols=min(5, len(labels)), fontsize=8)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all; the same figure gives the same bytes."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})


def _series_styles(results: pd.DataFrame) -> dict[tuple[str, str], tuple[str, str]]:
    """Colour and marker for each (segment length, aggregation), the same in all panels."""
    levels = (TRACK, SEGMENT, "vote", "mean")
    found = {(str(s), str(a)) for s, a in zip(results["segments"], results["aggregation"], strict=True)}
    keys = sorted(
        (key for key in found if key[1] in levels), key=lambda k: (-segment_s(k[0]), levels.index(k[1]))
    )
    return {key: _STYLES[i % len(_STYLES)] for i, key in enumerate(keys)}


def _accuracy_panel(
    axes: Axes, results: pd.DataFrame, models: list[str], styles: dict[tuple[str, str], tuple[str, str]]
) -> None:
    offsets = np.linspace(0.28, -0.28, len(styles)) if len(styles) > 1 else np.zeros(1)
    for offset, ((segments, level), (colour, marker)) in zip(offsets, styles.items(), strict=True):
        part = results[(results["segments"] == segments) & (results["aggregation"] == level)]
        if part.empty:
            continue
        y = np.array([models.index(m) for m in part["model"]]) + offset
        accuracy = 100 * part["accuracy"].to_numpy()
        errors = np.abs(100 * part[["ci_low", "ci_high"]].to_numpy().T - accuracy)
        axes.errorbar(
            accuracy,
            y,
            xerr=errors,
            fmt=marker,
            color=colour,
            markersize=4.5,
            elinewidth=1.2,
            capsize=2,
            label=_series_name(segments, level),
        )
    axes.set_xlim(0, 103)
    axes.grid(axis="x", color="#cccccc", linewidth=0.6)
    axes.set_axisbelow(True)


def _series_name(segments: str, level: str) -> str:
    if level == TRACK:
        return f"{segments} rows"
    return f"{segments}, single segments" if level == SEGMENT else f"{segments}, tracks by {level}"


def _legend(panels: list[Axes]) -> tuple[list[Artist], list[str]]:
    merged: dict[str, Artist] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            merged.setdefault(label, handle)
    return list(merged.values()), list(merged)
