"""Whether a recording is like the music that a model was trained on, by the nearest of that music.

A classifier's probabilities do not tell: it is as sure of a sine or of rain as of music. So the rows alone
are looked at, whatever the model: columns are ranked among the training rows, and a recording is as unlike
the training music as the mean of its rows lies far from the nearest groups of training tracks.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.errors import ModelError
from gtzan_features.models.applying.training_range import range_rows
from gtzan_features.models.archive import npz, read_npz
from gtzan_features.tables.atomic import atomic_path, write_text
from gtzan_features.tables.checked import DamagedError, checked_bytes, from_json, parse_json, what_is_wrong

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.tables.checked import Record

    FloatArray = npt.NDArray[np.float64]

UNLIKE, UNLIKE_ARRAYS = "unlike.json", "unlike.npz"

NONE_OF_THESE = "none of these"
"""The answer for music unlike the training music, in the place of a genre."""

N_NEAREST = 3
N_QUANTILES = 64
_LIMIT = 3.0  # of normal scores: beyond all training rows a column counts as this, however far it lies


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlikeRates:
    """How often a rule errs, measured on inner folds of its training music.

    Attributes
    ----------
    asked : float
        Share of known music that may be rejected, by which the threshold was chosen.
    folds : int
        Inner folds, in which whole artists were left out.
    n_nameless : int
        Tracks whose artist is not known, and which were left out by themselves.
    genres : tuple of str
    tracks : tuple of int
        Tracks of each genre, each in one of the folds.
    rejected : tuple of int
        Of these, as many were rejected by a threshold that was chosen on the other folds.
    detected : tuple of int
        Of these, as many were rejected by a rule for which the whole genre was left out, as were the
        artists of the fold.
    by_artist : tuple of tuple of int
        For each artist of each genre: the genre's number, tracks, rejected, detected. Who it is does not
        matter, and is not kept. Empty in models of earlier versions.
    """

    asked: float
    folds: int
    n_nameless: int
    genres: tuple[str, ...]
    tracks: tuple[int, ...]
    rejected: tuple[int, ...]
    detected: tuple[int, ...]
    by_artist: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlikeRule:
    """Tells whether a recording is unlike the training music.

    Attributes
    ----------
    used : ndarray of shape (n_used,)
        Positions of the columns that count.
    quantiles : ndarray of shape (n_used, n_quantiles)
        Of each of them over the training rows, ascending.
    centres : ndarray of shape (n_centres, n_used)
        Mean normal scores of groups of training tracks that are alike.
    counts : tuple of int
        Numbers of rows of a recording, ascending from 1.
    thresholds : tuple of float
        Largest distance of music like the training music, for recordings of so many rows or more: a mean
        over few rows lies farther from everything.
    rates : UnlikeRates
    """

    used: npt.NDArray[np.int64]
    quantiles: FloatArray
    centres: FloatArray
    counts: tuple[int, ...]
    thresholds: tuple[float, ...]
    rates: UnlikeRates

    def distance(self, rows: npt.NDArray[np.floating]) -> float:
        """Return how far a recording lies from the nearest training music.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_columns)
            Of one recording, as `unlike_rows` gives them.

        Returns
        -------
        float
            Root mean square over the columns, in standard deviations of normal scores; the mean over the
            nearest centres. From 0 to 6.
        """
        place = normal_scores(rows[:, self.used], self.quantiles).mean(axis=0)
        return float(nearest_distance(place[None, :], self.centres)[0])

    def threshold(self, n_rows: int) -> float:
        """Return the largest distance at which a recording of `n_rows` rows is like the training music."""
        return self.thresholds[int(np.searchsorted(self.counts, n_rows, side="right")) - 1]

    def rejects(self, rows: npt.NDArray[np.floating]) -> bool:
        """Whether a recording is unlike the training music, by its rows."""
        return self.distance(rows) > self.threshold(len(rows))


def unlike_rows(X: npt.NDArray[np.floating], shape: tuple[int, int] | None) -> npt.NDArray[np.floating]:
    """Return what is compared: features as they are; of a spectrogram, what no gain changes of its bands.

    Parameters
    ----------
    X, shape
        As `range_rows` takes them.

    Returns
    -------
    ndarray of shape (n_rows, n_features) or (n_rows, 2 * n_bands)
        For each band, its mean level over time less the mean of all bands, and its deviation over time; dB.

    Examples
    --------
    >>> unlike_rows(np.array([[1.0, 5.0, 3.0, 7.0]]), (2, 2))
    array([[-2.,  2.,  1.,  1.]])
    """
    balance = range_rows(X, shape)
    if shape is None:
        return balance
    return np.concatenate([balance, X.reshape(len(X), *shape).std(axis=1)], axis=1)


def column_quantiles(X: npt.NDArray[np.floating]) -> FloatArray:
    """Return quantiles of each column, of shape (n_columns, n_quantiles)."""
    shares = np.linspace(0, 1, max(2, min(N_QUANTILES, len(X))))
    return np.ascontiguousarray(np.quantile(np.asarray(X, dtype=np.float64), shares, axis=0).T)


def normal_scores(X: npt.NDArray[np.floating], quantiles: FloatArray) -> FloatArray:
    """Return the normal scores of the ranks of values among training rows, of the shape of `X`.

    Equal quantiles share their mean score, so that a scale or a shift of a column changes none, nor does any
    other increasing function of it, but for what lies between two quantiles.

    Examples
    --------
    >>> among = column_quantiles(np.arange(101.0)[:, None])
    >>> normal_scores(np.array([[-9.0], [50.0], [200.0]]), among).round(9).tolist()
    [[-3.0], [0.0], [3.0]]
    """
    shares = np.linspace(0, 1, quantiles.shape[1])
    normal = NormalDist()
    inner = [normal.inv_cdf(share) for share in shares[1:-1].tolist()]
    scores = np.clip(np.array([-_LIMIT, *inner, _LIMIT]), -_LIMIT, _LIMIT)
    scored = np.empty(X.shape)
    for i, values in enumerate(quantiles):
        own = scores
        if (values[1:] == values[:-1]).any():
            _, at, count = np.unique(values, return_inverse=True, return_counts=True)
            own = (np.bincount(at, scores) / count)[at]
        scored[:, i] = np.interp(X[:, i], values, own)
    return scored


def nearest_distance(places: FloatArray, centres: FloatArray) -> FloatArray:
    """Return the mean distance of each place to its nearest centres; see `UnlikeRule.distance`.

    Parameters
    ----------
    places : ndarray of shape (n_places, n_columns)
    centres : ndarray of shape (n_centres, n_columns)

    Returns
    -------
    ndarray of shape (n_places,)
    """
    return mean_of_nearest(distances(places, centres))


def distances(places: FloatArray, centres: FloatArray) -> FloatArray:
    """Return the root mean square difference of places and centres, of shape (n_places, n_centres)."""
    squares = np.square(places).sum(axis=1)[:, None] + np.square(centres).sum(axis=1) - 2 * places @ centres.T
    found: FloatArray = np.sqrt(np.maximum(squares, 0.0) / places.shape[1])
    return found


def mean_of_nearest(found: FloatArray) -> FloatArray:
    """Return the mean over the `N_NEAREST` smallest distances of each row, or all where there are fewer."""
    n = min(N_NEAREST, found.shape[1])
    return np.asarray(np.partition(found, n - 1, axis=1)[:, :n].mean(axis=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What ``unlike.json`` holds: `UnlikeRule` without its arrays, and `UnlikeRates`."""

    counts: tuple[float, ...]
    thresholds: tuple[float, ...]
    asked: float
    folds: int
    n_nameless: int
    genres: tuple[str, ...]
    tracks: tuple[float, ...]
    rejected: tuple[float, ...]
    detected: tuple[float, ...]
    by_artist: tuple[tuple[int, ...], ...] = ()


