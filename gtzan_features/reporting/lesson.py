"""The leak as a page: synthetic bands, one model under three divisions, segments to hear."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import soundfile

from gtzan_features.audio.interrupts import ended_afterwards
from gtzan_features.audio.load import load
from gtzan_features.config import FeatureConfig, SegmentConfig, SplitConfig
from gtzan_features.errors import ConfigError
from gtzan_features.extraction.extract import extract
from gtzan_features.extraction.row_kinds import ExtractConfig
from gtzan_features.music.synthesise import synthesise
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.run_report import RunReport
from gtzan_features.reports.html.lesson import PAGE, Division, LessonPage, Sound, write_lesson
from gtzan_features.reports.scored import SEGMENT
from gtzan_features.rounding import percent
from gtzan_features.selection import Selection
from gtzan_features.synthetic import SyntheticConfig, iter_tracks, track_path
from gtzan_features.tables.atomic import write_text
from gtzan_features.training.fit_config import FitConfig

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from gtzan_features.reports.scores import LevelScore

MODEL = "knn"
MODEL_WORDS = (
    "The model is the simplest there is: it looks for the 5 segments in training whose features are most "
    "like those of the test segment, and says their genre, the nearest counting most."
)
ROWS = SegmentConfig(3.0)
MOST_BANDS = 5
"""Of a genre, and the number of folds; fewer where there are fewer tracks."""

LEAST_TRACKS = 4

_NEW = (
    ("segment", "New segments", "Segments are shuffled: nearly every track of the test is in training, too."),
    ("track", "New tracks", "Whole tracks are kept aside; other tracks of their bands are in training."),
    ("artist", "New bands", "Whole bands are kept aside: nothing of theirs is in training."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonResult:
    """The page, and what was measured: protocol, whether it leaks, accuracy and interval within [0, 1]."""

    page: Path
    figures: tuple[tuple[str, bool, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class _Tested:
    """A run's segments by (track, number): the fold of each test, the answer, whether it is right."""

    fold: dict[tuple[str, int], int]
    answer: dict[tuple[str, int], tuple[str, float]]
    right: dict[tuple[str, int], bool]
    score: LevelScore
    protocol: str


