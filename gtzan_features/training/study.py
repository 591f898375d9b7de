"""A search of settings by optuna, in a journal file that every finished trial is written to."""

from __future__ import annotations

import glob
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gtzan_features.errors import ModelError
from gtzan_features.models.spec import Choice, Range

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gtzan_features.cache import Key

_DEFAULT, _KEY = "default", "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Settings that were tried, and the figures of tracks over the inner folds."""

    name: str
    settings: dict[str, Any]
    accuracy: float
    log_loss: float


class Study:
    """A study of optuna in a journal file, and how its trials are made.

    Parameters
    ----------
    path : Path
        The journal.
    name : str
        Of the study in it.
    key : Key
        What its trials depend on; the journal says it.
    space : dict
        Where each setting is searched.
    score : {"accuracy", "log-loss"}
        What the sampler gets.
    seed : int
        Of the sampler.
    evaluate : callable
        Returns accuracy and log-loss of settings; ModelError where they cannot be fitted.

    Raises
    ------
    ModelError
        If optuna is missing, or the journal is damaged.

    Notes
    -----
    The caller holds the lock of the journal as long as the study is used.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        key: Key,
        space: dict[str, Range | Choice],
        *,
        score: str,
        seed: int,
        evaluate: Callable[[dict[str, Any]], dict[str, float]],
    ) -> None:
        self._optuna = _optuna()
        path.parent.mkdir(parents=True, exist_ok=True)
        _mend(path)
        journal = self._optuna.storages.journal.JournalFileBackend(str(path), lock_obj=_Held())
        try:
            self._study = self._optuna.create_study(
                storage=self._optuna.storages.JournalStorage(journal),
                study_name=name,
                direction="maximize" if score == "accuracy" else "minimize",
                load_if_exists=True,
            )
        except OSError:
            raise
        except Exception as error:  # whatever a damaged line is read as
            msg = f"{path}: is damaged and cannot be gone on with. Remove it, or give another --studies"
            raise ModelError(msg) from error
        if _KEY not in self._study.user_attrs:
            self._study.set_user_attr(_KEY, key.to_dict())
        self._space, self._score, self._seed, self._evaluate = space, score, seed, evaluate

    def _finished(self) -> list[Any]:
        state = self._optuna.trial.TrialState.COMPLETE
        found: list[Any] = self._study.get_trials(deepcopy=False, states=(state,))
        return found

    @property
    def n_finished(self) -> int:
        """Trials that are finished, without the defaults."""
        return len(self._finished())

    def try_defaults(self) -> None:
        """Score the model as it is without a search, once."""
        if _DEFAULT not in self._study.user_attrs:
            self._study.set_user_attr(_DEFAULT, self._evaluate({}))

    def try_next(self) -> None:
        """Let the sampler propose settings and score them; settings that cannot be fitted count as failed."""
        # A sampler per trial: a study that is taken up again proposes what it would have without the break.
        number = len(self._study.get_trials(deepcopy=False))
        sampler = self._optuna.samplers.TPESampler(seed=self._seed * 100_003 + number)
        self._study.sampler = sampler
        trial = self._study.ask()
        failed = self._optuna.trial.TrialState.FAIL
        try:
            settings = {name: _suggest(trial, name, where) for name, where in self._space.items()}
            scores = self._evaluate(settings)
        except ModelError:
            self._study.tell(trial, state=failed)
            return
        except BaseException:
            self._study.tell(trial, state=failed)
            raise
        trial.set_user_attr("settings", json.dumps(settings))
        trial.set_user_attr("scores", scores)
        self._study.tell(trial, scores[self._score])

    def trials(self) -> tuple[Trial, ...]:
        """Return the finished trials and the defaults, the best first."""
        found = [
            _trial(str(t.number + 1), json.loads(t.user_attrs["settings"]), t.user_attrs["scores"])
            for t in self._finished()
        ]
        if _DEFAULT in self._study.user_attrs:
            found.insert(0, _trial(_DEFAULT, {}, self._study.user_attrs[_DEFAULT]))
        best_first = (lambda t: -t.accuracy) if self._score == "accuracy" else (lambda t: t.log_loss)
        return tuple(sorted(found, key=best_first))


class _Held:
    """The lock that optuna asks for at each entry: this process holds that of the journal already.

    optuna's own is a file that stays when its process is killed, and the next one waits for it for ever.
    """

    def acquire(self) -> bool:
        """Go on."""
        return True

    def release(self) -> None:
        """Nothing to do."""


def _mend(journal: Path) -> None:
    """Take away what a killed search left: half a line at the journal's end, and locks of optuna."""
    for lock in journal.parent.glob(f"{glob.escape(journal.name)}.lock*"):
        if lock.is_symlink():
            lock.unlink(missing_ok=True)
    if not journal.is_file():
        return
    with journal.open("r+b") as file:
        text = file.read()
        if not text.endswith(b"\n"):
            file.truncate(text.rfind(b"\n") + 1)


def _trial(name: str, settings: dict[str, Any], scores: dict[str, float]) -> Trial:
    return Trial(name=name, settings=settings, accuracy=scores["accuracy"], log_loss=scores["log-loss"])


def _optuna() -> Any:  # noqa: ANN401 - imported where it is needed: it is an extra
    try:
        import optuna
        import optuna.storages.journal
    except ImportError as error:
        msg = "gtzan tune needs optuna, which is not installed. Install it: pip install 'gtzan[tune]'"
        raise ModelError(msg) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _suggest(trial: Any, name: str, where: Range | Choice) -> Any:  # noqa: ANN401 - optuna's trial, any value
    if isinstance(where, Choice):
        return trial.suggest_categorical(name, where.values)
    if isinstance(where.low, int) and isinstance(where.high, int):
        return trial.suggest_int(name, where.low, where.high, log=where.log)
    # Three digits are enough, and a command with them can be read.
    return float(f"{trial.suggest_float(name, where.low, where.high, log=where.log):.3g}")
