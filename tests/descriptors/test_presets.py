"""Versions of feature sets: frozen values, names such as ``full@3``, and what becomes of older ones."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

import numpy as np
import pytest

import gtzan_features as gf
from gtzan_features import presets
from gtzan_features.bench.config import BenchConfig, RobustnessConfig
from gtzan_features.config import FeatureConfig, SegmentConfig, SplitConfig, tidy_feature_set
from gtzan_features.descriptors import sets
from gtzan_features.errors import ConfigError, ModelError, OutputExistsError, TableError
from gtzan_features.extraction.csv_exchange import export_table
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.prediction.predictor import load_predictor
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.training.fit_config import FitConfig, TuneConfig
from gtzan_features.training.tune import tune
from tests.conftest import make_table, save_table
from tests.descriptors import frozen

FROZEN = {
    "kaggle@1": ("7a323c21ad82939c", "fe747eba454df4d4"),
    "full@3": ("6c0f866e154b0921", "d26de815f316f1aa"),
}
"""Digits of the columns and of the file of values of each version that is computed.

Where the values have changed on purpose: raise the version in `gtzan_features.presets`, say there what it is,
and run ``python -m tests.descriptors.frozen SET``. Never change a line that is here.
"""


@pytest.fixture(scope="module")
def sounds():
    return list(frozen.sounds())


# ---------------------------------------------------------------- frozen


def test_every_version_that_is_computed_is_frozen():
    assert set(FROZEN) >= set(presets.PRESETS)
    assert {path.stem for path in frozen.FOLDER.iterdir()} == set(FROZEN)
    assert {name: len(versions) for name, versions in presets.HISTORY.items()} == presets.NEWEST
    assert set(presets.NEWEST) == set(sets.SETS)


@pytest.mark.parametrize("preset", FROZEN)
def test_the_frozen_values_themselves_are_not_replaced(preset):
    assert frozen.file_digits(preset) == FROZEN[preset][1]


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_columns_and_values_are_those_of_the_version(preset, sounds):
    config = FeatureConfig(feature_set=preset)
    assert frozen.column_digits(config) == FROZEN[preset][0]
    values = sets.compute(sounds, config)
    kept = np.load(frozen.path(preset))
    assert kept.shape == (3, len(sets.columns(config)))
    off = frozen.moved(values, kept)
    names = [c.name for c in sets.columns(config)]
    assert {names[at]: off[at] for at in np.flatnonzero(off > frozen.TOLERANCE)} == {}


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_the_tolerance_tells_rounding_from_a_change(preset, sounds):
    config = FeatureConfig(feature_set=preset)
    kept = np.load(frozen.path(preset))
    # A sound that is rounded otherwise in the last digits of float32 stands for another machine.
    other = [(one * np.float32(1 + 1e-6)).astype(np.float32) for one in sounds]
    assert frozen.moved(sets.compute(other, config), kept).max() < frozen.TOLERANCE
    for column in range(kept.shape[1]):
        changed = kept.copy()
        changed[:, column] = changed[:, column] * 1.01 + (not changed[:, column].any())
        assert (frozen.moved(changed, kept) > frozen.TOLERANCE).nonzero()[0].tolist() == [column]


def test_columns_that_are_called_or_counted_otherwise_are_found(monkeypatch):
    before = frozen.column_digits(FeatureConfig())
    columns = sets.columns(FeatureConfig())
    for other in (columns[:-1], columns[::-1], (*columns[:-1], columns[0])):
        monkeypatch.setattr(sets, "columns", lambda _, other=other: other)
        assert frozen.column_digits(FeatureConfig()) != before


# ---------------------------------------------------------------- names


def test_a_name_without_a_version_means_the_newest():
    for name, version in presets.NEWEST.items():
        assert FeatureConfig(feature_set=f"{name}@{version}") == FeatureConfig(feature_set=name)
        assert FeatureConfig(feature_set=name).preset == f"{name}@{version}"
    pinned = FeatureConfig(feature_set="full@3: -rhythm, -blocks")
    assert (pinned.feature_set, pinned.preset) == ("full:-blocks,-rhythm", "full@3:-blocks,-rhythm")
    assert FeatureConfig(feature_set="full", version=2).preset == "full@2"
    assert FitConfig(model="lda", feature_set="full@3:-rhythm").feature_set == "full:-rhythm"
    assert FitConfig(model="lda", feature_set="full@3:-rhythm").version == 3
    assert FitConfig(model="lda", feature_set="full:-rhythm").version == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("full@2", "full@2 is an older version. This program computes full@3: "),
        ("full@1:-rhythm", "full@1 is an older version"),
        ("full@4", "full@4: there is no such version. There are full@1, full@2, full@3"),
        ("full@0", "full@0: there is no such version"),
        ("full@", "full@: there is no such version"),
        ("full@03", "full@03: there is no such version"),
        ("full@3@3", "full@3@3: there is no such version"),
        ("kaggle@x", "kaggle@x: there is no such version"),
        ("ful@3", "only kaggle and full have versions. Leave out @3. Did you mean full?"),
        ("kaggle@1+my_feature@2", "my_feature@2: only kaggle and full have versions"),
        ("@1", "only kaggle and full have versions"),
    ],
)
def test_other_versions_are_refused_in_one_line_wherever_a_set_is_named(name, said):
    asked = [
        lambda: FeatureConfig(feature_set=name),
        lambda: FitConfig(model="lda", feature_set=name),
        lambda: tidy_feature_set(name),
        lambda: BenchConfig(feature_sets=(name,)).check(),
        lambda: RobustnessConfig(feature_set=name).features,
        lambda: gf.features(np.zeros(22_050, np.float32), features=name),
        lambda: gf.describe(name),
        lambda: gf.AudioFeatures(features=name).fit([np.zeros(22_050, np.float32)]),
        lambda: gf.extract("music", features=name),
    ]
    for ask in asked:
        with pytest.raises(ConfigError) as caught:
            ask()
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)


def test_the_command_that_computes_again_is_said_in_the_words_of_the_caller():
    with pytest.raises(ConfigError) as caught:
        FeatureConfig(feature_set="full@2")
    told = "gtzan features extract AUDIO_DIR --features full@3 --overwrite (what changed: "
    assert told + "gtzan features describe --features full@3)" in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        gf.describe("full@2")
    told = 'gf.extract(AUDIO_DIR, features="full@3", overwrite=True) (what changed: '
    assert told + 'gf.describe(features="full@3"))' in str(caught.value)


def test_two_versions_at_once_are_refused():
    assert FeatureConfig(feature_set="full@3", version=3).version == 3
    with pytest.raises(ConfigError, match="version=2 and full@3 are two versions"):
        FeatureConfig(feature_set="full@3", version=2)


def test_a_version_is_taken_wherever_a_set_is_named(music, tmp_path, sounds):
    plain = gf.features(sounds[0][:70_000], sr=22_050, features="kaggle", segments="3s")
    assert gf.features(sounds[0][:70_000], sr=22_050, features="kaggle@1", segments="3s").equals(plain)
    assert gf.describe("full@3:-rhythm").equals(gf.describe("full:-rhythm"))
    assert BenchConfig(feature_sets=("kaggle@1", "full@3")).all_sets == ("kaggle", "full")
    extract(music, tmp_path, ExtractConfig(features=FeatureConfig(feature_set="kaggle@1")), n_jobs=1)
    table = gf.read_table(tmp_path / "kaggle-3s.parquet")
    assert table.meta.preset == "kaggle@1"
    assert "57 columns (kaggle@1)" in repr(table)
    assert "(kaggle@1)" in table._repr_html_()
    fit = FitConfig(model="majority", feature_set="kaggle@1:-rhythm", split=SplitConfig(folds=2))
    run = fit_run(tmp_path, tmp_path / "runs", fit, n_jobs=1)
    assert run.scored.run.manifest.feature_set == "kaggle:-rhythm"
    n_rows = export_table(
        tmp_path, tmp_path / "a.csv", feature_set="kaggle@1", segment="3s", format_name="kaggle-csv"
    )
    assert n_rows == len(table)


# ---------------------------------------------------------------- older tables and models


def test_a_table_of_an_older_version_is_refused_with_the_command_that_computes_it(
    music, tmp_path, monkeypatch
):
    tables = tmp_path / "my tables"
    config = ExtractConfig(segments=(SegmentConfig(3.0),))
    extract(music, tables, config, n_jobs=1)
    fit = FitConfig(model="majority", split=SplitConfig(folds=2))
    run = fit_run(tables, tmp_path / "runs", fit, n_jobs=1).folder
    load_predictor(run)
    monkeypatch.setitem(presets.NEWEST, "kaggle", 2)
    monkeypatch.setattr(presets, "HISTORY", {**presets.HISTORY, "kaggle": ("one", "two")})
    pinned = FitConfig(model="majority", feature_set="kaggle@2", split=SplitConfig(folds=2))
    streamed = FitConfig(model="lda", feature_set="kaggle@2", split=SplitConfig(folds=2), stream=True)
    beside = FitConfig(model="lda", feature_set="kaggle@2", beside=SegmentConfig(30.0))
    export = {"feature_set": "kaggle@2", "segment": "3s", "format_name": "kaggle-csv"}
    save_table(tables, make_table(segment="30s"))
    asked = [
        lambda: fit_run(tables, tmp_path / "runs", pinned, n_jobs=1),
        lambda: fit_run(tables, tmp_path / "runs", streamed, n_jobs=1),
        lambda: fit_run(tables, tmp_path / "runs", beside, n_jobs=1),
        lambda: tune(tables, tmp_path / "s", TuneConfig(fit=replace(pinned, model="lda"), trials=1)),
        lambda: export_table(tables, tmp_path / "a.csv", **export),
    ]
    for ask in asked:
        with pytest.raises(TableError, match="holds kaggle@1, not kaggle@2. This program computes") as caught:
            ask()
    command = str(caught.value).partition("kaggle@2: ")[2].partition(" (what")[0]
    words = shlex.split(command.replace("AUDIO_DIR", "music"))
    assert words[:4] == ["gtzan", "features", "extract", "music"]
    assert words[4:] == ["--features", "kaggle@2", "--segments", "3s", "--out", str(tables), "--overwrite"]
    with pytest.raises(OutputExistsError, match="another configuration .kaggle@1, .*--overwrite"):
        extract(music, tables, ExtractConfig(segments=config.segments), n_jobs=1)
    with pytest.raises(ModelError, match=r"They are kaggle@1. This program computes kaggle@2: .*Then fit"):
        load_predictor(run)
    fit_run(tables, tmp_path / "runs", fit, n_jobs=1)  # a name without a version takes what is there
    extract(music, tables, ExtractConfig(segments=config.segments), n_jobs=1, overwrite=True)
    found = fit_run(tables, tmp_path / "runs", pinned, n_jobs=1).folder
    assert json.loads((found / "model" / "model.json").read_text())["feature_config"]["version"] == 2


def test_a_csv_of_unknown_recipe_has_no_version(tmp_path):
    table = make_table()
    save_table(tmp_path, replace(table, meta=replace(table.meta, config={})))
    fit_run(tmp_path, tmp_path / "runs", FitConfig(model="majority"), n_jobs=1)
    with pytest.raises(TableError, match="holds columns of a recipe that is not known, not kaggle@1"):
        fit_run(tmp_path, tmp_path / "runs", FitConfig(model="majority", feature_set="kaggle@1"), n_jobs=1)
