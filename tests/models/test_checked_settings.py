from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from gtzan_features.config import SplitConfig
from gtzan_features.errors import ModelError
from gtzan_features.models import registry
from gtzan_features.models.checked_settings import guarded, probabilities
from gtzan_features.models.registry import MODELS, model_spec, parse_settings
from gtzan_features.models.spec import ModelSpec, TrainingData
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.training import fit as pipeline
from gtzan_features.training.fit_config import FitConfig

HOLDOUT = SplitConfig(protocol="track", holdout=0.25)

NOT_MEANT = [
    *(
        ("mlp", f"{name}={value}")
        for name in ("epochs", "patience", "batch_size")
        for value in (0, -1, 1.5, "x")
    ),
    *(("mlp", pair) for pair in ("hidden=0", "hidden=(8, -1)", "hidden=wide", "alpha=-1", "learning_rate=0")),
    *(("mlp", pair) for pair in ("validation=1", "validation=-0.1", "epochs=True", "alpha=None")),
    *(
        ("cnn", pair)
        for pair in ("patch=0", "filters=0", "time_bins=0", "patches_per_row=0", "head_alpha=-1")
    ),
    ("knn", "n_neighbors=1e999"),
    ("svm", "C={1, 2}"),
    ("xgboost", "max_depth=b'4'"),
    ("ensemble", "svm.C=1j"),
]


@pytest.mark.parametrize(("model", "pair"), NOT_MEANT)
def test_settings_that_cannot_be_meant_are_refused_as_they_are_read(model, pair):
    with pytest.raises(
        ModelError, match=f"{model}: {pair.partition('=')[0]}=.* cannot be meant; give "
    ) as caught:
        parse_settings(model_spec(model), [pair])
    assert "\n" not in str(caught.value)


def test_settings_that_can_be_meant_are_taken():
    for model, pair in (
        ("mlp", "validation=0"),
        ("mlp", "hidden=64"),
        ("cnn", "patch_hidden=()"),
        ("svm", "C=3"),
    ):
        parse_settings(model_spec(model), [pair])
    for name in MODELS:
        spec = model_spec(name)
        parse_settings(spec, [f"{key}={value}" for key, value in spec.defaults.items()])


FAILING = [
    ("knn", "n_neighbors=5000"),
    ("knn", "n_neighbors=0"),
    ("knn", "metric=haversine"),
    ("svm", "gamma=-1"),
    ("svm", "kernel=linear"),
    ("lda", "shrinkage=2"),
    ("lda", "shrinkage=x"),
    ("random-forest", "n_estimators=0"),
    ("random-forest", "max_features=9.5"),
    ("logistic-regression", "C=-1"),
    ("linear-svm", "loss=none"),
    ("xgboost", "max_depth=-3"),
    ("xgboost", "tree_method=none"),
    ("majority", "strategy=constant"),
    ("ensemble", "knn.n_neighbors=5000"),
]


@pytest.mark.parametrize(("model", "pair"), FAILING)
def test_what_a_library_raises_is_one_line_that_names_the_setting(model, pair, tables, tmp_path):
    more = {
        "ensemble": ("members=knn+lda",),
    }.get(model, ())
    config = FitConfig(model=model, settings=(*more, pair), split=HOLDOUT)
    with np.errstate(all="ignore"), pytest.raises(ModelError) as caught:
        fit_run(tables, tmp_path, config, n_jobs=1, keep_model=False)
    assert "\n" not in str(caught.value)
    assert pair.partition("=")[0].rpartition(".")[2] in str(caught.value)
    assert list(tmp_path.glob("[!f]*")) == []  # but for the tables in "features"


def raising(error: Exception):
    class Model:
        def predict_proba(self, _):
            raise error

    return Model()


@pytest.mark.parametrize(
    "error", [MemoryError("Unable to allocate 51 GiB"), IndexError("x\ny"), AttributeError(), ValueError("é")]
)
def test_whatever_is_raised_while_fitting_or_predicting_is_a_model_error(error):
    def failing(*_):
        raise error

    spec = guarded(dataclasses.replace(model_spec("knn"), fit=failing))
    data = TrainingData(X=np.zeros((2, 1)), y=np.arange(2), groups=np.arange(2))
    for call in (
        lambda: spec.fit(data, {"n_neighbors": 7}, 0),
        lambda: probabilities(raising(error), data.X, spec, {"n_neighbors": 7}),
    ):
        with pytest.raises(ModelError, match="with these settings: .+ .n_neighbors=7.$") as caught:
            call()
        assert "\n" not in str(caught.value)
        assert ("memory" in str(caught.value)) is isinstance(error, MemoryError)


def test_probabilities_that_are_none_are_refused():
    class Lost:
        def predict_proba(self, X):
            return np.full((len(X), 2), np.nan)

    with pytest.raises(ModelError, match="probabilities that are no numbers .n_neighbors=3.$"):
        probabilities(Lost(), np.zeros((3, 1)), model_spec("knn"), {"n_neighbors": 3, "weights": "distance"})


def test_whether_a_model_can_be_stored_is_known_before_the_first_fold(tables, tmp_path, monkeypatch):
    def fitted(data, *_):
        return HistGradientBoostingClassifier(max_iter=2).fit(data.X, data.y)

    plugged = ModelSpec(name="boost", summary="", fit=fitted, settable=set)
    monkeypatch.setitem(registry.MODELS, "boost", guarded(plugged))
    monkeypatch.setattr(pipeline, "fit_fold", None)
    monkeypatch.setattr(registry, "known_model", lambda name: name)
    odd = FitConfig(model="knn", settings=("metric=canberra", "algorithm=ball_tree"), split=HOLDOUT)
    for config in (FitConfig(model="boost", split=HOLDOUT), odd):
        with pytest.raises(ModelError, match="cannot be stored without pickle"):
            fit_run(tables, tmp_path, config, n_jobs=1)
