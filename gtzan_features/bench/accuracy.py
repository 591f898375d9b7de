"""Accuracy of models, rows and families of features, measured unattended: extract, fit, test, write."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gtzan_features.audio.decode import content_hash
from gtzan_features.bench.clean_tables import Music, audio_words, extract_sets
from gtzan_features.bench.config import BASELINE, REFERENCE_MODEL, BenchConfig
from gtzan_features.bench.finished_fits import Done, finished_fits, read_done, write_done
from gtzan_features.bench.plan import (
    BOTH,
    SEGMENT,
    TRACK,
    Cell,
    PlannedFit,
    Sizes,
    ablation_sets,
    in_order,
    is_needed,
    planned_fits,
)
from gtzan_features.config import FeatureConfig, SegmentConfig
from gtzan_features.datasets.splits import make_split
from gtzan_features.descriptors import sets
from gtzan_features.environment import describe_machine, fit_program, versions_text
from gtzan_features.errors import GtzanError, SplitError
from gtzan_features.parallel.local import local_executor
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reports.ablation import (
    PAGE,
    Baseline,
    Context,
    Entry,
    ablation_frame,
    ablation_tables,
    write_ablation,
)
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.run_folder import read_run
from gtzan_features.training.divide import labelled, refuse_several_labels
from gtzan_features.training.fit_key import fit_key
from gtzan_features.training.load_rows import REPLACED, open_fittable, table_file

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gtzan_features.cache import Key
    from gtzan_features.config import SplitConfig
    from gtzan_features.text_table import TextTable

BASELINE_RUNS = Baseline(feature_set=BASELINE, model=REFERENCE_MODEL)
"""What everything is tested against."""

_LENGTHS = (SegmentConfig.parse(SEGMENT), SegmentConfig.parse(TRACK))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where tables and run folders lie, and where the ablation table goes."""

    tables: Path
    runs: Path
    out: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchResult:
    """What a measurement gave.

    Attributes
    ----------
    page : Path
        ``ablation.md``; ``ablation.csv`` lies beside it.
    frame : DataFrame
        The rows of ``ablation.csv``.
    n_fitted, n_reused : int
        Fits made now, and those that were finished before.
    missing, skipped : tuple of str
        Fits that are not in the tables, and protocols that the data cannot support, with the reasons.
    """

    page: Path
    frame: pd.DataFrame
    n_fitted: int
    n_reused: int
    missing: tuple[str, ...]
    skipped: tuple[str, ...]

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The tables of the page, each titled with its protocol."""
        return ablation_tables(self.frame, BASELINE_RUNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What became of a planned fit; `reason` where it could not be made."""

    done: Done | None
    reused: bool = False
    reason: str = ""


def bench_accuracy(
    audio_dir: Path,
    folders: Folders,
    config: BenchConfig,
    *,
    n_jobs: int = -1,
    progress: Progress = silent,
    notice: Notice = mute,
) -> BenchResult:
    """Measure every model, row length and family of features on a folder of music.

    Small tables and few folds come first; where the time ends before all fits are made, the rest is named in
    the report. Everything that is finished is kept: the same call goes on with what is missing, and only
    writes the tables again where all is done.

    Parameters
    ----------
    audio_dir : Path
        A folder of genre folders.
    folders : Folders
        Where everything goes.
    config : BenchConfig
        Sets, models, protocols and the time for the fits.
    n_jobs : int
        Worker processes; -1 is one per processor. With more of them more fits are made in the time given.
    progress : callable
        Called after each file and each fit.
    notice : callable
        Told what each step works on.

    Raises
    ------
    CatalogueError
        If `audio_dir` is no folder of genre folders with audio.
    OutputExistsError
        If the folder of tables holds those of other tracks.
    ModelError, ConfigError
        If there is no such model, feature set or protocol.
    SplitError
        If the data support none of the protocols.
    """
    local_executor(n_jobs)  # a wrong number is refused before an hour of work
    config.check()
    music = Music(audio_dir, config.selection)
    extracted = extract_sets(music, folders.tables, config.all_sets, _LENGTHS, n_jobs, progress, notice)
    return bench_tables(
        folders,
        config,
        audio=audio_words(music),
        steps=extracted,
        n_jobs=n_jobs,
        progress=progress,
        notice=notice,
    )


def bench_tables(
    folders: Folders,
    config: BenchConfig,
    *,
    audio: str = "",
    steps: tuple[tuple[str, float], ...] = (),
    n_jobs: int = -1,
    progress: Progress = silent,
    notice: Notice = mute,
) -> BenchResult:
    """Do what `bench_accuracy` does on tables that are there.

    `audio` says of which files they are; `steps` came before, with their seconds.
    """
    splits, skipped, sizes = _survey(folders.tables, config, notice)
    plan = in_order(planned_fits(config, splits, sizes))
    finished = finished_fits(folders.runs)
    # A second measurement there is refused at its begin, not after an hour.
    with output_lock(finished.folder), output_lock(folders.out / PAGE):
        finished.tidy(fit_program())
        outcomes = _fit_all(plan, config.minutes, folders, n_jobs, progress, notice)
        entries, missing = _entries(plan, outcomes, folders.runs)
        if not entries:
            msg = f"not one fit could be made: {missing[0]}"
            raise SplitError(msg)
        frame = ablation_frame(entries, BASELINE_RUNS)
        total = sum(entry.seconds for entry in entries)
        context = Context(
            command=config.command(),
            audio=audio,
            machine=describe_machine(),
            versions=versions_text(),
            steps=(*steps, (f"{len(entries)} fits, of one core each", total)),
            skipped=skipped,
            missing=tuple(missing),
        )
        page = write_ablation(frame, BASELINE_RUNS, context, folders.out)
    n_reused = sum(one.reused for one in outcomes)
    return BenchResult(
        page=page,
        frame=frame,
        n_fitted=len(entries) - n_reused,
        n_reused=n_reused,
        missing=tuple(missing),
        skipped=skipped,
    )


