from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from gtzan_features.errors import ModelError
from gtzan_features.models.estimators.preprocessing import RankNormal, SteadyScaler, scaler
from gtzan_features.models.registry import model_spec, parse_settings
from gtzan_features.models.spec import TrainingData


@pytest.fixture
def skewed():
    rng = np.random.default_rng(0)
    return np.column_stack([rng.lognormal(0, 2, 1000), rng.normal(5, 0.1, 1000), rng.integers(0, 4, 1000)])


def test_scores_are_those_of_scikit_learn_within_the_limit(skewed):
    ours = RankNormal().fit(skewed).transform(skewed)
    theirs = QuantileTransformer(n_quantiles=200, output_distribution="normal").fit_transform(skewed)
    inside = np.abs(theirs) < 2.5
    inside[:, 2] = False  # equal values: below
    np.testing.assert_allclose(ours[inside], theirs[inside], atol=0.05)
    assert np.abs(ours).max() == 3.0


def test_equal_values_share_the_mean_of_their_scores(skewed):
    scores = RankNormal().fit(skewed).transform(skewed)[:, 2]
    levels = [np.unique(scores[skewed[:, 2] == level]) for level in range(4)]
    assert [len(level) for level in levels] == [1, 1, 1, 1]
    np.testing.assert_allclose(np.ravel(levels), [-1.27, -0.32, 0.32, 1.27], atol=0.08)


def test_no_value_is_further_out_than_the_limit(skewed):
    fitted = RankNormal(limit=2.0).fit(skewed)
    assert fitted.transform(np.full((1, 3), 1e30)).tolist() == [[2.0, 2.0, pytest.approx(1.27, abs=0.1)]]
    constant = RankNormal().fit(np.ones((50, 1)))
    np.testing.assert_allclose(constant.transform(np.array([[1.0], [7.0]])), 0, atol=1e-12)


def test_any_growing_function_of_a_column_changes_nothing(skewed):
    """At the training rows that are quantiles, whatever the function."""
    some = skewed[:200, :2]
    a = RankNormal().fit(some).transform(some)
    b = RankNormal().fit(np.exp(some / 10)).transform(np.exp(some / 10))
    np.testing.assert_allclose(a, b, atol=1e-9)


def test_the_scaling_of_a_model_is_a_setting(skewed):
    y = (skewed[:, 0] > 1).astype(np.int64)
    data = TrainingData(X=skewed, y=y, groups=np.arange(1000))
    spec = model_spec("logistic-regression")
    assert spec.defaults["scaling"] == "standard"
    assert model_spec("lda").defaults["scaling"] == "rank"
    standard, rank = (
        spec.fit(data, parse_settings(spec, [f"scaling={kind}"]), 0).predict_proba(skewed).argmax(1)
        for kind in ("standard", "rank")
    )
    assert (rank == y).mean() > (standard == y).mean()
    with pytest.raises(ModelError, match="scaling=ranks is not known; there are standard, rank"):
        spec.fit(data, parse_settings(spec, ["scaling=ranks"]), 0)
    with pytest.raises(ModelError, match="has no setting 'scaling'"):
        parse_settings(model_spec("random-forest"), ["scaling=rank"])
    assert type(scaler("standard", "svm")).__name__ == "SteadyScaler"


def test_columns_that_move_are_scaled_as_by_scikit_learn(skewed):
    np.testing.assert_array_equal(
        SteadyScaler().fit(skewed).transform(skewed), StandardScaler().fit(skewed).transform(skewed)
    )


@pytest.mark.parametrize("level", [-3e5, -1.0, 1.0, 40.0])
@pytest.mark.parametrize("rounding", [0.0, 1.5e-11, 6e-8])
@pytest.mark.parametrize("name", ["logistic-regression", "linear-svm", "svm", "knn", "mlp"])
def test_a_column_that_moves_within_rounding_decides_nothing(name, level, rounding):
    rng = np.random.default_rng(3)
    y = np.repeat(np.arange(2), 30)
    told = y[:, None] * 4 + rng.normal(0, 1, (60, 3))
    still = level * (1 + rounding * rng.choice([-1, 0, 1], (60, 1)))
    spec = model_spec(name)
    data = TrainingData(X=np.hstack([told, still]), y=y, groups=np.arange(60))
    model = spec.fit(data, spec.defaults, 0)
    elsewhere = np.hstack([told, np.full((60, 1), level - 0.3)])
    assert (model.predict_proba(elsewhere).argmax(axis=1) == y).mean() > 0.9


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (9, 150), (700, 70)])
def test_one_sort_for_both_gives_what_fit_and_transform_give(shape, order):
    rng = np.random.default_rng(0)
    rows = np.array(np.round(rng.normal(size=shape), rng.integers(0, 5)), order=order)
    before, together, apart = rows.copy(), RankNormal(), RankNormal().fit(rows)
    np.testing.assert_allclose(together.fit_transform(rows), apart.transform(rows), rtol=0, atol=1e-14)
    np.testing.assert_array_equal(together.quantiles_, apart.quantiles_)
    np.testing.assert_array_equal(together.scores_, apart.scores_)
    np.testing.assert_array_equal(rows, before)  # a block of columns may be a view of them
    expected = [
        np.interp(column, *both)
        for column, *both in zip(rows.T, apart.quantiles_, apart.scores_, strict=True)
    ]
    np.testing.assert_array_equal(apart.transform(rows), np.transpose(expected))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_rows", [2, 3, 199, 201, 5000])
@pytest.mark.parametrize("exponent", [-305, -30, 0, 30])
def test_scores_of_one_sort_are_interpolated_among_the_quantiles(dtype, n_rows, exponent):
    """Of either precision, with both signs and zeros, equal values, and steps too small to divide by."""
    rng = np.random.default_rng(n_rows)
    X = rng.normal(size=(n_rows, 4)) * 10.0 ** max(exponent, -30 if dtype is np.float32 else -400)
    X[:, 1] = -np.abs(X[:, 1])
    X[:, 2] = np.round(rng.normal(size=n_rows), 1) * rng.choice([-1.0, 1.0], n_rows)
    X[:, 3] = np.where(rng.random(n_rows) < 0.3, 0.0, X[:, 3])
    rows = X.astype(dtype).astype(np.float64)
    model = RankNormal()
    scores = model.fit_transform(rows)
    quantiles = np.quantile(rows, np.linspace(0, 1, min(200, n_rows)), axis=0).T
    np.testing.assert_allclose(model.quantiles_, quantiles, rtol=1e-12, atol=0)
    expected = [np.interp(*all_) for all_ in zip(rows.T, model.quantiles_, model.scores_, strict=True)]
    np.testing.assert_allclose(scores, np.transpose(expected), rtol=0, atol=1e-13)
