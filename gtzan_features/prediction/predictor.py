"""A kept model beside what computes its rows from audio; which model is taken where none is named."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gtzan_features.errors import ModelError, RunError
from gtzan_features.extraction.row_kinds import Recipe, recipe_of
from gtzan_features.models.applying.kept_model import KeptModel, load_kept_model
from gtzan_features.models.applying.load import CARD
from gtzan_features.progress import Notice, mute
from gtzan_features.reports.sentence import model_sentence, training_words
from gtzan_features.rounding import percent
from gtzan_features.tables.headline import read_headline
from gtzan_features.tables.run_folder import PREDICTIONS, read_manifest
from gtzan_features.tables.run_storage import fitted_at, restore_runs

if TYPE_CHECKING:
    from gtzan_features.config import SegmentConfig
    from gtzan_features.models.applying.load import ModelCard

_LOG = logging.getLogger(__name__)
_MODEL = "model"

OWN_MODEL = (
    "A model of your own genres: gtzan features extract FOLDER --features full --segments 30s "
    "--deformed robust, with a folder per genre, then gtzan fit lda --features full --segments 30s "
    "--augment robust."
)
"""What is better than a pretrained model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """A kept model whose rows this program can compute from audio.

    Attributes
    ----------
    kept : KeptModel
        The fitted model and what is known of its training rows.
    recipe : Recipe
        What computes the model's rows.
    folder : Path
        The run folder, or the model folder itself; an empty path where it lies on no disk.
    """

    kept: KeptModel
    recipe: Recipe
    folder: Path = Path()

    @property
    def card(self) -> ModelCard:
        """What the model was trained on."""
        return self.kept.card

    @property
    def segment(self) -> SegmentConfig:
        """Length of the rows that the model was trained on."""
        return self.recipe.segments[0]

    @property
    def genres(self) -> tuple[str, ...]:
        """Genres in the order of the probabilities."""
        return self.kept.card.genres

    def never_rejecting(self) -> Predictor:
        """Return one that answers with a genre for whatever it is given."""
        return replace(self, kept=replace(self.kept, unlike=None))


def introduction(predictor: Predictor) -> tuple[str, ...]:
    """Say in a line each which model answers and, of a pretrained one, how good it is and what is better."""
    card, figures = predictor.card, predictor.kept.figures
    what = f"{card.model} on {card.segment} rows, trained on {training_words(card.trained_on, card.dataset)}"
    if figures is None:
        return (f"Model: {_run_sentence(predictor) or what}.",)
    shares = (percent(share) for share in (figures.accuracy, figures.low, figures.high))
    good = "{} % ({}–{})".format(*shares)
    return (
        f"Model: {figures.name}, {what}.",
        (
            f"Of {figures.n_tracks} tracks by artists that it had not heard, {good} were right, and "
            f"{percent(figures.top2)} % among its first two genres (protocol {figures.protocol})."
        ),
        OWN_MODEL,
    )


def _run_sentence(predictor: Predictor) -> str:
    """Return what is known of a run's model; empty where its folder is that of no run."""
    try:
        manifest = read_manifest(predictor.folder)
    except RunError:
        return ""
    return model_sentence(manifest, read_headline(predictor.folder, manifest.files.get(PREDICTIONS)))


def predictor_of(kept: KeptModel, folder: Path = Path()) -> Predictor:
    """Return a kept model for use on audio.

    Raises
    ------
    ModelError
        If this program cannot compute its rows: it was trained on a CSV of unknown recipe, or on features or
        spectrograms of another version.
    """
    return Predictor(kept=kept, recipe=recipe_of(kept.card, folder), folder=folder)


def load_predictor(folder: Path) -> Predictor:
    """Load the model of a run folder, or a model folder, for use on audio.

    Raises
    ------
    ModelError
        If the folder holds no model, a damaged one, or one that `predictor_of` refuses.
    """
    return predictor_of(kept_model_of(folder), folder)


def kept_model_of(folder: Path) -> KeptModel:
    """Load the model of a run folder, or a model folder, for whatever use.

    Raises
    ------
    ModelError
        If the folder holds no model, or a damaged one.
    """
    if not folder.exists():
        restore_runs(folder.parent)
    started = time.perf_counter()
    kept = load_kept_model(folder / _MODEL if (folder / _MODEL).is_dir() else folder)
    words = f"{kept.card.model} on {kept.card.feature_set}, {kept.card.segment} rows of {kept.card.dataset}"
    _LOG.debug(
        "read %s: %s, settings %s, %.2f s", folder, words, kept.card.settings, time.perf_counter() - started
    )
    return kept


def holds_model(folder: Path) -> bool:
    """Whether a folder is one of a run with its model, or a model folder; it may be damaged all the same."""
    return (folder / _MODEL).is_dir() or (folder / CARD).is_file()


def newest_predictor(runs_dir: Path, notice: Notice = mute) -> Predictor:
    """Load the model of the run that was fitted last, of those whose model is stored and can be loaded.

    Each run says in ``fitted_at.txt`` when it was fitted, which no copy and no version control changes; runs
    of earlier versions, without that, come after all others.

    Parameters
    ----------
    runs_dir : Path
        Where run folders lie.
    notice : callable
        Told in a sentence of each newer run that is passed over, and why.

    Raises
    ------
    ModelError
        If there is none; the message gives the reason for the newest.
    """
    restore_runs(runs_dir)
    reasons: list[ModelError] = []
    for folder in _newest_first(runs_dir):
        try:
            predictor = load_predictor(folder)
        except ModelError as error:
            reasons.append(error)
            continue
        for reason in reasons:
            notice(f"Passed over: {reason}.")
        return predictor
    if reasons:
        msg = f"{runs_dir}: none of its {len(reasons)} models can be used. The newest: {reasons[0]}"
        raise ModelError(msg)
    fitting = "Fit one (gtzan fit xgboost), or name a run folder with --model, or the packaged gtzan10"
    msg = f"{runs_dir}: holds no run with a model. {fitting}"
    raise ModelError(msg)


def find_model(runs_dir: Path, notice: Notice = mute) -> Path:
    """Return the run folder of `newest_predictor`; errors as there."""
    return newest_predictor(runs_dir, notice).folder


def _newest_first(runs_dir: Path) -> list[Path]:
    found = [path.parent for path in runs_dir.glob(f"*/{_MODEL}") if not path.parent.name.startswith(".")]
    times = {folder: at.timestamp() if (at := fitted_at(folder)) else float("-inf") for folder in found}
    return sorted(found, key=lambda folder: (times[folder], folder.name), reverse=True)
