from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from gtzan_features.datasets.stratified_groups import StratifiedGroups


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("n_folds", [2, 3, 10])
@pytest.mark.parametrize("n_classes", [1, 2, 10, 37])
@pytest.mark.parametrize("mixed", [False, True])
def test_folds_are_scikit_learns(n_folds, n_classes, mixed, shuffle):
    """Whether groups are of one class or of several, of one size or of many."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        groups = rng.permutation(np.repeat(np.arange(120), rng.integers(1, 9, 120) if seed % 2 else 3))
        y = rng.integers(0, n_classes, groups.size) if mixed else groups % n_classes
        asked = (n_folds,), {"shuffle": shuffle, "random_state": seed if shuffle else None}
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            ours, theirs = (
                list(kind(*asked[0], **asked[1]).split(y, y, groups))
                for kind in (StratifiedGroups, StratifiedGroupKFold)
            )
        for (train, test), (their_train, their_test) in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(train, their_train)
            np.testing.assert_array_equal(test, their_test)
    # Were groups placed elsewhere in a version of scikit-learn, nothing would be faster.
    assert StratifiedGroupKFold._find_best_fold is not StratifiedGroups._find_best_fold
