"""Timelines of predictions into files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gtzan_features.reports.timeline import FORMATS, save_timeline, timeline_figure

if TYPE_CHECKING:
    from gtzan_features.pipelines.predict import FilePrediction


class TimelineWriter:
    """Writes a picture for each prediction.

    Parameters
    ----------
    target : Path
        A name that ends in .png or .svg, where there is one file; else a folder, in which each picture
        is named after its file.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._taken: set[str] = set()

    def write(self, prediction: FilePrediction) -> Path | None:
        """Draw one prediction; None for a file that has none."""
        if prediction.error:
            return None
        path = self._path(Path(prediction.path).stem)
        bounds = tuple(zip(prediction.starts_s, prediction.ends_s, strict=True))
        title = f"{Path(prediction.path).name}: {prediction.genre} {100 * prediction.top(1)[0][1]:.0f} %"
        figure = timeline_figure(
            title, prediction.genres, bounds, prediction.segments, prediction.probabilities
        )
        save_timeline(figure, path)
        return path

    def _path(self, stem: str) -> Path:
        if self.target.suffix.lower() in FORMATS:
            return self.target
        name, count = stem, 1
        while name.casefold() in self._taken:
            count += 1
            name = f"{stem}-{count}"
        self._taken.add(name.casefold())
        return self.target / f"{name}.png"
