from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from gtzan_features.config import SegmentConfig, SplitConfig
from gtzan_features.datasets.training_arrays import load_dataset
from gtzan_features.errors import ModelError, TableError
from gtzan_features.models.save import load_model
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.reporting.report import report
from gtzan_features.tables.run_folder import read_run
from gtzan_features.tables.spectrograms import read_spectrograms
from gtzan_features.training import fold as folds
from gtzan_features.training.augmented_rows import extra_rows
from gtzan_features.training.fit_config import FitConfig
from gtzan_features.training.fold import Fold, Job, training_data
from gtzan_features.training.model_list import model_names
from tests.conftest import make_spectrograms, make_table, save_spectrograms, save_table

FAST = ("epochs=6", "filters=8", "head=8")
TRACK = SplitConfig(protocol="track", folds=4)
HOLDOUT = SplitConfig(protocol="track", holdout=0.25)


def config(model="cnn", split=TRACK, **more):
    settings = FAST if model == "cnn" else ("epochs=6", "hidden=8")
    return FitConfig(model=model, split=split, **{"settings": settings, **more})


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "features"
    save_spectrograms(folder, make_spectrograms())
    save_spectrograms(folder, make_spectrograms(scale="decibel", seed=3))
    save_spectrograms(folder, make_spectrograms(n_segments=1, segment="30s", n_frames=60))
    save_table(folder, make_table(3, 8, 3))
    return folder


@pytest.mark.slow
def test_networks_go_through_folds_report_and_store_as_other_models(pictures, tmp_path):
    runs = tmp_path / "runs"
    thirty = SegmentConfig(30.0)
    longer = ("epochs=40", "filters=12", "head=8", "validation=0.25")
    for one in (config(settings=longer), config(segment=thirty), config("mlp", scale="mel"), config("mlp")):
        result = fit_run(pictures, runs, one, n_jobs=1)
        assert len(result.manifest.genres) == 3
    leaked = SplitConfig(protocol="segment", folds=3)
    fit_run(pictures, runs, config(split=leaked, allow_leak=True), n_jobs=1)
    written = report(runs, tmp_path / "reports")
    found = written.results
    assert set(found["features"]) == {"spectrogram-mel", "kaggle"}
    # Two runs of one model on rows of other lengths are told apart by their labels.
    cnn = found["model"].str.partition(" ")[0] == "cnn"
    assert set(found.loc[cnn, "aggregation"]) >= {
        "segment",
        "vote",
        "mean",
        "log-mean",
        "track",
    }
    ours = found[cnn & (found["aggregation"] == "mean") & ~found["leaked"]]
    assert ours["accuracy"].item() > 0.7
    assert [table.title for table in written.tables] == [
        "toy: no track on both sides",
        "toy: LEAKED, no accuracy on new music",
    ]


@pytest.mark.slow
def test_runs_repeat_for_any_number_of_workers(pictures, tmp_path):
    one = config(augment=("time-mask", "mixup"))
    a, b = (fit_run(pictures, tmp_path / str(n), one, n_jobs=n) for n in (1, 2))
    for name in ("manifest.json", "split.csv", "predictions.parquet", "metrics.json", "curves.csv"):
        assert (a.folder / name).read_bytes() == (b.folder / name).read_bytes(), name


def test_curves_and_augmentation_are_in_the_run_folder(pictures, tmp_path):
    told = []
    one = config(split=HOLDOUT, augment=("cutmix", "time-mask"), scale="mel")
    result = fit_run(pictures, tmp_path, one, n_jobs=2, progress=lambda *a: told.append(a))
    curves = pd.read_csv(result.folder / "curves.csv")
    assert list(curves) == [
        "fold",
        "stage",
        "epoch",
        "train_loss",
        "train_accuracy",
        "valid_loss",
        "valid_accuracy",
    ]
    assert len(told) == len(curves)
    assert told[0] == (1, 6, "cnn filters")
    assert (result.folder / "curves.png").read_bytes()[:4] == b"\x89PNG"
    manifest = json.loads((result.folder / "manifest.json").read_text())
    assert manifest["settings"]["augment"] == "time-mask+cutmix"
    assert "--scale mel" in manifest["command"]
    assert "--augment cutmix,time-mask" in manifest["command"]
    cv = fit_run(pictures, tmp_path, config(), n_jobs=1)
    folds_named = pd.read_csv(cv.folder / "curves.csv")["fold"].astype(str)
    assert set(folds_named) == {"all", "0", "1", "2", "3"}


def test_one_test_part_keeps_the_network_that_was_tested(pictures, tmp_path):
    result = fit_run(pictures, tmp_path, config(split=HOLDOUT), n_jobs=1)
    table = read_spectrograms(pictures / "spectrogram-mel-3s.parquet")
    p = load_model(result.folder / "model").predict_proba(table)
    frame = read_run(result.folder).predictions.frame
    tested = table.frame["track_id"].isin(set(frame["track_id"])).to_numpy()
    np.testing.assert_allclose(frame.filter(like="p_").to_numpy(), p[tested], rtol=0, atol=1e-6)


