"""Playlists by genre: a player finds the files, the surest come first, and nobody else's file is replaced."""

from __future__ import annotations

import os
import unicodedata

import pytest

from gtzan_features.errors import OutputExistsError
from gtzan_features.prediction.answers import Stamp, columns_of, labels_in, row_of
from gtzan_features.prediction.answers_file import open_answers, read_answers
from gtzan_features.prediction.genre_tags import genres_in
from gtzan_features.prediction.library_summary import Tally
from gtzan_features.prediction.playlists import MARK, playlist_names, write_playlists
from gtzan_features.prediction.predict import FilePrediction, Listing
from tests.nasty import NAMES, NFC, NFD, UNDECODABLE

GENRES = ("jazz", "rock")


def row(path, genre="rock", p=0.9, **rest):
    probabilities = (1 - p, p) if genre != "jazz" else (p, 1 - p)
    one = FilePrediction(
        path=str(path), genre=genre, genres=GENRES, probabilities=probabilities, duration_s=61.6, **rest
    )
    return row_of(one, Stamp(), "xgboost 1 mean")


def entries(path):
    """What a player reads: lines that are no comment, as files from the playlist's folder."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["#EXTM3U", MARK]
    return [os.path.normpath(path.parent / line) for line in lines if not line.startswith("#")]


def test_tracks_are_sorted_by_probability_and_errors_are_left_out(tmp_path):
    music = tmp_path / "music"
    rows = [
        row(music / "b.mp3", p=0.6),
        row(music / "a.mp3", p=0.6),
        row(music / "best.mp3", p=0.99),
        row(music / "j.mp3", "jazz"),
        row(music / "bad.mp3", "", error="bad", status="corrupt"),
        row(music / "odd.mp3", "none of these"),
    ]
    done = write_playlists(rows, tmp_path / "lists", GENRES)
    named = {path.name: count for path, count in done.counts.items()}
    assert named == {"jazz.m3u8": 1, "rock.m3u8": 3, "none of these.m3u8": 1}
    assert entries(tmp_path / "lists" / "rock.m3u8") == [
        str(music / n) for n in ("best.mp3", "a.mp3", "b.mp3")
    ]
    text = (tmp_path / "lists" / "rock.m3u8").read_text()
    assert text.splitlines()[2:5] == ["#PLAYLIST:rock", "#EXTINF:62,best", "../music/best.mp3"]


def test_names_of_every_kind_stand_in_a_line_or_are_counted(tmp_path):
    names = [*NAMES.values(), NFC, "#no comment", " ../x"]
    paths = [tmp_path / f"{name}.mp3" for name in names]
    for path in paths:
        if path.parent.is_dir() and len(os.fsencode(path.name)) < 255:
            path.touch()
    done = write_playlists([row(path) for path in paths], tmp_path, GENRES)
    assert done.unlisted == 2
    listed = set(entries(tmp_path / "rock.m3u8"))
    kept = {
        str(path)
        for path, name in zip(paths, names, strict=True)
        if name not in (NAMES["newline"], UNDECODABLE)
    }
    assert listed == {os.path.normpath(path) for path in kept}


def test_a_relative_library_is_found_from_another_folder(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    write_playlists([row("music/a.mp3"), row("../b.mp3")], tmp_path / "lists" / "deep", GENRES)
    found = entries(tmp_path / "lists" / "deep" / "rock.m3u8")
    assert found == [str(tmp_path / "b.mp3"), str(tmp_path / "here" / "music" / "a.mp3")]


def test_earlier_playlists_are_written_anew_and_other_files_never(tmp_path):
    write_playlists([row("a.mp3"), row("j.mp3", "jazz")], tmp_path, GENRES)
    write_playlists([row("b.mp3")], tmp_path, GENRES)
    assert entries(tmp_path / "jazz.m3u8") == []
    assert len(entries(tmp_path / "rock.m3u8")) == 1
    mine = tmp_path / "jazz.m3u8"
    for content in ("", "#EXTM3U\nmy.mp3\n"):
        mine.write_text(content)
        with pytest.raises(OutputExistsError, match="jazz.m3u8: is no playlist of this program. Move it"):
            write_playlists([row("c.mp3")], tmp_path, GENRES)
        assert mine.read_text() == content
    assert entries(tmp_path / "rock.m3u8") == [os.path.abspath("b.mp3")]  # noqa: PTH100
    with pytest.raises(OutputExistsError, match="is a file"):
        write_playlists([], mine, GENRES)


def test_names_of_files_are_safe_and_differ_on_every_file_system():
    genres = [
        *NAMES.values(),
        NFC,
        NFD,
        "Rock",
        "rock",
        "ROCK",
        "R/B",
        "R\\B",
        "con",
        "nul.x",
        "a.",
        "a ",
        ".a",
        "é" * 200,
    ]
    names = playlist_names(list(dict.fromkeys(genres)))
    plain = [unicodedata.normalize("NFC", name).casefold() for name in names.values()]
    assert len(set(plain)) == len(names)
    for name in names.values():
        stem = name.removesuffix(".m3u8")
        assert not set('<>:"/\\|?*\n\t') & set(name)
        assert stem.split(".")[0].lower() not in ("con", "nul", "aux", "prn", "lpt1")
        assert not name.startswith(".")
        assert stem == stem.strip().rstrip(".")
        assert len(name.encode()) < 140


def test_of_several_labels_each_has_its_playlist_its_count_and_its_tag(tmp_path):
    columns = columns_of(GENRES, several=True)
    out = tmp_path / "answers.jsonl"
    found = {"both": ("rock", "jazz"), "one": ("jazz",), "none": ()}
    with open_answers(out, columns, "lda 1 mean") as answers:
        kept = []
        for i, (name, labels) in enumerate(found.items()):
            one = FilePrediction(
                path=str(tmp_path / name),
                genre="jazz",
                genres=GENRES,
                probabilities=(0.6 + i / 10, 0.7),
                several=True,
                labels=labels,
            )
            kept.append(answers.append(row_of(one, Stamp(), "lda 1 mean")))
        answers.finish(kept)
    rows = list(read_answers(out, columns))
    assert '"probabilities": {"jazz": 0.6' in out.read_text()
    write_playlists(rows, tmp_path, GENRES)
    assert entries(tmp_path / "jazz.m3u8") == [str(tmp_path / name) for name in ("one", "both")]
    assert entries(tmp_path / "rock.m3u8") == [str(tmp_path / "both")]
    assert {tuple(genres_in(row)) for row in rows} == set(found.values())
    tally = Tally()
    for row in rows:
        tally.add(labels_in(row), row["status"], row["warnings"])
    summary = tally.summary(Listing([]), 1.0)
    assert (summary.n_answered, summary.genres) == (3, {"jazz": 2, "no label": 1, "rock": 1})
