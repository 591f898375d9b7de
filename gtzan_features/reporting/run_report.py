"""The report of one run: its figures, its model card and its curves, from what lies in its folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gtzan_features.datasets.gtzan_faults import known_faults
from gtzan_features.models.applying.unlike import read_rates
from gtzan_features.reporting.label_run_report import LabelRunReport, report_label_run
from gtzan_features.reporting.scored_report import ScoredReport, write_card
from gtzan_features.reports.card import model_card
from gtzan_features.reports.collect import score_runs
from gtzan_features.reports.curves import curves_figure, read_curves
from gtzan_features.reports.drawn import interval_words
from gtzan_features.reports.scores import LevelScore
from gtzan_features.reports.tables import scores_table
from gtzan_features.tables.headline import Headline
from gtzan_features.tables.run_folder import (
    CURVES,
    CURVES_PICTURE,
    MODEL,
    read_run,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.evaluation.metrics import Metrics
    from gtzan_features.reports.collect import ScoredRun
    from gtzan_features.text_table import TextTable


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport(ScoredReport[LevelScore]):
    """The figures of one run of one genre a track; see `ScoredReport`."""

    scored: ScoredRun

    @property
    def metrics(self) -> Metrics:
        """Figures of tracks: by mean probability where a track has segments."""
        return self.scored.best.metrics

    @property
    def drawn(self) -> str:
        """What the intervals draw: artists within genres, or tracks."""
        best = self.scored.best
        return interval_words([(self.manifest.protocol, best.metrics.n, best.interval.n_units)])

    def headline(self, predictions: str) -> Headline:
        """Return the accuracy of tracks, of predictions with this SHA-256."""
        return headline_of(self.scored, predictions)

    @property
    def table(self) -> TextTable:
        """The figures of every level as a table of text."""
        return self._titled(scores_table(self.scores))

    @property
    def caveats(self) -> tuple[str, ...]:
        """What must be said with the figures: a leak, or that a part of the protocol was tested."""
        return self._caveats("accuracy")


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
    report = RunReport(scored=scored, notes=notes)
    write_card(run, card, report)
    curves = read_curves(folder / CURVES)
    if curves is not None:
        from gtzan_features.reports.figures import save_figure  # imports matplotlib, which is slow

        save_figure(
            curves_figure(curves, f"{scored.on_features}, {scored.tested.name}"), folder / CURVES_PICTURE
        )
    return report


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
        interval=best.interval.method,
    )
