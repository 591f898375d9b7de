"""Two runs against each other, on the tracks that both tested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gtzan_features.errors import ConfigError, RunError
from gtzan_features.evaluation.aggregate import METHODS
from gtzan_features.evaluation.comparison import PairedComparison, verdict
from gtzan_features.reports.collect import ScoredRun, score_runs
from gtzan_features.reports.conditions import differences, in_words
from gtzan_features.reports.published import dataset_title
from gtzan_features.reports.scored import TRACK, Score, Scored
from gtzan_features.tables.run_folder import Run, read_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def compare_runs(first: Path, second: Path, aggregation: str = "mean") -> tuple[PairedComparison, str]:
    """Test two run folders against each other; see `compare_scored`.

    Raises
    ------
    RunError
        If a run is damaged, or the two did not test the same tracks of the same data set.
    """
    a, b = score_runs([read_run(first), read_run(second)])
    return compare_scored(a, b, aggregation)


def compare_scored(a: ScoredRun, b: ScoredRun, aggregation: str = "mean") -> tuple[PairedComparison, str]:
    """Test two runs against each other on the tracks that both tested.

    Tracks of one artist and genre count as one unit where artists are known: a model that knows an artist has
    all of his tracks right together.

    Parameters
    ----------
    a, b : ScoredRun
        Runs on the same tracks.
    aggregation : {"vote", "mean", "log-mean"}
        How segments are gathered to tracks; a run with one row per track needs none.

    Returns
    -------
    PairedComparison
        Difference, interval and exact test over artists (McNemar's over tracks, where no two are of one
        artist), first minus second.
    str
        What that shows: both runs with model, features, rows and protocol, and in what they differ.

    Raises
    ------
    RunError
        If the two did not test the same tracks of the same data set.
    """
    check_datasets(a.run, b.run)
    x, y = (tracks_of(one, aggregation) for one in (a, b))
    check_tracks(a.run, b.run, x.units, y.units)
    if _genres(a.run) != _genres(b.run):
        reason = f"has other genres for the same tracks than {a.run.folder}. Compare runs on one table"
        raise RunError(b.run.folder, reason)
    found = x.drawn.compare(x.correct, y.correct)
    return found, sentence_of(a, b, found, aggregation)


def check_datasets(first: Run, second: Run) -> None:
    """Raise RunError where two runs are not on one data set."""
    m, n = first.manifest, second.manifest
    if (m.dataset, m.synthetic) != (n.dataset, n.synthetic):
        names = [dataset_title(x.dataset, synthetic=x.synthetic) for x in (n, m)]
        reason = f"was fitted on {names[0]}, {first.folder} on {names[1]}. Compare runs on one data set"
        raise RunError(second.folder, reason)


def check_tracks(first: Run, second: Run, tested: Sequence[str], also: Sequence[str]) -> None:
    """Raise RunError where the tracks that the second run tested, `also`, are not those of the first."""
    if tested != also:
        shared = len(set(tested) & set(also))
        reason = (
            f"tested {len(also)} tracks and {first.folder} {len(tested)}, {shared} of them the same. "
            "Compare runs of one protocol and seed"
        )
        raise RunError(second.folder, reason)


def sentence_of(a: ScoredRun, b: ScoredRun, found: PairedComparison, aggregation: str = "mean") -> str:
    """Return what a test of two runs shows, and in what the runs differ."""
    return f"{verdict(found, *names_apart(a, b, aggregation))} {_difference(a, b)}"


def names_apart(a: Scored[Any], b: Scored[Any], aggregation: str) -> list[str]:
    """Return two runs in words, with their identifiers where these words are the same."""
    names = [_named(one, level_of(one, aggregation)) for one in (a, b)]
    if names[0] == names[1]:
        names = [f"{name} ({one.run.manifest.run_id})" for name, one in zip(names, (a, b), strict=True)]
    return names


def level_of(one: Scored[Any], aggregation: str) -> str:
    """Return the level of a run's tracks; ConfigError for an aggregation that is not known."""
    if aggregation not in METHODS:
        msg = f"aggregation {aggregation!r} is not known; there are {', '.join(METHODS)}"
        raise ConfigError(msg)
    return TRACK if TRACK in one.scores else aggregation


def tracks_of(one: Scored[Score], aggregation: str) -> Score:
    """Return the figures of a run's tracks; ConfigError for an aggregation that is not known."""
    return one.scores[level_of(one, aggregation)]


def _genres(run: Run) -> dict[str, str]:
    frame = run.predictions.frame
    return dict(zip(frame["track_id"].astype(str), frame["genre"].astype(str), strict=True))


def _named(one: Scored[Any], level: str) -> str:
    m = one.run.manifest
    by = "" if level == TRACK else f" by {level}"
    mark = "LEAKED " if one.leaked else ""
    return f"{mark}{one.label} on {m.feature_set}, {m.segment} rows{by}, {m.protocol}"


def _difference(a: ScoredRun, b: ScoredRun) -> str:
    found = differences(a.run.manifest, b.run.manifest)
    words = f"They differ in {in_words(found)}." if found else "They differ in nothing that is recorded."
    many = (
        " With more than one difference, the test does not tell which of them it is."
        if len(found) > 1
        else ""
    )
    leaked = [one for one in (a, b) if one.leaked]
    return words + many + (" A leaked figure is no accuracy on new music." if leaked else "")
