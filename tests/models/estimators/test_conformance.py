"""Every public estimator passes scikit-learn's own checks, and works where scikit-learn's tools use it."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, learning_curve
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

import gtzan_features as gf
from gtzan_features.errors import InputError, ModelError
from gtzan_features.models.applying.load import read_estimator
from gtzan_features.models.calibration import Tempered
from gtzan_features.models.choosing.ensemble import Ensemble
from gtzan_features.models.estimators.discriminant import ShrinkageLDA
from gtzan_features.models.estimators.kernel_svm import KernelSVM
from gtzan_features.models.estimators.preprocessing import FamilyBalance, RankNormal
from gtzan_features.models.networks.cnn import ConvolutionalClassifier
from gtzan_features.models.networks.mlp import PlainNetwork
from gtzan_features.models.save import stored_bytes

ESTIMATORS = [
    RankNormal(),
    FamilyBalance(),
    ShrinkageLDA(),
    KernelSVM(),
    Tempered(GaussianNB()),
    Tempered(ShrinkageLDA(), response_method="decision_function"),
    Ensemble([("lda", ShrinkageLDA()), ("bayes", GaussianNB())]),
    Ensemble([("lda", ShrinkageLDA()), ("bayes", GaussianNB())], kind="stack"),
    PlainNetwork(hidden=(16,), epochs=15, learning_rate=0.05),
    # Filters of one frame and one band, so that rows of any width are spectrograms.
    ConvolutionalClassifier(1, patch=1, filters=8, head=(16,), epochs=4, relative=False),
]


def expected_failures(estimator):
    if not isinstance(estimator, ConvolutionalClassifier):
        return {}
    # The check allows 1e-7 where probabilities are float64.
    why = "layers are float32, and their sums depend in the last bits on where a row stands in its block"
    return {"check_methods_sample_order_invariance": why}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


CLASSIFIERS = [one for one in ESTIMATORS if hasattr(one, "predict_proba")]


@pytest.fixture(scope="module")
def frame():
    """40 tracks of 5 rows of two genres in a frame with names, genres and tracks."""
    rng = np.random.default_rng(0)
    track = np.repeat(np.arange(40), 5)
    y = np.where(track % 2 == 0, "blues", "rock")
    X = 0.3 * (track % 2)[:, None] + rng.normal(size=(40, 6))[track] + 0.3 * rng.normal(size=(200, 6))
    return pd.DataFrame(X, columns=[f"column_{i}" for i in range(6)]), y, track


@pytest.mark.parametrize("transformer", [RankNormal(), FamilyBalance(("a", "a", "a", "a", "b", "b"))])
def test_names_of_columns_go_through_a_transformer_to_pandas(transformer, frame):
    X, _, _ = frame
    fitted = clone(transformer).set_output(transform="pandas").fit(X)
    out = fitted.transform(X)
    assert list(out.columns) == list(X.columns) == fitted.get_feature_names_out().tolist()
    np.testing.assert_array_equal(out.to_numpy(), clone(transformer).fit_transform(X.to_numpy()))
    with pytest.raises(ValueError, match="should match those that were passed during fit"):
        fitted.transform(X[X.columns[::-1]])
    with pytest.raises(ValueError, match="has 5 features, but .* is expecting 6"):
        clone(transformer).fit(X.to_numpy()).transform(X.to_numpy()[:, :5])


def test_polars_goes_in_and_comes_out(frame):
    polars = pytest.importorskip("polars")
    X, y, _ = frame
    given = polars.DataFrame({name: X[name].to_numpy() for name in X})
    pipe = make_pipeline(RankNormal(), FamilyBalance(dict.fromkeys(X, "one"))).set_output(transform="polars")
    out = pipe.fit_transform(given)
    assert isinstance(out, polars.DataFrame)
    assert out.columns == list(X.columns)
    np.testing.assert_array_equal(out.to_numpy(), RankNormal().fit_transform(X))
    found = ShrinkageLDA().fit(given, y).predict_proba(given)
    np.testing.assert_allclose(found, ShrinkageLDA().fit(X, y).predict_proba(X), rtol=1e-9)


def test_some_columns_are_ranked_and_the_others_left(frame):
    X, _, _ = frame
    some = ["column_4", "column_1"]
    both = ColumnTransformer([("ranks", RankNormal(), some)], remainder="passthrough").fit(X)
    np.testing.assert_array_equal(both.transform(X)[:, :2], RankNormal().fit_transform(X[some]))
    assert both.get_feature_names_out()[:2].tolist() == ["ranks__column_4", "ranks__column_1"]


def test_families_by_name_follow_the_columns_that_are_left(frame):
    X, _, _ = frame
    by_name = FamilyBalance({name: "wide" if i < 4 else "narrow" for i, name in enumerate(X)})
    some = X[["column_5", "column_0", "column_1"]]
    expected = FamilyBalance(("narrow", "wide", "wide")).fit(some.to_numpy()).weights_
    np.testing.assert_array_equal(by_name.fit(some).weights_, expected)
    with pytest.raises(InputError, match="families by name need names of columns"):
        by_name.fit(some.to_numpy())
    with pytest.raises(InputError, match="no family for 1 columns, such as new"):
        by_name.fit(some.assign(new=1.0))
    with pytest.raises(InputError, match="families names 2 columns, but X has 3. Give one for each"):
        FamilyBalance(("a", "b")).fit(some)


@pytest.mark.parametrize("model", CLASSIFIERS, ids=str)
def test_one_class_is_refused_in_one_clear_line(model, frame):
    X, _, _ = frame
    with pytest.raises(InputError, match="^all rows are of one class, jazz: a classifier") as caught:
        clone(model).fit(X, np.repeat("jazz", len(X)))
    assert isinstance(caught.value, ModelError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (ShrinkageLDA("wide"), "shrinkage=wide is not within 0 and 1"),
        (ShrinkageLDA(-0.1), "shrinkage=-0.1 is not within 0 and 1"),
        (KernelSVM(gamma="wide"), "gamma=wide is neither a number from 0 nor scale or auto"),
        (RankNormal(n_quantiles=1), "n_quantiles=1, limit=3.0: give at least 2 quantiles"),
        (RankNormal(limit=0.0), "a limit above 0"),
        (Tempered(GaussianNB(), response_method="predict"), "response_method=predict is not known"),
        (Ensemble([("one", GaussianNB())]), "an ensemble needs two estimators at least"),
        (Ensemble([("a", GaussianNB()), ("b", GaussianNB())], kind="blend"), "kind=blend is not known"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_meant_are_refused_in_one_line(model, message, frame):
    X, y, _ = frame
    with pytest.raises(InputError, match=message):
        model.fit(X, y)


def test_scikit_learns_tools_take_a_pipeline(frame):
    X, y, track = frame
    pipe = make_pipeline(RankNormal(), ShrinkageLDA())
    cv = gf.TrackKFold(5)
    by_hand = [
        clone(pipe).fit(X.iloc[train], y[train]).score(X.iloc[test], y[test])
        for train, test in cv.split(X, y, track)
    ]
    np.testing.assert_array_equal(cross_val_score(pipe, X, y, groups=track, cv=cv), by_hand)
    grid = {"shrinkagelda__shrinkage": [0.0, 0.5, "auto"]}
    search = GridSearchCV(pipe, grid, cv=cv).fit(X, y, groups=track)
    assert search.best_score_ == pytest.approx(max(search.cv_results_["mean_test_score"]))
    assert search.predict(X).shape == y.shape
    _, known, unknown = learning_curve(KernelSVM(), X, y, groups=track, cv=cv, train_sizes=[0.3, 1.0])
    assert known.shape == unknown.shape == (2, 5)


def test_a_temperature_makes_probabilities_of_unseen_tracks_truer(frame):
    X, y, track = frame
    sure = ShrinkageLDA(0.0, inverse_temperature=20.0)
    cv = list(gf.TrackKFold(5).split(X, y, track))
    losses = []
    for model in (sure, Tempered(sure, response_method="decision_function"), Tempered(sure)):
        found = np.empty((len(y), 2))
        for train, test in cv:
            given = {"groups": track[train]} if isinstance(model, Tempered) else {}
            found[test] = clone(model).fit(X.iloc[train], y[train], **given).predict_proba(X.iloc[test])
        losses.append(log_loss(y, found))
    assert losses[1] < losses[0] / 2
    assert losses[2] < losses[0] / 2


def test_an_ensemble_is_searched_by_the_names_of_its_members(frame):
    X, y, track = frame
    both = Ensemble([("lda", ShrinkageLDA()), ("bayes", GaussianNB())])
    grid = {"lda__shrinkage": [0.1, 0.9], "kind": ["vote", "stack"]}
    search = GridSearchCV(both, grid, cv=gf.TrackKFold(3)).fit(X, y, groups=track)
    assert len(search.cv_results_["params"]) == 4
    lda, bayes = ShrinkageLDA().fit(X, y), GaussianNB().fit(X, y)
    mean = (lda.predict_proba(X) + bayes.predict_proba(X)) / 2
    np.testing.assert_allclose(both.fit(X, y).predict_proba(X), mean)
    out = cross_val_predict(both, X, y, groups=track, cv=gf.TrackKFold(3), method="predict_proba")
    np.testing.assert_allclose(out.sum(axis=1), 1)


@pytest.mark.parametrize("kind", ["vote", "stack"])
def test_estimators_of_estimators_are_pickled_and_stored_whether_fitted_or_not(kind, frame):
    X, y, track = frame
    model = Ensemble([("lda", Tempered(ShrinkageLDA())), ("svm", Tempered(GaussianNB()))], kind=kind)
    again = pickle.loads(pickle.dumps(model))
    assert again.get_params()["lda__estimator__shrinkage"] == "auto"
    fitted = again.fit(X, y, groups=track)
    expected = model.fit(X, y, groups=track).predict_proba(X)
    back = read_estimator("skops", stored_bytes(fitted, "skops", "both"), lambda _: False)
    for one in (fitted, pickle.loads(pickle.dumps(fitted)), back):
        np.testing.assert_array_equal(one.predict_proba(X), expected)


def test_rows_that_are_no_numbers_reach_the_estimator_inside(frame):
    """Files, for example: only a step of the pipeline knows what to do with them."""
    X, y, track = frame
    names = [f"file_{i}" for i in range(len(y))]
    looked_up = FunctionTransformer(lambda some: X.loc[[int(name[5:]) for name in some]])
    pipe = make_pipeline(looked_up, ShrinkageLDA())
    for model in (Tempered(pipe), Ensemble([("a", pipe), ("b", make_pipeline(looked_up, GaussianNB()))])):
        found = model.fit(names, y, groups=track).predict_proba(names)
        expected = clone(model).set_params(**_without_lookup(model)).fit(X, y, groups=track).predict_proba(X)
        np.testing.assert_allclose(found, expected)


def _without_lookup(model):
    if isinstance(model, Tempered):
        return {"estimator": ShrinkageLDA()}
    return {"estimators": [("a", ShrinkageLDA()), ("b", GaussianNB())]}


def test_groups_reach_the_estimator_that_takes_them(frame):
    X, y, track = frame
    for inner in (ShrinkageLDA(), make_pipeline(RankNormal(), ShrinkageLDA())):
        model = Tempered(inner).fit(X, y, groups=track)
        fitted = model.estimator_[-1] if hasattr(inner, "steps") else model.estimator_
        given = RankNormal().fit_transform(X) if hasattr(inner, "steps") else X
        assert fitted.shrinkage_ == ShrinkageLDA().fit(given, y, groups=track).shrinkage_
        assert fitted.shrinkage_ != ShrinkageLDA().fit(given, y).shrinkage_


@pytest.mark.real
def test_a_pipeline_on_the_rows_of_kaggle(real_material):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is said of this CSV has tests of its own
        table = gf.read_table(real_material / "features" / "features_30_sec.csv")
    pipe = make_pipeline(RankNormal(), ShrinkageLDA())
    honest = cross_val_score(pipe, table.X, table.y, groups=table.artists, cv=gf.ArtistKFold(3))
    known = cross_val_score(pipe, table.X, table.y, groups=table.groups, cv=gf.TrackKFold(3))
    assert honest.shape == (3,)
    assert 0.4 < honest.mean() < known.mean() < 0.9
    frame = table.frame[list(table.columns)]
    by_name = pipe.fit(frame, table.y).predict_proba(frame)
    np.testing.assert_allclose(by_name, pipe.fit(table.X, table.y).predict_proba(table.X), rtol=1e-6)
