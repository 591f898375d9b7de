from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import soundfile

from gtzan_features.config import FeatureConfig, SegmentConfig, SpectrogramConfig, SplitConfig
from gtzan_features.errors import AudioDecodeError, ConfigError, ModelError
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.spectrograms import SpectrogramRecipe, spectrograms
from gtzan_features.models.save import load_model
from gtzan_features.prediction.file_rows import read_recording
from gtzan_features.prediction.predict import TRAINED_ON_IT, expand, predict
from gtzan_features.prediction.predictor import find_model, load_predictor
from gtzan_features.prediction.timeline_files import TimelineWriter
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.tables.feature_tables import read_table
from gtzan_features.tables.run_folder import read_run
from gtzan_features.tables.spectrograms import read_spectrograms
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import SR, make_spectrograms, make_table, save_spectrograms, save_table, tone
from tests.nasty import UNDECODABLE

HOLDOUT = SplitConfig(protocol="track", holdout=0.25)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two genres of four tracks, their features, and a model of all of them."""
    root = tmp_path_factory.mktemp("predict")
    for g, genre in enumerate(("calm", "loud")):
        (root / "music" / genre).mkdir(parents=True)
        for i in range(4):
            y = tone(7.0, 220.0 * (1 + 4 * g) + 20 * i, seed=10 * g + i)
            soundfile.write(root / "music" / genre / f"{genre}.{i}.wav", y, SR, subtype="PCM_16")
    extract(root / "music", root / "tables", ExtractConfig(segments=(SegmentConfig(3.0),)), n_jobs=1)
    config = FitConfig(model="xgboost", settings=("n_estimators=20",), split=HOLDOUT, final=True)
    result = fit_run(root / "tables", root / "runs", config, n_jobs=1)
    return root, result.folder


NETWORKS = {"cnn": ("epochs=8", "filters=8", "head=8"), "mlp": ("epochs=8", "hidden=8")}


@pytest.fixture(scope="module")
def networks(world):
    """Networks on the spectrograms of the same music, by model and scale."""
    root, _ = world
    found = {}
    for scale in ("mel", "decibel"):
        config = SpectrogramConfig(scale=scale)
        spectrograms(root / "music", root / "tables", SpectrogramRecipe(spectrograms=config), n_jobs=1)
        for model, settings in NETWORKS.items():
            wanted = FitConfig(model=model, scale=scale, settings=settings, split=HOLDOUT, final=True)
            found[model, scale] = fit_run(root / "tables", root / "networks", wanted, n_jobs=1).folder
    return found


def write(path, y, sr=SR):
    soundfile.write(path, y, sr, subtype="PCM_16")
    return path


def one(path, folder, **options):
    (found,) = predict([path], load_predictor(folder), n_jobs=1, **options)
    return found


def test_probabilities_are_those_of_the_table(world):
    root, folder = world
    table = read_table(root / "tables" / "kaggle-3s.parquet")
    expected = load_model(folder / "model").predict_proba(table)
    files = expand([root / "music"])
    found = list(predict(files, load_predictor(folder), n_jobs=1))
    rows = np.concatenate([np.array(f.segments) for f in found])
    np.testing.assert_allclose(rows, expected / expected.sum(axis=1, keepdims=True), atol=1e-7)
    assert [f.path for f in found] == [str(p) for p in files]
    assert all(f.warnings == (TRAINED_ON_IT,) and f.error == "" for f in found)
    assert [f.genre for f in found] == ["calm"] * 4 + ["loud"] * 4
    assert sum(found[0].probabilities) == pytest.approx(1.0)
    assert found[0].starts_s == (0.0, 3.0)


@pytest.mark.parametrize(("model", "feature_set"), [("lda", "full"), ("xgboost", "full:rhythm,tonal")])
def test_models_on_the_full_set_hear_what_their_table_holds(world, model, feature_set, tmp_path):
    root, _ = world
    full = ExtractConfig(features=FeatureConfig(feature_set="full"), segments=(SegmentConfig(3.0),))
    extract(root / "music", root / "tables", full, n_jobs=1)
    wanted = FitConfig(model=model, feature_set=feature_set, split=HOLDOUT, final=True)
    folder = fit_run(root / "tables", tmp_path, wanted, n_jobs=1).folder
    table = read_table(root / "tables" / "full-3s.parquet")
    stored = load_model(folder / "model")
    X = table.frame[list(stored.card.columns)].to_numpy()
    found = list(predict(expand([root / "music"]), load_predictor(folder), n_jobs=1))
    rows = np.concatenate([np.array(f.segments) for f in found])
    np.testing.assert_allclose(rows, stored.estimator.predict_proba(X), atol=1e-6)
    assert all(f.warnings == (TRAINED_ON_IT,) and f.error == "" for f in found)

    (folder / "manifest.json").unlink()  # it would tell that the card was changed
    card = folder / "model" / "model.json"
    card.write_text(card.read_text().replace('"version": 3', '"version": 2'))
    with pytest.raises(ModelError, match="features of another version"):
        load_predictor(folder)


def test_workers_change_nothing(world):
    root, folder = world
    files = expand([root / "music"])
    predictor = load_predictor(folder)
    assert list(predict(files, predictor, n_jobs=2)) == list(predict(files, predictor, n_jobs=1))


@pytest.mark.parametrize("scale", ["mel", "decibel"])
@pytest.mark.parametrize("model", ["cnn", "mlp"])
def test_networks_hear_what_their_table_holds(world, networks, model, scale):
    root, _ = world
    folder = networks[model, scale]
    table = read_spectrograms(root / "tables" / f"spectrogram-{scale}-3s.parquet")
    expected = load_model(folder / "model").predict_proba(table)
    files = expand([root / "music"])
    found = list(predict(files, load_predictor(folder), n_jobs=1))
    # In float32 a product of matrices depends on how many rows it has, on some processors.
    np.testing.assert_allclose(
        np.concatenate([np.array(f.segments) for f in found]),
        expected / expected.sum(axis=1, keepdims=True),
        rtol=0,
        atol=1e-6,
    )
    assert [len(f.segments) for f in found] == [2] * 8
    assert all(f.warnings == (TRAINED_ON_IT,) and f.error == "" for f in found)


def test_networks_know_the_range_of_their_bands(networks, tmp_path):
    folder = networks["cnn", "mel"]
    seen = load_predictor(folder).kept.seen
    assert seen.columns == SpectrogramConfig().band_names
    noise = 0.1 * np.random.default_rng(0).standard_normal(7 * SR)
    (warning,) = one(write(tmp_path / "noise.wav", noise), folder).warnings
    assert warning.startswith("unlike the training music: ")
    assert " of 64 bands lie far outside its range (band" in warning
    # Networks take loudness off, so that it is no reason to doubt them.
    quiet = one(write(tmp_path / "quiet.wav", 0.05 * tone(7.0, 230.0, seed=3)), folder)
    assert not any("unlike" in warning for warning in quiet.warnings)


def test_networks_need_nine_tenths_of_a_row(networks, tmp_path):
    folder = networks["cnn", "mel"]
    path = write(tmp_path / "short.wav", tone(2.0, 220.0))
    found = one(path, folder)
    assert (found.genre, found.segments) == ("", ())
    assert found.error == (
        f"{path}: 2.00 s long: too short for this model, whose rows are spectrograms of 3s and need 2.7 s. "
        "Give a longer file, or a model on features or on shorter rows"
    )
    nearly = one(write(tmp_path / "nearly.wav", tone(2.8, 220.0)), folder)
    assert nearly.ends_s == (2.8,)
    assert nearly.warnings[0] == "short: 2.8 s, and the model learned from 3s of music"
    exactly = one(write(tmp_path / "exactly.wav", tone(3.0, 220.0)), folder)
    assert not any("short" in warning for warning in exactly.warnings)
    track = read_recording(path, SpectrogramRecipe(segments=(SegmentConfig(30.0),)))
    assert "spectrograms of 30s and need 27 s" in track.error


def test_networks_of_other_spectrograms_are_refused(tmp_path):
    save_spectrograms(tmp_path / "f", make_spectrograms())  # 20 frames in 3 s, 16 bands
    config = FitConfig(model="mlp", scale="mel", settings=NETWORKS["mlp"], split=HOLDOUT)
    folder = fit_run(tmp_path / "f", tmp_path / "runs", config, n_jobs=1).folder
    with pytest.raises(ModelError, match="trained on spectrograms of another version"):
        load_predictor(folder)


def test_doubtful_input_is_warned_of(world, tmp_path):
    _, folder = world

    def warnings(name, y, sr=SR):
        return "; ".join(one(write(tmp_path / name, y, sr), folder).warnings)

    assert "short: 2.0 s, and the model learned from 3s" in warnings("short.wav", tone(2.0, 220.0))
    assert "nearly silent: the loudest sample is -6" in warnings("quiet.wav", 1e-3 * tone(7.0, 220.0))
    assert "clipped: " in warnings("clip.wav", np.clip(20 * tone(7.0, 220.0), -1, 1))
    assert "narrow: sampled at 8000 Hz" in warnings("narrow.wav", tone(7.0, 220.0, sr=8_000), 8_000)
    half = np.concatenate([tone(3.0, 220.0), np.zeros(4 * SR, np.float32)])
    assert "silent in 1 of 2 segments" in warnings("half.wav", half)
    noise = 0.1 * np.random.default_rng(0).standard_normal(7 * SR)
    assert "unlike the training music: " in warnings("noise.wav", noise)


def test_a_bad_file_costs_itself_only(world, tmp_path):
    root, folder = world
    bad = tmp_path / "bad.wav"
    bad.write_text("no music")
    good = root / "music" / "calm" / "calm.0.wav"
    silent = write(tmp_path / "silent.wav", np.zeros(5 * SR))
    tiny = write(tmp_path / "tiny.wav", tone(0.5, 220.0))
    found = list(predict([bad, silent, good, tiny], load_predictor(folder), n_jobs=1))
    assert [f.genre for f in found] == ["", "", "calm", ""]
    assert "cannot decode" in found[0].error
    assert "every sample is 0" in found[1].error
    assert "too short to tell a genre" in found[3].error


def test_aggregations_and_ranking(world):
    root, folder = world
    path = root / "music" / "loud" / "loud.0.wav"
    vote = one(path, folder, aggregation="vote")
    assert vote.probabilities == (0.0, 1.0)
    assert vote.top(2) == [("loud", 1.0), ("calm", 0.0)]
    with pytest.raises(ConfigError, match="aggregation 'max' is unknown"):
        one(path, folder, aggregation="max")


def test_final_keeps_a_model_of_all_tracks_and_the_figures_of_the_test(world):
    root, folder = world
    plain = fit_run(
        root / "tables",
        root / "runs",
        FitConfig(model="xgboost", settings=("n_estimators=20",), split=HOLDOUT),
        n_jobs=1,
    )
    final = read_run(folder)
    assert plain.folder != folder
    assert final.manifest.trained_on == "all 8 tracks of track 75/25, after the test part was tested"
    assert plain.manifest.trained_on == "the training part of track 75/25: 6 tracks"
    assert final.predictions.frame.equals(read_run(plain.folder).predictions.frame)
    assert "--final" in final.manifest.command
    low, high = (
        np.array(json.loads((f / "model" / "range.json").read_text())["values"])[:, [0, -1]]
        for f in (plain.folder, folder)
    )
    table = read_table(root / "tables" / "kaggle-3s.parquet").values()
    np.testing.assert_array_equal(high, np.stack([table.min(axis=0), table.max(axis=0)], axis=1))
    assert (low != high).any()
    assert find_model(root / "runs") == plain.folder  # fitted last


def test_under_folds_final_is_a_mark_only(world):
    root, _ = world
    split = SplitConfig(folds=2)
    names = [
        fit_run(
            root / "tables",
            root / "other",
            FitConfig(model="majority", split=split, final=final),
            n_jobs=1,
        ).folder.name
        for final in (False, True)
    ]
    assert names[0] == names[1]
    assert read_run(root / "other" / names[0]).manifest.final


def test_models_whose_features_cannot_be_computed_are_refused(world, tmp_path):
    _, folder = world
    with pytest.raises(ModelError, match="holds no run with a model. Fit one .gtzan fit xgboost."):
        find_model(tmp_path)
    with pytest.raises(ModelError, match="holds no model"):
        load_predictor(tmp_path)
    table = make_table()
    for name, config, reason in (
        ("foreign", {}, "trained on a CSV of unknown recipe"),
        ("other", {"feature_set": "timbre-toolbox"}, "needs the feature timbre-toolbox of the plugin"),
        ("old", {"version": 1}, "trained on features of another version"),
    ):
        changed = dataclasses.replace(table, meta=dataclasses.replace(table.meta, config=config))
        save_table(tmp_path / name, changed)
        run = fit_run(tmp_path / name, tmp_path / "r", FitConfig(model="majority"), n_jobs=1).folder
        with pytest.raises(ModelError, match=reason):
            load_predictor(run)
    with pytest.raises(AudioDecodeError, match="holds no audio file"):
        expand([tmp_path / "r"])
    assert load_predictor(folder / "model").genres == ("calm", "loud")


def test_timelines_are_named_after_files_and_never_overwrite(world, tmp_path):
    root, folder = world
    found = one(root / "music" / "calm" / "calm.0.wav", folder)
    writer = TimelineWriter(tmp_path / "t")
    names = [writer.write(found).name for _ in range(2)]
    assert names == ["calm.0.png", "calm.0-2.png"]
    named = (
        dataclasses.replace(found, path=f"x/{name}.wav") for name in ("é" * 125, "é" * 125, UNDECODABLE, "-x")
    )
    shown = [writer.write(one).name for one in named]
    assert len({*names, *shown}) == len(list((tmp_path / "t").iterdir())) == 6
    assert TimelineWriter(tmp_path / "one.svg").write(found).read_text().startswith("<?xml")
    assert TimelineWriter(tmp_path / "t").write(dataclasses.replace(found, error="x")) is None
