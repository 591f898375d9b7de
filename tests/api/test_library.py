"""Answers to a library in a file, from Python: the rows of the command, and what is made of them."""

from __future__ import annotations

import pandas as pd
import pytest

import gtzan_features as gf
from tests.library_model import small_model, write_library


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return gf.load_model(small_model(tmp_path_factory.mktemp("model") / "model"))


@pytest.fixture
def music(tmp_path):
    music = write_library(tmp_path / "music", ["a.wav", "b.wav", "inner/c.wav"])
    (music / "bad.wav").write_text("no sound")
    return music


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_the_file_has_the_answers_of_predict(kind, model, music, tmp_path):
    answers = model.predict_to(tmp_path / f"genres.{kind}", music)
    expected = model.predict(music)
    frame = answers.frame
    assert sorted(frame.index) == sorted(expected.index)
    expected = expected.loc[frame.index]
    assert (frame["genre"].replace("", None).isna() == expected["genre"].isna()).all()
    for genre in model.genres:
        assert frame[f"p_{genre}"].to_numpy() == pytest.approx(expected[f"p_{genre}"], abs=1e-6, nan_ok=True)
    assert frame["status"].value_counts().to_dict() == {"ok": 3, "corrupt": 1}
    assert [row["file"] for row in answers] == list(frame.index)
    assert answers.summary.failed == {"corrupt": 1}
    assert (
        repr(answers)
        .splitlines()[1]
        .startswith("  4 files: 3 with an answer, 1 without (corrupt 1); 4 now in ")
    )
    assert model.predict_to(answers.path, [music / "a.wav"]).summary.n_computed == 0


def test_a_model_of_this_session_is_the_one_that_is_saved(music, tmp_path):
    frame = pd.DataFrame({"track_id": list("abcdef"), "genre": ["jazz", "rock"] * 3})
    columns = gf.describe("kaggle")["column"]
    frame[list(columns)] = [[float(i)] * len(columns) for i in range(6)]
    model = gf.fit("knn", gf.read_table(frame, recipe="kaggle", segments="3s"), n_neighbors=1)
    out = tmp_path / "genres.csv"
    assert model.predict_to(out, music).summary.n_computed == 4
    model.save(tmp_path / "model")
    loaded = gf.load_model(tmp_path / "model")
    assert loaded.predict_to(out, music).summary.n_computed == 0
    other = gf.fit("knn", gf.read_table(frame, recipe="kaggle", segments="3s"), n_neighbors=2)
    with pytest.raises(gf.GtzanError, match=r"this is knn .*Give another out=, or overwrite=True"):
        other.predict_to(out, music)


def test_tags_are_planned_written_and_undone(model, music, tmp_path):
    answers = model.predict_to(tmp_path / "genres.csv", [music / "inner", music / "a.wav"])
    plan = answers.write_tags()
    assert list(plan["new"]) == [row["genre"] for row in answers]
    done = answers.write_tags(apply=True)
    pd.testing.assert_frame_equal(done, plan)
    assert answers.write_tags().attrs["left"] == {"has this genre": 2}
    backup = tmp_path / "genres.csv.old-tags.jsonl"
    assert len(gf.restore_tags(backup)) == len(gf.restore_tags(backup, apply=True)) == 2
    assert len(gf.restore_tags(backup)) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model, music: model.predict_to("genres.txt", music), "ends in .csv, .jsonl or .parquet"),
        (lambda model, music: model.predict_to(3, music), "3 is no path"),
        (lambda model, music: model.predict_to("genres.csv", music / "no.wav"), "no.wav: no such file"),
        (lambda model, _: model.predict_to("genres.csv", []), "no recordings are named"),
        (lambda model, music: model.predict_to("genres.csv", music, aggregation="x"), "choose one of vote"),
        (lambda *_: gf.restore_tags("no.jsonl"), "no.jsonl: no such file. Give"),
    ],
)
def test_wrong_calls_are_one_line_and_write_nothing(call, message, model, music, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(gf.GtzanError, match=message) as caught:
        call(model, music)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["music"]
