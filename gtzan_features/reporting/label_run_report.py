"""The report of one run whose tracks may have several labels: its figures and its model card."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.datasets.gtzan_faults import known_faults
from gtzan_features.reporting.scored_report import ScoredReport, write_card
from gtzan_features.reports.drawn import label_interval_words
from gtzan_features.reports.hub_metadata import Measured, hub_block
from gtzan_features.reports.label_scores import LabelScore, score_label_runs
from gtzan_features.reports.label_tables import (
    EXPLAINED,
    label_scores_table,
    labels_table,
    threshold_words,
)
from gtzan_features.reports.protocols import PROTOCOLS, leak
from gtzan_features.reports.tables import accuracy_cell, level_name
from gtzan_features.reports.templating import environment
from gtzan_features.tables.headline import Headline
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gtzan_features.evaluation.label_metrics import SeveralMetrics
    from gtzan_features.reports.label_scores import ScoredLabels
    from gtzan_features.tables.run_folder import Run

THRESHOLDS = "label_thresholds"
"""In ``metrics.json``: the kept model's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRunReport(ScoredReport[LabelScore]):
    """The figures of one run of several labels a track; see `ScoredReport`."""

    scored: ScoredLabels

    @property
    def metrics(self) -> SeveralMetrics:
        """Figures of tracks: by mean probability where a track has segments."""
        return self.scored.best.metrics

    @property
    def drawn(self) -> str:
        """What the intervals draw: artists."""
        best = self.scored.best
        return label_interval_words([(self.manifest.protocol, best.metrics.n, best.interval.n_units)])

    def headline(self, predictions: str) -> Headline:
        """Return the mean average precision of tracks, of predictions with this SHA-256."""
        best = self.scored.best
        return Headline(
            predictions=predictions,
            level=self.scored.best_level,
            n=best.metrics.n,
            accuracy=best.metrics.macro_average_precision,
            low=best.interval.low,
            high=best.interval.high,
            interval=best.interval.method,
            measure="mean average precision",
        )

    @property
    def table(self) -> TextTable:
        """The figures of every level as a table of text."""
        return self._titled(label_scores_table(self.scores))

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
        return self._caveats("figure")


def report_label_run(run: Run, *, notes: tuple[str, ...] = ()) -> LabelRunReport:
    """Write the model card of a run of several labels; see `run_report.report_run`."""
    report = report_of_labels(run, notes)
    write_card(run, label_card(report), report)
    return report


def report_of_labels(run: Run, notes: tuple[str, ...] = ()) -> LabelRunReport:
    """Return the figures of a run of several labels; nothing is written."""
    (scored,) = score_label_runs([run])
    return LabelRunReport(scored=scored, notes=notes)


def label_card(report: LabelRunReport) -> str:
    """Return the model card of a run of several labels in Markdown, with metadata for the Hub before it."""
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
            protocol=tested.about or PROTOCOLS.get(m.protocol.partition(" ")[0], ""),
            headline=accuracy_cell(best.metrics.macro_average_precision, interval.low, interval.high),
            level=level_name(scored.best_level),
            metrics=best.metrics,
            figures=label_scores_table(report.scores),
            explained=EXPLAINED,
            labels=report.label_table,
            drawn=report.drawn,
            thresholds=threshold_words(m.genres, thresholds) if thresholds else "",
            settings=_pairs("setting", m.settings),
            versions=_pairs("library", m.versions),
            train_accuracy=report.train_accuracy,
            faults=known_faults(m.dataset),
            stored=m.model_kept,
        )
    )
    name = "Average precision, mean over labels"
    test = Measured(
        protocol=m.protocol,
        level=scored.best_level,
        n=best.metrics.n,
        figures={"mean_average_precision": (name, best.metrics.macro_average_precision)},
        interval=(interval.low, interval.high),
    )
    block = hub_block(m, [test], name=m.run_id, leaked=scored.leaked)
    return block + re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _pairs(name: str, pairs: Mapping[str, object]) -> TextTable:
    rows = tuple((key, str(value)) for key, value in pairs.items())
    return TextTable(title="", header=(name, "value"), rows=rows)
