"""Robustness on tones: only test audio is deformed, and every figure comes from its predictions."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import soundfile

from gtzan_features.audio import deform_names
from gtzan_features.audio.deform import ROBUST, Deformation, deformations
from gtzan_features.bench import deformed_fits, robustness
from gtzan_features.bench.config import RobustnessConfig
from gtzan_features.bench.robustness import WorkFolders, bench_robustness
from gtzan_features.config import SegmentConfig
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.datasets.splits import make_split
from gtzan_features.descriptors import sets
from gtzan_features.errors import ConfigError, ModelError, RunError, SplitError
from gtzan_features.extraction.deformed_tables import deformed_folder
from gtzan_features.tables.feature_tables import augmented_folder
from gtzan_features.training.load_rows import open_fittable
from tests.conftest import SR, tone

THREE = SegmentConfig(3.0)
CONFIG = RobustnessConfig(
    feature_set="kaggle",
    models=("knn", "majority"),
    deformations=("noise-10", "gain-6", "speed+3"),
    family_model="logistic-regression",
    protocol="track",
    segment=THREE,
)


TABLES = ("mean and worst", "noise", "other changes")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Two genres of ten tracks of 6.1 s each; at +3 % speed one row of two is left."""
    root = tmp_path_factory.mktemp("bench") / "music"
    for g, genre in enumerate(("calm", "loud")):
        (root / genre).mkdir(parents=True)
        for i in range(10):
            y = tone(6.1, 220.0 * (g + 1) + 10 * i, seed=10 * g + i)
            soundfile.write(root / genre / f"{genre}.{i}.wav", y, SR, subtype="PCM_16")
    return root


@pytest.fixture(scope="module")
def measured(many, tmp_path_factory):
    """The folders of a first measurement, and what it gave."""
    base = tmp_path_factory.mktemp("work")
    folders = WorkFolders(tables=base / "tables", work=base / "work", out=base / "out")
    return folders, bench_robustness(many, folders, CONFIG, n_jobs=1)


def test_models_and_families_are_measured_under_every_deformation(measured):
    folders, done = measured
    frame = pd.read_csv(folders.out / "robustness.csv")
    names = {"clean", *CONFIG.deformations}
    for part, members in (("models", {"knn", "majority"}), ("families", {"all", *sets.families("kaggle")})):
        some = frame[frame["part"] == part]
        assert set(some["name"]) == members
        assert (some.groupby("name")["deformation"].agg(set) == names).all()
        assert (some["n_tracks"] == 20).all()
    assert done.n_fitted == len(CONFIG.models) + 1 + len(sets.families("kaggle"))
    majority = frame[(frame["name"] == "majority") & (frame["deformation"] != "clean")]
    assert (majority["lost_difference"] == 0).all()
    assert (majority["lost_p_holm"] == 1).all()
    lost = frame[frame["deformation"] != "clean"]
    np.testing.assert_allclose(lost["lost_difference"], lost["clean_accuracy"] - lost["accuracy"], atol=1e-5)
    # The level is all that the family "energy" knows.
    energy = lost[(lost["name"] == "energy") & (lost["deformation"] == "gain-6")].iloc[0]
    assert energy["lost_low"] <= energy["lost_difference"] <= energy["lost_high"]


def test_the_report_states_the_deformations_the_test_and_the_command(measured):
    folders, done = measured
    page = done.page.read_text()
    assert "Protocol: track 10-fold, 20 tracks tested." in page
    assert "--deformations noise-10,gain-6,speed+3" in page
    assert "points lost" in page
    assert (folders.out / "robustness.png").read_bytes()[:4] == b"\x89PNG"
    tables = [
        f"{part}, {what}: points lost"
        for part in ("Models, all columns", "Families alone")
        for what in TABLES
    ]
    assert [table.title for table in done.tables] == tables
    for table in done.tables:
        assert f"## {table.title}\n\n{table.markdown()}\n" in page
    means = pd.read_csv(folders.out / "robustness-means.csv")
    assert list(means["name"]) == ["knn", "majority", "all", *sets.families("kaggle")]
    assert "†" not in page


