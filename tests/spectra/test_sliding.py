"""Sums of power spectra of all windows, against a transform of each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtzan_features.spectra.sliding import summed_powers
from gtzan_features.spectra.stft import periodic_hann


def reference(x, width, scale):
    windows = np.lib.stride_tricks.sliding_window_view(x, width)[: len(scale)]
    spectra = np.fft.rfft(windows * periodic_hann(width), 2 * width, axis=1)
    return scale @ np.abs(spectra) ** 2


@settings(max_examples=60, deadline=None)
@given(width=st.integers(3, 70), count=st.integers(1, 200), seed=st.integers(0, 99))
def test_sums_are_those_of_a_transform_of_each_window(width, count, seed):
    rng = np.random.default_rng(seed)
    x, scale = rng.gamma(0.3, size=count + width - 1), rng.random(count) * (rng.random(count) < 0.8)
    expected = reference(x, width, scale)
    np.testing.assert_allclose(summed_powers(x, width, scale), expected, rtol=0, atol=1e-11 * expected.max())


def test_powers_of_windows_with_a_click_are_flat():
    x = np.zeros(300 + 64)
    x[200] = 3
    window = periodic_hann(64)
    scale = np.zeros(300)
    scale[200 - 63 : 200] = 1 / (9 * window[1:][::-1] ** 2)  # windows that have the click, but not at their 0
    np.testing.assert_allclose(summed_powers(x, 64, scale), 63, rtol=1e-9)


@pytest.mark.parametrize("quiet", [1e-3, 1e-6])
def test_quiet_windows_after_loud_ones_are_within_rounding_of_the_loud(quiet):
    rng = np.random.default_rng(0)
    x = rng.random(2000)
    x[500:] *= quiet
    scale = np.zeros(1900)
    scale[700:] = 1
    expected = reference(x, 50, scale)
    np.testing.assert_allclose(summed_powers(x, 50, scale), expected, rtol=0, atol=1e-13 + 1e-9 * quiet)
