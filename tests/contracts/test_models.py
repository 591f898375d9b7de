"""The contracts of models over every one of the registry, and on models that break them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn._loss._loss import CyHalfMultinomialLoss
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import gtzan_features as gf
from gtzan_features import plugins
from gtzan_features.models.registry import MODELS
from gtzan_features.testing import check_model

QUICK = {
    "xgboost": {"n_estimators": 4},
    "random-forest": {"n_estimators": 4},
    "extra-trees": {"n_estimators": 4},
    "cnn": {"epochs": 2, "filters": 8, "patch": 2},
    "mlp": {"epochs": 2, "hidden": 8},
    "ensemble": {"members": "lda+knn"},
}
"""Fewer trees and epochs: what is checked does not depend on them."""


@pytest.mark.parametrize("name", MODELS)
def test_every_model_keeps_the_contracts(name):
    check_model(name, **QUICK.get(name, {}))


@pytest.fixture(autouse=True)
def _registry():
    with plugins.temporary():
        yield


PLUGGED = {
    "hist-gb": lambda **settings: HistGradientBoostingClassifier(**{"min_samples_leaf": 2, **settings}),
    "ridge": RidgeClassifier,
    "sgd": lambda alpha=0.001: make_pipeline(StandardScaler(), SGDClassifier(alpha=alpha)),
}


@pytest.mark.parametrize("name", PLUGGED)
def test_a_plugins_model_keeps_them(name):
    if name == "hist-gb" and CyHalfMultinomialLoss.__module__ == "_loss":
        pytest.skip("scikit-learn 1.8 gives a type of it a module that does not exist: it cannot be stored")
    gf.register_model(name, PLUGGED[name], summary="a test")
    check_model(name, **({"max_iter": 3} if name == "hist-gb" else {}))


def test_lightgbm_keeps_them():
    lightgbm = pytest.importorskip("lightgbm")
    gf.register_model(
        "lightgbm",
        lambda **settings: lightgbm.LGBMClassifier(
            **{"verbose": -1, "n_jobs": 1, "min_child_samples": 2, **settings}
        ),
    )
    check_model("lightgbm", n_estimators=4)


def test_catboost_keeps_them():
    catboost = pytest.importorskip("catboost")
    gf.register_model(
        "catboost",
        lambda **settings: catboost.CatBoostClassifier(
            **{"verbose": False, "thread_count": 1, "allow_writing_files": False, **settings}
        ),
    )
    check_model("catboost", iterations=4)


class Chance(ClassifierMixin, BaseEstimator):
    """Answers by chance, whatever the seed."""

    def fit(self, X, y):  # noqa: ARG002
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        p = np.random.default_rng().uniform(size=(len(X), len(self.classes_)))
        return p / p.sum(axis=1, keepdims=True)


class Narrow(Chance):
    """Gives no probabilities."""

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), np.nan)


def whatever(x):
    return x


@pytest.mark.parametrize(
    ("factory", "settings", "reason"),
    [
        (Chance, {}, "two fits with one seed differ"),
        (LogisticRegression, {"space": {"depth": (1, 3)}}, "searched in settings that cannot be set"),
        (LogisticRegression, {"defaults": {"depth": 3}}, "defaults"),
    ],
)
def test_what_a_model_breaks_is_named(factory, settings, reason):
    gf.register_model("under-test", factory, **settings)
    with pytest.raises((AssertionError, gf.GtzanError), match=reason):
        check_model("under-test")


def test_probabilities_that_are_no_numbers_are_refused():
    gf.register_model("under-test", Narrow)
    with pytest.raises(gf.GtzanError, match="probabilities that are no numbers"):
        check_model("under-test")


def test_a_function_in_a_model_is_stored_only_where_its_registration_names_it():
    def factory():
        return make_pipeline(FunctionTransformer(whatever), LogisticRegression())

    gf.register_model("under-test", factory)
    with pytest.raises(gf.GtzanError, match=r"cannot be stored without pickle \(tests.contracts.*whatever\)"):
        check_model("under-test")
    gf.register_model("under-test", factory, trusted=(f"{__name__}.whatever",))
    check_model("under-test")
