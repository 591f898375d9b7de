"""Which families of features to keep, chosen on inner folds of the training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_softmax, softmax

from gtzan_features.errors import ModelError
from gtzan_features.models.calibration import grouped_splits, inverse_temperature
from gtzan_features.models.estimators.preprocessing import RankNormal
from gtzan_features.models.estimators.shrunk_covariance import Moments, moments

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gtzan_features.models.spec import IntVector, TrainingData

    FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _InnerFold:
    """Moments of the training rows of an inner fold, and its other rows."""

    moments: Moments
    X: FloatArray
    rows: IntVector


def chosen_families(data: TrainingData, seed: int) -> tuple[str, ...]:
    """Leave out families one by one, while the accuracy on tracks of inner folds improves.

    Starting from all families, that one is left out whose absence lowers the log-loss of tracks most, as
    long as it lowers it by more than the standard error of the difference over tracks: less is the chance
    of the folds. The loss is that of `lda` on ranks, tempered, on inner folds; rows outside `data` have no
    part in it, and of rows that augmentation made, which are learned from, none is counted. The judge is
    the same for every model, so that the cost is bounded: the moments of each fold are taken once, and each
    of the n (n + 1) / 2 trials at most solves for some of the columns.

    Parameters
    ----------
    data : TrainingData
        With the family of each column.
    seed : int
        Of the inner folds.

    Returns
    -------
    tuple of str
        Families to keep, in the order of their first columns; at least one.

    Raises
    ------
    ModelError
        If there are no two families, or a genre has a single track.
    """
    kept = list(dict.fromkeys(data.families))
    if len(kept) < 2:
        msg = "families=auto needs features of two families at least. Leave it out, or fit a larger set"
        raise ModelError(msg)
    folds = [_inner_fold(data, train, valid) for train, valid in grouped_splits(data, seed)]
    loss = _losses(data, folds, kept)
    while len(kept) > 1:
        without = [_losses(data, folds, [f for f in kept if f != family]) for family in kept]
        best = int(np.argmin([one.mean() for one in without]))
        gain = loss - without[best]
        if gain.mean() <= gain.std() / np.sqrt(len(gain)):
            break
        loss = without[best]
        del kept[best]
    return tuple(kept)


def columns_of(families: Sequence[str], kept: Sequence[str]) -> IntVector:
    """Return the positions of the columns whose family is kept."""
    return np.flatnonzero(np.isin(np.asarray(families, dtype=str), list(kept)))


def _inner_fold(data: TrainingData, train: IntVector, valid: IntVector) -> _InnerFold:
    ranks = RankNormal().fit(data.X[train])
    found = moments(ranks.transform(data.X[train]), data.y[train], data.groups[train])
    return _InnerFold(found, ranks.transform(data.X[valid]), valid)


def _losses(data: TrainingData, folds: Sequence[_InnerFold], kept: Sequence[str]) -> FloatArray:
    """Log-loss of each track by its mean tempered probabilities, over its recorded rows."""
    columns = columns_of(data.families, kept)
    logits = np.empty((len(data.y), len(folds[0].moments.log_priors)))
    for fold in folds:
        weights, offsets = fold.moments.rule(fold.moments.shrinkage, columns)
        logits[fold.rows] = fold.X[:, columns] @ weights + offsets
    logits, y = logits[data.recorded], data.y[data.recorded]
    p = softmax(inverse_temperature(logits, y) * logits, axis=1)
    _, first, track = np.unique(data.groups[data.recorded], return_index=True, return_inverse=True)
    summed = np.zeros((len(first), p.shape[1]))
    np.add.at(summed, track, p)
    mean = log_softmax(np.log(summed), axis=1)
    return np.asarray(-mean[np.arange(len(first)), y[first]])
