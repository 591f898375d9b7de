"""What to fit or to search, and how to test it, as frozen configurations.

Commands read their defaults here, so that nothing that computes is imported before it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gtzan_features.config import (
    DEFAULT_SEGMENTS,
    FeatureConfig,
    SegmentConfig,
    SplitConfig,
    default_of,
    rows_name,
    spectrogram_name,
    tidy_feature_set,
)
from gtzan_features.errors import ConfigError, ModelError
from gtzan_features.presets import without_versions

SCORES = ("accuracy", "log-loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class FitConfig:
    """What to fit and how to test it.

    Attributes
    ----------
    model : str
        Name of the model.
    segment : SegmentConfig
        Length of the rows.
    feature_set : str
        Name of the feature set; with a colon, some families of it: ``kaggle:-rhythm``, ``kaggle:timbre``;
        with its version: ``kaggle@1``, which becomes `version`.
    settings : tuple of str
        Hyperparameters as ``name=value``.
    split : SplitConfig
        The protocol; its seed is the model's seed too.
    allow_leak : bool
        Whether a leaked protocol may be used.
    final : bool
        Whether the model that is kept is fitted on all the protocol's tracks, for prediction, where the
        protocol has one test part; under folds it is anyway.
    scale : str or None
        Fit the spectrograms of this scale; None for features, and for ``mel`` where a model takes
        spectrograms only.
    augment : tuple of str
        Augmentations of the training rows, ``robust`` among them; see `training.augmented_rows`.
    beside : SegmentConfig or None
        Longer rows, whose features each row gets beside its own: those of the row that it lies in.
    version : int
        Version of the feature set that the table must have; 0 for whichever it has.
    stream : bool
        Whether rows are read in batches and not held; see `training.streamed_fit`. A table that is too large
        for memory is streamed anyway where the model can be fitted so.
    """

    model: str
    segment: SegmentConfig = DEFAULT_SEGMENTS[0]
    feature_set: str = default_of(FeatureConfig, "feature_set")
    settings: tuple[str, ...] = ()
    split: SplitConfig = field(default_factory=SplitConfig)
    allow_leak: bool = False
    final: bool = False
    scale: str | None = None
    augment: tuple[str, ...] = ()
    beside: SegmentConfig | None = None
    stream: bool = False
    version: int = 0

    def __post_init__(self) -> None:
        version = without_versions(self.feature_set)[1]
        if version:
            object.__setattr__(self, "version", version)
        object.__setattr__(self, "feature_set", tidy_feature_set(self.feature_set))
        if self.beside is not None and self.beside <= self.segment:
            msg = f"--beside {self.beside.name}: give rows longer than {self.segment.name}, for example 30s"
            raise ConfigError(msg)
        if self.beside is not None and (self.augment or self.scale):
            msg = "--beside goes with features, without --augment and --scale: leave one of them out"
            raise ConfigError(msg)

    @property
    def rows(self) -> str:
        """Name of the rows: their length, and that of the rows beside them."""
        return rows_name(self.segment, self.beside)

    @property
    def table(self) -> str:
        """Name of the table without its segment length; ModelError where the model does not take it."""
        from gtzan_features.models.registry import model_spec
        from gtzan_features.models.spec import FEATURES, SPECTROGRAMS

        inputs = model_spec(self.model).inputs
        if self.scale is None and FEATURES in inputs:
            return self.feature_set
        if SPECTROGRAMS not in inputs:
            msg = f"{self.model} takes features, not spectrograms: leave out --scale, or fit cnn or mlp"
            raise ModelError(msg)
        return spectrogram_name(self.scale or "mel")


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneConfig:
    """What to search, and for how long.

    Attributes
    ----------
    fit : FitConfig
        Model, rows, protocol; its settings are fixed and not searched.
    minutes : float
        No trial begins later; one that has begun is finished.
    trials : int or None
        The study ends with this many finished trials, those of earlier calls among them.
    score : {"accuracy", "log-loss"}
        Of tracks by mean probability, over the inner folds.
    """

    fit: FitConfig
    minutes: float = 10.0
    trials: int | None = None
    score: str = "accuracy"

    def __post_init__(self) -> None:
        if self.minutes <= 0:
            msg = f"--budget {self.minutes:g}: give the minutes to search, more than 0"
            raise ConfigError(msg)
        if self.trials is not None and self.trials < 1:
            msg = f"--trials {self.trials}: at least 1 is needed"
            raise ConfigError(msg)
        if self.score not in SCORES:
            msg = f"--score {self.score}: choose one of {', '.join(SCORES)}"
            raise ConfigError(msg)
