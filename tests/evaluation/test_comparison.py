"""Paired tests against enumeration by hand, and their level on simulated runs."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gtzan_features.evaluation.bootstrap import BootstrapConfig
from gtzan_features.evaluation.comparison import compare, exact_p, holm, sign_flip_p, verdict

QUICK = BootstrapConfig(n_resamples=400)


def runs(only_a, only_b, both=5, neither=5):
    a = [True] * (only_a + both) + [False] * (only_b + neither)
    b = [False] * only_a + [True] * (both + only_b) + [False] * neither
    return np.array(a), np.array(b)


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (1, 0), (5, 0), (3, 3), (2, 7), (10, 1)])
def test_mcnemar_equals_the_binomial_tail_by_hand(only_a, only_b):
    n, k = only_a + only_b, min(only_a, only_b)
    tail = 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n
    found = compare(*runs(only_a, only_b), config=QUICK)
    assert found.p_value == pytest.approx(min(1.0, tail))
    assert (found.only_a, found.only_b, found.n, found.test) == (only_a, only_b, n + 10, "exact McNemar")
    assert found.difference == pytest.approx((only_a - only_b) / (n + 10))
    assert found.difference == pytest.approx(found.accuracy_a - found.accuracy_b)


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=9))
def test_sign_flip_equals_the_enumeration_of_all_signs(gained):
    sums = [
        abs(sum(s * g for s, g in zip(signs, gained, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(gained))
    ]
    expected = sum(one >= abs(sum(gained)) for one in sums) / len(sums)
    assert sign_flip_p(np.array(gained)) == pytest.approx(expected)


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 5))
def test_sign_flip_of_single_rows_is_mcnemars_test(only_a, only_b, same):
    gained = np.repeat([1, -1, 0], [only_a, only_b, same + 1])
    n = only_a + only_b
    expected = stats.binomtest(only_a, n).pvalue if n else 1.0
    assert sign_flip_p(gained) == pytest.approx(expected, rel=1e-9)


def test_a_thousand_tracks_of_ten_segments_are_exact_and_quick():
    gained = np.random.default_rng(0).integers(-10, 11, 1000)
    z = abs(gained.sum()) / np.sqrt((gained**2).sum())
    assert sign_flip_p(gained) == pytest.approx(math.erfc(z / math.sqrt(2)), abs=0.01)


def test_groups_of_one_row_are_the_same_as_none():
    a, b = runs(9, 2)
    assert compare(a, b, np.arange(a.size)[::-1], config=QUICK).p_value == compare(a, b, config=QUICK).p_value
    assert compare(a, b, np.arange(a.size), config=QUICK) == compare(a, b, config=QUICK)


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_swapping_the_runs_mirrors_the_outcome(seed, grouped):
    rng = np.random.default_rng(seed)
    a, b = rng.random(60) < 0.7, rng.random(60) < 0.6
    groups = np.arange(60) // 4 if grouped else None
    one, other = (compare(*pair, groups, config=QUICK) for pair in ((a, b), (b, a)))
    assert one.p_value == pytest.approx(other.p_value)
    assert exact_p(a, b, groups) == one.p_value
    assert (one.only_a, one.only_b) == (other.only_b, other.only_a)
    mirrored = (-other.difference, -other.ci_high, -other.ci_low)
    assert (one.difference, one.ci_low, one.ci_high) == pytest.approx(mirrored, abs=1e-9)
    assert -1.0 <= one.ci_low <= one.difference <= one.ci_high <= 1.0


def test_row_order_changes_nothing_within_groups():
    rng = np.random.default_rng(3)
    a, b, track = rng.random(90) < 0.7, rng.random(90) < 0.6, np.repeat(np.arange(30), 3)
    order = rng.permutation(90)
    assert compare(a[order], b[order], track[order]) == compare(a, b, track)


def test_clusters_take_away_the_certainty_that_is_not_there():
    """Twelve rows in A's favour are evidence; twelve segments of two tracks are not."""
    a, b = runs(12, 0, both=20, neither=0)
    rows = compare(a, b)
    tracks = compare(a, b, np.repeat([0, 1, 2, 3, 4], [6, 6, 7, 7, 6]))
    assert rows.p_value < 0.001
    assert (tracks.p_value, tracks.test, tracks.n_units) == (0.5, "exact sign-flip", 5)
    assert rows.is_shown
    assert not tracks.is_shown


