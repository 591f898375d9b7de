from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import LinAlgError
from scipy.special import log_softmax
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import StandardScaler

from gtzan_features.errors import ModelError
from gtzan_features.models.calibration import CALIBRATION_FOLDS, calibrated_loss, inverse_temperature
from gtzan_features.models.estimators.discriminant import AUTO, SHRINKAGES, ShrinkageLDA, chosen_shrinkage
from gtzan_features.models.estimators.preprocessing import FamilyBalance
from gtzan_features.models.estimators.shrunk_covariance import (
    AGREEMENT,
    MANY_COLUMNS,
    few_rows_rule,
    linear_rule,
    moments,
    refined_rule,
)
from gtzan_features.models.registry import model_spec, parse_settings
from gtzan_features.models.spec import TrainingData, inner_splits


def clusters(n_tracks=60, n_segments=5, n_columns=30, spread=1.0, seed=0):
    """Three genres; tracks differ more than the segments of a track do."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(n_tracks) % 3, n_segments)
    groups = np.repeat(np.arange(n_tracks), n_segments)
    centres = rng.normal(0, 0.6, (3, n_columns))
    tracks = rng.normal(0, spread, (n_tracks, n_columns)) @ rng.normal(0, 1, (n_columns, n_columns)) / 5
    X = centres[y] + tracks[groups] + rng.normal(0, 0.2, (len(y), n_columns))
    return TrainingData(X=X, y=y, groups=groups)


@pytest.mark.parametrize(
    ("shrinkage", "n_columns"), [(0.0, 30), (0.2, 30), (0.7, 400), (0.05, 700), (1.0, 700)]
)
def test_a_given_shrinkage_is_scikit_learns(shrinkage, n_columns):
    data = clusters(n_columns=n_columns)
    ours = ShrinkageLDA(shrinkage).fit(data.X, data.y)
    theirs = LinearDiscriminantAnalysis("lsqr", shrinkage=shrinkage).fit(data.X, data.y)
    np.testing.assert_allclose(ours.predict_proba(data.X), theirs.predict_proba(data.X), atol=1e-6)


def test_the_intensity_is_ledoit_and_wolfs_where_rows_are_independent():
    data = clusters(n_segments=1)
    means = np.array([data.X[data.y == genre].mean(axis=0) for genre in range(3)])
    expected = ledoit_wolf_shrinkage(data.X - means[data.y], assume_centered=True)
    assert moments(data.X, data.y).shrinkage == pytest.approx(expected, rel=1e-9)
    assert moments(data.X, data.y, data.groups).shrinkage == pytest.approx(expected, rel=1e-9)


def test_segments_of_a_track_are_not_taken_as_independent():
    """Rows repeated ten times say no more than once: so does the intensity of shrinkage."""
    data = clusters(n_segments=1)
    ten = data.take(np.repeat(np.arange(len(data.y)), 10))
    once = moments(data.X, data.y, data.groups).shrinkage
    assert moments(ten.X, ten.y, ten.groups).shrinkage == pytest.approx(once, rel=1e-9)
    assert moments(ten.X, ten.y).shrinkage < once / 5


def test_the_temperature_lowers_the_loss_on_other_tracks_and_keeps_the_order_of_genres():
    train, test = clusters(n_columns=200, seed=1), clusters(n_columns=200, n_tracks=300, seed=1)
    train = train.take(np.arange(150))
    new = test.take(np.flatnonzero(test.groups >= 60))
    spec = model_spec("lda")
    model = spec.fit(train, spec.defaults, 0)
    raw = model.decision_function(new.X)
    p = model.predict_proba(new.X)
    assert model[-1].inverse_temperature < 0.7
    np.testing.assert_array_equal(p.argmax(axis=1), raw.argmax(axis=1))
    rows = np.arange(len(new.y))
    assert -np.log(p[rows, new.y]).mean() < 0.8 * -log_softmax(raw, axis=1)[rows, new.y].mean()


def test_ranks_make_it_deaf_to_the_scale_and_to_single_odd_values():
    data = clusters()
    spec = model_spec("lda")
    plain = spec.fit(data, spec.defaults, 0).predict_proba(data.X)
    bent = data.X.copy()
    bent[:, 0] = np.exp(3 * bent[:, 0])
    other = TrainingData(X=bent, y=data.y, groups=data.groups)
    np.testing.assert_allclose(spec.fit(other, spec.defaults, 0).predict_proba(bent), plain, atol=0.02)


def test_constant_columns_and_thousands_of_columns_are_fitted():
    data = clusters(n_tracks=30, n_columns=1500)
    data.X[:, :100] = 1.0
    spec = model_spec("lda")
    p = spec.fit(data, spec.defaults, 0).predict_proba(data.X)
    assert np.isfinite(p).all()
    assert (p.argmax(axis=1) == data.y).mean() > 0.95
    constant = TrainingData(X=np.ones((30, 2)), y=np.arange(30) % 3, groups=np.arange(30))
    np.testing.assert_allclose(spec.fit(constant, spec.defaults, 0).predict_proba(constant.X), 1 / 3)


def test_a_covariance_that_cannot_be_used_is_one_clear_error():
    data = clusters(n_tracks=12, n_segments=1, n_columns=50)
    spec = model_spec("lda")
    with pytest.raises(ModelError, match="singular with shrinkage=0. Raise it"):
        spec.fit(data, parse_settings(spec, ["shrinkage=0"]), 0)
    with pytest.raises(ModelError, match="shrinkage=2 is not within 0 and 1"):
        spec.fit(data, parse_settings(spec, ["shrinkage=2"]), 0)


def test_the_rule_of_few_rows_is_that_of_the_covariance():
    data = clusters(n_columns=500)
    few = few_rows_rule(data.X, data.y, data.groups, None)
    found = moments(data.X, data.y, data.groups)
    weights, offsets = found.rule(found.shrinkage)
    assert few[2] == pytest.approx(found.shrinkage, rel=1e-9)
    np.testing.assert_allclose(few[0], weights, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(few[1], offsets, rtol=1e-6)


def unlike_scales(X):
    X *= np.geomspace(1e-3, 1e3, X.shape[1])


def far_from_zero(X):
    X += 30 * X.std(axis=0)


def twins_and_constants(X):
    half = X.shape[1] // 2
    X[:, :half] = X[:, half : 2 * half]
    X[:, ::7] = 4.0


def few_directions(X):
    X[:] = X[:, :20] @ np.random.default_rng(2).normal(size=(20, X.shape[1]))


INPUTS = [None, unlike_scales, far_from_zero, twins_and_constants, few_directions]


def between_genres(X, rule):
    """Logits but for what a row has for all genres, which cancels in probabilities."""
    logits = X @ rule[0] + rule[1]
    return logits - logits.mean(axis=1, keepdims=True)


@pytest.mark.parametrize("shrinkage", [1e-3, 0.05, 1.0])
@pytest.mark.parametrize("change", INPUTS)
def test_many_columns_have_scikit_learns_rule(change, shrinkage):
    """Whether single precision was enough or not: nobody sees it."""
    data = clusters(n_tracks=150, n_columns=MANY_COLUMNS + 20)
    if change is not None:
        change(data.X)
    theirs = LinearDiscriminantAnalysis("lsqr", shrinkage=shrinkage).fit(data.X, data.y)
    expected = between_genres(data.X, (theirs.coef_.T, theirs.intercept_))
    found = linear_rule(data.X, data.y, None, shrinkage)
    logits = between_genres(data.X, found)
    assert found[2] == shrinkage
    assert np.abs(logits - expected).max() < 1e-5 * expected.std()


@pytest.mark.parametrize("change", INPUTS)
def test_single_precision_refined_is_double_precision(change):
    data = clusters(n_tracks=150, n_columns=MANY_COLUMNS + 20)
    if change is not None:
        change(data.X)
    for groups in (None, data.groups):
        found = moments(data.X, data.y, groups)
        for given in (None, 0.05):
            rule = refined_rule(data.X, data.y, groups, given)
            assert rule[2] == pytest.approx(found.shrinkage if given is None else given, rel=1e-5)
            logits = between_genres(data.X, rule)
            expected = between_genres(data.X, found.rule(rule[2]))
            assert np.sqrt(np.mean((logits - expected) ** 2)) < 10 * AGREEMENT * expected.std()


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_what_single_precision_cannot_hold_is_left_to_double_precision(scale):
    data = clusters(n_tracks=150, n_columns=MANY_COLUMNS + 20)
    plain = linear_rule(data.X, data.y, None, 0.1)
    with pytest.raises(LinAlgError, match="beyond single precision"):
        refined_rule(data.X * scale, data.y, None, 0.1)
    scaled = linear_rule(data.X * scale, data.y, None, 0.1)
    np.testing.assert_allclose(scaled[0] * scale, plain[0], rtol=0, atol=1e-6 * np.abs(plain[0]).max())
    np.testing.assert_allclose(scaled[1], plain[1], rtol=1e-6)


def test_a_covariance_too_close_to_singular_is_left_to_double_precision():
    data = clusters(n_tracks=150, n_columns=MANY_COLUMNS + 20)
    few_directions(data.X)
    with pytest.raises(LinAlgError):
        refined_rule(data.X, data.y, None, 1e-9)
    weights, offsets, _ = linear_rule(data.X, data.y, None, 1e-9)
    expected = moments(data.X, data.y).rule(1e-9)
    np.testing.assert_array_equal(weights, expected[0])
    np.testing.assert_array_equal(offsets, expected[1])


def test_many_columns_that_say_nothing_give_the_priors():
    y = np.repeat(np.arange(3), [300, 200, 100])
    for level in (0.0, 1.0):
        rows = np.full((600, MANY_COLUMNS + 1), level)
        weights, offsets, _ = linear_rule(rows, y, None, None)
        logits = rows[:1] @ weights + offsets
        np.testing.assert_allclose(np.exp(log_softmax(logits, axis=1)), [[1 / 2, 1 / 3, 1 / 6]])


def test_families_weigh_alike_however_many_columns_they_have():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 12))
    families = ("a",) * 9 + ("b",) * 3
    weighted = FamilyBalance(families).fit_transform(X)
    variance = {name: weighted[:, np.array(families) == name].var(axis=0).sum() for name in "ab"}
    assert variance["a"] == pytest.approx(variance["b"], rel=0.2)
    assert np.mean(FamilyBalance(families).fit(X).weights_ ** 2) == pytest.approx(1)
    np.testing.assert_array_equal(FamilyBalance().fit_transform(X), X)
    spec = model_spec("lda")
    with pytest.raises(ModelError, match="balance=maybe is not known"):
        spec.fit(clusters(), parse_settings(spec, ["balance=maybe"]), 0)


def with_copies(data, size, seed=3):
    """Add two copies of each row, moved along a few directions far more than rows differ."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(0, size, (2, data.X.shape[1]))
    X = np.concatenate([data.X, *(data.X + one for one in directions)])
    made = np.arange(len(X)) >= len(data.X)
    return TrainingData(X=X, y=np.tile(data.y, 3), groups=np.tile(data.groups, 3), made=made)


