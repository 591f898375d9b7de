"""Sorting networks, and what the `full` set sorts with them, against plain sorts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors.contrast import octave_bands, spectral_peak, spectral_valley
from gtzan_features.spectra import Spectra, descriptors, ranks
from gtzan_features.spectra.lanes import LANES, n_blocks, to_lanes
from gtzan_features.spectra.networks import bitonic_sorted, merged, sorted_by_network

NUMBERS = st.lists(st.integers(0, 9), max_size=40)


def ordered(a, b):
    return [min(a, b), max(a, b)]


@given(a=NUMBERS, b=NUMBERS)
def test_networks_sort_and_merge_lists_of_any_length(a, b):
    assert sorted_by_network(a, ordered) == sorted(a)
    assert merged(sorted(a), sorted(b), ordered) == sorted(a + b)


@given(values=st.lists(st.integers(0, 9), min_size=16, max_size=16), turn=st.integers(0, 15))
def test_what_rises_and_falls_is_sorted(values, turn):
    half = sorted(values[:8]) + sorted(values[8:], reverse=True)
    assert bitonic_sorted(half[turn:] + half[:turn], ordered) == sorted(values)


def beside(magnitude):
    lanes = np.empty((n_blocks(len(magnitude)), magnitude.shape[1], LANES), np.float32)
    to_lanes(magnitude, lanes)
    return lanes


@settings(max_examples=25, deadline=None)
@given(n_frames=st.integers(1, 2 * LANES + 3), seed=st.integers(0, 99), ties=st.booleans())
def test_mean_extremes_are_those_of_sorted_bins(n_frames, seed, ties):
    rng = np.random.default_rng(seed)
    x = rng.gamma(0.5, size=(n_frames, 300)).astype(np.float32)
    x = np.round(x) if ties else x
    bands = np.array(
        [[0, 5, 1], [3, 40, 2], [40, 73, 4], [70, 110, 5], [100, 200, 8], [150, 300, 9], [1, 299, 16]]
    )
    peak, valley = (np.empty((n_frames, len(bands)), np.float32) for _ in range(2))
    ranks.mean_extremes(beside(x), bands, peak, valley)
    for band, (first, stop, count) in enumerate(bands):
        expected = np.sort(x[:, first:stop].astype(np.float64), axis=1)
        np.testing.assert_allclose(peak[:, band], expected[:, -count:].mean(axis=1), rtol=1e-6)
        np.testing.assert_allclose(valley[:, band], expected[:, :count].mean(axis=1), rtol=1e-6, atol=1e-30)


@pytest.mark.parametrize("n_fft", [1024, 2048, 4096, 8192])
def test_octaves_are_those_of_sorted_bins_for_frames_of_any_length(n_fft):
    noise = np.random.default_rng(0).standard_normal(30_000).astype(np.float32)
    spectra = Spectra(noise, FeatureConfig(n_fft=n_fft, hop=512))
    x = np.sort(spectra.magnitude[:, slice(*octave_bands(22_050, n_fft)[-1][:2])].astype(np.float64), axis=1)
    count = octave_bands(22_050, n_fft)[-1][2]
    peak, valley = x[:, -count:].mean(axis=1), x[:, :count].mean(axis=1)
    found = spectral_peak(spectra)[:, -1] - spectral_valley(spectra)[:, -1]
    np.testing.assert_allclose(found, 10 * np.log10(peak / valley), atol=1e-4)


@pytest.mark.parametrize("width", list(ranks.RANKS))
@pytest.mark.parametrize("n_frames", [25, 26, 131])
def test_ranks_and_spreads_of_blocks_are_those_of_numpy(width, n_frames):
    series = np.random.default_rng(0).gamma(0.5, size=(n_frames, 16)).astype(np.float32)
    if width == 10:
        series -= 1  # levels may be negative
    blocks = np.lib.stride_tricks.sliding_window_view(series, width, axis=0)[::5]
    kept = ranks.RANKS[width]
    ranked, spread = np.empty((len(blocks), len(kept), 16), np.float32), np.empty((len(blocks), 16))
    ranks.ranks_of_blocks(series, 5, ranked)
    ranks.spread_of_blocks(series, width, 5, spread)
    np.testing.assert_array_equal(ranked, np.sort(blocks, axis=2)[:, :, kept].transpose(0, 2, 1))
    np.testing.assert_allclose(spread, blocks.std(axis=2, dtype=np.float64), rtol=1e-6)


@pytest.mark.parametrize("n_frames", [1, 63, 64, 70])
def test_rolloffs_are_where_the_running_sum_reaches_each_share(n_frames):
    x = np.random.default_rng(0).gamma(0.2, size=(n_frames, 97)).astype(np.float32)
    x[0], x[-1, :90] = 0, 0
    shares, result = np.array([0.01, 0.5, 1.0]), np.empty((n_frames, 3))
    descriptors.rolloffs(beside(x), x, shares, 10.0, result)
    running = np.cumsum(x.astype(np.float64), axis=1)
    expected = 10.0 * np.argmax(running[:, None] >= (shares * running[:, -1:])[:, :, None], axis=2)
    np.testing.assert_array_equal(result, expected)
