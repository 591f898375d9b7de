"""Accuracies with their intervals on one scale: a table whose last column is the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.reports.collect import segment_s
from gtzan_features.reports.conditions import PROTOCOL, ROWS, alike_but
from gtzan_features.reports.html.data import CsvLink, csv_link
from gtzan_features.reports.paired import FLOOR
from gtzan_features.reports.scored import TRACK
from gtzan_features.reports.tables import accuracy_cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

    All but the protocol is the same: model, settings, seed, features and rows. A part of a protocol, such as
    a single fold, is none. The model that stands under most protocols is shown; of several, the one with the
    highest accuracy under the strictest.
    """
    groups: dict[tuple[object, ...], dict[str, ScoredRun]] = {}
    protocols = [one for one in runs if one.tested.is_whole or one.leaked]
    for one in sorted(protocols, key=lambda one: (one.best.metrics.n, one.run.manifest.run_id)):
        # Of two runs under one protocol, as with and without --final, that on more tracks stays.
        groups.setdefault(alike_but(one.run.manifest, PROTOCOL), {})[one.run.manifest.protocol] = one
    shown = max(groups.values(), key=lambda group: _weight(list(group.values())), default={})
    if len(shown) < 2:
        return None
    ordered = sorted(shown.values(), key=lambda one: one.tested.order)
    rows = tuple(
        DotRow(
            name=one.tested.name,
            leaked=one.leaked,
            dots=(_dot(one, "LEAKED" if one.leaked else "honest", int(one.leaked)),),
        )
        for one in ordered
    )
    said = "; ".join(f"{'LEAKED ' if row.leaked else ''}{row.name} {row.dots[0].text} %" for row in rows)
    return DotChart(
        title=f"{ordered[0].on_features}: one model, several protocols",
        words=f"The same model, features and rows under each protocol: {said}.",
        rows=rows,
        series=_series(rows),
        csv=chart_csv(f"protocols {name}", rows),
    )


def length_chart(name: str, runs: Sequence[ScoredRun]) -> DotChart | None:
    """Show row lengths side by side where all else is the same; None where there are no two lengths.

    A row per protocol, model and features: honest runs that differ in the rows' length alone and tested the
    same tracks.
    """
    groups: dict[tuple[object, ...], dict[str, ScoredRun]] = {}
    for one in runs:
        if not one.leaked and one.run.manifest.model != FLOOR:
            key = (*alike_but(one.run.manifest, ROWS), tuple(one.best.units))
            groups.setdefault(key, {})[one.run.manifest.segment] = one
    pairs = [group for group in groups.values() if len(group) > 1]
    if not pairs:
        return None
    lengths = sorted({length for group in pairs for length in group}, key=lambda name: -segment_s(name))
    rows = tuple(
        DotRow(
            name=f"{first.tested.name}: {first.label} on {first.run.manifest.feature_set}",
            leaked=False,
            dots=tuple(
                _dot(group[length], _length_name(group[length]), at)
                for at, length in enumerate(lengths)
                if length in group
            ),
        )
        for group in sorted(pairs, key=_group_order)
        for first in (next(iter(group.values())),)
    )
    return DotChart(
        title=" against ".join(lengths) + ", on the same tracks and features",
        words="Accuracy of tracks with 95 % intervals; a row per protocol, model and features, a mark per "
        "length. Within a row nothing but the length differs.",
        rows=rows,
        series=_series(rows),
        csv=chart_csv(f"lengths {name}", rows),
    )


def _group_order(group: Mapping[str, ScoredRun]) -> tuple[object, ...]:
    first = next(iter(group.values()))
    return first.tested.order, first.label, first.run.manifest.feature_set


def _length_name(one: ScoredRun) -> str:
    segment = one.run.manifest.segment
    return f"{segment}, one row per track" if TRACK in one.scores else f"{segment}, tracks by mean"


def _weight(group: Sequence[ScoredRun]) -> tuple[int, int, float]:
    """Protocols that were tested whole or leak, all protocols, and the accuracy under the strictest."""
    last = max(group, key=lambda one: one.tested.order)
    return sum(one.tested.is_whole for one in group), len(group), last.best.metrics.accuracy


def _dot(one: ScoredRun, series: str, style: int) -> Dot:
    s = one.best
    accuracy, low, high = s.metrics.accuracy, s.interval.low, s.interval.high
    text = accuracy_cell(accuracy, low, high)
    return Dot(value=100 * accuracy, low=100 * low, high=100 * high, series=series, style=style, text=text)


def _series(rows: Sequence[DotRow]) -> tuple[tuple[int, str], ...]:
    return tuple(sorted({(dot.style, dot.series) for row in rows for dot in row.dots}))


def chart_csv(name: str, rows: Sequence[DotRow]) -> CsvLink:
    """Return the data of a picture of accuracies."""
    return csv_link(
        name,
        _HEADER,
        [
            (row.name, dot.series, row.leaked, f"{dot.value:.10g}", f"{dot.low:.10g}", f"{dot.high:.10g}")
            for row in rows
            for dot in row.dots
        ],
    )
