"""A genre for anybody's file: decode, cut, compute features, classify, gather to the file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.audio.anything import QUIET_DB, list_recordings, read_recording
from gtzan_features.audio.segments import Segment, segment_bounds
from gtzan_features.config import FeatureConfig, SegmentConfig
from gtzan_features.errors import AudioDecodeError, AudioError, AudioTooShortError, ConfigError, ModelError
from gtzan_features.evaluation.aggregate import METHODS, aggregate
from gtzan_features.features import sets
from gtzan_features.models.range import TrainingRange, load_range
from gtzan_features.models.store import StoredModel, load_model
from gtzan_features.parallel.local import local_executor
from gtzan_features.pipelines.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

SHORTEST_S = 1.0
"""Files below this many seconds get no genre: a beat or two tell nothing."""

CLIPPED_SHARE = 0.001
SERIAL_FILES = 6
"""Up to this many files, starting workers takes longer than the files do."""

_MODEL, _MANIFEST = "model", "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """A stored model whose features this program can compute from audio.

    Attributes
    ----------
    folder : Path
        The run folder, or the model folder itself.
    model : StoredModel
    features : FeatureConfig
        What computes the model's columns.
    segment : SegmentConfig
        Length of the rows that it was trained on.
    seen : TrainingRange or None
        Range of the training rows; None for a model that was stored without.
    """

    folder: Path
    model: StoredModel
    features: FeatureConfig
    segment: SegmentConfig
    seen: TrainingRange | None

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
        The file.
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

    def top(self, count: int) -> list[tuple[str, float]]:
        """Return the first `count` genres with their probabilities, best first."""
        p = dict(zip(self.genres, self.probabilities, strict=True))
        return [(genre, p[genre]) for genre in self.ranking[:count]]

    def to_dict(self) -> dict[str, Any]:
        """Return the prediction as a JSON-able mapping."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Heard:
    """Features of one file; the samples stay in the worker."""

    path: str
    rows: npt.NDArray[np.float32]
    cuts: tuple[Segment, ...]
    duration_s: float
    warnings: tuple[str, ...]
    error: str = ""