def lesson(
    folder: Path,
    *,
    tracks_per_genre: int = 20,
    n_jobs: int = -1,
    progress: Progress = silent,
    notice: Notice = mute,
) -> LessonResult:
    """Make the page of the leak in `folder`, from music that is computed there.

    Each genre has up to five bands, whose tracks share their sound. One model is tested on the same segments
    under three divisions in as many folds as there are bands: by segments, by tracks and by bands.

    Raises
    ------
    ConfigError
        If there are fewer than four tracks of a genre: two bands of two.
    """
    if tracks_per_genre < LEAST_TRACKS:
        msg = f"--tracks {tracks_per_genre}: at least {LEAST_TRACKS} of a genre are needed, two bands of two"
        raise ConfigError(msg)
    per_band = max(2, -(-tracks_per_genre // MOST_BANDS))
    folds = -(-tracks_per_genre // per_band)
    config = SyntheticConfig(tracks_per_genre=tracks_per_genre, tracks_per_artist=per_band)
    audio = folder / "audio"
    synthesise(
        audio,
        tracks_per_genre=tracks_per_genre,
        tracks_per_artist=per_band,
        n_jobs=n_jobs,
        progress=progress,
    )
    bands = _write_labels(folder / "labels.csv", config)
    extract(
        audio,
        folder / "features",
        ExtractConfig(segments=(ROWS,)),
        n_jobs=n_jobs,
        selection=Selection(labels=folder / "labels.csv"),
        overwrite=True,
        progress=progress,
        notice=notice,
    )
    runs = []
    for protocol, _, _ in _NEW:
        split = SplitConfig(protocol=protocol, folds=folds)
        fit = FitConfig(model=MODEL, segment=ROWS, split=split, allow_leak=True)
        report = fit_run(folder / "features", folder / "runs", fit, n_jobs=n_jobs, keep_model=False)
        assert isinstance(report, RunReport)
        runs.append(_tested(report))
    page = _page(audio, runs, bands, folds, f"gtzan demo --html --tracks {tracks_per_genre}")
    return LessonResult(
        page=write_lesson(page, folder / PAGE),
        figures=tuple(
            (run.protocol, one.leaked, one.accuracy, one.low, one.high)
            for run, one in zip(runs, page.divisions, strict=True)
        ),
    )


def _write_labels(path: Path, config: SyntheticConfig) -> dict[str, str]:
    """Write which band plays each track, and return it by the track's identifier."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("path", "label", "artist"))
    bands = {}
    for genre, index in iter_tracks(config):
        place, band = track_path(genre, index), f"{genre} band {config.artist_of(index) + 1}"
        writer.writerow((place.as_posix(), genre, band))
        bands[place.stem] = band
    write_text(path, text.getvalue())
    return bands


def _tested(report: RunReport) -> _Tested:
    predictions = report.scored.run.predictions
    frame: pd.DataFrame = predictions.frame
    p = predictions.probabilities
    said = p.argmax(axis=1)
    keys = [(str(t), int(s)) for t, s in zip(frame["track_id"], frame["segment"], strict=True)]
    return _Tested(
        fold=dict(zip(keys, map(int, frame["fold"]), strict=True)),
        answer={
            key: (predictions.genres[at], float(row[at])) for key, at, row in zip(keys, said, p, strict=True)
        },
        right=dict(zip(keys, map(bool, said == predictions.y_true), strict=True)),
        score=report.scored.scores[SEGMENT],
        protocol=report.manifest.protocol,
    )


def _page(audio: Path, runs: list[_Tested], bands: dict[str, str], folds: int, command: str) -> LessonPage:
    """Choose what is heard, and gather what is shown."""
    leaked, *_, strict = runs
    numbers: dict[str, list[int]] = {}
    for track, number in leaked.fold:
        numbers.setdefault(track, []).append(number)
    here = _fooled(leaked, strict, numbers)
    track, fold = here[0], leaked.fold[here]
    genre, band = _stem(track).split(".")[0], bands[_stem(track)]
    names = {_stem(track): track for track in numbers}
    alike = [names[stem] for stem in sorted(bands) if stem in names and stem.startswith(f"{genre}.")]
    rows = {t: (bands[_stem(t)].removeprefix(f"{genre} "), sorted(numbers[t])) for t in alike}
    return LessonPage(
        genre=genre,
        genres=len({stem.split(".")[0] for stem in bands}),
        track=_track_name(track),
        band=band.removeprefix(f"{genre} "),
        segments=tuple(
            Sound(
                name=f"segment {n + 1}",
                mp3=_mp3(audio, track, n),
                role="test" if leaked.fold[track, n] == fold else "training",
            )
            for n in sorted(numbers[track])
        ),
        compared=(
            Sound(name=f"the test segment, {here[1] + 1}", mp3=_mp3(audio, *here)),
            *(
                Sound(
                    name=name,
                    mp3=_mp3(audio, *key),
                    in_training=tuple(run.fold[key] != run.fold[here] for run in runs),
                )
                for name, key in _foreign(here, leaked, numbers, {t: bands[_stem(t)] for t in alike})
            ),
        ),
        divisions=tuple(
            _division(run, title, words, here, rows, leaked=run is leaked)
            for run, (_, title, words) in zip(runs, _NEW, strict=True)
        ),
        model=MODEL_WORDS,
        size=f"{len(numbers)} synthetic tracks of {len(set(bands.values()))} bands, "
        f"{len(leaked.fold)} segments",
        folds=folds,
        command=command,
    )


def _fooled(leaked: _Tested, strict: _Tested, numbers: dict[str, list[int]]) -> tuple[str, int]:
    """Return the segment that is heard, of the track that only the leak knows best."""

    def gain(track: str, number: int) -> int:
        return leaked.right[track, number] - strict.right[track, number]

    track = max(sorted(numbers), key=lambda t: sum(gain(t, n) for n in numbers[t]))
    return track, max(numbers[track], key=lambda n: (gain(track, n), -n))


def _foreign(
    here: tuple[str, int], leaked: _Tested, numbers: dict[str, list[int]], bands: dict[str, str]
) -> tuple[tuple[str, tuple[str, int]], ...]:
    """Return a segment of the same track, one of the same band and one of another band, each with its words.

    `bands` has the tracks of the genre in their order. The first is the nearest that stands in training where
    segments are divided.
    """
    track, number = here
    same_band = next(t for t, band in bands.items() if band == bands[track] and t != track)
    other_band = next(t for t, band in bands.items() if band != bands[track])
    sibling = min(
        (n for n in numbers[track] if leaked.fold[track, n] != leaked.fold[here]),
        key=lambda n: (abs(n - number), n),
        default=number,
    )
    return (
        ("another segment of the same track", (track, sibling)),
        ("another track of the same band", (same_band, number if number in numbers[same_band] else 0)),
        ("another band of the same genre", (other_band, number if number in numbers[other_band] else 0)),
    )


def _division(
    run: _Tested,
    title: str,
    words: str,
    here: tuple[str, int],
    rows: dict[str, tuple[str, list[int]]],
    *,
    leaked: bool,
) -> Division:
    """Gather what one division is shown by; `rows` has the band and the segments of each track."""
    return Division(
        protocol=run.protocol,
        title=title,
        words=words,
        leaked=leaked,
        rows=tuple(
            (band, _track_name(track), tuple(run.fold[track, n] == run.fold[here] for n in numbers))
            for track, (band, numbers) in rows.items()
        ),
        answer=_answer(run, here),
        accuracy=run.score.metrics.accuracy,
        low=run.score.interval.low,
        high=run.score.interval.high,
    )


def _answer(run: _Tested, key: tuple[str, int]) -> str:
    genre, share = run.answer[key]
    return f"{genre}, {percent(share)} %: {'right' if run.right[key] else 'wrong'}"


def _stem(track_id: str) -> str:
    """Return the name of a track's file without folder and ending."""
    return track_id.rpartition("/")[2].removesuffix(".wav")


def _track_name(track_id: str) -> str:
    return f"track {int(_stem(track_id).rpartition('synth')[2]) + 1}"


def _mp3(audio: Path, track_id: str, number: int) -> bytes:
    """Return a segment as MP3, which every browser plays."""
    stem, sr = _stem(track_id), FeatureConfig().sr
    samples = load(audio / stem.split(".")[0] / f"{stem}.wav", sr).samples
    n = round(ROWS.seconds * sr)
    part: npt.NDArray[np.float32] = samples[number * n : (number + 1) * n]
    held = io.BytesIO()
    with ended_afterwards():
        soundfile.write(held, part, sr, format="MP3", subtype="MPEG_LAYER_III")
    return held.getvalue()
