from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from gtzan_features.errors import ModelError
from gtzan_features.models.base import inner_splits
from gtzan_features.models.registry import model_spec, parse_settings
from gtzan_features.models.store import load_model, save_model
from tests.conftest import make_table
from tests.models.test_discriminant import clusters
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


def test_a_stack_is_a_regression_on_members_that_had_not_seen_the_track():
    data = clusters(n_tracks=30)
    model = SPEC.fit(data, parse_settings(SPEC, ["kind=stack", "members=lda+knn"]), 0)
    unseen = np.empty((len(data.y), 6))
    for train, valid in inner_splits(data, 3, 0):
        for at, name in enumerate(("lda", "knn")):
            p = alone(name, data.take(train)).predict_proba(data.X[valid])
            unseen[valid, 3 * at : 3 * at + 3] = np.log(np.maximum(p, 1e-6))
    regression = LogisticRegression(C=0.1, max_iter=5_000).fit(unseen, data.y)
    both = [np.log(np.maximum(alone(name, data).predict_proba(data.X), 1e-6)) for name in ("lda", "knn")]
    np.testing.assert_allclose(
        model.predict_proba(data.X), regression.predict_proba(np.hstack(both)), atol=1e-9
    )


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
