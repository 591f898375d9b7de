"""A model to keep: fitted on a table, or loaded from a folder, and applied to rows and to sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gtzan_features.models.applying.kept_model import KeptModel
    from gtzan_features.models.applying.load import ModelCard


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Model:
    """A fitted model, with what it was trained on.

    Made by `fit` and `load_model`.

    Attributes
    ----------
    kept : KeptModel
        The fitted estimator, its card, and what is known of its training rows.
    origin : str
        Folder that it was loaded from; empty for one that was fitted here.
    """

    kept: KeptModel
    origin: str = ""

    @property
    def genres(self) -> tuple[str, ...]:
        """Genres in the order of the probabilities."""
        return self.kept.card.genres

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that a row needs, in order; bands where rows are spectrograms."""
        return self.kept.card.columns

    @property
    def card(self) -> ModelCard:
        """What the model was trained on, and so what it can be applied to."""
        return self.kept.card

    def __repr__(self) -> str:
        """Return the model in a line."""
        card = self.card
        rows = f"{card.feature_set}, {card.segment} rows"
        return f"Model({card.model} on {rows} of {card.dataset}, {len(card.genres)} genres)"