@pytest.mark.parametrize("n_columns", [20, 400])
@pytest.mark.parametrize("size", [0.1, 5.0])
def test_with_copies_the_shrinkage_is_the_one_with_the_smallest_loss_of_unseen_recorded_rows(n_columns, size):
    data = with_copies(clusters(n_tracks=45, n_segments=1, n_columns=n_columns), size)
    losses = {}
    for choice in (AUTO, *SHRINKAGES):
        logits = np.full((45, 3), np.nan)
        for train, valid in inner_splits(data, CALIBRATION_FOLDS, 0):
            center, scale = data.X[train].mean(axis=0), data.X[train].std(axis=0)
            theirs = ShrinkageLDA(choice).fit(
                (data.X[train] - center) / scale, data.y[train], data.groups[train]
            )
            valid = valid[valid < 45]
            logits[valid] = theirs.decision_function((data.X[valid] - center) / scale)
        factors = np.geomspace(1e-4, 50, 300)
        rows = np.arange(45)
        losses[choice] = min(-log_softmax(f * logits, axis=1)[rows, data.y[:45]].mean() for f in factors)
    assert chosen_shrinkage(StandardScaler(), data, 0) == min(losses, key=losses.__getitem__)


def test_without_copies_and_with_a_number_nothing_is_chosen(monkeypatch):
    monkeypatch.setattr("gtzan_features.models.estimators.discriminant.chosen_shrinkage", None)
    spec, plain = model_spec("lda"), clusters(n_segments=1)
    none_made = TrainingData(X=plain.X, y=plain.y, groups=plain.groups, made=np.zeros(len(plain.y), bool))
    for data in (plain, none_made):
        spec.fit(data, spec.defaults, 0)
    found = spec.fit(with_copies(plain, 5.0), spec.defaults | {"shrinkage": 0.4}, 0)
    assert found.named_steps["shrinkagelda"].shrinkage_ == 0.4


def test_without_inner_folds_the_shrinkage_is_ledoit_and_wolfs():
    data = with_copies(clusters(n_tracks=3, n_segments=1), 5.0)
    assert chosen_shrinkage(StandardScaler(), data, 0) == AUTO


def test_the_loss_is_that_of_the_temperature_found():
    rng = np.random.default_rng(0)
    logits, y = rng.normal(0, 3, (500, 4)), rng.integers(0, 4, 500)
    factor = inverse_temperature(logits, y)
    expected = -log_softmax(factor * logits, axis=1)[np.arange(500), y].mean()
    assert calibrated_loss(logits, y) == pytest.approx(expected)