def test_a_second_run_computes_nothing_and_says_the_same(measured, many, monkeypatch):
    folders, _ = measured
    before = {p.name: p.read_bytes() for p in folders.out.iterdir()}
    monkeypatch.setattr(deformed_fits, "_predictions", None)
    monkeypatch.setattr(Deformation, "apply", lambda _, y, *__: y)  # only tried out, before
    again = bench_robustness(many, folders, CONFIG, n_jobs=1)
    assert again.n_fitted == 0
    assert {p.name: p.read_bytes() for p in folders.out.iterdir()} == before


def test_damaged_predictions_are_computed_again_and_those_of_other_versions_go(measured, many):
    folders, done = measured
    kept = sorted((folders.work / "predictions").iterdir())
    (kept[0] / "clean.parquet").write_bytes(b"")
    (kept[1] / "entry.json").unlink()
    old = folders.work / "predictions" / "0123456789ab"  # of an earlier version
    old.mkdir()
    before = {p.name: p.read_bytes() for p in folders.out.iterdir()}
    again = bench_robustness(many, folders, CONFIG, n_jobs=1)
    assert (again.n_fitted, again.n_fitted + again.n_reused) == (2, done.n_fitted)
    assert {p.name: p.read_bytes() for p in folders.out.iterdir()} == before
    assert sorted((folders.work / "predictions").iterdir()) == kept


def test_predictions_are_those_of_a_model_of_clean_rows(measured):
    """By hand: nearest neighbours on clean training rows, asked for deformed rows of the test tracks."""
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folders, done = measured
    clean = open_fittable(folders.tables, "kaggle", "3s").data
    (one,) = deformations(("noise-10",))
    noisy = open_fittable(deformed_folder(folders.work, one, 0), "kaggle", "3s").data
    right = {}
    for train, test in make_split(clean.rows, clean.copies, CONFIG.split).folds(clean.rows):
        model = make_pipeline(StandardScaler(), KNeighborsClassifier(5, weights="distance"))
        model.fit(clean.X[train], clean.y[train])
        for track in set(clean.rows["track_id"].iloc[test]):
            at = (noisy.rows["track_id"] == track).to_numpy()
            p = model.predict_proba(noisy.X[at]).mean(axis=0)
            right[track] = clean.genres[p.argmax()] == noisy.rows["genre"][at].iloc[0]
    frame = done.frames.losses.set_index(["name", "deformation"])
    assert frame.loc[("knn", "noise-10"), "accuracy"] == pytest.approx(np.mean(list(right.values())))


def test_a_model_that_fails_and_words_that_are_unknown(measured, many, monkeypatch, tmp_path):
    folders, _ = measured
    real = deformed_fits._predictions

    def failing(task, setting):
        if task.model == "svm":
            msg = "svm has a bad day"
            raise ModelError(msg)
        return real(task, setting)

    monkeypatch.setattr(deformed_fits, "_predictions", failing)
    config = dataclasses.replace(CONFIG, models=("knn", "svm"))
    out = dataclasses.replace(folders, out=tmp_path)
    done = bench_robustness(many, out, config, n_jobs=1)
    assert done.missing == ("svm: svm has a bad day",)
    assert "- svm: svm has a bad day" in (tmp_path / "robustness.md").read_text()
    for wrong, error, message in (
        ({"deformations": ("echo",)}, ConfigError, "no deformation 'echo'"),
        ({"models": ("cart",)}, ModelError, "no model 'cart'"),
        ({"feature_set": "opera"}, ConfigError, "does not exist"),
        ({"protocol": "segment"}, ConfigError, "segment is leaked"),
        ({"protocol": "fault-filtered"}, SplitError, "published split of GTZAN"),
    ):
        with pytest.raises(error, match=message):
            bench_robustness(many, out, dataclasses.replace(config, **wrong), n_jobs=1)


