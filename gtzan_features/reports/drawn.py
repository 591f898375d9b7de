"""What intervals draw and paired tests flip as one, artists within genres, and how tables say so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.datasets.units import track_units
from gtzan_features.evaluation.comparison import PairedComparison, compare, exact_p
from gtzan_features.evaluation.intervals import Interval, accuracy_interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from gtzan_features.tables.predictions import Predictions


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What tracks, or rows of them, count with.

    Attributes
    ----------
    units : ndarray of str
        Artist of each; its track where he is not known.
    genres : ndarray
        Its true genre, within which units are drawn: how many tracks of each genre there are was chosen.
    """

    units: npt.NDArray[np.str_]
    genres: npt.NDArray[np.generic]

    @classmethod
    def of_tracks(
        cls, tracks: Sequence[str], genres: Sequence[object], named: Mapping[str, str] | None = None
    ) -> Drawn:
        """Find what tracks (or rows, given by their tracks) count with; `named` as for `track_units`."""
        return cls(units=track_units(tracks, named), genres=np.asarray(genres))

    @classmethod
    def of_rows(cls, predictions: Predictions) -> Drawn:
        """Find what each row of a predictions table counts with."""
        units = track_units(predictions.tracks, predictions.artists)
        return cls(
            units=units[predictions.track_index], genres=predictions.frame["genre"].to_numpy(dtype=str)
        )

    def at(self, places: npt.NDArray[np.int64]) -> Drawn:
        """Return the same of some of the tracks or rows."""
        return Drawn(units=self.units[places], genres=self.genres[places])

    def interval(self, correct: npt.NDArray[np.bool_]) -> Interval:
        """Return the 95 % interval of an accuracy: over artists within genres, or Wilson's over tracks."""
        return accuracy_interval(correct, self.units, self.genres)

    def compare(self, first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> PairedComparison:
        """Test two models on these tracks: by artist, or by McNemar's test where each has one track."""
        found = compare(first, second, self.units, self.genres)
        return replace(found, test=exact_test(found.n, found.n_units))

    def p_value(self, first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> float:
        """Return the p-value of `compare` alone, which takes no resamples."""
        return exact_p(first, second, self.units, self.genres)


def exact_test(n_tracks: int, n_units: int) -> str:
    """Return what the exact paired test of so many tracks and units is called."""
    return "exact McNemar" if n_units == n_tracks else "exact sign-flip by artist"


def exact_tests(counts: Iterable[tuple[int, int]]) -> str:
    """Return what the exact paired tests of a table are called, by the tracks and units of each.

    Examples
    --------
    >>> exact_tests([(948, 412)]), exact_tests([(60, 60)])
    ('exact sign-flip test by artist', 'exact McNemar test')
    >>> exact_tests([(948, 412), (60, 60)])
    'exact sign-flip test by artist (McNemar where no two tracks are of one artist)'
    """
    names = {exact_test(*count) for count in counts}
    if names == {"exact McNemar"}:
        return "exact McNemar test"
    also = " (McNemar where no two tracks are of one artist)" if len(names) > 1 else ""
    return f"exact sign-flip test by artist{also}"


def p_title(counts: Iterable[tuple[int, int]]) -> str:
    """Return the title of a column of p-values, by the tracks and units of each test."""
    by_artist = {units < tracks for tracks, units in counts}
    if by_artist == {False}:
        return "exact McNemar p"
    return "exact p, by artist" if by_artist == {True} else "exact p, by artist or McNemar"


def interval_words(counts: Iterable[tuple[str, int, int]]) -> str:
    """Say what the intervals of a table draw.

    Parameters
    ----------
    counts : iterable of (str, int, int)
        Protocol, tracks and units of each figure.

    Examples
    --------
    >>> interval_words([("track 10-fold", 60, 60)])  # doctest: +ELLIPSIS
    "Where no two tracks are known to be of one artist, 95 % intervals are Wilson's over tracks, ..."
    """
    once = dict.fromkeys(counts)
    by_artist = [one for one in once if one[2] < one[1]]
    by_track = [one for one in once if one[2] == one[1]]
    said = []
    if by_artist:
        listed = "; ".join(f"{name}: {tracks} tracks, {units} units" for name, tracks, units in by_artist)
        said.append(
            "95 % intervals draw artists within genres, each with all of their tracks; a track of unknown "
            f"artist is a unit by itself ({listed})."
        )
    if by_track:
        listed = "; ".join(f"{name}: {tracks} tracks" for name, tracks, _ in by_track)
        said.append(
            "Where no two tracks are known to be of one artist, 95 % intervals are Wilson's over tracks, and "
            f"those of single segments draw tracks within genres ({listed})."
        )
    return " ".join(said)


def label_interval_words(counts: Iterable[tuple[str, int, int]]) -> str:
    """Say what the intervals draw of tracks that may have several labels; see `interval_words`."""
    listed = "; ".join(
        f"{name}: {tracks} tracks, {units} units" for name, tracks, units in dict.fromkeys(counts)
    )
    return (
        "95 % intervals draw artists, each with all of their tracks; a track of unknown artist is a unit by "
        f"itself ({listed})."
    )


def frame_words(frame: pd.DataFrame) -> str:
    """Say what intervals draw in a table of results with ``protocol``, ``n_tracks`` and ``ci_units``."""
    return interval_words(_counts(frame))


def frame_tests(frame: pd.DataFrame) -> str:
    """Return what the exact paired tests of a table of results are called."""
    return exact_tests((tracks, units) for _, tracks, units in _counts(frame))


def _counts(frame: pd.DataFrame) -> list[tuple[str, int, int]]:
    rows = frame[["protocol", "n_tracks", "ci_units"]].drop_duplicates()
    return [(str(p), int(n), int(u)) for p, n, u in rows.itertuples(index=False, name=None)]
