from __future__ import annotations

import numpy as np
import pytest

from gtzan_features.models.networks.spectrogram_augment import KINDS, LARGEST_MASK, augmented

FRAMES, BANDS = 20, 16


def rows(n=60):
    """Row i has the value i + 1 everywhere, so that one sees where a point comes from."""
    S = np.broadcast_to(np.arange(1, n + 1, dtype=np.float32)[:, None, None], (n, FRAMES, BANDS)).copy()
    return S, np.arange(n) % 3


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("kind", "axis"), [("time-mask", 1), ("frequency-mask", 2)])
def test_a_mask_hides_one_stretch_of_one_axis(kind, axis):
    S, y = rows()
    batch = augmented(S, y, (kind,), generator())
    hidden = batch.X.reshape(S.shape) == 0
    other = 3 - axis
    np.testing.assert_array_equal(hidden.any(axis=other), hidden.all(axis=other))
    stretches = hidden.any(axis=other)
    width = stretches.sum(axis=1)
    assert 0 < width.max() <= LARGEST_MASK * S.shape[axis]
    assert (np.abs(np.diff(stretches.astype(int), axis=1)).sum(axis=1) <= 2).all()
    assert batch.X.reshape(S.shape)[~hidden].min() >= 1


def test_mixup_blends_two_rows_and_their_labels():
    S, y = rows()
    X, labels, weight = augmented(S, y, ("mixup",), generator())
    n = len(S)
    assert weight.sum() == pytest.approx(n)
    np.testing.assert_allclose(X.min(axis=1), X.max(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(labels[:n], y)
    # A second entry is the same row with the other label; the two weights add up to 1.
    for value, share in zip(X[n:, 0], weight[n:], strict=True):
        first = np.flatnonzero(X[:n, 0] == value)
        assert any(weight[i] + share == pytest.approx(1) for i in first)


def test_cutmix_weighs_labels_by_area():
    S, y = rows()
    X, labels, weight = augmented(S, y, ("cutmix",), generator(1))
    for i in range(len(S)):
        values, counts = np.unique(X[i], return_counts=True)
        assert len(values) <= 2
        own = counts[values == i + 1].sum() / X.shape[1]
        strangers = values[values != i + 1].astype(int) - 1
        if len(strangers) and y[strangers[0]] != y[i]:
            assert weight[i] == pytest.approx(own)
            picture = (X[i] != i + 1).reshape(FRAMES, BANDS)
            assert picture.sum() == picture.any(axis=1).sum() * picture.any(axis=0).sum()
        else:
            assert weight[i] == 1
    assert set(labels) == {0, 1, 2}


def test_the_seed_decides_and_the_rows_stay_as_they_are():
    S, y = rows()
    before = S.copy()
    a, b = (augmented(S, y, KINDS, generator(5)) for _ in range(2))
    c = augmented(S, y, KINDS, generator(6))
    for x, z in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, z)
    assert a.X.shape != c.X.shape or (a.X != c.X).any()
    np.testing.assert_array_equal(S, before)


def test_nothing_is_done_unasked_and_unknown_kinds_are_refused():
    S, y = rows()
    batch = augmented(S, y, (), generator())
    np.testing.assert_array_equal(batch.X, S.reshape(60, -1))
    assert batch.weight is None
