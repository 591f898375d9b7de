"""How a pretrained model does on deformed tracks, each by a model that did not hear its artist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.audio.deform import deformations
from gtzan_features.bench.clean_tables import Music, audio_words, extract_sets
from gtzan_features.config import DEFAULT_SEGMENTS, FeatureConfig, SegmentConfig
from gtzan_features.datasets import gtzan
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.errors import SplitError
from gtzan_features.evaluation.aggregate import aggregate, per_track
from gtzan_features.extraction.deformed_tables import deformed_folder, extract_deformed
from gtzan_features.extraction.extract import ExtractConfig
from gtzan_features.models.applying.figures import UNDEFORMED
from gtzan_features.pretraining.candidates import SEED, fit_calibrated
from gtzan_features.reports.drawn import Drawn
from gtzan_features.tables.feature_tables import read_table, table_path
from gtzan_features.training.kept import known_music
from gtzan_features.training.unlike_rule import unlike_rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.models.applying.linear_rule import StoredRule
    from gtzan_features.models.applying.unlike import UnlikeRule
    from gtzan_features.pretraining.candidates import Candidate
    from gtzan_features.pretraining.trial import Division
    from gtzan_features.progress import Notice, Progress
    from gtzan_features.tables.spectrograms import Table

OWN_ROWS, CLEAN = UNDEFORMED

DEFORMATIONS = deformations(
    (
        *("mp3-128", "mp3-64", "noise-30", "noise-20", "noise-10", "gain+6", "gain-6"),
        *("low-pass-4k", "speed+3", "speed-3", "clip-10"),
    )
)
"""What the card of a pretrained model tells of, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """What a model reached on one folder of audio, as it is and deformed.

    Attributes
    ----------
    audio : str
        Which files, in words.
    rows : dict
        For the tracks' rows in the table, ``clean`` audio and each deformation: ``label``, ``accuracy``,
        ``low``, ``high``, ``n_tracks``, ``changed``, the share of tracks with another answer than clean, and
        ``rejected``, the share that the rule for "none of these" would reject.
    """

    audio: str
    rows: dict[str, dict[str, float | int | str]]


@dataclass(frozen=True, slots=True)
class Answers:
    """Genre that each track is given, its own, and whether it is unlike the training music, by track."""

    given: dict[str, int]
    own: dict[str, int]
    rejected: dict[str, bool]


@dataclass(frozen=True, slots=True)
class AudioTables:
    """Rows of a folder of GTZAN's audio, as it is and deformed; computed when they are asked for, and kept.

    Attributes
    ----------
    audio_dir : Path
        Tracks of GTZAN in genre folders; those whose artist is not known are left out.
    work : Path
        Where the tables lie, so that the same call goes on where it stopped.
    n_jobs, progress, notice
        As in `extraction.extract.extract`.
    """

    audio_dir: Path
    work: Path
    n_jobs: int
    progress: Progress
    notice: Notice

    def tracks(self) -> frozenset[str]:
        """Return the tracks of GTZAN whose artist is known; SplitError where there are none."""
        found = {track.track_id for track in read_catalogue(self.audio_dir).tracks}
        known = frozenset(found & _artist_folds().keys())
        if not known:
            msg = f"{self.audio_dir}: no track of GTZAN whose artist is known. Give GTZAN's genre folders"
            raise SplitError(msg)
        return known

    def tables(
        self, features: FeatureConfig, length: SegmentConfig, only: frozenset[str]
    ) -> list[tuple[str, Table]]:
        """Return the rows of some tracks as they are, and by each deformation."""
        music, work = Music(self.audio_dir), self.work
        sets = (features.feature_set,)
        extract_sets(music, work / CLEAN, sets, DEFAULT_SEGMENTS, self.n_jobs, self.progress, self.notice)
        places = [(CLEAN, work / CLEAN)]
        for one in DEFORMATIONS:
            self.notice(f"Deforming: {one.label}")
            extract_deformed(
                self.audio_dir,
                deformed_folder(work, one, SEED),
                one,
                ExtractConfig(features=features, segments=(length,)),
                seed=SEED,
                only=only,
                overwrite=True,  # those of earlier versions do not say what they are
                n_jobs=self.n_jobs,
                progress=self.progress,
                notice=self.notice,
            )
            places.append((one.name, deformed_folder(work, one, SEED)))
        return [(name, read_table(table_path(at, features.feature_set, length.name))) for name, at in places]


