"""The files that a model was trained on, by the start of their SHA-256: to tell when it hears one again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gtzan_features.errors import ModelError
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.checked import DamagedError, checked_bytes, from_json, parse_json, what_is_wrong

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

TRAINING_FILES = "training_files.json"

_DIGITS = 16
"""Of a hash; by chance, two of a million files share them once in 40 million times."""


@dataclass(frozen=True)
class TrainingFiles:
    """Starts of the hashes of the files whose rows a model was fitted on; empty where they are not known.

    Examples
    --------
    >>> seen = training_files(["ab" * 32])
    >>> "ab" * 32 in seen, "cd" * 32 in seen
    (True, False)
    """

    sha256: tuple[str, ...] = ()

    def __contains__(self, sha256: str) -> bool:
        """Whether the file with this hash, of 64 digits, is one of them."""
        return sha256[:_DIGITS] in self.sha256


def training_files(hashes: Iterable[str]) -> TrainingFiles:
    """Return the training files with these hashes, sorted, each once."""
    return TrainingFiles(tuple(sorted({sha256[:_DIGITS] for sha256 in hashes if sha256})))


def save_training_files(folder: Path, seen: TrainingFiles) -> None:
    """Write ``training_files.json`` into a model folder, before its card."""
    write_text(folder / TRAINING_FILES, json.dumps({"sha256": seen.sha256}, indent=0) + "\n")


def load_training_files(folder: Path, record: Mapping[str, Any] | None) -> TrainingFiles:
    """Read ``training_files.json``; empty for a model that was stored without.

    Parameters
    ----------
    folder : Path
        The model folder.
    record : mapping or None
        Hash and size of the file, from the model's card.

    Raises
    ------
    ModelError
        If the file is missing though the card names it, or is damaged.
    """
    if record is None:
        return TrainingFiles()
    try:
        return from_json(TrainingFiles, parse_json(checked_bytes(folder / TRAINING_FILES, record)))
    except (DamagedError, OSError) as error:
        msg = f"{folder / TRAINING_FILES}: {what_is_wrong(error)}. Fit the model again"
        raise ModelError(msg) from error
