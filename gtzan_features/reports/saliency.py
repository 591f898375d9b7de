"""Pictures of what decides: maps over a spectrogram, bars of feature families."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from gtzan_features.reports.colours import AGAINST, AGAINST_NAME, FOR, FOR_NAME, signed_map
from gtzan_features.reports.lettering import label, set_heading

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap


@dataclass(frozen=True, slots=True, kw_only=True)
class SaliencyMaps:
    """A spectrogram and what two methods say of it; time runs along the first axis.

    Attributes
    ----------
    level_db : ndarray of shape (n_frames, n_bands)
        The spectrogram in dB.
    gradient : ndarray of shape (n_frames, n_bands)
        Gradient times input.
    occlusion : ndarray of shape (n_windows_in_time, n_windows_in_bands)
        Fall of the probability when a window is hidden.
    seconds : float
        Length of it all.
    band_hz : ndarray of shape (n_bands,)
        Centre of each band.
    """

    level_db: npt.NDArray[np.float32]
    gradient: npt.NDArray[np.float64]
    occlusion: npt.NDArray[np.float64]
    seconds: float
    band_hz: npt.NDArray[np.float64]


def saliency_figure(maps: SaliencyMaps, title: str, figure: Figure | None = None) -> Figure:
    """Draw the spectrogram, gradient times input and occlusion above one another, time along x.

    An empty figure to draw into gets the size that is needed.
    """
    figure = _sized(figure, 9.5, 8.0)
    panels = figure.subplots(3, 1, sharex=True)
    extent = (0.0, maps.seconds, 0.0, float(maps.level_db.shape[1]))
    drawn: tuple[tuple[npt.NDArray[np.floating], str, str | Colormap], ...] = (
        (maps.level_db, "level, dB", "magma"),
        (maps.gradient, "gradient × input", signed_map()),
        (maps.occlusion, "fall of the probability\nwhen hidden", signed_map()),
    )
    for axes, (values, unit, colours) in zip(panels, drawn, strict=True):
        limits = {} if colours == "magma" else _symmetric(values)
        picture = axes.imshow(
            values.T,
            origin="lower",
            aspect="auto",
            extent=extent,
            cmap=colours,
            interpolation="nearest",
            **limits,
        )
        label_bands(axes, maps.band_hz)
        figure.colorbar(picture, ax=axes, label=unit)
    panels[1].set_title(f"{FOR_NAME} speaks for the genre, {AGAINST_NAME} against it", fontsize=9, loc="left")
    panels[2].set_xlabel("time, s")
    set_heading(figure, title)
    return figure


def bars_figure(values: Mapping[str, float], unit: str, title: str, figure: Figure | None = None) -> Figure:
    """Draw one bar per name, the largest on top; `unit` says what they measure.

    A bar over zero has the colour of what speaks for the genre, one below that of what speaks against it.
    An empty figure to draw into gets the size that is needed.
    """
    ordered = sorted(values.items(), key=lambda pair: pair[1])
    figure = _sized(figure, 7.5, 0.34 * len(ordered) + 1.4)
    axes = figure.subplots()
    colours = [FOR if value > 0 else AGAINST for _, value in ordered]
    axes.barh(range(len(ordered)), [value for _, value in ordered], color=colours)
    axes.set_yticks(range(len(ordered)), [label(name) for name, _ in ordered])
    axes.axvline(0, color="#444444", linewidth=0.8)
    axes.set_xlabel(unit)
    set_heading(figure, title)
    return figure


def _sized(figure: Figure | None, width: float, height: float) -> Figure:
    figure = figure or Figure()
    figure.set_size_inches(width, height)
    figure.set_layout_engine("constrained")
    return figure


def _symmetric(values: npt.NDArray[np.floating]) -> dict[str, float]:
    largest = float(np.quantile(np.abs(values), 0.995)) or 1.0
    return {"vmin": -largest, "vmax": largest}


def label_bands(axes: Axes, band_hz: npt.NDArray[np.float64]) -> None:
    """Write frequencies at the side of a picture whose unit is a band."""
    ticks: dict[float, str] = {}
    for hz in (100, 250, 500, 1000, 2000, 4000, 8000):
        at = float(np.interp(hz, band_hz, np.arange(len(band_hz)) + 0.5))
        # Where low bands are narrow, their labels would run into each other.
        if band_hz[0] < hz < band_hz[-1] and at - max(ticks, default=-np.inf) > len(band_hz) / 16:
            ticks[at] = f"{hz / 1000:g}k" if hz >= 1000 else str(hz)
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.set_ylabel("Hz")
