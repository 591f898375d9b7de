"""Training curves of a run: loss and accuracy per epoch, read from its ``curves.csv``, and as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from gtzan_features.errors import RunError
from gtzan_features.reports.colours import BLUE, GRID, VERMILION
from gtzan_features.reports.lettering import set_heading
from gtzan_features.rounding import percent

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("epoch", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy")
"""What ``curves.csv`` holds, after ``fold`` and ``stage``; cells of ``valid`` may be empty."""


def read_curves(path: Path) -> pd.DataFrame | None:
    """Read ``curves.csv``; None where a run has none.

    Returns
    -------
    DataFrame
        Columns ``fold`` and ``stage`` (empty where the file has none) and `COLUMNS`, a row per epoch.

    Raises
    ------
    RunError
        If it lacks a column or holds what is no number.
    """
    import pandas as pd

    if not path.is_file():
        return None
    try:
        frame = pd.read_csv(path, dtype={"fold": str, "stage": str}, encoding="utf-8")
        numbers = frame[list(COLUMNS)].astype({name: int if name == "epoch" else float for name in COLUMNS})
    except (KeyError, ValueError, OSError) as error:
        raise RunError(path, "not the curves of a run. Fit the model again") from error
    words = {name: frame[name].fillna("") if name in frame else "" for name in ("fold", "stage")}
    return numbers.assign(**words) if len(numbers) else None


def curves_words(curves: pd.DataFrame) -> str:
    """Say where the accuracy of training ends, for those who cannot see the picture.

    Parameters
    ----------
    curves : DataFrame
        From `read_curves`; of several folds, the mean of their last epochs is said.
    """
    last = curves.groupby(["stage", "fold"], sort=False).tail(1).groupby("stage", sort=False)
    said = []
    for stage, ends in last:
        parts = [
            f"{name} ends at {percent(ends[f'{role}_accuracy'].mean())} %"
            for role, name in (("train", "training"), ("valid", "validation"))
            if ends[f"{role}_accuracy"].notna().any()
        ]
        words = f"{stage} accuracy".strip().capitalize()
        said.append(f"{words} over {ends['epoch'].max():.0f} epochs: {', '.join(parts)}.")
    return " ".join(said)


_COLOURS = {"train": BLUE, "valid": VERMILION}
_DASHES = {"train": "solid", "valid": "dashed"}
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
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=9, frameon=False)
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
                linestyle=_DASHES[role],
                linewidth=1.0,
                alpha=0.7,
                label=_NAMES[role] if not number else None,
            )
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
