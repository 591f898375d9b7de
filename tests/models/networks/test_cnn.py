from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.base import clone

from gtzan_features.datasets.training_arrays import load_dataset
from gtzan_features.errors import ModelError
from gtzan_features.models.applying import network as applied
from gtzan_features.models.applying.convolution import pooled_over_time
from gtzan_features.models.applying.layers import paired
from gtzan_features.models.networks import cnn, mlp
from gtzan_features.models.networks.cnn import ConvolutionalClassifier
from gtzan_features.models.networks.early_stopping import grouped_validation
from gtzan_features.models.networks.mlp import PlainNetwork
from gtzan_features.models.registry import model_spec, parse_settings
from gtzan_features.models.save import ModelCard, StoredModel, load_model, save_model
from gtzan_features.models.spec import TrainingData
from tests.conftest import make_spectrograms, make_table, predicted_by_arrays_alone, recorded_again

BANDS = 16
SMALL = {"patch": 4, "filters": 12, "head": (8,), "epochs": 12, "patience": 4, "validation": 0.25}


def rows(table=None):
    data = load_dataset(table or make_spectrograms())
    return data.X, data.y, data.groups()


def network(**settings):
    X, y, groups = rows()
    return ConvolutionalClassifier(BANDS, **{**SMALL, **settings}).fit(X, y, groups)


def test_it_is_an_estimator_of_scikit_learn():
    model = ConvolutionalClassifier(BANDS, filters=5, augment=("mixup",))
    copy = clone(model)
    assert copy is not model
    assert copy.get_params() == model.get_params()
    assert copy.set_params(patch=7).patch == 7
    X, _, groups = rows()
    named = np.repeat(["a", "b", "c"], 24)
    fitted = clone(ConvolutionalClassifier(BANDS, **SMALL)).fit(X, named, groups)
    assert fitted.classes_.tolist() == ["a", "b", "c"]
    assert fitted.score(X, named) > 0.8
    p = fitted.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1)


def glides(n, seed):
    """Noise with one glide per row at a random time: class 0 rises through four bands, class 1 falls."""
    rng = np.random.default_rng(seed)
    S = rng.normal(0, 6, (n, 24, BANDS))
    y = np.arange(n) % 2
    for picture, falls in zip(S, y, strict=True):
        start = rng.integers(0, 20)
        picture[start + np.arange(4), 6 + (np.arange(4)[::-1] if falls else np.arange(4))] += 30
    return S.reshape(n, -1).astype(np.float32), y


def test_it_learns_what_moves_and_the_plain_network_does_not():
    """Both classes have the same level in each band: what differs is an order in time, anywhere."""
    X, y = glides(240, 0)
    Z, truth = glides(400, 1)
    groups = np.arange(240) // 2
    ours = ConvolutionalClassifier(BANDS, **{**SMALL, "epochs": 60, "patience": 10, "patches_per_row": 12})
    plain = PlainNetwork(BANDS, validation=0.25)
    assert ours.fit(X, y, groups).score(Z, truth) > 0.9
    assert plain.fit(X, y, groups).score(Z, truth) < 0.75


def test_prediction_is_the_same_arithmetic_written_out():
    X = rows()[0][:6]
    model = network(time_bins=2)
    S = X.reshape(6, 20, BANDS)
    Z = (S - S.mean(axis=(1, 2), keepdims=True) - model.centre_) / model.scale_
    H = np.stack(
        [[Z[r, t : t + 4].ravel() @ model.filters_ + model.biases_ for t in range(17)] for r in range(6)]
    )
    pooled = pooled_over_time(np.maximum(H, 0), 2)
    (w, b), (v, c) = paired(model.head_)
    z = np.maximum(pooled @ w + b, 0) @ v + c
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-3, atol=1e-5)


def test_long_rows_are_convolved_piece_by_piece(monkeypatch):
    X = rows()[0]
    model = network()
    whole = model.predict_proba(X)
    monkeypatch.setattr(applied, "_CHUNK", 1)
    np.testing.assert_allclose(model.predict_proba(X), whole, atol=1e-6)


@pytest.mark.parametrize("relative", [True, False])
def test_loudness_does_not_count_unless_it_is_meant_to(relative):
    X = rows()[0]
    model = network(relative=relative)
    same = np.allclose(model.predict_proba(X), model.predict_proba(X + 6), atol=1e-3)
    assert same is relative


