from __future__ import annotations

import dataclasses
import json
import pickle
import zipfile

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from gtzan_features.config import FeatureConfig
from gtzan_features.datasets.training_arrays import load_dataset
from gtzan_features.descriptors.sets import column_families
from gtzan_features.errors import ModelError
from gtzan_features.models.choosing.wrappers import kept_families
from gtzan_features.models.registry import MODELS, model_spec, parse_settings
from gtzan_features.models.save import ModelCard, StoredModel, load_model, save_model
from gtzan_features.models.spec import FEATURES, TrainingData, inner_splits
from tests.conftest import TOY_COLUMNS, make_table, predicted_by_arrays_alone, recorded_again

ON_FEATURES = [name for name, spec in MODELS.items() if FEATURES in spec.inputs]
FAST = {name: ["n_estimators=20"] for name in ("xgboost", "random-forest", "extra-trees")}
FAST["ensemble"] = ["members=lda+xgboost", "xgboost.n_estimators=20"]


def training(table=None):
    data = load_dataset(table or make_table())
    families = column_families(list(TOY_COLUMNS), {})
    return data, TrainingData(X=data.X, y=data.y, groups=data.groups(), families=families)


def fitted(name, table=None, settings=()):
    spec = model_spec(name)
    _, train = training(table)
    return spec.fit(train, parse_settings(spec, [*FAST.get(name, []), *settings]), 0)


def stored(name, table=None, settings=()):
    table = table or make_table()
    card = ModelCard(
        model=name,
        genres=tuple(sorted(set(table.frame["genre"]))),
        columns=tuple(table.feature_names),
        feature_set="kaggle",
        feature_fingerprint=table.meta.feature_fingerprint,
        segment=table.meta.segment,
        settings=parse_settings(model_spec(name), settings) if settings else {},
        dataset="toy",
        synthetic=False,
        trained_on="all of it",
    )
    return StoredModel(estimator=fitted(name, table, settings), card=card)


@pytest.mark.parametrize("name", ON_FEATURES)
def test_probabilities_are_probabilities_and_fits_repeat(name):
    data, _ = training()
    a, b = fitted(name), fitted(name)
    p = a.predict_proba(data.X)
    assert p.shape == (240, 4)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(p, b.predict_proba(data.X))
    if name != "majority":
        assert (p.argmax(axis=1) == data.y).mean() > 0.6


def test_majority_is_the_floor():
    whole = make_table()
    table = dataclasses.replace(whole, frame=whole.frame.iloc[40:].reset_index(drop=True))
    data, _ = training(table)
    p = fitted("majority", table).predict_proba(data.X)
    shares = np.bincount(data.y) / len(data.y)
    np.testing.assert_allclose(p, np.tile(shares, (len(data.y), 1)))


@pytest.mark.parametrize("name", ["svm", "linear-svm", "lda", "logistic-regression", "knn"])
def test_scaling_is_inside_the_pipeline(name):
    """Stretching a feature changes nothing: the scaler belongs to the model and to its training rows."""
    table = make_table()
    plain, data = fitted(name, table), training(table)[0]
    stretched = make_table()
    stretched.frame["chroma_stft_mean"] = (stretched.frame["chroma_stft_mean"] * 1000 + 5).astype(np.float32)
    other = fitted(name, stretched)
    same = plain.predict_proba(data.X).argmax(1) == other.predict_proba(training(stretched)[0].X).argmax(1)
    assert same.mean() > 0.99


def test_inner_splits_keep_tracks_whole():
    _, train = training()
    splits = inner_splits(train, 3, 0)
    assert len(splits) == 3
    for inner, valid in splits:
        assert not set(train.groups[inner]) & set(train.groups[valid])
        assert set(train.y[inner]) == set(train.y[valid]) == {0, 1, 2, 3}


