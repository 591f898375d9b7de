"""Short names of runs: what they stand for, and what is said where that is not clear."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtzan_features.errors import ModelError, RunError
from gtzan_features.prediction.model_names import model_folder
from gtzan_features.tables.run_folder import named_run
from gtzan_features.tables.run_names import find_run, run_folders, short_names

LDA = "four-lda-kaggle-3s-track-7-fold-55857e013322"
SVM = "four-svm-kaggle-3s-track-7-fold-55857f99aa00"
OWN = "best"
NAMES = (LDA, SVM, OWN)


def make_runs(parent: Path, *names: str) -> Path:
    for name in names:
        (parent / name).mkdir(parents=True)
        (parent / name / "manifest.json").write_text("{}")
    return parent


@pytest.fixture
def runs(tmp_path):
    (tmp_path / "runs" / "no run").mkdir(parents=True)
    return make_runs(tmp_path / "runs", *NAMES)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("55857e", LDA),
        ("55857e013322", LDA),
        ("55857E", LDA),
        ("55857f", SVM),
        (SVM, SVM),
        ("four-lda", LDA),
        ("Four-SVM-kaggle", SVM),
        ("best", OWN),
    ],
)
def test_a_short_name_stands_for_one_run(name, meant, runs):
    assert find_run(name, runs) == runs / meant
    assert named_run(name, runs) == runs / meant
    assert model_folder(name, runs) == runs / meant


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "5585",
            "55857e (four-lda-kaggle-3s-track-7-fold), 55857f (four-svm-kaggle-3s-track-7-fold). Give more",
        ),
        ("four", "2 runs are called so"),
        ("558", "no run in RUNS is called so. Give 4 characters of the name at least"),
        ("55858e", "no run in RUNS is called so. Did you mean 55857"),
        ("bset", "Did you mean best? See what there is: gtzan runs"),
        ("qqqqqq", "called so. See what there is: gtzan runs"),
        ("no run", "called so. See what there is"),
        ("", "called so."),
    ],
)
def test_what_stands_for_none_or_for_several_is_refused_in_one_line(name, said, runs):
    with pytest.raises(RunError) as found:
        find_run(name, runs)
    assert said in str(found.value).replace(str(runs), "RUNS")
    assert "\n" not in str(found.value)


def test_a_folder_comes_before_a_short_name(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_runs(tmp_path, "55857e")
    assert named_run("55857e", runs) == model_folder("55857e", runs) == Path("55857e")


@pytest.mark.parametrize("name", ["x/55857e", "/55857e", "nothere"])
def test_a_path_is_no_short_name(name, runs):
    with pytest.raises(RunError):
        named_run(name, runs)
    with pytest.raises(ModelError, match="no such folder"):
        model_folder(name, runs)


def test_a_file_is_no_model(runs, tmp_path):
    (tmp_path / "song.wav").touch()
    with pytest.raises(ModelError, match=r"song.wav: is a file. Name a folder"):
        model_folder(tmp_path / "song.wav", runs)


def test_without_runs_that_is_said(tmp_path):
    for folder in (tmp_path, tmp_path / "nothere"):
        assert run_folders(folder) == []
        with pytest.raises(RunError, match=r"55857e: no such folder, and .* holds no runs"):
            find_run("55857e", folder)


@given(st.sets(st.text("0123456789abcdef", min_size=12, max_size=12), min_size=1, max_size=40))
def test_short_names_are_unique_beginnings_of_the_digits(digits):
    names = [f"four-lda-{one}" for one in sorted(digits)]
    short = short_names(names)
    assert len(set(short.values())) == len(names)
    for name, one in short.items():
        assert len(one) >= 6
        assert [other for other in names if other.rpartition("-")[2].startswith(one)] == [name]


@given(st.text(string.printable, max_size=30))
def test_any_name_finds_a_run_or_is_refused(name):
    runs = Path(__file__).parent  # holds no runs
    with pytest.raises(RunError):
        find_run(name, runs)
