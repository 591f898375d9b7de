"""What models and families lose under deformed audio: tables, a CSV and a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gtzan_features.reports.ablation import difference_cell, with_holm
from gtzan_features.reports.drawn import frame_tests, frame_words
from gtzan_features.reports.figures import save_figure
from gtzan_features.reports.lettering import set_heading
from gtzan_features.reports.protocols import PROTOCOLS, tested_by_name
from gtzan_features.reports.scores import LevelScore, score_tracks
from gtzan_features.reports.tables import accuracy_cell
from gtzan_features.reports.templating import environment
from gtzan_features.rounding import decimals, percent
from gtzan_features.tables.atomic import write_text
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    from gtzan_features.tables.predictions import Predictions

PAGE, CSV, PICTURE = "robustness.md", "robustness.csv", "robustness.png"
CLEAN = "clean"
MODELS, FAMILIES = "models", "families"
TITLES = {MODELS: "Models, all columns", FAMILIES: "Families alone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deformed:
    """Predictions of one model on one selection of columns, of clean audio and under each deformation."""

    part: str
    name: str
    model: str
    features: str
    predictions: Mapping[str, Predictions]


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustnessContext:
    """Introductory text of the report: how, on what and with what the tables were made."""

    command: str
    dataset: str
    synthetic: bool
    protocol: str
    features: str
    rows: str
    family_model: str
    machine: str
    versions: str
    steps: tuple[tuple[str, float], ...]
    missing: tuple[str, ...]
    audio: str = ""


def robustness_frame(measured: Iterable[Deformed], labels: Mapping[str, str]) -> pd.DataFrame:
    """Compare each model's clean and deformed predictions on the same tracks.

    Parameters
    ----------
    measured : iterable of Deformed
        Models and families.
    labels : mapping
        What each deformation is called, in the order of the tables.

    Returns
    -------
    DataFrame
        One row per part, name and deformation, that of clean audio first. Accuracies are those of tracks;
        ``clean_accuracy`` is that of the tracks that have rows under the deformation too. ``lost_difference``
        is the accuracy lost (clean minus deformed, a share), with its paired interval ``lost_low`` to
        ``lost_high``, the p-value ``lost_p`` of the exact paired test and ``lost_p_holm``, corrected for
        all such tests of the part. Intervals and tests are by artist, see `drawn`.
    """
    rows = []
    for one in measured:
        clean = score_tracks(one.predictions[CLEAN])
        for name, label in {CLEAN: CLEAN, **labels}.items():
            found = score_tracks(one.predictions[name])
            rows.append(
                {
                    "part": one.part,
                    "name": one.name,
                    "model": one.model,
                    "features": one.features,
                    "deformation": name,
                    "label": label,
                    "n_tracks": found.metrics.n,
                    "accuracy": found.metrics.accuracy,
                    "ci_low": found.interval.low,
                    "ci_high": found.interval.high,
                    "ci_method": found.interval.method,
                    "ci_units": found.interval.n_units,
                    **_lost(clean, found, is_clean=name == CLEAN),
                }
            )
    frame = pd.DataFrame(rows)
    frame["lost_p_holm"] = with_holm(frame, "lost", ["part"])
    return frame


def robustness_tables(frame: pd.DataFrame) -> tuple[TextTable, ...]:
    """Return, for models and for families, the points lost: a row each, a column per deformation."""
    parts = (frame[frame["part"] == part] for part in TITLES)
    return tuple(_lost_table(part) for part in parts if len(part))


def write_robustness(frame: pd.DataFrame, context: RobustnessContext, folder: Path) -> Path:
    """Write ``robustness.md``, ``robustness.csv`` and ``robustness.png`` and return the path of the page."""
    columns = [name for name in frame.columns if name != "label"]
    write_text(folder / CSV, frame[columns].to_csv(index=False, lineterminator="\n", float_format="%.6g"))
    title = f"Accuracy lost, points: {context.dataset}, {context.protocol}"
    save_figure(
        robustness_figure(frame, f"SYNTHETIC: {title}" if context.synthetic else title), folder / PICTURE
    )
    about = PROTOCOLS.get(tested_by_name(context.protocol).kind, "")
    named = frame.assign(protocol=context.protocol)
    text = (
        environment()
        .get_template("robustness.md.j2")
        .render(
            context=context,
            about=about,
            n_tracks=int(frame["n_tracks"].max()),
            picture=PICTURE,
            tables=robustness_tables(frame),
            details=[_details_table(part) for _, part in frame.groupby("part", sort=False)],
            drawn=frame_words(named),
            test=frame_tests(named),
        )
    )
    write_text(folder / PAGE, text + "\n")
    return folder / PAGE


def robustness_figure(frame: pd.DataFrame, title: str) -> Figure:
    """Draw the points lost as a map, deformations by rows, models and families by columns.

    The darker, the more is lost; each cell has the number, and a star where the loss is significant.
    """
    parts = [(part, frame[frame["part"] == part]) for part in TITLES if (frame["part"] == part).any()]
    widths = [part["name"].nunique() for _, part in parts]
    n_rows = frame["deformation"].nunique() - 1
    figure = Figure(figsize=(0.72 * sum(widths) + 3.6, 0.36 * n_rows + 2.4), layout="constrained")
    panels = figure.subplots(1, len(parts), sharey=True, squeeze=False, width_ratios=widths)[0]
    top = max(1.0, 100 * float(frame["lost_difference"].max()))
    for axes, (name, part) in zip(panels, parts, strict=True):
        image = _lost_map(axes, part, top)
        axes.set_title(TITLES[name], fontsize=10)
    figure.colorbar(image, ax=panels, label="points lost", pad=0.01)
    set_heading(figure, title, 11)
    return figure


def _lost(clean: LevelScore, found: LevelScore, *, is_clean: bool) -> dict[str, float | None]:
    """Compare on the tracks that both have; a deformation may leave a track too short for a row."""
    _, of_clean, of_found = np.intersect1d(clean.units, found.units, return_indices=True)
    a, b = clean.correct[of_clean], found.correct[of_found]
    names = ("lost_difference", "lost_low", "lost_high", "lost_p")
    if is_clean:
        return {"clean_accuracy": float(a.mean()), **dict.fromkeys(names)}
    test = clean.drawn.at(of_clean).compare(a, b)
    values = (test.difference, test.ci_low, test.ci_high, test.p_value)
    return {"clean_accuracy": test.accuracy_a, **dict(zip(names, values, strict=True))}


def _lost_table(part: pd.DataFrame) -> TextTable:
    labels = dict(zip(part["deformation"], part["label"], strict=True))
    rows = []
    for name, some in part.groupby("name", sort=False):
        clean = some[some["deformation"] == CLEAN].iloc[0]
        cells = [_points(row) for _, row in some[some["deformation"] != CLEAN].iterrows()]
        accuracy = accuracy_cell(clean["accuracy"], clean["ci_low"], clean["ci_high"])
        rows.append((str(name), accuracy, *cells))
    header = ("", "clean, %", *(label for d, label in labels.items() if d != CLEAN))
    return TextTable(title=TITLES[str(part["part"].iloc[0])], header=header, rows=tuple(rows))


def _details_table(part: pd.DataFrame) -> TextTable:
    deformed = part[part["deformation"] != CLEAN]
    rows = tuple(
        (
            str(row["name"]),
            str(row["label"]),
            str(row["n_tracks"]),
            percent(row["clean_accuracy"]),
            accuracy_cell(row["accuracy"], row["ci_low"], row["ci_high"]),
            *difference_cell(row, "lost"),
        )
        for _, row in deformed.iterrows()
    )
    header = ("", "deformation", "tracks", "clean, %", "deformed, %", "lost, points", "p")
    return TextTable(title=TITLES[str(part["part"].iloc[0])], header=header, rows=rows)


def _points(row: pd.Series) -> str:
    """Points lost, with a star where that is shown."""
    return f"{decimals(100 * row['lost_difference'], 1)}{'*' if _is_shown(row) else ''}"


def _is_shown(row: Mapping[str, Any] | pd.Series) -> bool:
    return bool(row["lost_p_holm"] < 0.05)


def _lost_map(axes: Axes, part: pd.DataFrame, top: float) -> AxesImage:
    deformed = part[part["deformation"] != CLEAN]
    names, labels = list(dict.fromkeys(deformed["name"])), list(dict.fromkeys(deformed["label"]))
    lost = np.full((len(labels), len(names)), np.nan)
    for _, row in deformed.iterrows():
        i, j = labels.index(row["label"]), names.index(row["name"])
        lost[i, j] = 100 * row["lost_difference"]
        colour = "white" if lost[i, j] > 0.55 * top else "black"
        axes.text(j, i, _points(row), ha="center", va="center", color=colour, fontsize=8)
    image = axes.imshow(lost, cmap="Blues", vmin=0, vmax=top, aspect="auto")
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=9)
    axes.set_yticks(range(len(labels)), labels, fontsize=9)
    return image