def save_unlike(folder: Path, rule: UnlikeRule) -> None:
    """Write ``unlike.json`` and ``unlike.npz`` into a model folder, before its card."""
    written = {"counts": rule.counts, "thresholds": rule.thresholds, **asdict(rule.rates)}
    write_text(folder / UNLIKE, json.dumps(written, sort_keys=True, allow_nan=False, indent=1) + "\n")
    arrays: dict[str, npt.NDArray[Any]] = {
        "used": rule.used,
        "quantiles": rule.quantiles,
        "centres": rule.centres.astype(np.float32),
    }
    with atomic_path(folder / UNLIKE_ARRAYS) as temporary:
        temporary.write_bytes(npz(arrays))


def load_unlike(folder: Path, files: Mapping[str, Record], n_columns: int) -> UnlikeRule | None:
    """Read the rule of a model folder; None for a model that was stored without.

    Parameters
    ----------
    folder : Path
        The model folder.
    files : mapping
        Hash and size of its files, from the model's card.
    n_columns : int
        Columns that `unlike_rows` gives of the model's rows.

    Raises
    ------
    ModelError
        If a file is missing though the card names it, is damaged, or belongs to another model.
    """
    if UNLIKE not in files:
        return None
    path = folder / UNLIKE
    try:
        found = from_json(_Written, parse_json(checked_bytes(path, files[UNLIKE])))
        counts, rates = _counts(found), _rates(found)
        path = folder / UNLIKE_ARRAYS
        arrays = _arrays(checked_bytes(path, files.get(UNLIKE_ARRAYS)), n_columns)
    except (DamagedError, OSError) as error:
        msg = f"{path}: {what_is_wrong(error)}. Fit the model again"
        raise ModelError(msg) from error
    return UnlikeRule(
        used=arrays["used"].astype(np.int64),
        quantiles=arrays["quantiles"].astype(np.float64),
        centres=arrays["centres"].astype(np.float64),
        counts=counts,
        thresholds=found.thresholds,
        rates=rates,
    )


