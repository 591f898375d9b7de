from __future__ import annotations

import json

import pytest

from gtzan_features.datasets import gtzan
from gtzan_features.datasets.catalogue import artist_of, read_catalogue
from gtzan_features.errors import CatalogueError


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
    with pytest.raises(CatalogueError, match=f"Give the folder above: {tmp_path.parent}"):
        read_catalogue(tmp_path)


def test_gtzan_one_folder_too_high_or_in_the_wrong_genre(tmp_path):
    touch(tmp_path, "genres_original/blues/blues.00000.wav")
    with pytest.raises(CatalogueError, match="genres_original.*or move the file to blues/"):
        read_catalogue(tmp_path)


def test_unknown_genres_are_named(tmp_path):
    touch(tmp_path, "rock/a.wav", "pop/b.wav")
    assert read_catalogue(tmp_path, ("pop",)).genres == ("pop",)
    with pytest.raises(CatalogueError, match="no genre folder polka; there are pop, rock"):
        read_catalogue(tmp_path, ("pop", "polka"))


def test_two_files_of_one_name_are_refused(tmp_path):
    touch(tmp_path, "rock/a.wav", "rock/a.mp3")
    with pytest.raises(CatalogueError, match=r"rock/a.mp3 and rock/a.wav are both track rock/a"):
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
