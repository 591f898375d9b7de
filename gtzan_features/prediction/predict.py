"""A genre for any recording: read, cut, compute features, classify, gather to the recording."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.audio.sound import USUAL, Limits
from gtzan_features.datasets.listing import Listing as Listing
from gtzan_features.datasets.listing import list_folder
from gtzan_features.evaluation.aggregate import aggregate, checked_method
from gtzan_features.models.applying.training_range import range_rows
from gtzan_features.models.applying.unlike import NONE_OF_THESE, unlike_rows
from gtzan_features.parallel.engines import engine, is_elsewhere
from gtzan_features.parallel.local import local_executor, shares_what_is_loaded
from gtzan_features.prediction.file_rows import SHORTEST_S as SHORTEST_S
from gtzan_features.prediction.file_rows import (
    RecordingRows,
    lost_recording,
    read_from,
    read_recording,
    recording_rows,
)
from gtzan_features.prediction.label_answers import answer_of_labels
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.storage import is_folder
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.audio.samples import Samples
    from gtzan_features.evaluation.aggregate import Method
    from gtzan_features.extraction.row_kinds import Recipe
    from gtzan_features.parallel.executor import Executor
    from gtzan_features.prediction.predictor import Predictor

SERIAL_FILES = 6
"""Up to this many recordings, starting workers takes longer than the recordings do."""

TRAINED_ON_IT = "the model was trained on this very file: the answer says nothing about new music"

_SHARES = (1.0, 1.5)
"""Of the deviation from the usual level, which is taken off: the usual level is known to a few dB only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePrediction:
    """What a model says of one recording.

    Attributes
    ----------
    path : str
        The file, or the name of the samples, as printable text.
    genre : str
        The answer: the most probable genre, or `NONE_OF_THESE` where the recording is unlike the training
        music; empty where the file could not be used.
    none_of_these : bool
        Whether the recording is unlike the training music, by the model's rule; see `models.applying.unlike`.
    nearest : str
        The most probable genre, whatever the answer is.
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
    status : {"ok", "corrupt", "short", "silent", "lost"}
        The same in a word; lost where the process that read the file ended.
    several : bool
        Whether the model gives several labels: probabilities do not sum to one then, and `genre` is the most
        probable label whether it is given or not.
    labels : tuple of str
        The labels that the recording gets, the most probable first; empty where none reaches its threshold.
    """

    path: str
    genre: str = ""
    none_of_these: bool = False
    nearest: str = ""
    genres: tuple[str, ...] = ()
    probabilities: tuple[float, ...] = ()
    ranking: tuple[str, ...] = ()
    starts_s: tuple[float, ...] = ()
    ends_s: tuple[float, ...] = ()
    segments: tuple[tuple[float, ...], ...] = ()
    duration_s: float = 0.0
    warnings: tuple[str, ...] = ()
    error: str = ""
    status: str = "ok"
    several: bool = False
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("path", "error"):  # bytes of a file's name may be no text
            object.__setattr__(self, name, printable(getattr(self, name)))
        if not (self.nearest or self.none_of_these):
            object.__setattr__(self, "nearest", self.genre)

    def top(self, count: int) -> list[tuple[str, float]]:
        """Return the first `count` genres with their probabilities, best first."""
        p = dict(zip(self.genres, self.probabilities, strict=True))
        return [(genre, p[genre]) for genre in self.ranking[:count]]

    def to_dict(self) -> dict[str, Any]:
        """Return the prediction as a JSON-able mapping; `labels` are in it where there may be several."""
        content = asdict(self)
        if not self.several:
            del content["several"], content["labels"]
        return content

    def _answer(self) -> dict[str, Any]:
        if self.several:
            return {"labels": ";".join(self.labels)}
        return {"genre": self.genre, "none_of_these": self.none_of_these, "nearest": self.nearest}

    def to_record(self) -> dict[str, Any]:
        """Return the prediction as a row of a table: as many fields for a recording that failed.

        Fields are ``file``, ``genre`` (the answer), ``none_of_these`` (whether that is the answer),
        ``nearest`` (the most probable genre, whatever the answer is), ``p_GENRE`` for each genre of the model
        (NaN where there is no prediction), ``duration_s``, ``n_segments``, ``warnings`` and ``error``. Of
        several labels ``labels``, with semicolons between, takes the place of the first three.
        """
        p = self.probabilities or (float("nan"),) * len(self.genres)
        return {
            "file": self.path,
            **self._answer(),
            **{f"p_{genre}": value for genre, value in zip(self.genres, p, strict=True)},
            "duration_s": self.duration_s,
            "n_segments": len(self.segments),
            "warnings": "; ".join(self.warnings),
            "error": self.error,
        }


