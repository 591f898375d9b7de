import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.ndimage import median_filter

from gtzan_features.spectra import Scratch
from gtzan_features.spectra.lanes import LANES, n_blocks, to_lanes
from gtzan_features.spectra.medians import median_over_bins, median_over_frames

# Zeros that differ in sign would compare equal and yet not be the same; magnitudes have none.
VALUES = st.floats(0, 2.0**100, width=32).map(abs)
SHAPES = st.tuples(st.integers(1, 70), st.integers(1, 70))


def over_frames(x):
    return median_over_frames(x, np.empty_like(x), Scratch())


def over_bins(x):
    lanes = np.empty((n_blocks(len(x)), x.shape[1], LANES), np.float32)
    to_lanes(x, lanes)
    return median_over_bins(lanes, np.empty_like(x), Scratch())


def plain_median(x, axis):
    """Median filter without tricks; scipy's differs from it where an axis is shorter than 4."""
    width = [(0, 0), (0, 0)]
    width[axis] = (15, 15)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, width, mode="symmetric"), 31, axis=axis)
    return np.sort(windows, axis=-1)[..., 15]


@given(x=arrays.arrays(np.float32, SHAPES, elements=VALUES))
@settings(max_examples=150, deadline=None)
def test_both_medians_equal_a_plain_median(x):
    np.testing.assert_array_equal(over_frames(x), plain_median(x, 0))
    np.testing.assert_array_equal(over_bins(x), plain_median(x, 1))


@pytest.mark.parametrize("n_frames", [31, 63, 64, 65, 130, 300])
def test_both_medians_equal_scipy_at_real_sizes(n_frames):
    x = np.random.default_rng(n_frames).random((n_frames, 1025), np.float32)
    np.testing.assert_array_equal(over_frames(x), median_filter(x, (31, 1), mode="reflect"))
    np.testing.assert_array_equal(over_bins(x), median_filter(x, (1, 31), mode="reflect"))


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_medians_of_many_equal_values(levels):
    x = np.random.default_rng(0).integers(0, levels, (100, 100)).astype(np.float32)
    np.testing.assert_array_equal(over_frames(x), plain_median(x, 0))
    np.testing.assert_array_equal(over_bins(x), plain_median(x, 1))


def test_a_frame_does_not_depend_on_frames_beyond_its_window():
    x = np.random.default_rng(0).random((200, 90), np.float32)
    np.testing.assert_array_equal(over_frames(x)[:100], over_frames(x[:115])[:100])
    np.testing.assert_array_equal(over_bins(x)[:100], over_bins(x[:100]))


def test_scratch_memory_of_other_signals_does_not_matter():
    scratch = Scratch()
    big, small = (np.random.default_rng(n).random((n, 70), np.float32) for n in (150, 20))
    median_over_frames(big, np.empty_like(big), scratch)
    scratch.array("median", (50_000,))[:] = np.nan
    np.testing.assert_array_equal(
        median_over_frames(small, np.empty_like(small), scratch), over_frames(small)
    )
