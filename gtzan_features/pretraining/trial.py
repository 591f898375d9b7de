"""Which candidate is taken, and how good a model is that was chosen so.

The choice is a part of what is tested: wherever a model is tested, the candidate was chosen on inner folds of
the rows that it was trained on, which keep artists together. No tested track has any part in it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gtzan_features.config import SplitConfig
from gtzan_features.datasets.groups import inner_groups
from gtzan_features.datasets.splits import make_split
from gtzan_features.errors import SplitError
from gtzan_features.models.spec import TrainingData, inner_splits
from gtzan_features.pretraining.candidates import (
    SEED,
    SMALLEST,
    Candidate,
    fit_calibrated,
    fit_rule,
    track_loss,
    track_temperature,
)
from gtzan_features.reports.scores import LevelScore, score_tracks
from gtzan_features.tables.predictions import PROBABILITY, Predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from gtzan_features.training.load_rows import Fittable

    IntArray = npt.NDArray[np.int64]
    Part = tuple[IntArray, IntArray]
    Ticked = Callable[[], None]

ARTIST, FILTERED = "artist", "fault-filtered"
CHOICE_FOLDS = 5
"""Inner folds on which a candidate is chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a candidate reached on inner folds.

    Attributes
    ----------
    candidate : Candidate
    score : LevelScore
        Of tracks.
    loss : float
        Log-loss of tracks in nats, at the temperature that suits these rows best. The choice goes by it: it
        varies less by chance than the accuracy.
    """

    candidate: Candidate
    score: LevelScore
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What the choice and the fit reach together on artists that they did not know.

    Attributes
    ----------
    score : LevelScore
        Of tracks.
    chosen : dict
        How often each candidate was chosen, in words.
    """

    score: LevelScore
    chosen: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """Rows of GTZAN's tracks by what they are for.

    Attributes
    ----------
    opened : Fittable
        The table.
    roles : ndarray of str of shape (n_rows,)
        ``train``, ``valid``, ``test`` or ``excluded`` of the fault-filtered split.
    folds : ndarray of int of shape (n_rows,)
        Published artist fold from 0; -1 where the artist is not known.
    apart : ndarray of int of shape (n_rows,)
        What inner folds keep on one side: artists.
    """

    opened: Fittable
    roles: npt.NDArray[np.str_]
    folds: IntArray
    apart: IntArray

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.opened.table.feature_names)

    @property
    def all_rows(self) -> IntArray:
        """Positions of all rows."""
        return np.arange(len(self.roles))

    def training(self, rows: IntArray) -> TrainingData:
        """Return rows to fit on."""
        data = self.opened.data
        return TrainingData(
            X=data.X[rows],
            y=data.y[rows],
            groups=data.groups()[rows],
            families=self.opened.families,
            apart=self.apart[rows],
        )

    def filtered_parts(self) -> list[Part]:
        """Return training and test rows of the fault-filtered split."""
        return [(np.flatnonzero(self.roles == "train"), np.flatnonzero(self.roles == "test"))]

    def artist_parts(self) -> list[Part]:
        """Return training and test rows of each published artist fold."""
        used = self.folds >= 0
        return [
            (np.flatnonzero(used & (self.folds != fold)), np.flatnonzero(self.folds == fold))
            for fold in np.unique(self.folds[used])
        ]

    def inner_parts(self, rows: IntArray) -> list[Part]:
        """Return training and test rows of inner folds of some rows, with artists on one side."""
        return [
            (rows[train], rows[test]) for train, test in inner_splits(self.training(rows), CHOICE_FOLDS, SEED)
        ]

    def gathered(
        self, parts: Sequence[Part], probabilities: Sequence[npt.NDArray[np.float64]]
    ) -> Predictions:
        """Return the predictions of the test rows of some parts, as a table."""
        data = self.opened.data
        columns = [PROBABILITY + genre for genre in data.genres]
        frames = []
        for number, ((_, test), p) in enumerate(zip(parts, probabilities, strict=True)):
            keys = data.rows.iloc[test][["track_id", "segment", "genre"]].reset_index(drop=True)
            frames.append(pd.concat([keys.assign(fold=number), pd.DataFrame(p, columns=columns)], axis=1))
        frame = pd.concat(frames).sort_values(["track_id", "segment"], kind="stable", ignore_index=True)
        return Predictions(frame=frame, genres=data.genres)


