"""A genre for anybody's file: decode, cut, compute features, classify, gather to the file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.datasets.listing import list_recordings
from gtzan_features.errors import ConfigError, ModelError
from gtzan_features.evaluation.aggregate import METHODS, aggregate
from gtzan_features.models.range import TrainingRange, load_range, range_rows
from gtzan_features.models.stored import StoredModel, load_model
from gtzan_features.parallel.local import local_executor
from gtzan_features.pipelines.hear import SHORTEST_S as SHORTEST_S
from gtzan_features.pipelines.hear import Heard, hear
from gtzan_features.pipelines.progress import Notice, Progress, mute, silent
from gtzan_features.pipelines.recipes import Recipe, recipe_of
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.config import FeatureConfig, SegmentConfig, SpectrogramConfig

SERIAL_FILES = 6
"""Up to this many files, starting workers takes longer than the files do."""

_MODEL, _MANIFEST = "model", "manifest.json"


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
    """

    folder: Path
    model: StoredModel
    recipe: Recipe
    seen: TrainingRange | None

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
    inner = folder / _MODEL if (folder / _MODEL).is_dir() else folder
    model = load_model(inner)
    return Predictor(
        folder=folder,
        model=model,
        recipe=recipe_of(model.card, folder),
        seen=load_range(inner, model.card.columns),
    )


def find_model(runs_dir: Path) -> Path:
    """Return the run folder that was fitted last with ``--final``.

    Raises
    ------
    ModelError
        If there is none.
    """
    found: list[tuple[float, Path]] = []
    for path in runs_dir.glob(f"*/{_MANIFEST}"):
        try:
            if json.loads(path.read_text(encoding="utf-8")).get("final"):
                found.append((path.stat().st_mtime, path.parent))
        except (OSError, ValueError, AttributeError):
            continue
    if not found:
        msg = (
            f"{runs_dir}: holds no model for prediction. Fit one (gtzan fit xgboost --final), "
            "or name a run folder with --model"
        )
        raise ModelError(msg)
    return max(found)[1]


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
    task = partial(hear, recipe=predictor.recipe)
    for done, heard in enumerate(executor.map(task, files), start=1):
        progress(done, len(files), "files")
        yield _classify(heard, predictor, aggregation)


def _classify(heard: Heard, predictor: Predictor, aggregation: str) -> FilePrediction:
    if heard.error:
        return FilePrediction(path=heard.path, genres=predictor.genres, error=heard.error)
    rows = predictor.recipe.inputs(heard.values)
    p = np.asarray(predictor.model.estimator.predict_proba(rows), dtype=np.float64)
    p /= p.sum(axis=1, keepdims=True)
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
        warnings=(*heard.warnings, *_far(rows, predictor)),
    )


def _far(rows: npt.NDArray[np.floating], predictor: Predictor) -> list[str]:
    seen, shape = predictor.seen, predictor.recipe.shape
    far = seen.far(range_rows(rows, shape)) if seen is not None else []
    if not far or seen is None:
        return []
    named = ", ".join(far[:3]) + (", …" if len(far) > 3 else "")
    what = f"{len(seen.columns)} {'bands' if shape else 'features'}"
    return [f"unlike the training music: {len(far)} of {what} lie far outside its range ({named})"]
