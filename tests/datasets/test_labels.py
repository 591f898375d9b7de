"""Labels of a folder of music: by a table in any form, by folders, by none; what does not fit is named."""

from __future__ import annotations

import gzip
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtzan_features.config import Selection
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.datasets.label_match import match_paths
from gtzan_features.datasets.label_table import read_label_table
from gtzan_features.datasets.names import label
from gtzan_features.datasets.remarks import catalogue_text, remarks
from gtzan_features.errors import CatalogueError, ConfigError, TableError

FILES = ("a/x.mp3", "a/y.mp3", "b/z.mp3", "b/caf\u00e9.mp3")
GENRES = {"a/x.mp3": "rock", "a/y.mp3": "jazz", "b/z.mp3": "R&B/Soul", "b/caf\u00e9.mp3": "jazz"}


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


@pytest.fixture
def music(tmp_path) -> Path:
    return touch(tmp_path / "music", *FILES)


def by_path(found) -> dict[str, str]:
    return {track.path: track.genre for track in found.tracks}


def labelled(music: Path, labels, **options):
    return read_catalogue(music, Selection(labels=labels, **options))


def text(sep=",", header=("path", "genre"), form=str, order=1, quote='"') -> str:
    """The labels as CSV."""
    rows = (
        [header, *((form(path), genre) for path, genre in GENRES.items())]
        if header
        else [(form(path), genre) for path, genre in GENRES.items()]
    )
    return "".join(sep.join(f"{quote}{cell}{quote}" for cell in row[::order]) + "\n" for row in rows)


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


def frame() -> pd.DataFrame:
    return pd.DataFrame({"path": list(GENRES), "genre": list(GENRES.values())})


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


LAYOUTS = {
    "flat": ("1.mp3", "2.mp3", "3.mp3"),
    "genre": ("rock/1.mp3", "rock/2.mp3", "jazz/3.mp3"),
    "genre and artist": ("rock/Q/1.mp3", "rock/R/2.mp3", "jazz/M/3.mp3"),
    "genre, artist and album": ("rock/Q/One/1.mp3", "rock/R/Two/CD1/2.mp3", "jazz/M/Three/3.mp3"),
}
SOURCES = {
    "folders": "folders",
    "none": "none",
    "table": {"1": "rock", "2": "rock", "3": "jazz"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("source", SOURCES)
def test_every_layout_goes_with_every_source(tmp_path, layout, source):
    music = touch(tmp_path / "music", *LAYOUTS[layout])
    if (layout, source) == ("flat", "folders"):
        with pytest.raises(CatalogueError, match="--labels TABLE.*--labels tags; or --labels none"):
            labelled(music, SOURCES[source])
        return
    found = labelled(music, SOURCES[source])
    assert {track.track_id for track in found.tracks} == {
        name.removesuffix(".mp3") for name in LAYOUTS[layout]
    }
    assert found.counts() == ({} if source == "none" else {"jazz": 1, "rock": 2})
    artists = {track.artist for track in found.tracks}
    assert artists == {""}
    named = labelled(music, SOURCES[source], artist_from="folders")
    if source != "folders":
        first = {name.partition("/")[0] if "/" in name else "" for name in LAYOUTS[layout]}
        assert {track.artist for track in named.tracks} == first
    elif "artist" in layout:
        assert "3 artists from folders" in catalogue_text(named)


def test_a_table_without_genres_leaves_them_to_the_folders(tmp_path):
    music = touch(tmp_path / "music", *LAYOUTS["genre"])
    found = labelled(
        music, pd.DataFrame({"path": ["1", "2", "3"], "artist": ["Q", "Q", "M"], "split": "train"})
    )
    assert by_path(found) == {"rock/1.mp3": "rock", "rock/2.mp3": "rock", "jazz/3.mp3": "jazz"}
    assert {track.artist for track in found.tracks} == {"Q", "M"}


def test_gtzan_is_known_without_its_folders(tmp_path):
    music = touch(tmp_path / "music", "blues.00000.wav", "rock.00001.wav")
    found = labelled(music, "none")
    assert found.dataset == "GTZAN (2 of 1000 tracks)"
    nested = touch(tmp_path / "nested", "x/blues.00000.wav", "y/rock.00001.wav")
    assert {track.track_id for track in labelled(nested, "none").tracks} == {"blues.00000", "rock.00001"}
    twice = touch(tmp_path / "twice", "x/blues.00000.wav", "y/blues.00000.wav")
    assert {t.track_id for t in labelled(twice, "none").tracks} == {"x/blues.00000", "y/blues.00000"}


@pytest.mark.parametrize(
    ("files", "asked"),
    [
        (
            [f"Artist {a}/Album/{t:02d} Song.mp3" for a in range(6) for t in range(1, 9)],
            "6 genres of few folders",
        ),
        ([f"Artist {a}/Song.mp3" for a in range(6)], "6 of 6 genres have one track each: are these artists"),
        ([f"{g}/Artist {a}/Album/{t:02d} Song.mp3" for g in "abcdef" for a in range(6) for t in (1, 2)], ""),
        ([f"{g}/{t:02d} Song.mp3" for g in "abcdef" for t in range(9)], ""),
    ],
)
def test_artists_that_were_taken_for_genres_are_asked_about(tmp_path, files, asked):
    found = read_catalogue(touch(tmp_path / "music", *files))
    questions = [line for line in remarks(found) if "are these artists" in line]
    assert bool(questions) == bool(asked)
    assert all(asked in line and "--labels tags" in line for line in questions)


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
