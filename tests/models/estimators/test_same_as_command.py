"""A model that a notebook fits and one that the command fits are the same, bit for bit."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import gtzan_features as gf
from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.extraction.csv_exchange import import_csv
from gtzan_features.models.calibration import Tempered as FromItsModule
from gtzan_features.models.estimators.discriminant import as_rule
from gtzan_features.models.save import load_model
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.training.fit_config import FitConfig

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def csv(real_material):
    return real_material / "features" / "features_30_sec.csv"


@pytest.fixture(scope="module")
def table(csv):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is said of this CSV has tests of its own
        return gf.read_table(csv)


@pytest.fixture(scope="module")
def by_command(csv, tmp_path_factory):
    """The models that ``gtzan fit`` keeps, fitted on all tracks, by name."""
    folder = tmp_path_factory.mktemp("data")
    import_csv(csv, folder / "features")
    split = SplitConfig(protocol="fault-filtered")
    made = {}
    for name in ("svm", "lda"):
        config = FitConfig(model=name, segment=SegmentConfig(30.0), split=split)
        result = fit_run(folder / "features", folder / "runs", config, n_jobs=1)
        made[name] = load_model(result.folder / "model")
    return made


@pytest.fixture(scope="module")
def training(table):
    """Rows, genres and groups of the part that these models are fitted on."""
    ((train, _),) = gf.FaultFiltered().split(table.X, table.y, table.frame["track_id"])
    return table.X[train], table.y[train], table.groups[train], table.artists[train]


def test_svm(table, training, by_command):
    X, y, _, artists = training
    inner = StratifiedGroupKFold(3, shuffle=True, random_state=0).split(X, y, artists)
    pipe = make_pipeline(StandardScaler(), gf.KernelSVM(C=10.0))
    notebook = CalibratedClassifierCV(pipe, method="temperature", cv=list(inner), ensemble=False).fit(X, y)
    assert tuple(notebook.classes_) == by_command["svm"].card.genres
    found = by_command["svm"].predict_proba(table.opened.table)
    np.testing.assert_array_equal(notebook.predict_proba(table.X), found)


def test_lda(table, training, by_command):
    X, y, groups, artists = training
    pipe = make_pipeline(gf.RankNormal(), gf.FamilyBalance(table.opened.families), gf.ShrinkageLDA())
    notebook = gf.Tempered(pipe, response_method="decision_function").fit(X, y, groups, apart=artists)
    fitted = notebook.estimator_.set_params(shrinkagelda__inverse_temperature=notebook.inverse_temperature_)
    assert tuple(notebook.classes_) == by_command["lda"].card.genres
    stored = by_command["lda"].estimator.arrays()
    for name, array in as_rule(fitted).arrays().items():
        np.testing.assert_array_equal(array, stored[name])
    found = by_command["lda"].predict_proba(table.opened.table)
    np.testing.assert_array_equal(as_rule(fitted).predict_proba(table.X), found)
    np.testing.assert_allclose(notebook.predict_proba(table.X), found, rtol=1e-9, atol=1e-12)
    assert notebook.inverse_temperature_ != 1


def test_families_by_name_are_those_by_place(table):
    families = gf.describe("kaggle").set_index("column")["family"].to_dict()
    frame = table.frame[list(table.columns)]
    by_name = make_pipeline(gf.RankNormal(), gf.FamilyBalance(families)).set_output(transform="pandas")
    by_place = make_pipeline(gf.RankNormal(), gf.FamilyBalance(table.opened.families))
    columns = by_name.fit_transform(frame)
    assert tuple(columns.columns) == table.columns
    np.testing.assert_allclose(columns.to_numpy(), by_place.fit_transform(table.X))


def test_the_public_name_is_the_class_that_the_command_uses():
    assert gf.Tempered is FromItsModule