def test_inner_splits_keep_artists_whole_where_they_are_told():
    _, train = training()
    artists = train.groups // 3
    told = dataclasses.replace(train, apart=artists)
    splits = inner_splits(told, 3, 0)
    assert len(splits) == 3
    for inner, valid in splits:
        assert not set(artists[inner]) & set(artists[valid])
    one = dataclasses.replace(train, apart=train.y)  # a single artist in each genre
    assert [v.tolist() for _, v in inner_splits(one, 3, 0)] == [
        v.tolist() for _, v in inner_splits(train, 3, 0)
    ]
    some = told.take(np.arange(0, 240, 2))
    np.testing.assert_array_equal(some.apart, artists[::2])


def test_inner_splits_shrink_with_the_tracks():
    _, train = training(make_table(n_tracks=2))
    assert len(inner_splits(train, 3, 0)) == 2
    _, train = training(make_table(n_tracks=1))
    assert inner_splits(train, 3, 0) == []
    with pytest.raises(ModelError, match="two tracks of each genre"):
        fitted("ensemble", make_table(n_tracks=1), settings=["kind=stack", "members=lda+svm"])


@pytest.mark.parametrize("name", ["svm", "linear-svm", "lda", "ensemble"])
def test_one_track_of_each_genre_is_learnt_without_calibration(name):
    table = make_table(n_tracks=1)
    _, train = training(table)
    settings = ["members=lda+svm"] if name == "ensemble" else []
    model = fitted(name, table, settings=settings)
    probabilities = model.predict_proba(train.X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities.argmax(axis=1) == train.y).mean() > 0.9


def test_temperature_leaves_the_order_of_the_machine_as_it_is():
    data, train = training()
    calibrated = fitted("svm")
    plain = make_pipeline(StandardScaler(), SVC(C=10.0)).fit(train.X, train.y)
    np.testing.assert_array_equal(
        calibrated.predict_proba(data.X).argmax(axis=1), plain.decision_function(data.X).argmax(axis=1)
    )


def test_early_stopping_watches_other_tracks():
    model = fitted("xgboost", settings=["n_estimators=400", "early_stopping_rounds=5"])
    assert model.best_iteration < 399


def test_settings_are_read_as_literals_and_checked():
    spec = model_spec("random-forest")
    read = parse_settings(spec, ["max_depth=3", "max_features=sqrt", "bootstrap=False"])
    assert (read["max_depth"], read["max_features"], read["bootstrap"]) == (3, "sqrt", False)
    with pytest.raises(ModelError, match="has no setting 'depth'; it has"):
        parse_settings(spec, ["depth=3"])
    with pytest.raises(ModelError, match="write it as name=value"):
        parse_settings(spec, ["max_depth"])
    with pytest.raises(ModelError, match="no model 'cart'; there are xgboost, svm"):
        model_spec("cart")


@pytest.mark.parametrize(
    ("name", "setting"), [("svm", "C=-1"), ("knn", "n_neighbors=many"), ("xgboost", "max_depth=-3")]
)
def test_settings_that_a_library_refuses_are_one_clear_error(name, setting):
    with pytest.raises(ModelError, match=f"{name} cannot be fitted with these settings: .{{10}}"):
        fitted(name, settings=[setting])


@pytest.mark.parametrize("name", ON_FEATURES)
def test_stored_models_say_the_same(name, tmp_path):
    table = make_table()
    model = stored(name, table)
    save_model(tmp_path, model)
    back = load_model(tmp_path)
    assert back.card == model.card
    np.testing.assert_allclose(back.predict_proba(table), model.predict_proba(table), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("xgboost", ["families=auto"]),
        ("xgboost", ["calibrate=True"]),
        ("knn", ["families=auto", "calibrate=True"]),
        ("lda", ["families=auto", "scaling=standard"]),
    ],
)
def test_stored_models_with_what_they_chose_say_the_same(name, settings, tmp_path):
    table = make_table()
    model = stored(name, table, settings)
    save_model(tmp_path, model)
    assert (tmp_path / "model.skops").is_file()
    back = load_model(tmp_path)
    assert kept_families(back.estimator) == kept_families(model.estimator)
    np.testing.assert_array_equal(back.predict_proba(table), model.predict_proba(table))


