"""Pictures of a track before and after augmentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from gtzan_features.reports.lettering import label, set_heading
from gtzan_features.reports.pictures import draw_spectrogram, draw_waveform
from gtzan_features.reports.saliency import label_bands

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A track as it is, or as it became.

    Attributes
    ----------
    name : str
        Stands over the picture.
    levels : ndarray of shape (n_frames, n_bands)
        Mel spectrogram in dB.
    samples : ndarray of shape (n_samples,), optional
        Within [-1, 1]; not given where the spectrogram was changed, and no signal belongs to it.
    """

    name: str
    levels: npt.NDArray[np.float32]
    samples: npt.NDArray[np.float32] | None = None


def before_after_figure(
    title: str, stages: Sequence[Stage], seconds: float, band_hz: npt.NDArray[np.float64]
) -> Figure:
    """Draw stages side by side, each with its waveform, where all have one, over its mel spectrogram.

    The levels of all stages share the scale of the first one's, so that what changed is what differs.
    """
    waves = all(stage.samples is not None for stage in stages)
    figure = Figure(figsize=(3.2 * len(stages) + 0.9, 4.2 if waves else 2.9), layout="constrained")
    ratios = [1, 2] if waves else [1]
    panels = figure.subplots(
        len(ratios), len(stages), sharex=True, sharey="row", squeeze=False, height_ratios=ratios
    )
    low, high = float(np.quantile(stages[0].levels, 0.02)), float(stages[0].levels.max())
    for column, stage in zip(panels.T, stages, strict=True):
        if waves and stage.samples is not None:
            draw_waveform(column[0], stage.samples, seconds)
        draw_spectrogram(column[-1], stage.levels, seconds, len(band_hz), (low, high))
        column[0].set_title(label(stage.name), fontsize=9, loc="left")
        column[-1].set_xlabel("time, s")
    label_bands(panels[-1, 0], band_hz)
    for row in panels:
        for axes in row[1:]:
            axes.set_ylabel("")
    figure.colorbar(panels[-1, -1].images[0], ax=panels[-1], label="level, dB", pad=0.01)
    set_heading(figure, title)
    return figure
