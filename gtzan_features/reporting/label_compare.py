"""Two runs of several labels a track against each other, by average precision on the same tracks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gtzan_features.datasets.units import track_units
from gtzan_features.errors import RunError
from gtzan_features.evaluation.label_metrics import RESAMPLES, average_precision_difference
from gtzan_features.reporting.compare import (
    check_datasets,
    check_tracks,
    compare_scored,
    names_apart,
    tracks_of,
)
from gtzan_features.reports.collect import score_runs
from gtzan_features.reports.conditions import differences, in_words
from gtzan_features.reports.label_scores import score_label_runs
from gtzan_features.rounding import points
from gtzan_features.tables.run_folder import read_run

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.evaluation.comparison import PairedComparison
    from gtzan_features.reports.label_scores import LabelScore, ScoredLabels


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelComparison:
    """Average precision of one run less that of another on the same tracks.

    Attributes
    ----------
    n, n_units, n_labels : int
        Tracks; what is drawn, artists where they are known; labels.
    difference, ci_low, ci_high : float
        Of the mean over labels, within [-1, 1], with its 95 % bootstrap interval.
    is_shown : bool
        Whether the interval excludes zero; of several pairs, an interval that is as much wider.
    """

    n: int
    n_units: int
    n_labels: int
    difference: float
    ci_low: float
    ci_high: float
    is_shown: bool

    @property
    def counted(self) -> str:
        """What was compared, in words."""
        units = f" in {self.n_units} units (artists)" if self.n_units < self.n else ""
        return f"{self.n} tracks{units}, {self.n_labels} labels; the interval decides."


def compare_folders(
    first: Path, second: Path, aggregation: str = "mean"
) -> tuple[PairedComparison | LabelComparison, str]:
    """Test two run folders against each other: by accuracy, or by average precision of several labels.

    Raises
    ------
    RunError
        If a run is damaged, only one has several labels a track, or the two did not test the same tracks.
    """
    runs = [read_run(first), read_run(second)]
    several = [run.manifest.several_labels for run in runs]
    if not any(several):
        a, b = score_runs(runs)
        return compare_scored(a, b, aggregation)
    if not all(several):
        raise RunError(runs[several.index(False)].folder, ONE_OF_EACH)
    x, y = score_label_runs(runs)
    return compare_labels(x, y, aggregation)


def compare_labels(
    a: ScoredLabels, b: ScoredLabels, aggregation: str = "mean", n_pairs: int = 1
) -> tuple[LabelComparison, str]:
    """Test two runs of several labels against each other on the tracks that both tested.

    Parameters
    ----------
    a, b : ScoredLabels
        Runs on the same tracks with the same labels.
    aggregation : {"vote", "mean", "log-mean"}
        How segments are gathered to tracks; a run with one row per track needs none.
    n_pairs : int
        How many pairs are tested at once: the interval that decides is that much wider (Bonferroni).

    Returns
    -------
    LabelComparison
    str
        What that shows, and in what the two differ.

    Raises
    ------
    RunError
        If the two did not test the same tracks of the same data set for the same labels.
    """
    x, y = (tracks_of(one, aggregation) for one in (a, b))
    _check(a, b, x, y)
    values = x.truth, x.probabilities, y.probabilities, track_units(x.units, a.run.predictions.artists)
    found = average_precision_difference(*values)
    decides = found
    if n_pairs > 1:
        wider = replace(RESAMPLES, confidence=1 - (1 - RESAMPLES.confidence) / n_pairs)
        decides = average_precision_difference(*values, config=wider)
    result = LabelComparison(
        n=found.n_rows,
        n_units=found.n_units,
        n_labels=x.truth.shape[1],
        difference=found.estimate,
        ci_low=found.low,
        ci_high=found.high,
        is_shown=not decides.low <= 0 <= decides.high,
    )
    return result, _sentence(a, b, result, aggregation)


ONE_OF_EACH = "has one genre a track, and the other run several labels. Compare runs of one kind"


def _check(a: ScoredLabels, b: ScoredLabels, x: LabelScore, y: LabelScore) -> None:
    check_datasets(a.run, b.run)
    check_tracks(a.run, b.run, x.units, y.units)
    if x.metrics.labels != y.metrics.labels or (x.truth != y.truth).any():
        reason = f"has other labels for the same tracks than {a.run.folder}. Compare runs on one table"
        raise RunError(b.run.folder, reason)


def _sentence(a: ScoredLabels, b: ScoredLabels, found: LabelComparison, aggregation: str) -> str:
    names = names_apart(a, b, aggregation)
    interval = f"95 % interval {points(found.ci_low)} to {points(found.ci_high)}"
    figure = f"{points(found.difference)} points of average precision, {interval}"
    if found.is_shown:
        better, worse = names if found.difference > 0 else reversed(names)
        said = f"{better} is better than {worse} ({names[0]} less {names[1]}: {figure})."
    else:
        said = f"No difference between {names[0]} and {names[1]} is shown ({figure})."
    found_differences = differences(a.run.manifest, b.run.manifest)
    differ = in_words(found_differences) if found_differences else "nothing that is recorded"
    leaked = " A leaked figure is no accuracy on new music." if a.leaked or b.leaked else ""
    return f"{said} They differ in {differ}.{leaked}"
