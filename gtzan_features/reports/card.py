"""The model card of a run folder: what the model is, how well it works, and what it is not for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gtzan_features.reports.drawn import interval_words
from gtzan_features.reports.hub_metadata import Measured, genre_figures, hub_block
from gtzan_features.reports.protocols import PROTOCOLS, leak, tested_on
from gtzan_features.reports.rejection import rejection
from gtzan_features.reports.scored import representative
from gtzan_features.reports.tables import (
    accuracy_cell,
    genre_table,
    level_name,
    scores_table,
)
from gtzan_features.reports.templating import environment
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gtzan_features.reports.scores import LevelScore
    from gtzan_features.tables.run_folder import RunManifest


def model_card(
    manifest: RunManifest,
    scores: dict[str, LevelScore],
    train_accuracy: float,
    faults: Sequence[str] = (),
    families: Mapping[str, Sequence[str]] | None = None,
    *,
    stored: bool = True,
    unlike: Mapping[str, Any] | None = None,
) -> str:
    """Return the model card of a run in Markdown, with metadata for the Hugging Face Hub before it.

    Parameters
    ----------
    manifest : RunManifest
        What the run did.
    scores : dict of LevelScore
        Its figures by level.
    train_accuracy : float
        Share of training rows that are right, within [0, 1].
    faults : sequence of str
        Known faults of the data set, a sentence each.
    families : mapping, optional
        Families of features that each fold chose, and the kept model under "kept".
    stored : bool
        Whether the run folder holds a model.
    unlike : mapping, optional
        How often its rule for music unlike the training music errs; see `rejection`.
    """
    level = representative(scores)
    best, tested = scores[level], tested_on(manifest)
    text = (
        environment()
        .get_template("card.md.j2")
        .render(
            m=manifest,
            tested=tested,
            leaked=manifest.leaked or tested.leaked,
            leak=leak(manifest),
            protocol=tested.about or PROTOCOLS.get(manifest.protocol.partition(" ")[0], ""),
            headline=accuracy_cell(best.metrics.accuracy, best.interval.low, best.interval.high),
            level=level_name(level),
            n=best.metrics.n,
            drawn=interval_words([(manifest.protocol, best.metrics.n, best.interval.n_units)]),
            metrics=best.metrics,
            figures=scores_table(scores),
            genres=genre_table(best.metrics),
            settings=_pairs("setting", manifest.settings),
            versions=_pairs("library", manifest.versions),
            train_accuracy=train_accuracy,
            faults=faults,
            families=families or {},
            stored=stored,
            rejection=rejection(unlike) if unlike else None,
        )
    )
    test = Measured(
        protocol=manifest.protocol,
        level=level,
        n=best.metrics.n,
        figures=genre_figures(best.metrics),
        interval=(best.interval.low, best.interval.high),
    )
    block = hub_block(manifest, [test], name=manifest.run_id, leaked=manifest.leaked or tested.leaked)
    return block + re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _pairs(name: str, pairs: Mapping[str, object]) -> TextTable:
    rows = tuple((key, str(value)) for key, value in pairs.items())
    return TextTable(title="", header=(name, "value"), rows=rows)
