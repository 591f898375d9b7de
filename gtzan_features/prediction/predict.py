"""A genre for anybody's file: decode, cut, compute features, classify, gather to the file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.datasets.listing import list_recordings
from gtzan_features.errors import ConfigError, ModelError
from gtzan_features.evaluation.aggregate import METHODS, aggregate
from gtzan_features.extraction.row_kinds import Recipe, recipe_of
from gtzan_features.models.applying.load import StoredModel, load_model
from gtzan_features.models.applying.training_files import TRAINING_FILES, TrainingFiles, load_training_files
from gtzan_features.models.applying.training_range import RANGE, TrainingRange, load_range, range_rows
from gtzan_features.models.applying.usual_level import LEVEL, LevelRule, load_level
from gtzan_features.parallel.local import local_executor
from gtzan_features.prediction.file_rows import SHORTEST_S as SHORTEST_S
from gtzan_features.prediction.file_rows import Heard, hear, lost_recording
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.tables.run_storage import FITTED_AT, restore_runs
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.config import FeatureConfig, SegmentConfig, SpectrogramConfig
    from gtzan_features.evaluation.aggregate import Method

SERIAL_FILES = 6
"""Up to this many files, starting workers takes longer than the files do."""

TRAINED_ON_IT = "the model was trained on this very file: the answer says nothing about new music"

_SHARES = (1.0, 1.5)
"""Of the deviation from the usual level, which is taken off: the usual level is known to a few dB only."""

_MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """A stored model whose rows this program can compute from audio.

    Attributes
    ----------
    folder : Path
        The run folder, or the model folder itself.
    model : StoredModel
    recipe : Recipe
        What computes the model's rows.
    seen : TrainingRange or None
        Range of the training rows; None for a model that was stored without.
    trained_on : TrainingFiles
        The files it was trained on, as far as they are known.
    level : LevelRule or None
        What is usual of the level of music; None for models that hear no loudness.
    """

    folder: Path
    model: StoredModel
    recipe: Recipe
    seen: TrainingRange | None
    trained_on: TrainingFiles = field(default_factory=TrainingFiles)
    level: LevelRule | None = None

    @property
    def features(self) -> FeatureConfig | SpectrogramConfig:
        """What the rows' values depend on: settings of features, or of spectrograms."""
        return self.recipe.config

    @property
    def segment(self) -> SegmentConfig:
        """Length of the rows that the model was trained on."""
        return self.recipe.segments[0]

    @property
    def genres(self) -> tuple[str, ...]:
        """Genres in the order of the probabilities."""
        return self.model.card.genres


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePrediction:
    """What a model says of one file.

    Attributes
    ----------
    path : str
        The file, as printable text.
    genre : str
        The most probable genre; empty where the file could not be used.
    genres : tuple of str
        The model's genres, in order of their names.
    probabilities : tuple of float
        Of the file, in the order of `genres`.
    ranking : tuple of str
        The genres, best first; ties are broken as in every report.
    starts_s, ends_s : tuple of float
        Bounds of each segment in seconds.
    segments : tuple of tuple of float
        Probabilities of each segment.
    duration_s : float
    warnings : tuple of str
        What makes this prediction doubtful, a sentence each.
    error : str
        Why there is no prediction; empty where there is one.
    """

    path: str
    genre: str = ""
    genres: tuple[str, ...] = ()
    probabilities: tuple[float, ...] = ()
    ranking: tuple[str, ...] = ()
    starts_s: tuple[float, ...] = ()
    ends_s: tuple[float, ...] = ()
    segments: tuple[tuple[float, ...], ...] = ()
    duration_s: float = 0.0
    warnings: tuple[str, ...] = ()
    error: str = ""

    def __post_init__(self) -> None:
        for name in ("path", "error"):  # bytes of a file's name may be no text
            object.__setattr__(self, name, printable(getattr(self, name)))

    def top(self, count: int) -> list[tuple[str, float]]:
        """Return the first `count` genres with their probabilities, best first."""
        p = dict(zip(self.genres, self.probabilities, strict=True))
        return [(genre, p[genre]) for genre in self.ranking[:count]]

    def to_dict(self) -> dict[str, Any]:
        """Return the prediction as a JSON-able mapping."""
        return asdict(self)


def load_predictor(folder: Path) -> Predictor:
    """Load the model of a run folder for use on audio.

    Raises
    ------
    ModelError
        If the folder holds no model, a damaged one, or one whose rows this program cannot compute: trained
        on a CSV of unknown recipe, or on features or spectrograms of another version.
    """
    if not folder.exists():
        restore_runs(folder.parent)
    inner = folder / _MODEL if (folder / _MODEL).is_dir() else folder
    model = load_model(inner)
    files = model.card.files
    return Predictor(
        folder=folder,
        model=model,
        recipe=recipe_of(model.card, folder),
        seen=load_range(inner, model.card.columns, files.get(RANGE)),
        trained_on=load_training_files(inner, files.get(TRAINING_FILES)),
        level=load_level(inner, model.card.columns, files.get(LEVEL)),
    )


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
    fitting = "Fit one (gtzan fit xgboost), or name a run folder with --model"
    msg = f"{runs_dir}: holds no run with a model. {fitting}"
    raise ModelError(msg)


def find_model(runs_dir: Path, notice: Notice = mute) -> Path:
    """Return the run folder of `newest_predictor`; errors as there."""
    return newest_predictor(runs_dir, notice).folder


