"""Robustness: how much accuracy models and families of features lose when the test audio is deformed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from gtzan_features.audio.deform import Deformation, deformations
from gtzan_features.audio.deform_names import named_deformations
from gtzan_features.bench.clean_tables import Music, audio_words, extract_sets
from gtzan_features.bench.config import RobustnessConfig, chosen_models, family_model
from gtzan_features.bench.deformed_fits import (
    Outcome,
    Setting,
    Task,
    kept_predictions,
    lost_task,
    predict_deformed,
    read_deformed,
    robust_tasks,
)
from gtzan_features.bench.finished_fits import add_seconds
from gtzan_features.config import FeatureConfig
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.datasets.splits import make_split
from gtzan_features.environment import describe_machine, fit_program, versions_text
from gtzan_features.errors import RunError
from gtzan_features.extraction.deformed_tables import deformed_folder, extract_deformed, try_out
from gtzan_features.extraction.extract import ExtractConfig
from gtzan_features.parallel.local import local_executor
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.reports.robustness import PAGE, RobustnessContext, write_robustness
from gtzan_features.reports.robustness_frame import robustness_frames
from gtzan_features.reports.robustness_tables import robustness_tables
from gtzan_features.tables.feature_tables import augmented_folder
from gtzan_features.tables.locking import output_lock
from gtzan_features.training.divide import labelled, refuse_several_labels
from gtzan_features.training.load_rows import open_fittable

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.datasets.splits import Split
    from gtzan_features.reports.robustness_frame import RobustnessFrames
    from gtzan_features.tables.schema import TableMeta
    from gtzan_features.text_table import TextTable


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFolders:
    """Where clean tables lie, where deformed tables and predictions are kept, where the report goes."""

    tables: Path
    work: Path
    out: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustnessResult:
    """What a measurement gave.

    Attributes
    ----------
    page : Path
        ``robustness.md``; ``robustness.csv`` and ``robustness.png`` lie beside it.
    frames : RobustnessFrames
        The rows of ``robustness.csv`` and of ``robustness-means.csv``.
    n_fitted, n_reused : int
        Models and families fitted now, and those that were finished before.
    missing : tuple of str
        What could not be measured, with the reason.
    trained : tuple of Deformation
        What copies some models were trained on, too.
    """

    page: Path
    frames: RobustnessFrames
    n_fitted: int
    n_reused: int
    missing: tuple[str, ...]
    trained: tuple[Deformation, ...] = ()

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """Accuracy lost by models, and by families: mean and worst, and each group of deformations."""
        return robustness_tables(self.frames, self.trained)


def bench_robustness(
    audio_dir: Path,
    folders: WorkFolders,
    config: RobustnessConfig,
    *,
    n_jobs: int = -1,
    progress: Progress = silent,
    notice: Notice = mute,
) -> RobustnessResult:
    """Train on rows of the training part, test on clean and deformed audio of the tested part.

    Models are trained on clean rows; with ``config.augment`` once more with deformed copies beside them. A
    copy is trained on where the row that it was made from is, so that no model learns from a copy of a track
    that it is tested on, or of one that the protocol keeps apart from it.

    The features of deformed audio and the predictions are kept in ``folders.work``: the same call goes on
    where an interrupted one stopped.

    Parameters
    ----------
    audio_dir : Path
        A folder of genre folders.
    folders : WorkFolders
        Where everything goes.
    config : RobustnessConfig
        Features, models, protocol, deformations.
    n_jobs : int
        Worker processes; -1 is one per processor. Results do not depend on it.
    progress : callable
        Called after each file and each model.
    notice : callable
        Told what each step works on.

    Raises
    ------
    ConfigError, ModelError
        If there is no such feature set, deformation, protocol or model, or no mp3 can be written.
    SplitError
        If the protocol cannot be applied to these tracks.
    """
    trained = named_deformations(config.augment)
    try_out((*deformations(config.deformations), *trained), config.features.sr)
    kept = kept_predictions(folders.work)
    # A second measurement there is refused at its begin, not after an hour.
    with output_lock(kept.folder), output_lock(folders.out / PAGE):
        kept.tidy(fit_program())
        return _measure(
            Music(audio_dir, config.selection), folders, config, trained, n_jobs, progress, notice
        )


def _measure(
    music: Music,
    folders: WorkFolders,
    config: RobustnessConfig,
    trained: tuple[Deformation, ...],
    n_jobs: int,
    progress: Progress,
    notice: Notice,
) -> RobustnessResult:
    models, with_families = chosen_models(config.models), family_model(config.family_model)
    name = config.features.feature_set
    steps = extract_sets(music, folders.tables, (name,), (config.segment,), n_jobs, progress, notice)
    opened, _ = labelled(open_fittable(folders.tables, name, config.segment.name))
    refuse_several_labels(opened, "gtzan bench")
    split = make_split(opened.data.rows, opened.data.copies, config.split)
    for note in split.notes:
        notice(f"{split.config.protocol}, {note}.")
    audio = _deform_all(music, folders.work, config, split, n_jobs, progress, notice)
    copied = _copies(music, folders.tables, config, trained, n_jobs, progress, notice)
    setting = _setting(folders, config, split, audio.usable, trained)
    tasks = robust_tasks(models, with_families, name, setting, folders.work)
    outcomes = _predict_all(tasks, setting, n_jobs, progress)
    failed = tuple(f"{task.label}: {why}" for task in tasks if (why := outcomes[task.key.digits].reason))
    names = tuple(setting.deformed)
    measured = [read_deformed(task, names) for task in tasks if not outcomes[task.key.digits].reason]
    if not measured:
        raise RunError(folders.work, f"no model could be measured: {failed[0]}")
    frames = robustness_frames(measured, audio.usable, trained)
    missing = (*audio.missing, *failed)
    all_steps = (*steps, ("deformed audio and its features", audio.seconds), *copied)
    context = replace(
        _context(config, split, opened.table.meta, all_steps, missing),
        audio=audio_words(music),
        trained=trained,
    )
    n_reused = sum(one.reused for one in outcomes.values())
    return RobustnessResult(
        page=write_robustness(frames, context, folders.out),
        frames=frames,
        n_fitted=sum(not one.reason for one in outcomes.values()) - n_reused,
        n_reused=n_reused,
        missing=missing,
        trained=trained,
    )


def _setting(
    folders: WorkFolders,
    config: RobustnessConfig,
    split: Split,
    usable: tuple[Deformation, ...],
    trained: tuple[Deformation, ...],
) -> Setting:
    """Return what all fits share: the tables, those to test on and to train on, and the division."""
    return Setting(
        clean=folders.tables,
        deformed={one.name: deformed_folder(folders.work, one, config.seed) for one in usable},
        segment=config.segment.name,
        split=split,
        seed=config.seed,
        trained=tuple(one.name for one in trained),
    )


def _copies(
    music: Music,
    tables: Path,
    config: RobustnessConfig,
    trained: tuple[Deformation, ...],
    n_jobs: int,
    progress: Progress,
    notice: Notice,
) -> tuple[tuple[str, float], ...]:
    """Compute the features of the copies to train on, beside the clean tables; return the step, if any."""
    seconds = 0.0
    catalogue = read_catalogue(music.audio_dir, music.selection)  # once: it has been told of already
    for one in trained:
        notice(f"Deforming, to train on: {one.label}")
        done = extract_deformed(
            catalogue,
            augmented_folder(tables, one.name),
            one,
            _recipe(config),
            selection=music.selection,
            n_jobs=n_jobs,
            progress=progress,
            notice=notice,
        )
        seconds += done.elapsed_s if done.n_reused < done.n_files else 0.0
    if not trained:
        return ()
    total = add_seconds(tables, f"copies-{_recipe(config).features.feature_set}", seconds)
    return (("deformed copies to train on and their features", total),)


def _recipe(config: RobustnessConfig) -> ExtractConfig:
    """Return what is computed of deformed audio: the whole of the feature set."""
    whole = FeatureConfig(feature_set=config.features.feature_set.partition(":")[0])
    return ExtractConfig(features=whole, segments=(config.segment,))


def _context(
    config: RobustnessConfig,
    split: Split,
    meta: TableMeta,
    steps: tuple[tuple[str, float], ...],
    missing: tuple[str, ...],
) -> RobustnessContext:
    return RobustnessContext(
        command=config.command(),
        dataset=meta.dataset,
        synthetic=meta.synthetic,
        protocol=split.config.name,
        features=config.features.feature_set,
        rows=config.segment.name,
        family_model=family_model(config.family_model),
        machine=describe_machine(),
        versions=versions_text(),
        steps=steps,
        missing=missing,
    )


def _predict_all(tasks: list[Task], setting: Setting, n_jobs: int, progress: Progress) -> dict[str, Outcome]:
    """Do every task, once where two are the same; return what became of each, by the digits of its key."""
    unique = list({task.key.digits: task for task in tasks}.values())
    outcomes: list[Outcome] = []
    for outcome in local_executor(n_jobs).map(
        partial(predict_deformed, setting=setting), unique, lost=lost_task
    ):
        outcomes.append(outcome)
        progress(len(outcomes), len(unique), "models and families")
    return {task.key.digits: outcome for task, outcome in zip(unique, outcomes, strict=True)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _DeformedAudio:
    """The deformations that left rows, those that left none with the reason, and the seconds of all."""

    usable: tuple[Deformation, ...]
    missing: tuple[str, ...]
    seconds: float


def _deform_all(
    music: Music,
    work: Path,
    config: RobustnessConfig,
    split: Split,
    n_jobs: int,
    progress: Progress,
    notice: Notice,
) -> _DeformedAudio:
    """Compute the features of every deformed test track."""
    chosen = deformations(config.deformations)
    tested = frozenset(split.frame.loc[split.frame["role"] == config.split.evaluate_on, "track_id"])
    recipe = _recipe(config)
    notice(f"{len(chosen)} deformations of {len(tested)} tracks.")
    usable, missing, seconds = [], [], 0.0
    for one in chosen:
        notice(f"Deforming: {one.label}")
        done = extract_deformed(
            music.audio_dir,
            deformed_folder(work, one, config.seed),
            one,
            recipe,
            seed=config.seed,
            selection=music.selection,
            only=tested,
            overwrite=True,  # those of earlier versions do not say what they are
            n_jobs=n_jobs,
            progress=progress,
            notice=notice,
        )
        seconds += done.elapsed_s if done.n_reused < done.n_files else 0.0
        if done.skipped:
            first = done.skipped[0]
            count = f"{done.n_skipped} of {done.n_files} files give no row"
            reason = f"{count}, such as {first.path}: {first.reason}"
            notice(f"{one.label}: {reason}")
        if done.tables[config.segment.name][1]:
            usable.append(one)
        else:
            missing.append(f"{one.label}: {reason}")
    if not usable:
        raise RunError(work, f"no deformation leaves a row: {missing[0]}. Choose shorter --segments")
    total = add_seconds(work, f"deform-{recipe.features.feature_set}", seconds)
    return _DeformedAudio(usable=tuple(usable), missing=tuple(missing), seconds=total)