@pytest.mark.parametrize(
    ("name", "settings"), [*((n, []) for n in ON_FEATURES), ("xgboost", ["calibrate=True"])]
)
def test_no_pickle_is_stored(name, settings, tmp_path):
    save_model(tmp_path, stored(name, settings=settings))
    for path in tmp_path.iterdir():
        with pytest.raises((pickle.UnpicklingError, ValueError, KeyError, EOFError, IndexError)):
            pickle.loads(path.read_bytes())
    archive = tmp_path / "model.skops"
    if archive.exists():
        names = zipfile.ZipFile(archive).namelist()
        assert all(n == "schema.json" or n.endswith((".npy", ".npz")) for n in names), names


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"segment": "30s"}, "rows of 30s, but the model was trained on 3s. Extract with --segments 3s"),
        ({"feature_fingerprint": "0" * 12}, "features were computed differently"),
    ],
)
def test_a_model_refuses_the_wrong_table(change, message, tmp_path):
    save_model(tmp_path, stored("logistic-regression"))
    table = make_table()
    other = dataclasses.replace(table, meta=dataclasses.replace(table.meta, **change))
    with pytest.raises(ModelError, match=message):
        load_model(tmp_path).predict_proba(other, "other.parquet")


def test_a_model_refuses_other_columns(tmp_path):
    save_model(tmp_path, stored("xgboost"))
    model, table = load_model(tmp_path), make_table()
    fewer = dataclasses.replace(table, columns=table.columns[:-1])
    with pytest.raises(ModelError, match="lacks 1 of the model's columns, such as mfcc2_var"):
        model.predict_proba(fewer)
    turned = dataclasses.replace(table, columns=table.columns[::-1])
    with pytest.raises(ModelError, match="not those of the model, in their order"):
        model.predict_proba(turned)


@pytest.mark.parametrize(
    ("name", "file"), [("xgboost", "model.ubj"), ("lda", "model.npz"), ("svm", "model.skops")]
)
def test_damaged_models_are_refused(name, file, tmp_path):
    with pytest.raises(ModelError, match="holds no model"):
        load_model(tmp_path)
    save_model(tmp_path, stored(name))
    path = tmp_path / file
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ModelError, match="not a whole model file"):
        load_model(tmp_path)
    path.unlink()
    with pytest.raises(ModelError, match="is missing. Fit the model again"):
        load_model(tmp_path)
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(ModelError, match="not a model card"):
        load_model(tmp_path)


@pytest.mark.parametrize("settings", [[], ["scaling=standard"], ["balance=False", "shrinkage=0.2"]])
def test_a_stored_lda_needs_no_scikit_learn(settings, tmp_path):
    table = make_table()
    model = stored("lda", table, settings)
    save_model(tmp_path, model)
    found = predicted_by_arrays_alone(tmp_path, table.values())
    np.testing.assert_allclose(found, model.predict_proba(table), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "change", [{"weights": None}, {"offsets": np.zeros(7)}, {"weights": np.full((6, 3), np.nan)}]
)
def test_arrays_that_do_not_fit_are_refused(change, tmp_path):
    save_model(tmp_path, stored("lda"))
    with np.load(tmp_path / "model.npz") as archive:
        arrays = {name: array for name, array in (dict(archive) | change).items() if array is not None}
    np.savez(tmp_path / "model.npz", **arrays)
    recorded_again(tmp_path)
    with pytest.raises(ModelError, match="not a whole model file"):
        load_model(tmp_path)


def test_strange_types_are_not_built(tmp_path):
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    save_model(tmp_path, stored("svm"))
    skops.io.dump(FunctionTransformer(json.dumps), tmp_path / "model.skops")
    recorded_again(tmp_path)
    with pytest.raises(ModelError, match="types that a model of this program never has"):
        load_model(tmp_path)


def test_settings_that_cannot_be_stored_are_refused_at_once(tmp_path):
    model = stored("knn")
    odd = StoredModel(
        estimator=fitted("knn", settings=["metric=canberra", "algorithm=ball_tree"]), card=model.card
    )
    with pytest.raises(ModelError, match="cannot be stored without pickle"):
        save_model(tmp_path, odd)


def test_the_fingerprint_of_the_features_is_the_configurations():
    assert stored("majority").card.feature_fingerprint == FeatureConfig().fingerprint()
