"""Wrong calls of the face: each is one line of the package, which says what was given and what to give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.linear_model import Ridge

import gtzan_features as gf

NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, 4 * 22_050)


@pytest.fixture(scope="module")
def table() -> gf.Table:
    genres = np.repeat(["jazz", "rock"], 6)
    frame = pd.DataFrame({"track_id": [f"{g}/{i}" for i, g in enumerate(genres)], "genre": genres})
    frame["tempo"] = np.where(genres == "rock", 120.0, 90.0) + np.arange(12)
    return gf.read_table(frame, segments="30s")


@pytest.fixture
def song(tmp_path) -> Path:
    soundfile.write(tmp_path / "one.wav", NOISE, 22_050)
    return tmp_path / "one.wav"


ON_NOTHING = {
    "features of nothing": (lambda: gf.features(None), "NoneType is no recording"),
    "features of a number": (lambda: gf.features(3), "int is no recording"),
    "samples without a rate": (lambda: gf.features(NOISE), "Give it in Hz: sr=44100"),
    "a rate of zero": (lambda: gf.features(NOISE, sr=0), "sr=0: give the rate"),
    "samples of three axes": (
        lambda: gf.features(np.zeros((2, 2, 2)), sr=22_050),
        r"\(channels, n\) as",
    ),
    "samples that are not finite": (lambda: gf.features(NOISE * np.nan, sr=22_050), "not finite"),
    "a moment of sound": (lambda: gf.features(NOISE[:100], sr=22_050), "too short for a row of 3s"),
    "an unknown feature set": (lambda: gf.describe("kagle"), "choose one of full, kaggle.* gf.feature"),
    "a row length that is none": (lambda: gf.features(NOISE, sr=22_050, segments="abc"), "write it as 3s"),
    "a folder that is not there": (lambda: gf.extract("/no/such"), "/no/such: no such folder"),
    "a table that is not there": (lambda: gf.read_table("/no/such.csv"), "no such file"),
    "a table that is a number": (lambda: gf.read_table(5), "give a path or a DataFrame, not int"),
    "a frame without keys": (lambda: gf.read_table(pd.DataFrame({"a": [1]})), "Name the track and the genre"),
    "a comparison of nothing": (lambda: gf.compare(), "give two or more"),
    "a comparison of numbers": (lambda: gf.compare(1, 2), "int is no result to compare"),
    "a model that is not there": (lambda: gf.load_model("/no/such"), "/no/such"),
    "a model under our name": (lambda: gf.register_model("lda", dict), "the package has one of this name"),
    "a model that makes nothing": (lambda: gf.register_model("own", 3), "not int"),
    "one fold": (lambda: gf.ArtistKFold(1), "n_splits=1: at least 2"),
    "a split without groups": (lambda: list(gf.TrackKFold(2).split([[0], [1]], ["a", "b"])), "needs groups"),
    "a path where paths are meant": (lambda: gf.AudioFeatures().fit_transform("one.wav"), "one.wav"),
}

NAMED_AS_THE_ANSWER = pd.DataFrame(
    {"track_id": list("abcd"), "genre": ["rock", "none of these"] * 2, "tempo": np.arange(4.0)}
)

ON_A_TABLE = {
    "a genre called as the answer is": (
        lambda _: gf.fit("lda", gf.read_table(NAMED_AS_THE_ANSWER, segments="30s")),
        "a genre is called 'none of these'.*Give it another name",
    ),
    "threshold of one genre": (
        lambda table: gf.fit("knn", table, label_threshold=0.3),
        "label_threshold goes with several labels a track",
    ),
    "an array for a table": (lambda t: gf.evaluate("lda", t.X), "ndarray is no table: give what gf.extract"),
    "an array to fit on": (lambda t: gf.fit("lda", t.X), "ndarray is no table"),
    "a model that is none": (lambda t: gf.evaluate(None, t), "NoneType is no model.*`gtzan fit --list`"),
    "a class for a model": (lambda t: gf.evaluate(gf.ShrinkageLDA, t), "ShrinkageLDA is no model.*unfitted"),
    "a regressor": (lambda t: gf.evaluate(Ridge(), t), "no scikit-learn classifier"),
    "a model misspelt": (lambda t: gf.evaluate("ldaa", t), "Did you mean lda"),
    "a protocol misspelt": (lambda t: gf.evaluate("lda", t, protocol="artists"), "there are track, artist"),
    "a setting that it has not": (lambda t: gf.evaluate("lda", t, C=3), "no setting 'C'"),
    "a setting out of range": (lambda t: gf.fit("knn", t, n_neighbors=-3), "n_neighbors"),
    "a negative seed": (lambda t: gf.evaluate("knn", t, protocol="track", seed=-1), "seed=-1: give a whole"),
    "a fold too many": (lambda t: gf.evaluate("knn", t, protocol="track", folds=2, fold=3), "fold=3"),
    "a leak not asked for": (lambda t: gf.evaluate("knn", t, protocol="segment"), "allow_leak=True"),
    "rows of another width": (lambda t: gf.fit("knn", t).predict_proba(np.zeros((2, 3))), "rows of 1 values"),
}


ON_MUSIC = {
    "files in no folder": ({}, 'labels=TABLE, a CSV with .*labels="tags".*labels="none", which gives'),
    "labels that are not there": ({"labels": "no.csv"}, 'labels="no.csv": no such file. Give a table'),
    "labels that are a number": ({"labels": 3}, "int says no labels: give a path, a DataFrame, or a dict"),
    "labels of other files": ({"labels": {"two.wav": "rock"}}, r'has two.wav; .* columns=\{"path": NAME\}'),
    "labels without labels": ({"labels": pd.DataFrame({"path": ["one.wav"]})}, r'columns=\{"label": NAME\}'),
    "a part that is none": (
        {"labels": pd.DataFrame({"path": ["one.wav"], "genre": "x", "split": "fold 1"})},
        r'columns=\{"split": NAME\}.*columns=\{"split": ""\}',
    ),
    "columns of no table": ({"labels": "none", "columns": {"label": "x"}}, "columns= goes with a table"),
    "a role that is none": ({"labels": {"one.wav": "x"}, "columns": {"tempo": "x"}}, "there are path, label"),
    "tags that are not there": (
        {"labels": "tags"},
        'none of 1 files has a tag genre. Give labels="tags:NAME"',
    ),
    "artists from nowhere": ({"labels": "none", "artists": "me"}, 'artists="me": give tags, folders or'),
    "artists of no table": ({"labels": "none", "artists": "table"}, 'artists="table" goes with a table'),
}


@pytest.mark.parametrize(("given", "message"), ON_MUSIC.values(), ids=ON_MUSIC)
def test_wrong_labels_are_one_line(given, message, song):
    with pytest.raises(gf.GtzanError, match=message) as caught:
        gf.extract(song.parent, out=song.parent / "out", n_jobs=1, **given)
    one_line(caught.value)


def one_line(error: gf.GtzanError) -> str:
    text = str(error)
    assert "\n" not in text
    assert "--" not in text.replace("`gtzan fit --list`", "")
    return text


@pytest.mark.parametrize(("call", "message"), ON_NOTHING.values(), ids=ON_NOTHING)
def test_a_wrong_call_is_one_line_in_the_words_of_python(call, message):
    with pytest.raises(gf.GtzanError, match=message) as caught:
        call()
    one_line(caught.value)


@pytest.mark.parametrize(("call", "message"), ON_A_TABLE.values(), ids=ON_A_TABLE)
def test_a_wrong_call_on_a_table_is_one_line(call, message, table):
    with pytest.raises(gf.GtzanError, match=message) as caught:
        call(table)
    one_line(caught.value)


def test_a_model_is_not_written_among_other_files(table, tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(gf.GtzanError, match="holds other files. Give a new folder"):
        gf.fit("knn", table, n_neighbors=3).save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    gf.fit("knn", table, n_neighbors=3).save(tmp_path / "model")
    gf.fit("knn", table, n_neighbors=1).save(tmp_path / "model")  # one of ours is replaced
    assert gf.load_model(tmp_path / "model").card.settings["n_neighbors"] == 1


def test_a_file_that_is_no_sound_is_one_line(song):
    song.with_name("two.wav").write_bytes(b"this is no sound")
    with pytest.raises(gf.GtzanError, match=r"two\.wav"):
        gf.features(song.with_name("two.wav"))
    with pytest.warns(gf.GtzanWarning, match="1 of 2 files gave no row"):
        frame = gf.features([song, song.with_name("two.wav")])
    assert len(frame) == 1


def test_a_model_is_replaced_as_a_whole_or_not_at_all(table, tmp_path, monkeypatch):
    first, second = (gf.fit("knn", table, n_neighbors=n) for n in (3, 1))
    first.save(tmp_path / "model")

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("gtzan_features.models.save._write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            second.save(tmp_path / "model")
    assert gf.load_model(tmp_path / "model").card.settings["n_neighbors"] == 3
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["model"]


def test_a_model_is_not_written_over_a_file_or_into_a_run(table, tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    model = gf.fit("knn", table, n_neighbors=3)
    with pytest.raises(gf.GtzanError, match="is a file. Give a new folder"):
        model.save(tmp_path / "letter.txt")
    run = gf.evaluate("knn", table, protocol="track", folds=2, n_jobs=1, n_neighbors=1).save(
        tmp_path / "runs"
    )
    with pytest.raises(gf.GtzanError, match="is in the folder of a run.*Give a new folder"):
        model.save(run / "model")
    assert gf.load_model(run).card.settings["n_neighbors"] == 1
