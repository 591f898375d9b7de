"""A linear model as plain arrays says what scikit-learn says."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gtzan_features.models.applying.linear_rule import StoredRule
from gtzan_features.models.estimators.linear import logistic_rule
from gtzan_features.models.estimators.preprocessing import RankNormal


def fitted(scaling, n_genres, seed=0):
    rng = np.random.default_rng(seed)
    X, y = np.exp(rng.normal(size=(240, 6))), rng.integers(0, n_genres, 240)
    X[:, 0] += y
    return make_pipeline(scaling, LogisticRegression(C=0.3, max_iter=5_000)).fit(X, y), X


@pytest.mark.parametrize("scaling", [StandardScaler(), RankNormal()], ids=["standard", "rank"])
@pytest.mark.parametrize("n_genres", [2, 3, 10])
def test_probabilities_are_those_of_scikit_learn(scaling, n_genres):
    model, X = fitted(scaling, n_genres)
    rule = logistic_rule(model)
    new = np.vstack([X, 40 * X[:3], -X[:3]])  # and far outside the training rows
    np.testing.assert_allclose(rule.predict_proba(new), model.predict_proba(new), rtol=0, atol=1e-9)
    stored = StoredRule(rule.arrays())
    np.testing.assert_array_equal(stored.predict_proba(new), rule.predict_proba(new))


@pytest.mark.parametrize("scaling", [StandardScaler(), RankNormal()], ids=["standard", "rank"])
def test_a_rule_for_more_columns_looks_at_its_own_only(scaling):
    model, X = fitted(scaling, 3)
    rule = logistic_rule(model)
    at = np.array([1, 2, 4, 5, 7, 8])
    wide = rule.among(at, 9)
    rows = np.random.default_rng(1).normal(size=(len(X), 9)) * 1e6
    rows[:, at] = X
    np.testing.assert_allclose(wide.predict_proba(rows), rule.predict_proba(X), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(wide.used, at)
    assert set(wide.arrays()) == set(rule.arrays())


def test_a_temperature_leaves_the_order_and_softens_the_rest():
    model, X = fitted(RankNormal(), 3)
    rule = logistic_rule(model)
    p, soft = rule.predict_proba(X), rule.tempered(0.5).predict_proba(X)
    expected = np.sqrt(p) / np.sqrt(p).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(soft, expected, rtol=1e-9)


@pytest.mark.parametrize("scaling", [StandardScaler(), RankNormal()], ids=["standard", "rank"])
def test_what_columns_add_sums_to_the_margin_over_the_typical_row(scaling):
    model, X = fitted(scaling, 4)
    rule = logistic_rule(model)
    log_p = np.log(rule.predict_proba(X))
    margin = log_p - log_p.mean(axis=1, keepdims=True)
    offsets = rule.arrays()["offsets"]
    for genre in range(4):
        added = rule.contributions(X, genre)
        assert added.shape == X.shape
        typical = offsets[genre] - offsets.mean()
        np.testing.assert_allclose(added.sum(axis=1) + typical, margin[:, genre], atol=1e-9)
