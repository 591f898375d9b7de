"""The report of one run whose tracks may have several labels: its figures and its model card."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gtzan_features.datasets.gtzan_faults import known_faults
from gtzan_features.reports.label_scores import ScoredLabels, score_label_runs
from gtzan_features.reports.label_tables import (
    EXPLAINED,
    label_scores_table,
    labels_table,
    threshold_words,
)
from gtzan_features.reports.protocols import PROTOCOLS, leak
from gtzan_features.reports.sentence import model_sentence
from gtzan_features.reports.tables import accuracy_cell, level_name
from gtzan_features.reports.templating import environment
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.headline import Headline, write_headline
from gtzan_features.tables.run_folder import CARD, PREDICTIONS
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gtzan_features.evaluation.label_metrics import SeveralMetrics
    from gtzan_features.reports.label_scores import LabelScore
    from gtzan_features.tables.run_folder import Run, RunManifest

THRESHOLDS = "label_thresholds"
"""In ``metrics.json``: the kept model's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRunReport:
    """The figures of one run of several labels, as a person reads them; see `run_report.RunReport`."""

    scored: ScoredLabels
    notes: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.scored.run.folder

    @property
    def manifest(self) -> RunManifest:
        """What was done, to what, with what."""
        return self.scored.run.manifest

    @property
    def scores(self) -> dict[str, LabelScore]:
        """Figures by level."""
        return self.scored.scores

    @property
    def train_accuracy(self) -> float:
        """Share of decisions on labels of training rows that are right, within [0, 1]."""
        return float(self.scored.run.metrics["train_accuracy"])

    @property
    def metrics(self) -> SeveralMetrics:
        """Figures of tracks: by mean probability where a track has segments."""
        return self.scored.best.metrics

    @property
    def sentence(self) -> str:
        """What the model learned from, and how well it did where it was tested."""
        return model_sentence(self.manifest, self.headline(""))

    def headline(self, predictions: str) -> Headline:
        """Return the figure that represents the run, of predictions with this SHA-256."""
        best = self.scored.best
        return Headline(
            predictions=predictions,
            level=self.scored.best_level,
            n=best.metrics.n,
            accuracy=best.metrics.macro_average_precision,
            low=best.interval.low,
            high=best.interval.high,
            measure="mean average precision",
        )

    @property
    def table(self) -> TextTable:
        """The figures of every level as a table of text."""
        m = self.manifest
        marks = [
            "LEAKED" if self.scored.leaked else "",
            "SYNTHETIC" if m.synthetic else "",
            self.scored.tested.mark,
        ]
        what = f"{m.model}, {m.segment} {m.feature_set}, {m.protocol}, {m.dataset}"
        title = " ".join([*(mark for mark in marks if mark), what])
        return replace(label_scores_table(self.scores), title=title)

    @property
    def explained(self) -> str:
        """What the figures are, in words."""
        return EXPLAINED

    @property
    def label_table(self) -> TextTable:
        """The figures of every label of tracks."""
        return labels_table(self.metrics)

    @property
    def caveats(self) -> tuple[str, ...]:
        """What must be said with the figures."""
        leaked = f"LEAKED: {leak(self.manifest)}. No figure on new music." if self.scored.leaked else ""
        tested = self.scored.tested
        part = f"{tested.mark}: {tested.caveat}" if tested.mark else ""
        return tuple(line for line in (leaked, part) if line)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures and what they stand for as a JSON-able mapping."""
        return {
            "run": str(self.folder),
            "leaked": self.manifest.leaked,
            "synthetic": self.manifest.synthetic,
            "several_labels": True,
            "protocol": self.manifest.protocol,
            "notes": list(self.notes),
            "train_accuracy": self.train_accuracy,
            "levels": {level: one.to_dict() for level, one in self.scores.items()},
        }


def report_label_run(run: Run, *, notes: tuple[str, ...] = ()) -> LabelRunReport:
    """Write the model card of a run of several labels; see `run_report.report_run`."""
    report = report_of_labels(run, notes)
    write_text(run.folder / CARD, label_card(report))
    record = run.manifest.files.get(PREDICTIONS)
    if record is not None:
        write_headline(run.folder, report.headline(record["sha256"]))
    return report


def report_of_labels(run: Run, notes: tuple[str, ...] = ()) -> LabelRunReport:
    """Return the figures of a run of several labels; nothing is written."""
    (scored,) = score_label_runs([run])
    return LabelRunReport(scored=scored, notes=notes)


def label_card(report: LabelRunReport) -> str:
    """Return the model card of a run of several labels in Markdown."""
    m, scored = report.manifest, report.scored
    best, tested = scored.best, scored.tested
    interval = best.interval
    thresholds = scored.run.metrics.get(THRESHOLDS, [])
    text = (
        environment()
        .get_template("label_card.md.j2")
        .render(
            m=m,
            tested=tested,
            leaked=scored.leaked,
            leak=leak(m),
            protocol=PROTOCOLS.get(tested.kind or m.protocol.partition(" ")[0], ""),
            headline=accuracy_cell(best.metrics.macro_average_precision, interval.low, interval.high),
            level=level_name(scored.best_level),
            metrics=best.metrics,
            figures=label_scores_table(report.scores),
            explained=EXPLAINED,
            labels=report.label_table,
            thresholds=threshold_words(m.genres, thresholds) if thresholds else "",
            settings=_pairs("setting", m.settings),
            versions=_pairs("library", m.versions),
            train_accuracy=report.train_accuracy,
            faults=known_faults(m.dataset),
            stored=m.model_kept,
        )
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _pairs(name: str, pairs: Mapping[str, object]) -> TextTable:
    rows = tuple((key, str(value)) for key, value in pairs.items())
    return TextTable(title="", header=(name, "value"), rows=rows)