def _newest_first(runs_dir: Path) -> list[Path]:
    found = [path.parent for path in runs_dir.glob(f"*/{_MODEL}") if not path.parent.name.startswith(".")]
    return sorted(found, key=lambda folder: (_fitted_at(folder), folder.name), reverse=True)


def _fitted_at(folder: Path) -> datetime:
    try:
        text = (folder / FITTED_AT).read_text(encoding="utf-8").strip()
        return datetime.fromisoformat(text).astimezone(UTC)
    except (OSError, ValueError, OverflowError):
        return datetime.min.replace(tzinfo=UTC)


def expand(paths: Sequence[Path], notice: Notice = mute) -> list[Path]:
    """Replace each folder by the audio files in it, sorted; files stay where they are named.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders.
    notice : callable
        Told in a line what was passed over in a folder.

    Raises
    ------
    AudioDecodeError
        If a folder holds no audio file that can be read here.
    """
    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        files += list_recordings(path, notice)
    return list(dict.fromkeys(files))


def predict(
    files: Sequence[Path],
    predictor: Predictor,
    *,
    aggregation: str = "mean",
    n_jobs: int = -1,
    progress: Progress = silent,
    notice: Notice = mute,
) -> Iterator[FilePrediction]:
    """Classify files one by one, in order; a file that cannot be used costs itself only.

    Parameters
    ----------
    files : sequence of Path
        Audio files; see `expand` for folders.
    predictor : Predictor
        From `load_predictor`.
    aggregation : {"vote", "mean", "log-mean"}
        How segments are gathered to the file.
    n_jobs : int
        Worker processes, where there are many files; results do not depend on it.
    progress : callable
        Called after each file.
    notice : callable
        Told when kernels must be compiled first.

    Yields
    ------
    FilePrediction
        With ``error`` set where the file cannot be decoded, is silent or shorter than `SHORTEST_S`, or than
        nine tenths of a row where the model takes spectrograms.

    Raises
    ------
    ConfigError
        If the aggregation is unknown.
    """
    if aggregation not in METHODS:
        msg = f"aggregation {aggregation!r} is unknown: choose one of {', '.join(METHODS)}"
        raise ConfigError(msg)
    executor = local_executor(1 if 0 < len(files) <= SERIAL_FILES and n_jobs == -1 else n_jobs)
    predictor.recipe.prepare(notice)  # before the workers, which would compile at the same time
    task = partial(hear, recipe=predictor.recipe)
    for done, heard in enumerate(executor.map(task, files, lost=lost_recording), start=1):
        progress(done, len(files), "files")
        yield _classify(heard, predictor, aggregation)


def _classify(heard: Heard, predictor: Predictor, aggregation: str) -> FilePrediction:
    if heard.error:
        return FilePrediction(path=heard.path, genres=predictor.genres, error=heard.error)
    rows = predictor.recipe.inputs(heard.values)
    p = _probabilities(rows, predictor)
    method = next(m for m in METHODS if m == aggregation)
    gathered = aggregate(p, np.zeros(len(p), dtype=np.int64), method)
    genres, order = predictor.genres, gathered.ranking[0]
    sr = predictor.recipe.sr
    return FilePrediction(
        path=heard.path,
        genre=genres[order[0]],
        genres=genres,
        probabilities=tuple(float(v) for v in gathered.probabilities[0]),
        ranking=tuple(genres[i] for i in order),
        starts_s=tuple(cut.start / sr for cut in heard.cuts),
        ends_s=tuple(cut.stop / sr for cut in heard.cuts),
        segments=tuple(tuple(float(v) for v in row) for row in p),
        duration_s=heard.duration_s,
        warnings=(
            *_known(heard, predictor),
            *heard.warnings,
            *_far(rows, predictor),
            *_by_level(rows, predictor, genres[order[0]], method),
        ),
    )


def _probabilities(rows: npt.NDArray[np.floating], predictor: Predictor) -> npt.NDArray[np.float64]:
    p = np.asarray(predictor.model.estimator.predict_proba(rows), dtype=np.float64)
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def _by_level(rows: npt.NDArray[np.floating], predictor: Predictor, genre: str, method: Method) -> list[str]:
    """Say where a file is unusually loud or quiet and would get another genre if it were not."""
    rule = predictor.level
    if rule is None:
        return []
    values = np.asarray(rows, dtype=np.float64)
    deviation = rule.deviation(values)
    if rule.is_usual(deviation):
        return []
    for share in _SHARES:
        p = _probabilities(rule.moved(values, -share * deviation), predictor)
        other = predictor.genres[aggregate(p, np.zeros(len(p), dtype=np.int64), method).ranking[0][0]]
        if other != genre:
            how = "louder" if deviation > 0 else "quieter"
            than = f"{abs(deviation):.0f} dB {how} than training music that sounds like it"
            return [f"level: {than}, and this model hears loudness: at that level it would be {other}"]
    return []


def _known(heard: Heard, predictor: Predictor) -> list[str]:
    return [TRAINED_ON_IT] if heard.sha256 in predictor.trained_on else []


def _far(rows: npt.NDArray[np.floating], predictor: Predictor) -> list[str]:
    seen, shape = predictor.seen, predictor.recipe.shape
    far = seen.far(range_rows(rows, shape)) if seen is not None else []
    if not far or seen is None:
        return []
    named = ", ".join(far[:3]) + (", …" if len(far) > 3 else "")
    what = f"{len(seen.columns)} {'bands' if shape else 'features'}"
    return [f"unlike the training music: {len(far)} of {what} lie far outside its range ({named})"]
