"""Training curves of a run: loss and accuracy per epoch, read from its ``curves.csv``, and as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gtzan_features.errors import RunError
from gtzan_features.reports.colours import BLUE, GRID, INK, VERMILION
from gtzan_features.rounding import percent

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
    best = best_epochs(curves)
    said = []
    for stage, ends in last:
        parts = [
            f"{name} ends at {percent(ends[f'{role}_accuracy'].mean())} %"
            for role, name in (("train", "training"), ("valid", "validation"))
            if ends[f"{role}_accuracy"].notna().any()
        ]
        words = f"{stage} accuracy".strip().capitalize()
        kept = best[best["stage"] == stage]["epoch"]
        at = f" The weights kept are those of epoch {_range(kept)}." if len(kept) else ""
        said.append(f"{words} over {ends['epoch'].max():.0f} epochs: {', '.join(parts)}.{at}")
    return " ".join(said)


def _range(epochs: pd.Series) -> str:
    low, high = int(epochs.min()), int(epochs.max())
    return str(low) if low == high else f"{low} to {high}"


_COLOURS = {"train": BLUE, "valid": VERMILION}
_DASHES = {"train": "solid", "valid": "dashed"}
_NAMES = {"train": "training", "valid": "validation, on other tracks"}
_PANELS = (("loss", "loss, nats", 1.0), ("accuracy", "rows that are right, %", 100.0))
_STAGES = {"filters": "filters, on patches of rows", "head": "head, on whole rows"}
_LETTERS = 9.0


def curves_figure(curves: pd.DataFrame, title: str) -> Figure:
    """Draw loss and accuracy per epoch, training and validation, a column of panels per stage.

    A thin line is a fold; the thick one is their mean for as long as half of them train. Dots are the epochs
    whose weights were kept: those with the lowest loss on validation.

    Parameters
    ----------
    curves : DataFrame
        Columns ``fold``, ``stage``, ``epoch``, ``train_loss``, ``train_accuracy``, ``valid_loss``,
        ``valid_accuracy``.
    title : str
        Above all panels.
    """
    from matplotlib.figure import Figure  # slow to import, and most runs have no curves
    from matplotlib.ticker import MaxNLocator

    from gtzan_features.reports.lettering import set_heading

    stages = list(dict.fromkeys(curves["stage"]))
    figure = Figure(figsize=(3.5 * len(stages) + 0.8, 4.9), layout="constrained")
    panels = figure.subplots(2, len(stages), squeeze=False, sharex="col", sharey="row")
    for column, stage in enumerate(stages):
        part = curves[curves["stage"] == stage]
        for axes, (quantity, _, scale) in zip(panels[:, column], _PANELS, strict=True):
            _panel(axes, part, quantity, scale)
        panels[0, column].set_title(_STAGES.get(stage, stage), fontsize=_LETTERS, loc="left")
        panels[1, column].set_xlabel("epoch", fontsize=_LETTERS)
        panels[1, column].xaxis.set_major_locator(MaxNLocator(6, integer=True))
    for axes, (_, name, _) in zip(panels[:, 0], _PANELS, strict=True):
        axes.set_ylabel(name, fontsize=_LETTERS)
    panels[0, 0].set_ylim(bottom=0)
    panels[1, 0].set_ylim(0, 100)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3, fontsize=_LETTERS, frameon=False)
    set_heading(figure, title, _LETTERS)
    return figure


def _panel(axes: Axes, curves: pd.DataFrame, quantity: str, scale: float) -> None:
    folds = curves["fold"].nunique()
    for role, colour in _COLOURS.items():
        name = f"{role}_{quantity}"
        shown = curves.dropna(subset=[name])
        if shown.empty:
            continue
        style: dict[str, Any] = {"color": colour, "linestyle": _DASHES[role]}
        for _, fold in shown.groupby("fold", sort=False):
            axes.plot(
                fold["epoch"], scale * fold[name], linewidth=0.8, alpha=0.35 if folds > 1 else 0, **style
            )
        by_epoch = shown.groupby("epoch")[name]
        mean = scale * by_epoch.mean()[2 * by_epoch.size() >= folds]
        axes.plot(mean.index, mean, linewidth=2.2, label=_NAMES[role], **style)
    best = best_epochs(curves).dropna(subset=[f"valid_{quantity}"])
    if len(best):
        axes.scatter(
            best["epoch"],
            scale * best[f"valid_{quantity}"],
            s=26,
            facecolor="white",
            edgecolor=INK,
            linewidth=1.2,
            zorder=3,
            label="weights kept",
        )
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=_LETTERS)


def best_epochs(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the row of each fold and stage whose weights were kept: that with the lowest validation loss.

    Parameters
    ----------
    curves : DataFrame
        From `read_curves`.

    Returns
    -------
    DataFrame
        The same columns; no row for a fold without validation, whose last epoch is kept.
    """
    watched = curves.dropna(subset=["valid_loss"])
    return watched.loc[watched.groupby(["stage", "fold"], sort=False)["valid_loss"].idxmin()]
