"""Search a model's settings on inner folds of the training rows; the protocol's test part is never read.

The study is a journal file in which every finished trial stands: the same command goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.config import file_name
from gtzan_features.errors import ModelError, SplitError
from gtzan_features.evaluation.metrics import evaluate
from gtzan_features.models.checked_settings import probabilities
from gtzan_features.models.registry import MODELS, model_spec, parse_settings
from gtzan_features.models.spec import ModelSpec, TrainingData, inner_splits
from gtzan_features.parallel.local import local_executor
from gtzan_features.progress import Progress, silent
from gtzan_features.rounding import decimals, percent
from gtzan_features.tables.locking import output_lock
from gtzan_features.text_table import TextTable
from gtzan_features.training.divide import divide
from gtzan_features.training.fit_key import fit_key
from gtzan_features.training.fold import Fold, training_data
from gtzan_features.training.load_rows import Fittable, open_fittable
from gtzan_features.training.prepare_fit import job_of
from gtzan_features.training.run_manifest import fit_command
from gtzan_features.training.study import Study, Trial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.cache import Key
    from gtzan_features.config import SplitConfig
    from gtzan_features.datasets.splits import Split
    from gtzan_features.models.spec import Choice, IntVector, Range
    from gtzan_features.training.fit_config import FitConfig, TuneConfig

INNER_FOLDS = 4
_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneResult:
    """What a search found.

    Attributes
    ----------
    study : Path
        The journal.
    trials : tuple of Trial
        All that are finished, the best first; the model's defaults among them.
    command : str
        Fits the best settings and tests them on the part that was never read.
    tuned_on : str
        Which tracks, in words.
    interrupted : bool
        Whether Ctrl-C ended the search.
    notes : tuple of str
        What the tracks did not allow.
    """

    study: Path
    trials: tuple[Trial, ...]
    command: str
    tuned_on: str
    interrupted: bool = False
    notes: tuple[str, ...] = ()

    @property
    def best(self) -> Trial:
        """The best trial."""
        return self.trials[0]

    @property
    def table(self) -> TextTable:
        """The best trials as a table of text."""
        rows = tuple(
            (t.name, percent(t.accuracy), decimals(t.log_loss, 3), _pairs(t.settings))
            for t in self.trials[:_SHOWN]
        )
        header = ("trial", "tracks right, %", "log-loss", "settings")
        return TextTable(title=f"{len(self.trials)} trials, {self.tuned_on}", header=header, rows=rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the search as a JSON-able mapping."""
        trials = [
            {"trial": t.name, "accuracy": t.accuracy, "log_loss": t.log_loss, "settings": t.settings}
            for t in self.trials
        ]
        return {
            "study": str(self.study),
            "tuned_on": self.tuned_on,
            "command": self.command,
            "interrupted": self.interrupted,
            "trials": trials,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What every trial shares: the rows to learn from, and their inner folds."""

    spec: ModelSpec
    data: TrainingData
    fixed: dict[str, Any]
    seed: int


def tune(
    tables_dir: Path,
    studies_dir: Path,
    config: TuneConfig,
    *,
    n_jobs: int = -1,
    progress: Progress = silent,
) -> TuneResult:
    """Search the settings of a model on the training part of a protocol.

    A protocol with folds would have every track in some training part, so that settings chosen on all of
    them have seen each test part: one fold is tested (the first, if none is named), the search reads the
    others, and the command of the result tests that fold only.

    Parameters
    ----------
    tables_dir, studies_dir : Path
        Where tables lie, and where journals do.
    config : TuneConfig
    n_jobs : int
        Worker processes, one task per inner fold; results do not depend on it.
    progress : callable
        Called after each trial with the seconds that are spent.

    Raises
    ------
    ModelError
        If the model has no search space or optuna is missing.
    SplitError
        If the protocol is leaked or cannot be applied, or its training part has no honest inner folds.
    TableError
        If the table is missing or damaged.
    OutputLockedError
        If another command is at the same study.
    """
    fit = replace(config.fit, split=_one_part(config.fit.split))
    spec = model_spec(fit.model)
    space = _space(spec, fit.settings)
    opened, split = _divided(tables_dir, fit)
    fit = replace(fit, split=split.config)
    ((rows, _),) = split.folds(opened.data.rows)
    task = _Task(
        spec=spec,
        data=_training(opened, rows, fit),
        fixed=parse_settings(spec, fit.settings),
        seed=fit.split.seed,
    )
    key = _study_key(fit, config.score, opened, split, space)
    name = _study_name(fit, opened, key)
    path = studies_dir / f"{name}.journal"
    with output_lock(path):
        study = Study(
            path,
            name,
            key,
            space,
            score=config.score,
            seed=task.seed,
            evaluate=lambda settings: _scores(task, settings, n_jobs),
        )
        interrupted = _search(study, config, progress)
        trials = study.trials()
    if not trials:
        raise KeyboardInterrupt
    fitted = replace(fit, settings=(*fit.settings, *(f"{k}={v}" for k, v in trials[0].settings.items())))
    return TuneResult(
        study=path,
        trials=trials,
        command=fit_command(fitted, tables_dir, fit.feature_set),
        tuned_on=f"{len(set(task.data.groups))} tracks of the training part of {fit.split.name}, inner folds",
        interrupted=interrupted,
        notes=split.notes,
    )


def _one_part(split: SplitConfig) -> SplitConfig:
    if split.leaked:
        msg = "segment is leaked: nothing can be chosen on it. Use another protocol"
        raise SplitError(msg)
    return replace(split, only=split.only or 1) if split.n_folds else split


def _divided(tables_dir: Path, fit: FitConfig) -> tuple[Fittable, Split]:
    """Read the table and divide its tracks; a track may have one genre only."""
    opened, split = divide(open_fittable(tables_dir, fit.table, fit.rows, fit.version), fit.split)
    if opened.data.several:
        msg = f"{opened.place}: a track may have several labels, and tune searches for one genre a track"
        raise ModelError(msg + ". Fit with the settings that you want to compare: gtzan fit --set NAME=VALUE")
    return opened, split


def _training(opened: Fittable, rows: npt.NDArray[np.int64], fit: FitConfig) -> TrainingData:
    return training_data(Fold(rows, np.empty(0, dtype=np.int64), keep=False), job_of(opened, fit, {}))


def _space(spec: ModelSpec, settings: tuple[str, ...]) -> dict[str, Range | Choice]:
    """Return where a model's settings are searched, but for those that are given."""
    if not spec.space:
        known = ", ".join(name for name, one in MODELS.items() if one.space)
        msg = f"{spec.name} has no search space; there are {known}"
        raise ModelError(msg)
    given = {pair.partition("=")[0].strip() for pair in settings}
    return {name: where for name, where in spec.space.items() if name not in given}


def _study_key(
    fit: FitConfig, score: str, opened: Fittable, split: Split, space: dict[str, Range | Choice]
) -> Key:
    """Return all that the trials of a study depend on."""
    return fit_key(
        replace(fit, settings=tuple(sorted(fit.settings)), version=0),
        {"table": opened.sha256, "split": split.fingerprint()},
        space=repr(space),
        inner_folds=INNER_FOLDS,
        score=score,
    )


def _study_name(fit: FitConfig, opened: Fittable, key: Key) -> str:
    """Name a study by all that its trials depend on, so that only equal searches go on from each other."""
    slug = f"{opened.table.meta.dataset}-{fit.model}-{file_name(fit.feature_set)}-{fit.rows}-{fit.split.name}"
    return "".join(c if c.isalnum() or c == "." else "-" for c in slug.lower()) + f"-{key.digits}"


def _search(study: Study, config: TuneConfig, progress: Progress) -> bool:
    """Try settings until time or trials are over; return whether Ctrl-C was pressed."""
    start = monotonic()
    try:
        study.try_defaults()
        while config.trials is None or study.n_finished < config.trials:
            spent = monotonic() - start
            progress(int(spent), int(60 * config.minutes), f"{study.n_finished} trials, seconds")
            if spent >= 60 * config.minutes:
                break
            study.try_next()
    except KeyboardInterrupt:
        return True
    return False


def _scores(task: _Task, settings: dict[str, Any], n_jobs: int) -> dict[str, float]:
    """Score settings on the tracks of the inner folds, each predicted by a model that never saw it."""
    data = task.data
    folds = list(_inner_folds(task))
    run = partial(_predict_inner, task=task, settings={**task.fixed, **settings})
    n_genres = int(data.y.max()) + 1
    _, first, track = np.unique(data.groups, return_index=True, return_inverse=True)
    summed = np.zeros((len(first), n_genres))
    for (_, valid), p in zip(folds, local_executor(n_jobs).map(run, folds), strict=True):
        np.add.at(summed, track[valid], p)
    mean = summed / summed.sum(axis=1, keepdims=True)
    found = evaluate(data.y[first], mean, [str(genre) for genre in range(n_genres)])
    return {"accuracy": found.accuracy, "log-loss": found.log_loss}


def _inner_folds(task: _Task) -> Iterator[tuple[IntVector, IntVector]]:
    splits = inner_splits(task.data, INNER_FOLDS, task.seed)
    if not splits:
        msg = (
            "tuning needs two tracks of each genre in the training part. Add tracks, or use another protocol"
        )
        raise SplitError(msg)
    yield from splits


def _predict_inner(
    fold: tuple[IntVector, IntVector], task: _Task, settings: dict[str, Any]
) -> npt.NDArray[np.float64]:
    """Fit on the training rows of an inner fold and predict its others; runs in a worker."""
    train, valid = fold
    model = task.spec.fit(task.data.take(train), settings, task.seed)
    return probabilities(model, task.data.X[valid], task.spec, settings)


def _pairs(settings: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in settings.items()) or "the model's defaults"