def test_bands_are_standardised_on_the_rows_learnt_from_only():
    X, y, groups = rows()
    model = network(relative=False)
    learnt, watched = grouped_validation(X, y, groups, 0.25, 0)
    S = X.reshape(len(X), -1, BANDS)
    np.testing.assert_allclose(model.centre_, S[learnt].mean(axis=(0, 1)), rtol=1e-5)
    np.testing.assert_allclose(model.scale_, S[learnt].std(axis=(0, 1)), rtol=1e-4)
    assert not set(groups[learnt]) & set(groups[watched])
    assert set(y[learnt]) == set(y[watched]) == {0, 1, 2}


def test_fits_repeat_and_the_seed_matters():
    X = rows()[0]
    augment = ("time-mask", "frequency-mask", "mixup", "cutmix")
    a, b, c = (network(augment=augment, random_state=s).predict_proba(X) for s in (0, 0, 1))
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


def test_curves_tell_each_epoch_of_both_trainings():
    seen = []
    X, y, groups = rows()
    model = ConvolutionalClassifier(BANDS, **SMALL).fit(X, y, groups, seen.append)
    assert model.curves_ == seen
    assert list(dict.fromkeys(epoch.stage for epoch in seen)) == ["filters", "head"]
    last = [epoch for epoch in seen if epoch.stage == "head"][-1]
    assert 0 <= last.valid_accuracy <= 1
    assert last.train_loss < seen[0].train_loss


def test_augmentation_meets_learnt_rows_only(monkeypatch):
    """Rows that are watched, let alone tested, are never augmented."""
    X, y, groups = rows()
    watched = grouped_validation(X, y, groups, 0.25, 0)[1]
    X = X.copy()
    X[watched] += 500 * (np.arange(X.shape[1]) % 2)  # a comb that standardising leaves standing
    met = []

    def spy(S, labels, kinds, rng):
        met.append(float(np.abs(S).max()))
        return original(S, labels, kinds, rng)

    for module, model in (
        (cnn, ConvolutionalClassifier(BANDS, **SMALL, augment=("mixup",))),
        (mlp, PlainNetwork(BANDS, epochs=3, validation=0.25, augment=("mixup",))),
    ):
        original = module.augmented
        monkeypatch.setattr(module, "augmented", spy)
        model.fit(X, y, groups)
        assert met
        assert max(met) < 15
        monkeypatch.setattr(module, "augmented", None)
        model.predict_proba(X)


@pytest.mark.parametrize("kind", [ConvolutionalClassifier, PlainNetwork])
def test_what_cannot_be_learnt_is_refused(kind):
    X, y, groups = rows()
    with pytest.raises(ModelError, match="of one class, .*: a classifier needs two"):
        kind(BANDS).fit(X, np.zeros_like(y), groups)
    with pytest.raises(ModelError, match="two tracks of each genre to train on.*validation=0"):
        kind(BANDS).fit(X, y, y)


def test_rows_shorter_than_a_patch_are_refused():
    X, y, groups = rows()
    with pytest.raises(ModelError, match="a row has 20 frames of 16 bands, fewer than the 21 of a patch"):
        ConvolutionalClassifier(BANDS, patch=21).fit(X, y, groups)
    with pytest.raises(ValueError, match="X has 48 features, but ConvolutionalClassifier is expecting 320"):
        network().predict_proba(X[:, : 3 * BANDS])


@pytest.mark.parametrize("model", [ConvolutionalClassifier(BANDS, **SMALL, time_bins=2), PlainNetwork(BANDS)])
def test_gradients_by_finite_differences(model):
    X, y, groups = rows()
    model.fit(X, y, groups)
    for name in ("filters_", "biases_"):
        if hasattr(model, name):
            setattr(model, name, getattr(model, name).astype(np.float64))
    lists = "head_" if hasattr(model, "head_") else "layers_"
    setattr(model, lists, [a.astype(np.float64) for a in getattr(model, lists)])
    Z = model.standardised(X[:2]).astype(np.float64)
    found = model.gradient_at(Z, 1)
    rng, step = np.random.default_rng(0), 1e-6
    for _ in range(40):
        at = tuple(rng.integers(0, size) for size in Z.shape)
        up, down = Z.copy(), Z.copy()
        up[at] += step
        down[at] -= step
        slope = (model.probabilities_at(up)[at[0], 1] - model.probabilities_at(down)[at[0], 1]) / (2 * step)
        assert found[at] == pytest.approx(slope, abs=1e-6)


