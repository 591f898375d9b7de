from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from gtzan_features.models.applying.convolution import (
    folded,
    pooled_over_time,
    relative_levels,
    unfolded,
    unpooled,
)


@pytest.mark.parametrize(("frames", "bands", "patch"), [(9, 5, 3), (6, 4, 6), (12, 3, 1)])
def test_the_product_with_patches_is_a_correlation(frames, bands, patch):
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(2, frames, bands)).astype(np.float32)
    filters = rng.normal(size=(patch * bands, 4)).astype(np.float32)
    found = unfolded(Z, patch) @ filters
    for row in range(2):
        for k in range(4):
            kernel = filters[:, k].reshape(patch, bands)
            expected = scipy.signal.correlate2d(Z[row], kernel, mode="valid")[:, 0]
            np.testing.assert_allclose(found[row, :, k], expected, rtol=1e-4, atol=1e-5)


def test_patches_of_a_slice_are_those_of_its_copy():
    Z = np.arange(2 * 10 * 6, dtype=np.float32).reshape(2, 10, 6)
    np.testing.assert_array_equal(unfolded(Z[:, ::2, 1:4], 2), unfolded(Z[:, ::2, 1:4].copy(), 2))


def test_folding_is_the_transpose_of_unfolding():
    rng = np.random.default_rng(1)
    Z = rng.normal(size=(3, 11, 4)).astype(np.float32)
    P = rng.normal(size=(3, 8, 16))
    assert np.sum(unfolded(Z, 4) * P) == pytest.approx(np.sum(Z * folded(P, 4)), rel=1e-5)


def test_pooling_in_closed_form():
    H = np.array([[[0.0, 1], [2, 1], [4, 1], [10, 5]]], dtype=np.float32)
    np.testing.assert_allclose(
        pooled_over_time(H, 1)[0], [4, 2, 10, 5, np.std([0, 2, 4, 10]), np.std([1, 1, 1, 5])], rtol=1e-6
    )
    np.testing.assert_allclose(pooled_over_time(H, 2)[0], [1, 1, 2, 1, 1, 0, 7, 3, 10, 5, 3, 2], rtol=1e-6)


@pytest.mark.parametrize("time_bins", [1, 3])
def test_the_way_back_through_pooling_by_finite_differences(time_bins):
    rng = np.random.default_rng(2)
    H = rng.normal(size=(2, 10, 3))
    G = rng.normal(size=(2, 9 * time_bins))
    found = unpooled(G, H, time_bins)
    step = 1e-6
    for index in np.ndindex(H.shape):
        up, down = H.copy(), H.copy()
        up[index] += step
        down[index] -= step
        slope = np.sum(G * (pooled_over_time(up, time_bins) - pooled_over_time(down, time_bins))) / (2 * step)
        assert found[index] == pytest.approx(slope, abs=1e-6)


def test_constant_responses_pass_no_gradient_through_the_deviation():
    G = np.zeros((1, 3))
    G[0, 2] = 1
    assert not unpooled(G, np.ones((1, 5, 1)), 1).any()


def test_relative_levels_forget_loudness():
    S = np.random.default_rng(3).normal(size=(2, 5, 4)).astype(np.float32)
    np.testing.assert_allclose(relative_levels(S + 12), relative_levels(S), atol=1e-5)
    np.testing.assert_allclose(relative_levels(S).mean(axis=(1, 2)), 0, atol=1e-6)
