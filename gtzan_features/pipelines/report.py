"""From run folders to the report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gtzan_features.errors import RunError
from gtzan_features.evaluation.comparison import PairedComparison, compare, verdict
from gtzan_features.pipelines.faults import known_faults
from gtzan_features.pipelines.importance import family_importance
from gtzan_features.reports.collect import ScoredRun, score_runs
from gtzan_features.reports.curves import read_curves
from gtzan_features.reports.html.page import write_page
from gtzan_features.reports.html.sections import Extras
from gtzan_features.reports.page import PAGE, dataset_title, write_report
from gtzan_features.reports.scores import TRACK, LevelScore, score
from gtzan_features.reports.tables import accuracy_table
from gtzan_features.tables.runs import CURVES, MODEL, Run, list_runs, read_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from gtzan_features.reports.tables import TextTable


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportResult:
    """A report that was written.

    Attributes
    ----------
    page : Path
        The report, in HTML where that was asked for, else in Markdown; ``accuracy.csv`` and the pictures
        lie beside it.
    results : DataFrame
        One row per run and level; columns as in ``accuracy.csv``.
    tables : tuple of TextTable
        The accuracy tables, honest and leaked ones apart.
    """

    page: Path
    results: pd.DataFrame
    tables: tuple[TextTable, ...]


def report(runs_dir: Path, out: Path, *, html: bool = False) -> ReportResult:
    """Write the report on all runs in `runs_dir` into `out`; nothing is trained.

    With `html`, ``index.html`` is written too: one page that needs no network.

    Raises
    ------
    RunError
        If there is no run, or one is damaged.
    """
    scored = score_runs(read_run(folder) for folder in list_runs(runs_dir))
    results = write_report(scored, out)
    page = _write_html(scored, out) if html else out / PAGE
    return ReportResult(page=page, results=results, tables=tuple(_tables(results)))


def _write_html(scored: list[ScoredRun], out: Path) -> Path:
    extras = {
        one.run.manifest.run_id: Extras(
            families=family_importance(one.run.folder / MODEL),
            curves=read_curves(one.run.folder / CURVES),
        )
        for one in scored
    }
    faults = {one.run.manifest.dataset: known_faults(one.run.manifest.dataset) for one in scored}
    return write_page(scored, out, extras, faults)


def _tables(results: pd.DataFrame) -> Iterator[TextTable]:
    for dataset, part in results.groupby("dataset", sort=False):
        name = dataset_title(str(dataset), synthetic=bool(part["synthetic"].any()))
        for leaked, text in ((False, "no track on both sides"), (True, "LEAKED, no accuracy on new music")):
            table = accuracy_table(part, leaked=leaked)
            if table is not None:
                yield replace(table, title=f"{name}: {text}")


def compare_runs(first: Path, second: Path, aggregation: str = "mean") -> tuple[PairedComparison, str]:
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
    str
        What that shows, in one sentence.

    Raises
    ------
    RunError
        If a run is damaged, or the two did not test the same tracks of the same data set.
    """
    a, b = read_run(first), read_run(second)
    if a.manifest.dataset != b.manifest.dataset:
        reason = (
            f"was run on {b.manifest.dataset}, {first} on {a.manifest.dataset}. Compare runs on one data set"
        )
        raise RunError(second, reason)
    x, y = _tracks(a, aggregation), _tracks(b, aggregation)
    if x.units != y.units:
        shared = len(set(x.units) & set(y.units))
        reason = (
            f"tested {len(y.units)} tracks and {first} {len(x.units)}, {shared} of them the same. "
            "Compare runs of one protocol and seed"
        )
        raise RunError(second, reason)
    found = compare(x.correct, y.correct)
    return found, verdict(found, a.manifest.run_id, b.manifest.run_id)


def _tracks(run: Run, aggregation: str) -> LevelScore:
    scores = score(run.predictions)
    return scores[TRACK] if TRACK in scores else scores[aggregation]
