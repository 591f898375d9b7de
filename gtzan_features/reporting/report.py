"""From run folders to the report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gtzan_features.datasets import gtzan
from gtzan_features.datasets.gtzan_faults import known_faults
from gtzan_features.errors import GtzanError, RunError
from gtzan_features.prediction.tree_importance import family_importance
from gtzan_features.reports.collect import ScoredRun, by_dataset, long_table, score_runs
from gtzan_features.reports.curves import read_curves
from gtzan_features.reports.drawn import frame_words
from gtzan_features.reports.html.page import write_page
from gtzan_features.reports.html.sections import Extras
from gtzan_features.reports.label_scores import score_label_runs
from gtzan_features.reports.label_sections import label_sections
from gtzan_features.reports.label_tables import labels_frame
from gtzan_features.reports.page import PAGE, write_report
from gtzan_features.reports.published import dataset_title
from gtzan_features.reports.standing import write_standing
from gtzan_features.reports.tables import accuracy_table
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.run_folder import CURVES, MODEL, Run, list_runs, read_run
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pandas as pd

    from gtzan_features.text_table import TextTable


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
    skipped : tuple of str
        Runs, or files of them, that could not be read and are left out, with the reason.
    labels : DataFrame
        Of runs with several labels a track: one row per run, level and label; columns as in ``labels.csv``.
    label_tables : tuple of TextTable
        Runs with several labels a track, a table for each data set.
    drawn, label_drawn : str
        What the intervals of `tables` and of `label_tables` draw.
    """

    page: Path
    results: pd.DataFrame
    tables: tuple[TextTable, ...]
    skipped: tuple[str, ...] = ()
    labels: pd.DataFrame | None = None
    label_tables: tuple[TextTable, ...] = ()
    drawn: str = ""
    label_drawn: str = ""


def report(runs_dir: Path, out: Path, *, html: bool = False) -> ReportResult:
    """Write the report on all runs in `runs_dir` into `out`; nothing is trained.

    Where a run is on GTZAN, ``standing.md`` has what others published on it beside our runs. With `html`,
    ``index.html`` is written too: one page that needs no network. A run that is damaged is left out, and so
    are the curves of one that are; both are named.

    Raises
    ------
    RunError
        If there is no run, or none that can be read.
    """
    found, skipped = _readable(list_runs(runs_dir))
    several = score_label_runs([run for run in found if run.manifest.several_labels])
    scored = score_runs([run for run in found if not run.manifest.several_labels])
    extras, without = _extras(scored) if html else ({}, [])
    skipped += without
    faults = {one.run.manifest.dataset: known_faults(one.run.manifest.dataset) for one in scored}
    with output_lock(out):
        results = write_report(scored, out, skipped, several)
        write_standing(scored, out, gtzan.fault_filtered_roles())
        page = write_page(scored, out, extras, faults, skipped, several) if html else out / PAGE
    sections = label_sections(several)
    return ReportResult(
        page=page,
        results=results,
        tables=tuple(_tables(scored)),
        skipped=tuple(skipped),
        labels=labels_frame(several),
        label_tables=tuple(
            replace(one.runs, title=f"{one.title}: several labels a track") for one in sections
        ),
        drawn=frame_words(results),
        label_drawn=" ".join(one.drawn for one in sections),
    )


def _readable(folders: Iterable[Path]) -> tuple[list[Run], list[str]]:
    """Read runs; those that cannot be read, and copies of one that can, are reported instead."""
    found: dict[str, Run] = {}
    skipped = []
    for folder in folders:
        try:
            run = read_run(folder)
        except GtzanError as error:
            skipped.append(one_line(str(error)))
            continue
        first = found.setdefault(run.manifest.run_id, run)
        if first is not run:
            skipped.append(one_line(f"{folder}: a copy of {first.folder}, which counts once"))
    if not found:
        raise RunError(folder.parent, f"none of its runs can be read. The first: {skipped[0]}")
    return list(found.values()), skipped


def _extras(scored: Iterable[ScoredRun]) -> tuple[dict[str, Extras], list[str]]:
    extras, skipped = {}, []
    for one in scored:
        curves: pd.DataFrame | None = None
        try:
            curves = read_curves(one.run.folder / CURVES)
        except GtzanError as error:
            skipped.append(one_line(str(error)))
        families = family_importance(one.run.folder / MODEL)
        extras[one.run.manifest.run_id] = Extras(families=families, curves=curves)
    return extras, skipped


def _tables(scored: Iterable[ScoredRun]) -> Iterator[TextTable]:
    for (dataset, synthetic), runs in by_dataset(scored).items():
        part = long_table(runs)
        name = dataset_title(dataset, synthetic=synthetic)
        for leaked, text in ((False, "no track on both sides"), (True, "LEAKED, no accuracy on new music")):
            table = accuracy_table(part, leaked=leaked)
            if table is not None:
                yield replace(table, title=f"{name}: {text}")
