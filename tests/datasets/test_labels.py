"""Labels of a folder of music by a table, in any form."""

from __future__ import annotations

import gzip
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtzan_features.datasets.label_match import match_paths
from gtzan_features.datasets.label_table import read_label_table
from gtzan_features.datasets.names import label
from gtzan_features.datasets.remarks import catalogue_text
from gtzan_features.errors import CatalogueError
from tests.datasets.labelled import FILES, GENRES, by_path, frame, labelled, text, touch


@pytest.fixture
def music(tmp_path) -> Path:
    return touch(tmp_path / "music", *FILES)


def windows(path: str) -> str:
    return "C:\\Users\\Me\\Music\\" + path.replace("/", "\\")


FORMS = {
    "relative": (str, ",", "utf-8"),
    "dot": (lambda p: f"./{p}", ",", "utf-8"),
    "backslashes": (lambda p: p.replace("/", "\\"), ";", "utf-8"),
    "absolute on another machine": (windows, "\t", "utf-8-sig"),
    "of an address": (lambda p: f"https://example.org/data/{p}", ",", "utf-8"),
    "a folder above": (lambda p: f"music/{p}", "|", "utf-16"),
    "names alone": (lambda p: p.rpartition("/")[2], ",", "cp1252"),
    "without ending": (lambda p: p.removesuffix(".mp3"), ";", "utf-8"),
    "another ending": (lambda p: p.replace(".mp3", ".wav"), ",", "utf-8"),
    "in capitals": (str.upper, ",", "utf-8"),
    "decomposed": (lambda p: unicodedata.normalize("NFD", p), ",", "utf-8"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("order", [1, -1])
def test_paths_are_found_in_every_form_and_encoding(tmp_path, music, form, order):
    spelt, separator, encoding = FORMS[form]
    (tmp_path / "labels.csv").write_bytes(text(separator, form=spelt, order=order).encode(encoding))
    found = labelled(music, str(tmp_path / "labels.csv"))
    assert by_path(found) == GENRES
    assert found.labels.problems == {}
    assert found.keys == ("artist",)


@pytest.mark.parametrize(
    "header",
    [
        ("File Name", "Genre"),
        ("filepath", "LABEL"),
        ("mp3_path", "class"),
        ("Track", "genre_top"),
        ("audio", "Tags"),
        ("\ufeffpath", "genre"),
        None,
    ],
)
def test_columns_are_found_by_the_names_that_people_give_them(tmp_path, music, header):
    (tmp_path / "labels.tsv").write_text(text("\t", header, quote=""), encoding="utf-8")
    assert by_path(labelled(music, str(tmp_path / "labels.tsv"))) == GENRES


@pytest.mark.parametrize(
    "kind", ["frame", "index", "dict", "series", "parquet", "gz", "beside the music", "list"]
)
def test_a_table_may_be_of_any_kind(tmp_path, music, kind):
    path = tmp_path / "labels.parquet"
    frame().to_parquet(path)
    packed = tmp_path / "labels.csv.gz"
    packed.write_bytes(gzip.compress(text().encode()))
    inside = music / "labels.csv"
    inside.write_text(text(), encoding="utf-8")
    given = {
        "frame": frame(),
        "index": frame().set_index("path"),
        "dict": {Path(path): genre for path, genre in GENRES.items()},
        "series": frame().set_index("path")["genre"],
        "parquet": str(path),
        "gz": str(packed),
        "beside the music": str(inside),
        "list": {path: [genre] for path, genre in GENRES.items()},
    }[kind]
    found = labelled(music, given)
    assert by_path(found) == GENRES
    assert not found.several_labels


def test_a_table_may_say_artist_group_and_split_under_usual_names(music):
    table = frame().assign(
        Artist=["Q", "", "Q", None], subset=["training", "dev", "test", ""], group_id=[1.0, 1, 2, 3]
    )
    found = labelled(music, table)
    assert found.keys == ("artist", "group", "split")
    told = {t.path: (t.artist, t.group, t.split) for t in found.tracks}
    assert told["a/x.mp3"] == ("Q", "1", "train")
    assert told["a/y.mp3"] == ("", "1", "valid")
    assert told["b/caf\u00e9.mp3"] == ("", "3", "")
    assert catalogue_text(found) == (
        "3 genres from DataFrame, 4 files, 1 artist from DataFrame: R&B/Soul 1, jazz 2, rock 1"
    )


def test_columns_are_named_where_their_names_do_not_tell_it(music):
    table = (
        frame().rename(columns={"path": "where it is", "genre": "Stil"}).assign(genre="wrong", size="small")
    )
    with pytest.raises(
        CatalogueError, match=r"no column 'Still' for the label; it has where it is, Stil, genre"
    ):
        labelled(music, table, columns=(("label", "Still"),))
    found = labelled(music, table, columns=(("label", "stil"), ("group", "size"), ("path", "where it is")))
    assert by_path(found) == GENRES
    assert {track.group for track in found.tracks} == {"small"}


def fma(folder: Path) -> Path:
    """A table in the form of FMA's tracks.csv: three lines of header, numbers for files, a line break."""
    columns = pd.MultiIndex.from_tuples(
        [
            ("album", "tags"),
            ("artist", "location"),
            ("artist", "name"),
            ("set", "split"),
            ("set", "subset"),
            ("track", "genre_top"),
            ("track", "genres"),
            ("track", "title"),
        ]
    )
    rows = [
        ["[]", "a\nb", "AWOL", "training", "small", "Hip-Hop", "[21]", "Food, and more"],
        ["[]", "", "AWOL", "validation", "small", "Hip-Hop", "[21]", "x"],
        ["[]", "", "Kurt", "test", "small", "Pop", "[10, 12]", "y"],
        ["[]", "", "Else", "training", "large", "", "[]", "z"],
    ]
    table = pd.DataFrame(rows, columns=columns, index=pd.Index([2, 5, 134_001, 7], name="track_id"))
    table.to_csv(folder / "tracks.csv")
    return folder / "tracks.csv"


def test_fma_is_read_with_its_own_table(tmp_path):
    music = touch(tmp_path / "fma_small", "000/000002.mp3", "000/000005.mp3", "134/134001.mp3")
    found = labelled(music, str(fma(tmp_path)))
    told = {t.path: (t.genre, t.artist, t.split) for t in found.tracks}
    assert told == {
        "000/000002.mp3": ("Hip-Hop", "AWOL", "train"),
        "000/000005.mp3": ("Hip-Hop", "AWOL", "valid"),
        "134/134001.mp3": ("Pop", "Kurt", "test"),
    }
    assert found.labels.problems == {"missing": ("7",)}
    several = labelled(music, str(fma(tmp_path)), columns=(("label", "track.genres"),))
    assert several.several_labels
    assert by_path(several)["134/134001.mp3"] == "10;12"
    of_frame = pd.read_csv(fma(tmp_path), header=[0, 1], index_col=0)
    assert {t.path: (t.genre, t.artist, t.split) for t in labelled(music, of_frame).tracks} == told


def test_a_column_for_each_label_as_in_magnatagatune(tmp_path):
    music = touch(tmp_path / "mtat", "f/one.mp3", "9/two.mp3", "9/three.mp3")
    (tmp_path / "annotations_final.csv").write_text(
        '"clip_id"\t"no voice"\t"guitar"\t"rock"\t"never"\t"mp3_path"\n'
        '"2"\t"1"\t"1"\t"0"\t"0"\t"f/one.mp3"\n"6"\t"0"\t"0"\t"1"\t"0"\t"9/two.mp3"\n'
        '"10"\t"0"\t"0"\t"0"\t"0"\t"9/three.mp3"\n',
        encoding="utf-8",
    )
    found = labelled(music, str(tmp_path / "annotations_final.csv"))
    assert by_path(found) == {"f/one.mp3": "guitar;no voice", "9/two.mp3": "rock", "9/three.mp3": ""}
    assert found.several_labels
    assert found.counts() == {"guitar": 1, "no voice": 1, "rock": 1}
    first = labelled(music, str(tmp_path / "annotations_final.csv"), first_label=True)
    assert by_path(first)["f/one.mp3"] == "no voice"
    assert not first.several_labels


@pytest.mark.parametrize(
    ("cell", "genres"),
    [
        ("rock;jazz", "jazz;rock"),
        ("rock | jazz|rock", "jazz;rock"),
        ("R&B/Soul", "R&B/Soul"),
        ("Folk, World, & Country", "Folk, World, & Country"),
        ("['rock', 'jazz']", "jazz;rock"),
        (" ; ", ""),
    ],
)
def test_several_genres_of_a_cell_are_sorted_and_no_name_is_cut(music, cell, genres):
    assert by_path(labelled(music, {"a/x.mp3": cell}))["a/x.mp3"] == genres


names = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=5).map(
    lambda name: f"a{name.translate(dict.fromkeys(map(ord, '/;|'), '_')).replace(chr(92), '_')}b"
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(names, names), min_size=1, max_size=8, unique_by=lambda one: label("/".join(one)).casefold()
    )
)
def test_a_path_of_the_folder_always_means_its_own_file(found):
    files = [f"{folder}/{name}.mp3" for folder, name in found]
    matching = match_paths(files, files, Path("/m"), Path("/t"))
    assert matching.files == tuple(range(len(files)))
    outside = match_paths([f"/m/{file}" for file in files], files, Path("/m"), Path("/t"))
    assert outside.files == matching.files


def test_a_table_is_read_the_same_as_a_file_and_as_a_frame(tmp_path):
    table = frame().assign(artist=["A", "B", "", "C"], split=["train", "test", "valid", ""])
    table.to_csv(tmp_path / "t.csv", index=False)
    assert read_label_table(str(tmp_path / "t.csv")).rows == read_label_table(table).rows
