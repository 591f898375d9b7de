from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from gtzan_features.models.applying import layers as layers_of
from gtzan_features.models.networks import training as network
from gtzan_features.models.networks.training import Batch, NetworkSettings, train_network
from gtzan_features.models.spec import ignore


def blobs(n=120, k=3, seed=0, noise=1.0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % k
    X = noise * rng.normal(size=(n, 6)) + 2 * rng.normal(size=(k, 6))[y]
    return X.astype(np.float32), y


def trained(valid=True, k=3, noise=1.0, **settings):
    X, y = blobs(k=k, noise=noise)
    batch = Batch(X[:90], y[:90])
    watched = Batch(X[90:], y[90:]) if valid else None
    return train_network(
        lambda: batch,
        batch,
        watched,
        NetworkSettings(**{"hidden": (8,), "epochs": 30, **settings}),
        stage="s",
        seed=0,
        on_epoch=ignore,
    )


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("hidden", [(), (7,), (9, 5)])
def test_our_arithmetic_is_scikit_learns(k, hidden):
    X, y = blobs(k=k)
    model = MLPClassifier(hidden, max_iter=400, random_state=0, tol=1e-3, learning_rate_init=0.02).fit(X, y)
    layers = network._layers(model)
    expected = model.predict_proba(X)
    np.testing.assert_allclose(layers_of.probabilities(layers, X), expected, atol=1e-5)
    loss, accuracy = network.loss_and_accuracy(layers, X, y)
    assert loss == pytest.approx(log_loss(y, expected), rel=1e-3)
    assert accuracy == (model.predict(X) == y).mean()


@pytest.mark.parametrize("hidden", [(), (7,), (9, 5)])
def test_gradients_by_finite_differences(hidden):
    rng = np.random.default_rng(1)
    sizes = [6, *hidden, 4]
    layers = [(rng.normal(size=(a, b)), rng.normal(size=b)) for a, b in pairwise(sizes)]
    X, step = rng.normal(size=(3, 6)), 1e-6
    for target in range(4):
        found = layers_of.probability_gradient(layers, X, target)
        for i in range(6):
            move = step * np.eye(6)[i]
            up, down = (layers_of.probabilities(layers, X + s * move)[:, target] for s in (1, -1))
            np.testing.assert_allclose(found[:, i], (up - down) / (2 * step), atol=1e-7)


def test_the_best_epoch_is_kept_and_patience_ends_the_training():
    layers, curve = trained(noise=4.0, epochs=300, patience=4, learning_rate=0.05)
    losses = [epoch.valid_loss for epoch in curve]
    best = int(np.argmin(losses))
    assert len(curve) == best + 1 + 4 < 300
    X, y = blobs(noise=4.0)
    assert network.loss_and_accuracy(layers, X[90:], y[90:])[0] == pytest.approx(losses[best])
    assert [epoch.epoch for epoch in curve] == list(range(1, len(curve) + 1))


def test_rows_without_weight_are_not_learned_from_even_where_they_fill_a_minibatch():
    X, y = blobs()
    weight = np.ones(len(y))
    weight[:90] = 0  # of minibatches of 8 rows, some hold none but these
    batch = Batch(X, y, weight)
    few = Batch(X[90:], y[90:])
    settings = NetworkSettings(hidden=(8,), epochs=5, batch_size=8)
    weighted, plain = (
        train_network(lambda b=b: b, few, None, settings, stage="s", seed=0, on_epoch=ignore)[0]
        for b in (batch, few)
    )
    for a, b in zip(layers_of.flat(weighted), layers_of.flat(plain), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_without_a_validation_part_all_epochs_are_run():
    layers, curve = trained(valid=False, epochs=12, patience=2)
    assert len(curve) == 12
    assert curve[-1].valid_loss is None
    X, y = blobs()
    assert network.loss_and_accuracy(layers, X[:90], y[:90])[0] == pytest.approx(curve[-1].train_loss)


def test_soft_labels_by_weights_pull_probabilities_to_their_shares():
    """Every row stands there twice, with weight 0.7 as class 0 and 0.3 as class 1."""
    X = np.zeros((64, 6), dtype=np.float32)
    y = np.repeat([0, 1], 64)
    weight = np.repeat([0.7, 0.3], 64)
    layers, _ = train_network(
        lambda: Batch(np.concatenate([X, X]), y, weight),
        Batch(X, np.arange(64) % 2),
        None,
        NetworkSettings(hidden=(), epochs=300, learning_rate=0.05, batch_size=128),
        stage="s",
        seed=0,
        on_epoch=ignore,
    )
    np.testing.assert_allclose(layers_of.probabilities(layers, X[:1])[0], [0.7, 0.3], atol=0.01)


def test_flat_and_paired_undo_each_other():
    layers, _ = trained(epochs=1)
    for (w, b), (v, c) in zip(layers, layers_of.paired(layers_of.flat(layers)), strict=True):
        np.testing.assert_array_equal(w, v)
        np.testing.assert_array_equal(b, c)
