"""What the report of one run is made of, whatever its figures are: of genres or of several labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from gtzan_features.reports.protocols import leak
from gtzan_features.reports.sentence import model_sentence
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.headline import Headline, write_headline
from gtzan_features.tables.run_folder import CARD, PREDICTIONS

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.reports.scored import Scored
    from gtzan_features.tables.run_folder import Run, RunManifest
    from gtzan_features.text_table import TextTable


class Figures(Protocol):
    """Figures at a level that can be written."""

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as a JSON-able mapping."""


Score = TypeVar("Score", bound=Figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredReport(ABC, Generic[Score]):
    """The figures of one run, as a person reads them.

    Attributes
    ----------
    scored : Scored
        The run and its figures at every level.
    notes : tuple of str
        What the tracks did not allow.
    """

    scored: Scored[Score]
    notes: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.scored.run.folder

    @property
    def manifest(self) -> RunManifest:
        """What was done, to what, with what."""
        return self.scored.run.manifest

    @property
    def scores(self) -> dict[str, Score]:
        """Figures by level."""
        return self.scored.scores

    @property
    def train_accuracy(self) -> float:
        """Share of training rows, or of decisions on their labels, that is right, within [0, 1]."""
        return float(self.scored.run.metrics["train_accuracy"])

    @property
    def sentence(self) -> str:
        """What the model learned from, and how well it did where it was tested."""
        return model_sentence(self.manifest, self.headline(""))

    @property
    @abstractmethod
    def drawn(self) -> str:
        """What the intervals draw."""

    @abstractmethod
    def headline(self, predictions: str) -> Headline:
        """Return the figure that represents the run, of predictions with this SHA-256."""

    def _titled(self, figures: TextTable) -> TextTable:
        """Return a table of the figures with a title that says what they are of."""
        m = self.manifest
        leaked = "LEAKED" if self.scored.leaked else ""
        marks = [leaked, "SYNTHETIC" if m.synthetic else "", self.scored.tested.mark]
        what = f"{m.model}, {m.segment} {m.feature_set}, {m.protocol}, {m.dataset}"
        return replace(figures, title=" ".join([*(mark for mark in marks if mark), what]))

    def _caveats(self, figure: str) -> tuple[str, ...]:
        """Say that a leak makes the figure none on new music, and that a part of the protocol was tested."""
        tested = self.scored.tested
        leaked = f"LEAKED: {leak(self.manifest)}. No {figure} on new music." if self.scored.leaked else ""
        part = f"{tested.mark}: {tested.caveat}" if tested.mark else ""
        return tuple(line for line in (leaked, part) if line)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures and what they stand for as a JSON-able mapping."""
        return {
            "run": str(self.folder),
            "leaked": self.manifest.leaked,
            "synthetic": self.manifest.synthetic,
            **({"several_labels": True} if self.manifest.several_labels else {}),
            "protocol": self.manifest.protocol,
            "notes": list(self.notes),
            "train_accuracy": self.train_accuracy,
            "levels": {level: one.to_dict() for level, one in self.scores.items()},
        }


def write_card(run: Run, card: str, report: ScoredReport[Any]) -> None:
    """Write the model card of a run folder, and the figure by which lists of runs know it."""
    write_text(run.folder / CARD, card)
    record = run.manifest.files.get(PREDICTIONS)
    if record is not None:
        write_headline(run.folder, report.headline(record["sha256"]))
