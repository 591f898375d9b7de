"""A fitted model with what is known of the rows that it was fitted on: all that its folder holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gtzan_features.models.applying.figures import FIGURES, Figures, load_figures
from gtzan_features.models.applying.load import StoredModel, load_model
from gtzan_features.models.applying.training_files import TRAINING_FILES, TrainingFiles, load_training_files
from gtzan_features.models.applying.training_range import RANGE, TrainingRange, load_range
from gtzan_features.models.applying.unlike import UnlikeRule, load_unlike
from gtzan_features.models.applying.usual_level import LEVEL, LevelRule, load_level

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.models.applying.load import ModelCard
    from gtzan_features.models.spec import Classifier


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptModel:
    """A model to keep, in memory.

    Attributes
    ----------
    estimator : Classifier
        Fitted; its probabilities stand in the order of the card's genres.
    card : ModelCard
        What it was trained on, and so what it can be applied to.
    seen : TrainingRange or None
        Range of the training rows; None for a model that was stored without.
    level : LevelRule or None
        What is usual of the level of training music; None for models whose columns measure no level.
    unlike : UnlikeRule or None
        Tells music unlike the training music; None for a model that was stored without, or learned from too
        few tracks.
    trained_on : TrainingFiles
        The files behind the training rows, as far as they are known.
    figures : Figures or None
        How well it did where it was tested, for a model without a run.
    """

    estimator: Classifier
    card: ModelCard
    seen: TrainingRange | None = None
    level: LevelRule | None = None
    unlike: UnlikeRule | None = None
    trained_on: TrainingFiles = field(default_factory=TrainingFiles)
    figures: Figures | None = None

    @property
    def stored(self) -> StoredModel:
        """The estimator and its card alone."""
        return StoredModel(estimator=self.estimator, card=self.card)


def load_kept_model(folder: Path) -> KeptModel:
    """Read a model folder with all that lies in it.

    Raises
    ------
    ModelError
        If the folder holds no model, or a damaged one; see `load.load_model`.
    """
    model = load_model(folder)
    columns, files = model.card.columns, model.card.files
    return KeptModel(
        estimator=model.estimator,
        card=model.card,
        seen=load_range(folder, columns, files.get(RANGE)),
        level=load_level(folder, columns, files.get(LEVEL)),
        unlike=load_unlike(folder, files, len(columns) * (2 if model.card.shape else 1)),
        trained_on=load_training_files(folder, files.get(TRAINING_FILES)),
        figures=load_figures(folder, files.get(FIGURES)),
    )
