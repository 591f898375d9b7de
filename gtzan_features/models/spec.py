"""What a model is to the rest of the package."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gtzan_features.datasets.stratified_groups import StratifiedGroups
from gtzan_features.models.words import FEATURES as FEATURES
from gtzan_features.models.words import SPECTROGRAMS as SPECTROGRAMS

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    FloatMatrix = npt.NDArray[np.floating]
    IntVector = npt.NDArray[np.int64]


def ignore(epoch: Any) -> None:  # noqa: ANN401 - whatever a model tells
    """Take no note of an epoch."""


def nothing_else(_: str) -> bool:
    """Allow no type beside those that every stored model may hold."""
    return False


class Classifier(Protocol):
    """The part of scikit-learn's interface that the package uses after fitting."""

    def predict_proba(self, X: FloatMatrix) -> npt.NDArray[Any]:
        """Return probabilities of shape (n_rows, n_genres), each row summing to 1."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """Rows to fit on: features, genre indices 0..k-1 (all present), and the track of each row.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_features)
        Features, or spectrograms frame after frame.
    y, groups : ndarray of shape (n_rows,)
        Genre and track of each row.
    shape : tuple of int, optional
        Frames and bands of a row where rows are spectrograms.
    augment : tuple of str
        Augmentations of spectrograms to use while learning.
    on_epoch : callable
        Told of each epoch by models that learn in epochs.
    families : tuple of str
        Family of each column; empty where rows are spectrograms.
    apart : ndarray of shape (n_rows,), optional
        What inner folds keep on one side where that is more than the track: its artist.
    made : ndarray of bool of shape (n_rows,), optional
        Which rows augmentation made: learned from, and no measure of how sure a model may be.
    labels : ndarray of bool of shape (n_rows, n_labels), optional
        Which labels each row has, where a track may have several; `y` is then the rarest of them.
    stratum : ndarray of shape (n_rows,), optional
        What inner folds are stratified by instead of `y`: the rarest label, for all labels alike.
    threads : int
        How many a fit may use where they change nothing in its result.
    """

    X: FloatMatrix
    y: IntVector
    groups: IntVector
    shape: tuple[int, int] | None = None
    augment: tuple[str, ...] = ()
    on_epoch: Callable[[Any], None] = ignore
    families: tuple[str, ...] = ()
    apart: IntVector | None = None
    made: npt.NDArray[np.bool_] | None = None
    labels: npt.NDArray[np.bool_] | None = None
    stratum: IntVector | None = None
    threads: int = 1

    @property
    def recorded(self) -> IntVector:
        """Positions of the rows that no augmentation made."""
        return np.arange(len(self.y)) if self.made is None else np.flatnonzero(~self.made)

    def take(self, rows: IntVector) -> TrainingData:
        """Return some of the rows; the epoch callback is not passed on to subsets."""
        apart = None if self.apart is None else self.apart[rows]
        made = None if self.made is None else self.made[rows]
        labels = None if self.labels is None else self.labels[rows]
        some = replace(self, X=self.X[rows], y=self.y[rows], groups=self.groups[rows], apart=apart, made=made)
        stratum = None if self.stratum is None else self.stratum[rows]
        return replace(some, labels=labels, stratum=stratum, on_epoch=ignore)

    def of_label(self, number: int) -> TrainingData:
        """Return the rows with one of several labels for the question: 1 where a row has it, else 0."""
        if self.labels is None:
            msg = "these rows have one genre each"
            raise ValueError(msg)
        return replace(self, y=self.labels[:, number].astype(np.int64), labels=None, stratum=self.y)


@dataclass(frozen=True, slots=True)
class Range:
    """Where a number may be searched: within [low, high], whole where both ends are."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Values among which a setting may be searched."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A classifier by name.

    Attributes
    ----------
    name : str
        As on the command line.
    summary : str
        One line for ``gtzan fit --list``.
    fit : callable
        ``fit(data, settings, seed) -> Classifier``. Whatever is chosen inside (calibration, early
        stopping) is chosen on inner splits that keep the segments of a track together.
    settable : callable
        Returns the names that ``--set`` takes.
    storage : {"skops", "xgboost", "arrays"}
        Format of the stored model.
    defaults : dict
        Settings that differ from the library's own defaults.
    inputs : tuple of str
        Kinds of rows that it takes: `FEATURES`, `SPECTROGRAMS` or both.
    calibrated : bool
        Whether `fit` calibrates the probabilities on inner folds by itself.
    space : dict
        Where ``gtzan tune`` searches each setting; empty for a model that it does not know.
    limits : dict of str to (low, high)
        Within which a setting can be meant, where its library would not refuse it; whole numbers where
        both ends are.
    may_hold : callable
        Says of a type's full name whether a stored model may hold it, beside the types that every model may.
    one_vs_rest : bool
        Whether it is fitted to several labels a track, as one model a label.
    streamed : callable, optional
        ``streamed(rows, settings, seed) -> Classifier`` fits on rows that are not held in memory; None where
        the model cannot.
    """

    name: str
    summary: str
    fit: Callable[[TrainingData, dict[str, Any], int], Classifier]
    settable: Callable[[], set[str]]
    storage: str = "skops"
    defaults: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = (FEATURES,)
    calibrated: bool = False
    space: dict[str, Range | Choice] = field(default_factory=dict)
    limits: dict[str, tuple[float, float]] = field(default_factory=dict)
    may_hold: Callable[[str], bool] = nothing_else
    one_vs_rest: bool = True
    streamed: Callable[[Any, dict[str, Any], int], Classifier] | None = None


def inner_splits(data: TrainingData, folds: int, seed: int) -> list[tuple[IntVector, IntVector]]:
    """Split training rows again, stratified, with all segments of a track on one side.

    Where the protocol keeps artists on one side, inner folds do so too: what is chosen on them is meant for
    artists that were not learned from. Fewer folds are used where a genre has fewer tracks or artists; tracks
    alone are kept whole where a genre has a single artist, and an empty list is returned where it has a
    single track, so that no honest inner split exists.
    """
    by_artist = [] if data.apart is None else _splits(data, data.apart, folds, seed)
    return by_artist or _splits(data, data.groups, folds, seed)


def _splits(data: TrainingData, whole: IntVector, folds: int, seed: int) -> list[tuple[IntVector, IntVector]]:
    counts = [np.unique(whole[data.y == genre]).size for genre in np.unique(data.y)]
    count = min(folds, *counts)
    if count < 2:
        return []
    n_genres = np.unique(data.y).size
    by = [data.y] if data.stratum is None else [data.stratum, data.y]
    for stratum in by:
        rows = np.asarray(stratum, np.int64).tobytes()
        # What is divided of millions of rows takes too much memory to be kept.
        divided = _stratified if len(data.y) <= _KEPT_ROWS else _stratified.__wrapped__
        splits = divided(rows, np.asarray(whole, np.int64).tobytes(), count, seed)
        if splits and all(np.unique(data.y[train]).size == n_genres for train, _ in splits):
            return splits
    return []


_KEPT_ROWS = 1 << 20


@lru_cache(maxsize=16)
def _stratified(stratum: bytes, whole: bytes, count: int, seed: int) -> list[tuple[IntVector, IntVector]]:
    """Divide rows by their strata, kept since dividing takes longer than many a fit: of int64 in bytes."""
    y, groups = np.frombuffer(stratum, dtype=np.int64), np.frombuffer(whole, dtype=np.int64)
    splitter = StratifiedGroups(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        try:
            return list(splitter.split(y, y, groups))
        except ValueError:  # every stratum is smaller than that
            return []
