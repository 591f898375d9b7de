"""The genre of a file over time, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from gtzan_features.errors import ConfigError
from gtzan_features.reports.lettering import label, set_fonts, set_heading
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.locking import output_lock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_WIDTH = 9.0
_LONGEST_GENRE = 24

FORMATS = (".png", ".svg")


def timeline_figure(
    title: str,
    genres: Sequence[str],
    bounds_s: Sequence[tuple[float, float]],
    segments: Sequence[Sequence[float]],
    overall: Sequence[float],
    figure: Figure | None = None,
) -> Figure:
    """Draw the probabilities of each segment of a file over time, and those of the file beside them.

    Parameters
    ----------
    title : str
        Above the picture.
    genres : sequence of str
        Rows from top to bottom.
    bounds_s : sequence of (start, end)
        Of each segment, in seconds.
    segments : sequence of sequence of float, shape (n_segments, n_genres)
        Probabilities within [0, 1].
    overall : sequence of float
        Of the whole file, one for each genre.
    figure : Figure, optional
        An empty one to draw into, which gets the size that is needed.
    """
    p = np.asarray(segments, dtype=np.float64).T
    edges = np.array([bounds_s[0][0], *(end for _, end in bounds_s)])
    names = [label(genre, _LONGEST_GENRE) for genre in genres]
    figure = figure or Figure()
    figure.set_size_inches(_WIDTH, 0.36 * len(genres) + 1.7)
    figure.set_layout_engine("constrained")
    over_time, whole = figure.subplots(1, 2, sharey=True, width_ratios=[4, 1])
    rows = np.arange(len(genres) + 1) - 0.5
    mesh = over_time.pcolormesh(edges, rows, p, cmap="cividis", vmin=0, vmax=1, rasterized=False)
    for at, (start, end) in enumerate(bounds_s):
        winner = int(p[:, at].argmax())
        over_time.plot((start + end) / 2, winner, marker="o", markersize=4, color="white", mec="black")
    over_time.set_yticks(range(len(genres)), names)
    over_time.set_ylim(len(genres) - 0.5, -0.5)
    over_time.set_xlabel("time, s (dot: most probable genre of the segment)")
    set_heading(figure, title)
    figure.colorbar(mesh, ax=over_time, label="probability", pad=0.01)
    whole.barh(range(len(genres)), 100 * np.asarray(overall), color="#0072B2")
    whole.set_xlim(0, 100)
    whole.set_xlabel("whole file, %")
    whole.grid(axis="x", color="#cccccc", linewidth=0.6)
    whole.set_axisbelow(True)
    return figure


def save_timeline(figure: Figure, path: Path) -> None:
    """Write the picture as PNG or SVG, by its ending, whole or not at all.

    Raises
    ------
    ConfigError
        If the ending is neither.
    """
    kind = path.suffix.lower()
    if kind not in FORMATS:
        msg = f"{path}: a timeline is written as .png or .svg. Give a name with one of these endings"
        raise ConfigError(msg)
    metadata: dict[str, None] = {"Software": None} if kind == ".png" else {"Date": None}
    set_fonts(figure)
    with output_lock(path), atomic_path(path) as temporary:
        figure.savefig(temporary, format=kind[1:], dpi=110, metadata=metadata)
