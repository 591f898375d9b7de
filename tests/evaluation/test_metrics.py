"""Figures of merit against scikit-learn, hand counts, and the list of seed 002."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import sklearn.metrics as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from gtzan_features.errors import ModelError
from gtzan_features.evaluation.aggregate import aggregate
from gtzan_features.evaluation.metrics import evaluate

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")


def one_hot(predicted, n_genres):
    return np.eye(n_genres)[np.asarray(predicted)]


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(5)
    truth = rng.integers(10, size=400)
    rows = rng.dirichlet(np.ones(10), 400) + 0.4 * np.eye(10)[truth] * rng.random((400, 1))
    return truth, rows / rows.sum(axis=1, keepdims=True)


def test_figures_equal_those_of_scikit_learn(sample):
    truth, rows = sample
    found = evaluate(truth, rows, GENRES)
    predicted = rows.argmax(axis=1)
    assert found.n == 400
    assert found.n_correct == (truth == predicted).sum()
    assert found.accuracy == pytest.approx(reference.accuracy_score(truth, predicted))
    assert found.top2_accuracy == pytest.approx(reference.top_k_accuracy_score(truth, rows, k=2))
    assert found.log_loss == pytest.approx(reference.log_loss(truth, rows))
    for name in ("precision", "recall", "f1"):
        score = getattr(reference, f"{name}_score")
        assert getattr(found, f"macro_{name}") == pytest.approx(score(truth, predicted, average="macro"))
        each = [getattr(one, name) for one in found.per_genre]
        np.testing.assert_allclose(each, score(truth, predicted, average=None))
    np.testing.assert_array_equal(found.confusion, reference.confusion_matrix(truth, predicted))


def test_confusion_list_of_seed_002():
    taken_for = {"blues": 7, "rock": 4, "disco": 2, "pop": 2, "jazz": 1, "reggae": 1, "country": 3}
    predicted = [GENRES.index(genre) for genre, count in taken_for.items() for _ in range(count)]
    found = evaluate([2] * len(predicted), one_hot(predicted, 10), GENRES)
    assert found.per_genre[2].confusion_line() == (
        "Genres confused with 'country': blues 7, rock 4, disco 2, pop 2, jazz 1, reggae 1, "
        "classical 0, hiphop 0, metal 0"
    )
    assert found.per_genre[2].recall == 3 / 20
    assert found.confusion[2] == (7, 0, 3, 2, 0, 1, 0, 2, 1, 4)


def test_log_loss_and_calibration_in_closed_form():
    found = evaluate([0, 0, 1, 1], [[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.35, 0.65]], ["a", "b"])
    expected = -(2 * math.log(0.9) + math.log(0.1) + math.log(0.65)) / 4
    assert found.log_loss == pytest.approx(expected)
    # (0.8, 0.9]: 3 rows, 2 right; (0.6, 0.7]: 1 row, right.
    assert found.calibration_error == pytest.approx((3 * (0.9 - 2 / 3) + (1 - 0.65)) / 4)
    filled = {i: (one.n, one.accuracy) for i, one in enumerate(found.reliability) if one.n}
    assert filled == {6: (1, 1.0), 8: (3, 2 / 3)}
    assert found.reliability[0].confidence is None


def test_log_loss_of_a_certain_error_is_clipped_and_a_certain_hit_is_never_negative():
    assert evaluate([0], [[0.0, 1.0]], ["a", "b"]).log_loss == pytest.approx(-math.log(1e-12))
    assert evaluate([0], [[1.0 + 1e-7, 0.0]], ["a", "b"]).log_loss == 0.0


@pytest.mark.parametrize("n_votes", range(1, 11))
def test_shares_of_votes_fall_into_the_bin_that_they_close(n_votes):
    share = n_votes / 10
    rows = [[share, 1 - share], [share, 1 - share]]
    found = evaluate([0, 0], rows, ["a", "b"], ranking=[[0, 1], [0, 1]])
    assert [i for i, one in enumerate(found.reliability) if one.n] == [n_votes - 1]


def test_calibrated_predictions_have_a_small_error():
    rng = np.random.default_rng(8)
    rows = rng.dirichlet(np.full(5, 0.4), 20_000)
    truth = (rng.random((20_000, 1)) > rows.cumsum(axis=1)).sum(axis=1).clip(max=4)
    assert evaluate(truth, rows, list("abcde")).calibration_error < 0.02


def test_ties_of_top_2_follow_genre_order():
    rows = [[0.25, 0.25, 0.25, 0.25]] * 4
    found = evaluate([0, 1, 2, 3], rows, list("abcd"))
    assert (found.accuracy, found.top2_accuracy) == (0.25, 0.5)


def test_votes_take_their_top_2_from_the_ranking():
    segments = [[0.1, 0.6, 0.1, 0.2], [0.0, 0.7, 0.1, 0.2]]
    track = aggregate(segments, [0, 0], "vote")
    by_ranking = evaluate([3], track.probabilities, list("abcd"), track.ranking)
    by_shares_alone = evaluate([3], track.probabilities, list("abcd"))
    assert (by_ranking.top2_accuracy, by_shares_alone.top2_accuracy) == (1.0, 0.0)


def test_a_genre_without_test_rows_is_left_out_of_macro_means():
    found = evaluate([0, 0, 1, 1], one_hot([0, 2, 1, 1], 4), list("abcd"))
    assert found.macro_recall == pytest.approx((0.5 + 1.0) / 2)
    assert found.macro_precision == 1.0
    assert found.macro_f1 == pytest.approx((2 / 3 + 1) / 2)
    absent = found.per_genre[2]
    assert (absent.support, absent.n_predicted) == (0, 1)
    assert (absent.precision, absent.recall, absent.f1) == (None, None, None)
    assert absent.confused_with == (("a", 0), ("b", 0), ("d", 0))
    assert (found.most_confused, found.least_confused) == ("a", "b")


def test_a_genre_that_is_never_predicted_counts_as_zero():
    found = evaluate([0, 1], one_hot([0, 0], 2), ["a", "b"])
    assert (found.per_genre[1].precision, found.per_genre[1].f1) == (0.0, 0.0)
    assert found.macro_precision == 0.25


def test_most_and_least_confused_with_ties():
    #       a: 1 of 2      b: 2 of 4        c: 1 of 1  d: 2 of 2
    truth = [0, 0, 1, 1, 1, 1, 2, 3, 3]
    predicted = [0, 1, 1, 1, 0, 0, 2, 3, 3]
    found = evaluate(truth, one_hot(predicted, 4), list("abcd"))
    assert (found.most_confused, found.least_confused) == ("b", "c")
    flawless = evaluate([0, 1], one_hot([0, 1], 2), ["a", "b"])
    assert (flawless.most_confused, flawless.least_confused) == (None, "a")


def test_a_single_genre_and_a_single_row_do_not_crash():
    found = evaluate([0], [[1.0]], ["a"])
    assert (found.accuracy, found.top2_accuracy, found.log_loss) == (1.0, 1.0, 0.0)
    assert found.per_genre[0].confusion_line() == "Genres confused with 'a': none"


def test_to_dict_survives_json_unchanged(sample):
    plain = evaluate(*sample, GENRES).to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["per_genre"][0]["confused_with"][0][1] >= plain["per_genre"][0]["confused_with"][1][1]


@settings(max_examples=20)  # each takes two bootstraps
@given(st.randoms(use_true_random=False))
def test_row_order_changes_no_figure(sample, random):
    truth, rows = sample
    order = list(range(60))
    random.shuffle(order)
    assert evaluate(truth[:60][order], rows[:60][order], GENRES) == evaluate(truth[:60], rows[:60], GENRES)


@pytest.mark.parametrize(
    ("truth", "genres", "ranking", "match"),
    [
        ([0, 1, 0], ["a", "b"], None, "y_true must have 2 rows"),
        ([0, 2], ["a", "b"], None, "y_true must lie within 0 and 1; got 0 to 2"),
        ([True, False], ["a", "b"], None, "integers"),
        ([0, 1], ["a", "b", "c"], None, "2 columns"),
        ([0, 1], ["a", "a"], None, "each once"),
        ([0, 1], ["a", "b"], [[0, 1]], "ranking"),
        ([0, 1], ["a", "b"], [[0, 0], [0, 1]], "every genre index once"),
    ],
)
def test_shapes_and_names_are_checked(truth, genres, ranking, match):
    with pytest.raises(ValueError, match=match):
        evaluate(truth, [[0.5, 0.5], [0.5, 0.5]], genres, ranking)


def test_nan_is_refused():
    with pytest.raises(ModelError, match="NaN"):
        evaluate([0], [[np.nan, 1.0]], ["a", "b"])