def test_a_model_that_cannot_be_applied_leaves_the_others(measured, many, monkeypatch, tmp_path):
    from gtzan_features.models.registry import MODELS

    class Broken:
        def predict_proba(self, X):
            return np.full((len(X), 2), np.nan)

    spec = dataclasses.replace(MODELS["svm"], fit=lambda *_: Broken())
    monkeypatch.setitem(MODELS, "svm", spec)
    folders = dataclasses.replace(measured[0], out=tmp_path)
    done = bench_robustness(many, folders, dataclasses.replace(CONFIG, models=("knn", "svm")), n_jobs=1)
    (one,) = done.missing
    assert one.startswith(
        "svm: svm cannot be applied with these settings: it gives probabilities that are no"
    )


def test_a_table_that_was_replaced_meanwhile_is_told(measured, many, monkeypatch, tmp_path):
    real = deformed_fits.robust_tasks

    def planned(*words):
        return [
            dataclasses.replace(
                one,
                tables=("0" * 64, *one.tables[1:]),
                key=dataclasses.replace(one.key, inputs={"tables": "others"}),
            )
            if one.name == "knn"
            else one
            for one in real(*words)
        ]

    monkeypatch.setattr(robustness, "robust_tasks", planned)
    done = bench_robustness(many, dataclasses.replace(measured[0], out=tmp_path), CONFIG, n_jobs=1)
    path = measured[0].tables / "kaggle-3s.parquet"
    assert done.missing == (
        f"knn: {path}: replaced after the measurement had begun. Give the command once more",
    )


def test_a_deformation_that_leaves_no_row_is_named_and_the_others_measured(many, tmp_path):
    folders = WorkFolders(tables=tmp_path / "t", work=tmp_path / "w", out=tmp_path / "o")
    six = dataclasses.replace(
        CONFIG, models=("majority",), family_model="majority", segment=SegmentConfig(6.0)
    )
    done = bench_robustness(many, folders, six, n_jobs=1)
    assert set(done.frames.losses["deformation"]) == {"clean", "noise-10", "gain-6"}
    assert "- speed +3 %: 20 of 20 files give no row, such as calm/calm.0.wav" in done.page.read_text()
    with pytest.raises(RunError, match="no deformation leaves a row: speed .3 %.*shorter --segments"):
        bench_robustness(many, folders, dataclasses.replace(six, deformations=("speed+3",)), n_jobs=1)


def test_mp3_that_cannot_be_written_is_told_at_once(many, tmp_path, monkeypatch):
    monkeypatch.setattr(soundfile, "available_formats", dict)
    folders = WorkFolders(tables=tmp_path, work=tmp_path, out=tmp_path)
    with pytest.raises(ConfigError, match="this libsndfile writes none"):
        bench_robustness(many, folders, dataclasses.replace(CONFIG, deformations=("mp3-64",)), n_jobs=1)
    assert not any(tmp_path.iterdir())
    assert len(read_catalogue(many).tracks) == 20
    assert robustness.RobustnessConfig().features.feature_set in ("full", "kaggle")


@pytest.fixture(scope="module")
def by_artist(tmp_path_factory):
    """Two genres of three artists with three tracks each, and a copy of one track by another name."""
    root = tmp_path_factory.mktemp("artists") / "music"
    for g, genre in enumerate(("calm", "loud")):
        for a in range(3):
            folder = root / genre / f"artist {genre} {a}"
            folder.mkdir(parents=True)
            for i in range(3):
                seed = 9 * g + 3 * a + i
                y = tone(3.2, 220.0 * (g + 1) + 10 * seed, seed=seed)
                soundfile.write(folder / f"{i}.wav", y, SR, subtype="PCM_16")
    again = root / "calm" / "artist calm 1" / "again.wav"
    again.write_bytes((root / "calm" / "artist calm 0" / "0.wav").read_bytes())
    return root


