"""The report of one run: its figures, its model card and its curves, from what lies in its folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from gtzan_features.datasets.gtzan_faults import known_faults
from gtzan_features.models.applying.unlike import read_rates
from gtzan_features.reporting.label_run_report import LabelRunReport, report_label_run
from gtzan_features.reports.card import model_card
from gtzan_features.reports.collect import score_runs
from gtzan_features.reports.curves import curves_figure, read_curves
from gtzan_features.reports.figures import save_figure
from gtzan_features.reports.protocols import leak
from gtzan_features.reports.sentence import model_sentence
from gtzan_features.reports.tables import scores_table
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.headline import Headline, write_headline
from gtzan_features.tables.run_folder import (
    CARD,
    CURVES,
    CURVES_PICTURE,
    MODEL,
    PREDICTIONS,
    read_run,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.evaluation.metrics import Metrics
    from gtzan_features.reports.collect import ScoredRun
    from gtzan_features.reports.scores import LevelScore
    from gtzan_features.tables.run_folder import RunManifest
    from gtzan_features.text_table import TextTable


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """The figures of one run, as a person reads them.

    Attributes
    ----------
    scored : ScoredRun
        The run and its figures at every level.
    notes : tuple of str
        What the tracks did not allow.
    """

    scored: ScoredRun
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
    def scores(self) -> dict[str, LevelScore]:
        """Figures by level."""
        return self.scored.scores

    @property
    def train_accuracy(self) -> float:
        """Share of training rows that are right, within [0, 1]."""
        return float(self.scored.run.metrics["train_accuracy"])

    @property
    def metrics(self) -> Metrics:
        """Figures of tracks: by mean probability where a track has segments."""
        return self.scored.best.metrics

    @property
    def sentence(self) -> str:
        """What the model learned from, and how well it did where it was tested."""
        return model_sentence(self.manifest, headline_of(self.scored, ""))

    @property
    def table(self) -> TextTable:
        """The figures of every level as a table of text."""
        m = self.manifest
        marks = ["LEAKED" if m.leaked else "", "SYNTHETIC" if m.synthetic else "", self.scored.tested.mark]
        what = f"{m.model}, {m.segment} {m.feature_set}, {m.protocol}, {m.dataset}"
        title = " ".join([*(mark for mark in marks if mark), what])
        return replace(scores_table(self.scores), title=title)

    @property
    def caveats(self) -> tuple[str, ...]:
        """What must be said with the figures: a leak, or that a part of the protocol was tested."""
        leaked = f"LEAKED: {leak(self.manifest)}. No accuracy on new music." if self.manifest.leaked else ""
        tested = self.scored.tested
        part = f"{tested.mark}: {tested.caveat}" if tested.mark else ""
        return tuple(line for line in (leaked, part) if line)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures and what they stand for as a JSON-able mapping."""
        return {
            "run": str(self.folder),
            "leaked": self.manifest.leaked,
            "synthetic": self.manifest.synthetic,
            "protocol": self.manifest.protocol,
            "notes": list(self.notes),
            "train_accuracy": self.train_accuracy,
            "levels": {level: one.to_dict() for level, one in self.scores.items()},
        }


def report_run(folder: Path, *, notes: tuple[str, ...] = ()) -> RunReport | LabelRunReport:
    """Write the model card of a run folder, and the picture of its curves where it has any.

    Nothing is trained; the figures are computed from the predictions, as in the report of many runs.

    Parameters
    ----------
    folder : Path
        A run folder.
    notes : tuple of str
        What the tracks did not allow, for the screen.

    Raises
    ------
    RunError
        If a file of the run is missing or damaged.
    ModelError
        If what is known of the model's rule for music unlike the training music is damaged.
    """
    run = read_run(folder)
    if run.manifest.several_labels:
        return report_label_run(run, notes=notes)
    (scored,) = score_runs([run])
    manifest, metrics = scored.run.manifest, scored.run.metrics
    rates = read_rates(folder / MODEL) if manifest.model_kept else None
    card = model_card(
        manifest,
        scored.scores,
        metrics["train_accuracy"],
        known_faults(manifest.dataset),
        metrics.get("families"),
        stored=manifest.model_kept,
        unlike=asdict(rates) if rates is not None else None,
    )
    write_text(folder / CARD, card)
    record = manifest.files.get(PREDICTIONS)
    if record is not None:
        write_headline(folder, headline_of(scored, record["sha256"]))
    curves = read_curves(folder / CURVES)
    if curves is not None:
        save_figure(curves_figure(curves, manifest.run_id), folder / CURVES_PICTURE)
    return RunReport(scored=scored, notes=notes)


def headline_of(scored: ScoredRun, predictions: str) -> Headline:
    """Return the figure that represents a run, of predictions with this SHA-256."""
    best = scored.best
    return Headline(
        predictions=predictions,
        level=scored.best_level,
        n=best.metrics.n,
        accuracy=best.metrics.accuracy,
        low=best.interval.low,
        high=best.interval.high,
    )
