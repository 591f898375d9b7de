"""Any division of rows that scikit-learn makes, as a split of this package."""

from __future__ import annotations

import inspect
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.model_selection import check_cv

from gtzan_features.config import SplitConfig
from gtzan_features.datasets.splits import ALL_SEGMENTS, Split
from gtzan_features.errors import SplitError

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.datasets.training_arrays import Dataset

    Pairs = list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]

CUSTOM = "custom"
"""What the protocol of such a split is called."""

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomSplitConfig(SplitConfig):
    """The name of a split that this package did not make.

    Attributes
    ----------
    splitter : str
        What made it, in words: ``GroupKFold(n_splits=3)``.
    crossed : bool
        Whether segments of one track (or copies of it) stand in both training and test.
    """

    protocol: str = CUSTOM
    splitter: str = ""
    crossed: bool = False

    def __post_init__(self) -> None:
        """Take whatever was made."""

    @property
    def leaked(self) -> bool:
        """Whether segments of one track (or copies of it) stand in both training and test."""
        return self.crossed

    @property
    def n_folds(self) -> int:
        """No folds that could be asked for by number."""
        return 0

    @property
    def name_of_all(self) -> str:
        """The splitter in words."""
        return f"{CUSTOM} {self.splitter}"


def custom_split(
    splitter: Any,  # noqa: ANN401 - whatever scikit-learn takes as `cv`
    data: Dataset,
    artists: npt.NDArray[Any],
    seed: int,
) -> Split:
    """Divide the rows of a table by a splitter of scikit-learn.

    Parameters
    ----------
    splitter : cross-validation generator, iterable of (train, test) or int
        As scikit-learn's `cv`.
    data : Dataset
        The rows.
    artists : ndarray of shape (n_rows,)
        What the splitter gets as `groups`.
    seed : int
        Of the model.

    Raises
    ------
    SplitError
        If a row is tested twice or none is, a training part lacks a genre, or parts are divided in a way that
        a split cannot say: under folds, whatever a fold does not test is trained on.
    """
    y = np.array(data.genres)[data.y]
    words = splitter_words(splitter)
    try:
        found = check_cv(splitter, y, classifier=True)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The groups parameter is ignored")
            pairs = [(np.asarray(a), np.asarray(b)) for a, b in found.split(data.X, y, artists)]
    except (ValueError, TypeError) as error:
        msg = f"protocol={words} cannot divide these rows: {error}"
        raise SplitError(msg) from error
    if not hasattr(splitter, "split"):
        words = f"{len(pairs)} given parts"
    _check_pairs(pairs, data, words)
    groups = data.groups()
    crossed = any(np.intersect1d(groups[train], groups[test]).size for train, test in pairs)
    config = CustomSplitConfig(splitter=words, crossed=crossed, seed=seed)
    split = Split(frame=_frame(pairs, data.rows), config=config)
    again = split.folds(data.rows)
    same = len(again) == len(pairs) and all(
        np.array_equal(np.sort(a), np.sort(b))
        for one, other in zip(pairs, again, strict=True)
        for a, b in zip(one, other, strict=True)
    )
    if not same:
        msg = (
            f"protocol={words}: under folds, each row that a fold does not test must be trained on, or never "
            "be used. Give one pair of parts at a time, or a splitter such as GroupKFold"
        )
        raise SplitError(msg)
    return split


def splitter_words(splitter: Any) -> str:  # noqa: ANN401
    """Return a splitter's class and what was set of it.

    Examples
    --------
    >>> from sklearn.model_selection import GroupKFold
    >>> splitter_words(GroupKFold(3))
    'GroupKFold(n_splits=3)'
    """
    if not hasattr(splitter, "split"):
        return _ADDRESS.sub("", " ".join(repr(splitter).split()))
    parameters = inspect.signature(type(splitter).__init__).parameters.values()
    told = [
        f"{one.name}={getattr(splitter, one.name)!r}"
        for one in parameters
        if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
        and repr(getattr(splitter, one.name, one.default)) != repr(one.default)
    ]
    return _ADDRESS.sub("", f"{type(splitter).__name__}({', '.join(told)})")


def _check_pairs(pairs: Pairs, data: Dataset, words: str) -> None:
    times = np.zeros(len(data.y), dtype=np.int64)
    for number, (train, test) in enumerate(pairs, 1):
        times[test] += 1
        if data.labels is None:
            lacking = sorted(set(range(len(data.genres))) - set(data.y[train].tolist()))
        else:
            lacking = np.flatnonzero(~data.labels[train].any(axis=0)).tolist()
        if lacking:
            msg = f"protocol={words}: part {number} has no {data.genres[lacking[0]]} to train on; use fewer"
            raise SplitError(msg)
    if not times.any():
        msg = f"protocol={words} tests no row"
        raise SplitError(msg)
    if times.max() > 1:
        msg = (
            f"protocol={words} tests {int((times > 1).sum())} rows more than once, and a figure counts each "
            "once. Use a splitter whose test parts do not overlap"
        )
        raise SplitError(msg)


def _frame(pairs: Pairs, rows: pd.DataFrame) -> pd.DataFrame:
    """Say of each row, or of each track where its rows agree, in which part it is."""
    fold = np.zeros(len(rows), dtype=np.int64)
    role = np.full(len(rows), "excluded", dtype="<U8")
    for train, _ in pairs:
        role[train] = "train"
    for number, (_, test) in enumerate(pairs):
        fold[test], role[test] = number, "test"
    frame = pd.DataFrame(
        {"track_id": rows["track_id"], "segment": rows["segment"], "fold": fold, "role": role}
    ).sort_values(["track_id", "segment"], ignore_index=True)
    by_track = frame.groupby("track_id")[["fold", "role"]].nunique()
    if (by_track == 1).all(axis=None):
        whole: pd.DataFrame = frame.drop_duplicates("track_id", ignore_index=True)
        return whole.assign(segment=ALL_SEGMENTS)
    return frame
