"""The accuracy table: models by rows, protocols side by side, leaked figures apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.reports.collect import segment_s
from gtzan_features.reports.protocols import protocol_order
from gtzan_features.reports.scored import LEVELS, SEGMENT, TRACK
from gtzan_features.rounding import decimals, percent
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    import pandas as pd

    from gtzan_features.evaluation.metrics import Metrics
    from gtzan_features.reports.scores import LevelScore

_LEVEL_TEXT = {TRACK: "one row per track", SEGMENT: "none: single segments"}
_LEVEL_ORDER = {level: i for i, level in enumerate((TRACK, *LEVELS))}
_ROW_KEYS = ("model", "features", "segments", "aggregation")


def accuracy_cell(accuracy: float, low: float, high: float) -> str:
    """Return an accuracy with its interval, in per cent.

    Examples
    --------
    >>> accuracy_cell(0.578, 0.52, 0.634)
    '57.8 (52.0–63.4)'
    """
    return f"{percent(accuracy)} ({percent(low)}–{percent(high)})"


def level_name(level: str) -> str:
    """Return what a level is called in tables."""
    return _LEVEL_TEXT.get(level, level)


def accuracy_table(results: pd.DataFrame, *, leaked: bool) -> TextTable | None:
    """Lay out one data set's results: rows model × features × segments × aggregation.

    Parameters
    ----------
    results : DataFrame
        Rows of `collect.long_table` of one data set.
    leaked : bool
        Whether to show the leaked protocols or the honest ones; never both in one table.

    Returns
    -------
    TextTable or None
        None where there are no such results.
    """
    shown = results[results["leaked"] == leaked]
    if shown.empty:
        return None
    protocols = sorted(shown["protocol"].unique(), key=protocol_order)
    cells: dict[tuple[str, ...], dict[str, str]] = {}
    for row in shown.itertuples():
        key = tuple(str(getattr(row, name)) for name in _ROW_KEYS)
        # itertuples' fields have no types that mypy could know.
        values = (float(str(getattr(row, name))) for name in ("accuracy", "ci_low", "ci_high"))
        cells.setdefault(key, {})[str(row.protocol)] = accuracy_cell(*values)
    best = shown.groupby("model")["accuracy"].max().to_dict()
    ordered = sorted(
        cells, key=lambda k: (-best[k[0]], k[0], k[1], -segment_s(k[2]), _LEVEL_ORDER.get(k[3], 99))
    )
    rows = tuple(
        (*key[:3], level_name(key[3]), *(cells[key].get(p, "–") for p in protocols)) for key in ordered
    )
    mark = "LEAKED " if leaked else ""
    header = ("model", "features", "segments", "aggregation", *(mark + p for p in protocols))
    title = "Leaked" if leaked else "Honest"
    return TextTable(title=title, header=header, rows=rows)


def scores_table(scores: dict[str, LevelScore]) -> TextTable:
    """Lay out one run's figures, a row per level; without a title."""
    rows = tuple(
        (
            level_name(level),
            str(s.metrics.n),
            accuracy_cell(s.metrics.accuracy, s.interval.low, s.interval.high),
            percent(s.metrics.top2_accuracy),
            percent(s.metrics.macro_precision),
            percent(s.metrics.macro_recall),
            percent(s.metrics.macro_f1),
            # Shares of votes are mostly 0 or 1: their log-loss and calibration say little.
            "–" if level == "vote" else decimals(s.metrics.log_loss, 3),
            "–" if level == "vote" else percent(s.metrics.calibration_error),
        )
        for level, s in scores.items()
    )
    header = ("aggregation", "n", "accuracy, %", "top-2", "precision", "recall", "F1", "log-loss")
    return TextTable(title="", header=(*header, "calibration error"), rows=rows)


def figures_table(results: pd.DataFrame) -> TextTable:
    """Lay out the other figures of honest results at track level (``mean``, or one row per track)."""
    shown = results[~results["leaked"] & results["aggregation"].isin([TRACK, "mean"])]
    rows = tuple(
        (
            str(r["protocol"]),
            str(r["model"]),
            str(r["features"]),
            str(r["segments"]),
            percent(r["train_accuracy"]) if r["train_accuracy"] is not None else "–",
            *(percent(r[c]) for c in ("accuracy", "top2_accuracy")),
            *(percent(r[c]) for c in ("macro_precision", "macro_recall", "macro_f1")),
            decimals(r["log_loss"], 3),
            percent(r["calibration_error"]),
            str(r["most_confused"] or "–"),
            str(r["least_confused"]),
        )
        for _, r in sorted(
            shown.iterrows(),
            key=lambda item: (protocol_order(item[1]["protocol"]), -item[1]["accuracy"]),
        )
    )
    header = (
        "protocol",
        "model",
        "features",
        "segments",
        "training accuracy",
        "accuracy",
        "top-2",
        "macro precision",
        "macro recall",
        "macro F1",
        "log-loss",
        "calibration error",
        "most confused",
        "least confused",
    )
    return TextTable(title="Further figures", header=header, rows=rows)


def genre_table(metrics: Metrics) -> TextTable:
    """Return precision, recall and F1 of each genre, and what it is confused with."""
    rows = tuple(
        (
            g.genre,
            str(g.support),
            *("–" if v is None else percent(v) for v in (g.precision, g.recall, g.f1)),
            ", ".join(f"{name} {count}" for name, count in g.confused_with if count) or "–",
        )
        for g in metrics.per_genre
    )
    header = ("genre", "tracks", "precision", "recall", "F1", "taken for")
    return TextTable(title="Genres", header=header, rows=rows)
