"""Training curves of a run: loss and accuracy per epoch, read from its ``curves.csv``, and as a picture."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from gtzan_features.errors import RunError
from gtzan_features.reports.lettering import set_heading

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("epoch", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy")
"""What ``curves.csv`` holds, after ``fold`` and ``stage``; cells of ``valid`` may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The epochs of one stage of training, in order; None where there was no validation part."""

    name: str
    epochs: tuple[dict[str, float | None], ...]

    def points(self, part: str, what: str) -> list[tuple[float, float]]:
        """Return (epoch, value) of ``train`` or ``valid``, ``loss`` or ``accuracy``; accuracy in shares."""
        pairs = ((row["epoch"], row[f"{part}_{what}"]) for row in self.epochs)
        return [(epoch, value) for epoch, value in pairs if epoch is not None and value is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """The stages of training in the order of the file."""

    stages: tuple[Stage, ...]


def read_curves(path: Path) -> Curves | None:
    """Read ``curves.csv``; None where a run has none.

    Raises
    ------
    RunError
        If it lacks a column or holds what is no number.
    """
    if not path.is_file():
        return None
    stages: dict[str, list[dict[str, float | None]]] = {}
    shown: str | None = None
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                # Under folds each has its curves; the first is the kept model's, and represents all.
                fold = row.get("fold") or ""
                shown = fold if shown is None else shown
                if fold != shown:
                    continue
                numbers = {name: float(row[name]) if row[name] else None for name in COLUMNS}
                stages.setdefault(row.get("stage") or "", []).append(numbers)
    except (KeyError, ValueError, TypeError, csv.Error, OSError) as error:
        raise RunError(path, "not the curves of a run. Fit the model again") from error
    if not stages:
        return None
    return Curves(stages=tuple(Stage(name=name, epochs=tuple(rows)) for name, rows in stages.items()))


_COLOURS = {"train": "#0072B2", "valid": "#D55E00"}
_NAMES = {"train": "training", "valid": "validation (other tracks)"}
_PANELS = (("loss", "loss, nats"), ("accuracy", "accuracy, share of rows"))


def curves_figure(curves: pd.DataFrame, title: str) -> Figure:
    """Draw loss and accuracy per epoch, training and validation, a column of panels per stage.

    Parameters
    ----------
    curves : DataFrame
        Columns ``fold``, ``stage``, ``epoch``, ``train_loss``, ``train_accuracy``, ``valid_loss``,
        ``valid_accuracy``; each fold is a thin line.
    title : str
        Above all panels.
    """
    stages = list(dict.fromkeys(curves["stage"]))
    figure = Figure(figsize=(4.2 * len(stages) + 0.6, 6.0), layout="constrained")
    panels = figure.subplots(2, len(stages), squeeze=False, sharex="col")
    for column, stage in enumerate(stages):
        part = curves[curves["stage"] == stage]
        for axes, (quantity, label) in zip(panels[:, column], _PANELS, strict=True):
            _panel(axes, part, quantity)
            axes.set_ylabel(label)
        panels[0, column].set_title(stage, fontsize=10)
        panels[1, column].set_xlabel("epoch")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=9)
    set_heading(figure, title, 9)
    return figure


def _panel(axes: Axes, curves: pd.DataFrame, quantity: str) -> None:
    for role, colour in _COLOURS.items():
        shown = curves.dropna(subset=[f"{role}_{quantity}"])
        for number, (_, fold) in enumerate(shown.groupby("fold", sort=False)):
            axes.plot(
                fold["epoch"],
                fold[f"{role}_{quantity}"],
                color=colour,
                linewidth=1.0,
                alpha=0.7,
                label=_NAMES[role] if not number else None,
            )
    axes.grid(color="#cccccc", linewidth=0.6)
    axes.set_axisbelow(True)
