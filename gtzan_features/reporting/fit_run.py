"""Train, write and report: what `gtzan fit` does for each model."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from gtzan_features.progress import Progress, silent
from gtzan_features.reporting.label_run_report import LabelRunReport
from gtzan_features.reporting.run_report import RunReport, report_run
from gtzan_features.tables.column_cache import working_folder
from gtzan_features.tables.run_storage import new_run_folder
from gtzan_features.training.fit import train
from gtzan_features.training.prepare_fit import prepare_fit
from gtzan_features.training.streamed_fit import (
    StreamedFit,
    is_streamed,
    prepare_streamed,
    write_streamed,
)
from gtzan_features.training.write_run import write_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gtzan_features.training.fit_config import FitConfig
    from gtzan_features.training.fold import Fitted
    from gtzan_features.training.prepare_fit import PreparedFit


def fit_run(
    tables_dir: Path,
    runs_dir: Path,
    config: FitConfig,
    *,
    n_jobs: int = -1,
    keep_model: bool = True,
    progress: Progress = silent,
) -> RunReport | LabelRunReport:
    """Fit and test a model fold by fold, and write the run folder.

    Parameters
    ----------
    tables_dir : Path
        Folder of feature tables; the configuration says which of them.
    runs_dir : Path
        Where run folders lie; the new one is named by what it holds.
    config : FitConfig
        Model, settings, protocol.
    n_jobs : int
        Worker processes, one task per fold; -1 is one per processor. Results do not depend on it.
    keep_model : bool
        Without, the run folder holds figures and predictions but no model, and under folds there is one
        fit less.
    progress : callable
        Called after each fold.

    Raises
    ------
    OutputLockedError
        If another command fits the same at this moment.
    TableError
        If the table is missing or damaged, or holds values that are not finite.
    SplitError
        If the protocol cannot be applied, or is leaked without `allow_leak`.
    ModelError
        If there is no such model or setting, or it cannot be fitted, or not be stored.
    """
    with prepared_fit(tables_dir, config, keep_model=keep_model) as prepared:
        return fit_prepared(prepared, runs_dir, n_jobs=n_jobs, progress=progress)


@contextmanager
def prepared_fit(
    tables_dir: Path, config: FitConfig, *, keep_model: bool = True
) -> Iterator[PreparedFit | StreamedFit]:
    """Give a fit of which all is known but its figures, in memory or in batches; errors as `fit_run`."""
    if is_streamed(tables_dir, config):
        with working_folder() as folder:
            yield prepare_streamed(tables_dir, config, folder, keep_model=keep_model)
    else:
        yield prepare_fit(tables_dir, config, keep_model=keep_model)


def fit_prepared(
    prepared: PreparedFit | StreamedFit,
    runs_dir: Path,
    *,
    tested: Sequence[Fitted] = (),
    n_jobs: int = -1,
    progress: Progress = silent,
) -> RunReport | LabelRunReport:
    """Fit and test what was prepared, and write the run folder; see `fit_run` and `training.fit.train`."""
    folder = runs_dir / prepared.manifest.run_id
    # The folder is locked from here on: a second command is refused before it computes for nothing.
    with new_run_folder(folder) as new:
        if isinstance(prepared, StreamedFit):
            write_streamed(new, prepared, progress)
        else:
            write_run(new, train(prepared, tested=tested, n_jobs=n_jobs, progress=progress))
        report = report_run(new, notes=prepared.notes)
    run = replace(report.scored.run, folder=folder)
    if isinstance(report, LabelRunReport):
        return replace(report, scored=replace(report.scored, run=run))
    return replace(report, scored=replace(report.scored, run=run))