def test_level_and_coverage_over_artists_without_a_difference():
    rng = np.random.default_rng(21)
    rejected = covered = 0
    for _ in range(300):
        artist = np.repeat(np.arange(60), rng.integers(1, 5, 60))
        # Runs that err per artist: exchangeable, but far from independent over tracks.
        chance = rng.beta(1.0, 1.0, (2, 60))[:, artist]
        a, b = rng.random(chance.shape) < chance
        found = compare(a, b, artist, config=QUICK)
        rejected += found.p_value < 0.05
        covered += found.ci_low <= 0.0 <= found.ci_high
    assert rejected / 300 <= 0.08
    assert covered / 300 >= 0.91


def test_interval_covers_a_true_difference():
    rng = np.random.default_rng(22)
    covered = 0
    for _ in range(300):
        draw = rng.random(150)
        a, b = draw < 0.8, (draw < 0.6) | (draw > 0.9)  # A alone 0.2, B alone 0.1
        found = compare(a, b, config=QUICK)
        covered += found.ci_low <= 0.1 <= found.ci_high
    assert 0.91 <= covered / 300 <= 0.985


def test_identical_runs_keep_an_interval():
    right = np.arange(100) % 4 > 0
    found = compare(right, right)
    assert (found.difference, found.p_value) == (0.0, 1.0)
    assert found.ci_high == pytest.approx(-found.ci_low)
    assert 0.03 < found.ci_high < 0.04  # 3.84 / 103.84
    assert not found.is_shown


def test_verdicts():
    better = compare(*runs(30, 10, both=200, neither=60))
    assert verdict(better, "svm", "knn").startswith("svm is 6.7 points better than knn (95 % interval ")
    assert verdict(better).endswith("exact McNemar p = 0.0022).")
    worse = compare(*runs(10, 30, both=200, neither=60))
    assert verdict(worse, "svm", "knn") == verdict(better, "knn", "svm")
    unclear = compare(*runs(5, 4))
    assert verdict(unclear).startswith(
        "No difference between A and B can be shown (the first minus the second: 5.3 points, 95 % interval -"
    )
    assert "-0.0" not in verdict(compare([True, False], [True, False]))
    certain = compare(*runs(60, 2))
    assert "p < 0.0001" in verdict(certain)


def test_to_dict_is_json():
    plain = compare(*runs(3, 1), config=QUICK).to_dict()
    assert json.loads(json.dumps(plain)) == plain


@pytest.mark.parametrize(
    ("a", "b", "groups", "match"),
    [
        ([True], [True, False], None, "correct_b must have 1 rows"),
        ([1, 0], [True, False], None, "correct_a must hold booleans"),
        ([True, False], [True, False], [0], "groups must have 2 rows"),
        ([[True]], [[True]], None, "shape"),
    ],
)
def test_inputs_are_checked(a, b, groups, match):
    with pytest.raises(ValueError, match=match):
        compare(a, b, groups)


def test_holm_is_the_step_down_of_the_paper_and_keeps_the_order():
    """By hand: the smallest times 4, the next times 3, …, and never below one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]).tolist() == [1.0, 1.0]
    assert holm([]).size == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_lies_between_no_correction_and_bonferronis(p):
    corrected = holm(p)
    assert (corrected >= np.array(p)).all()
    assert (corrected <= np.minimum(1, len(p) * np.array(p)) + 1e-12).all()
    assert (np.diff(corrected[np.argsort(p, kind="stable")]) >= 0).all()
