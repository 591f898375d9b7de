"""Pictures of what decides in a spectrogram: maps of it, above one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from gtzan_features.reports.colours import AGAINST_NAME, BLUE, FOR_NAME, GRID, LEVELS, signed_map
from gtzan_features.reports.lettering import heading, set_heading
from gtzan_features.reports.timeline import round_times
from gtzan_features.rounding import clock, decimals

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable

    Float64 = npt.NDArray[np.float64]

SHOWN_S, LONGEST_S = 20.0, 40.0
"""Of a recording over `LONGEST_S`, the `SHOWN_S` are drawn in which most is decided, below all of it."""

_WIDTH = 8.3
_LETTERS = 9.0
_MINUTE_S = 90.0  # from this time on, times are minutes and seconds
_LITTLE = 2.0  # points of probability


@dataclass(frozen=True, slots=True, kw_only=True)
class SaliencyMaps:
    """A spectrogram and what two methods say of the windows that it is divided into; time runs first.

    Attributes
    ----------
    level_db : ndarray of shape (n_frames, n_bands)
        The spectrogram in dB.
    gradient : ndarray of shape (n_windows_in_time, n_windows_in_bands)
        Gradient times input, summed within each window.
    occlusion : ndarray of shape (n_windows_in_time, n_windows_in_bands)
        Fall of the probability when the window is hidden.
    seconds : float
        Length of it all.
    edges_s : ndarray of shape (n_windows_in_time + 1,)
        Where windows begin and end.
    edges_band : ndarray of shape (n_windows_in_bands + 1,)
        The same in bands.
    band_hz : ndarray of shape (n_bands,)
        Centre of each band.
    """

    level_db: npt.NDArray[np.float32]
    gradient: Float64
    occlusion: Float64
    seconds: float
    edges_s: Float64
    edges_band: Float64
    band_hz: Float64

    def between(self, start_s: float, end_s: float) -> SaliencyMaps:
        """Return the part whose windows lie wholly between two times; times stay those of the whole."""
        inside = np.flatnonzero((self.edges_s[:-1] >= start_s - 1e-6) & (self.edges_s[1:] <= end_s + 1e-6))
        windows = slice(int(inside[0]), int(inside[-1]) + 1)
        edges = self.edges_s[windows.start : windows.stop + 1]
        per_s = len(self.level_db) / self.seconds
        frames = slice(round(edges[0] * per_s), round(edges[-1] * per_s))
        return SaliencyMaps(
            level_db=self.level_db[frames],
            gradient=self.gradient[windows],
            occlusion=self.occlusion[windows],
            seconds=float(edges[-1] - edges[0]),
            edges_s=edges,
            edges_band=self.edges_band,
            band_hz=self.band_hz,
        )

    def most_decided(self, seconds: float) -> tuple[float, float]:
        """Return start and end of the stretch of so many seconds in which hiding windows costs most."""
        falls = np.append(0.0, np.cumsum(np.maximum(self.occlusion, 0.0).sum(axis=1)))
        starts = self.edges_s[:-1][self.edges_s[:-1] <= self.edges_s[-1] - seconds + 1e-6]
        ends = np.searchsorted(self.edges_s, starts + seconds + 1e-6) - 1
        best = int(np.argmax(falls[ends] - falls[: len(starts)]))
        return float(starts[best]), float(self.edges_s[ends[best]])


def saliency_figure(maps: SaliencyMaps, title: str, figure: Figure | None = None) -> Figure:
    """Draw the spectrogram, gradient times input and occlusion above one another, time along x.

    Of a long recording, the top row has all of it: how far the probability falls when a window of each time
    is hidden. Below are the seconds in which that is most. An empty figure to draw into gets the size that
    is needed.
    """
    is_long = maps.seconds > LONGEST_S
    figure = _sized(figure, _WIDTH, 7.4 if is_long else 6.6)
    panels = figure.subplots(4 if is_long else 3, 1, height_ratios=[0.5, 1, 1, 1] if is_long else [1, 1, 1])
    shown = maps
    if is_long:
        stretch = maps.most_decided(SHOWN_S)
        _draw_all(panels[0], maps, stretch)
        shown = maps.between(*stretch)
    level, gradient, hidden = panels[-3:]
    start, end = float(shown.edges_s[0]), float(shown.edges_s[-1])
    picture = level.imshow(
        shown.level_db.T,
        origin="lower",
        aspect="auto",
        extent=(start, end, 0.0, float(shown.level_db.shape[1])),
        cmap=LEVELS,
        interpolation="nearest",
    )
    _say(level, "The spectrogram")
    _colour_bar(figure, picture, level, "level, dB")
    signs = f"{FOR_NAME} speaks for the genre, {AGAINST_NAME} against it"
    _draw_windows(figure, gradient, shown, shown.gradient, "sum in the window")
    _say(gradient, f"Gradient × input: {signs}")
    _draw_windows(figure, hidden, shown, 100 * shown.occlusion, "fall, points")
    _say(hidden, f"Fall of the probability when a window is hidden. {_largest(shown)}")
    for axes in (level, gradient, hidden):
        label_bands(axes, maps.band_hz)
        axes.set_xlim(start, end)
        _label_seconds(axes, start, end, words=axes is hidden)
    set_heading(figure, title)
    return figure


def _sized(figure: Figure | None, width: float, height: float) -> Figure:
    figure = figure or Figure()
    figure.set_size_inches(width, height)
    figure.set_layout_engine("constrained")
    return figure


def _draw_all(axes: Axes, maps: SaliencyMaps, stretch: tuple[float, float]) -> None:
    """Draw the largest fall of each time of a long recording, and which stretch is shown below."""
    axes.axvspan(*stretch, color=GRID, alpha=0.6, linewidth=0)
    falls = 100 * np.maximum(maps.occlusion.max(axis=1), 0.0)
    axes.stairs(falls, maps.edges_s, fill=True, color=BLUE)
    axes.set_xlim(0, maps.seconds)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("points", fontsize=_LETTERS)
    axes.tick_params(labelsize=_LETTERS)
    axes.spines[["top", "right"]].set_visible(False)
    _label_seconds(axes, 0.0, maps.seconds, words=False)
    start, end = (clock(time) for time in stretch)
    _say(axes, f"All {clock(maps.seconds)}: the largest fall at each time; grey, and below: {start} to {end}")


def _draw_windows(figure: Figure, axes: Axes, maps: SaliencyMaps, values: Float64, unit: str) -> None:
    most = float(np.quantile(np.abs(values), 0.995)) or float(np.abs(values).max()) or 1.0
    mesh = axes.pcolormesh(maps.edges_s, maps.edges_band, values.T, cmap=signed_map(), vmin=-most, vmax=most)
    axes.set_ylim(0, len(maps.band_hz))
    _colour_bar(figure, mesh, axes, unit)


def _largest(maps: SaliencyMaps) -> str:
    """Say where hiding a window costs most, and whether that is much."""
    at = np.unravel_index(int(np.argmax(maps.occlusion)), maps.occlusion.shape)
    fall = 100 * float(maps.occlusion[at])
    if fall <= 0:
        return "No window is missed."
    start, end = maps.edges_s[at[0] : at[0] + 2]
    low, high = (
        maps.band_hz[min(round(edge), len(maps.band_hz) - 1)] / 1000
        for edge in (maps.edges_band[at[1]], maps.edges_band[at[1] + 1] - 1)
    )
    when = clock(start) if end >= _MINUTE_S else f"{decimals(start, 1)}–{decimals(end, 1)} s"
    where = f"{when}, {decimals(low, 1)}–{decimals(high, 1)} kHz"
    alone = " No window decides alone." if fall < _LITTLE else ""
    return f"Most: {decimals(fall, 1)} points, {where}.{alone}"


def _label_seconds(axes: Axes, start: float, end: float, *, words: bool) -> None:
    in_minutes = end >= _MINUTE_S
    ticks = round_times(start, end)
    axes.set_xticks(ticks, [clock(t) if in_minutes else f"{t:g}" for t in ticks], fontsize=_LETTERS)
    if words:
        axes.set_xlabel(f"time, {'min:s' if in_minutes else 's'}", fontsize=_LETTERS)


def _say(axes: Axes, words: str) -> None:
    axes.set_title(heading(words, _WIDTH - 0.9, _LETTERS), fontsize=_LETTERS, loc="left")


def _colour_bar(figure: Figure, picture: ScalarMappable, axes: Axes, unit: str) -> None:
    bar = figure.colorbar(picture, ax=axes, pad=0.01, aspect=12)
    bar.set_label(unit, fontsize=_LETTERS)
    bar.ax.tick_params(labelsize=8)


def label_bands(axes: Axes, band_hz: npt.NDArray[np.float64]) -> None:
    """Write frequencies at the side of a picture whose unit is a band."""
    ticks: dict[float, str] = {}
    for hz in (100, 250, 500, 1000, 2000, 4000, 8000):
        at = float(np.interp(hz, band_hz, np.arange(len(band_hz)) + 0.5))
        # Where low bands are narrow, their labels would run into each other.
        if band_hz[0] < hz < band_hz[-1] and at - max(ticks, default=-np.inf) > len(band_hz) / 14:
            ticks[at] = f"{hz / 1000:g}k" if hz >= 1000 else str(hz)
    axes.set_yticks(list(ticks), list(ticks.values()), fontsize=8)
    axes.set_ylabel("Hz", fontsize=_LETTERS)
