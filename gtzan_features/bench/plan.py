"""Which fits make up the ablation table, and in which order they are made."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from gtzan_features.config import FeatureConfig, SegmentConfig, Selection, SplitConfig
from gtzan_features.descriptors import sets
from gtzan_features.errors import ConfigError
from gtzan_features.models.registry import MODELS, model_spec
from gtzan_features.models.spec import FEATURES
from gtzan_features.reports.ablation import FAMILIES as FAMILIES_TABLE
from gtzan_features.reports.ablation import MODELS as MODELS_TABLE
from gtzan_features.training.fit_config import FitConfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

BASELINE = "kaggle"
"""The feature set that everything is tested against."""

REFERENCE_MODEL = "xgboost"
"""The model that, on the baseline's columns, stands for the usual notebook."""

PROTOCOLS = ("track", "artist", "fault-filtered")
WITH_PARTS = ("fault-filtered", "stratified")
"""Protocols with a validation part."""

SEGMENT, TRACK, BOTH = "3s", "30s", "3s + 30s"
"""Rows: segments, tracks, and segments with the columns of their track beside them."""

ROWS = (SEGMENT, TRACK, BOTH)
Cell: TypeAlias = tuple[str, str, str, str]
"""Model, feature set, rows and protocol: a line of the report, or one that is missing there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchConfig:
    """What to measure; empty for all there is.

    Attributes
    ----------
    feature_sets, models, protocols : tuple of str
        The baseline `BASELINE` is always among the sets.
    evaluate_on : {"valid", "test"}
        The part that is reported on where a protocol has both.
    family_model : str
        The model of the family ablation; `lda` where there is one, else logistic regression.
    minutes : float
        Time for the fits: after it no fit is begun, but for those that others are tested against.
    seed : int
        Of the folds and the models.
    selection : Selection
        Which genre folders, and which of several files of a track.
    """

    feature_sets: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    protocols: tuple[str, ...] = PROTOCOLS
    evaluate_on: str = "valid"
    family_model: str = ""
    minutes: float = 40.0
    seed: int = 0
    selection: Selection = field(default_factory=Selection)

    @property
    def all_sets(self) -> tuple[str, ...]:
        """The feature sets, the baseline first."""
        chosen = self.feature_sets or tuple(sets.SETS)
        return tuple(dict.fromkeys([BASELINE, *chosen]))

    @property
    def all_models(self) -> tuple[str, ...]:
        """The models; ModelError for one that does not exist."""
        return chosen_models(self.models)

    @property
    def ablated_with(self) -> str:
        """The model of the family ablation."""
        return family_model(self.family_model)

    def splits(self) -> list[SplitConfig]:
        """Return the configuration of every protocol."""
        return [split_config(name, self.evaluate_on, self.seed) for name in dict.fromkeys(self.protocols)]

    def check(self) -> None:
        """Refuse what cannot be measured, before anything is.

        Raises
        ------
        ModelError, ConfigError, SplitError
            If there is no such model, feature set or protocol, or a protocol is leaked.
        """
        for name in self.all_sets:
            sets.columns(FeatureConfig(feature_set=name))
        chosen_models(self.models)
        family_model(self.family_model)
        self.splits()

    def command(self) -> str:
        """Return the command that measures this, whatever the folders."""
        words = ["gtzan", "bench", "accuracy", "AUDIO_DIR"]
        words += [word for name in self.feature_sets for word in ("--features", name)]
        words += ["--models", ",".join(self.models)] if self.models else []
        words += ["--protocols", ",".join(self.protocols)] if self.protocols != PROTOCOLS else []
        defaults = BenchConfig()
        for name in ("evaluate_on", "family_model", "minutes", "seed"):
            value = getattr(self, name)
            if value != getattr(defaults, name):
                text = f"{value:g}" if isinstance(value, float) else str(value)
                words += [f"--{name.replace('_', '-')}", text]
        return shlex.join([*words, *self.selection.words()])


def chosen_models(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the models of these names, or all that take features; ModelError for an unknown one."""
    known = tuple(name for name, spec in MODELS.items() if FEATURES in spec.inputs)
    return tuple(dict.fromkeys(model_spec(name).name for name in names)) or known


def family_model(name: str = "") -> str:
    """Return the model that families are told apart with; ModelError where `name` is none."""
    return model_spec(name or ("lda" if "lda" in MODELS else "logistic-regression")).name


