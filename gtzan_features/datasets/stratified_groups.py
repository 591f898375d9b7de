"""Stratified folds that keep groups whole: scikit-learn's, of which each group is placed in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

if TYPE_CHECKING:
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

_RTOL, _ATOL = 1e-5, 1e-8  # of `numpy.isclose`


class StratifiedGroups(StratifiedGroupKFold):  # type: ignore[misc]  # untyped base
    """scikit-learn's `StratifiedGroupKFold`, fold by fold the same, in a fraction of the time.

    That one tries the folds for each group one by one, with a dozen calls of NumPy for each. Here all are
    tried at once; a version that places groups elsewhere than in ``_find_best_fold`` divides as it does by
    itself.

    Examples
    --------
    >>> genres, tracks = np.repeat([0, 1], 12), np.repeat(np.arange(8), 3)
    >>> [np.unique(tracks[test]).tolist() for _, test in StratifiedGroups(2).split(genres, genres, tracks)]
    [[0, 2, 4, 6], [1, 3, 5, 7]]
    """

    def _find_best_fold(
        self, y_counts_per_fold: FloatArray, y_cnt: npt.NDArray[np.int64], group_y_counts: FloatArray
    ) -> int:
        folds = np.arange(len(y_counts_per_fold))
        # [i, j]: rows of each class in fold j, were the group in fold i.
        tried = np.repeat(y_counts_per_fold[None], len(folds), axis=0)
        tried[folds, folds] += group_y_counts
        spread = (tried / y_cnt).std(axis=1).mean(axis=1).tolist()
        size = y_counts_per_fold.sum(axis=1).tolist()
        best = 0
        for i in range(1, len(folds)):
            near = abs(spread[i] - spread[best]) <= _ATOL + _RTOL * abs(spread[best])
            if spread[i] < spread[best] or (near and size[i] < size[best]):
                best = i
        return best
