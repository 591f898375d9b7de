"""What a call in Python asks for, in the words of the steps below: model, settings, protocol."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline

from gtzan_features.api.table import Table, check_table
from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.datasets.custom_split import custom_split
from gtzan_features.datasets.splitters import ProtocolSplitter
from gtzan_features.errors import ConfigError, ModelError, SplitError, TableError
from gtzan_features.models.estimator_spec import NOT_SETTABLE, spec_of_estimator
from gtzan_features.models.registry import model_spec, parse_settings, setting_pairs
from gtzan_features.training.divide import labelled
from gtzan_features.training.fit_config import FitConfig
from gtzan_features.training.load_rows import table_file
from gtzan_features.training.prepare_fit import FromPython

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gtzan_features.datasets.splits import Split
    from gtzan_features.training.load_rows import Fittable

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_SEEDS = {"random_state", "random_seed"}


@dataclass(frozen=True, slots=True)
class Division:
    """How tracks are divided, but for the protocol; see `config.SplitConfig`."""

    folds: int | None = None
    fold: int | None = None
    holdout: float | None = None
    min_tracks: int = 0
    evaluate_on: str = "test"
    train_on: str = "train"
    seed: int = 0

    @property
    def words(self) -> dict[str, Any]:
        """What differs from the usual, and the seed."""
        usual = asdict(Division())
        return {name: value for name, value in asdict(self).items() if name == "seed" or value != usual[name]}

    def of(self, protocol: str) -> SplitConfig:
        """Return the configuration of a protocol."""
        given = asdict(self)
        return SplitConfig(protocol=protocol, only=given.pop("fold"), **given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a call asks for, as `training.prepare_fit.prepare_rows` takes it."""

    config: FitConfig
    settings: dict[str, Any]
    python: FromPython


def asked_fit(
    model: Any,  # noqa: ANN401
    settings: Mapping[str, Any],
    table: Table,
    protocol: Any,  # noqa: ANN401
    division: Division,
    *,
    final: bool,
    allow_leak: bool,
    augment: tuple[str, ...] = (),
) -> Asked:
    """Return what an evaluation asks for; each argument as `evaluation.evaluate` has it.

    Raises
    ------
    ModelError
        If there is no such model or setting, or the estimator is no classifier.
    SplitError
        If the division is leaked and not allowed, or a splitter cannot divide these rows.
    ConfigError
        If there is no such protocol, or arguments exclude each other.
    """
    check_table(table)
    name, pairs, python = asked_model(model, settings)
    split, made = asked_split(protocol, table, division)
    check_leak(split, protocol, allow_leak=allow_leak)
    call = ""
    if python.estimator is not None or made is not None or not is_found_by_command(table.opened):
        flags: dict[str, Any] = {"final": True} if final else {}
        flags |= {"allow_leak": True} if split.leaked else {}
        flags |= {"augment": ",".join(augment)} if augment else {}
        words = {"protocol": protocol, **division.words, **flags, **settings}
        call = call_text("evaluate", model, table, words)
    return Asked(
        config=fit_config(table, name, pairs, split, final=final, augment=augment),
        settings=asked_settings(name, pairs, python),
        python=replace(python, split=made, call=call),
    )


def asked_model(model: Any, settings: Mapping[str, Any]) -> tuple[str, tuple[str, ...], FromPython]:  # noqa: ANN401
    """Return a model's name, its settings as the command line has them, and the estimator that was given.

    Raises
    ------
    ModelError
        If there is no such model or setting, or the estimator is no classifier.
    """
    if isinstance(model, str):
        return model_spec(model).name, setting_pairs(settings), FromPython()
    if isinstance(model, type) or not hasattr(model, "get_params"):
        kind = model.__name__ if isinstance(model, type) else type(model).__name__
        msg = f"{kind} is no model: give a name of `gtzan fit --list`, or an unfitted scikit-learn classifier"
        raise ModelError(msg)
    name = estimator_name(model)
    if settings:
        msg = f"{name}: settings ({', '.join(settings)}) go with models by name. Set them on the estimator"
        raise ModelError(msg)
    spec_of_estimator(name, model)  # refused here, before any row is read
    return name, (), FromPython(estimator=model, parameters=parameters_of(model))


def asked_settings(name: str, pairs: tuple[str, ...], python: FromPython) -> dict[str, Any]:
    """Return all settings that a model is fitted with."""
    return {} if python.estimator is not None else parse_settings(model_spec(name), pairs)


def estimator_name(estimator: Any) -> str:  # noqa: ANN401
    """Return what an estimator is called: its class, or those of a pipeline's steps.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn.svm import SVC
    >>> estimator_name(make_pipeline(StandardScaler(), SVC()))
    'StandardScaler+SVC'
    """
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if step not in (None, "passthrough")]
        return "+".join(estimator_name(step) for step in steps)
    return type(estimator).__name__


