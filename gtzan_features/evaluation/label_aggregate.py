"""From the label probabilities of segments to those of tracks, where a track has several labels.

Each label is a question of its own with the answers yes and no, so that the probabilities of a row sum to
anything. For segments s of a track, a label l and its threshold t(l):

``mean``
    Arithmetic mean of p(s, l) over s; given where it is at least t(l).
``vote``
    Share of the segments with p(s, l) >= t(l); given where it is at least a half.
``log-mean``
    Geometric mean of the odds p / (1 - p), turned into a probability: what ``log-mean`` is for two genres,
    the label and its absence. Given where it is at least t(l).

Nothing depends on the order of the rows, to the last bit, as in `aggregate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.evaluation.aggregate import PROBABILITY_FLOOR, Method, checked_method, track_sums
from gtzan_features.evaluation.arrays import BoolArray, FloatArray, IntArray, as_index, as_label_probabilities

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

HALF = 0.5
"""The threshold where none was chosen, and the share of segments that makes a vote."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelScores:
    """Label probabilities of tracks, one row per track.

    Attributes
    ----------
    method, track
        As of `aggregate.TrackScores`.
    probabilities : ndarray of shape (n_tracks, n_labels)
        Within [0, 1]; rows sum to anything. For ``vote`` shares of votes.
    given : ndarray of bool of shape (n_tracks, n_labels)
        Which labels each track gets; none at all is possible.
    """

    method: Method
    track: IntArray
    probabilities: FloatArray
    given: BoolArray


def aggregate_labels(
    probabilities: ArrayLike, track_index: ArrayLike, method: Method, thresholds: ArrayLike = HALF
) -> LabelScores:
    """Gather the label probabilities of segments into those of tracks.

    Parameters
    ----------
    probabilities : array_like of shape (n_rows, n_labels)
        Of each segment, each within [0, 1].
    track_index : array_like of shape (n_rows,)
        Integer that names the track of each segment; any integers, in any order.
    method : {"vote", "mean", "log-mean"}
        See the module.
    thresholds : float, or array_like of shape (n_labels,) or (n_rows, n_labels)
        From which probability on a label is given; the rows of a track have the same ones.

    Returns
    -------
    LabelScores
        Tracks in ascending order of their index.

    Raises
    ------
    ConfigError
        If the method is unknown.
    ModelError
        If the probabilities are none.
    ValueError
        If shapes do not fit, or there is no row.

    Examples
    --------
    >>> p = [[0.9, 0.2], [0.7, 0.4], [0.2, 0.6]]
    >>> for method in ("vote", "mean", "log-mean"):
    ...     found = aggregate_labels(p, [7, 7, 7], method)
    ...     print(method, found.probabilities.round(2).tolist(), found.given.tolist())
    vote [[0.67, 0.33]] [[True, False]]
    mean [[0.6, 0.4]] [[True, False]]
    log-mean [[0.63, 0.39]] [[True, False]]
    """
    checked_method(method)
    rows = as_label_probabilities(probabilities)
    index = as_index(track_index, "track_index", rows.shape[0])
    limits = np.broadcast_to(np.asarray(thresholds, dtype=np.float64), rows.shape)
    track, first, of_row, counts = np.unique(
        index, return_index=True, return_inverse=True, return_counts=True
    )
    size = counts[:, None]
    of_track = limits[first]
    if method == "vote":
        gathered = track_sums((rows >= limits).astype(np.float64), of_row, track.size) / size
        return LabelScores(method, track, gathered, gathered >= HALF)
    if method == "mean":
        gathered = track_sums(rows, of_row, track.size) / size
    else:
        clipped = np.clip(rows, PROBABILITY_FLOOR, 1.0 - PROBABILITY_FLOOR)
        odds = track_sums(np.log(clipped) - np.log1p(-clipped), of_row, track.size) / size
        gathered = 1.0 / (1.0 + np.exp(-odds))
    return LabelScores(method, track, gathered, gathered >= of_track)


def best_threshold(truth: ArrayLike, probabilities: ArrayLike) -> float:
    """Return the threshold of one label that gives the largest F1 on some tracks.

    Halfway between two neighbouring probabilities; of equally good ones the nearest to `HALF`, of these the
    larger. `HALF` where no track or every track has the label, so that there is nothing to choose.

    Parameters
    ----------
    truth : array_like of bool of shape (n_tracks,)
        Which tracks have the label.
    probabilities : array_like of shape (n_tracks,)
        By models that had not seen these tracks.

    Examples
    --------
    >>> round(best_threshold([True, True, False, False], [0.4, 0.3, 0.1, 0.05]), 6)
    0.2
    """
    y = np.asarray(truth, dtype=bool)
    p = np.asarray(probabilities, dtype=np.float64)
    if y.all() or not y.any():
        return HALF
    order = np.argsort(-p, kind="stable")
    falling, hits = p[order], np.cumsum(y[order])
    last = np.flatnonzero(np.append(np.diff(falling) != 0, True))  # of each group of equal ones
    f1 = 2 * hits[last] / (last + 1 + y.sum())
    below = np.append(falling[last[:-1] + 1], 0.0)
    middle = (falling[last] + below) / 2
    best = np.flatnonzero(f1 >= f1.max() - 1e-12)
    # Halfway to zero below the last probability: every track gets the label, as it did there.
    nearest = min(best, key=lambda i: (abs(middle[i] - HALF), -middle[i]))
    return float(middle[nearest])
