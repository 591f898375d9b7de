"""Intervals against closed forms, SciPy's bootstrap, and their coverage on simulated tracks."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gtzan_features.errors import ConfigError
from gtzan_features.evaluation.bootstrap import BootstrapConfig, share_interval
from gtzan_features.evaluation.intervals import accuracy_interval

Z = stats.norm.ppf(0.975)


def wilson(n_correct, n):
    """Closed form of Wilson 1927, written out a second time."""
    p = n_correct / n
    centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return centre - half, centre + half


def clustered(rng, n_tracks, n_segments, concentration=0.8):
    """Segments whose chance of being right is drawn once per track; mean 0.75."""
    chance = rng.beta(3 * concentration, concentration, n_tracks)
    right = rng.random((n_tracks, n_segments)) < chance[:, None]
    return right.ravel(), np.repeat(np.arange(n_tracks), n_segments)


@pytest.mark.parametrize(("n_correct", "n"), [(0, 5), (5, 5), (81, 100), (153, 290), (1, 1)])
def test_tracks_get_wilsons_interval(n_correct, n):
    found = accuracy_interval(np.arange(n) < n_correct)
    assert (found.low, found.high) == pytest.approx(wilson(n_correct, n), abs=1e-12)
    assert (found.estimate, found.method, found.n_units) == (n_correct / n, "Wilson", n)


def test_groups_of_one_row_are_the_same_as_none():
    right = np.arange(40) % 3 > 0
    assert accuracy_interval(right, np.arange(40)[::-1]) == accuracy_interval(right)


def test_confidence_is_passed_on():
    found = accuracy_interval([True, False] * 20, config=BootstrapConfig(confidence=0.8))
    expected = stats.binomtest(20, 40).proportion_ci(0.8, method="wilson")
    assert (found.low, found.high, found.confidence) == (expected.low, expected.high, 0.8)


def test_an_interval_over_tracks_of_equal_length_is_that_of_their_counts():
    right, track = clustered(np.random.default_rng(4), 80, 10)
    per_track = np.sort(right.reshape(80, 10).sum(axis=1))
    found = accuracy_interval(right, track)
    seed = np.random.default_rng(0)
    theirs = stats.bootstrap((per_track,), np.mean, n_resamples=2_000, method="BCa", random_state=seed)
    wider = stats.sem(per_track) / theirs.standard_error * stats.t.ppf(0.975, 79) / Z
    mean = per_track.mean()
    expected = [(mean + wider * (end - mean)) / 10 for end in theirs.confidence_interval]
    assert [found.low, found.high] == pytest.approx(expected, abs=1e-9)


def test_coverage_on_clustered_segments_is_nominal_and_that_of_independent_rows_is_not():
    rng = np.random.default_rng(11)
    config = BootstrapConfig(n_resamples=500)
    by_track = by_row = 0
    for _ in range(400):
        right, track = clustered(rng, 80, 10)
        found, naive = accuracy_interval(right, track, config=config), accuracy_interval(right)
        by_track += found.low <= 0.75 <= found.high
        by_row += naive.low <= 0.75 <= naive.high
    assert 0.92 <= by_track / 400 <= 0.98
    assert by_row / 400 < 0.85  # 0.74 in the long run


def test_coverage_over_artists_with_unequal_numbers_of_tracks():
    rng = np.random.default_rng(12)
    config = BootstrapConfig(n_resamples=500)
    hits = 0
    for _ in range(400):
        artist = np.repeat(np.arange(100), rng.integers(1, 6, 100))
        right = rng.random(artist.size) < rng.beta(1.5, 1.5, 100)[artist]
        found = accuracy_interval(right, artist, config=config)
        hits += found.low <= 0.5 <= found.high
    assert 0.92 <= hits / 400 <= 0.98


@given(st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_interval_holds_its_estimate_and_stays_within_bounds(n_tracks, seed):
    right, track = clustered(np.random.default_rng(seed), n_tracks, 4)
    found = accuracy_interval(right, track, config=BootstrapConfig(n_resamples=200))
    assert 0.0 <= found.low <= found.estimate <= found.high <= 1.0
    assert found.low < found.high


def test_row_order_and_repetition_change_nothing():
    right, track = clustered(np.random.default_rng(1), 50, 6)
    order = np.random.default_rng(2).permutation(right.size)
    assert accuracy_interval(right[order], track[order]) == accuracy_interval(right, track)


def test_the_seed_matters_and_little():
    right, track = clustered(np.random.default_rng(1), 50, 6)
    one, other = (accuracy_interval(right, track, config=BootstrapConfig(seed=seed)) for seed in (0, 1))
    assert one != other
    assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=0.015)


@pytest.mark.parametrize("value", [True, False])
def test_segments_that_are_all_alike_get_wilsons_interval_over_tracks(value):
    found = accuracy_interval([value] * 60, np.repeat(np.arange(12), 5))
    assert (found.low, found.high) == pytest.approx(wilson(12 * value, 12), abs=1e-12)


def test_one_track_says_next_to_nothing():
    found = accuracy_interval([True, True, False, False], ["a"] * 4)
    assert (found.low, found.high, found.n_units) == (0.0, 1.0, 1)


def test_large_sets_are_resampled_in_parts(monkeypatch):
    right, track = clustered(np.random.default_rng(1), 50, 6)
    whole = accuracy_interval(right, track)
    monkeypatch.setattr("gtzan_features.evaluation.bootstrap._CELLS_AT_ONCE", 50 * 7)
    in_parts = accuracy_interval(right, track)
    assert (in_parts.low, in_parts.high) == pytest.approx((whole.low, whole.high), abs=0.015)


def test_bca_corrects_the_skew_of_a_percentile_interval():
    """Mean of squares of a normal: the interval reaches further up than down."""
    per_unit = np.column_stack([np.round(np.random.default_rng(0).normal(size=60) ** 2 * 100), np.ones(60)])
    low, high = share_interval(per_unit, (0.0, np.inf), BootstrapConfig())
    mean = per_unit[:, 0].mean()
    assert high - mean > 1.1 * (mean - low)


def test_to_dict_is_json():
    found = accuracy_interval([True, True, False]).to_dict()
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("correct", "groups", "match"),
    [
        ([1, 0], None, "correct must hold booleans"),
        (np.array([], dtype=bool), None, "hold a row"),
        ([True, False], [1], "groups must have 2 rows"),
    ],
)
def test_inputs_are_checked(correct, groups, match):
    with pytest.raises(ValueError, match=match):
        accuracy_interval(correct, groups)


@pytest.mark.parametrize(
    ("settings", "match"), [({"n_resamples": 10}, "too few"), ({"confidence": 95.0}, "between 0 and 1")]
)
def test_settings_are_checked(settings, match):
    with pytest.raises(ConfigError, match=match):
        BootstrapConfig(**settings)
