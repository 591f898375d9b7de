"""Pictures of a data set: signals and spectrograms, distributions, projections, tempos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from gtzan_features.reports.colours import BLUE, GRID, LEAKED, LEVELS, ORANGE, PALE, SOFT, VERMILION
from gtzan_features.reports.lettering import heading, label, letters_in, set_heading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    Array = npt.NDArray[np.floating]
    Flags = npt.NDArray[np.bool_]

_LONGEST_GENRE = 24
_COLUMNS = 5
_LETTERS = 9.0
_LONGEST_ID = 22


def example_figure(title: str, samples: Array, stft_db: Array, mel_db: Array, sr: int) -> Figure:
    """Draw a track three times: its waveform, its spectrogram in dB, and its mel spectrogram.

    Parameters
    ----------
    title : str
    samples : ndarray of shape (n_samples,)
        Within [-1, 1].
    stft_db, mel_db : ndarray of shape (n_times, n_bins), (n_times, n_mels)
        Levels in dB over the whole of the track.
    sr : int
        Sampling rate in Hz.
    """
    figure = Figure(figsize=(6.8, 5.6), layout="constrained")
    wave, stft, mel = figure.subplots(3, 1, sharex=True, height_ratios=[1, 2, 2])
    seconds = samples.size / sr
    draw_waveform(wave, samples, seconds)
    set_heading(figure, title)
    image = draw_spectrogram(stft, stft_db, seconds, sr / 2000)
    stft.set_ylabel("frequency, kHz")
    figure.colorbar(image, ax=stft, label="level, dB", pad=0.01)
    image = draw_spectrogram(mel, mel_db, seconds, mel_db.shape[1])
    mel.set_ylabel("mel band")
    mel.set_xlabel("time, s")
    mel.set_xlim(0, seconds)
    figure.colorbar(image, ax=mel, label="level, dB", pad=0.01)
    return figure


def mean_mel_figure(title: str, means: Mapping[str, Array], seconds: float) -> Figure:
    """Draw the mean mel spectrogram of each genre, arrays of shape (n_times, n_mels) in dB, on one scale."""
    columns = min(5, len(means))
    rows = -(-len(means) // columns)
    figure = Figure(figsize=(2.3 * columns + 1.2, 2.1 * rows + 0.7), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    low = min(float(m.min()) for m in means.values())
    high = max(float(m.max()) for m in means.values())
    for axes, (genre, mean) in zip(panels.flat, means.items(), strict=False):
        image = draw_spectrogram(axes, mean, seconds, mean.shape[1], (low, high))
        axes.set_title(label(genre, _LONGEST_GENRE), fontsize=9)
    for axes in list(panels.flat)[len(means) :]:
        axes.set_visible(False)
    figure.supxlabel("time, s", fontsize=9)
    figure.supylabel("mel band", fontsize=9)
    figure.colorbar(image, ax=panels, label="level, dB", pad=0.01)
    set_heading(figure, title)
    return figure


def distribution_figure(
    title: str, values: Mapping[str, Mapping[str, Array]], units: Mapping[str, str]
) -> Figure:
    """Draw the distribution of some features by genre as box plots (box: quartiles; line: 5 to 95 %).

    Parameters
    ----------
    title : str
    values : mapping
        By feature, then by genre: one value per track.
    units : mapping
        Unit of each feature.
    """
    columns = min(2, len(values))
    rows = -(-len(values) // columns)
    names = [label(genre, _LONGEST_GENRE) for genre in next(iter(values.values()))]
    n_genres = len(names)
    figure = Figure(figsize=(5.0 * columns, (0.24 * n_genres + 0.9) * rows + 0.4), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False)
    for number, (axes, (feature, by_genre)) in enumerate(zip(panels.flat, values.items(), strict=False)):
        axes.boxplot(
            list(by_genre.values()),
            orientation="horizontal",
            tick_labels=names if number % columns == 0 else [""] * n_genres,
            whis=(5, 95),
            widths=0.6,
            patch_artist=True,
            boxprops={"facecolor": PALE, "edgecolor": BLUE},
            medianprops={"color": VERMILION, "linewidth": 2},
            flierprops={"marker": ".", "markersize": 3, "markeredgecolor": SOFT},
        )
        axes.set_xlabel(f"{feature}, {units[feature]}", fontsize=9)
        axes.grid(axis="x", color=GRID, linewidth=0.6)
        axes.invert_yaxis()
    for axes in list(panels.flat)[len(values) :]:
        axes.set_visible(False)
    set_heading(figure, title)
    return figure


def projection_figure(
    title: str, points: Array, genres: Sequence[str], axes_names: tuple[str, str], ids: Sequence[str] = ()
) -> Figure:
    """Draw tracks as points of shape (n_tracks, 2), a panel for each genre over all others in grey.

    Above a panel stand the genre and how many tracks it has. Where `ids` are given, the track that lies
    farthest from the middle of its genre is named.
    """
    labels = np.asarray(genres)
    shown = sorted(set(genres))
    columns = min(_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    longest = max(len(label(genre, _LONGEST_GENRE)) for genre in shown)
    width = max(1.66, letters_in(longest + 6, _LETTERS))
    figure = Figure(figsize=(max(width * columns, 3.4), 1.85 * rows + 0.75), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes, genre in zip(panels.flat, shown, strict=False):
        chosen = np.flatnonzero(labels == genre)
        axes.scatter(points[labels != genre, 0], points[labels != genre, 1], s=4, color=GRID, linewidth=0)
        axes.scatter(points[chosen, 0], points[chosen, 1], s=11, color=BLUE, edgecolor="white", linewidth=0.4)
        axes.set_title(label(genre, _LONGEST_GENRE), fontsize=_LETTERS, loc="left")
        axes.set_title(str(len(chosen)), fontsize=8, loc="right", color=SOFT)
        if len(ids):
            middle = np.median(points[chosen], axis=0)
            far = chosen[int(np.argmax(np.linalg.norm(points[chosen] - middle, axis=1)))]
            _name_far(axes, points[far], label(ids[far], _LONGEST_ID))
        axes.set(xticks=[], yticks=[])
        axes.margins(0.06)
    for axes in list(panels.flat)[len(shown) :]:
        axes.set_visible(False)
    figure.supxlabel(axes_names[0], fontsize=_LETTERS)
    figure.supylabel(heading(axes_names[1], 1.6 * rows, _LETTERS), fontsize=_LETTERS)
    set_heading(figure, title)
    return figure


def _name_far(axes: Axes, point: Array, name: str) -> None:
    """Ring a point, and write its name below the panel."""
    axes.scatter(point[:1], point[1:], s=34, facecolor="none", edgecolor=VERMILION, linewidth=1.3)
    axes.set_xlabel(f"○ {name}", fontsize=7.5, color=LEAKED, labelpad=3)


def tempo_figure(title: str, annotated: Array, estimated: Array, right: Flags, with_factor: Flags) -> Figure:
    """Draw estimated over annotated tempos in BPM; shapes tell right, right but for a factor, and wrong."""
    figure = Figure(figsize=(6.2, 5.2), layout="constrained")
    axes = figure.subplots()
    top = 1.05 * float(max(annotated.max(), estimated.max()))
    for factor in (1 / 3, 1 / 2, 1.0, 2.0, 3.0):
        axes.plot([0, top], [0, factor * top], color=SOFT, linewidth=1 if factor == 1 else 0.6, zorder=1)
    groups = (
        ("within 4 %", right, BLUE, "o"),
        ("off by a factor of 2 or 3", with_factor & ~right, ORANGE, "s"),
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
    set_heading(figure, title)
    axes.legend(fontsize=9)
    return figure


def draw_waveform(axes: Axes, samples: Array, seconds: float) -> None:
    """Draw the outline of a signal within [-1, 1]."""
    n_bins = min(2000, samples.size)
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
