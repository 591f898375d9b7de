import numpy as np
import pytest
import scipy.fft
from hypothesis import given, settings
from hypothesis import strategies as st

from gtzan_features.spectra import Scratch, fourier
from gtzan_features.spectra.lanes import LANES
from gtzan_features.spectra.stft import hann, magnitude, periodic_hann

SHAPES = st.tuples(st.integers(7, 13), st.integers(2, 5), st.integers(1, 2 * LANES + 9))


def frames_of(padded, n_fft, hop):
    return np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]


@settings(max_examples=40, deadline=None)
@given(shape=SHAPES, seed=st.integers(0, 99))
def test_magnitudes_are_as_exact_as_those_of_scipy_in_float32(shape, seed):
    n_fft, hop, n_frames = 2 ** shape[0], max(8, 2 ** (shape[0] - shape[1])), shape[2]
    assert fourier.is_fast(n_fft, hop)
    padded = np.random.default_rng(seed).standard_normal((n_frames - 1) * hop + n_fft).astype(np.float32)
    found, _ = magnitude(padded, n_fft, hop, Scratch())
    frames = frames_of(padded, n_fft, hop)
    exact = np.abs(scipy.fft.rfft(frames * periodic_hann(n_fft), axis=1))
    other = np.abs(scipy.fft.rfft(frames * hann(n_fft), axis=1))
    assert found.shape == exact.shape
    assert np.linalg.norm(found - exact) <= 1.5 * np.linalg.norm(other - exact)
    assert np.abs(found - exact).max() <= 2 * np.abs(other - exact).max() + 1e-6 * exact.max()


@settings(max_examples=20, deadline=None)
@given(shape=SHAPES)
def test_lanes_are_the_same_magnitudes_and_zeros(shape):
    n_fft, hop, n_frames = 2 ** shape[0], max(8, 2 ** (shape[0] - shape[1])), shape[2]
    padded = np.random.default_rng(0).standard_normal((n_frames - 1) * hop + n_fft).astype(np.float32)
    scratch = Scratch()
    for name in ("magnitude", "lanes"):
        scratch.array(name, (200 * (n_fft + 2),))[:] = np.nan
    found, lanes = magnitude(padded, n_fft, hop, scratch)
    back = lanes.transpose(0, 2, 1).reshape(-1, n_fft // 2 + 1)
    np.testing.assert_array_equal(back[:n_frames], found)
    assert not back[n_frames:].any()


@pytest.mark.parametrize("place", [0, 1, 7, 8, 63, 64, 69])
def test_a_frame_has_the_same_bits_wherever_it_lies_and_whatever_is_beside_it(place):
    rng = np.random.default_rng(0)
    frame = rng.standard_normal(2048).astype(np.float32)
    alone, _ = magnitude(frame, 2048, 512, Scratch())
    padded = (1e3 * rng.standard_normal(72 * 512 + 2048)).astype(np.float32)
    padded[place * 512 : place * 512 + 2048] = frame
    within, _ = magnitude(padded, 2048, 512, Scratch())
    np.testing.assert_array_equal(within[place], alone[0])


def test_other_lengths_are_left_to_scipy():
    padded = np.random.default_rng(0).standard_normal(6000).astype(np.float32)
    assert not fourier.is_fast(1536, 384)
    found, _ = magnitude(padded, 1536, 384, Scratch())
    exact = np.abs(scipy.fft.rfft(frames_of(padded, 1536, 384) * periodic_hann(1536), axis=1))
    np.testing.assert_allclose(found, exact, atol=1e-6 * exact.max())