def expand(paths: Sequence[Path], notice: Notice = mute) -> list[Path]:
    """Replace each folder by the audio files in it, sorted; files stay where they are named.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders.
    notice : callable
        Called with a line on what was passed over in a folder.

    Raises
    ------
    AudioDecodeError
        If a folder holds no audio file that can be read here.
    """
    return list_files(paths, notice).files


def list_files(paths: Sequence[Path], notice: Notice = mute) -> Listing:
    """Return the files of `expand` with counts of what was passed over in folders; errors as there."""
    files: list[Path] = []
    needs_ffmpeg, passed_over = Counter[str](), Counter[str]()
    for path in paths:
        if not is_folder(path):
            files.append(path)
            continue
        found = list_folder(path, notice)
        files += found.files
        needs_ffmpeg.update(found.needs_ffmpeg)
        passed_over.update(found.passed_over)
    return Listing(list(dict.fromkeys(files)), dict(needs_ffmpeg), dict(passed_over))


def predict(
    sources: Sequence[Path | Samples],
    predictor: Predictor,
    *,
    aggregation: str = "mean",
    n_jobs: int = -1,
    executor: Any = None,  # noqa: ANN401 - see `parallel.engines.engine`
    progress: Progress = silent,
    notice: Notice = mute,
) -> Iterator[FilePrediction]:
    """Classify recordings one by one, in order; one that cannot be used costs itself only.

    Parameters
    ----------
    sources : sequence of Path or Samples
        Audio files (see `expand` for folders), and samples in memory.
    predictor : Predictor
        From `load_predictor`.
    aggregation : {"vote", "mean", "log-mean"}
        How segments are gathered to the recording.
    n_jobs : int
        Worker processes, where there are many recordings; results do not depend on it.
    executor : object, optional
        Where rows are computed, if not in processes of this machine; see `parallel.engines.engine`.
    progress : callable
        Called after each recording.
    notice : callable
        Called with a line when kernels must be compiled first.

    Yields
    ------
    FilePrediction
        With ``error`` set where the recording cannot be decoded, is silent or shorter than `SHORTEST_S`, or
        than 90 % of the segment length where the model takes spectrograms.

    Raises
    ------
    ConfigError
        If the aggregation is unknown.
    """
    checked_method(aggregation)
    given = engine(executor, 1 if 0 < len(sources) <= SERIAL_FILES and n_jobs == -1 else n_jobs)
    with given as workers:
        # Before the workers, which would compile at the same time.
        predictor.recipe.prepare(notice, loaded=shares_what_is_loaded(workers))
        task = _task(workers, predictor.recipe)
        for done, rows in enumerate(workers.map(task, sources, lost=lost_recording), start=1):
            progress(done, len(sources), "files")
            yield classify(rows, predictor, aggregation)


def _task(workers: Executor, recipe: Recipe) -> Callable[[Path | Samples], RecordingRows]:
    """Return what is called with each recording, by an executor of this kind."""
    if not is_elsewhere(workers):
        return partial(read_recording, recipe=recipe)
    from gtzan_features.extraction.any_machine import OnAnyMachine

    return OnAnyMachine(partial(read_from, recipe=recipe, folder=os.getcwd()), recipe)  # noqa: PTH109


def read_one(source: Path | Samples, predictor: Predictor, *, limits: Limits = USUAL) -> RecordingRows:
    """Compute the rows of one recording in this process, as `predict` does, or raise what is wrong with it.

    Raises
    ------
    AudioError
        If the file cannot be read, or the recording is silent, too short or beyond the limits.
    SignalError
        If it is no signal that rows are defined for.
    """
    work = partial(recording_rows, recipe=predictor.recipe, limits=limits)
    (found,) = local_executor(1).map(work, [source])
    return found


def classify(found: RecordingRows, predictor: Predictor, aggregation: str = "mean") -> FilePrediction:
    """Say what a model says of the rows of one recording; what is wrong with it is handed on."""
    method = checked_method(aggregation)
    if found.error:
        return FilePrediction(
            path=found.name,
            genres=predictor.genres,
            error=found.error,
            status=found.status,
            several=predictor.card.several_labels,
        )
    rows = predictor.recipe.inputs(found.values)
    if predictor.card.several_labels:
        return _with_labels(found, rows, predictor, method)
    p = _probabilities(rows, predictor)
    gathered = aggregate(p, np.zeros(len(p), dtype=np.int64), method)
    genres, order = predictor.genres, gathered.ranking[0]
    nearest, unlike = genres[order[0]], _unlike(rows, predictor)
    sr = predictor.recipe.sr
    return FilePrediction(
        path=found.name,
        genre=NONE_OF_THESE if unlike else nearest,
        none_of_these=bool(unlike),
        nearest=nearest,
        genres=genres,
        probabilities=tuple(float(v) for v in gathered.probabilities[0]),
        ranking=tuple(genres[i] for i in order),
        starts_s=tuple(cut.start / sr for cut in found.cuts),
        ends_s=tuple(cut.stop / sr for cut in found.cuts),
        segments=tuple(tuple(float(v) for v in row) for row in p),
        duration_s=found.duration_s,
        warnings=(
            *_known(found, predictor),
            *found.warnings,
            *unlike,
            *_far(rows, predictor, as_a_whole=bool(unlike)),
            *([] if unlike else _by_level(rows, predictor, nearest, method)),
        ),
    )