def _survey(
    tables: Path, config: BenchConfig, notice: Notice
) -> tuple[list[SplitConfig], tuple[str, ...], Sizes]:
    """Find which protocols the data support, and how large the tables are."""
    opened, _ = labelled(open_fittable(tables, BASELINE, TRACK))
    refuse_several_labels(opened, "gtzan bench")
    rows, copies = opened.data.rows, opened.data.copies
    splits, skipped = [], []
    shares: dict[str, list[float]] = {}
    for split in config.splits():
        try:
            made = make_split(rows, copies, split)
        except SplitError as error:
            skipped.append(str(error))
            continue
        # With the folds that the tracks allow, so that all row lengths have the same.
        splits.append(made.config)
        for note in made.notes:
            notice(f"{split.protocol}, {note}.")
        shares[split.protocol] = [len(train) / len(rows) for train, _ in made.folds(rows)]
    if not splits:
        raise SplitError(skipped[0])
    names = {some for name in config.all_sets for some in (name, *ablation_sets(name))}
    segments = len(open_fittable(tables, BASELINE, SEGMENT).table.frame)
    sizes = Sizes(
        n_rows={TRACK: len(rows), SEGMENT: segments},
        n_columns={name: len(sets.columns(FeatureConfig(feature_set=name))) for name in names},
        train_shares=shares,
    )
    return splits, tuple(skipped), sizes


def _fit_all(
    plan: list[PlannedFit], minutes: float, folders: Folders, n_jobs: int, progress: Progress, notice: Notice
) -> list[_Outcome]:
    """Fit what is not finished, several fits beside each other, each on one core, until the time is over."""
    needed = {(one.config.feature_set, length.name) for one in plan for length in _LENGTHS}
    paths = {key: table_file(folders.tables, *key) for key in sorted(needed)}
    of_path = {path: content_hash(path) for path in set(paths.values())}
    hashes = {key: of_path[path] for key, path in paths.items()}
    n_done = sum(read_done(folders.runs, _key(one, hashes)) is not None for one in plan)
    notice(f"{len(plan)} fits, {n_done} of them finished before. Interrupted, the same command goes on.")
    end = time.time() + 60 * minutes
    task = partial(_fit_one, tables=folders.tables, runs=folders.runs, hashes=hashes, end=end)
    outcomes: list[_Outcome] = []
    for outcome in local_executor(n_jobs).map(task, plan, lost=_lost):
        outcomes.append(outcome)
        progress(len(outcomes), len(plan), "fits")
    return outcomes


def _read_by(one: PlannedFit, hashes: dict[tuple[str, str], str]) -> tuple[str, ...]:
    """Return the hashes of the tables that a fit reads."""
    length = one.config.segment.name
    read = (length, TRACK) if one.rows == BOTH else (length,)
    return tuple(hashes[one.config.feature_set, segment] for segment in read)


def _key(one: PlannedFit, hashes: dict[tuple[str, str], str]) -> Key:
    return fit_key(one.config, {"tables": _read_by(one, hashes)})


def _fit_one(
    one: PlannedFit, tables: Path, runs: Path, hashes: dict[tuple[str, str], str], end: float
) -> _Outcome:
    """Fit and note it, or find it finished, or the time over (`end`, of the clock); runs in a worker."""
    key = _key(one, hashes)
    known = read_done(runs, key)
    if known is not None:
        return _Outcome(done=known, reused=True)
    if time.time() >= end and not is_needed(one):
        return _Outcome(done=None, reason="the time was over. Give the same command again, or more --minutes")
    started = time.perf_counter()
    try:
        result = fit_run(tables, runs, one.config, n_jobs=1, keep_model=False)
    except GtzanError as error:  # one model that fails leaves the others
        return _Outcome(done=None, reason=str(error))
    if read_run(result.folder).manifest.table_sha256 != "+".join(_read_by(one, hashes)):
        return _Outcome(done=None, reason=f"its table was {REPLACED}")
    done = Done(run=result.folder.name, seconds=round(time.perf_counter() - started, 2))
    write_done(runs, key, done)
    return _Outcome(done=done)


def _lost(one: PlannedFit, how: str) -> _Outcome:  # noqa: ARG001 - what stands for one fit
    return _Outcome(done=None, reason=f"its process ended ({how})")


def _entries(plan: list[PlannedFit], outcomes: list[_Outcome], runs: Path) -> tuple[list[Entry], list[str]]:
    entries, failed = [], []
    for one, outcome in zip(plan, outcomes, strict=True):
        if outcome.done is None:
            failed.append(f"{_name(one.cell)}: {outcome.reason}")
            continue
        entries.append(
            Entry(
                run=read_run(runs / outcome.done.run),
                parts=one.parts,
                rows=one.rows,
                n_columns=one.n_columns,
                seconds=outcome.done.seconds,
            )
        )
    return entries, failed


def _name(cell: Cell) -> str:
    model, feature_set, rows, protocol = cell
    return f"{model} on {feature_set}, {rows} rows, {protocol}"
