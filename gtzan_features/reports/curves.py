"""Loss and accuracy per epoch as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

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
    figure.suptitle(title, fontsize=9, x=0.01, ha="left")
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
