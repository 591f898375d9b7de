"""The protocols as splitters of scikit-learn, for `cross_val_score`, `GridSearchCV` and `learning_curve`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils.validation import check_consistent_length, column_or_1d

from gtzan_features.config import DEFAULT_FOLDS, SplitConfig
from gtzan_features.datasets import gtzan
from gtzan_features.datasets.catalogue import artist_of
from gtzan_features.datasets.groups import gtzan_artist_folds
from gtzan_features.datasets.splits import group_folds, make_split
from gtzan_features.datasets.training_arrays import duplicate_labels
from gtzan_features.errors import ConfigError, SplitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Rows = npt.NDArray[np.int64]

_PYTHON = (
    (r"--folds (\d+)", r"n_splits=\1"),
    (r"leave --folds out", "give n_splits=None"),
    (r" Or leave out genres with fewer: --min-tracks \d+\.", " Or leave out genres with fewer."),
    (r"--protocol artist, which", "ArtistKFold, which"),
    (r"--protocol track", "TrackKFold"),
    (r"--evaluate-on valid", 'evaluate_on="valid"'),
    (r"--train-on (\S+?)(?=[: ])", r'train_on="\1"'),
)
"""Options of the command line, and what they are called here."""


class ProtocolSplitter(BaseCrossValidator):  # type: ignore[misc]  # scikit-learn has no types
    """A protocol of this package in the form that scikit-learn's `cv` takes.

    Where metadata is routed, `groups` are requested without being asked for.
    """

    __metadata_request__split = {"groups": True}  # noqa: RUF012 - how scikit-learn reads it

    _protocol = ""
    n_splits: int | None
    seed: int

    def config(self) -> SplitConfig:
        """Return the protocol, as the command line and `evaluate` have it."""
        return SplitConfig(protocol=self._protocol, folds=self.n_splits, seed=self.seed)

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Rows, Rows]]:  # noqa: ANN401
        """Yield the rows to train on and to test on, for each fold.

        Parameters
        ----------
        X : array-like of shape (n_rows, ...)
            Rows of numbers tell exact copies of a track; anything else is only counted.
        y : array-like of shape (n_rows,)
            Class of each row.
        groups : array-like of shape (n_rows,)
            See the class.

        Yields
        ------
        train, test : ndarray of int
            Positions of rows. No row of a group is in both, unless the class says so.

        Raises
        ------
        SplitError
            If these rows cannot be divided so; the message says what can be done.
        """
        try:
            yield from self._pairs(*self._checked(X, y, groups))
        except SplitError as error:
            raise SplitError(_in_python(str(error))) from error

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ANN401
        """Return the number of folds; with ``n_splits=None`` it depends on the rows, which must be given."""
        if self.n_splits is not None:
            return self.n_splits
        return sum(1 for _ in self.split(X, y, groups))

    def _checked(self, X: Any, y: Any, groups: Any) -> tuple[Any, npt.NDArray[Any], npt.NDArray[np.str_]]:  # noqa: ANN401
        name = type(self).__name__
        if y is None:
            msg = f"{name} needs y: the class of each row"
            raise SplitError(msg)
        if groups is None:
            msg = f"{name} needs groups, such as groups=table.groups: which rows are of one track or artist"
            raise SplitError(msg)
        if np.ndim(y) == 2:
            msg = (
                f"{name} takes one class a row, and these rows have several labels: use scikit-learn's "
                "GroupKFold with groups=table.groups (or table.artists), or gf.evaluate"
            )
            raise SplitError(msg)
        check_consistent_length(X, y, groups)
        return X, column_or_1d(y), column_or_1d(groups).astype(str)

    def _pairs(
        self,
        X: Any,  # noqa: ANN401 - whatever is divided
        y: npt.NDArray[Any],
        tracks: npt.NDArray[np.str_],
    ) -> list[tuple[Rows, Rows]]:
        """Return train and test of each fold, where groups are tracks."""
        rows = _numbered(y, tracks)
        divided = rows.groupby("group")["genre"].nunique()
        if (divided > 1).any():
            what = f"group {divided.idxmax()!r} has rows of {divided.max()} classes"
            msg = f'{what}: groups must be ids of tracks, such as table.frame["track_id"]'
            raise SplitError(msg)
        return make_split(rows, duplicate_labels(rows, _numbers(X)), self.config()).folds(rows)


class TrackKFold(ProtocolSplitter):
    """Folds of whole tracks, stratified by class; exact copies of a track stay on one side.

    For the same track ids, the folds of ``gtzan fit --protocol track``: they do not depend on the order or
    the number of rows. (In ``table.groups`` copies have one name and count as one track, and so folds may
    differ a little; ``table.frame["track_id"]`` names each track.)

    Parameters
    ----------
    n_splits : int or None
        Folds, 2 at least; refused where a class has fewer tracks. None: 10, or as many as the smallest
        class has tracks.
    seed : int
        Of the division.

    See Also
    --------
    ArtistKFold : No artist on two sides, which is harder and nearer to new music.

    Examples
    --------
    `groups` are tracks: ``table.groups``, or any names of yours.

    >>> import gtzan_features as gf
    >>> import numpy as np
    >>> from sklearn.model_selection import cross_val_score
    >>> rng = np.random.default_rng(0)
    >>> tracks = np.repeat([f"track {i}" for i in range(40)], 5)
    >>> genres = np.where(np.arange(200) < 100, "blues", "rock")
    >>> rows = rng.normal(size=(200, 20)) + (genres == "rock")[:, None]
    >>> cv = gf.TrackKFold(n_splits=4)
    >>> cross_val_score(gf.ShrinkageLDA(), rows, genres, groups=tracks, cv=cv).shape
    (4,)
    >>> train, test = next(cv.split(rows, genres, tracks))
    >>> sorted(set(tracks[train]) & set(tracks[test]))
    []
    """

    _protocol = "track"

    def __init__(self, n_splits: int | None = 10, seed: int = 0) -> None:
        self.n_splits = n_splits
        self.seed = seed
        _check(self)

    def _pairs(self, X: Any, y: npt.NDArray[Any], tracks: npt.NDArray[np.str_]) -> list[tuple[Rows, Rows]]:  # noqa: ANN401
        rows = _numbered(y, tracks)
        copies = duplicate_labels(rows, _numbers(X))
        # A group of two classes, as copies under two names are, is several tracks that stay together.
        several = rows[rows["group"] != rows["track_id"]]
        for _, tracks_of_group in several.groupby("group")["track_id"]:
            together = copies[tracks_of_group.unique()]
            copies = copies.replace(dict.fromkeys(together, together.iloc[0]))
        return make_split(rows, copies, self.config()).folds(rows)


class ArtistKFold(ProtocolSplitter):
    """Folds of whole artists: the way to measure how well music of unknown artists is classified.

    With track ids as `groups`, of GTZAN or of folders (``genre/artist/track``), the folds are those of
    ``gtzan fit --protocol artist``: for three folds of GTZAN the published ones, and tracks without a known
    artist are in no part. With names of artists as `groups`, such as ``table.artists``, each artist is kept
    whole; GTZAN's artists have their published fold here too.

    Parameters
    ----------
    n_splits : int or None
        Folds, 2 at least; refused where a class has fewer artists. None: 3, or as many as the smallest
        class has artists.
    seed : int
        Of the division; the published folds of GTZAN are fixed.

    References
    ----------
    .. [1] Foleis and Tavares, "Texture selection for automatic music genre classification", Applied Soft
       Computing 89, 2020.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> import numpy as np
    >>> from sklearn.model_selection import GridSearchCV
    >>> rng = np.random.default_rng(0)
    >>> artists = np.repeat([f"artist {i}" for i in range(20)], 10)
    >>> genres = np.where(np.arange(200) < 100, "blues", "rock")
    >>> rows = rng.normal(size=(200, 20)) + (genres == "rock")[:, None]
    >>> search = GridSearchCV(gf.ShrinkageLDA(), {"shrinkage": [0.1, 0.5]}, cv=gf.ArtistKFold(3))
    >>> search.fit(rows, genres, groups=artists).n_splits_
    3
    """

    _protocol = "artist"

    def __init__(self, n_splits: int | None = 3, seed: int = 0) -> None:
        self.n_splits = n_splits
        self.seed = seed
        _check(self)

    def _pairs(self, X: Any, y: npt.NDArray[Any], groups: npt.NDArray[np.str_]) -> list[tuple[Rows, Rows]]:  # noqa: ANN401
        names = set(groups.tolist())
        if gtzan.is_gtzan(names) or any(artist_of(name) for name in names):
            return super()._pairs(X, y, groups)
        fold = gtzan_artist_folds(groups) if self.n_splits in (None, DEFAULT_FOLDS["artist"]) else None
        if fold is None:
            labels = groups.astype(object)
            fold = group_folds(pd.Series(y), labels, self._fitting_number(y, groups), self.config())
        return _complete_pairs(fold, y)

    def _fitting_number(self, y: npt.NDArray[Any], groups: npt.NDArray[np.str_]) -> int:
        if self.n_splits is not None:
            return self.n_splits
        return min(DEFAULT_FOLDS["artist"], *(len(set(groups[y == label])) for label in np.unique(y)))


class FaultFiltered(ProtocolSplitter):
    """The fault-filtered split of GTZAN: 443 tracks to train on, 197 to validate, 290 to test, 70 left out.

    Tracks that are damaged, mislabelled or repeated are in no part. `groups` must be GTZAN's track ids,
    ``"blues.00000"`` and so on: ``table.frame["track_id"]``.

    Parameters
    ----------
    evaluate_on : {"test", "valid"}
        The part that is tested; the other one of the two is not used, but for `train_on`.
    train_on : {"train", "train+valid"}
        Whether the validation part is trained on, too: published figures differ on it.

    References
    ----------
    .. [1] Kereliuk, Sturm and Larsen, "Deep learning and music adversaries", IEEE Transactions on
       Multimedia 17(11), 2015.

    Examples
    --------
    >>> import gtzan_features as gf
    >>> import numpy as np
    >>> genres = "blues classical country disco hiphop jazz metal pop reggae rock".split()
    >>> tracks = np.array([f"{genre}.{i:05d}" for genre in genres for i in range(100)])
    >>> rows = np.random.default_rng(0).normal(size=(1000, 3))
    >>> ((train, test),) = gf.FaultFiltered().split(rows, np.repeat(genres, 100), tracks)
    >>> len(train), len(test)
    (443, 290)
    >>> both = gf.FaultFiltered(train_on="train+valid")
    >>> ((train, test),) = both.split(rows, np.repeat(genres, 100), tracks)
    >>> len(train), len(test)
    (640, 290)
    """

    _protocol = "fault-filtered"

    def __init__(self, evaluate_on: str = "test", train_on: str = "train") -> None:
        self.evaluate_on = evaluate_on
        self.train_on = train_on
        _check(self)

    def config(self) -> SplitConfig:
        """Return the protocol, as the command line and `evaluate` have it."""
        if self.evaluate_on not in ("test", "valid"):
            msg = f'evaluate_on={self.evaluate_on!r} is not known; it is "test" or "valid"'
            raise ConfigError(msg)
        return SplitConfig(protocol=self._protocol, evaluate_on=self.evaluate_on, train_on=self.train_on)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ANN401, ARG002
        """Return 1."""
        return 1


class LeakedSegments(ProtocolSplitter):
    """LEAKED: folds of single rows, so that segments of one track are on both sides.

    What most notebooks on the Kaggle CSVs do, and why they find 90 %: a model recognises recordings, not
    genres. Here to measure that leak, and for nothing else.

    Parameters
    ----------
    n_splits : int or None
        Folds, 2 at least; refused where a class has fewer rows. None: 10, or as many as the smallest class
        has rows.
    seed : int
        Of the division.

    Examples
    --------
    Noise has no genre, and yet segments of known tracks are recognised:

    >>> import gtzan_features as gf
    >>> import numpy as np
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> rng = np.random.default_rng(0)
    >>> tracks, genres = np.repeat(np.arange(40), 5), np.repeat(["blues", "rock"], 100)
    >>> rows = rng.normal(size=(40, 20))[tracks] + 0.1 * rng.normal(size=(200, 20))
    >>> for cv in (gf.LeakedSegments(5), gf.TrackKFold(5)):
    ...     scores = cross_val_score(KNeighborsClassifier(1), rows, genres, groups=tracks, cv=cv)
    ...     print(cv, scores.mean() > 0.9)
    LeakedSegments(n_splits=5, seed=0) True
    TrackKFold(n_splits=5, seed=0) False
    """

    _protocol = "segment"

    def __init__(self, n_splits: int | None = 5, seed: int = 0) -> None:
        self.n_splits = n_splits
        self.seed = seed
        _check(self)

    def _checked(self, X: Any, y: Any, groups: Any) -> tuple[Any, npt.NDArray[Any], npt.NDArray[np.str_]]:  # noqa: ANN401
        # Tracks only give the order of rows, which is that of the command's tables.
        if groups is None and y is not None:
            groups = [f"row {i:09d}" for i in range(len(y))]
        return super()._checked(X, y, groups)

    def _pairs(self, X: Any, y: npt.NDArray[Any], tracks: npt.NDArray[np.str_]) -> list[tuple[Rows, Rows]]:  # noqa: ANN401, ARG002
        rows = _numbered(y, tracks)
        names = rows["track_id"].unique()
        return make_split(rows, pd.Series(names, index=names), self.config()).folds(rows)


def _check(splitter: ProtocolSplitter) -> None:
    """Refuse settings that cannot be meant, in the words of Python."""
    try:
        splitter.config()
    except ConfigError as error:
        raise ConfigError(_in_python(str(error))) from error


def _numbered(y: npt.NDArray[Any], groups: npt.NDArray[np.str_]) -> pd.DataFrame:
    """Return group, track, class and number within its track of each row; a track has one class."""
    rows = pd.DataFrame({"group": groups, "track_id": groups, "genre": y})
    mixed = rows.groupby("group")["genre"].transform("nunique").to_numpy() > 1
    pairs = zip(groups[mixed], y[mixed], strict=True)
    rows.loc[mixed, "track_id"] = [f"{group} ({label})" for group, label in pairs]
    return rows.assign(segment=rows.groupby("track_id").cumcount())


def _in_python(message: str) -> str:
    for pattern, words in _PYTHON:
        message = re.sub(pattern, words, message)
    return message


def _numbers(X: Any) -> npt.NDArray[Any]:  # noqa: ANN401 - whatever is divided
    """Return rows of numbers to find copies by; for other rows, a number that no other row has."""
    rows = X.to_numpy() if hasattr(X, "to_numpy") else np.asarray(X)
    return rows if rows.dtype.kind in "fiu" else np.arange(len(X))[:, None]


def _complete_pairs(fold: Rows, y: npt.NDArray[Any]) -> list[tuple[Rows, Rows]]:
    """Return train and test of each fold from 0, after checking that each class is in both."""
    pairs = []
    for number in np.unique(fold[fold >= 0]):
        train, test = np.flatnonzero((fold >= 0) & (fold != number)), np.flatnonzero(fold == number)
        for name, part in (("training", train), ("test", test)):
            missing = np.setdiff1d(y, y[part])
            if missing.size:
                where = f"the {name} part of fold {number + 1}"
                msg = f"no row of class {missing[0]} in {where}. Use fewer folds, or TrackKFold"
                raise SplitError(msg)
        pairs.append((train, test))
    return pairs
