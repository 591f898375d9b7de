"""Intervals and tests over artists within genres: coverage of a known truth, SciPy, states on the edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gtzan_features.evaluation.arrays import units_in_strata
from gtzan_features.evaluation.bootstrap import BootstrapConfig, expansion
from gtzan_features.evaluation.comparison import compare, exact_p
from gtzan_features.evaluation.intervals import accuracy_interval

QUICK = BootstrapConfig(n_resamples=400)
Z = stats.norm.ppf(0.975)


def music(rng, artists=(3, 8, 15, 25), shares=(0.9, 0.7, 0.6, 0.5), largest=9, spread=0.2):
    """Tracks of so many artists in each genre, whose chance of being right varies around its share."""
    genre = np.repeat(np.arange(len(artists)), artists)
    n_tracks = rng.integers(1, largest, genre.size)
    mean = np.array(shares)[genre]
    chance = rng.beta(mean / spread, (1 - mean) / spread)
    of_track = np.repeat(np.arange(genre.size), n_tracks)
    return rng.random(of_track.size) < chance[of_track], of_track, genre[of_track]


def truth(artists=(3, 8, 15, 25), shares=(0.9, 0.7, 0.6, 0.5)):
    """The accuracy of `music` in the long run: artists of all genres have equally many tracks on average."""
    return np.average(shares, weights=artists)


def test_coverage_of_the_truth_is_nominal_over_artists_and_not_over_tracks():
    rng = np.random.default_rng(3)
    by_artist = by_track = 0
    for _ in range(400):
        right, artist, genre = music(rng)
        found, naive = accuracy_interval(right, artist, genre, QUICK), accuracy_interval(right)
        by_artist += found.low <= truth() <= found.high
        by_track += naive.low <= truth() <= naive.high
    assert 0.92 <= by_artist / 400 <= 0.98
    assert by_track / 400 < 0.88


def test_genres_keep_their_share_however_unequal_their_artists():
    """Accuracies of 5 and 95 % and artists of one or of twenty tracks: no draw is of another mixture."""
    artist = np.repeat(np.arange(30), [20, 20, *[1] * 8, *[2] * 20])
    genre = (artist >= 10).astype(int)
    right = np.where(genre == 0, np.arange(artist.size) % 20 == 1, np.arange(artist.size) % 20 != 1)
    found = accuracy_interval(right, artist, genre)
    assert found.high - found.low < 0.25 * (lambda i: i.high - i.low)(accuracy_interval(right, artist))


def test_coverage_with_two_and_three_artists_a_genre():
    """Here a bootstrap that is not expanded covers 83 % in the long run."""
    rng = np.random.default_rng(4)
    few = {"artists": (2, 3, 2, 3), "shares": (0.8, 0.5, 0.6, 0.7)}
    hits = 0
    for _ in range(400):
        right, artist, genre = music(rng, **few)
        found = accuracy_interval(right, artist, genre, QUICK)
        hits += found.low <= truth(**few) <= found.high
    assert 0.91 <= hits / 400 <= 0.985


def test_genres_that_differ_do_not_widen_the_interval():
    """Strata take away what varies between genres, whose share of the tracks is not left to chance."""
    artist = np.arange(80) // 2
    genre = np.arange(80) // 40
    right = np.where(genre == 0, np.arange(80) % 40 != 0, np.arange(80) % 40 == 1)
    within, over_all = accuracy_interval(right, artist, genre), accuracy_interval(right, artist)
    assert within.estimate == over_all.estimate
    assert within.high - within.low < 0.5 * (over_all.high - over_all.low)


def test_an_interval_within_genres_is_scipys_of_several_samples_expanded():
    rng = np.random.default_rng(5)
    # Five tracks an artist make the accuracy a mean of counts; they are in the order of the draws.
    counts = [np.sort(rng.binomial(5, rng.beta(2, 1, n))) for n in (6, 9, 20)]
    right = np.concatenate([np.arange(5) < count for count in np.concatenate(counts)])
    artist, genre = np.repeat(np.arange(35), 5), np.repeat([0, 1, 2], [30, 45, 100])
    found = accuracy_interval(right, artist, genre)

    def accuracy(*samples, axis):
        means = [one.mean(axis=axis) / 5 for one in samples]
        # Rounded, so that equal resamples count as equal where BCa counts those below the estimate.
        return np.round(sum(n * mean for n, mean in zip((6, 9, 20), means, strict=True)) / 35, 12)

    seed = np.random.default_rng(0)
    theirs = stats.bootstrap(counts, accuracy, n_resamples=2_000, method="BCa", random_state=seed)
    n = np.array([6, 9, 20])
    variances = np.array([(m / 35 * stats.sem(one) / 5) ** 2 for m, one in zip(n, counts, strict=True)])
    freedom = variances.sum() ** 2 / (variances**2 / (n - 1)).sum()
    wider = np.sqrt(variances.sum()) / theirs.standard_error * stats.t.ppf(0.975, freedom) / Z
    expected = [found.estimate + wider * (end - found.estimate) for end in theirs.confidence_interval]
    assert [found.low, found.high] == pytest.approx(expected, abs=1e-9)


@given(st.integers(2, 400), st.floats(0.5, 0.999))
def test_expansion_of_a_mean_is_the_t_interval(n, confidence):
    """The ends of a normal interval by the bootstrap's error, expanded, are those of Student's interval."""
    values = np.random.default_rng(n).random(n)
    left_out = (values.sum() - values) / (n - 1)
    factor = expansion(left_out, [n], values.std() / np.sqrt(n), confidence)
    reach = factor * stats.norm.ppf((1 + confidence) / 2) * values.std() / np.sqrt(n)
    assert reach == pytest.approx(stats.t.ppf((1 + confidence) / 2, n - 1) * stats.sem(values))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_of_rows_and_names_change_nothing(seed):
    rng = np.random.default_rng(seed)
    right, artist, genre = music(rng, largest=4)
    other = rng.random(right.size) < 0.5
    order = rng.permutation(right.size)
    names = rng.permutation(artist.max() + 1).astype(str)[artist]
    genres = np.array(["pop", "jazz", "rock", "blues"])[rng.permutation(4)][genre]
    assert accuracy_interval(right[order], names[order], genres[order], QUICK) == accuracy_interval(
        right, artist, genre, QUICK
    )
    found = compare(right[order], other[order], names[order], genres[order], QUICK)
    assert found == compare(right, other, artist, genre, QUICK)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_swapping_mirrors_over_artists_within_genres(seed):
    rng = np.random.default_rng(seed)
    right, artist, genre = music(rng, largest=4)
    other = rng.random(right.size) < 0.5
    one, back = compare(right, other, artist, genre, QUICK), compare(other, right, artist, genre, QUICK)
    assert (one.difference, one.ci_low, one.ci_high) == (-back.difference, -back.ci_high, -back.ci_low)
    assert one.p_value == back.p_value


def test_an_artist_of_two_genres_is_a_unit_in_each():
    unit, stratum = units_in_strata(["a", "a", "b", "a"], ["rock", "pop", "pop", "rock"], 4)
    assert unit.tolist() == [2, 0, 1, 2]
    assert stratum.tolist() == [0, 0, 1]
    assert accuracy_interval([True, False, True, True], ["a", "a", "b", "a"], list("rppr")).n_units == 3


def test_artists_of_one_track_each_get_wilsons_interval_whatever_their_genres():
    right, genre = np.arange(60) % 3 > 0, np.arange(60) // 20
    assert accuracy_interval(right, np.arange(60), genre) == accuracy_interval(right)
    assert compare(right, ~right, np.arange(60), genre).test == "exact McNemar"


EDGES = {
    "all right": (lambda i: i >= 0, lambda i: i // 4, lambda i: i // 20),
    "all wrong": (lambda i: i < 0, lambda i: i // 4, lambda i: i // 20),
    "one artist in every genre": (lambda i: i % 3 > 0, lambda i: i // 10, lambda i: i // 10),
    "one artist in one genre": (lambda i: i % 3 > 0, lambda i: np.maximum(i // 4, 4), lambda i: i // 20),
    "one artist alone in one of two genres": (
        lambda i: i % 7 > 2,
        lambda i: np.where(i < 20, 0, i // 4),
        lambda i: (i >= 20).astype(int),
    ),
    "one genre": (lambda i: i % 3 > 0, lambda i: i // 5, lambda i: 0 * i),
    "one artist": (lambda i: i % 3 > 0, lambda i: 0 * i, lambda i: 0 * i),
    "one artist in two genres": (lambda i: i % 3 > 0, lambda i: 0 * i, lambda i: i // 30),
    "artists differ in nothing": (lambda i: i % 4 > 0, lambda i: i // 4, lambda i: i // 20),
    "genres right or wrong as a whole": (lambda i: i < 20, lambda i: i // 4, lambda i: i // 20),
    "one artist of many tracks": (
        lambda i: i % 3 > 0,
        lambda i: np.where(i < 40, 0, i),
        lambda i: i // 50,
    ),
}


@pytest.mark.parametrize("kind", EDGES)
def test_states_on_the_edge_have_an_interval_that_holds_the_estimate(kind):
    right, artist, genre = (of(np.arange(60)) for of in EDGES[kind])
    found = accuracy_interval(right, artist, genre, QUICK)
    assert 0.0 <= found.low <= found.estimate <= found.high <= 1.0
    assert found.high - found.low > 0.03
    test = compare(right, np.roll(right, 1), artist, genre, QUICK)
    assert -1.0 <= test.ci_low <= test.difference <= test.ci_high <= 1.0
    assert 0.0 < test.p_value <= 1.0


@pytest.mark.parametrize("right", [True, False])
def test_one_track_has_wilsons_interval(right):
    found = accuracy_interval([right], ["a"], ["pop"])
    assert found == accuracy_interval([right])
    assert compare([right], [not right], ["a"], ["pop"]).p_value == 1.0


def test_p_values_without_a_difference_are_no_smaller_than_uniform():
    """Runs that err by artist, in the same way as often as each other: p is at most q in about q of cases."""
    rng = np.random.default_rng(6)
    p = []
    for _ in range(1000):
        artist = np.repeat(np.arange(40), rng.integers(1, 20, 40))
        chance = rng.beta(0.5, 0.5, (2, 40))[:, artist]
        a, b = rng.random(chance.shape) < chance
        p.append(exact_p(a, b, artist, artist // 10))
    for level in (0.05, 0.2, 0.5, 0.8):
        share = np.mean(np.array(p) <= level)
        assert level - 0.06 <= share <= level + 0.04
