"""What to measure: the configurations of both measurements, and what they name.

Commands read their defaults here, so that nothing that computes is imported before it is asked for.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

from gtzan_features import plugins
from gtzan_features.audio.deform import DEFORMATIONS
from gtzan_features.config import (
    WITH_PARTS,
    FeatureConfig,
    SegmentConfig,
    Selection,
    SplitConfig,
    tidy_feature_set,
)
from gtzan_features.errors import ConfigError

BASELINE = "kaggle"
"""The feature set that everything is tested against."""

REFERENCE_MODEL = "xgboost"
"""The model that, on the baseline's columns, stands for the usual notebook."""

DEFORMATION_NAMES = tuple(one.name for one in DEFORMATIONS)
"""What may be measured, in the order of the tables."""

PROTOCOLS = ("track", "artist", "fault-filtered")


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
        from gtzan_features.descriptors import sets

        chosen = [tidy_feature_set(name) for name in self.feature_sets] or tuple(sets.SETS)
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
        from gtzan_features.descriptors import sets

        for name in self.all_sets:
            sets.columns(FeatureConfig(feature_set=name))
        chosen_models(self.models)
        family_model(self.family_model)
        self.splits()

    def command(self) -> str:
        """Return the command that measures this, whatever the folders."""
        words = ["gtzan", *plugins.options(), "bench", "accuracy", "AUDIO_DIR"]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustnessConfig:
    """What to measure; empty for all there is.

    Attributes
    ----------
    feature_set : str
        ``full`` where there is such a set, else ``kaggle``.
    models, deformations : tuple of str
        By name.
    augment : tuple of str
        Deformations, or ``robust`` for those of `audio.deform.ROBUST`: each model is also fitted on deformed
        copies beside the clean rows. With none, on clean rows alone.
    family_model : str
        The model that each family alone is tried with; `lda` where there is one, else logistic regression.
    protocol, evaluate_on, seed
        The split; `evaluate_on` counts where the protocol has a validation part.
    segment : SegmentConfig
        Length of the rows.
    selection : Selection
        Which genre folders, and which of several files of a track.
    """

    feature_set: str = ""
    models: tuple[str, ...] = ()
    deformations: tuple[str, ...] = ()
    augment: tuple[str, ...] = ()
    family_model: str = ""
    protocol: str = "fault-filtered"
    evaluate_on: str = "valid"
    segment: SegmentConfig = field(default_factory=lambda: SegmentConfig(30.0))
    seed: int = 0
    selection: Selection = field(default_factory=Selection)

    @property
    def features(self) -> FeatureConfig:
        """The feature set, or some families of it; ConfigError where there is none of this name."""
        from gtzan_features.descriptors import sets

        name = self.feature_set or ("full" if "full" in sets.SETS else "kaggle")
        config = FeatureConfig(feature_set=name)
        sets.columns(config)
        return config

    @property
    def split(self) -> SplitConfig:
        """The protocol."""
        return split_config(self.protocol, self.evaluate_on, self.seed)

    def command(self) -> str:
        """Return the command that measures this, whatever the folders."""
        words = ["gtzan", *plugins.options(), "bench", "robustness", "AUDIO_DIR"]
        words += ["--features", self.features.feature_set]
        words += ["--protocol", self.protocol, "--segments", self.segment.name]
        listed = ("--models", self.models), ("--deformations", self.deformations), ("--augment", self.augment)
        for option, names in listed:
            words += [option, ",".join(names)] if names else []
        words += ["--family-model", self.family_model] if self.family_model else []
        words += ["--evaluate-on", self.evaluate_on] if self.evaluate_on != "valid" else []
        words += ["--seed", str(self.seed)] if self.seed else []
        return shlex.join([*words, *self.selection.words()])


def chosen_models(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the models of these names, or all that take features; ModelError for an unknown one."""
    from gtzan_features.models.registry import MODELS, model_spec
    from gtzan_features.models.spec import FEATURES

    known = tuple(name for name, spec in MODELS.items() if FEATURES in spec.inputs)
    return tuple(dict.fromkeys(model_spec(name).name for name in names)) or known


def family_model(name: str = "") -> str:
    """Return the model by which families are compared; ModelError where `name` is none."""
    from gtzan_features.models.registry import MODELS, model_spec

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
