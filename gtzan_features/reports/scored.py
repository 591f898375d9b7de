"""A run with its figures at every level, whatever these figures are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from gtzan_features.evaluation.aggregate import METHODS, Method
from gtzan_features.reports.protocols import Tested, tested_on

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gtzan_features.tables.predictions import Predictions
    from gtzan_features.tables.run_folder import Run

SEGMENT = "segment"
TRACK = "track"
LEVELS = (SEGMENT, *METHODS)
"""What is scored: single segments, and tracks by each aggregation."""

Score = TypeVar("Score")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored(Generic[Score]):
    """A run, its label in tables, and its figures at every level."""

    run: Run
    label: str
    scores: dict[str, Score]

    @property
    def best_level(self) -> str:
        """The level that represents the run where only one is shown: tracks, by mean probability."""
        return representative(self.scores)

    @property
    def best(self) -> Score:
        """The figures at `best_level`."""
        return self.scores[self.best_level]

    @property
    def tested(self) -> Tested:
        """What the run was tested on."""
        return tested_on(self.run.manifest)

    @property
    def leaked(self) -> bool:
        """Whether its figures are leaked."""
        return self.run.manifest.leaked or self.tested.leaked


def representative(scores: Mapping[str, Any]) -> str:
    """Return the level that represents a run: tracks, by mean probability where they have segments."""
    return TRACK if TRACK in scores else "mean"


def is_one_per_track(predictions: Predictions) -> bool:
    """Whether each track has one row, so that the levels are all the same."""
    return len(predictions.tracks) == len(predictions.frame)


def by_level(
    predictions: Predictions,
    of_rows: Callable[[Predictions, str], Score],
    of_tracks: Callable[[Predictions, Method], Score],
) -> dict[str, Score]:
    """Score a run at every level; one, ``track``, where each track has one row."""
    if is_one_per_track(predictions):
        return {TRACK: of_rows(predictions, TRACK)}
    segments = {SEGMENT: of_rows(predictions, SEGMENT)}
    return segments | {method: of_tracks(predictions, method) for method in METHODS}
