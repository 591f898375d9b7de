"""Tags of audio files, as other programs write them; damaged ones say nothing and stop nothing."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.id3 import TALB, TCON, TIT1, TIT2, TPE1, TPE2, TXXX

from gtzan_features.audio import tags as tags_module
from gtzan_features.audio.tags import Tags, read_tags
from gtzan_features.errors import ConfigError

SR = 22_050
NOISE = np.random.default_rng(0).uniform(-0.1, 0.1, SR // 2)
ALL = Tags(genres=("R&B/Soul", "Jazz"), artist="Ensemble", album="Blå", title="Tune")
KINDS = ("wav", "aiff", "flac", "ogg", "opus", "mp3")


def sound(path: Path) -> Path:
    subtype = "OPUS" if path.suffix == ".opus" else None
    container = "OGG" if path.suffix == ".opus" else None
    soundfile.write(path, NOISE, 24_000 if subtype else SR, format=container, subtype=subtype)
    return path


def write(path: Path, **more) -> Path:
    """Write the tags of `ALL` by mutagen, and `more` fields of a person's own."""
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    if hasattr(file.tags, "add"):
        frames = [TCON(text=list(ALL.genres)), TPE1(text="Singer"), TPE2(text=ALL.artist)]
        frames += [TALB(text=ALL.album), TIT2(text=ALL.title), TIT1(text="slow")]
        for frame in [*frames, *(TXXX(desc=name.upper(), text=text) for name, text in more.items())]:
            file.tags.add(frame)
    else:
        found = {"genre": list(ALL.genres), "artist": "Singer", "albumartist": ALL.artist, "album": ALL.album}
        file.tags.update(found | {"title": ALL.title, "grouping": "slow"} | more)
    file.save()
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_tags_are_read_from_every_kind(tmp_path, kind):
    path = write(sound(tmp_path / f"x.{kind}"), style="a; b")
    assert read_tags(path) == ALL
    assert read_tags(path, "grouping").genres == ("slow",)
    assert read_tags(path, "Style").genres == ("a", "b")
    assert read_tags(path, "nothing").genres == ()
    assert read_tags(sound(tmp_path / f"bare.{kind}")) == Tags()


@pytest.mark.parametrize("ending", ["m4a", "wma", "mp3", "flac", "ogg", "wav", "wv"])
def test_tags_that_ffmpeg_wrote_are_read(tmp_path, ending):
    if shutil.which("ffmpeg") is None:
        pytest.skip("needs ffmpeg")
    words = {"genre": "R&B/Soul", "artist": "Singer", "album": "Blå", "title": "Tune"}
    said = [word for name, value in words.items() for word in ("-metadata", f"{name}={value}")]
    source, target = sound(tmp_path / "a.wav"), tmp_path / f"b.{ending}"
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *said, target], check=True)
    assert read_tags(target) == Tags(genres=("R&B/Soul",), artist="Singer", album="Blå", title="Tune")


@pytest.mark.parametrize(
    ("genre", "expected"),
    [
        ("(17)", ("Rock",)),
        ("17", ("Rock",)),
        ("(4)Eurodisco", ("Disco", "Eurodisco")),
        ("Unknown", ()),
        ("Other", ()),
    ],
)
def test_numbers_of_id3v1_are_words_and_defaults_are_none(tmp_path, genre, expected):
    file = mutagen.File(sound(tmp_path / "x.mp3"))
    file.add_tags()
    file.tags.add(TCON(text=genre))
    file.save()
    assert read_tags(tmp_path / "x.mp3").genres == expected


@pytest.mark.parametrize(
    ("album_artist", "artist", "expected"),
    [
        ("A", "B", "A"),
        ("Various Artists", "B", "B"),
        ("", "B", "B"),
        ("VA", "", ""),
        ("", "Unknown Artist", ""),
    ],
)
def test_the_artist_of_a_compilation_is_that_of_the_track(tmp_path, album_artist, artist, expected):
    file = mutagen.File(sound(tmp_path / "x.flac"))
    file["albumartist"], file["artist"] = album_artist, artist
    file.save()
    assert read_tags(tmp_path / "x.flac").artist == expected


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_tags_stop_nothing(tmp_path, kind):
    content = write(sound(tmp_path / f"x.{kind}")).read_bytes()
    chance = random.Random(kind)
    path = tmp_path / f"damaged.{kind}"
    for trial in range(60):
        harmed = bytearray(content[: chance.randrange(len(content))] if trial % 3 == 0 else content)
        for _ in range(chance.randrange(1, 30)):
            if harmed:
                harmed[chance.randrange(min(len(harmed), 400))] = chance.randrange(256)
        path.write_bytes(harmed)
        found = read_tags(path)
        assert all(isinstance(text, str) for text in (*found.genres, found.artist, found.album, found.title))
    for content in (b"", b"RIFF\xff\xff\xff\xffWAVELIST\xff\xff\xff\xffINFOIGNR\xff\xff\xff\xff"):
        path.write_bytes(content)
        assert read_tags(path) == Tags()
    assert read_tags(tmp_path / "not there.wav") == Tags()


def test_without_mutagen_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(tags_module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"mutagen, which is not installed. .*pip install 'gtzan\[tags\]'"):
        read_tags(sound(tmp_path / "x.wav"))


def test_mutagen_is_imported_when_a_file_is_read():
    code = "import sys, gtzan_features.datasets.catalogue; sys.exit('mutagen' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
