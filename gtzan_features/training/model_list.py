"""What can be said before anything is computed, without the imports of what computes: they take seconds."""

from __future__ import annotations

from gtzan_features.models.words import STREAMED
from gtzan_features.models.words import all_words as all_words
from gtzan_features.models.words import known_model as known_model
from gtzan_features.models.words import model_names as model_names
from gtzan_features.tables.run_folder import list_runs as list_runs
from gtzan_features.tables.run_folder import named_run as named_run
from gtzan_features.text_table import TextTable
from gtzan_features.training.durations import COLUMNS, ROWS, usual_minutes

DURATIONS = (
    f"Minutes: for ten folds of GTZAN's {ROWS} rows of 3 s, {COLUMNS} columns, on two processors; for rows "
    "of 30 s a fifth or less. Where none are given, under one; cnn takes other tables. Models with --stream "
    "are also fitted on tables larger than memory."
)


def model_table() -> TextTable:
    """Return the models that can be fitted, with their settings, and the minutes of those that take some."""
    rows = tuple(
        (
            words.name,
            f"{minutes:g}" if (minutes := usual_minutes(words.name)) else "",
            "yes" if words.name in STREAMED else "",
            words.summary,
            " ".join(f"{k}={v}" for k, v in words.defaults.items()),
        )
        for words in all_words().values()
    )
    return TextTable(title="", header=("model", "minutes", "--stream", "what it is", "settings"), rows=rows)
