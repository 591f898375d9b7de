"""What stands on the page: a section per data set, a drawer per run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gtzan_features.evaluation.comparison import compare, verdict
from gtzan_features.reports.collect import ScoredRun, length_tests
from gtzan_features.reports.html.charts import Chart, curves_charts, reliability_chart
from gtzan_features.reports.html.data import CsvLink, csv_link, slug
from gtzan_features.reports.html.dots import DotChart, length_chart, protocol_chart
from gtzan_features.reports.html.trust import trust
from gtzan_features.reports.scores import SEGMENT
from gtzan_features.reports.tables import accuracy_cell, level_name, protocol_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gtzan_features.evaluation.metrics import Metrics
    from gtzan_features.reports.curves import Curves

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
    curves: Curves | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run at one level, for the table that sorts and filters."""

    words: tuple[str, ...]
    n: int
    numbers: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDrawer:
    """Everything on one run."""

    anchor: str
    title: str
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
    trust: list[str]
    faults: tuple[str, ...]
    protocols: DotChart | None
    lengths: DotChart | None
    honest: list[Row]
    leaked: list[Row]
    table_csv: CsvLink
    tests: list[str]
    drawers: list[RunDrawer]


def data_section(
    name: str,
    runs: Sequence[ScoredRun],
    extras: Mapping[str, Extras],
    faults: tuple[str, ...] = (),
) -> DataSection:
    """Gather what the page says of one data set.

    Parameters
    ----------
    name : str
        Of the data set.
    runs : sequence of ScoredRun
        All runs on it.
    extras : mapping
        By run identifier; a run that is missing has none.
    faults : tuple of str
        Known faults of the data set.
    """
    ordered = sorted(runs, key=_drawer_order)
    largest = max((one.run.manifest for one in runs), key=lambda m: m.n_tracks)
    synthetic = any(one.run.manifest.synthetic for one in runs)
    honest, leaked = (
        [_row(one, level) for one in ordered if one.run.manifest.leaked is flag for level in one.scores]
        for flag in (False, True)
    )
    rows = [("honest", row) for row in honest] + [("LEAKED", row) for row in leaked]
    return DataSection(
        anchor=slug(name),
        title=f"{name} (SYNTHETIC music)" if synthetic else name,
        name=name,
        synthetic=synthetic,
        size=f"{largest.n_tracks} tracks, {len(largest.genres)} genres: {', '.join(largest.genres)}",
        trust=trust(runs),
        faults=faults,
        protocols=protocol_chart(name, runs),
        lengths=length_chart(name, runs),
        honest=honest,
        leaked=leaked,
        table_csv=csv_link(
            f"accuracy {name}",
            ("kind", *_WORDS, "n", *_NUMBERS),
            [(kind, *row.words, row.n, *row.numbers) for kind, row in rows],
        ),
        tests=[*_length_sentences(runs), *_model_sentences(runs)],
        drawers=[_drawer(one, extras.get(one.run.manifest.run_id)) for one in ordered],
    )


def _drawer_order(one: ScoredRun) -> tuple[Any, ...]:
    m = one.run.manifest
    strictness, protocol = protocol_order(m.protocol)
    return m.leaked, -strictness, protocol, -one.scores[one.best_level].metrics.accuracy, m.run_id


def _row(one: ScoredRun, level: str) -> Row:
    m, s = one.run.manifest, one.scores[level]
    x = s.metrics
    train = one.run.metrics.get("train_accuracy")
    shares = (x.accuracy, s.interval.low, s.interval.high, x.top2_accuracy, x.macro_f1)
    votes = level == "vote"  # shares of votes are mostly 0 or 1: their log-loss and calibration say little
    return Row(
        words=(one.label, m.feature_set, m.segment, level_name(level), m.protocol),
        n=x.n,
        numbers=(
            *(round(100 * v, 2) for v in shares),
            None if votes else round(x.log_loss, 3),
            None if votes else round(100 * x.calibration_error, 2),
            None if train is None else round(100 * train, 2),
        ),
    )


def _length_sentences(runs: Sequence[ScoredRun]) -> list[str]:
    return [
        f"{t.protocol}: " + verdict(t.comparison, f"{t.label} on {t.short} (mean)", f"{t.label} on {t.long}")
        for t in length_tests(runs)
        if t.label != "majority"
    ]


def _model_sentences(runs: Sequence[ScoredRun]) -> list[str]:
    """Test the best honest run of each protocol against the others on the same tracks."""
    said = []
    # That a model beats the most frequent genre is no news.
    honest = [one for one in runs if not one.run.manifest.leaked and one.run.manifest.model != "majority"]
    for protocol in dict.fromkeys(one.run.manifest.protocol for one in honest):
        group = [one for one in honest if one.run.manifest.protocol == protocol]
        best = max(group, key=lambda one: one.scores[one.best_level].metrics.accuracy)
        a = best.scores[best.best_level]
        for other in group:
            b = other.scores[other.best_level]
            if other is not best and other.label != best.label and a.units == b.units:
                found = compare(a.correct, b.correct)
                said.append(f"{protocol}: " + verdict(found, _short(best), _short(other)))
    return said


def _short(one: ScoredRun) -> str:
    return f"{one.label} on {one.run.manifest.segment}"


def _drawer(one: ScoredRun, extras: Extras | None) -> RunDrawer:
    m, s = one.run.manifest, one.scores[one.best_level]
    x = s.metrics
    counts = [(t, p, x.confusion[i][j]) for i, t in enumerate(x.genres) for j, p in enumerate(x.genres)]
    charts = [reliability_chart(m.run_id, x.reliability, x.calibration_error)]
    if extras is not None and extras.curves is not None:
        charts += curves_charts(m.run_id, extras.curves)
    families = extras.families if extras is not None else {}
    level = "tracks" if SEGMENT not in one.scores else "tracks by mean"
    return RunDrawer(
        anchor=slug(m.run_id),
        title=f"{one.label}, {m.segment} {m.feature_set}, {m.protocol}, {level}",
        figure=accuracy_cell(x.accuracy, s.interval.low, s.interval.high),
        leaked=m.leaked,
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
