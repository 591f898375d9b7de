"""The rule by which a model answers "none of these", and how often it errs, from its training rows alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.cluster.hierarchy import fcluster, ward

from gtzan_features.models.applying.unlike import (
    UnlikeRates,
    UnlikeRule,
    column_quantiles,
    distances,
    mean_of_nearest,
    normal_scores,
)
from gtzan_features.models.applying.usual_level import changed_by_gain
from gtzan_features.models.spec import TrainingData, inner_splits

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]
    IntVector = npt.NDArray[np.int64]

FALSE_REJECTION = 0.05
"""Share of music like the training music that may be answered by "none of these"."""

FEWEST_TRACKS = 30
"""Of fewer tracks, no threshold leaves 5 % beyond it with any certainty."""

MOST_TRACKS = 2000
MOST_COLUMNS = 500
"""Of more columns, as many are taken at equal steps: of the 3660 of ``full`` they tell as much as all."""

MOST_CENTRES = 8
"""Groups of tracks that stand for a genre: they tell as much as all its tracks do, and a model holds no
copy of its training rows."""

_FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMusic:
    """Training rows, and what they belong to.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_columns)
        As `models.applying.unlike.unlike_rows` gives them; rows of a track in their order.
    y, tracks, artists : ndarray of int, shape (n_rows,)
        Genre, track and artist of each row; a track whose artist is not known is an artist by itself.
    genres : tuple of str
    columns : sequence of str
        Names of the columns; empty where no name tells what a gain changes.
    n_nameless : int
        Tracks whose artist is not known.
    made : ndarray of bool of shape (n_rows,), optional
        Rows of augmented copies, each of which is a track of its source's artist. They are known music, by
        which columns are scaled and near which new music is known; thresholds and rates are those of the
        recorded tracks alone, as all that is calibrated.
    """

    X: npt.NDArray[np.floating]
    y: IntVector
    tracks: IntVector
    artists: IntVector
    genres: tuple[str, ...]
    columns: Sequence[str] = ()
    n_nameless: int = 0
    made: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class _Fold:
    """Distances of the tracks that a fold holds out.

    `known[i, j]` is that of track ``held[i]`` by its first ``counts[j]`` rows, NaN where it has fewer;
    `whole[i]` that by all its rows, and `by_genre[i, g]` the same where genre g is left out.
    """

    held: IntVector
    known: FloatArray
    whole: FloatArray
    by_genre: FloatArray


def unlike_rule(music: KnownMusic, asked: float = FALSE_REJECTION, seed: int = 0) -> UnlikeRule | None:
    """Learn what is unlike the training music, from inner folds in which whole artists are left out.

    Parameters
    ----------
    music : KnownMusic
        The rows that a model is fitted on.
    asked : float
        Share of known music that may be rejected, within (0, 1).
    seed : int
        Of the inner folds.

    Returns
    -------
    UnlikeRule or None
        None where there are fewer than `FEWEST_TRACKS` tracks, a genre has a single one, or no column varies.
    """
    music = _some_tracks(music)
    first = np.unique(music.tracks, return_index=True)[1]
    recorded = np.ones(len(first), dtype=np.bool_) if music.made is None else ~music.made[first]
    used = _used_columns(music)
    if recorded.sum() < FEWEST_TRACKS or not used.size:
        return None
    y, artists = music.y[first], music.artists[first]
    training = TrainingData(X=np.zeros((len(first), 1)), y=y, groups=np.arange(len(first)), apart=artists)
    splits = inner_splits(training, _FOLDS, seed)
    if not splits:
        return None
    rows = np.asarray(music.X[:, used], dtype=np.float64)
    of = np.unique(music.tracks, return_inverse=True)[1].astype(np.int64)
    counts = _counts(of)
    folds = [_recorded(_held_out(rows, of, y, counts, split), recorded) for split in splits]
    quantiles = column_quantiles(rows)
    places, _ = _places(normal_scores(rows, quantiles), of, ())
    centres, _ = _centres(places, y)
    return UnlikeRule(
        used=used,
        quantiles=quantiles,
        centres=centres,
        counts=counts,
        thresholds=_thresholds(np.concatenate([fold.known for fold in folds]), asked),
        rates=_rates(music, folds, y, artists, asked),
    )


def _some_tracks(music: KnownMusic) -> KnownMusic:
    """Take `MOST_TRACKS` tracks at equal steps through the genres where there are more.

    Where there are copies, half of them are recorded tracks, if there are so many.
    """
    first = np.unique(music.tracks, return_index=True)[1]
    if len(first) <= MOST_TRACKS:
        return music
    made = np.zeros(len(first), dtype=np.bool_) if music.made is None else music.made[first]
    n_made = min(MOST_TRACKS // 2, int(made.sum()))
    n_recorded = min(MOST_TRACKS - n_made, int((~made).sum()))
    parts = (
        at_equal_steps(music.y, first[~made], n_recorded),
        at_equal_steps(music.y, first[made], MOST_TRACKS - n_recorded),
    )
    kept = np.isin(music.tracks, music.tracks[np.concatenate(parts)])
    return replace(
        music,
        X=music.X[kept],
        y=music.y[kept],
        tracks=music.tracks[kept],
        artists=music.artists[kept],
        made=None if music.made is None else music.made[kept],
    )


def at_equal_steps(y: IntVector, first: IntVector, number: int) -> IntVector:
    """Return so many of the first rows of tracks, at equal steps through the genres `y` of rows."""
    ordered = first[np.argsort(y[first], kind="stable")]
    if number >= len(ordered):
        return ordered
    chosen: IntVector = ordered[np.linspace(0, len(ordered) - 1, number).round().astype(np.int64)]
    return chosen


def _used_columns(music: KnownMusic) -> IntVector:
    """Return the columns that vary and that no gain changes: a quiet recording is like a loud one."""
    varies = music.X.min(axis=0) < music.X.max(axis=0)
    if music.columns:
        varies &= ~changed_by_gain(music.columns)
    found = np.flatnonzero(varies)
    if found.size > MOST_COLUMNS:
        found = found[np.linspace(0, found.size - 1, MOST_COLUMNS).round().astype(np.int64)]
    return found.astype(np.int64)


def _counts(of: IntVector) -> tuple[int, ...]:
    """Return the numbers of rows for which there is a threshold: 1, 2, 4 …, and that of most tracks.

    As many tracks as `FEWEST_TRACKS` have so many rows.
    """
    rows_of_track = np.sort(np.bincount(of))
    most = int(min(np.median(rows_of_track), rows_of_track[-FEWEST_TRACKS]))
    powers = (2**power for power in range(most.bit_length()))
    return tuple(sorted({*powers, most}))


def _places(
    scores: FloatArray, of: IntVector, counts: tuple[int, ...]
) -> tuple[FloatArray, list[FloatArray]]:
    """Return the mean scores of each track, and of its first rows: NaN where it has fewer than a count."""
    order = np.argsort(of, kind="stable")
    n_rows = np.bincount(of)
    starts = np.concatenate([[0], np.cumsum(n_rows)])
    summed = np.concatenate([np.zeros((1, scores.shape[1])), np.cumsum(scores[order], axis=0)])
    whole = (summed[starts[1:]] - summed[starts[:-1]]) / n_rows[:, None]
    some = []
    for count in counts:
        place = (summed[np.minimum(starts[:-1] + count, len(scores))] - summed[starts[:-1]]) / count
        place[n_rows < count] = np.nan
        some.append(place)
    return whole, some


def _centres(places: FloatArray, y: IntVector) -> tuple[FloatArray, IntVector]:
    """Return the means of groups of tracks that are alike, `MOST_CENTRES` of each genre, and their genres.

    Groups are those of Ward's method, which has no chance in it.
    """
    found, of_genre = [], []
    for genre in np.unique(y):
        own = places[y == genre]
        if len(own) > MOST_CENTRES:
            group = fcluster(ward(own), MOST_CENTRES, criterion="maxclust")
            own = np.stack([own[group == number].mean(axis=0) for number in np.unique(group)])
        found.append(own)
        of_genre += [genre] * len(own)
    return np.concatenate(found), np.array(of_genre, dtype=np.int64)


def _held_out(
    rows: FloatArray, of: IntVector, y: IntVector, counts: tuple[int, ...], split: tuple[IntVector, IntVector]
) -> _Fold:
    """Return how far held-out tracks lie from the others of a fold, whose rows alone scale the columns.

    Where a genre is left out, its rows still have their part in the scale, which makes no difference that
    could be measured.
    """
    train, held = split
    scores = normal_scores(rows, column_quantiles(rows[np.isin(of, train)]))
    whole, some = _places(scores, of, counts)
    centres, of_genre = _centres(whole[train], y[train])
    known = np.full((len(held), len(counts)), np.nan)
    for j, places in enumerate(some):
        has = np.isfinite(places[held, 0])
        known[has, j] = mean_of_nearest(distances(places[held[has]], centres))
    apart = distances(whole[held], centres)
    n_genres = int(y.max()) + 1
    by_genre = np.stack([mean_of_nearest(apart[:, of_genre != genre]) for genre in range(n_genres)], axis=1)
    return _Fold(held, known, mean_of_nearest(apart), by_genre)


def _recorded(fold: _Fold, recorded: npt.NDArray[np.bool_]) -> _Fold:
    """Return what is known of the recorded tracks of a fold."""
    of = recorded[fold.held]
    return _Fold(fold.held[of], fold.known[of], fold.whole[of], fold.by_genre[of])


def _thresholds(known: FloatArray, asked: float) -> tuple[float, ...]:
    """Return the largest distance of known music for each count; rounded, as processors differ beyond."""
    return tuple(round(_largest(column, asked), 6) for column in known.T)


def _largest(known: FloatArray, asked: float) -> float:
    """Return the distance that new music of the same kind exceeds with a probability of `asked` at most.

    Examples
    --------
    >>> _largest(np.arange(1.0, 100.0), 0.05)
    95.0
    """
    found = np.sort(known[np.isfinite(known)])
    return float(found[min(int(np.ceil((1 - asked) * (len(found) + 1))), len(found)) - 1])


def _rates(
    music: KnownMusic, folds: list[_Fold], y: IntVector, artists: IntVector, asked: float
) -> UnlikeRates:
    """Measure on each fold what thresholds of the other folds do, by all rows of a track."""
    n_genres = len(music.genres)
    rejected, detected = np.zeros((2, len(y)), dtype=bool)
    held = np.concatenate([fold.held for fold in folds])
    for fold in folds:
        others = [one for one in folds if one is not fold]
        limit = _largest(np.concatenate([one.whole for one in others]), asked)
        of_held = y[fold.held]
        rejected[fold.held] = fold.whole > limit
        for genre in range(n_genres):
            rest = np.concatenate([one.by_genre[y[one.held] != genre, genre] for one in others])
            own = of_held == genre
            detected[fold.held[own]] = fold.by_genre[own, genre] > _largest(rest, asked)
    counts = [
        np.bincount(y[held], weights=some[held], minlength=n_genres).astype(np.int64).tolist()
        for some in (np.ones(len(y)), rejected, detected)
    ]
    return UnlikeRates(
        asked=asked,
        folds=len(folds),
        n_nameless=music.n_nameless,
        genres=music.genres,
        tracks=tuple(counts[0]),
        rejected=tuple(counts[1]),
        detected=tuple(counts[2]),
        by_artist=_by_artist(y[held], artists[held], rejected[held], detected[held]),
    )


def _by_artist(
    y: IntVector, artists: IntVector, rejected: npt.NDArray[np.bool_], detected: npt.NDArray[np.bool_]
) -> tuple[tuple[int, ...], ...]:
    """Count tracks, rejected and detected ones of each artist in each genre, in the order of the genres."""
    pairs, of = np.unique(np.stack([y, artists], axis=1), axis=0, return_inverse=True)
    numbers = [np.bincount(of.ravel(), weights=some) for some in (np.ones(len(y)), rejected, detected)]
    table = np.column_stack([pairs[:, 0], *numbers]).astype(np.int64)
    return tuple(tuple(row) for row in sorted(table.tolist()))
