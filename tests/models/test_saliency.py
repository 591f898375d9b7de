from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression
from xgboost import DMatrix, XGBClassifier

from gtzan_features.datasets.training_arrays import load_dataset
from gtzan_features.models.networks.cnn import ConvolutionalClassifier
from gtzan_features.models.networks.mlp import PlainNetwork
from gtzan_features.models.saliency import (
    family_importance,
    family_replacement,
    gradient_times_input,
    occlusion,
    summed_in_windows,
    tree_shap,
)
from tests.conftest import make_spectrograms, make_table

BANDS, WINDOW = 16, (3, 4)


@pytest.fixture(scope="module", params=["cnn", "mlp"])
def network(request):
    data = load_dataset(make_spectrograms(n_tracks=12))
    kind = {
        "cnn": ConvolutionalClassifier(BANDS, filters=16, head=(8,), epochs=60, validation=0.25),
        "mlp": PlainNetwork(BANDS, epochs=60, validation=0.25),
    }[request.param]
    return kind.fit(data.X, data.y, data.groups())


def bursts(genre, start):
    """A quiet spectrogram with two bursts of a genre; where they lie is known."""
    picture = np.full((20, BANDS), -40.0)
    inside = np.zeros((20, BANDS), dtype=bool)
    for at in (start, start + 6):
        inside[at : at + 3, 4 * genre + 1 : 4 * genre + 4] = True
    picture[inside] += 20
    noise = np.random.default_rng(start).normal(0, 4, picture.shape)
    return (picture + noise).astype(np.float32).reshape(1, -1), inside


@pytest.mark.parametrize("genre", [0, 1, 2])
@pytest.mark.parametrize("start", [1, 9])
def test_both_methods_find_the_bursts_that_decide(network, genre, start):
    X, inside = bursts(genre, start)
    target = int(network.predict_proba(X)[0].argmax())
    assert target == genre
    gradient = gradient_times_input(network, X, target)[0]
    # The bursts are 6 % of the picture.
    outside = gradient[~inside]
    assert gradient[inside].sum() > 0
    assert gradient[inside].mean() > 5 * np.abs(outside.mean())
    hidden = occlusion(network, X, target, WINDOW)[0]
    summed = summed_in_windows(gradient[None], WINDOW)[0]
    share = summed_in_windows(inside[None].astype(float), WINDOW)[0]
    assert share.flat[hidden.argmax()] > 0
    assert share.flat[summed.argmax()] > 0


def test_the_two_methods_agree(network):
    """They share no code but the network: ranks of windows over many pictures go together."""
    data = load_dataset(make_spectrograms(n_tracks=4, seed=7))
    for target in range(3):
        X = data.X[data.y == target]
        summed = summed_in_windows(gradient_times_input(network, X, target), WINDOW)
        hidden = occlusion(network, X, target, WINDOW)
        assert summed.shape == hidden.shape == (12, 7, 4)
        assert spearmanr(summed.ravel(), hidden.ravel()).statistic > 0.4


def test_what_is_at_its_mean_adds_nothing():
    network = PlainNetwork(BANDS, relative=False)
    network.centre_, network.scale_ = np.zeros(8 * BANDS), np.ones(8 * BANDS)
    w = np.zeros((8 * BANDS, 2), np.float32)
    w[5, 1] = 2.0
    network.layers_ = [w, np.zeros(2, np.float32)]
    X = np.zeros((1, 8 * BANDS), np.float32)
    X[0, 5], X[0, 9] = 1.0, 7.0
    found = gradient_times_input(network, X, 1).reshape(-1)
    p = 1 / (1 + np.exp(-2.0))
    assert found[5] == pytest.approx(2 * p * (1 - p), rel=1e-5)
    assert np.count_nonzero(found) == 1
    hidden = occlusion(network, X, 1, (8, 1))
    assert hidden[0, 0, 5] == pytest.approx(p - 0.5, rel=1e-5)
    assert np.count_nonzero(np.abs(hidden) > 1e-9) == 1


@pytest.mark.parametrize("n_genres", [2, 3])
def test_shap_values_add_up_to_the_margin(n_genres):
    data = load_dataset(make_table(n_genres))
    model = XGBClassifier(n_estimators=15, max_depth=3, n_jobs=1).fit(data.X, data.y)
    margin = model.get_booster().predict(DMatrix(data.X), output_margin=True)
    constant = np.asarray(model.get_booster().predict(DMatrix(data.X), pred_contribs=True))[..., -1]
    for target in range(n_genres):
        values = tree_shap(model, data.X, target).sum(axis=1)
        if n_genres == 2:
            expected = (1 if target else -1) * (margin - constant)
        else:
            expected = margin[:, target] - constant[:, target]
        np.testing.assert_allclose(values, expected, atol=1e-4)


def test_families_that_matter_and_one_that_does_not():
    rng = np.random.default_rng(0)
    y = np.arange(300) % 2
    X = rng.normal(size=(300, 4))
    X[:, 0] += 3 * y
    X[:, 1] = X[:, 0] + 0.01 * rng.normal(size=300)  # a copy: alone, neither would be missed
    model = LogisticRegression().fit(X, y)
    families = {"pair": [0, 1], "noise": [2, 3]}
    found = family_importance(model, X, y, families, repeats=4)
    assert found["pair"][0] > 0.3
    assert abs(found["noise"][0]) < 0.03
    alone = family_importance(model, X, y, {"first": [0]}, repeats=4)
    assert alone["first"][0] < found["pair"][0]
    assert family_importance(model, X, y, families, repeats=4) == found
    row = np.array([[4.0, 4.0, 0.0, 0.0]])
    falls = family_replacement(model, row, X, families, 1)
    assert falls["pair"] > 0.3
    assert abs(falls["noise"]) < 0.05