def watched_training(monkeypatch):
    """A list that gets each fold, what a model learns from in it, and whether copies are asked for."""
    trained = []
    real = deformed_fits.training_data

    def watched(fold, job):
        found = real(fold, job)
        trained.append((fold, found, bool(job.extra)))
        return found

    monkeypatch.setattr(deformed_fits, "training_data", watched)
    return trained


@pytest.mark.parametrize("protocol", ["artist", "track"])
def test_no_copy_of_a_tested_track_its_double_or_its_artist_is_trained_on(
    by_artist, tmp_path, monkeypatch, protocol
):
    trained = watched_training(monkeypatch)
    config = dataclasses.replace(
        CONFIG,
        models=("knn",),
        family_model="majority",
        deformations=("noise-10", "gain-6"),
        augment=("noise-20", "gain+6"),
        protocol=protocol,
    )
    folders = WorkFolders(tables=tmp_path / "t", work=tmp_path / "w", out=tmp_path / "o")
    done = bench_robustness(by_artist, folders, config, n_jobs=1)
    clean = open_fittable(folders.tables, "kaggle", "3s").data
    copies = [open_fittable(augmented_folder(folders.tables, n), "kaggle", "3s").data for n in config.augment]
    tracks = clean.rows["track_id"].to_numpy(dtype=str)
    artist = np.array([track.split("/")[1] for track in tracks])
    double = clean.copies.loc[tracks].to_numpy()
    with_copies = [(fold, found) for fold, found, extra in trained if extra]
    assert with_copies
    for fold, found in with_copies:
        assert found.made.sum() == len(config.augment) * len(fold.train)
        assert not set(double[fold.train]) & set(double[fold.test])
        if protocol == "artist":
            assert not set(artist[fold.train]) & set(artist[fold.test])
        # By value: noise depends on the bytes of a file, so that a double has the row of its original.
        learned = {row.tobytes() for row in found.X[found.made]}
        for copy in copies:
            of = copy.rows["track_id"].to_numpy(dtype=str)
            for chosen, is_learned in ((fold.train, True), (fold.test, False)):
                rows = copy.X[np.isin(of, tracks[chosen])]
                assert len(rows) == len(chosen)
                assert all((row.tobytes() in learned) == is_learned for row in rows)
    means = done.frames.means.set_index(["part", "name"])
    assert means.loc[("augmented", "knn"), "mean_lost"] == pytest.approx(
        done.frames.losses.set_index(["part", "name", "deformation"]).loc[
            ("augmented", "knn", "noise-10"), "lost_difference"
        ]
    )
    page = done.page.read_text()
    assert "## What training on deformed copies, too, gained: points" in page
    assert "--augment noise-20,gain+6" in page
    assert "white noise, 10 dB †" in page


def test_copies_are_computed_once_and_serve_fits_too(by_artist, tmp_path, monkeypatch):
    some = ROBUST[:2]
    monkeypatch.setattr(deform_names, "ROBUST", some)
    folders = WorkFolders(tables=tmp_path / "t", work=tmp_path / "w", out=tmp_path / "o")
    config = dataclasses.replace(
        CONFIG, models=("knn",), family_model="majority", deformations=("gain-6",), augment=("robust",)
    )
    bench_robustness(by_artist, folders, config, n_jobs=1)
    for name in some:
        assert open_fittable(augmented_folder(folders.tables, name), "kaggle", "3s").data.X.shape[0] == 19
    before = {p.name: p.read_bytes() for p in folders.out.iterdir()}
    monkeypatch.setattr(deformed_fits, "_predictions", None)
    assert bench_robustness(by_artist, folders, config, n_jobs=1).n_fitted == 0
    assert {p.name: p.read_bytes() for p in folders.out.iterdir()} == before
    with pytest.raises(ConfigError, match="no deformation 'echo'"):
        bench_robustness(by_artist, folders, dataclasses.replace(config, augment=("echo",)), n_jobs=1)
