from __future__ import annotations

import json
import os

import pytest

from gtzan_features.config import Selection
from gtzan_features.datasets import gtzan
from gtzan_features.datasets.catalogue import artist_of, read_catalogue, survey
from gtzan_features.datasets.names import genre_name
from gtzan_features.datasets.remarks import catalogue_text, remarks
from gtzan_features.errors import CatalogueError, ConfigError
from tests import nasty


def touch(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")


@pytest.mark.real
def test_the_real_tracks(real_material):
    catalogue = read_catalogue(real_material / "audio")
    assert len(catalogue.tracks) == 70
    assert catalogue.genres == gtzan.GENRES
    assert (catalogue.dataset, catalogue.synthetic) == ("GTZAN (70 of 1000 tracks)", False)
    assert catalogue.tracks[0].track_id == "blues.00000"


def test_identifiers_of_other_music_are_paths(tmp_path):
    touch(tmp_path, "rock/Queen/One/song.MP3", "rock/plain.flac", "jazz/jazz.7.ogg", "jazz/notes.txt")
    catalogue = read_catalogue(tmp_path)
    assert [t.track_id for t in catalogue.tracks] == ["jazz.7", "rock/Queen/One/song", "rock/plain"]
    assert [artist_of(t.track_id) for t in catalogue.tracks] == [None, "Queen", None]
    assert catalogue.dataset == tmp_path.name


def test_hidden_files_and_empty_folders_are_passed_over(tmp_path):
    touch(tmp_path, "rock/a.wav", "rock/._a.wav", ".git/b.wav")
    (tmp_path / "pop").mkdir()
    catalogue = read_catalogue(tmp_path)
    assert [t.track_id for t in catalogue.tracks] == ["rock/a"]
    assert catalogue.empty_genres == ("pop",)


def test_a_marker_names_the_data_set(tmp_path):
    touch(tmp_path, "rock/a.wav")
    (tmp_path / "dataset.json").write_text(json.dumps({"name": "toy (synthetic)", "synthetic": True}))
    catalogue = read_catalogue(tmp_path)
    assert (catalogue.dataset, catalogue.synthetic) == ("toy (synthetic)", True)
    for content in ("[]", "{}", "no json"):
        (tmp_path / "dataset.json").write_text(content)
        with pytest.raises(CatalogueError, match="no data set marker"):
            read_catalogue(tmp_path)


def test_folders_that_are_no_genre_folders_are_refused(tmp_path):
    with pytest.raises(CatalogueError, match="no such folder"):
        read_catalogue(tmp_path / "no")
    with pytest.raises(CatalogueError, match="no audio"):
        read_catalogue(tmp_path)
    touch(tmp_path, "a.wav")
    with pytest.raises(
        CatalogueError, match="1 audio file lies in it directly.*Make a folder for each genre"
    ):
        read_catalogue(tmp_path)


def test_gtzan_one_folder_too_high_or_in_the_wrong_genre(tmp_path):
    touch(tmp_path, "genres_original/blues/blues.00000.wav")
    with pytest.raises(CatalogueError, match="genres_original.*or move the file to blues/"):
        read_catalogue(tmp_path)


def test_unknown_genres_are_named(tmp_path):
    touch(tmp_path, "rock/a.wav", "pop/b.wav")
    assert read_catalogue(tmp_path, Selection(genres=("pop",))).genres == ("pop",)
    with pytest.raises(CatalogueError, match="no genre folder polka; there are pop, rock"):
        read_catalogue(tmp_path, Selection(genres=("pop", "polka")))


def test_tracks_in_several_formats_are_counted_and_refused(tmp_path):
    touch(tmp_path, *(f"rock/{name}.{suffix}" for name in "abcde" for suffix in ("wav", "mp3")), "rock/f.ogg")
    with pytest.raises(
        CatalogueError, match=r"5 tracks are .* rock/a\.mp3 and rock/a\.wav; .*; and 2 more\. Say"
    ):
        read_catalogue(tmp_path)
    with pytest.raises(CatalogueError, match=r"--prefer wav,mp3\)"):
        read_catalogue(tmp_path)
    found = survey(tmp_path)
    assert found.pairs == tuple((f"rock/{name}.mp3", f"rock/{name}.wav") for name in "abcde")
    assert len(found.tracks) == 11


@pytest.mark.parametrize("order", [("mp3", "wav"), (".MP3",), ("flac", "mp3")])
def test_the_preferred_format_is_the_track_and_the_other_is_named(tmp_path, order):
    touch(tmp_path, "rock/a.wav", "rock/a.mp3", "rock/b.wav", "rock/c.mp3", "rock/notes.txt")
    found = read_catalogue(tmp_path, Selection(prefer=order))
    assert [(t.track_id, t.path) for t in found.tracks] == [
        ("rock/a", "rock/a.mp3"),
        ("rock/b", "rock/b.wav"),
        ("rock/c", "rock/c.mp3"),
    ]
    assert found.unpreferred == ("rock/a.wav",)
    assert found.passed_over() == {".txt": 1, ".wav": 1}
    assert "Passed over, another format preferred: 1, such as rock/a.wav." in remarks(found)


def test_a_preference_that_does_not_choose_is_refused(tmp_path):
    touch(tmp_path, "rock/a.wav", "rock/a.mp3")
    with pytest.raises(CatalogueError, match="--prefer flac does not choose one: rock/a.mp3 and rock/a.wav"):
        read_catalogue(tmp_path, Selection(prefer=("flac",)))
    with pytest.raises(ConfigError, match=r"\.txt is no ending of audio"):
        read_catalogue(tmp_path, Selection(prefer=("wav", "txt")))


def test_names_by_genre_in_several_folders_become_paths(tmp_path):
    touch(tmp_path, "rock/one/rock.1.wav", "rock/two/rock.1.wav", "rock/two/rock.2.wav")
    assert [t.track_id for t in read_catalogue(tmp_path).tracks] == [
        "rock.2",
        "rock/one/rock.1",
        "rock/two/rock.1",
    ]


@pytest.mark.parametrize(
    ("files", "name"),
    [
        (("blues/blues.00000.wav", "rock/rock.00001.au"), "GTZAN (2 of 1000 tracks)"),
        (("blues/blues.00000.flac", "rock/rock.00001.aiff"), "GTZAN (2 of 1000 tracks)"),
        (("blues/blues.00000.ogg", "rock/rock.00001.OGG"), "GTZAN (2 of 1000 tracks, Ogg copies)"),
        (("blues/blues.00000.mp3", "rock/rock.00001.mp3"), "GTZAN (2 of 1000 tracks, mp3 copies)"),
        (("blues/blues.00000.ogg", "rock/rock.00001.wav"), "GTZAN (2 of 1000 tracks, 1 of them Ogg copies)"),
        (("blues/blues.00000.ogg", "rock/rock.00001.mp3"), "GTZAN (2 of 1000 tracks, Ogg and mp3 copies)"),
    ],
)
def test_copies_of_gtzan_with_losses_are_called_so(tmp_path, files, name):
    touch(tmp_path, *files)
    assert read_catalogue(tmp_path).dataset == name


def test_all_of_gtzan_in_copies_is_not_called_gtzan_alone():
    everything = set(gtzan.track_genres())
    assert gtzan.dataset_name(everything, [".wav"] * 1000) == "GTZAN"
    assert gtzan.dataset_name(everything, [".ogg"] * 1000) == "GTZAN (Ogg copies)"


@pytest.mark.real
def test_the_audio_that_tests_have_in_six_genres_is_called_ogg(real_material):
    assert read_catalogue(real_material / "audio_six").dataset == "GTZAN (389 of 1000 tracks, Ogg copies)"


def test_a_track_of_gtzan_is_one_track_wherever_its_files_lie(tmp_path):
    touch(tmp_path, "blues/blues.00000.wav", "blues/copies/blues.00000.au", "blues/blues.00001.wav")
    with pytest.raises(
        CatalogueError, match=r"1 track is there in several files: blues/blues\.00000\.wav and"
    ):
        read_catalogue(tmp_path)
    found = read_catalogue(tmp_path, Selection(prefer=("wav",)))
    assert found.dataset == "GTZAN (2 of 1000 tracks)"


def test_two_forms_of_a_name_are_one_genre_and_its_tracks_are_told_apart(tmp_path):
    touch(tmp_path, f"{nasty.NFC}/a.wav", f"{nasty.NFD}/b.wav", f"{nasty.NFD}/a.wav")
    touch(tmp_path, f"pop/{nasty.NFC}.wav", f"pop/{nasty.NFD}.wav")
    found = read_catalogue(tmp_path)
    assert found.counts() == {nasty.NFC: 3, "pop": 2}
    assert [t.track_id for t in found.tracks] == [
        *(f"{nasty.NFC}/{name}" for name in ("a", "a (2)", "b")),
        *(f"pop/{nasty.NFC}", f"pop/{nasty.NFC} (2)"),
    ]
    assert all((tmp_path / t.path).is_file() for t in found.tracks)
    assert any(line.startswith(f"Genre {nasty.NFC} is of 2 folders") for line in remarks(found))
    for form in (nasty.NFC, nasty.NFD):
        assert read_catalogue(tmp_path, Selection(genres=(form,))).genres == (nasty.NFC,)
    # In two formats they are one recording, whatever the forms of their names.
    touch(tmp_path, f"pop/{nasty.NFC} x.wav", f"pop/{nasty.NFD} x.mp3")
    with pytest.raises(CatalogueError, match="1 track is there in several files"):
        read_catalogue(tmp_path)


def test_names_that_print_alike_do_not_collide(tmp_path):
    touch(tmp_path, f"rock/{nasty.UNDECODABLE}.wav", r"rock/caf\xe9.wav", r"rock/caf\xe9 (2).wav")
    found = read_catalogue(tmp_path)
    assert sorted(t.track_id for t in found.tracks) == [
        r"rock/caf\xe9",
        r"rock/caf\xe9 (2)",
        r"rock/caf\xe9 (3)",
    ]


def test_every_nasty_name_gives_valid_text_and_paths_that_open(tmp_path):
    root = tmp_path / nasty.UNDECODABLE
    touch(root, *(f"{genre}/{nasty.NAMES['newline']}.wav" for genre in nasty.NAMES.values()))
    touch(root, *(f"rock/{os.fsdecode(os.fsencode(name)[:250])}.wav" for name in nasty.NAMES.values()))
    found = read_catalogue(root)
    assert found.dataset == r"caf\xe9"
    assert found.counts() == {**dict.fromkeys(found.genres, 1), "rock": len(nasty.NAMES)}
    assert len(found.genres) == len(nasty.NAMES) + 1  # and rock
    assert {"NA", "null", "1e5", nasty.NFC, r"caf\xe9", "blanks around", "日本の音楽"} <= set(found.genres)
    ids = [t.track_id for t in found.tracks]
    assert len(set(ids)) == len(ids)
    for text in (*ids, *found.genres, *remarks(found), catalogue_text(found)):
        assert text.encode().decode() == text
        assert text.replace("\u200d", "").isprintable()
    assert all((root / t.path).is_file() for t in found.tracks)
    for name in nasty.NAMES.values():
        assert read_catalogue(root, Selection(genres=(name,))).counts() == {genre_name(name): 1}


def test_genres_that_differ_by_capitals_are_said(tmp_path):
    touch(tmp_path, "Rock/a.wav", "rock/b.wav", "ROCK /c.wav", "pop/d.wav")
    assert [line for line in remarks(read_catalogue(tmp_path)) if "capitals" in line] == [
        "Genres that differ by capitals only: ROCK, Rock, rock. Rename a folder if they are one."
    ]


SPLITS = [
    *(
        ("train", "test"),
        ("Training", "Testing", "Validation"),
        ("dev", "eval"),
        ("val", "x"),
        ("train_set",),
    ),
    *(("fold1", "fold2"), ("test-clips", "train-clips"), ("holdout", "y"), ("2019",)),
]


@pytest.mark.parametrize("folders", SPLITS)
def test_parts_of_a_split_and_numbers_are_asked_about(tmp_path, folders):
    touch(tmp_path, *(f"{folder}/{i}.wav" for folder in folders for i in range(3)))
    with pytest.raises(CatalogueError, match="would be genres, and are called .* --as-genres") as raised:
        read_catalogue(tmp_path)
    assert "\n" not in str(raised.value)
    for way_out in (Selection(as_genres=True), Selection(genres=folders)):
        assert read_catalogue(tmp_path, way_out).genres == tuple(sorted(folders))
    assert survey(tmp_path).genres == tuple(sorted(folders))


def test_a_split_of_genre_folders_is_told_which_folder_to_give(tmp_path):
    touch(tmp_path, "train/rock/a.wav", "train/pop/b.wav", "test/rock/c.wav", "test/pop/c.wav")
    with pytest.raises(CatalogueError, match=f"Give one of them \\({tmp_path}/train\\)"):
        read_catalogue(tmp_path)


def test_numbered_folders_are_asked_about_where_one_among_them_has_a_name(tmp_path):
    touch(tmp_path, *(f"{number:03d}/{number:03d}{i:03d}.mp3" for number in range(156) for i in range(2)))
    touch(tmp_path, "extra/a.mp3")
    with pytest.raises(CatalogueError, match="000, 001, 002, 003, 004, 005 and 150 more would be genres"):
        read_catalogue(tmp_path)


@pytest.mark.parametrize(
    "folders", [("trance", "techno"), ("latest", "rock"), ("1980s", "1990s"), ("80", "rock")]
)
def test_genres_that_only_look_a_little_like_a_split_are_taken(tmp_path, folders):
    touch(tmp_path, *(f"{folder}/{i}.wav" for folder in folders for i in range(3)))
    assert read_catalogue(tmp_path).genres == tuple(sorted(folders))


def test_a_tree_of_artists_is_doubted(tmp_path):
    touch(
        tmp_path,
        *(f"Artist {i}/Album/track.wav" for i in range(16)),
        "Many/1.wav",
        "Many/2.wav",
        "Many/3.wav",
    )
    (line,) = remarks(read_catalogue(tmp_path))
    assert line.startswith("16 of 17 genres have one track each: are these artists or albums?")
    touch(tmp_path / "music", *(f"{genre}/{i}.wav" for genre in ("a", "b", "c") for i in range(3)))
    assert remarks(read_catalogue(tmp_path / "music")) == ()


def test_one_folder_too_high_is_doubted(tmp_path):
    touch(tmp_path, "genres/rock/a.wav", "genres/pop/b.wav")
    (line,) = remarks(read_catalogue(tmp_path))
    assert f"give {tmp_path}/genres" in line


def test_what_is_passed_over_is_counted_and_what_systems_leave_is_not(tmp_path):
    touch(tmp_path, "rock/a.wav", "rock/cover.JPG", "rock/b.pdf", "rock/x/c.pdf", "rock/README", "loose.mp3")
    touch(
        tmp_path, "rock/.secret.mp3", "rock/._a.wav", "rock/Thumbs.db", "rock/a.wav~", "__MACOSX/rock/._a.wav"
    )
    touch(
        tmp_path,
        "@eaDir/rock/a.wav",
        "$RECYCLE.BIN/z.wav",
        ".Trashes/q.wav",
        "lost+found/l.wav",
        "dataset.csv",
    )
    found = read_catalogue(tmp_path)
    assert [t.path for t in found.tracks] == ["rock/a.wav"]
    assert found.empty_genres == ()
    assert found.passed_over() == {".pdf": 2, "": 1, ".csv": 1, ".jpg": 1, ".mp3": 1, "hidden .mp3": 1}
    said = remarks(found)
    assert "Passed over: 2 .pdf, 1 without ending, 1 .csv, 1 .jpg, 1 hidden .mp3." in said
    assert "Passed over, in no genre folder: 1 audio file, such as loose.mp3." in said


def test_without_ffmpeg_what_needs_it_is_counted_and_said(tmp_path, monkeypatch):
    touch(tmp_path, "rock/a.wav", "rock/b.m4a", "rock/c.m4a", "pop/d.wma", "pop/e.opus")
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    assert len(read_catalogue(tmp_path).tracks) == 5
    monkeypatch.setattr("shutil.which", lambda _: None)
    found = read_catalogue(tmp_path)
    assert [t.path for t in found.tracks] == ["pop/e.opus", "rock/a.wav"]
    assert found.passed_over() == {".m4a": 2, ".wma": 1}
    assert remarks(found)[0] == (
        "2 .m4a, 1 .wma not read: they need ffmpeg, which is not on the PATH. Install it, or convert them to "
        "FLAC."
    )
    (tmp_path / "rock" / "a.wav").unlink()
    (tmp_path / "pop" / "e.opus").unlink()
    with pytest.raises(CatalogueError, match=r"2 \.m4a, 1 \.wma not read: they need ffmpeg"):
        read_catalogue(tmp_path)


def test_no_audio_says_what_is_there_instead(tmp_path):
    touch(tmp_path, "rock/a.txt", "rock/b.txt", "rock/c.mid")
    with pytest.raises(CatalogueError, match=r"no audio in any folder below it \(only 2 \.txt, 1 \.mid\)"):
        read_catalogue(tmp_path)


def test_facts_are_those_of_the_sources():
    table = gtzan.facts()
    assert table["genre"].value_counts().to_dict() == dict.fromkeys(gtzan.GENRES, 100)
    assert table["fault_filtered"].value_counts().to_dict() == {
        "train": 443,
        "test": 290,
        "valid": 197,
        "excluded": 70,
    }
    assert table["stratified"].value_counts().to_dict() == {"train": 500, "valid": 250, "test": 250}
    assert table["artist_fold"].isna().sum() == 52
    assert table["duplicate_of"].notna().sum() == 14
    assert table["sha256_au"].str.fullmatch("[0-9a-f]{64}").all()


def test_facts_are_a_copy():
    table = gtzan.facts()
    table["genre"] = "polka"
    assert gtzan.facts()["genre"].iloc[0] == "blues"


@pytest.mark.real
def test_shipped_facts_are_the_shared_ones(real_material):
    from importlib.resources import files

    shipped = files("gtzan_features.datasets") / "facts" / "gtzan_tracks.csv"
    assert shipped.read_bytes() == (real_material / "tracks.csv").read_bytes()
