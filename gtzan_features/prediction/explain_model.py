"""Which families of features a model uses, measured on rows that it never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.errors import ModelError
from gtzan_features.models import saliency
from gtzan_features.models.applying.kept_model import load_kept_model
from gtzan_features.prediction.explain import families, marked, opened_table
from gtzan_features.prediction.explanation import Contribution, Explanation
from gtzan_features.prediction.held_out import held_out
from gtzan_features.tables import run_folder as runs
from gtzan_features.text import shell_path

if TYPE_CHECKING:
    from pathlib import Path

_NOTHING = 0.0005
"""A fall of the accuracy smaller than this is shown as 0.0."""


def explain_model(run: Path, tables: Path) -> Explanation:
    """Say which families of features a model uses, by permutation importance on rows that it never saw.

    On rows that it knows by heart, permuting a family changes nothing. So where the stored model has seen all
    tracks, as under folds and with ``--final``, one of the same settings is fitted without the first test
    part, and measured on that; see `held_out`.

    Raises
    ------
    ModelError
        If the folder holds no model, or one on spectrograms.
    RunError
        If it is no run folder, or the table no longer holds what the run tested.
    TableError
        If the table is missing, or not the model's.
    """
    if not (run / runs.MODEL).is_dir() and load_kept_model(run).figures is not None:
        msg = f"{run.name}: has no run, whose tested rows would be needed. Explain a file: gtzan explain FILE"
        raise ModelError(msg)
    found = runs.read_run(run)
    kept = load_kept_model(run / runs.MODEL)
    if kept.card.shape:
        command = f"gtzan explain FILE --model {shell_path(run)}"
        msg = f"{run}: a model on spectrograms is explained for a file: {command}"
        raise ModelError(msg)
    if kept.card.several_labels:
        command = f"gtzan explain FILE --model {shell_path(run)}"
        msg = f"{run}: a model of several labels a track is explained for a file: {command}"
        raise ModelError(msg)
    # Genres that were left out as too small are in the table and not in the run.
    opened = opened_table(kept, tables).of_genres(kept.card.genres)
    measured = held_out(found, kept.stored, opened, tables)
    data = opened.data
    falls = saliency.family_importance(
        measured.estimator, data.X[measured.rows], data.y[measured.rows], families(kept.card)
    )
    where = f"{measured.rows.size} {measured.words}"
    method = f"permutation importance by family, {where}, 5 repeats"
    if all(abs(mean) < _NOTHING for mean, _ in falls.values()):
        method += ". No family is missed: the others, or the most frequent genre, do as well without it"
    m = found.manifest
    ordered = sorted(falls.items(), key=lambda pair: -pair[1][0])
    return Explanation(
        title=f"{m.model} on {m.feature_set}, {m.segment} rows, {m.protocol}: {where}",
        method=marked(method, kept.card),
        unit="fall of the accuracy, points",
        contributions=tuple(
            Contribution("family", name, name, 100 * mean, 100 * std) for name, (mean, std) in ordered
        ),
    )
