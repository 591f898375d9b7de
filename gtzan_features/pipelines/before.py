"""What can be told before anything is computed, and before what computes is imported: that takes seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.errors import AudioError, ModelError
from gtzan_features.models.words import WORDS
from gtzan_features.models.words import known_model as known_model
from gtzan_features.models.words import model_names as model_names
from gtzan_features.reports.text_table import TextTable
from gtzan_features.tables.runs import list_runs as list_runs
from gtzan_features.tables.runs import require_run as require_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def model_table() -> TextTable:
    """Return the models that can be fitted, with their settings."""
    rows = tuple(
        (words.name, words.summary, " ".join(f"{k}={v}" for k, v in words.defaults.items()))
        for words in WORDS.values()
    )
    return TextTable(title="", header=("model", "what it is", "settings"), rows=rows)


def require_files(paths: Sequence[Path]) -> None:
    """Refuse files of which not one is there; of several, those that are there can be used.

    Raises
    ------
    AudioError
        If none of them is there.
    """
    if not any(path.exists() for path in paths):
        more = f", nor any of the {len(paths) - 1} others" if len(paths) > 1 else ""
        raise AudioError(paths[0], f"no such file{more}. Check the name")


def require_model(folder: Path) -> None:
    """Refuse a folder that is not there.

    Raises
    ------
    ModelError
        If it is not there.
    """
    if not folder.is_dir():
        msg = f"{folder}: no such folder. Name the folder of a run that gtzan fit wrote"
        raise ModelError(msg)
