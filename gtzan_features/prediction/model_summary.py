"""What a person must know of a model before believing it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gtzan_features.errors import RunError, TableError
from gtzan_features.reports.collect import score_runs
from gtzan_features.reports.label_scores import score_label_runs
from gtzan_features.reports.protocols import PROTOCOLS
from gtzan_features.reports.tables import accuracy_cell, level_name
from gtzan_features.rounding import percent
from gtzan_features.tables.run_folder import read_run

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.evaluation.intervals import Interval
    from gtzan_features.models.applying.figures import Figures
    from gtzan_features.models.save import ModelCard
    from gtzan_features.reports.scored import Scored
    from gtzan_features.tables.run_folder import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """A model in words: what it is, what it learned from, and how well it did where it was tested.

    Attributes
    ----------
    title : str
        Model, rows and data set.
    trained_on : str
        Which tracks.
    genres : tuple of str
    synthetic, leaked : bool
        Whether its music was computed by a program; whether its figure is a leak.
    accuracy : str
        Per cent with the 95 % interval; empty where the folder holds a model and no run.
    tested_on : str
        How many tracks gave that figure, and how they were gathered.
    protocol, protocol_words : str
        The division into training and test, and what it does.
    share, low, high : float or None
        The same figure and its interval as parts of 1.
    n_tested : int
        How many tracks gave it.
    model, feature_set, segment, dataset : str
        As the model's card has them.
    n_columns : int
        Features, or bands of a spectrogram, that a row has.
    top2 : str
        Per cent of tracks whose genre is among the first two; empty where it is not known.
    top2_share : float or None
        The same as a part of 1.
    deformations : tuple of str
        What was done to the sound where the model was tested on deformed sound, too.
    figure : str
        What `accuracy` holds; of several labels the average precision.
    several : bool
        Whether a recording may get several of the genres, or none.
    rejects : bool
        Whether music unlike the training music is told from it, and answered by none of these.
    """

    title: str
    trained_on: str
    genres: tuple[str, ...]
    synthetic: bool
    leaked: bool = False
    accuracy: str = ""
    tested_on: str = ""
    protocol: str = ""
    protocol_words: str = ""
    share: float | None = None
    low: float | None = None
    high: float | None = None
    n_tested: int = 0
    model: str = ""
    feature_set: str = ""
    segment: str = ""
    dataset: str = ""
    n_columns: int = 0
    top2: str = ""
    top2_share: float | None = None
    deformations: tuple[str, ...] = ()
    figure: str = "accuracy"
    several: bool = False
    rejects: bool = False


def model_facts(folder: Path, card: ModelCard, figures: Figures | None = None) -> ModelFacts:
    """Gather the facts on the model of a run folder, as its model card has them.

    Parameters
    ----------
    folder : Path
        The run folder; without a whole run in it, the facts lack the accuracy.
    card : ModelCard
        Of the stored model.
    figures : Figures, optional
        Those that lie beside a model that has no run.
    """
    untested = _of_card(card)
    if figures is not None:
        return replace(
            untested,
            title=f"{figures.name}, {untested.title}",
            accuracy=accuracy_cell(figures.accuracy, figures.low, figures.high),
            tested_on=f"{figures.n_tracks} tracks, segments gathered by mean",
            protocol=figures.protocol,
            protocol_words=PROTOCOLS.get(figures.protocol, ""),
            share=figures.accuracy,
            low=figures.low,
            high=figures.high,
            n_tested=figures.n_tracks,
            top2=percent(figures.top2),
            top2_share=figures.top2,
            deformations=figures.tested_on,
        )
    try:
        run = read_run(folder)
    except (RunError, TableError):
        return untested
    if run.manifest.several_labels:
        return _of_labels(untested, run)
    (scored,) = score_runs([run])
    metrics = scored.best.metrics
    return _of_run(untested, scored, metrics.accuracy, metrics.n, scored.best.interval)


def _of_labels(untested: ModelFacts, run: Run) -> ModelFacts:
    """Gather the facts on a model of several labels."""
    (scored,) = score_label_runs([run])
    metrics = scored.best.metrics
    facts = _of_run(untested, scored, metrics.macro_average_precision, metrics.n, scored.best.interval)
    return replace(facts, figure="average precision (mean over labels)")


def _of_run(
    untested: ModelFacts, scored: Scored[Any], figure: float, n: int, interval: Interval
) -> ModelFacts:
    """Add what a run found: the figure of its tracks, how many, and how they were divided and gathered."""
    level, tested = scored.best_level, scored.tested
    how = level_name(level) if len(scored.scores) == 1 else f"segments gathered by {level}"
    return replace(
        untested,
        leaked=scored.leaked,
        accuracy=accuracy_cell(figure, interval.low, interval.high),
        tested_on=f"{n} tracks, {how}",
        protocol=scored.run.manifest.protocol,
        protocol_words=" ".join(words for words in (tested.about, tested.caveat) if words),
        share=figure,
        low=interval.low,
        high=interval.high,
        n_tested=n,
    )


def _of_card(card: ModelCard) -> ModelFacts:
    """Gather what the card alone tells."""
    return ModelFacts(
        title=card.title,
        trained_on=card.trained_on,
        genres=card.genres,
        synthetic=card.synthetic,
        leaked=card.leaked,
        model=card.model,
        feature_set=card.feature_set,
        segment=card.segment,
        dataset=card.dataset,
        n_columns=len(card.columns),
        several=card.several_labels,
    )
