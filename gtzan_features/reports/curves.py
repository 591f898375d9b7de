"""Training curves of a run: loss and accuracy per epoch, from its ``curves.csv``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("epoch", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy")
"""What ``curves.csv`` holds, with an optional ``stage`` before; validation cells may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The epochs of one stage of training, in order; None where there was no validation part."""

    name: str
    epochs: tuple[dict[str, float | None], ...]

    def points(self, part: str, what: str) -> list[tuple[float, float]]:
        """Return (epoch, value) of ``train`` or ``valid``, ``loss`` or ``accuracy``; accuracy in shares."""
        pairs = ((row["epoch"], row[f"{part}_{what}"]) for row in self.epochs)
        return [(epoch, value) for epoch, value in pairs if epoch is not None and value is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """The stages of training in the order of the file."""

    stages: tuple[Stage, ...]


def read_curves(path: Path) -> Curves | None:
    """Read ``curves.csv``; None where a run has none.

    Raises
    ------
    RunError
        If it lacks a column or holds what is no number.
    """
    if not path.is_file():
        return None
    stages: dict[str, list[dict[str, float | None]]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                numbers = {name: float(row[name]) if row[name] else None for name in COLUMNS}
                stages.setdefault(row.get("stage") or "", []).append(numbers)
    except (KeyError, ValueError, TypeError, csv.Error, OSError) as error:
        raise RunError(path, "not the curves of a run. Fit the model again") from error
    if not stages:
        return None
    return Curves(stages=tuple(Stage(name=name, epochs=tuple(rows)) for name, rows in stages.items()))