def stored(name, table):
    data = load_dataset(table)
    spec = model_spec(name)
    train = TrainingData(X=data.X, y=data.y, groups=data.groups(), shape=data.shape)
    settings = parse_settings(spec, ["epochs=4", *(["patch=3", "head=8"] if name == "cnn" else ["hidden=8"])])
    card = ModelCard(
        model=name,
        genres=data.genres,
        columns=tuple(table.feature_names),
        feature_set=table.meta.feature_set,
        feature_fingerprint=table.meta.feature_fingerprint,
        segment=table.meta.segment,
        settings={},
        dataset="toy",
        synthetic=False,
        trained_on="all",
        shape=data.shape,
    )
    return StoredModel(estimator=spec.fit(train, settings, 0), card=card)


@pytest.mark.parametrize("name", ["cnn", "mlp"])
def test_stored_networks_say_the_same_and_refuse_other_tables(name, tmp_path):
    table = make_spectrograms()
    model = stored(name, table)
    save_model(tmp_path, model)
    back = load_model(tmp_path)
    assert back.card == model.card
    np.testing.assert_array_equal(back.predict_proba(table), model.predict_proba(table))
    assert {p.name for p in tmp_path.iterdir()} == {"model.npz", "model.json"}
    row = model.estimator.standardised(table.values()[:1])
    np.testing.assert_array_equal(back.estimator.standardised(table.values()[:1]), row)
    np.testing.assert_array_equal(back.estimator.gradient_at(row, 1), model.estimator.gradient_at(row, 1))
    with pytest.raises(
        ModelError, match="holds spectrogram-decibel, but the model was trained on spectrogram-mel"
    ):
        back.predict_proba(make_spectrograms(scale="decibel"), "t")
    with pytest.raises(ModelError, match="rows of 5s, but the model was trained on 3s"):
        back.predict_proba(make_spectrograms(segment="5s"), "t")
    with pytest.raises(ModelError, match="holds kaggle, but the model was trained on spectrogram-mel"):
        back.predict_proba(make_table(), "t")


@pytest.mark.parametrize("name", ["cnn", "mlp"])
def test_a_stored_network_needs_no_scikit_learn(name, tmp_path):
    table = make_spectrograms()
    model = stored(name, table)
    save_model(tmp_path, model)
    found = predicted_by_arrays_alone(tmp_path, table.values())
    np.testing.assert_allclose(found, model.predict_proba(table), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("cnn", {"biases": None}),
        ("cnn", {"patch": np.array(5)}),
        ("cnn", {"layer_1": np.full(8, np.nan, np.float32)}),
        ("cnn", {"layer_2": np.zeros((9, 6), np.float32)}),
        ("mlp", {"scale": np.ones(7)}),
        ("mlp", {"layer_1": None}),
        ("mlp", {"n_bands": None}),
    ],
)
def test_arrays_that_make_no_network_are_refused(name, change, tmp_path):
    save_model(tmp_path, stored(name, make_spectrograms()))
    with np.load(tmp_path / "model.npz") as archive:
        arrays = {key: array for key, array in (dict(archive) | change).items() if array is not None}
    np.savez(tmp_path / "model.npz", **arrays)
    recorded_again(tmp_path)
    with pytest.raises(ModelError, match="not a whole model file"):
        load_model(tmp_path)


def test_a_calibrated_network_is_stored_whole(tmp_path):
    data = load_dataset(make_table())
    spec, settings = model_spec("mlp"), {"epochs": 3, "hidden": (8,), "calibrate": True}
    fitted = spec.fit(TrainingData(X=data.X, y=data.y, groups=data.groups()), settings, 0)
    names = tuple(f"x{i}" for i in range(data.X.shape[1]))
    some = stored("mlp", make_spectrograms()).card
    card = dataclasses.replace(some, settings=settings, columns=names, genres=data.genres, shape=None)
    save_model(tmp_path, StoredModel(estimator=fitted, card=card))
    back = load_model(tmp_path).estimator
    np.testing.assert_array_equal(back.predict_proba(data.X), fitted.predict_proba(data.X))


def test_the_network_takes_spectrograms_only():
    data = load_dataset(make_table())
    with pytest.raises(ModelError, match="cnn takes spectrograms, not features"):
        model_spec("cnn").fit(TrainingData(X=data.X, y=data.y, groups=data.groups()), {}, 0)
    with pytest.raises(ModelError, match="cnn has no setting 'n_bands'"):
        parse_settings(model_spec("cnn"), ["n_bands=3"])
