"""Tables of accuracy lost under deformed audio: mean and worst, then each group of deformations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gtzan_features.reports.robustness_frame import AUGMENTED, CLEAN, FAMILIES, MODELS
from gtzan_features.reports.tables import accuracy_cell
from gtzan_features.rounding import decimals, points
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from gtzan_features.audio.deform import Deformation
    from gtzan_features.reports.robustness_frame import RobustnessFrames

TITLES = {
    MODELS: "Models, all columns",
    AUGMENTED: "Models trained on deformed copies, too",
    FAMILIES: "Families alone",
}
TRAINED_ON = "†"
"""Behind a deformation whose kind a model was trained on."""


def robustness_tables(frames: RobustnessFrames, trained: Sequence[Deformation] = ()) -> tuple[TextTable, ...]:
    """Return the tables of points lost: of all that training on copies changed, then of each part.

    Of each part there is one of the mean and the worst loss, and one for each group of deformations, with a
    row for each model or family.
    """
    kinds = frozenset(one.kind for one in trained)
    found = list(_gained_tables(frames)) if kinds else []
    for part, title in TITLES.items():
        losses = frames.losses[frames.losses["part"] == part]
        if not len(losses):
            continue
        means = frames.means[frames.means["part"] == part]
        found.append(
            _means_table(
                f"{title}, mean and worst: points lost", means, _labels(losses), with_unseen=bool(kinds)
            )
        )
        marked = kinds if part == AUGMENTED else frozenset()
        deformed = losses[losses["deformation"] != CLEAN]
        found += [
            _group_table(f"{title}, {group}: points lost", some, marked)
            for group, some in deformed.groupby("group", sort=False)
        ]
    return tuple(found)


def shown_points(row: Mapping[str, Any] | pd.Series) -> str:
    """Return points lost, with a star where the loss is shown."""
    star = "*" if bool(row["lost_p_holm"] < 0.05) else ""
    return f"{decimals(100 * row['lost_difference'], 1)}{star}"


def marked_label(label: str, kind: str, trained: frozenset[str]) -> str:
    """Return what a deformation is called, with a dagger where its kind was trained on."""
    return f"{label} {TRAINED_ON}" if kind in trained else label


def _labels(losses: pd.DataFrame) -> dict[str, str]:
    return dict(zip(losses["deformation"], losses["label"], strict=True))


def _means_table(
    title: str, means: pd.DataFrame, labels: Mapping[str, str], *, with_unseen: bool
) -> TextTable:
    unseen = ("mean, kinds not trained on",) if with_unseen else ()
    header = ("", "clean, %", "mean lost", *unseen, "worst lost", "by")
    rows = []
    for _, row in means.iterrows():
        by = labels.get(row["worst"], "–")
        rest = (_interval(row, "unseen_lost"),) if with_unseen else ()
        clean = accuracy_cell(row["accuracy"], row["ci_low"], row["ci_high"])
        worst = decimals(100 * row["worst_lost"], 1)
        rows.append((str(row["name"]), clean, _interval(row, "mean_lost"), *rest, worst, by))
    return TextTable(title=title, header=header, rows=tuple(rows))


def _group_table(title: str, losses: pd.DataFrame, trained: frozenset[str]) -> TextTable:
    columns = losses.drop_duplicates("deformation")
    labels = [marked_label(row["label"], row["kind"], trained) for _, row in columns.iterrows()]
    rows = tuple(
        (str(name), *(shown_points(row) for _, row in some.iterrows()))
        for name, some in losses.groupby("name", sort=False)
    )
    return TextTable(title=title, header=("", *labels), rows=rows)


def _gained_tables(frames: RobustnessFrames) -> Iterator[TextTable]:
    """Yield what training on copies gained, beside the worst loss without and with them."""
    if "gained_clean" not in frames.means:
        return
    labels = _labels(frames.losses)
    means = frames.means.set_index(["part", "name"])
    rows = []
    for _, row in frames.means[frames.means["gained_clean"].notna()].iterrows():
        cells = [_interval(row, f"gained_{name}", signed=True) for name in ("clean", "mean", "unseen")]
        worst = [
            f"{decimals(100 * some['worst_lost'], 1)} ({labels.get(some['worst'], '–')})"
            for some in (means.loc[(MODELS, row["name"])], row)
        ]
        rows.append((str(row["name"]), *cells, *worst))
    header = (
        "",
        "gained on clean audio",
        "on deformed, mean",
        "on kinds not trained on, mean",
        "worst lost, clean rows",
        "worst lost, with copies",
    )
    if rows:
        yield TextTable(
            title="What training on deformed copies, too, gained: points", header=header, rows=tuple(rows)
        )


def _interval(row: pd.Series, name: str, *, signed: bool = False) -> str:
    """Return points with their interval; a dash where there is nothing to average."""
    values = [float(row[key]) for key in (name, f"{name}_low", f"{name}_high")]
    if math.isnan(values[0]):
        return "–"
    middle, low, high = (points(value) if signed else decimals(100 * value, 1) for value in values)
    return f"{middle} ({low} to {high})"
