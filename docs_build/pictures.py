"""Small pictures of values: six panels of one scale, as SVG that takes its colours from the page."""

from __future__ import annotations

import base64
import html
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Values = NDArray[np.float64]

WIDTH, HEIGHT = 132, 84
_POINTS = 130
_ROWS = 64
_COLOURS = mpl.colormaps["cividis"]
_WAVEFORM = 1_000
"""Series of more values than this are drawn by the least and the largest of each stretch."""


@dataclass(frozen=True)
class Scale:
    """From the least to the largest value of all panels.

    Examples
    --------
    >>> Scale(0.0, 2.0).height(np.array([0.0, 1.0]))
    array([82., 42.])
    """

    low: float
    high: float

    def share(self, values: Values) -> Values:
        """Return values as shares of the scale; what is beyond its ends lies on them."""
        width = self.high - self.low
        return np.clip((values - self.low) / width, 0, 1) if width > 0 else np.full(values.shape, 0.5)

    def height(self, values: Values) -> Values:
        """Return the place of values in a panel, from its upper edge."""
        return HEIGHT - 2 - self.share(values) * (HEIGHT - 4)


def scale_of(values: Mapping[str, Values], percent: float = 0.0) -> Scale:
    """Return a scale for all panels, without `percent` of the values on either side."""
    together = np.concatenate([one.reshape(-1) for one in values.values()])
    low, high = np.percentile(together, [percent, 100 - percent])
    return Scale(float(low), float(high))


def lines(values: Mapping[str, Values]) -> tuple[dict[str, str], Scale]:
    """Draw series of shape (n,) over time."""
    scale = scale_of(values)
    return {name: _svg(_line(series, scale), scale) for name, series in values.items()}, scale


def bars(values: Mapping[str, Values]) -> tuple[dict[str, str], Scale]:
    """Draw a few values each, side by side, as bars from 0."""
    found = scale_of(values)
    scale = Scale(min(found.low, 0.0), max(found.high, 0.0))
    return {name: _svg(_bars(each, scale), scale) for name, each in values.items()}, scale


def maps(values: Mapping[str, Values]) -> tuple[dict[str, str], Scale]:
    """Draw arrays of shape (n_columns, n_rows), the first row below, by colour."""
    scale = scale_of(values, 1.0)
    return {name: _svg(_map(each, scale)) for name, each in values.items()}, scale


def _svg(inside: str, scale: Scale | None = None) -> str:
    zero = ""
    if scale is not None and scale.low < 0 < scale.high:
        at = float(scale.height(np.zeros(1))[0])
        zero = f'<path class="zero" d="M0 {at:.1f}H{WIDTH}"/>'
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">{zero}{inside}</svg>'


def _line(series: Values, scale: Scale) -> str:
    if len(series) == 1:
        series = np.repeat(series, 2)
    at = np.array_split(np.arange(len(series)), min(len(series), _POINTS))
    x = np.array([part.mean() for part in at]) * (WIDTH / (len(series) - 1))
    if len(series) > _WAVEFORM:
        low, high = (scale.height(np.array([f(series[part]) for part in at])) for f in (np.min, np.max))
        outline = [*zip(x, high, strict=True), *zip(x[::-1], low[::-1], strict=True)]
        return f'<path class="area" d="M{_points(outline)}Z"/>'
    y = scale.height(np.array([series[part].mean() for part in at]))
    return f'<path class="line" d="M{_points(list(zip(x, y, strict=True)))}"/>'


def _points(points: list[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _bars(values: Values, scale: Scale) -> str:
    each = WIDTH / len(values)
    width = min(0.7 * each, 28)
    base = float(scale.height(np.zeros(1))[0])
    found = []
    for i, y in enumerate(scale.height(values)):
        x = (i + 0.5) * each - width / 2
        top, height = min(float(y), base), max(abs(float(y) - base), 1.0)
        found.append(
            f'<rect class="bar" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
        )
    return "".join(found)


def _map(values: Values, scale: Scale) -> str:
    pixels = _fewer(_fewer(values, _POINTS).T, _ROWS)[::-1]
    colours = (_COLOURS(scale.share(pixels))[..., :3] * 255).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(colours).quantize(48).save(file, "PNG", optimize=True)
    data = base64.b64encode(file.getvalue()).decode()
    size = f'width="{WIDTH}" height="{HEIGHT}" preserveAspectRatio="none"'
    return f'<image class="map" {size} href="data:image/png;base64,{data}"/>'


def _fewer(values: Values, count: int) -> Values:
    """Return `count` rows at most: means of neighbours."""
    if len(values) <= count:
        return values
    return np.stack([values[part].mean(axis=0) for part in np.array_split(np.arange(len(values)), count)])


def figure(panels: Mapping[str, str], described: Mapping[str, str], caption: str) -> str:
    """Return the panels side by side as HTML, each with its name, and what it shows in words.

    Parameters
    ----------
    panels : mapping of str to str
        SVG by name of the sound.
    described : mapping of str to str
        What is to be told of each to whoever does not see it.
    caption : str
        Text below.
    """
    each = "".join(_panel(name, svg, f"{name}: {described[name]}") for name, svg in panels.items())
    return (
        f'<figure class="heard"><div class="panels">{each}</div><figcaption>{caption}</figcaption></figure>'
    )


def _panel(name: str, svg: str, words: str) -> str:
    told = html.escape(words, quote=True)
    return f'<div role="img" aria-label="{told}" title="{told}">{svg}<span>{html.escape(name)}</span></div>'