def test_an_interrupted_fit_leaves_no_run_folder(pictures, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("gtzan_features.reporting.run_report.curves_figure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit_run(pictures, tmp_path / "runs", config(), n_jobs=1)
    assert not (tmp_path / "runs").exists()

    with pytest.raises(KeyboardInterrupt):
        fit_run(pictures, tmp_path / "other", config(split=HOLDOUT), n_jobs=1, progress=interrupted)
    assert not (tmp_path / "other").exists()


def test_wrong_words_are_one_clear_error(pictures, tmp_path):
    with pytest.raises(ModelError, match="svm takes features, not spectrograms: leave out --scale"):
        fit_run(pictures, tmp_path, FitConfig(model="svm", scale="mel"), n_jobs=1)
    with pytest.raises(ModelError, match="no augmentation 'blur'; there are time-mask, .*time-stretch"):
        fit_run(pictures, tmp_path, config(augment=("blur",)), n_jobs=1)
    with pytest.raises(ModelError, match="mixup: for cnn, and for mlp with --scale; mlp on features takes"):
        fit_run(pictures, tmp_path, config("mlp", augment=("mixup",)), n_jobs=1)
    with pytest.raises(TableError, match="--scale decibel --segments 30s"):
        fit_run(pictures, tmp_path, config(scale="decibel", segment=SegmentConfig(30.0)), n_jobs=1)
    with pytest.raises(TableError, match="no table of audio with noise. Make it: gtzan data augment"):
        fit_run(pictures, tmp_path, config(augment=("noise",)), n_jobs=1)
    with pytest.raises(ModelError, match="fewer than the 50 of a patch"):
        fit_run(pictures, tmp_path, config(settings=("patch=50",)), n_jobs=1)
    assert not list(tmp_path.glob("toy*"))


def test_all_stands_for_the_models_that_take_the_rows():
    assert "cnn" not in model_names(["all"])
    assert "mlp" in model_names(["all"])
    assert model_names(["all"], "mel") == ("cnn", "mlp")


class TestAugmentedAudio:
    @pytest.fixture
    def augmented(self, pictures):
        """Copies of two thirds of the rows, in another order, each pixel 3 codes up."""
        table = make_spectrograms()
        order = np.random.default_rng(0).permutation(len(table.codes))[:48]
        copies = dataclasses.replace(
            table, frame=table.frame.iloc[order].reset_index(drop=True), codes=table.codes[order] + 3
        )
        save_spectrograms(pictures / "augmented" / "noise", copies)
        return pictures, table

    def test_copies_are_trained_on_where_their_rows_are_and_nowhere_else(self, augmented):
        folder, table = augmented
        data = load_dataset(table)
        extra = extra_rows(folder, table, ("noise",))
        job = Job(data=data, model="cnn", settings={}, seed=0, extra=extra)
        train = np.flatnonzero(data.groups() % 4 != 0)
        fold = Fold(train, np.flatnonzero(data.groups() % 4 == 0), keep=False)
        training = training_data(fold, job)
        assert not set(training.groups) & set(data.groups()[fold.test])
        n = len(train)
        np.testing.assert_array_equal(training.X[:n], data.X[train])
        for x, genre, group in zip(training.X[n:], training.y[n:], training.groups[n:], strict=True):
            source = np.flatnonzero((np.abs(data.X + 1.5 - x) < 1e-3).all(axis=1))
            assert len(source) == 1
            assert source[0] in train
            assert (data.y[source[0]], data.groups()[source[0]]) == (genre, group)
        assert 20 < len(training.X) - n < 48

    def test_a_fit_says_what_it_used(self, augmented, tmp_path, monkeypatch):
        folder, _ = augmented
        sizes = []
        original = folds.training_data

        def spy(fold, job, told):
            training = original(fold, job, told)
            sizes.append((len(fold.train), len(training.X)))
            return training

        monkeypatch.setattr(folds, "training_data", spy)
        result = fit_run(folder, tmp_path, config(augment=("noise", "mixup")), n_jobs=1)
        assert result.manifest.settings["augment"] == "mixup+noise"
        assert all(own < with_copies for own, with_copies in sizes)
        plain = fit_run(folder, tmp_path, config(), n_jobs=1)
        assert plain.folder != result.folder
        labels = set(report(tmp_path, tmp_path / "r").results["model"])
        assert labels == {"cnn", "cnn (augment=mixup+noise)"}

    def test_copies_computed_otherwise_are_refused(self, augmented, tmp_path):
        folder, _ = augmented
        save_spectrograms(folder / "augmented" / "noise", make_spectrograms(n_bands=24))
        with pytest.raises(TableError, match="computed differently from the table to fit"):
            fit_run(folder, tmp_path, config(augment=("noise",)), n_jobs=1)
