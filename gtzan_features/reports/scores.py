"""Every figure of one run, from its predictions table: per segment and per track."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.evaluation.aggregate import Method, aggregate, per_track, rank
from gtzan_features.evaluation.metrics import Metrics, evaluate
from gtzan_features.reports.drawn import Drawn
from gtzan_features.reports.scored import TRACK, by_level, is_one_per_track

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.evaluation.intervals import Interval
    from gtzan_features.tables.predictions import Predictions


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelScore:
    """Figures of one run at one level.

    Attributes
    ----------
    level : str
        ``segment`` (each row by itself), an aggregation, or ``track`` where each track has one row.
    metrics : Metrics
        Point figures.
    interval : Interval
        95 % interval of the accuracy: over artists within genres, see `Drawn`.
    correct : ndarray of bool
        Whether each row (or track) is right, in the order of `units`.
    units : list of str
        Track of each entry of `correct`.
    top2 : ndarray of bool
        Whether the true genre of each is among the first two.
    drawn : Drawn
        What each entry counts with in intervals and tests.
    """

    level: str
    metrics: Metrics
    interval: Interval
    correct: npt.NDArray[np.bool_]
    units: list[str]
    top2: npt.NDArray[np.bool_]
    drawn: Drawn

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as a JSON-able mapping."""
        return {"level": self.level, "interval": self.interval.to_dict(), **self.metrics.to_dict()}


def score(predictions: Predictions) -> dict[str, LevelScore]:
    """Score a run at every level.

    Where each track has one row, the levels are all the same and there is one: ``track``.
    """
    return by_level(predictions, _of_rows, _of_tracks)


def score_tracks(predictions: Predictions) -> LevelScore:
    """Score a run's tracks only: by mean probability where a track has several rows."""
    return _of_rows(predictions, TRACK) if is_one_per_track(predictions) else _of_tracks(predictions, "mean")


def _of_tracks(predictions: Predictions, method: Method) -> LevelScore:
    track_index = predictions.track_index
    y_true = per_track(predictions.y_true, track_index)
    tracks = aggregate(predictions.probabilities, track_index, method)
    correct = tracks.predicted == y_true
    first = np.unique(track_index, return_index=True)[1]
    drawn = Drawn.of_rows(predictions).at(first)
    return LevelScore(
        level=method,
        metrics=evaluate(y_true, tracks.probabilities, predictions.genres, tracks.ranking),
        interval=drawn.interval(correct),
        correct=correct,
        units=predictions.tracks,
        top2=_in_top2(tracks.ranking, y_true),
        drawn=drawn,
    )


def _in_top2(ranking: npt.NDArray[np.int64], y_true: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    return np.asarray((ranking[:, :2] == y_true[:, None]).any(axis=1))


def _of_rows(predictions: Predictions, level: str) -> LevelScore:
    y_true, probabilities = predictions.y_true, predictions.probabilities
    ranking = rank(probabilities)
    correct = ranking[:, 0] == y_true
    drawn, tracks = Drawn.of_rows(predictions), predictions.tracks
    return LevelScore(
        level=level,
        metrics=evaluate(y_true, probabilities, predictions.genres),
        interval=drawn.interval(correct),
        correct=correct,
        units=[tracks[number] for number in predictions.track_index],
        top2=_in_top2(ranking, y_true),
        drawn=drawn,
    )