def _artist_folds() -> dict[str, int]:
    """Return the published artist fold of each track of GTZAN that has one, from 0."""
    folds = gtzan.facts()["artist_fold"].dropna()
    return {str(track): int(fold) - 1 for track, fold in folds.items()}


def measure_deformed(audio: AudioTables, candidate: Candidate, division: Division) -> Robustness:
    """Fit without each third of the artists, and test that third's tracks as they are and deformed.

    Raises
    ------
    SplitError
        If no track is one of GTZAN's with a known artist.
    """
    fold_of = _artist_folds()
    only = audio.tracks()
    data = division.opened.data
    rules = {
        int(division.folds[test[0]]): (
            fit_calibrated(candidate, division.training(train), division.names),
            unlike_rule(known_music(data, division.names, train)),
        )
        for train, test in division.artist_parts()
    }
    meta = division.opened.table.meta
    tables = audio.tables(
        FeatureConfig(feature_set=meta.feature_set), SegmentConfig.parse(candidate.segment), only
    )
    genres = data.genres
    some = {track: fold for track, fold in fold_of.items() if track in only}
    all_tables = [(OWN_ROWS, division.opened.table), *tables]
    found = {name: _answers(table, rules, some, genres) for name, table in all_tables}
    labels = {OWN_ROWS: "their rows in the training table", CLEAN: "as it is"}
    labels |= {one.name: one.label for one in DEFORMATIONS}
    rows = {name: _row(labels[name], answers, found[CLEAN]) for name, answers in found.items()}
    return Robustness(audio=audio_words(Music(audio.audio_dir)), rows=rows)


def _answers(
    table: Table,
    rules: Mapping[int, tuple[StoredRule, UnlikeRule | None]],
    fold_of: Mapping[str, int],
    genres: tuple[str, ...],
) -> Answers:
    """Predict each track by the model that did not hear its artist."""
    tracks = table.frame["track_id"].to_numpy(dtype=str)
    fold = np.array([fold_of.get(track, -1) for track in tracks])
    y = np.array([genres.index(genre) for genre in table.frame["genre"].astype(str)])
    X: npt.NDArray[np.float64] = np.asarray(table.values(), dtype=np.float64)
    given: dict[str, int] = {}
    own: dict[str, int] = {}
    rejected: dict[str, bool] = {}
    for number, (rule, unlike) in rules.items():
        at = np.flatnonzero(fold == number)
        if not at.size:
            continue
        names, of = np.unique(tracks[at], return_inverse=True)
        best = aggregate(rule.predict_proba(X[at]), of, "mean").predicted
        given |= dict(zip(names.tolist(), best.tolist(), strict=True))
        own |= dict(zip(names.tolist(), per_track(y[at], of).tolist(), strict=True))
        rejected |= {
            str(name): unlike is not None and unlike.rejects(X[at[of == i]]) for i, name in enumerate(names)
        }
    return Answers(given, own, rejected)


def _row(label: str, answers: Answers, clean: Answers) -> dict[str, float | int | str]:
    tracks = sorted(answers.given)
    correct = np.array([answers.given[track] == answers.own[track] for track in tracks])
    changed = [answers.given[track] != clean.given[track] for track in tracks if track in clean.given]
    interval = Drawn.of_tracks(tracks, [answers.own[track] for track in tracks]).interval(correct)
    return {
        "label": label,
        "accuracy": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "n_tracks": len(tracks),
        "changed": float(np.mean(changed)),
        "rejected": float(np.mean([answers.rejected[track] for track in tracks])),
    }
