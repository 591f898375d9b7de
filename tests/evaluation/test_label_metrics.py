"""Label metrics against scikit-learn's functions on the whole matrix, and what degenerate labels give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from gtzan_features.errors import ConfigError, ModelError
from gtzan_features.evaluation.aggregate import METHODS, aggregate
from gtzan_features.evaluation.bootstrap import BootstrapConfig
from gtzan_features.evaluation.label_aggregate import aggregate_labels, best_threshold
from gtzan_features.evaluation.label_metrics import (
    average_precision_difference,
    average_precision_interval,
    evaluate_labels,
    weighted_average_precision,
)

RNG = np.random.default_rng(0)
NAMES = ("blues", "fast", "loud", "rock")


def sample(n=60, ties=False, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(size=(n, 4)) < [0.2, 0.5, 0.35, 0.1]
    truth[0] = True
    truth[1] = False
    p = np.clip(0.35 * truth + rng.uniform(0, 0.7, truth.shape), 0, 1)
    return truth, p.round(1) if ties else p


@pytest.mark.parametrize("ties", [False, True])
def test_every_figure_is_scikit_learns(ties):
    truth, p = sample(ties=ties)
    found = evaluate_labels(truth, p, NAMES)
    decided = p >= 0.5
    for average in ("macro", "micro"):
        kind = {"average": average, "zero_division": 0.0}
        assert getattr(found, f"{average}_precision") == pytest.approx(
            sk.precision_score(truth, decided, **kind)
        )
        assert getattr(found, f"{average}_recall") == pytest.approx(sk.recall_score(truth, decided, **kind))
        assert getattr(found, f"{average}_f1") == pytest.approx(sk.f1_score(truth, decided, **kind))
        ap = sk.average_precision_score(truth, p, average=average)
        assert getattr(found, f"{average}_average_precision") == pytest.approx(ap)
    assert found.macro_roc_auc == pytest.approx(sk.roc_auc_score(truth, p, average="macro"))
    assert found.hamming_loss == pytest.approx(sk.hamming_loss(truth, decided))
    assert found.exact == pytest.approx(sk.accuracy_score(truth, decided))
    assert found.ranking_average_precision == pytest.approx(
        sk.label_ranking_average_precision_score(truth, p)
    )
    assert [one.support for one in found.per_label] == truth.sum(axis=0).tolist()
    assert [one.n_given for one in found.per_label] == decided.sum(axis=0).tolist()
    assert found.base_rate == pytest.approx(truth.mean())
    ap = sk.average_precision_score(truth, p, average=None)
    assert [one.average_precision for one in found.per_label] == pytest.approx(ap.tolist())


def test_labels_that_no_row_or_every_row_has():
    truth, p = sample()
    truth[:, 0], truth[:, 1] = False, True
    found = evaluate_labels(truth, p, NAMES)
    never, always, *rest = found.per_label
    figures = (never.precision, never.recall, never.f1, never.average_precision, never.roc_auc)
    assert figures == (None,) * 5
    assert (always.average_precision, always.roc_auc, always.base_rate) == (1.0, None, 1.0)
    counted = [always, *rest]
    assert found.macro_average_precision == pytest.approx(np.mean([one.average_precision for one in counted]))
    assert found.macro_roc_auc == pytest.approx(np.mean([one.roc_auc for one in rest]))
    assert found.base_rate == pytest.approx(np.mean([one.base_rate for one in counted]))
    with pytest.raises(ValueError, match="no row has any label"):
        evaluate_labels(np.zeros_like(truth), p, NAMES)


def test_what_is_no_probability_is_refused():
    truth, p = sample()
    for wrong in (np.nan, -0.1, 1.1):
        with pytest.raises(ModelError, match="1 of 60 rows"):
            evaluate_labels(truth, np.where(np.arange(60)[:, None] == 5, wrong, p), NAMES)
    with pytest.raises(ValueError, match="booleans in the shape"):
        evaluate_labels(truth[:, :3], p, NAMES)
    with pytest.raises(ValueError, match="each once"):
        evaluate_labels(truth, p, ("a", "a", "b", "c"))


@pytest.mark.parametrize("ties", [False, True])
def test_weights_of_rows_are_repeated_rows(ties):
    truth, p = sample(ties=ties)
    weights = RNG.integers(0, 4, (5, len(p))).astype(float)
    found = weighted_average_precision(truth, p)(weights)
    for value, counts in zip(found, weights.astype(int), strict=True):
        again = np.repeat(np.arange(len(p)), counts)
        assert value == pytest.approx(sk.average_precision_score(truth[again], p[again], average="macro"))


def test_the_interval_holds_the_estimate_and_grows_where_units_are_larger():
    truth, p = sample(200)
    by_row = average_precision_interval(truth, p)
    assert by_row.estimate == pytest.approx(sk.average_precision_score(truth, p, average="macro"))
    assert by_row.low < by_row.estimate < by_row.high
    # Ten equal rows of each track say no more than one.
    tracks = np.repeat(np.arange(200), 10)
    same = average_precision_interval(np.repeat(truth, 10, axis=0), np.repeat(p, 10, axis=0), tracks)
    assert (same.low, same.high) == pytest.approx((by_row.low, by_row.high))
    assert same.n_units == 200


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    whole, p = sample(20_000, seed=5)
    true = sk.average_precision_score(whole, p, average="macro")
    held = 0
    quick = BootstrapConfig(n_resamples=300)
    for seed in range(30):
        some = np.random.default_rng(seed).choice(len(p), 120, replace=False)
        found = average_precision_interval(whole[some], p[some], config=quick)
        held += found.low <= true <= found.high
    assert held >= 24


def test_a_difference_is_of_two_models_on_the_same_rows():
    truth, p = sample(150)
    worse = RNG.uniform(size=p.shape)
    found = average_precision_difference(truth, p, worse)
    alone = [sk.average_precision_score(truth, q, average="macro") for q in (p, worse)]
    assert found.estimate == pytest.approx(alone[0] - alone[1])
    assert 0 < found.low < found.estimate < found.high
    turned = average_precision_difference(truth, worse, p)
    assert turned.estimate == pytest.approx(-found.estimate)
    same = average_precision_difference(truth, p, p)
    assert (same.low, same.estimate, same.high) == (0, 0, 0)


@pytest.mark.parametrize("method", ["mean", "log-mean"])
def test_a_label_and_its_absence_are_gathered_as_two_genres(method):
    p = RNG.uniform(size=(30, 3))
    track = RNG.integers(0, 5, 30)
    found = aggregate_labels(p, track, method)
    for i in range(3):
        two = aggregate(np.column_stack([1 - p[:, i], p[:, i]]), track, method)
        assert found.probabilities[:, i] == pytest.approx(two.probabilities[:, 1])
    np.testing.assert_array_equal(found.given, found.probabilities >= 0.5)


def test_votes_are_shares_of_segments_above_their_threshold():
    p = np.array([[0.3, 0.9], [0.6, 0.1], [0.2, 0.8], [0.1, 0.7]])
    found = aggregate_labels(p, [1, 1, 0, 0], "vote", [0.25, 0.75])
    np.testing.assert_array_equal(found.track, [0, 1])
    np.testing.assert_array_equal(found.probabilities, [[0, 0.5], [1, 0.5]])
    np.testing.assert_array_equal(found.given, [[False, True], [True, True]])
    # Thresholds may differ by track, as those of its fold do.
    by_row = np.array([[0.25, 0.75]] * 2 + [[0.05, 0.95]] * 2)
    found = aggregate_labels(p, [1, 1, 0, 0], "mean", by_row)
    np.testing.assert_array_equal(found.given, [[True, False], [True, False]])


@given(hnp.arrays(float, (12, 2), elements=st.floats(0, 1)), st.permutations(range(12)))
@settings(max_examples=30, deadline=None)
def test_the_order_of_the_rows_changes_no_bit(p, order):
    track = np.arange(12) % 3
    for method in METHODS:
        found, turned = aggregate_labels(p, track, method), aggregate_labels(p[order], track[order], method)
        np.testing.assert_array_equal(found.probabilities, turned.probabilities)


def test_an_unknown_aggregation_is_refused():
    with pytest.raises(ConfigError, match="choose one of vote, mean, log-mean"):
        aggregate_labels([[0.1, 0.2]], [0], "median")


@pytest.mark.parametrize("ties", [False, True])
def test_no_other_threshold_has_a_larger_f1(ties):
    truth, p = sample(40, ties=ties, seed=3)
    for i in range(4):
        found = best_threshold(truth[:, i], p[:, i])
        f1 = [sk.f1_score(truth[:, i], p[:, i] >= t) for t in np.unique(p[:, i])]
        assert sk.f1_score(truth[:, i], p[:, i] >= found) >= max(f1) - 1e-12
        assert 0 < found < 1
    assert best_threshold([True, True], [0.1, 0.2]) == best_threshold([False, False], [0.9, 0.8]) == 0.5
