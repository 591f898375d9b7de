"""Pictures inside an answer: genre over time, and bars. They take their colours from the page.

No picture holds a style of its own: the policy of a page may forbid that. Each is drawn in the units of
its data and stretched by the page; words and numbers stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from markupsafe import Markup

from gtzan_features.rounding import clock, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FAINT = 0.02
"""Probabilities below this one leave a cell empty."""

_SPANS = 12

_MINUTE_S = 90.0
"""From this length on, times are minutes and seconds."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTime:
    """Genre over time.

    Attributes
    ----------
    svg : Markup
        One row per genre, time along x.
    words : str
        Which genre is most probable when.
    rows : tuple of (time, genre, per cent)
        The most probable genre of each segment.
    ticks : tuple of str
        Start, middle and end.
    most : str
        The largest probability in per cent, which has the strongest colour.
    """

    svg: Markup
    words: str
    rows: tuple[tuple[str, str, str], ...]
    ticks: tuple[str, ...]
    most: str


def over_time(
    genres: Sequence[str],
    order: Sequence[str],
    bounds_s: Sequence[tuple[float, float]],
    segments: Sequence[Sequence[float]],
    *,
    kind: str = "genre",
) -> OverTime:
    """Draw the probabilities of each segment, the most probable genre of each marked.

    Parameters
    ----------
    genres : sequence of str
        In the order of the probabilities.
    order : sequence of str
        The same, from the top row to the bottom one.
    bounds_s : sequence of (start, end)
        Of each segment, in seconds.
    segments : sequence of sequence of float, shape (n_segments, n_genres)
        Probabilities within [0, 1].
    kind : str
        What they are of, in words.
    """
    row = {genre: order.index(genre) for genre in genres}
    best = [max(range(len(genres)), key=p.__getitem__) for p in segments]
    most = max(max(p) for p in segments)
    cells, marks = [], []
    for (start, end), p in zip(bounds_s, segments, strict=True):
        cells += [
            _rect("cell", start, row[genre], end - start, 1, share / most)
            for genre, share in zip(genres, p, strict=True)
            if share >= _FAINT
        ]
    for begin, end, winner in _stretches(best, bounds_s):
        marks.append(_rect("best", begin, row[genres[winner]] + 0.41, end - begin, 0.18))
    first, last = bounds_s[0][0], bounds_s[-1][1]
    words = spans_in_words([genres[i] for i in best], bounds_s, kind)
    box = f"{first:.2f} 0 {last - first:.2f} {len(genres)}"
    svg = Markup(
        '<svg class="stretched" viewBox="{}" preserveAspectRatio="none" role="img" aria-label="{}">'
    ).format(box, words)
    in_minutes = last >= _MINUTE_S
    rows = tuple(
        (_span(*bounds, in_minutes=in_minutes), genres[i], percent(p[i]))
        for bounds, i, p in zip(bounds_s, best, segments, strict=True)
    )
    drawn = svg + Markup("").join(cells + marks) + Markup("</svg>")
    ticks = tuple(_time(first + part * (last - first), in_minutes=in_minutes) for part in (0, 0.5, 1))
    return OverTime(svg=drawn, words=words, rows=rows, ticks=ticks, most=f"{100 * most:.0f}")


def bar(value: float, low: float, high: float) -> Markup:
    """Draw one bar from 0 to `value` on a scale from `low` to `high`; the number stands beside it.

    Examples
    --------
    >>> bar(-1, -2, 2)
    Markup('<svg class="stretched" viewBox="0 0 4 1" preserveAspectRatio="none" aria-hidden="true"><rect
    class="minus" x="1" y="0" width="1" height="1"/><line class="zero" x1="2" x2="2" y1="0" y2="1"/></svg>')
    """
    kind = "minus" if value < 0 else "plus"
    return Markup(
        '<svg class="stretched" viewBox="0 0 {:g} 1" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="{}" x="{:g}" y="0" width="{:g}" height="1"/>'
        '<line class="zero" x1="{:g}" x2="{:g}" y1="0" y2="1"/></svg>'
    ).format(high - low, kind, min(value, 0) - low, abs(value), -low, -low)


def _rect(kind: str, x: float, y: float, width: float, height: float, opacity: float = 1.0) -> Markup:
    return Markup(
        '<rect class="{}" x="{:.2f}" y="{:g}" width="{:.2f}" height="{:g}" fill-opacity="{:.2f}"/>'
    ).format(kind, x, y, width, height, opacity)


def spans_in_words(best: Sequence[str], bounds_s: Sequence[tuple[float, float]], kind: str = "genre") -> str:
    """Say which genre is most probable when, in at most `_SPANS` spans."""
    in_minutes = bounds_s[-1][1] >= _MINUTE_S
    spans = [
        f"{genre} {_span(start, end, in_minutes=in_minutes)}"
        for start, end, genre in _stretches(best, bounds_s)
    ]
    more = f"; and {len(spans) - _SPANS} changes more" if len(spans) > _SPANS else ""
    return f"Most probable {kind} over time: {'; '.join(spans[:_SPANS])}{more}."


def _stretches(
    best: Sequence[T], bounds_s: Sequence[tuple[float, float]]
) -> Iterator[tuple[float, float, T]]:
    """Give start, end and winner of each run of segments with one winner."""
    for winner, group in groupby(zip(best, bounds_s, strict=True), key=lambda pair: pair[0]):
        times = [bounds for _, bounds in group]
        yield times[0][0], times[-1][1], winner


def _span(start: float, end: float, *, in_minutes: bool) -> str:
    first = _time(start, in_minutes=in_minutes).removesuffix(" s")
    return f"{first}–{_time(end, in_minutes=in_minutes)}"


def _time(seconds: float, *, in_minutes: bool) -> str:
    """Return seconds with a decimal where that says something, or minutes and seconds."""
    return clock(seconds) if in_minutes else f"{round(seconds, 1):g} s"