def split_config(protocol: str, evaluate_on: str, seed: int) -> SplitConfig:
    """Return the configuration of a protocol; `evaluate_on` counts where it has a validation part.

    Raises
    ------
    ConfigError
        If there is no such protocol, or it is leaked.
    """
    part = evaluate_on if protocol in WITH_PARTS else "test"
    split = SplitConfig(protocol=protocol, evaluate_on=part, seed=seed)
    if split.leaked:
        msg = f"{protocol} is leaked and no measure of models or features. Leave it out; gtzan fit has it"
        raise ConfigError(msg)
    return split


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFit:
    """One fit of the plan.

    Attributes
    ----------
    parts : tuple of str
        The tables that it is for: `MODELS_TABLE`, `FAMILIES_TABLE` or both.
    config : FitConfig
        What `fit` is given.
    rows : str
        One of `ROWS`.
    n_columns : int
        Columns that the model sees.
    n_values : int
        Rows × columns that its models are trained on, of all folds together: a small number is a quick fit.
    """

    parts: tuple[str, ...]
    config: FitConfig
    rows: str
    n_columns: int
    n_values: int

    @property
    def cell(self) -> Cell:
        """What the fit fills in the report."""
        return self.config.model, self.config.feature_set, self.rows, self.config.split.protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large the tables are that fits are trained on.

    Attributes
    ----------
    n_rows : dict
        Rows of the tables by segment length.
    n_columns : dict
        Columns of each feature set, whole or in part.
    train_shares : dict
        By protocol: the share of the tracks that each model of a run is trained on.
    """

    n_rows: Mapping[str, int]
    n_columns: Mapping[str, int]
    train_shares: Mapping[str, list[float]]


def ablation_sets(name: str) -> list[str]:
    """Return a feature set reduced to each of its families, and without each; nothing for one family.

    Examples
    --------
    >>> ablation_sets("kaggle")[:2], ablation_sets("kaggle:tonal")
    (['kaggle:tonal', 'kaggle:-tonal'], [])
    """
    families = sets.families(name) if name in sets.SETS else ()
    return (
        [f"{name}:{sign}{family}" for family in families for sign in ("", "-")] if len(families) > 1 else []
    )


def planned_fits(config: BenchConfig, splits: Sequence[SplitConfig], sizes: Sizes) -> list[PlannedFit]:
    """Return every fit of the ablation table, each once."""
    wanted: dict[FitConfig, PlannedFit] = {}

    def want(part: str, model: str, feature_set: str, rows: str) -> None:
        for split in splits:
            one = _planned(part, _fit_config(model, feature_set, rows, split), rows, sizes)
            known = wanted.get(one.config)
            wanted[one.config] = replace(one, parts=(*known.parts, part)) if known else one

    for name, model, rows in product(config.all_sets, config.all_models, ROWS):
        want(MODELS_TABLE, model, name, rows)
    if REFERENCE_MODEL not in config.all_models:
        for rows in ROWS:
            want(MODELS_TABLE, REFERENCE_MODEL, BASELINE, rows)
    for name in config.all_sets:
        # The whole set stands in the families' table too.
        for some in (name, *ablation_sets(name)):
            want(FAMILIES_TABLE, config.ablated_with, some, TRACK)
    return list(wanted.values())


def in_order(fits: Iterable[PlannedFit]) -> list[PlannedFit]:
    """Return the fits that others are tested against, then the rest, each from few values to many.

    The time may end before all are made: then large tables and many folds are missing, of every model alike.
    """
    return sorted(fits, key=lambda one: (not is_needed(one), one.n_values, one.cell))


def is_needed(one: PlannedFit) -> bool:
    """Tell whether others are tested against a fit: families, and the reference model on the baseline."""
    reference = (one.config.model, one.config.feature_set) == (REFERENCE_MODEL, BASELINE)
    return FAMILIES_TABLE in one.parts or reference


def _fit_config(model: str, feature_set: str, rows: str, split: SplitConfig) -> FitConfig:
    length = SegmentConfig.parse(TRACK if rows == TRACK else SEGMENT)
    beside = SegmentConfig.parse(TRACK) if rows == BOTH else None
    return FitConfig(model=model, segment=length, beside=beside, feature_set=feature_set, split=split)


def _planned(part: str, config: FitConfig, rows: str, sizes: Sizes) -> PlannedFit:
    n_columns = sizes.n_columns[config.feature_set] * (2 if rows == BOTH else 1)
    n_rows = sizes.n_rows[TRACK if rows == TRACK else SEGMENT]
    trained = sum(round(n_rows * share) for share in sizes.train_shares[config.split.protocol])
    return PlannedFit(
        parts=(part,), config=config, rows=rows, n_columns=n_columns, n_values=trained * n_columns
    )