def _with_labels(
    found: RecordingRows, rows: npt.NDArray[np.floating], predictor: Predictor, method: Method
) -> FilePrediction:
    """Say what a model of several labels says of the rows of one recording."""
    answer = answer_of_labels(predictor.kept, rows, method)
    sr = predictor.recipe.sr
    return FilePrediction(
        path=found.name,
        genre=answer.ranking[0],
        genres=predictor.genres,
        probabilities=answer.probabilities,
        ranking=answer.ranking,
        starts_s=tuple(cut.start / sr for cut in found.cuts),
        ends_s=tuple(cut.stop / sr for cut in found.cuts),
        segments=tuple(tuple(float(v) for v in row) for row in answer.segments),
        duration_s=found.duration_s,
        warnings=(
            *_known(found, predictor),
            *found.warnings,
            *_far(rows, predictor, as_a_whole=False),
            *_labels_by_level(rows, predictor, answer.labels, method),
        ),
        several=True,
        labels=answer.labels,
    )


def _labels_by_level(
    rows: npt.NDArray[np.floating], predictor: Predictor, labels: tuple[str, ...], method: Method
) -> list[str]:
    """Say where a file is unusually loud or quiet and would get other labels if it were not."""
    rule = predictor.kept.level
    values = np.asarray(rows, dtype=np.float64)
    deviation = 0.0 if rule is None else rule.deviation(values)
    if rule is None or rule.is_usual(deviation):
        return []
    for share in _SHARES:
        other = answer_of_labels(predictor.kept, rule.moved(values, -share * deviation), method).labels
        if set(other) != set(labels):
            how = "louder" if deviation > 0 else "quieter"
            than = f"{abs(deviation):.0f} dB {how} than training music that sounds like it"
            would = ", ".join(other) or "no label"
            return [f"level: {than}, and this model hears loudness: at that level it would get {would}"]
    return []


def _probabilities(rows: npt.NDArray[np.floating], predictor: Predictor) -> npt.NDArray[np.float64]:
    p = np.asarray(predictor.kept.estimator.predict_proba(rows), dtype=np.float64)
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def _by_level(rows: npt.NDArray[np.floating], predictor: Predictor, genre: str, method: Method) -> list[str]:
    """Say where a file is unusually loud or quiet and would get another genre if it were not."""
    rule = predictor.kept.level
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


def _known(found: RecordingRows, predictor: Predictor) -> list[str]:
    return [TRAINED_ON_IT] if found.sha256 in predictor.kept.trained_on else []


def _unlike(rows: npt.NDArray[np.floating], predictor: Predictor) -> list[str]:
    """Say how far a recording lies from the training music where it is unlike it; nothing where it is not."""
    rule = predictor.kept.unlike
    if rule is None:
        return []
    seen = unlike_rows(rows, predictor.recipe.shape)
    distance, largest = rule.distance(seen), rule.threshold(len(seen))
    if distance <= largest:
        return []
    most = f"{100 * (1 - rule.rates.asked):g} % of music like it at {largest:.2f} or less"
    return [f"unlike the training music: {distance:.2f} from the nearest of it, {most}"]


def _far(rows: npt.NDArray[np.floating], predictor: Predictor, *, as_a_whole: bool) -> list[str]:
    seen, shape = predictor.kept.seen, predictor.recipe.shape
    values = range_rows(rows, shape)
    far = seen.far(seen.of(values, predictor.kept.card.columns)) if seen is not None else []
    if not far or seen is None:
        return []
    named = ", ".join(far[:3]) + (", …" if len(far) > 3 else "")
    what = f"{len(seen.columns)} {'bands' if shape else 'features'}"
    # A rule that looks at all columns together may find the recording like the training music.
    unlike = "unlike the training music" + ("" if as_a_whole or predictor.kept.unlike is None else " in part")
    return [f"{unlike}: {len(far)} of {what} lie far outside its range ({named})"]
