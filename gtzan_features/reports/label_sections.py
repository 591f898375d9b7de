"""The part of a report that shows runs of several labels a track, a table of their own for each data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.reports.drawn import label_interval_words
from gtzan_features.reports.label_tables import EXPLAINED, labels_frame, labels_table, runs_table
from gtzan_features.reports.measured_on import measured_on
from gtzan_features.reports.published import dataset_title
from gtzan_features.tables.atomic import write_text
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gtzan_features.reports.label_scores import ScoredLabels
    from gtzan_features.text_table import TextTable

CSV = "labels.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSection:
    """Runs of several labels on one data set.

    Attributes
    ----------
    title : str
        The data set.
    synthetic : bool
    size : str
        Tracks and labels, a sentence.
    measured : str
        What the rows were made from, a sentence.
    runs : TextTable
        A row per run and level.
    details : list of (str, TextTable)
        The labels of the best run of each protocol, with its title.
    drawn : str
        What the intervals draw.
    explained : str
        What the figures are.
    """

    title: str
    synthetic: bool
    size: str
    measured: str
    runs: TextTable
    details: list[tuple[str, TextTable]]
    drawn: str
    explained: str = EXPLAINED


def label_sections(scored: Iterable[ScoredLabels]) -> list[LabelSection]:
    """Lay out runs of several labels, a section for each data set."""
    found: dict[tuple[str, bool], list[ScoredLabels]] = {}
    for one in scored:
        found.setdefault((one.run.manifest.dataset, one.run.manifest.synthetic), []).append(one)
    return [_section(*key, runs) for key, runs in sorted(found.items())]


def write_labels_csv(scored: list[ScoredLabels], folder: Path) -> None:
    """Write ``labels.csv``: a row per run, level and label, with all digits; an earlier one is removed."""
    if not scored:
        (folder / CSV).unlink(missing_ok=True)
        return
    text = labels_frame(scored).to_csv(index=False, lineterminator="\n", float_format="%.10g")
    write_text(folder / CSV, printable(text))


def _section(dataset: str, synthetic: bool, runs: list[ScoredLabels]) -> LabelSection:
    largest = max((one.run.manifest for one in runs), key=lambda m: m.n_tracks)
    return LabelSection(
        title=dataset_title(dataset, synthetic=synthetic),
        synthetic=synthetic,
        size=f"{largest.n_tracks} tracks, {len(largest.genres)} labels ({', '.join(largest.genres)}).",
        measured=measured_on(one.run.manifest.table_origin for one in runs),
        runs=runs_table(runs),
        details=[(_title(one), labels_table(one.best.metrics)) for one in _best_of_protocols(runs)],
        drawn=label_interval_words(
            (one.run.manifest.protocol, one.best.metrics.n, one.best.interval.n_units) for one in runs
        ),
    )


def _best_of_protocols(runs: list[ScoredLabels]) -> list[ScoredLabels]:
    """Return the honest run with the highest average precision of each protocol, the easiest first."""
    best: dict[str, ScoredLabels] = {}
    for one in sorted(runs, key=lambda one: (one.tested.order, one.label)):
        protocol = one.run.manifest.protocol
        kept = best.get(protocol)
        figure = one.best.metrics.macro_average_precision
        if not one.leaked and (kept is None or figure > kept.best.metrics.macro_average_precision):
            best[protocol] = one
    return list(best.values())


def _title(one: ScoredLabels) -> str:
    m = one.run.manifest
    return f"{m.protocol}, {one.label} on {m.feature_set}, {m.segment} rows"
