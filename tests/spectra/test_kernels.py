import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gtzan_features.spectra import kernels

LEVELS = arrays.arrays(
    np.float32, st.tuples(st.integers(2, 8), st.integers(1, 20)), elements=st.floats(-100, 100, width=32)
)


@given(levels=LEVELS)
@settings(max_examples=200, deadline=None)
def test_median_rise_equals_numpy(levels):
    result = np.empty(len(levels) - 1, np.float32)
    kernels.median_rise(levels, result)
    np.testing.assert_array_equal(result, np.median(np.maximum(np.diff(levels, axis=0), 0), axis=1))


@pytest.mark.parametrize("n_bands", [127, 128])
def test_median_rise_of_many_bands_equals_numpy(n_bands):
    levels = np.random.default_rng(0).standard_normal((200, n_bands)).astype(np.float32)
    result = np.empty(199, np.float32)
    kernels.median_rise(levels, result)
    np.testing.assert_array_equal(result, np.median(np.maximum(np.diff(levels, axis=0), 0), axis=1))


@given(
    x=arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 50), st.integers(1, 9)),
        elements=st.floats(-(2.0**10), 2.0**10, width=32),
    )
)
@settings(max_examples=100, deadline=None)
def test_moments_equal_numpy(x):
    mean, variance = np.empty(x.shape[1]), np.empty(x.shape[1])
    kernels.column_moments(x, mean, variance)
    np.testing.assert_allclose(mean, x.mean(axis=0, dtype=float), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(variance, x.astype(float).var(axis=0), rtol=1e-9, atol=1e-9)
    whole = kernels.moments(np.ascontiguousarray(x[:, 0]))
    np.testing.assert_allclose(whole, (mean[0], variance[0]), rtol=1e-12, atol=1e-12)


def test_the_variance_of_a_small_ripple_on_a_large_offset_survives():
    x = (1000 + np.tile([0, 2**-10], 5000)).astype(np.float32)
    assert kernels.moments(x) == pytest.approx((1000 + 2**-11, 2**-22), rel=1e-9)


def test_summing_kernels_repeat_to_the_bit_wherever_the_data_lie():
    x = np.random.default_rng(0).standard_normal(10_007).astype(np.float32)
    results = set()
    for offset in range(17):
        room = np.empty(len(x) + 17, np.float32)
        room[offset : offset + len(x)] = x
        results.add(kernels.moments(room[offset : offset + len(x)]))
    assert len(results) == 1
