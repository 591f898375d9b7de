"""From run folders to the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.errors import RunError
from gtzan_features.evaluation.comparison import PairedComparison, compare
from gtzan_features.reports.collect import score_runs
from gtzan_features.reports.page import write_report
from gtzan_features.reports.scores import TRACK, LevelScore, score
from gtzan_features.tables.runs import Run, list_runs, read_run

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def report(runs_dir: Path, out: Path) -> pd.DataFrame:
    """Write the report on all runs in `runs_dir` into `out`; nothing is trained.

    Returns
    -------
    DataFrame
        One row per run and level; columns as in ``accuracy.csv``.

    Raises
    ------
    RunError
        If there is no run, or one is damaged.
    """
    scored = score_runs(read_run(folder) for folder in list_runs(runs_dir))
    return write_report(scored, out)


def compare_runs(first: Path, second: Path, aggregation: str = "mean") -> PairedComparison:
    """Test two runs against each other on the tracks that both tested.

    Parameters
    ----------
    first, second : Path
        Run folders.
    aggregation : str
        How segments are gathered to tracks; a run with one row per track needs none.

    Returns
    -------
    PairedComparison
        Difference, interval and exact McNemar test over tracks, first minus second.

    Raises
    ------
    RunError
        If a run is damaged, or the two did not test the same tracks of the same data set.
    """
    a, b = read_run(first), read_run(second)
    if a.manifest.dataset != b.manifest.dataset:
        reason = f"was run on {b.manifest.dataset}, {first} on {a.manifest.dataset}. Compare runs on one data set"
        raise RunError(second, reason)
    x, y = _tracks(a, aggregation), _tracks(b, aggregation)
    if x.units != y.units:
        shared = len(set(x.units) & set(y.units))
        reason = (
            f"tested {len(y.units)} tracks and {first} {len(x.units)}, {shared} of them the same. "
            "Compare runs of one protocol and seed"
        )
        raise RunError(second, reason)
    return compare(x.correct, y.correct)


def _tracks(run: Run, aggregation: str) -> LevelScore:
    scores = score(run.predictions)
    return scores[TRACK] if TRACK in scores else scores[aggregation]
