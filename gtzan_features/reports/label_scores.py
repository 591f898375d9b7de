"""Every figure of a run whose tracks may have several labels, from its predictions table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.datasets.units import track_units
from gtzan_features.evaluation.label_aggregate import aggregate_labels
from gtzan_features.evaluation.label_metrics import (
    SeveralMetrics,
    average_precision_interval,
    evaluate_labels,
)
from gtzan_features.reports.collect import run_labels
from gtzan_features.reports.scored import Scored, by_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gtzan_features.evaluation.aggregate import Method
    from gtzan_features.evaluation.intervals import Interval
    from gtzan_features.tables.predictions import Predictions
    from gtzan_features.tables.run_folder import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScore:
    """Figures of one run at one level.

    Attributes
    ----------
    level : str
        ``segment`` (each row by itself), an aggregation, or ``track`` where each track has one row.
    metrics : SeveralMetrics
        Point figures.
    interval : Interval
        95 % interval of the macro average precision: over artists, and tracks of unknown artist. A track
        has no one label within which it could be drawn.
    truth : ndarray of bool of shape (n, n_labels)
    probabilities : ndarray of shape (n, n_labels)
    units : list of str
        Track of each row of both.
    """

    level: str
    metrics: SeveralMetrics
    interval: Interval
    truth: npt.NDArray[np.bool_]
    probabilities: npt.NDArray[np.float64]
    units: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as a JSON-able mapping."""
        return {"level": self.level, "interval": self.interval.to_dict(), **self.metrics.to_dict()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredLabels(Scored[LabelScore]):
    """A run of several labels a track."""


def score_label_runs(runs: Sequence[Run]) -> list[ScoredLabels]:
    """Score runs of several labels at every level, with names that distinguish runs of the same model."""
    names = run_labels(list(runs))
    return [
        ScoredLabels(run=run, label=name, scores=score_labels(run.predictions))
        for run, name in zip(runs, names, strict=True)
    ]


def score_labels(predictions: Predictions) -> dict[str, LabelScore]:
    """Score a run at every level; one, ``track``, where each track has one row."""
    return by_level(predictions, _of_rows, _of_tracks)


def _of_tracks(predictions: Predictions, method: Method) -> LabelScore:
    index = predictions.track_index
    found = aggregate_labels(predictions.probabilities, index, method, predictions.row_thresholds)
    first = np.unique(index, return_index=True)[1]
    truth, tracks = predictions.truth[first], predictions.tracks
    return LabelScore(
        level=method,
        metrics=evaluate_labels(truth, found.probabilities, predictions.genres, found.given),
        interval=average_precision_interval(
            truth, found.probabilities, track_units(tracks, predictions.artists)
        ),
        truth=truth,
        probabilities=found.probabilities,
        units=tracks,
    )


def _of_rows(predictions: Predictions, level: str) -> LabelScore:
    truth, p = predictions.truth, predictions.probabilities
    tracks = predictions.frame["track_id"].astype(str).tolist()
    return LabelScore(
        level=level,
        metrics=evaluate_labels(truth, p, predictions.genres, p >= predictions.row_thresholds),
        interval=average_precision_interval(truth, p, track_units(tracks, predictions.artists)),
        truth=truth,
        probabilities=p,
        units=tracks,
    )
