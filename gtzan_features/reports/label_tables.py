"""Runs of several labels a track as tables: by level, by label, and side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gtzan_features.reports.collect import segment_s
from gtzan_features.reports.protocols import protocol_order
from gtzan_features.reports.tables import accuracy_cell, level_name
from gtzan_features.rounding import decimals, percent
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gtzan_features.evaluation.label_metrics import LabelMetrics, SeveralMetrics
    from gtzan_features.reports.label_scores import LabelScore, ScoredLabels

FIGURES = (
    "macro_average_precision",
    "micro_average_precision",
    "base_rate",
    "macro_roc_auc",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "micro_precision",
    "micro_recall",
    "micro_f1",
    "hamming_loss",
    "exact",
    "ranking_average_precision",
)
"""Figures over all labels, as they are called in files."""

OF_LABEL = (
    "label",
    "support",
    "base_rate",
    "n_given",
    "average_precision",
    "roc_auc",
    "precision",
    "recall",
    "f1",
)
"""Figures of a label, as they are called in files."""

EXPLAINED = (
    "Average precision (AP) says how well a label ranks the tracks, mean over labels; guessing gives about "
    "the base rate (chance). Precision, recall and F1 are means over labels, at each label's own threshold. "
    "Exact: all labels of a track are right."
)


def label_scores_table(scores: dict[str, LabelScore]) -> TextTable:
    """Lay out one run's figures, a row per level; without a title."""
    rows = tuple(
        (
            level_name(level),
            str(s.metrics.n),
            accuracy_cell(s.metrics.macro_average_precision, s.interval.low, s.interval.high),
            percent(s.metrics.base_rate),
            percent(s.metrics.macro_precision),
            percent(s.metrics.macro_recall),
            percent(s.metrics.macro_f1),
            _percent(s.metrics.macro_roc_auc),
            percent(s.metrics.micro_f1),
            percent(s.metrics.ranking_average_precision),
            percent(s.metrics.hamming_loss),
            percent(s.metrics.exact),
        )
        for level, s in scores.items()
    )
    header = ("aggregation", "n", "average precision, %", "chance", "precision", "recall", "F1")
    rest = ("ROC AUC", "micro F1", "ranking AP", "Hamming loss", "exact")
    return TextTable(title="", header=(*header, *rest), rows=rows)


def labels_table(metrics: SeveralMetrics) -> TextTable:
    """Return support, base rate, average precision and the decisions' figures of each label."""
    rows = tuple(
        (
            one.label,
            str(one.support),
            percent(one.base_rate),
            *map(_percent, (one.average_precision, one.roc_auc, one.precision, one.recall, one.f1)),
            str(one.n_given),
        )
        for one in metrics.per_label
    )
    header = ("label", "tracks", "base rate", "average precision", "ROC AUC", "precision", "recall", "F1")
    return TextTable(title="Labels", header=(*header, "given"), rows=rows)


def runs_table(scored: Iterable[ScoredLabels]) -> TextTable:
    """Lay out runs side by side, a row per run and level, the best of a protocol first."""
    ordered = sorted(
        ((one, level) for one in scored for level in one.scores),
        key=lambda pair: (
            protocol_order(pair[0].run.manifest.protocol),
            -pair[0].best.metrics.macro_average_precision,
            pair[0].label,
            -segment_s(pair[0].run.manifest.segment),
            list(pair[0].scores).index(pair[1]),
        ),
    )
    rows = tuple(
        (
            m.protocol,
            one.label,
            m.feature_set,
            m.segment,
            level_name(level),
            accuracy_cell(s.metrics.macro_average_precision, s.interval.low, s.interval.high),
            percent(s.metrics.base_rate),
            percent(s.metrics.macro_f1),
            percent(s.metrics.micro_f1),
            decimals(s.metrics.hamming_loss, 3),
        )
        for one, level in ordered
        for m, s in ((one.run.manifest, one.scores[level]),)
    )
    header = ("protocol", "model", "features", "segments", "aggregation", "average precision, %", "chance")
    return TextTable(title="", header=(*header, "macro F1", "micro F1", "Hamming loss"), rows=rows)


def labels_frame(scored: Iterable[ScoredLabels]) -> pd.DataFrame:
    """Return one row per run, level and label, and one for all labels of each, with label ""."""
    rows: list[dict[str, Any]] = []
    for one in scored:
        m = one.run.manifest
        for level, s in one.scores.items():
            keys = {
                "dataset": m.dataset,
                "synthetic": m.synthetic,
                "model": one.label,
                "features": m.feature_set,
                "segments": m.segment,
                "aggregation": level,
                "protocol": m.protocol,
                "run_id": m.run_id,
                "n": s.metrics.n,
            }
            whole = {name: getattr(s.metrics, name) for name in FIGURES}
            interval = s.interval
            ends = {"ci_low": interval.low, "ci_high": interval.high, "ci_method": interval.method}
            rows.append({**keys, "label": "", **whole, **ends, "ci_units": interval.n_units})
            rows += [{**keys, **label_figures(label)} for label in s.metrics.per_label]
    return pd.DataFrame(rows)


def label_figures(one: LabelMetrics) -> dict[str, Any]:
    """Return the figures of a label as a row of a table."""
    return {name: getattr(one, name) for name in OF_LABEL}


def threshold_words(labels: Sequence[str], thresholds: Sequence[float]) -> str:
    """Return the thresholds of labels in words.

    Examples
    --------
    >>> threshold_words(["jazz", "loud"], [0.5, 0.25])
    'jazz 0.50, loud 0.25'
    """
    return ", ".join(f"{label} {decimals(value, 2)}" for label, value in zip(labels, thresholds, strict=True))


def _percent(value: float | None) -> str:
    return "–" if value is None else percent(value)
