"""What stands on the page: a section per data set, a drawer per run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.reports.collect import long_table
from gtzan_features.reports.drawn import frame_words
from gtzan_features.reports.html.charts import Chart, curves_chart, reliability_chart
from gtzan_features.reports.html.data import CsvLink, csv_link
from gtzan_features.reports.html.interval_charts import DotChart, length_chart, protocol_chart
from gtzan_features.reports.html.trust import trust
from gtzan_features.reports.measured_on import measured_on
from gtzan_features.reports.paired import best_tests, length_tests
from gtzan_features.reports.scored import SEGMENT
from gtzan_features.reports.tables import accuracy_cell, level_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from gtzan_features.evaluation.metrics import Metrics
    from gtzan_features.reports.collect import ScoredRun

_NUMBERS = (
    "accuracy_percent",
    "low_percent",
    "high_percent",
    "top2_percent",
    "macro_f1_percent",
    "log_loss",
    "calibration_error_percent",
    "train_accuracy_percent",
)
_WORDS = ("model", "features", "segments", "aggregation", "protocol")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What the page shows of a run beside its predictions: families of features, curves, the model card."""

    families: Mapping[str, float]
    curves: pd.DataFrame | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run at one level, for the table that sorts and filters; `shares` within [0, 1], not rounded."""

    words: tuple[str, ...]
    n: int
    shares: tuple[float, ...]
    log_loss: float | None
    calibration_error: float | None
    train_accuracy: float | None

    @property
    def numbers(self) -> tuple[str, ...]:
        """The figures as a file has them: all digits, so that nothing is rounded twice."""
        of_100 = (*self.shares, self.calibration_error, self.train_accuracy)
        *shares, calibration, train = ("" if v is None else f"{100 * v:.10g}" for v in of_100)
        return (*shares, "" if self.log_loss is None else f"{self.log_loss:.10g}", calibration, train)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDrawer:
    """Everything on one run."""

    anchor: str
    title: str
    caveat: str
    figure: str
    leaked: bool
    synthetic: bool
    metrics: Metrics
    shares: tuple[tuple[float, ...], ...]
    matrix_csv: CsvLink
    charts: list[Chart]
    families: Mapping[str, float]
    families_csv: CsvLink | None
    manifest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSection:
    """Everything on one data set."""

    anchor: str
    title: str
    name: str
    synthetic: bool
    size: str
    measured: str
    trust: list[str]
    faults: tuple[str, ...]
    protocols: DotChart | None
    lengths: DotChart | None
    honest: list[Row]
    leaked: list[Row]
    drawn: str
    table_csv: CsvLink
    length_tests: list[str]
    best_tests: list[str]
    drawers: list[RunDrawer]


def data_section(
    name: str,
    runs: Sequence[ScoredRun],
    extras: Mapping[str, Extras],
    anchors: Mapping[str, str],
    faults: tuple[str, ...] = (),
) -> DataSection:
    """Gather what the page says of one data set.

    Parameters
    ----------
    name : str
        Of the data set, marked where its music is synthetic.
    runs : sequence of ScoredRun
        All runs on it.
    extras : mapping
        By run identifier; a run that is missing has none.
    anchors : mapping
        Where on the page this data set (by name) and each run (by identifier) stand.
    faults : tuple of str
        Known faults of the data set.
    """
    ordered = _strictest_first(runs)
    largest = max((one.run.manifest for one in runs), key=lambda m: m.n_tracks)
    synthetic = any(one.run.manifest.synthetic for one in runs)
    honest, leaked = (
        [_row(one, level) for one in ordered if one.leaked is flag for level in one.scores]
        for flag in (False, True)
    )
    rows = [("honest", row) for row in honest] + [("LEAKED", row) for row in leaked]
    return DataSection(
        anchor=anchors[name],
        title=name,
        name=name,
        synthetic=synthetic,
        size=f"{largest.n_tracks} tracks, {len(largest.genres)} genres: {', '.join(largest.genres)}",
        measured=measured_on(one.run.manifest.table_origin for one in runs),
        trust=trust(runs),
        faults=faults,
        protocols=protocol_chart(name, runs),
        lengths=length_chart(name, runs),
        honest=honest,
        leaked=leaked,
        drawn=frame_words(long_table(runs)),
        table_csv=csv_link(
            f"accuracy {name}",
            ("kind", *_WORDS, "n", *_NUMBERS),
            [(kind, *row.words, row.n, *row.numbers) for kind, row in rows],
        ),
        length_tests=[test.sentence for test in length_tests(runs)],
        best_tests=[test.sentence for test in best_tests(runs)],
        drawers=[
            _drawer(one, extras.get(one.run.manifest.run_id), anchors[one.run.manifest.run_id])
            for one in ordered
        ],
    )


def _strictest_first(runs: Sequence[ScoredRun]) -> list[ScoredRun]:
    """Order runs by protocol, the strictest first and leaked ones last; within one, the best first."""
    best_first = sorted(runs, key=lambda one: (-one.best.metrics.accuracy, one.run.manifest.run_id))
    return sorted(best_first, key=lambda one: (not one.leaked, one.tested.order), reverse=True)


def _row(one: ScoredRun, level: str) -> Row:
    m, s = one.run.manifest, one.scores[level]
    x = s.metrics
    votes = level == "vote"  # shares of votes are mostly 0 or 1: their log-loss and calibration say little
    return Row(
        words=(one.label, m.feature_set, m.segment, level_name(level), m.protocol),
        n=x.n,
        shares=(x.accuracy, s.interval.low, s.interval.high, x.top2_accuracy, x.macro_f1),
        log_loss=None if votes else x.log_loss,
        calibration_error=None if votes else x.calibration_error,
        train_accuracy=one.run.metrics.get("train_accuracy"),
    )


def _drawer(one: ScoredRun, extras: Extras | None, anchor: str) -> RunDrawer:
    m, s = one.run.manifest, one.best
    x = s.metrics
    counts = [(t, p, x.confusion[i][j]) for i, t in enumerate(x.genres) for j, p in enumerate(x.genres)]
    charts = [reliability_chart(m.run_id, x.reliability, x.calibration_error)]
    if extras is not None and extras.curves is not None:
        charts.append(curves_chart(m.run_id, extras.curves))
    families = extras.families if extras is not None else {}
    level = "tracks" if SEGMENT not in one.scores else "tracks by mean"
    return RunDrawer(
        anchor=anchor,
        title=f"{one.label}, {m.segment} {m.feature_set}, {m.protocol}, {level}",
        caveat=one.tested.caveat,
        figure=accuracy_cell(x.accuracy, s.interval.low, s.interval.high),
        leaked=one.leaked,
        synthetic=m.synthetic,
        metrics=x,
        shares=tuple(tuple(c / max(sum(row), 1) for c in row) for row in x.confusion),
        matrix_csv=csv_link(f"confusion {m.run_id}", ("true", "predicted", "count"), counts),
        charts=charts,
        families=families,
        families_csv=csv_link(f"families {m.run_id}", ("family", "share"), families.items())
        if families
        else None,
        manifest=m.to_json(),
    )
