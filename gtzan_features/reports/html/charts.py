"""Small pictures of the page: SVG that takes its colours from the page, in dark mode too.

Every picture has a sentence that says what it shows, for a reader who cannot see it, and its data as CSV.
Series differ by shape or dash as well as by colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from gtzan_features.reports.html.data import CsvLink, csv_link
from gtzan_features.rounding import decimals, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gtzan_features.evaluation.calibration import ReliabilityBin
    from gtzan_features.reports.curves import Curves

_W, _H = 320, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 42, 10, 10, 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture: its SVG, what it shows in words, and its data."""

    title: str
    svg: Markup
    words: str
    csv: CsvLink


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axes:
    """Maps data to the picture."""

    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a point in the picture."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return _LEFT + across * (_W - _LEFT - _RIGHT), _H - _BOTTOM - up * (_H - _TOP - _BOTTOM)


def reliability_chart(name: str, bins: Sequence[ReliabilityBin], error: float) -> Chart:
    """Draw how often predictions of each confidence are right; the diagonal is perfect."""
    axes = _Axes(x=(0, 1), y=(0, 1))
    held = [b for b in bins if b.n and b.confidence is not None and b.accuracy is not None]
    most = max(b.n for b in held)
    parts = [_frame(axes, [0, 0.25, 0.5, 0.75, 1], [0, 0.25, 0.5, 0.75, 1], share=True)]
    parts.append(_line(axes, [(0, 0), (1, 1)], "ideal"))
    for b in held:
        x, y = axes.at(b.confidence or 0, b.accuracy or 0)
        shares = percent(b.confidence or 0), percent(b.accuracy or 0)
        words = f"{b.n} predictions: confidence {shares[0]} %, right {shares[1]} %"
        radius = 3 + 7 * (b.n / most) ** 0.5
        parts.append(
            Markup('<circle class="s1" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"><title>{}</title></circle>').format(
                x, y, radius, words
            )
        )
    parts.append(_labels("confidence, %", "right, %"))
    over = sum(b.n * ((b.confidence or 0) - (b.accuracy or 0)) for b in held) > 0
    words = (
        f"Calibration error {percent(error)} points; on the whole the model is "
        f"{'too sure' if over else 'not sure enough'} of itself. Larger dots stand for more predictions."
    )
    rows = [(b.low, b.high, b.n, b.confidence, b.accuracy) for b in bins]
    return Chart(
        title="Reliability",
        svg=_svg(parts, f"Reliability diagram. {words}"),
        words=words,
        csv=csv_link(f"reliability {name}", ("low", "high", "n", "confidence", "accuracy"), rows),
    )


def curves_charts(name: str, curves: Curves) -> list[Chart]:
    """Draw loss and accuracy by epoch, training and validation, one pair of pictures for each stage."""
    charts = []
    for stage in curves.stages:
        for what, unit in (("loss", "nats"), ("accuracy", "%")):
            series = [(kind, stage.points(kind, what)) for kind in ("train", "valid")]
            charts.append(_curve(f"{stage.name} {what}".strip(), name, unit, series))
    return charts


def _curve(title: str, name: str, unit: str, series: list[tuple[str, list[tuple[float, float]]]]) -> Chart:
    drawn = [(kind, points) for kind, points in series if points]
    epochs = [x for _, points in drawn for x, _ in points]
    values = [y for _, points in drawn for _, y in points]
    share = unit == "%"
    top = 1.0 if share else max([*values, 1e-9]) * 1.05
    last = max([*epochs, 1.0])
    axes = _Axes(x=(min([*epochs, 0.0]), last), y=(0.0, top))
    ticks = [top * i / 4 for i in range(5)]
    parts = [_frame(axes, [axes.x[0], last], ticks, share=share)]
    words = []
    for kind, points in drawn:
        parts.append(_line(axes, points, "s1" if kind == "train" else "s2"))
        shown = f"{percent(points[-1][1])} %" if share else f"{decimals(points[-1][1], 3)} {unit}"
        words.append(f"{'training' if kind == 'train' else 'validation'} ends at {shown}")
    parts.append(_labels("epoch (solid: training, dashed: validation)", f"{title.split()[-1]}, {unit}"))
    text = f"{title.capitalize()} over {last:.0f} epochs: {', '.join(words)}."
    rows = [(kind, x, y) for kind, points in drawn for x, y in points]
    return Chart(
        title=title.capitalize(),
        svg=_svg(parts, text),
        words=text,
        csv=csv_link(f"curve {name} {title}", ("part", "epoch", "value"), rows),
    )


def _svg(parts: Sequence[Markup], words: str) -> Markup:
    head = Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(_W, _H, words)
    return head + Markup("").join(parts) + Markup("</svg>")


def _frame(axes: _Axes, xs: Sequence[float], ys: Sequence[float], *, share: bool) -> Markup:
    parts = []
    for value in ys:
        x0, y = axes.at(axes.x[0], value)
        parts.append(
            Markup(
                '<line class="grid" x1="{:.1f}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
                '<text x="{:.1f}" y="{:.1f}" class="tick end">{}</text>'
            ).format(x0, _W - _RIGHT, y, y, x0 - 5, y + 4, _tick(value, share))
        )
    in_share = share and axes.x == (0, 1)
    for value in xs:
        x, y0 = axes.at(value, axes.y[0])
        parts.append(
            Markup('<text x="{:.1f}" y="{:.1f}" class="tick mid">{}</text>').format(
                x, y0 + 14, _tick(value, in_share) if in_share else f"{value:.0f}"
            )
        )
    return Markup("").join(parts)


def _tick(value: float, share: bool) -> str:
    return f"{100 * value:.0f}" if share else f"{value:.2g}"


def _line(axes: _Axes, points: Sequence[tuple[float, float]], style: str) -> Markup:
    places = " ".join("{:.1f},{:.1f}".format(*axes.at(*point)) for point in points)
    return Markup('<polyline class="line {}" points="{}"/>').format(style, places)


def _labels(across: str, up: str) -> Markup:
    middle = (_TOP + _H - _BOTTOM) / 2
    return Markup(
        '<text class="axis mid" x="{}" y="{}">{}</text>'
        '<text class="axis mid" transform="translate(11 {}) rotate(-90)">{}</text>'
    ).format((_LEFT + _W - _RIGHT) / 2, _H - 5, across, middle, up)
