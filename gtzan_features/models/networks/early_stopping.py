"""What trainings that go by epochs share: checks, and a validation part of whole tracks or artists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.errors import InputError
from gtzan_features.models.spec import TrainingData, inner_splits

if TYPE_CHECKING:
    import numpy.typing as npt

    IntVector = npt.NDArray[np.int64]


def grouped_validation(
    X: npt.NDArray[np.floating],
    y: IntVector,
    groups: IntVector,
    share: float,
    seed: int,
    apart: IntVector | None = None,
) -> tuple[IntVector, IntVector]:
    """Divide training rows once more, by track or artist: positions to train on and to watch.

    Parameters
    ----------
    X, y, groups
        Training rows, their classes and tracks.
    share : float
        About how much to watch; 0 for nothing.
    seed : int
        Of the division.
    apart : ndarray of shape (n_rows,), optional
        What is kept on one side where that is more than the track: its artist.

    Raises
    ------
    InputError
        If a genre has one track only, so that no honest part can be set aside.
    """
    if not share:
        return np.arange(len(y)), np.empty(0, dtype=np.int64)
    splits = inner_splits(TrainingData(X=X, y=y, groups=groups, apart=apart), max(2, round(1 / share)), seed)
    if not splits:
        msg = "early stopping needs two tracks of each genre to train on. Add tracks, or set validation=0"
        raise InputError(msg)
    return splits[0]
