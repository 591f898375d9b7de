"""One model a label: the same as scikit-learn's by hand, stored and read, thresholds of unseen tracks."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from gtzan_features.errors import ModelError
from gtzan_features.models.applying.load import CARD
from gtzan_features.models.registry import MODELS, model_spec, parse_settings
from gtzan_features.models.save import ModelCard, StoredModel, load_model, save_model
from gtzan_features.models.spec import TrainingData, inner_splits
from gtzan_features.models.words import ONE_LABEL
from tests.conftest import predicted_by_arrays_alone

ABLE = [name for name in MODELS if name not in ONE_LABEL]
QUICK = {
    "xgboost": ("n_estimators=5",),
    "random-forest": ("n_estimators=5",),
    "extra-trees": ("n_estimators=5",),
}


def training(n_tracks=36, n_segments=2, seed=0):
    """Rows of tracks with three labels, of which the last is on every track."""
    rng = np.random.default_rng(seed)
    labels = rng.uniform(size=(n_tracks, 4)) < [0.4, 0.5, 0.25, 1.0]
    labels[:4, :3] = [[1, 1, 1], [0, 0, 0], [1, 1, 1], [0, 0, 0]]
    X = rng.normal(size=(n_tracks, 5))
    X[:, :4] += 1.5 * labels
    rows = np.repeat(np.arange(n_tracks), n_segments)
    X = X[rows] + rng.normal(0, 0.2, (len(rows), 5))
    first = labels[rows].argmax(axis=1)
    return TrainingData(
        X=X,
        y=first,
        groups=rows,
        labels=labels[rows],
        families=("timbre", "timbre", "tonal", "tonal", "rhythm"),
    )


def fitted(name, data, *pairs, threshold="0.5"):
    spec = model_spec(name)
    settings = parse_settings(spec, [*QUICK.get(name, ()), *pairs, f"label_threshold={threshold}"])
    return spec.fit(data, settings, 0), settings


def card(name, settings, thresholds, labels=("a", "b", "c", "d")):
    return ModelCard(
        model=name,
        genres=tuple(labels),
        columns=("v", "w", "x", "y", "z"),
        feature_set="own",
        feature_fingerprint="0",
        segment="3s",
        settings=settings,
        dataset="toy",
        synthetic=False,
        trained_on="all",
        several_labels=True,
        thresholds=tuple(thresholds),
    )


BY_HAND = {
    "logistic-regression": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)),
    "random-forest": lambda: RandomForestClassifier(n_estimators=5, random_state=0),
    "majority": lambda: DummyClassifier(strategy="prior"),
    "xgboost": lambda: XGBClassifier(
        n_estimators=5,
        max_depth=6,
        learning_rate=0.05,
        subsample=0.8,
        colsample_bytree=0.5,
        tree_method="hist",
        max_bin=256,
        random_state=0,
        n_jobs=1,
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.filterwarnings("ignore:Label .* is present in all training examples:UserWarning")
def test_a_model_is_scikit_learns_one_vs_rest_by_hand(name):
    data = training()
    model, _ = fitted(name, data)
    by_hand = OneVsRestClassifier(BY_HAND[name]()).fit(data.X, data.labels)
    np.testing.assert_allclose(model.predict_proba(data.X), by_hand.predict_proba(data.X), atol=1e-6)


def test_one_label_a_track_is_one_vs_rest_too():
    data = training()
    genres = np.arange(len(data.y)) // 2 % 3
    single = replace(data, y=genres, labels=genres[:, None] == np.arange(3))
    model, _ = fitted("logistic-regression", single)
    by_hand = OneVsRestClassifier(BY_HAND["logistic-regression"]()).fit(data.X, single.labels)
    np.testing.assert_allclose(model.predict_proba(data.X), by_hand.predict_proba(data.X), atol=1e-9)


@pytest.mark.parametrize("name", ABLE)
def test_every_able_model_is_stored_and_read_again(name, tmp_path):
    data = training()
    model, settings = fitted(name, data)
    p = model.predict_proba(data.X)
    assert p.shape == (len(data.y), 4)
    assert ((p >= 0) & (p <= 1)).all()
    np.testing.assert_array_equal(p[:, 3], 1.0)
    stored = StoredModel(estimator=model, card=card(name, settings, model.thresholds))
    save_model(tmp_path / "one", stored)
    again = load_model(tmp_path / "one")
    np.testing.assert_allclose(again.estimator.predict_proba(data.X), p, atol=1e-6)
    assert again.card.thresholds == (0.5,) * 4
    save_model(tmp_path / "two", again)
    np.testing.assert_allclose(load_model(tmp_path / "two").estimator.predict_proba(data.X), p, atol=1e-6)


@pytest.mark.parametrize("name", ["lda", "xgboost"])
def test_arrays_alone_predict(name, tmp_path):
    data = training()
    model, settings = fitted(name, data)
    save_model(tmp_path, StoredModel(estimator=model, card=card(name, settings, model.thresholds)))
    found = predicted_by_arrays_alone(tmp_path, data.X)
    np.testing.assert_allclose(found, model.predict_proba(data.X), atol=1e-6)


@pytest.mark.parametrize("name", ONE_LABEL)
def test_the_others_are_refused_with_those_that_can(name):
    data = training()
    with pytest.raises(ModelError, match=f"{name} takes one genre a track.*: fit xgboost, svm, .*lda"):
        fitted_of_other(name, data)


def fitted_of_other(name, data):
    spec = model_spec(name)
    return spec.fit(data, parse_settings(spec, []), 0)


def test_families_and_calibration_are_chosen_by_each_label(tmp_path):
    data = training(60)
    model, settings = fitted("logistic-regression", data, "families=auto", "calibrate=True")
    p = model.predict_proba(data.X)
    save_model(tmp_path, StoredModel(estimator=model, card=card("logistic-regression", settings, [0.5] * 4)))
    np.testing.assert_allclose(load_model(tmp_path).estimator.predict_proba(data.X), p, atol=1e-9)
    assert len({one.families for one in model.estimators[:3]}) > 1


def test_thresholds_are_the_best_for_tracks_that_no_model_had_seen():
    data = training(60)
    model, _ = fitted("logistic-regression", data, threshold="f1")
    assert model.thresholds[3] == 0.5  # every track has this label
    for i in range(3):
        one = data.of_label(i)
        p = np.empty(len(one.y))
        for train, valid in inner_splits(one, 3, 0):
            assert not set(one.groups[train]) & set(one.groups[valid])
            by_hand = BY_HAND["logistic-regression"]().fit(one.X[train], one.y[train])
            p[valid] = by_hand.predict_proba(one.X[valid])[:, 1]
        mean = np.bincount(one.groups, p) / np.bincount(one.groups)
        true = one.y[np.unique(one.groups, return_index=True)[1]]
        best = max(f1_score(true, mean >= t) for t in np.unique(mean))
        assert f1_score(true, mean >= model.thresholds[i]) == pytest.approx(best)


def test_a_label_of_a_single_track_gets_the_usual_threshold():
    data = training()
    labels = data.labels.copy()
    labels[:, 0] = data.groups == 7
    model, _ = fitted("logistic-regression", replace(data, labels=labels), threshold="f1")
    assert model.thresholds[0] == 0.5


@pytest.mark.parametrize("value", ["0", "1", "1.5", "best", "True"])
def test_a_threshold_that_cannot_be_meant_is_refused(value):
    with pytest.raises(ModelError, match="label_threshold=.* give a number between 0 and 1, or f1"):
        fitted("knn", training(), threshold=value)


def test_a_card_of_one_genre_a_track_says_nothing_of_labels(tmp_path):
    data = training()
    plain = replace(data, y=data.groups % 2, labels=None)
    spec = model_spec("lda")
    settings = parse_settings(spec, [])
    one = replace(card("lda", settings, (), ("a", "b")), several_labels=False)
    save_model(tmp_path, StoredModel(estimator=spec.fit(plain, settings, 0), card=one))
    assert not {"several_labels", "thresholds"} & set(json.loads((tmp_path / CARD).read_text()))
