"""Labels of a folder of music: what does not fit is named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from gtzan_features.datasets.remarks import catalogue_text, remarks
from gtzan_features.errors import CatalogueError, ConfigError, TableError
from tests.datasets.labelled import FILES, by_path, frame, labelled, touch


@pytest.fixture
def music(tmp_path) -> Path:
    return touch(tmp_path / "music", *FILES)


def test_what_does_not_fit_is_counted_and_named(tmp_path):
    music = touch(tmp_path / "music", "a/1.mp3", "a/2.mp3", "b/1.mp3", "b/3.mp3", "b/4.mp3")
    rows = [("a/1.mp3", "x"), ("a/1.mp3", "x"), ("a/2.mp3", "x"), ("a/2.mp3", "y"), ("1.mp3", "x")]
    rows += [("gone.mp3", "x"), ("b/3.mp3", ""), ("", "x")]
    (tmp_path / "l.csv").write_text(
        "path,genre\n" + "".join(f"{path},{genre}\n" for path, genre in rows), encoding="utf-8"
    )
    found = labelled(music, str(tmp_path / "l.csv"))
    assert found.labels.problems == {
        "missing": ("gone.mp3",),
        "ambiguous": ("1.mp3 (2 files)",),
        "twice": ("a/1.mp3",),
        "contradicting": ("a/2.mp3 (line 4 and line 5)",),
        "unknown": ("b/1.mp3", "b/4.mp3"),
    }
    assert by_path(found) == {"a/1.mp3": "x", "a/2.mp3": "", "b/1.mp3": "", "b/3.mp3": "", "b/4.mp3": ""}
    said = remarks(found)
    for words in (
        "l.csv: rows that name no file here: 1, such as gone.mp3.",
        "l.csv: files in several rows that say the same: 1, such as a/1.mp3.",
        "l.csv: files here that are not in it, and so without a genre: 2, such as b/1.mp3, b/4.mp3.",
    ):
        assert words in said
    assert catalogue_text(found) == "1 genre from l.csv, 5 files, 4 without a genre, artists not known: x 1"


@pytest.mark.parametrize(
    ("labels", "options", "error", "message"),
    [
        ("nothere.csv", {}, ConfigError, r"--labels nothere.csv: no such file. Give a table.*tags:genre"),
        ("none:genre", {}, ConfigError, "--labels none:genre: no such file"),
        ("tags", {"columns": (("label", "x"),)}, ConfigError, "--columns goes with a table"),
        ("folders", {"artist_from": "table"}, ConfigError, "--artist-from table goes with a table"),
        ("none", {"artist_from": "nobody"}, ConfigError, "--artist-from nobody: give tags, folders or table"),
        (3, {}, ConfigError, "int says no labels"),
        (
            {"q/1.mp3": "x"},
            {},
            CatalogueError,
            "no row names a file of .* has q/1.mp3; the folder has a/x.mp3, ",
        ),
        ({"a/x.mp3": "rock"}, {"genres": ("pop",)}, CatalogueError, "no track of pop; there are rock"),
        ({"a/x.mp3": "rock"}, {"columns": (("tempo", "x"),)}, ConfigError, "there are path, label, artist"),
        (
            pd.DataFrame({"path": ["a/x.mp3"], "bpm": [3]}),
            {},
            CatalogueError,
            "no column of labels; it has path, bpm",
        ),
        (
            {"9" * 5000: "x"},
            {},
            CatalogueError,
            "no row names a file of",
        ),
        (
            pd.DataFrame({"path": ["a/x.mp3"], "genre": ["x"]}),
            {"columns": (("path", "genre"),)},
            CatalogueError,
            "no column is left for the paths. Name it: --columns path=NAME",
        ),
        (
            frame().assign(split="fold 1"),
            {},
            CatalogueError,
            "'fold 1' in its column split is no part of a split",
        ),
    ],
)
def test_wrong_calls_are_one_line(music, labels, options, error, message):
    with pytest.raises(error, match=message):
        labelled(music, labels, **options)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty. Give a CSV with a column for the path of each file and one for its genre"),
        (b"path\na.mp3\n", "has one column .path.. Give a CSV with a column"),
        (b"path,genre\na.mp3,x,y\n", "line 2 has 3 cells, the header 2"),
        (b"PK\x03\x04rest", "archive is damaged"),
        (b"\x89PNG....", "is a picture. Give a CSV with a column"),
        (b"{}", "JSON"),
        (b'path,genre\na/x.mp3,"rock\na/y.mp3,jazz\n', "line 2: a quote is not closed"),
        (b'path,genre\na/x.mp3,rock\na/y.mp3,"jazz', "line 3: a quote is not closed"),
    ],
)
def test_files_that_are_no_tables_are_refused_by_what_they_are(tmp_path, music, content, message):
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(TableError, match=message):
        labelled(music, str(tmp_path / "labels.csv"))


def test_a_mark_of_inches_is_no_open_quote(tmp_path, music):
    (tmp_path / "labels.csv").write_text('path,genre\na/x.mp3,7" single\na/y.mp3,jazz\n')
    assert by_path(labelled(music, str(tmp_path / "labels.csv")))["a/x.mp3"] == '7" single'


def test_a_column_that_may_mean_something_else_is_passed_over_with_a_word(music):
    found = labelled(music, frame().assign(subset="small"))
    assert found.keys == ("artist",)
    assert "'small' in its column subset is no part of a split: the column is passed over." in "".join(
        remarks(found)
    )