def load_predictor(folder: Path) -> Predictor:
    """Load the model of a run folder for use on audio.

    Raises
    ------
    ModelError
        If the folder holds no model, a damaged one, or one whose features this program cannot compute:
        trained on a CSV of unknown recipe, or on features of another version.
    """
    inner = folder / _MODEL if (folder / _MODEL).is_dir() else folder
    model = load_model(inner)
    features = _feature_config(model, folder)
    return Predictor(
        folder=folder,
        model=model,
        features=features,
        segment=SegmentConfig.parse(model.card.segment),
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


def expand(paths: Sequence[Path]) -> list[Path]:
    """Replace each folder by the audio files in it, sorted; files stay where they are named.

    Raises
    ------
    AudioDecodeError
        If a folder holds no audio file.
    """
    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        found = list_recordings(path)
        if not found:
            raise AudioDecodeError(path, "the folder holds no audio file")
        files += found
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
        With ``error`` set where the file cannot be decoded, is silent or shorter than `SHORTEST_S`.

    Raises
    ------
    ConfigError
        If the aggregation is unknown.
    """
    if aggregation not in METHODS:
        msg = f"aggregation {aggregation!r} is unknown: choose one of {', '.join(METHODS)}"
        raise ConfigError(msg)
    executor = local_executor(1 if 0 < len(files) <= SERIAL_FILES and n_jobs == -1 else n_jobs)
    task = partial(_hear, features=predictor.features, segment=predictor.segment)
    for done, heard in enumerate(executor.map(task, files), start=1):
        progress(done, len(files), "files")
        yield _classify(heard, predictor, aggregation)


def _feature_config(model: StoredModel, folder: Path) -> FeatureConfig:
    card = model.card
    if not card.feature_config:
        msg = (
            f"{folder}: trained on a CSV of unknown recipe: its features cannot be computed from audio. "
            "Extract features (gtzan features extract AUDIO_DIR) and fit on them"
        )
        raise ModelError(msg)
    try:
        config = FeatureConfig(**card.feature_config)
        columns = tuple(column.name for column in sets.columns(config))
    except (TypeError, ConfigError) as error:
        msg = (
            f"{folder}: trained on the {card.feature_set} table, and predict computes feature sets only. "
            "Fit a model on one, for example: gtzan fit xgboost --final"
        )
        raise ModelError(msg) from error
    if config.fingerprint() != card.feature_fingerprint or columns != card.columns:
        msg = f"{folder}: trained on features of another version. Extract them again and fit on them"
        raise ModelError(msg)
    return config


def _hear(path: Path, features: FeatureConfig, segment: SegmentConfig) -> _Heard:
    """Decode a file and compute the features of its segments; runs in a worker."""
    try:
        recording = read_recording(path, features.sr)
        cuts = _cut(path, recording.samples.size, segment, features.sr)
    except AudioError as error:
        return _Heard(str(path), np.empty((0, 0), dtype=np.float32), (), 0.0, (), _why(error))
    pieces = [recording.samples[cut.start : cut.stop] for cut in cuts]
    # The same precision as in a table that was extracted from audio.
    rows = sets.compute(pieces, features).astype(np.float32)
    warnings = []
    if recording.duration_s < segment.seconds and len(cuts) == 1:
        warnings.append(
            f"short: {recording.duration_s:.1f} s, and the model learned from {segment.name} of music"
        )
    if recording.source_sr < features.sr:
        warnings.append(
            f"narrow: sampled at {recording.source_sr} Hz, and the model learned from {features.sr} Hz"
        )
    if recording.peak_db < QUIET_DB:
        warnings.append(f"nearly silent: the loudest sample is {recording.peak_db:.0f} dB of full scale")
    n_silent = sum(bool(piece.min() == piece.max()) for piece in pieces)
    if n_silent:
        warnings.append(f"silent in {n_silent} of {len(pieces)} segments")
    if recording.clipped > CLIPPED_SHARE:
        warnings.append(f"clipped: {100 * recording.clipped:.1f} % of the samples stand at full scale")
    return _Heard(str(path), rows, cuts, recording.duration_s, tuple(warnings))


def _why(error: AudioError) -> str:
    if isinstance(error, AudioDecodeError):
        return f"{error.path}: cannot decode ({error.reason})"
    return f"{error.path}: {error.reason}"


def _cut(path: Path, n_samples: int, segment: SegmentConfig, sr: int) -> tuple[Segment, ...]:
    """Cut as for the tables; a file that is too short for that is one segment."""
    if n_samples < SHORTEST_S * sr:
        reason = f"{n_samples / sr:.2f} s long: too short to tell a genre, which needs {SHORTEST_S:g} s"
        raise AudioTooShortError(path, reason)
    cuts = segment_bounds(n_samples, segment, sr)
    return cuts or (Segment(0, 0, n_samples),)


def _classify(heard: _Heard, predictor: Predictor, aggregation: str) -> FilePrediction:
    if heard.error:
        return FilePrediction(path=heard.path, genres=predictor.genres, error=heard.error)
    p = np.asarray(predictor.model.estimator.predict_proba(heard.rows.astype(np.float64)), dtype=np.float64)
    p /= p.sum(axis=1, keepdims=True)
    method = next(m for m in METHODS if m == aggregation)
    gathered = aggregate(p, np.zeros(len(p), dtype=np.int64), method)
    genres, order = predictor.genres, gathered.ranking[0]
    sr = predictor.features.sr
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
        warnings=(*heard.warnings, *_far(heard.rows, predictor.seen)),
    )


def _far(rows: npt.NDArray[np.float32], seen: TrainingRange | None) -> list[str]:
    far = seen.far(rows) if seen is not None else []
    if not far or seen is None:
        return []
    named = ", ".join(far[:3]) + (", …" if len(far) > 3 else "")
    return [
        (
            f"unlike the training music: {len(far)} of {len(seen.columns)} features lie far outside "
            f"its range ({named})"
        )
    ]
