from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import log_loss

from gtzan_features.models import calibration as temperature
from gtzan_features.models.calibration import Tempered, inverse_temperature, out_of_fold
from gtzan_features.models.registry import MODELS, model_spec, parse_settings
from gtzan_features.models.spec import inner_splits
from tests.models.estimators.test_discriminant import clusters


def test_the_temperature_is_where_scikit_learns_log_loss_is_least():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (400, 4))
    y = (logits / 2 + rng.gumbel(size=logits.shape)).argmax(axis=1)
    found = inverse_temperature(logits, y)
    assert found == pytest.approx(0.5, abs=0.1)

    def loss(factor):
        p = np.exp(factor * logits)
        return log_loss(y, p / p.sum(axis=1, keepdims=True))

    assert loss(found) <= min(loss(found * f) for f in (0.9, 0.99, 1.01, 1.1))


def test_every_row_is_predicted_by_a_model_that_saw_no_segment_of_its_track():
    data, seen = clusters(n_tracks=12), []

    def logits(training, X):
        seen.append((set(training.groups), {int(np.flatnonzero((x == data.X).all(1))[0]) for x in X}))
        return np.zeros((len(X), 3))

    out_of_fold(data, 0, logits)
    assert len(seen) == 3
    for trained, rows in seen:
        assert not trained & {int(data.groups[row]) for row in rows}
    everyone = set.union(*(rows for _, rows in seen))
    assert everyone == set(range(len(data.y)))


@pytest.mark.parametrize("name", ["knn", "extra-trees", "xgboost"])
def test_calibrate_lowers_the_loss_on_other_tracks_and_keeps_the_genre_of_each_row(name):
    data = clusters(n_tracks=240, n_columns=10, spread=4.0 if name == "knn" else 2.0)
    train, test = data.take(np.arange(600)), data.take(np.arange(600, 1200))
    spec = model_spec(name)
    some = [] if name == "knn" else ["n_estimators=40"]
    plain = spec.fit(train, parse_settings(spec, some), 0).predict_proba(test.X)
    model = spec.fit(train, parse_settings(spec, [*some, "calibrate=True"]), 0)
    p = model.predict_proba(test.X)
    assert isinstance(model, Tempered)
    sure = plain.max(axis=1) > np.sort(plain, axis=1)[:, -2] + 1e-6
    np.testing.assert_array_equal(p.argmax(axis=1)[sure], plain.argmax(axis=1)[sure])
    assert log_loss(test.y, p) < log_loss(test.y, plain)


def test_models_that_calibrate_themselves_have_no_such_setting():
    own = {name for name, spec in MODELS.items() if spec.calibrated}
    assert {"svm", "linear-svm", "lda"} <= own
    assert all("calibrate" not in MODELS[name].settable() for name in own)
    assert "calibrate" in MODELS["xgboost"].settable()


def test_calibration_folds_keep_tracks_whole(monkeypatch):
    folds = []
    monkeypatch.setattr(
        temperature, "inner_splits", lambda data, n, seed: folds.append(s := inner_splits(data, n, seed)) or s
    )
    data = clusters(n_tracks=12)
    spec = model_spec("knn")
    spec.fit(data, parse_settings(spec, ["calibrate=True"]), 0)
    assert folds
    for train, valid in folds[0]:
        assert not set(data.groups[train]) & set(data.groups[valid])


def test_augmented_rows_are_learned_from_and_not_measured_on():
    data = clusters(n_tracks=12)
    n = len(data.y)
    noise = data.X + np.random.default_rng(1).normal(0, 9, data.X.shape)
    both = dataclasses.replace(
        data,
        X=np.concatenate([data.X, noise]),
        y=np.tile(data.y, 2),
        groups=np.tile(data.groups, 2),
        made=np.arange(2 * n) >= n,
    )
    sizes = []

    def logits(training, X):
        sizes.append(len(training.y))
        return np.zeros((len(X), int(data.y.max()) + 1))

    found, y = out_of_fold(both, 0, logits)
    assert len(found) == n
    np.testing.assert_array_equal(y, data.y)
    assert max(sizes) > n  # copies are among what is learned
    np.testing.assert_array_equal(both.take(np.arange(n, 2 * n)).recorded, [])
