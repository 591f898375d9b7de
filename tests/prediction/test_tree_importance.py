from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from gtzan_features.config import FeatureConfig, SplitConfig
from gtzan_features.descriptors.sets import columns
from gtzan_features.prediction.tree_importance import family_importance
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import make_table, save_table


@pytest.fixture
def table():
    """A table of the Kaggle columns in which only tempo and tempo's copy of it tell the genre."""
    plain, config = make_table(n_tracks=8, n_segments=2), FeatureConfig()
    names = tuple((c.name, c.unit) for c in columns(config))
    rng = np.random.default_rng(0)
    values = rng.normal(size=(len(plain.frame), len(names))).astype(np.float32)
    frame = pd.concat(
        [plain.frame.iloc[:, :5], pd.DataFrame(values, columns=[name for name, _ in names])], axis=1
    )
    frame["tempo"] = frame["genre"].str[-1].astype("float32")
    meta = dataclasses.replace(plain.meta, config=config.to_dict())
    return dataclasses.replace(plain, frame=frame, columns=names, meta=meta)


def test_the_family_that_tells_the_genre_has_the_gain(table, tmp_path):
    save_table(tmp_path / "f", table)
    split = SplitConfig(folds=2)
    for model, settings in (("xgboost", ("n_estimators=10", "colsample_bytree=1.0")), ("knn", ())):
        config = FitConfig(model=model, settings=settings, split=split)
        folder = fit_run(tmp_path / "f", tmp_path / "runs", config, n_jobs=1).folder
        shares = family_importance(folder / "model")
        if model == "xgboost":
            assert next(iter(shares)) == "rhythm"
            assert shares["rhythm"] > 0.9
            assert sum(shares.values()) == pytest.approx(1.0)
        else:
            assert shares == {}
    assert family_importance(tmp_path) == {}
