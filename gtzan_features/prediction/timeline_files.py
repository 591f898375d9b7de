"""Timelines of predictions into files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from gtzan_features.reports.timeline import FORMATS, Timeline, save_timeline, timeline_figure
from gtzan_features.rounding import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gtzan_features.prediction.predict import FilePrediction

_LONGEST = 220  # bytes


class TimelineWriter:
    """Writes a picture for each prediction.

    Parameters
    ----------
    target : Path
        A name that ends in .png or .svg, where there is one file; else a folder, in which each picture
        is named after its file.
    by : str
        Which model the predictions are of; stands in each picture.
    """

    def __init__(self, target: Path, by: str = "") -> None:
        self.target, self.by = target, by
        self._taken: set[str] = set()

    def write(self, prediction: FilePrediction) -> Path | None:
        """Draw one prediction; None for a file that has none."""
        if prediction.error:
            return None
        path = self._path(Path(prediction.path).stem)
        save_timeline(draw_prediction(prediction, by=self.by), path)
        return path

    def _path(self, stem: str) -> Path:
        if self.target.suffix.lower() in FORMATS:
            return self.target
        short = _shortened(stem)
        name, count = short, 1
        while name.casefold() in self._taken:
            count += 1
            name = f"{short}-{count}"
        self._taken.add(name.casefold())
        # A name in UTF-8, whatever encoding the locale has for names.
        return self.target / f"{os.fsdecode(name.encode())}.png"


def draw_prediction(prediction: FilePrediction, into: Figure | None = None, *, by: str = "") -> Figure:
    """Draw the genre of a recording over time, where wanted into an empty figure.

    `by` says which model gave it, and stands in a line of its own.
    """
    said = f"{prediction.nearest} {percent(prediction.top(1)[0][1])} %"
    if prediction.several:
        given = [(name, p) for name, p in prediction.top(len(prediction.genres)) if name in prediction.labels]
        said = (
            ", ".join(f"{name} {percent(p)} %" for name, p in given)
            or f"no label (the most probable: {said})"
        )
    elif prediction.none_of_these:
        said = f"{prediction.genre} (nearest: {said})"
    return timeline_figure(
        Timeline(
            title=f"{Path(prediction.path).name}: {said}" + (f"\nby {by}" if by else ""),
            genres=prediction.genres,
            bounds_s=tuple(zip(prediction.starts_s, prediction.ends_s, strict=True)),
            segments=prediction.segments,
            overall=prediction.probabilities,
            kind="label" if prediction.several else "genre",
        ),
        into,
    )


def _shortened(stem: str) -> str:
    """Return as much of a name as leaves room for a number and an ending, of the 255 bytes that one has."""
    raw = stem.encode()
    if len(raw) <= _LONGEST:
        return stem
    return f"{raw[:_LONGEST].decode(errors='ignore')}-{hashlib.sha256(raw).hexdigest()[:6]}"
