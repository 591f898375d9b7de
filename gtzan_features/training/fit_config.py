"""What to fit and how to test it, as a frozen configuration."""

from __future__ import annotations

from dataclasses import dataclass, field

from gtzan_features.config import SegmentConfig, SplitConfig, rows_name, spectrogram_name, tidy_feature_set
from gtzan_features.errors import ConfigError, ModelError
from gtzan_features.models.registry import model_spec
from gtzan_features.models.spec import FEATURES, SPECTROGRAMS


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
        Name of the feature set; with a colon, some families of it: ``kaggle:-rhythm``, ``kaggle:timbre``.
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
        Augmentations of the training rows; see `training.augmented_rows`.
    beside : SegmentConfig or None
        Longer rows, whose features each row gets beside its own: those of the row that it lies in.
    """

    model: str
    segment: SegmentConfig = field(default_factory=lambda: SegmentConfig(3.0))
    feature_set: str = "kaggle"
    settings: tuple[str, ...] = ()
    split: SplitConfig = field(default_factory=SplitConfig)
    allow_leak: bool = False
    final: bool = False
    scale: str | None = None
    augment: tuple[str, ...] = ()
    beside: SegmentConfig | None = None

    def __post_init__(self) -> None:
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
        inputs = model_spec(self.model).inputs
        if self.scale is None and FEATURES in inputs:
            return self.feature_set
        if SPECTROGRAMS not in inputs:
            msg = f"{self.model} takes features, not spectrograms: leave out --scale, or fit cnn or mlp"
            raise ModelError(msg)
        return spectrogram_name(self.scale or "mel")
