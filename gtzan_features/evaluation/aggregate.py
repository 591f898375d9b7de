"""From the probabilities of segments to one prediction per track.

Three methods. For segments s of a track and genres g:

``vote``
    Share of the segments whose most probable genre is g.
``mean``
    Arithmetic mean of p(s, g) over s.
``log-mean``
    Geometric mean of max(p(s, g), `PROBABILITY_FLOOR`) over s, normalised to sum to one: the product
    of experts, in which one confident segment can veto a genre.

All three rank the genres of a track by the same rule: by score, then by summed probability, then by
genre order. For ``mean`` the first two are the same thing; for ``vote`` the second decides between
genres with equally many votes, those without any among them, so that top-2 is defined for a
unanimous track too. Within a segment, the first of equally probable genres in genre order gets the vote.

Nothing depends on the order of the rows, to the last bit: values are summed in ascending order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from gtzan_features.errors import ConfigError
from gtzan_features.evaluation.arrays import FloatArray, IntArray, as_index, as_probabilities

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Method: TypeAlias = Literal["vote", "mean", "log-mean"]

METHODS: tuple[Method, ...] = get_args(Method)
"""Names of the aggregation methods, in the order in which they are printed."""

PROBABILITY_FLOOR = 1e-12
"""Smallest probability that a logarithm is taken of: no single zero rules a genre out for good."""


@dataclass(frozen=True, slots=True, eq=False)
class TrackScores:
    """Scores of tracks, one row per track.

    Attributes
    ----------
    method : str
        How segments were gathered: ``vote``, ``mean`` or ``log-mean``.
    track : ndarray of shape (n_tracks,)
        The distinct values of the track index, ascending.
    n_segments : ndarray of shape (n_tracks,)
        Segments that each track had, at least one.
    probabilities : ndarray of shape (n_tracks, n_genres)
        Within [0, 1], rows sum to one. For ``vote`` these are shares of votes: frequencies, mostly
        0 or 1, so that a log-loss of them is coarse and large.
    ranking : ndarray of shape (n_tracks, n_genres)
        Genre indices, best first; every tie is broken.
    """

    method: Method
    track: IntArray
    n_segments: IntArray
    probabilities: FloatArray
    ranking: IntArray

    @property
    def predicted(self) -> IntArray:
        """Genre index of each track, shape (n_tracks,)."""
        return self.ranking[:, 0]


def aggregate(probabilities: ArrayLike, track_index: ArrayLike, method: Method) -> TrackScores:
    """Gather the probabilities of segments into scores of tracks.

    Parameters
    ----------
    probabilities : array_like of shape (n_rows, n_genres)
        Of each segment; rows sum to one. Columns are in genre order.
    track_index : array_like of shape (n_rows,)
        Integer that names the track of each segment; any integers, in any order.
    method : {"vote", "mean", "log-mean"}
        See the module.

    Returns
    -------
    TrackScores
        Tracks in ascending order of their index. With one segment per track the three methods give
        the same ranking.

    Raises
    ------
    ConfigError
        If the method is unknown.
    ModelError
        If the probabilities hold NaN or are no probabilities.
    ValueError
        If shapes do not fit, or there is no row.

    References
    ----------
    .. [1] Kittler et al., "On combining classifiers", IEEE TPAMI 20(3), 1998.

    Examples
    --------
    >>> p = [[0.5, 0.4, 0.1], [0.5, 0.4, 0.1], [0.0, 0.9, 0.1]]
    >>> [aggregate(p, [7, 7, 7], method).predicted.tolist() for method in METHODS]
    [[0], [1], [1]]
    """
    checked_method(method)
    rows = as_probabilities(probabilities)
    index = as_index(track_index, "track_index", rows.shape[0])
    track, of_row, n_segments = np.unique(index, return_inverse=True, return_counts=True)
    sums = track_sums(rows, of_row, track.size)
    if method == "vote":
        score = _votes(rows, of_row, track.size)
        gathered = score / n_segments[:, None]
    elif method == "mean":
        score = sums
        gathered = score / n_segments[:, None]
    else:
        score = track_sums(np.log(np.maximum(rows, PROBABILITY_FLOOR)), of_row, track.size)
        gathered = _softmax(score / n_segments[:, None])
    return TrackScores(method, track, n_segments.astype(np.int64), gathered, _rank(score, sums))


def checked_method(name: str) -> Method:
    """Return a method by its name; ConfigError where there is none of this name."""
    for method in METHODS:
        if method == name:
            return method
    msg = f"aggregation {name!r} is unknown: choose one of {', '.join(METHODS)}"
    raise ConfigError(msg)


def rank(probabilities: ArrayLike) -> IntArray:
    """Order the genres of each row by probability, ties by genre order.

    Parameters
    ----------
    probabilities : array_like of shape (n_rows, n_genres)
        Rows sum to one.

    Returns
    -------
    ndarray of shape (n_rows, n_genres)
        Genre indices, most probable first.

    Examples
    --------
    >>> rank([[0.25, 0.5, 0.25]]).tolist()
    [[1, 0, 2]]
    """
    rows = as_probabilities(probabilities)
    return _rank(rows, rows)


def per_track(values: ArrayLike, track_index: ArrayLike) -> NDArray[np.generic]:
    """Value that all rows of a track share, such as its true genre or its artist.

    Parameters
    ----------
    values : array_like of shape (n_rows,)
        One value per segment.
    track_index : array_like of shape (n_rows,)
        As for `aggregate`.

    Returns
    -------
    ndarray of shape (n_tracks,)
        In the order of `TrackScores.track`.

    Raises
    ------
    ValueError
        If two rows of a track differ, or shapes do not fit.

    Examples
    --------
    >>> per_track(["rock", "jazz", "rock"], [9, 2, 9]).tolist()
    ['jazz', 'rock']
    """
    index = as_index(track_index, "track_index")
    rows: NDArray[np.generic] = np.asarray(values)
    if rows.shape != index.shape:
        msg = f"values must have the shape {index.shape} of track_index; got {rows.shape}"
        raise ValueError(msg)
    track, first, of_row = np.unique(index, return_index=True, return_inverse=True)
    shared: NDArray[np.generic] = rows[first]
    differs = shared[of_row] != rows
    if differs.any():
        msg = f"track {track[of_row[np.argmax(differs)]]} has rows with different values"
        raise ValueError(msg)
    return shared


def track_sums(values: FloatArray, of_row: IntArray, n_tracks: int) -> FloatArray:
    """Sum the rows of each track, shape (n_tracks, n_genres).

    Each column of each track is summed in ascending order of its values, one after the other: equal
    sets of values have equal sums, bit for bit, whatever rows they are in.
    """
    n_genres = values.shape[1]
    cell = (of_row[:, None] * n_genres + np.arange(n_genres)).ravel()
    flat = values.ravel()
    order = np.lexsort((flat, cell))
    sums = np.bincount(cell[order], weights=flat[order], minlength=n_tracks * n_genres)
    return sums.astype(np.float64).reshape(n_tracks, n_genres)


def _votes(rows: FloatArray, of_row: IntArray, n_tracks: int) -> FloatArray:
    """Count the rows of each track that each genre wins, shape (n_tracks, n_genres)."""
    n_genres = rows.shape[1]
    cell = of_row * n_genres + np.argmax(rows, axis=1)
    votes: FloatArray = np.bincount(cell, minlength=n_tracks * n_genres).astype(np.float64)
    return votes.reshape(n_tracks, n_genres)


def _softmax(logs: FloatArray) -> FloatArray:
    powers: FloatArray = np.exp(logs - logs.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def _rank(score: FloatArray, sums: FloatArray) -> IntArray:
    """Genre indices by score, then summed probability, then genre order; lexsort is stable."""
    return np.lexsort((-sums, -score), axis=-1).astype(np.int64)
