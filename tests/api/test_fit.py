"""gf.fit: the model that the command keeps, for rows in any form, stored without pickle."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import gtzan_features as gf
from gtzan_features.config import SplitConfig
from gtzan_features.errors import ModelError
from gtzan_features.models.applying.kept_model import load_kept_model
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import make_spectrograms, make_table, save_spectrograms, save_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("tables")
    save_table(where, make_table(3, 12, 3))
    save_spectrograms(where, make_spectrograms())
    return where


@pytest.fixture(scope="module")
def table(folder):
    return gf.read_table(folder / "kaggle-3s.parquet")


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("lda", {}),
        ("svm", {"C": 3}),
        ("xgboost", {"n_estimators": 20}),
        ("random-forest", {"n_estimators": 10}),
        ("lda", {"families": "auto"}),
    ],
)
def test_the_model_is_the_one_that_the_command_keeps(folder, table, tmp_path, model, settings):
    pairs = tuple(f"{name}={value}" for name, value in settings.items())
    split = SplitConfig(holdout=0.25, seed=1)
    run = fit_run(folder, tmp_path, FitConfig(model=model, settings=pairs, split=split, final=True), n_jobs=1)
    ours = gf.fit(model, table, seed=1, **settings)
    ours.save(tmp_path / "mine")
    theirs = {p.name: p.read_bytes() for p in (run.folder / "model").iterdir()}
    found = {p.name: p.read_bytes() for p in (tmp_path / "mine").iterdir()}
    assert found.keys() == theirs.keys()
    cards = [json.loads(files.pop("model.json")) for files in (found, theirs)]
    assert found == theirs
    assert [card.pop("trained_on") for card in cards] == [
        "all 36 tracks of the table, without a test",
        "all 36 tracks of track 75/25, after the test part was tested",
    ]
    assert cards[0] == cards[1]


def test_rows_in_any_form_have_the_same_probabilities(table):
    model = gf.fit("lda", table)
    p = model.predict_proba(table)
    assert p.shape == (108, 3)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    shuffled = table.frame[[*reversed(table.columns), "track_id"]]
    np.testing.assert_array_equal(model.predict_proba(shuffled), p)
    np.testing.assert_array_equal(model.predict_proba(table.X), p)
    np.testing.assert_allclose(model.predict_proba(table.X[:1].tolist()), p[:1], rtol=1e-12)
    right = np.array(model.genres)[p.argmax(axis=1)] == table.y
    assert right.mean() > 0.6  # of three genres


@pytest.mark.parametrize("model", ["lda", "knn", "xgboost"])
def test_what_was_saved_answers_as_before(table, tmp_path, model):
    fitted = gf.fit(model, table, **({"n_estimators": 10} if model == "xgboost" else {}))
    fitted.save(tmp_path / "m")
    again = gf.Model(load_kept_model(tmp_path / "m"))
    np.testing.assert_allclose(again.predict_proba(table), fitted.predict_proba(table), atol=1e-6)
    assert again.card == fitted.card
    assert repr(again) == repr(fitted) == f"Model({model} on kaggle, 3s rows of toy, 3 genres)"


def test_estimators_are_fitted_as_scikit_learn_fits_them_and_stored(table, tmp_path):
    pipe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5_000))
    model = gf.fit(pipe, table)
    expected = pipe.fit(table.X, table.y).predict_proba(table.X)
    np.testing.assert_allclose(model.predict_proba(table), expected, atol=1e-6)
    assert tuple(pipe.classes_) == model.genres
    model.save(tmp_path / "m")
    again = gf.Model(load_kept_model(tmp_path / "m"))
    np.testing.assert_array_equal(again.predict_proba(table), model.predict_proba(table))
    assert again.card.model == "StandardScaler+LogisticRegression"
    assert again.card.settings["logisticregression__max_iter"] == 5_000


def test_the_seed_is_that_of_the_estimator(table):
    a, b, c = (gf.fit(RandomForestClassifier(5), table, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(a.predict_proba(table), b.predict_proba(table))
    assert not np.array_equal(a.predict_proba(table), c.predict_proba(table))


class Strange(ClassifierMixin, BaseEstimator):
    """A classifier that nobody trusts."""

    def fit(self, X, y):
        self.classes_, self.n_ = np.unique(y), len(X)
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


def test_types_that_are_not_trusted_are_named_and_nothing_is_written(table, tmp_path):
    model = gf.fit(Strange(), table)
    assert model.predict_proba(table).std() == 0
    with pytest.raises(ModelError, match=r"Strange cannot be stored .*\(tests\.api\.test_fit\.Strange\)"):
        model.save(tmp_path / "m")
    assert not (tmp_path / "m").exists()
    odd = gf.fit(make_pipeline(FunctionTransformer(np.log1p), LogisticRegression()), abs_of(table))
    odd.save(tmp_path / "known")  # functions of numpy are known by name


def abs_of(table):
    frame = table.frame
    frame[list(table.columns)] = frame[list(table.columns)].abs()
    return gf.read_table(frame, segments="3s")


def test_rows_that_do_not_fit_are_one_clear_line(folder, table):
    model = gf.fit("knn", table)
    with pytest.raises(ModelError, match="the frame lacks 2 of the model's columns, such as"):
        model.predict_proba(table.frame[list(table.columns[2:])])
    with pytest.raises(ModelError, match=r"takes rows of 8 values, and the array has the shape \(108, 7\)"):
        model.predict_proba(table.X[:, 1:])
    bad = pd.DataFrame(table.X, columns=table.columns)
    bad.iloc[3, 2] = np.nan
    with pytest.raises(ModelError, match="values that are not finite"):
        model.predict_proba(bad)
    with pytest.raises(ModelError, match="holds .*, but the model was trained on kaggle"):
        model.predict_proba(gf.read_table(folder / "spectrogram-mel-3s.parquet"))
    with pytest.raises(ModelError, match=r"svm takes features, and .* holds spectrograms"):
        gf.fit("svm", gf.read_table(folder / "spectrogram-mel-3s.parquet"))


def test_networks_are_fitted_on_spectrograms(folder, tmp_path):
    pictures = gf.read_table(folder / "spectrogram-mel-3s.parquet")
    steps = []
    model = gf.fit("mlp", pictures, epochs=2, progress=lambda *step: steps.append(step[0]))
    assert steps
    p = model.predict_proba(pictures)
    np.testing.assert_allclose(p, model.predict_proba(pictures.X), atol=1e-6)
    result = gf.evaluate("mlp", pictures, protocol="track", folds=2, epochs=2, n_jobs=1)
    assert (result.save(tmp_path, n_jobs=1) / "curves.png").read_bytes()[:4] == b"\x89PNG"
