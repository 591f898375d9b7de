"""Which model predicts where none is named, and what is said of it."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import time

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from gtzan_cli.main import cli

from gtzan_features.config import SplitConfig
from gtzan_features.errors import ModelError
from gtzan_features.prediction.explain_model import explain_model
from gtzan_features.prediction.predict import TRAINED_ON_IT, predict
from gtzan_features.prediction.predictor import find_model, load_predictor, newest_predictor
from gtzan_features.reporting.fit_run import fit_run
from gtzan_features.tables.file_status import FILE_NAME, FileStatus
from gtzan_features.tables.run_folder import FITTED_AT, read_run
from gtzan_features.tables.status_table import write_status
from gtzan_features.training.fit_config import FitConfig
from tests.conftest import SR, make_table, save_table, tone
from tests.reporting.test_damaged_runs import whole_table

HOLDOUT = SplitConfig(protocol="track", holdout=0.25)


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    """Two files: one that the tables of `world` were made of, and another."""
    folder = tmp_path_factory.mktemp("songs")
    for name, hz in (("known", 220.0), ("other", 330.0)):
        soundfile.write(folder / f"{name}.wav", tone(3.5, hz), SR, subtype="PCM_16")
    return folder / "known.wav", folder / "other.wav"


@pytest.fixture
def tables(tmp_path, songs):
    """A table with all Kaggle columns and its status table: one of its tracks is a known file."""
    table = whole_table()
    save_table(tmp_path / "t", table)
    rows = [
        FileStatus(
            track_id=track,
            genre=genre,
            path=track,
            status="ok",
            sha256=hashlib.sha256(songs[0].read_bytes() if number == 0 else track.encode()).hexdigest(),
        )
        for number, (track, genre) in enumerate(
            sorted(set(table.frame[["track_id", "genre"]].itertuples(index=False, name=None)))
        )
    ]
    write_status(tmp_path / "t" / FILE_NAME, rows)
    return tmp_path / "t"


def fitted(tables, runs, **changes):
    config = {"model": "lda", "split": HOLDOUT, **changes}
    return fit_run(tables, runs, FitConfig(**config), n_jobs=1).folder


def test_the_run_that_was_fitted_last_predicts_whatever_touch_and_copies_change(tables, tmp_path):
    runs = tmp_path / "r"
    folders = [fitted(tables, runs, settings=(f"shrinkage={s}",)) for s in (0.5, 0.1, 0.9)]
    assert find_model(runs) == folders[-1]
    os.utime(folders[0] / "manifest.json")
    copies = shutil.copytree(runs, tmp_path / "copies", copy_function=shutil.copyfile)
    for folder in folders[::-1]:
        for path in (copies / folder.name).rglob("*"):
            os.utime(path, (time.time(), time.time()))
    assert find_model(copies).name == folders[-1].name
    again = fitted(tables, runs, settings=("shrinkage=0.5",))
    assert again == folders[0]
    assert find_model(runs) == again


def test_the_run_that_was_fitted_last_predicts_also_where_the_clock_was_set_back(tables, tmp_path):
    runs = tmp_path / "r"
    first = fitted(tables, runs, settings=("shrinkage=0.5",))
    (first / FITTED_AT).write_text("2099-01-01T00:00:00.000000+00:00\n")  # by a clock that was wrong
    second = fitted(tables, runs, settings=("shrinkage=0.1",))
    assert find_model(runs) == second
    assert fitted(tables, runs, settings=("shrinkage=0.5",)) == first
    assert find_model(runs) == first


def test_a_run_without_a_time_comes_after_all_that_have_one(tables, tmp_path):
    first, second = (fitted(tables, tmp_path / "r", settings=(f"shrinkage={s}",)) for s in (0.5, 0.1))
    (second / FITTED_AT).write_text("soon")
    assert find_model(tmp_path / "r") == first
    (first / FITTED_AT).unlink()
    assert find_model(tmp_path / "r") in (first, second)


def test_every_run_with_a_model_can_predict_and_bad_ones_are_passed_over_with_a_notice(tables, tmp_path):
    runs, told = tmp_path / "r", []
    good = fitted(tables, runs, split=SplitConfig(folds=2))
    bad = fitted(tables, runs, settings=("shrinkage=0.3",))
    fit_run(tables, runs, FitConfig(model="majority", split=HOLDOUT), n_jobs=1, keep_model=False)
    (bad / "model" / "model.npz").write_bytes(b"x")
    foreign = whole_table()
    meta = dataclasses.replace(foreign.meta, config={}, dataset="foreign")
    save_table(tmp_path / "f", dataclasses.replace(foreign, meta=meta))
    unknown = fitted(tmp_path / "f", runs)
    predictor = newest_predictor(runs, told.append)
    assert predictor.folder == good
    assert [bad.name in told[1], unknown.name in told[0], len(told)] == [True, True, 2]
    assert all(line.startswith("Passed over: ") for line in told)
    shutil.rmtree(good)
    with pytest.raises(
        ModelError, match="none of its 2 models can be used. The newest: .*foreign.*unknown recipe"
    ):
        newest_predictor(runs)
    shutil.rmtree(unknown)
    shutil.rmtree(bad)
    with pytest.raises(ModelError, match="holds no run with a model"):
        newest_predictor(runs)


def test_files_that_a_model_was_trained_on_are_told_and_others_are_not(tables, songs, tmp_path):
    folder = fitted(tables, tmp_path / "r", split=SplitConfig(folds=2))
    known, other = predict(songs, load_predictor(folder), n_jobs=1)
    assert known.warnings[0] == TRAINED_ON_IT
    assert TRAINED_ON_IT not in other.warnings
    held = fitted(tables, tmp_path / "r")
    tested = set(read_run(held).predictions.frame["track_id"])
    (known,) = predict(songs[:1], load_predictor(held), n_jobs=1)
    first = sorted(whole_table().frame["track_id"])[0]
    assert (TRAINED_ON_IT in known.warnings) is (first not in tested)


def test_tables_without_a_status_table_tell_of_no_files(tables, songs, tmp_path):
    (tables / FILE_NAME).unlink()
    folder = fitted(tables, tmp_path / "r")
    assert not (folder / "model" / "training_files.json").exists()
    (known,) = predict(songs[:1], load_predictor(folder), n_jobs=1)
    assert TRAINED_ON_IT not in known.warnings


def test_gtzans_own_files_are_known_by_its_facts(tmp_path):
    from gtzan_features.datasets import gtzan

    table = make_table(n_genres=2, n_tracks=8)
    names = {f"genre{g}/track{t:02d}": f"{('blues', 'rock')[g]}.{t:05d}" for g in range(2) for t in range(8)}
    table.frame["track_id"] = table.frame["track_id"].map(names)
    table.frame["genre"] = table.frame["track_id"].str.partition(".")[0]
    save_table(tmp_path / "t", table)
    folder = fitted(tmp_path / "t", tmp_path / "r", model="majority", split=SplitConfig(folds=2))
    seen = load_predictor_files(folder)
    facts = gtzan.facts()
    assert facts.loc["blues.00003", "sha256_wav"] in seen
    assert facts.loc["blues.00009", "sha256_wav"] not in seen


def load_predictor_files(folder):
    from gtzan_features.models.applying.load import load_model
    from gtzan_features.models.applying.training_files import TRAINING_FILES, load_training_files

    card = load_model(folder / "model").card
    return load_training_files(folder / "model", card.files[TRAINING_FILES])


def test_a_leaked_run_is_called_so_wherever_its_model_is_used(tables, songs, tmp_path):
    split = SplitConfig(protocol="segment", folds=2)
    folder = fitted(tables, tmp_path / "r", split=split, allow_leak=True)
    assert load_predictor(folder).card.leaked
    for words in ([], ["--json"], ["--csv"]):
        found = CliRunner().invoke(
            cli, ["predict", str(songs[1]), "--runs", str(tmp_path / "r"), "-j", "1", *words]
        )
        assert found.exit_code == 0
        assert "LEAKED" in found.stderr
        assert words != ["--json"] or '"leaked": true' in found.stdout
    assert "LEAKED" in explain_model(folder, tables).method
    assert "LEAKED" in (folder / "README.md").read_text()


def test_missing_files_are_named_before_missing_models(songs, tmp_path):
    words = ["predict", str(songs[0]), str(tmp_path / "gone.wav"), "--runs", str(tmp_path)]
    found = CliRunner().invoke(cli, words)
    assert isinstance(found.exception, ModelError)
    assert "gone.wav: no such file" in found.stderr


def test_a_quiet_copy_of_a_track_is_told_where_its_genre_moves(tmp_path):
    """A model that hears loudness alone: the level decides, and the warning says so."""
    table = whole_table()
    rng = np.random.default_rng(0)
    frame = table.frame
    level = np.where(frame["genre"] == "genre0", -30.0, -12.0) + rng.normal(0, 1, len(frame))
    for name, power in (("rms_mean", 20), ("rms_var", 10), ("harmony_var", 10), ("perceptr_var", 10)):
        frame[name] = 10 ** (level / power)
    frame["mfcc1_mean"] = 11.3 * level
    frame["rolloff_mean"] = -100 * level + rng.normal(0, 50, len(frame))  # how such music sounds
    save_table(tmp_path / "t", table)
    folder = fitted(tmp_path / "t", tmp_path / "r", model="random-forest", settings=("n_estimators=30",))
    predictor = load_predictor(folder)
    from gtzan_features.prediction.predict import _by_level

    loud = frame[frame["genre"] == "genre1"][table.feature_names].to_numpy(dtype=float)[:2]
    assert _by_level(loud, predictor, "genre1", "mean") == []
    quiet = predictor.kept.level.moved(loud, -26.0)
    genre = predictor.genres[int(predictor.kept.estimator.predict_proba(quiet).mean(axis=0).argmax())]
    assert genre == "genre0"
    (found,) = _by_level(quiet, predictor, genre, "mean")
    assert "quieter than training music that sounds like it" in found
    assert found.endswith("at that level it would be genre1")
