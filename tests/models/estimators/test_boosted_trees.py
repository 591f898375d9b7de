from __future__ import annotations

import numpy as np
import pytest
from xgboost import XGBClassifier

from gtzan_features.models.estimators.boosted_trees import MANY_COLUMNS, VALUES_PER_THREAD
from gtzan_features.models.registry import model_spec
from gtzan_features.models.spec import TrainingData


@pytest.mark.parametrize(
    ("shape", "n_bins", "n_threads"),
    [
        ((120, MANY_COLUMNS), 256, 1),
        ((120, MANY_COLUMNS + 1), 32, 1),
        ((2 * VALUES_PER_THREAD // 50, 50), 256, 2),
    ],
)
def test_it_is_xgboosts_classifier_with_the_stated_bins(shape, n_bins, n_threads):
    rng = np.random.default_rng(0)
    y = np.arange(shape[0]) % 3
    X = rng.normal(size=shape) + 0.2 * y[:, None]
    spec = model_spec("xgboost")
    settings = {**spec.defaults, "n_estimators": 2}
    data = TrainingData(X=X, y=y, groups=np.arange(len(y)), threads=2)
    ours = spec.fit(data, settings, 5)
    plain = XGBClassifier(**{**settings, "max_bin": n_bins, "random_state": 5, "n_jobs": n_threads})
    plain.fit(X, y)
    assert {**ours.get_params(), "verbosity": None} == pytest.approx(plain.get_params(), nan_ok=True)
    np.testing.assert_array_equal(ours.predict_proba(X), plain.predict_proba(X))
