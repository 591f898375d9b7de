"""Stored trees against XGBoost's own classifier."""

import numpy as np
import pytest
from xgboost import XGBClassifier

from gtzan_features.models.applying.xgboost_trees import StoredTrees

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 12))
NEW = RNG.normal(size=(50, 12))


def fitted(n_classes, **settings):
    y = np.digitize(X[:, 0] + 0.5 * X[:, 1], np.linspace(-1, 1, n_classes - 1))
    model = XGBClassifier(n_estimators=30, max_depth=3, n_jobs=1, **settings)
    watched = {"eval_set": [(NEW, RNG.integers(0, n_classes, 50))]} if settings else {}
    return model.fit(X, y, verbose=False, **watched)


def stored(model):
    return StoredTrees(bytes(model.get_booster().save_raw("ubj")))


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_probabilities_are_those_of_the_classifier(n_classes):
    model = fitted(n_classes)
    np.testing.assert_array_equal(stored(model).predict_proba(NEW), model.predict_proba(NEW))
    assert len(stored(model).predict_proba(NEW[:0])) == 0


def test_rounds_after_the_best_are_not_used():
    model = fitted(3, early_stopping_rounds=4)
    assert model.best_iteration < model.get_booster().num_boosted_rounds() - 1
    np.testing.assert_array_equal(stored(model).predict_proba(NEW), model.predict_proba(NEW))


def test_the_booster_is_there_for_what_the_package_alone_can_do():
    model = fitted(3)
    assert stored(model).get_booster().get_score() == model.get_booster().get_score()


def test_what_is_no_model_is_refused():
    with pytest.raises(ValueError, match="."):
        StoredTrees(b"no trees")
    with pytest.raises(ValueError, match=r"(?i)column|feature"):
        stored(fitted(3)).predict_proba(NEW[:, :5])