def parameters_of(estimator: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the parameters that an estimator's figures depend on, as a manifest has them.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> found = parameters_of(KNeighborsClassifier(n_jobs=2))
    >>> found["n_neighbors"], "n_jobs" in found
    (5, False)
    """
    found = estimator.get_params(deep=True)
    whole = {name for name in found if any(other.startswith(f"{name}__") for other in found)}
    left_out = NOT_SETTABLE - _SEEDS
    return {
        name: _written(value)
        for name, value in sorted(found.items())
        if name not in whole | {"steps"} and name.rpartition("__")[2] not in left_out
    }


def asked_split(protocol: Any, table: Table, division: Division) -> tuple[SplitConfig, Split | None]:  # noqa: ANN401
    """Return a protocol, and the division of a splitter that is no protocol of this package.

    Raises
    ------
    ConfigError
        If there is no such protocol, or a setting does not go with it.
    SplitError
        If a splitter cannot divide these rows.
    """
    if isinstance(protocol, str):
        return division.of(protocol), None
    given = [name for name in division.words if name != "seed"]
    if given:
        msg = f'{given[0]}= goes with a protocol by name, such as "artist". Give it to the splitter'
        raise ConfigError(msg)
    if isinstance(protocol, ProtocolSplitter):
        config = protocol.config()
        if division.seed not in (0, config.seed) and hasattr(protocol, "seed"):
            msg = f"seed={division.seed} for the model, and for the folds seed={config.seed}: give one"
            raise ConfigError(msg)
        return replace(config, seed=config.seed or division.seed), None
    if not (hasattr(protocol, "split") or isinstance(protocol, Iterable)):
        msg = f'protocol={protocol!r} is neither a name nor a splitter. Give "artist", for example'
        raise ConfigError(msg)
    opened, _ = labelled(table.opened)
    made = custom_split(protocol, opened.data, Table(opened).artists, division.seed)
    return made.config, made


def fit_config(
    table: Table,
    name: str,
    pairs: tuple[str, ...],
    split: SplitConfig,
    *,
    final: bool = False,
    augment: tuple[str, ...] = (),
) -> FitConfig:
    """Return the configuration of a fit on a table that was read.

    Raises
    ------
    ConfigError
        If there are augmentations, and nobody knows where tables of augmented audio may lie.
    """
    if augment and table.opened.folder is None:
        msg = (
            f"augment={','.join(augment)!r}: this table lies in no folder, so that no tables of augmented "
            'audio lie beside it. Give one of gf.extract(..., deformed="robust") or gf.read_table(PATH)'
        )
        raise ConfigError(msg)
    own, _, beside = table.meta.segment.partition("+")
    return FitConfig(
        model=name,
        segment=SegmentConfig.parse(own),
        beside=SegmentConfig.parse(beside) if beside else None,
        feature_set=table.meta.feature_set,
        settings=pairs,
        split=split,
        allow_leak=True,
        final=final,
        augment=augment,
    )


def is_found_by_command(opened: Fittable) -> bool:
    """Return whether the command line finds a table by the folder that it lies in."""
    if opened.path is None:
        return False
    meta = opened.table.meta
    try:
        return table_file(opened.path.parent, meta.feature_set, meta.segment.partition("+")[0]) == opened.path
    except TableError:
        return False


def check_leak(split: SplitConfig, protocol: Any, *, allow_leak: bool) -> None:  # noqa: ANN401
    """Raise SplitError for a leaked protocol that was not allowed."""
    if split.leaked and not allow_leak:
        what = protocol if isinstance(protocol, str) else split.name
        msg = (
            f"{what} puts segments of one track (or copies of it) into both training and test: its accuracy "
            'is leaked. Use protocol="artist" or "track", or allow_leak=True to reproduce leaked figures'
        )
        raise SplitError(msg)


def call_text(function: str, model: Any, table: Table, keywords: Mapping[str, Any]) -> str:  # noqa: ANN401
    """Return the call that does the same again, in a line.

    A splitter or an estimator stands there as it prints itself.
    """
    path = table.opened.path
    what = "table" if path is None else f"gf.read_table({str(path)!r})"
    words = [_line(model), what, *(f"{name}={_line(value)}" for name, value in keywords.items())]
    return f"gf.{function}({', '.join(words)})"


def _line(value: Any) -> str:  # noqa: ANN401
    return _ADDRESS.sub("", " ".join(repr(value).split()))


def _written(value: Any) -> Any:  # noqa: ANN401
    """Return a parameter as JSON has it: plain values as they are, else what it prints, without addresses."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        digits = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:12]
        return f"array of shape {value.shape}, {digits}"
    return _line(value)
