from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from gtzan_features.errors import ModelError
from gtzan_features.models.choosing.ensemble import stack_weights
from gtzan_features.models.registry import model_spec, parse_settings
from gtzan_features.models.save import load_model, save_model
from gtzan_features.models.spec import inner_splits
from tests.conftest import make_table
from tests.models.estimators.test_discriminant import clusters
from tests.models.test_models import stored

SPEC = model_spec("ensemble")
MEMBERS = ["members=lda+xgboost", "xgboost.n_estimators=10"]


def alone(name, data, *settings):
    spec = model_spec(name)
    return spec.fit(data, parse_settings(spec, settings), 0)


def test_a_vote_is_the_mean_of_what_the_members_say_alone():
    data = clusters(n_tracks=30)
    model = SPEC.fit(data, parse_settings(SPEC, ["members=lda+knn", "knn.n_neighbors=3"]), 0)
    lda = alone("lda", data).predict_proba(data.X)
    knn = alone("knn", data, "n_neighbors=3", "calibrate=True").predict_proba(data.X)
    np.testing.assert_allclose(model.predict_proba(data.X), (lda + knn) / 2, atol=1e-12)


def test_a_stack_weighs_members_by_what_they_say_of_tracks_they_had_not_seen():
    data = clusters(n_tracks=30)
    model = SPEC.fit(data, parse_settings(SPEC, ["kind=stack", "members=lda+knn"]), 0)
    unseen = np.empty((2, len(data.y), 3))
    for train, valid in inner_splits(data, 3, 0):
        for at, name in enumerate(("lda", "knn")):
            p = alone(name, data.take(train)).predict_proba(data.X[valid])
            unseen[at, valid] = np.log(np.maximum(p, 1e-6))
    weights = stack_weights(unseen, data.y)
    both = [np.log(np.maximum(alone(name, data).predict_proba(data.X), 1e-6)) for name in ("lda", "knn")]
    expected = softmax(weights[0] * both[0] + weights[1] * both[1], axis=1)
    np.testing.assert_allclose(model.predict_proba(data.X), expected, atol=1e-9)


def test_for_two_genres_the_weights_are_scikit_learns_logistic_regression():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 3000)
    margins = np.stack([(2 * y - 1) * 0.7, (2 * y - 1) * 0.3]) + rng.normal(0, 1, (2, 3000))
    logits = np.stack([log_softmax(np.stack([np.zeros(3000), m], axis=1), axis=1) for m in margins])
    regression = LogisticRegression(C=1e9, fit_intercept=False).fit(margins.T, y)
    np.testing.assert_allclose(stack_weights(logits, y), regression.coef_[0], atol=2e-3)


def test_a_member_that_knows_nothing_weighs_nothing():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 2000)
    good = 2.0 * np.eye(4)[y] + rng.normal(0, 1, (2000, 4))
    weights = stack_weights(log_softmax(np.stack([good, rng.normal(0, 1, (2000, 4))]), axis=2), y)
    assert weights[0] > 0.9
    assert 0 <= weights[1] < 0.1


@pytest.mark.parametrize("kind", ["vote", "stack"])
@pytest.mark.parametrize("more", [[], ["families=auto"]])
def test_stored_ensembles_say_the_same(kind, more, tmp_path):
    table = make_table()
    model = stored("ensemble", table, [f"kind={kind}", *MEMBERS, *more])
    save_model(tmp_path, model)
    p = load_model(tmp_path).predict_proba(table)
    np.testing.assert_array_equal(p, model.predict_proba(table))
    np.testing.assert_allclose(p.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("members=lda+cart", "'cart' cannot be a member; there are xgboost, svm"),
        ("members=lda+majority", "'majority' cannot be a member"),
        ("members=lda+ensemble", "'ensemble' cannot be a member"),
        ("members=lda", "members=lda are not two models. Write them as members=lda\\+svm"),
        ("kind=blend", "kind=blend is not known; there are vote, stack"),
    ],
)
def test_what_is_no_ensemble_is_one_clear_error(setting, message):
    with pytest.raises(ModelError, match=message):
        SPEC.fit(clusters(n_tracks=6), parse_settings(SPEC, [setting]), 0)


def test_settings_of_members_are_checked():
    assert parse_settings(SPEC, ["svm.C=3", "lda.families=auto"])["svm.C"] == 3
    with pytest.raises(ModelError, match="has no setting 'svm.depth'"):
        parse_settings(SPEC, ["svm.depth=3"])
