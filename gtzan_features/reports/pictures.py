"""Pictures of a data set: signals and spectrograms, distributions, projections, tempos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from gtzan_features.reports.colours import BLUE, GREEN, GRID, LEAKED, LEVELS, SOFT, VERMILION
from gtzan_features.reports.lettering import heading, label, letters_in, set_heading
from gtzan_features.reports.saliency import label_bands
from gtzan_features.reports.spread import LONGEST_GENRE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    Array = npt.NDArray[np.floating]
    Flags = npt.NDArray[np.bool_]

SHOWN_DB = 80.0
"""How far below the loudest point of all examples their pictures reach."""

_MEAN_DB = 60.0
_COLUMNS = 5
_LETTERS = 9.0
_LONGEST_ID = 22
_MOST_POINTS = 2_000  # as shapes of their own; more are drawn as one picture in the SVG


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamplePicture:
    """A track as it is drawn.

    Attributes
    ----------
    samples : ndarray of shape (n_samples,)
        Within [-1, 1].
    stft_db, mel_db : ndarray of shape (n_times, n_bins), (n_times, n_mels)
        Over all of the track, in dB below the loudest point of all tracks that are drawn.
    band_hz : ndarray of shape (n_mels,)
        Centre of each mel band.
    sr : int
        Sampling rate in Hz.
    heard_s : (float, float), optional
        Start and end of what the page plays.
    """

    samples: Array
    stft_db: Array
    mel_db: Array
    band_hz: npt.NDArray[np.float64]
    sr: int
    heard_s: tuple[float, float] | None = None


def example_figure(title: str, shown: ExamplePicture) -> Figure:
    """Draw a track three times: its waveform, its spectrogram, and its mel spectrogram.

    Parameters
    ----------
    title : str
        Above it.
    shown : ExamplePicture
        What is drawn.
    """
    figure = Figure(figsize=(4.9, 4.5), layout="constrained")
    wave, stft, mel = figure.subplots(3, 1, sharex=True, height_ratios=[0.7, 1.3, 1.3])
    seconds = shown.samples.size / shown.sr
    draw_waveform(wave, shown.samples, seconds)
    wave.set_ylabel("amplitude", fontsize=_LETTERS)
    if shown.heard_s is not None:
        wave.axvspan(*shown.heard_s, color=GREEN, alpha=0.25, linewidth=0)
    draw_spectrogram(stft, shown.stft_db, seconds, shown.sr / 2000, (-SHOWN_DB, 0.0))
    stft.set_ylabel("kHz", fontsize=_LETTERS)
    image = draw_spectrogram(mel, shown.mel_db, seconds, shown.mel_db.shape[1], (-SHOWN_DB, 0.0))
    label_bands(mel, shown.band_hz)
    mel.set_xlabel("time, s", fontsize=_LETTERS)
    mel.set_xlim(0, seconds)
    for axes in (wave, stft, mel):
        axes.tick_params(labelsize=8)
    bar = figure.colorbar(image, ax=[stft, mel], pad=0.01, aspect=30)
    bar.set_label("level, dB below the loudest", fontsize=_LETTERS)
    bar.ax.tick_params(labelsize=8)
    set_heading(figure, title, _LETTERS)
    return figure


def mean_mel_figure(
    title: str, means: Mapping[str, Array], seconds: float, band_hz: npt.NDArray[np.float64]
) -> Figure:
    """Draw the mean mel spectrogram of each genre on one scale.

    Parameters
    ----------
    title : str
        Above it.
    means : mapping
        By genre an array of shape (n_times, n_mels) in dB.
    seconds : float
        Length of what was averaged.
    band_hz : ndarray of shape (n_mels,)
        Centre of each band.
    """
    figure, panels = _panels(list(means), 1.55)
    high = max(float(mean.max()) for mean in means.values())
    for axes, (genre, mean) in zip(panels.flat, means.items(), strict=False):
        image = draw_spectrogram(axes, mean - high, seconds, mean.shape[1], (-_MEAN_DB, 0.0))
        axes.set_title(label(genre, LONGEST_GENRE), fontsize=_LETTERS, loc="left")
        axes.tick_params(labelsize=8)
    for axes in panels[:, 0]:
        label_bands(axes, band_hz)
    figure.supxlabel("time, s", fontsize=_LETTERS)
    bar = figure.colorbar(image, ax=panels, pad=0.01, aspect=30)
    bar.set_label("level, dB below the highest", fontsize=_LETTERS)
    bar.ax.tick_params(labelsize=8)
    set_heading(figure, title, _LETTERS)
    return figure


def balance_figure(title: str, balances: Mapping[str, Array], band_hz: npt.NDArray[np.float64]) -> Figure:
    """Draw how each genre's balance of low and high differs from that of all genres, a panel each.

    Parameters
    ----------
    title : str
        Above it.
    balances : mapping
        By genre an array of shape (n_tracks, n_bands): how many dB a track lies above the mean of the genres.
    band_hz : ndarray of shape (n_bands,)
        Centre of each band.
    """
    figure, panels = _panels(list(balances), 1.6)
    bands = np.arange(len(band_hz)) + 0.5
    most = 5.0
    for axes, (genre, balance) in zip(panels.flat, balances.items(), strict=False):
        low, middle, high = np.quantile(balance, (0.25, 0.5, 0.75), axis=0)
        axes.axhline(0.0, color=SOFT, linewidth=0.8)
        axes.fill_between(bands, low, high, color=BLUE, alpha=0.25, linewidth=0)
        axes.plot(bands, middle, color=BLUE, linewidth=1.6)
        axes.set_title(label(genre, LONGEST_GENRE), fontsize=_LETTERS, loc="left")
        axes.grid(axis="y", color=GRID, linewidth=0.6)
        axes.tick_params(labelsize=8)
        # A cut-off of the recording may lie 40 dB below: it would flatten all else.
        most = max(most, float(np.quantile(np.abs([low, high]), 0.9)))
    named = {"100": 100, "1k": 1000, "4k": 4000}
    inside = {name: hz for name, hz in named.items() if band_hz[0] < hz < band_hz[-1]}
    axes = panels[0, 0]
    axes.set_xticks(np.interp(list(inside.values()), band_hz, bands), list(inside))
    axes.set_xlim(0, len(band_hz))
    axes.set_ylim(-1.1 * most, 1.1 * most)
    figure.supxlabel("frequency, Hz (mel scale)", fontsize=_LETTERS)
    figure.supylabel("dB above the mean", fontsize=_LETTERS)
    set_heading(figure, title, _LETTERS)
    return figure


def _panels(
    genres: Sequence[str], height: float
) -> tuple[Figure, Any]:  # of axes, which numpy has no type for
    """Return a figure with a panel for each genre, wide enough for the longest name; axes are shared."""
    columns = min(_COLUMNS, len(genres))
    rows = -(-len(genres) // columns)
    longest = max(len(label(genre, LONGEST_GENRE)) for genre in genres)
    width = max(1.66, letters_in(longest + 6, _LETTERS))
    figure = Figure(figsize=(max(width * columns, 3.4), height * rows + 0.75), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in list(panels.flat)[len(genres) :]:
        axes.set_visible(False)
    return figure, panels


def projection_figure(
    title: str, points: Array, genres: Sequence[str], axes_names: tuple[str, str], ids: Sequence[str] = ()
) -> Figure:
    """Draw tracks as points of shape (n_tracks, 2), a panel for each genre over all others in grey.

    Above a panel stand the genre and how many tracks it has. Where `ids` are given, the track that lies
    farthest from the middle of its genre is named.
    """
    labels = np.asarray(genres)
    shown = sorted(set(genres))
    figure, panels = _panels(shown, 1.85)
    rows, many = len(panels), len(points) > _MOST_POINTS
    for axes, genre in zip(panels.flat, shown, strict=False):
        chosen = np.flatnonzero(labels == genre)
        for places, size, colour in (
            (np.flatnonzero(labels != genre), 5, {"color": SOFT, "alpha": 0.35}),
            (chosen, 13, {"color": BLUE}),
        ):
            axes.scatter(points[places, 0], points[places, 1], s=size, linewidth=0, rasterized=many, **colour)
        axes.set_title(label(genre, LONGEST_GENRE), fontsize=_LETTERS, loc="left")
        axes.set_title(str(len(chosen)), fontsize=8, loc="right", color=SOFT)
        if len(ids):
            middle = np.median(points[chosen], axis=0)
            far = chosen[int(np.argmax(np.linalg.norm(points[chosen] - middle, axis=1)))]
            _name_far(axes, points[far], label(ids[far], _LONGEST_ID))
        axes.set(xticks=[], yticks=[])
        axes.margins(0.06)
    figure.supxlabel(axes_names[0], fontsize=_LETTERS)
    figure.supylabel(heading(axes_names[1], 1.6 * rows, _LETTERS), fontsize=_LETTERS)
    set_heading(figure, title, _LETTERS)
    return figure


def _name_far(axes: Axes, point: Array, name: str) -> None:
    """Ring a point, and write its name below the panel."""
    axes.scatter(point[:1], point[1:], s=34, facecolor="none", edgecolor=VERMILION, linewidth=1.3)
    axes.set_xlabel(f"○ {name}", fontsize=7.5, color=LEAKED, labelpad=3)


def tempo_figure(title: str, annotated: Array, estimated: Array, right: Flags, with_factor: Flags) -> Figure:
    """Draw estimated over annotated tempos in BPM; shapes tell right, right but for a factor, and wrong."""
    figure = Figure(figsize=(5.6, 4.8), layout="constrained")
    axes = figure.subplots()
    top = 1.05 * float(max(annotated.max(), estimated.max()))
    for factor in (1 / 3, 1 / 2, 1.0, 2.0, 3.0):
        axes.plot([0, top], [0, factor * top], color=SOFT, linewidth=1 if factor == 1 else 0.6, zorder=1)
    groups = (
        ("within 4 %", right, BLUE, "o"),
        ("off by a factor of 2 or 3", with_factor & ~right, GREEN, "s"),
        ("wrong", ~with_factor, VERMILION, "x"),
    )
    for name, chosen, colour, shape in groups:
        axes.scatter(
            annotated[chosen],
            estimated[chosen],
            color=colour,
            marker=shape,
            s=24,
            label=f"{name} ({int(chosen.sum())})",
        )
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    axes.set_xlabel("annotated tempo, BPM")
    axes.set_ylabel("estimated tempo, BPM")
    axes.spines[["top", "right"]].set_visible(False)
    set_heading(figure, title, _LETTERS)
    axes.legend(fontsize=9, framealpha=0.0)
    return figure


def draw_waveform(axes: Axes, samples: Array, seconds: float) -> None:
    """Draw the outline of a signal within [-1, 1]."""
    n_bins = min(800, samples.size)
    edges = np.linspace(0, samples.size, n_bins + 1).astype(np.int64)[:-1]
    low, high = np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
    axes.fill_between(np.linspace(0, seconds, n_bins), low, high, color=BLUE, linewidth=0.5)
    axes.set_ylabel("amplitude")
    axes.set_ylim(-1, 1)


def draw_spectrogram(
    axes: Axes, levels: Array, seconds: float, top: float, limits: tuple[float, float] | None = None
) -> AxesImage:
    """Draw levels of shape (n_times, n_bins) in dB, the lowest at 0 and the highest at `top`."""
    low, high = limits or (float(levels.max()) - 80.0, float(levels.max()))
    return axes.imshow(
        levels.T,
        origin="lower",
        aspect="auto",
        cmap=LEVELS,
        vmin=low,
        vmax=high,
        extent=(0.0, seconds, 0.0, float(top)),
        interpolation="nearest",
    )
