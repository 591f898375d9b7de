"""Segments to tracks: closed forms, tie rules, and independence of the order of rows."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import gmean

from gtzan_features.errors import ConfigError, ModelError
from gtzan_features.evaluation.aggregate import METHODS, PROBABILITY_FLOOR, aggregate, per_track, rank


@st.composite
def segment_tables(draw, n_genres=4):
    """Probabilities on a coarse grid, so that ties of every kind are frequent."""
    n_rows = draw(st.integers(1, 20))
    parts = draw(arrays(np.int64, (n_rows, n_genres), elements=st.integers(0, 3)))
    parts[parts.sum(axis=1) == 0, 0] = 1
    tracks = draw(arrays(np.int64, n_rows, elements=st.integers(-2, 5)))
    return parts / parts.sum(axis=1, keepdims=True), tracks


def test_vote_counts_segments_and_breaks_ties_by_summed_probability():
    rows = [[0.6, 0.4, 0.0], [0.1, 0.9, 0.0], [0.4, 0.5, 0.1], [0.7, 0.2, 0.1]]
    found = aggregate(rows, [0, 0, 0, 0], "vote")
    np.testing.assert_array_equal(found.probabilities, [[0.5, 0.5, 0.0]])
    assert found.ranking.tolist() == [[1, 0, 2]]  # 2.0 against 1.8


def test_vote_breaks_a_full_tie_by_genre_order():
    found = aggregate([[0.2, 0.8], [0.8, 0.2]], [3, 3], "vote")
    assert found.predicted.tolist() == [0]


def test_vote_of_a_segment_with_two_best_genres_goes_to_the_first():
    found = aggregate([[0.2, 0.4, 0.4]], [0], "vote")
    assert found.probabilities.tolist() == [[0.0, 1.0, 0.0]]
    assert found.ranking.tolist() == [[1, 2, 0]]


def test_second_of_a_unanimous_vote_is_by_summed_probability():
    found = aggregate([[0.1, 0.6, 0.1, 0.2], [0.0, 0.7, 0.2, 0.1]], [0, 0], "vote")
    assert found.ranking.tolist() == [[1, 2, 3, 0]]  # 0.3 and 0.3: genre order


def test_mean_and_log_mean_are_the_arithmetic_and_the_geometric_mean():
    rng = np.random.default_rng(1)
    rows = rng.dirichlet(np.ones(5), 30)
    tracks = np.arange(30) % 3
    mean = aggregate(rows, tracks, "mean")
    log_mean = aggregate(rows, tracks, "log-mean")
    for i in range(3):
        geometric = gmean(rows[tracks == i], axis=0)
        np.testing.assert_allclose(mean.probabilities[i], rows[tracks == i].mean(axis=0), rtol=1e-13)
        np.testing.assert_allclose(log_mean.probabilities[i], geometric / geometric.sum(), rtol=1e-12)


def test_floor_of_the_log_mean():
    found = aggregate([[1.0, 0.0], [0.5, 0.5]], [0, 0], "log-mean")
    odds = found.probabilities[0, 1] / found.probabilities[0, 0]
    assert odds == pytest.approx(np.sqrt(PROBABILITY_FLOOR), rel=1e-12)


def test_one_segment_can_veto_in_the_log_mean_only():
    rows = [[0.8, 0.2], [0.8, 0.2], [0.8, 0.2], [0.0, 1.0]]
    predicted = {method: aggregate(rows, [0] * 4, method).predicted.item() for method in METHODS}
    assert predicted == {"vote": 0, "mean": 0, "log-mean": 1}


def test_tracks_come_in_ascending_order_with_their_number_of_segments():
    found = aggregate(np.eye(3)[[0, 1, 2, 1]], [40, -7, 40, 12], "mean")
    assert found.track.tolist() == [-7, 12, 40]
    assert found.n_segments.tolist() == [1, 1, 2]
    assert found.predicted.tolist() == [1, 1, 0]


@given(segment_tables(), st.sampled_from(METHODS), st.randoms(use_true_random=False))
def test_row_order_changes_no_bit(table, method, random):
    rows, tracks = table
    order = list(range(len(tracks)))
    random.shuffle(order)
    one, other = aggregate(rows, tracks, method), aggregate(rows[order], tracks[order], method)
    assert one.probabilities.tobytes() == other.probabilities.tobytes()
    assert one.ranking.tobytes() == other.ranking.tobytes()


@given(segment_tables(), st.sampled_from(METHODS))
def test_a_track_does_not_depend_on_the_others(table, method):
    rows, tracks = table
    mine = tracks == tracks[0]
    everything, alone = aggregate(rows, tracks, method), aggregate(rows[mine], tracks[mine], method)
    at = everything.track == tracks[0]
    assert everything.probabilities[at].tobytes() == alone.probabilities.tobytes()
    assert everything.ranking[at].tobytes() == alone.ranking.tobytes()


@given(segment_tables(), st.sampled_from(METHODS))
def test_scores_are_probabilities_and_rankings_are_permutations_that_follow_them(table, method):
    found = aggregate(*table, method)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1.0, rtol=1e-12)
    assert (found.probabilities >= 0).all()
    np.testing.assert_array_equal(np.sort(found.ranking), np.tile(np.arange(4), (found.track.size, 1)))
    ranked = np.take_along_axis(found.probabilities, found.ranking, axis=1)
    assert (np.diff(ranked, axis=1) <= 1e-15).all()


@given(segment_tables(), st.integers(1, 12))
def test_identical_rows_give_the_row_and_unanimous_rows_the_whole_vote(table, n):
    row = table[0][0]
    repeated, tracks = np.tile(row, (n, 1)), np.zeros(n, dtype=int)
    np.testing.assert_allclose(aggregate(repeated, tracks, "mean").probabilities[0], row, rtol=1e-12)
    np.testing.assert_allclose(aggregate(repeated, tracks, "log-mean").probabilities[0], row, atol=5e-12)
    vote = aggregate(repeated, tracks, "vote")
    assert vote.probabilities[0].tolist() == np.eye(4)[np.argmax(row)].tolist()
    for method in METHODS:
        assert aggregate(repeated, tracks, method).predicted.item() == np.argmax(row)


@given(segment_tables())
def test_methods_agree_when_a_track_has_one_segment(table):
    rows = table[0]
    tracks = np.arange(len(rows))
    for method in METHODS:
        np.testing.assert_array_equal(aggregate(rows, tracks, method).ranking, rank(rows))


@given(segment_tables())
def test_equal_genres_are_told_apart_by_genre_order_only(table):
    """Columns that hold the same values in other rows tie exactly, whatever the rounding."""
    column = table[0][:, 0] / 2
    rows = np.column_stack([column, column[::-1], 1.0 - column - column[::-1]])
    found = aggregate(rows, np.zeros(len(rows), dtype=int), "mean")
    assert found.probabilities[0, 0] == found.probabilities[0, 1]
    ranking = found.ranking[0].tolist()
    assert ranking.index(0) < ranking.index(1)


def test_float32_gives_the_same_as_the_same_values_in_float64():
    rows = np.random.default_rng(2).dirichlet(np.ones(10), 50).astype(np.float32)
    tracks = np.arange(50) // 10
    one, other = aggregate(rows, tracks, "mean"), aggregate(rows.astype(np.float64), tracks, "mean")
    np.testing.assert_array_equal(one.probabilities, other.probabilities)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_loops_over_rows_or_tracks(method):
    def calls(n_tracks):
        rows = np.random.default_rng(3).dirichlet(np.ones(10), 10 * n_tracks)
        tracks = np.repeat(np.arange(n_tracks), 10)
        n = 0

        def count(_frame, event, _arg):
            nonlocal n
            n += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            aggregate(rows, tracks, method)
        finally:
            sys.setprofile(None)
        return n

    assert 10 < calls(1000) < calls(10) + 20


def test_per_track():
    assert per_track([4, 2, 4, 2], [1, 0, 1, 0]).tolist() == [2, 4]
    with pytest.raises(ValueError, match="track 1 has rows with different values"):
        per_track([4, 2, 3], [1, 0, 1])
    with pytest.raises(ValueError, match="shape"):
        per_track([4, 2], [1, 0, 1])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.1, 0.7])
def test_what_is_no_probability_is_refused_with_its_row(bad):
    rows = np.full((4, 2), 0.5)
    rows[2, 0] = bad
    with pytest.raises(ModelError, match=r"1 of 4 rows .* row 2"):
        aggregate(rows, [0, 0, 1, 1], "mean")


def test_an_unknown_method_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"'median' is unknown: choose one of vote, mean, log-mean"):
        aggregate([[1.0]], [0], "median")


@pytest.mark.parametrize(
    ("rows", "tracks", "match"),
    [
        ([0.5, 0.5], [0, 0], "n_rows, n_genres"),
        (np.empty((0, 3)), [], "hold a row"),
        ([[1.0], [1.0]], [0], "track_index must have 2 rows"),
        ([[1.0]], [0.0], "integers"),
        ([[1.0]], [[0]], "shape"),
    ],
)
def test_shapes_are_checked(rows, tracks, match):
    with pytest.raises(ValueError, match=match):
        aggregate(rows, tracks, "vote")
