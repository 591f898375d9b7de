"""Accuracies with their intervals on one scale: a table whose last column is the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.reports.collect import representative, segment_s
from gtzan_features.reports.html.data import CsvLink, csv_link
from gtzan_features.reports.scores import TRACK
from gtzan_features.reports.tables import accuracy_cell, protocol_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gtzan_features.reports.collect import ScoredRun

_HEADER = ("row", "series", "leaked", "accuracy_percent", "low_percent", "high_percent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One accuracy with its interval, in per cent; `style` is the number of its series."""

    value: float
    low: float
    high: float
    series: str
    style: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DotRow:
    """The accuracies that stand side by side under one name."""

    name: str
    leaked: bool
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DotChart:
    """A picture of accuracies: its rows, what it shows in words, and its data."""

    title: str
    words: str
    rows: tuple[DotRow, ...]
    series: tuple[tuple[int, str], ...]
    csv: CsvLink


def protocol_chart(name: str, runs: Sequence[ScoredRun]) -> DotChart | None:
    """Show what each protocol does to one and the same model; None where no model has two protocols.

    The model and segment length that stand under most protocols are shown; of several, the one with the
    highest accuracy under the last of them.
    """
    by_model: dict[tuple[str, str, str], list[ScoredRun]] = {}
    for one in runs:
        m = one.run.manifest
        by_model.setdefault((one.label, m.feature_set, m.segment), []).append(one)
    best = max(by_model.values(), key=lambda group: (_n_protocols(group), _strictest(group)), default=[])
    if _n_protocols(best) < 2:
        return None
    ordered = sorted(best, key=lambda one: protocol_order(one.run.manifest.protocol))
    rows = tuple(
        DotRow(
            name=one.run.manifest.protocol,
            leaked=one.run.manifest.leaked,
            dots=(
                _dot(one, "LEAKED" if one.run.manifest.leaked else "honest", int(one.run.manifest.leaked)),
            ),
        )
        for one in ordered
    )
    m = best[0].run.manifest
    how = m.segment if TRACK in best[0].scores else f"{m.segment} segments, gathered to tracks by mean"
    said = "; ".join(f"{'LEAKED ' if row.leaked else ''}{row.name} {row.dots[0].text} %" for row in rows)
    return DotChart(
        title=f"{best[0].label} on {how}: one model, several protocols",
        words=f"The same model under each protocol: {said}.",
        rows=rows,
        series=_series(rows),
        csv=_csv(f"protocols {name}", rows),
    )


def length_chart(name: str, runs: Sequence[ScoredRun]) -> DotChart | None:
    """Show each honest model's segment lengths side by side; None where no model has two lengths."""
    groups: dict[tuple[str, str], list[ScoredRun]] = {}
    for one in runs:
        if not one.run.manifest.leaked and one.run.manifest.model != "majority":
            groups.setdefault((one.run.manifest.protocol, one.label), []).append(one)
    pairs = {key: group for key, group in groups.items() if len({g.run.manifest.segment for g in group}) > 1}
    if not pairs:
        return None
    lengths = sorted(
        {g.run.manifest.segment for group in pairs.values() for g in group}, key=lambda name: -segment_s(name)
    )
    rows = tuple(
        DotRow(
            name=f"{key[0]}: {key[1]}",
            leaked=False,
            dots=tuple(
                _dot(one, _length_name(one), lengths.index(one.run.manifest.segment))
                for one in sorted(group, key=lambda g: lengths.index(g.run.manifest.segment))
            ),
        )
        for key, group in sorted(pairs.items(), key=lambda item: (protocol_order(item[0][0]), item[0][1]))
    )
    return DotChart(
        title=" against ".join(lengths) + ", on the same tracks",
        words="Accuracy over tracks with 95 % intervals; a row per protocol and model, a mark per length.",
        rows=rows,
        series=_series(rows),
        csv=_csv(f"lengths {name}", rows),
    )


def _length_name(one: ScoredRun) -> str:
    segment = one.run.manifest.segment
    return f"{segment}, one row per track" if TRACK in one.scores else f"{segment}, tracks by mean"


def _n_protocols(group: Sequence[ScoredRun]) -> int:
    return len({one.run.manifest.protocol for one in group})


def _strictest(group: Sequence[ScoredRun]) -> float:
    last = max(group, key=lambda one: protocol_order(one.run.manifest.protocol))
    return last.scores[last.best_level].metrics.accuracy


def _dot(one: ScoredRun, series: str, style: int) -> Dot:
    s = one.scores[representative(one.scores)]
    accuracy, low, high = s.metrics.accuracy, s.interval.low, s.interval.high
    text = accuracy_cell(accuracy, low, high)
    return Dot(value=100 * accuracy, low=100 * low, high=100 * high, series=series, style=style, text=text)


def _series(rows: Sequence[DotRow]) -> tuple[tuple[int, str], ...]:
    return tuple(sorted({(dot.style, dot.series) for row in rows for dot in row.dots}))


def _csv(name: str, rows: Sequence[DotRow]) -> CsvLink:
    return csv_link(
        name,
        _HEADER,
        [
            (row.name, dot.series, row.leaked, f"{dot.value:.4g}", f"{dot.low:.4g}", f"{dot.high:.4g}")
            for row in rows
            for dot in row.dots
        ],
    )