def divided(opened: Fittable) -> Division:
    """Divide the rows of GTZAN's tracks.

    Raises
    ------
    SplitError
        If tracks are not GTZAN's, or a training part has fewer than two artists of a genre.
    """
    data = opened.data
    roles = _of_rows(opened, SplitConfig(protocol=FILTERED), "role", "excluded").astype(str)
    division = Division(
        opened=opened,
        roles=roles,
        folds=_of_rows(opened, SplitConfig(protocol=ARTIST, folds=3), "fold", -1).astype(np.int64),
        apart=inner_groups(data.rows, data.copies, SplitConfig(protocol=ARTIST)),
    )
    for train, test in (*division.filtered_parts(), *division.artist_parts()):
        _check_genres(division, train)
        if not test.size:
            msg = f"{opened.place}: no track of the test part of {FILTERED}. Give more of GTZAN"
            raise SplitError(msg)
    return division


def _check_genres(division: Division, train: IntArray) -> None:
    """Refuse training rows without two artists of each genre: there would be nothing to choose on."""
    data = division.opened.data
    for number, genre in enumerate(data.genres):
        artists = np.unique(division.apart[train][data.y[train] == number])
        if artists.size < 2:
            msg = (
                f"{division.opened.place}: a training part has {artists.size} artists of {genre}, and 2 are "
                "needed to choose on. Give more tracks of GTZAN"
            )
            raise SplitError(msg)


def _of_rows(opened: Fittable, config: SplitConfig, column: str, missing: object) -> npt.NDArray[np.object_]:
    data = opened.data
    frame = make_split(data.rows, data.copies, config).frame.set_index("track_id")
    values = frame[column].where(frame["role"] != "excluded", missing)
    return values.reindex(data.rows["track_id"]).to_numpy(dtype=object)


def tried(
    candidates: Sequence[Candidate], division: Division, rows: IntArray, tick: Ticked
) -> tuple[Trial, ...]:
    """Try candidates on inner folds of some rows; the best is first."""
    parts, trials = division.inner_parts(rows), []
    for candidate in candidates:
        p = [
            fit_rule(candidate, division.training(train), division.names).predict_proba(
                division.opened.data.X[test]
            )
            for train, test in parts
        ]
        found = division.gathered(parts, p)
        trials.append(Trial(candidate=candidate, score=score_tracks(found), loss=least_loss(found)))
        tick()
    return tuple(sorted(trials, key=lambda trial: trial.loss))


def least_loss(predictions: Predictions) -> float:
    """Return the log-loss of tracks at the temperature that makes it smallest."""
    logits = np.log(np.maximum(predictions.probabilities, SMALLEST))
    factor = track_temperature(logits, predictions.y_true, predictions.track_index)
    return track_loss(factor * logits, predictions.y_true, predictions.track_index)


def tested(
    candidates: Sequence[Candidate], division: Division, parts: Sequence[Part], tick: Ticked
) -> Tested:
    """Choose and fit on the first rows of each part, and test on the second."""
    found, chosen = [], Counter[str]()
    for train, test in parts:
        best = tried(candidates, division, train, tick)[0].candidate
        chosen[best.words()] += 1
        rule = fit_calibrated(best, division.training(train), division.names)
        found.append(rule.predict_proba(division.opened.data.X[test]))
    return Tested(score=score_tracks(division.gathered(parts, found)), chosen=dict(chosen))