def read_rates(folder: Path) -> UnlikeRates | None:
    """Read how often the rule of a model folder errs; None where there is no rule.

    Raises
    ------
    ModelError
        If the file is damaged.
    """
    path = folder / UNLIKE
    try:
        return _rates(from_json(_Written, parse_json(checked_bytes(path))))
    except FileNotFoundError:
        return None
    except (DamagedError, OSError) as error:
        msg = f"{path}: {what_is_wrong(error)}. Fit the model again"
        raise ModelError(msg) from error


def _arrays(content: bytes, n_columns: int) -> dict[str, npt.NDArray[Any]]:
    try:
        found = read_npz(content)
        arrays = {name: found[name] for name in ("used", "quantiles", "centres")}
    except Exception as error:  # whatever a parser of damaged archives raises
        msg = "not the arrays of this program"
        raise DamagedError(msg) from error
    used, quantiles, centres = arrays["used"], arrays["quantiles"], arrays["centres"]
    fits = (
        used.ndim == 1
        and quantiles.ndim == centres.ndim == 2
        and used.size == len(quantiles) == centres.shape[1] > 0
        and used.dtype.kind + quantiles.dtype.kind + centres.dtype.kind == "iff"
        and 0 <= used.min() <= used.max() < n_columns
        and min(quantiles.shape[1], len(centres)) > 1
        and bool(
            (np.diff(quantiles) >= 0).all() and np.isfinite(quantiles).all() and np.isfinite(centres).all()
        )
    )
    if not fits:
        msg = "belongs to another model"
        raise DamagedError(msg)
    return arrays


def _counts(found: _Written) -> tuple[int, ...]:
    counts = _whole(found.counts)
    if len(counts) != len(found.thresholds) or counts[0] != 1 or sorted(set(counts)) != list(counts):
        msg = "its counts and thresholds do not fit each other"
        raise DamagedError(msg)
    return counts


def _rates(found: _Written) -> UnlikeRates:
    by_genre = [_whole(values) for values in (found.tracks, found.rejected, found.detected)]
    if {len(values) for values in by_genre} != {len(found.genres)} or min(by_genre[0]) < 1:
        msg = "its genres and figures do not fit each other"
        raise DamagedError(msg)
    return UnlikeRates(
        asked=found.asked,
        folds=found.folds,
        n_nameless=found.n_nameless,
        genres=found.genres,
        tracks=by_genre[0],
        rejected=by_genre[1],
        detected=by_genre[2],
        by_artist=_by_artist(found, by_genre),
    )


def _by_artist(found: _Written, by_genre: list[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """Check that the counts of artists make up those of their genres."""
    rows = tuple(tuple(row) for row in found.by_artist)
    if not rows:
        return ()
    if {len(row) for row in rows} != {4} or max(row[0] for row in rows) >= len(found.genres):
        msg = "its artists are not those of its genres"
        raise DamagedError(msg)
    table = np.array(rows, dtype=np.int64)
    for of_genre, counts in zip(by_genre, table.T[1:], strict=True):
        if np.bincount(table[:, 0], weights=counts, minlength=len(of_genre)).tolist() != list(of_genre):
            msg = "its artists and genres do not have the same tracks"
            raise DamagedError(msg)
    return rows


def _whole(values: tuple[float, ...]) -> tuple[int, ...]:
    if not values or any(value != int(value) or value < 0 for value in values):
        msg = "holds numbers that are no counts"
        raise DamagedError(msg)
    return tuple(int(value) for value in values)
