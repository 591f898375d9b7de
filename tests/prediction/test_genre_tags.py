"""Genres into tags: the sound and all other tags stay, what is there is kept, and there is a way back."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess

import mutagen
import pytest
import soundfile
from mutagen.id3 import APIC, COMM, ID3, TDRC, TIT2, TXXX

from gtzan_features.audio import tag_writing
from gtzan_features.audio.load import load
from gtzan_features.audio.tag_writing import genre_tag
from gtzan_features.errors import AudioError, OutputExistsError, TableError
from gtzan_features.prediction import genre_tags
from gtzan_features.prediction.answers import Stamp, row_of
from gtzan_features.prediction.genre_tags import TagReport, restore_tags, tag_files, write_genre
from gtzan_features.prediction.library_config import TagOptions
from gtzan_features.prediction.predict import FilePrediction
from tests.conftest import SR, tone
from tests.nasty import NAMES

GENRES = ("jazz", "rock")
BY_SOUNDFILE = ("wav", "flac", "ogg", "mp3", "aiff")
BY_FFMPEG = ("m4a", "wma", "wv", "tta")
WITHOUT_TAGS = ("au", "caf", "w64")


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """One short sound in each format that there is here."""
    folder = tmp_path_factory.mktemp("sounds")
    y = tone(1.0, 330.0)
    for kind in (*BY_SOUNDFILE, *WITHOUT_TAGS):
        soundfile.write(folder / f"a.{kind}", y, SR)
    if shutil.which("ffmpeg"):
        for kind in BY_FFMPEG:
            words = ["ffmpeg", "-v", "error", "-i", folder / "a.wav", folder / f"a.{kind}"]
            subprocess.run(words, check=True)
    return folder


@pytest.fixture
def song(sounds, tmp_path):
    """Copy a sound of a format; return its path."""

    def copy(kind="flac", name="song"):
        if not (sounds / f"a.{kind}").exists():
            pytest.skip(f"no ffmpeg, so no {kind}")
        return shutil.copyfile(sounds / f"a.{kind}", tmp_path / f"{name}.{kind}")

    return copy


def row(path, genre="rock", p=0.9, **rest):
    one = FilePrediction(
        path=str(path), genre=genre, genres=GENRES, probabilities=(1 - p, p), duration_s=1.0, **rest
    )
    return row_of(one, Stamp(1, "now"), "xgboost 1 mean")


def tag(rows, tmp_path, *, apply=True, **options):
    """Tag files; return the report and the lines that were told."""
    told, report = [], TagReport()
    tag_files(
        rows,
        TagOptions(**options),
        backup=tmp_path / "old-tags.jsonl",
        apply=apply,
        told=lambda change: told.append(str(change)),
        report=report,
    )
    return report, told


def everything_else(path):
    """All tags of a file but the genre, as text."""
    tags = mutagen.File(path).tags or {}
    return {key: str(value) for key, value in tags.items() if "gen" not in key.lower() and key != "TCON"}


@pytest.mark.parametrize("kind", [*BY_SOUNDFILE, *BY_FFMPEG])
def test_every_format_gets_a_tag_and_keeps_its_sound(kind, song):
    path = song(kind)
    samples = load(path, None).samples
    path.chmod(0o640)
    write_genre(path, ["jazz", "rock"])
    assert genre_tag(path) == ("jazz", "rock")
    assert (load(path, None).samples == samples).all()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    write_genre(path, [])
    assert genre_tag(path) == ()
    assert os.listdir(path.parent) == [path.name]  # noqa: PTH208


@pytest.mark.parametrize("kind", WITHOUT_TAGS)
def test_a_format_without_tags_is_left_as_it_is(kind, song, tmp_path):
    path = song(kind)
    before = path.read_bytes()
    report, told = tag([row(path)], tmp_path)
    assert (report.changed, told) == ({}, [])
    assert dict(report.left) == {"its format holds no tags": 1}
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", [2, 3, 4])
def test_other_frames_of_every_version_of_id3_stay(version, song):
    path = song("mp3")
    tags = ID3()
    tags.add(TIT2(encoding=1, text="Título"))
    tags.add(TDRC(encoding=0, text="1999"))
    tags.add(TXXX(encoding=1, desc="mood", text="calm"))
    tags.add(COMM(encoding=1, lang="eng", desc="", text="a comment"))
    tags.add(APIC(encoding=0, mime="image/png", type=3, desc="", data=b"\x89PNG" * 50))
    if version == 2:
        header = b"TT2" + (6).to_bytes(3, "big") + b"\x00Title"
        path.write_bytes(b"ID3\x02\x00\x00" + bytes([0, 0, 0, len(header)]) + header + path.read_bytes())
    else:
        if version == 3:
            tags.update_to_v23()
        tags.save(path, v2_version=version)
    before = everything_else(path)
    assert before
    write_genre(path, ["jazz", "rock"])
    assert everything_else(path) == before
    assert mutagen.File(path).tags.version[1] == max(version, 3)
    assert "; ".join(genre_tag(path)) == "jazz; rock"


def test_a_dry_run_writes_nothing(song, tmp_path):
    path = song()
    before = path.read_bytes()
    report, told = tag([row(path)], tmp_path, apply=False)
    assert told == [f"rock: {path}"]
    assert list(report.changed) == [str(path)]
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208


def test_what_is_left_alone_is_counted_by_why(song, tmp_path):
    tagged, same, unknown, low, odd, bad, gone, closed, linked = (
        song(name=name)
        for name in ("tagged", "same", "unknown", "low", "odd", "bad", "gone", "closed", "linked")
    )
    for path, genre in ((tagged, "Polka"), (same, "rock"), (unknown, "Unknown")):
        write_genre(path, [genre])
    gone.unlink()
    closed.chmod(0o444)
    os.link(linked, tmp_path / "another name.flac")
    rows = [
        *(row(path) for path in (tagged, same, unknown, gone, closed, linked)),
        row(low, p=0.55),
        row(odd, genre="none of these"),
        row(bad, error="bad: corrupt", status="corrupt"),
    ]
    report, _ = tag(rows, tmp_path, min_probability=0.6)
    assert list(report.changed) == [str(unknown)]
    assert dict(report.left) == {
        "has a genre": 1,
        "has this genre": 1,
        "its tags cannot be read": 1,
        "read-only": 1,
        "has other names, hard links, which would keep the old tag": 1,
        "probability below 0.6": 1,
        "none of these": 1,
        "no answer": 1,
    }
    assert genre_tag(tagged) == ("Polka",)
    report, told = tag(rows, tmp_path, replace=True)
    assert told == [f"rock (was Polka): {tagged}", f"rock: {low}"]


def test_a_link_stays_and_its_target_is_tagged(song, tmp_path):
    target = song()
    link = tmp_path / "inner" / "link.flac"
    link.parent.mkdir()
    link.symlink_to("../song.flac")
    tag([row(link)], tmp_path)
    assert link.is_symlink()
    assert genre_tag(target) == ("rock",)


def test_there_is_a_way_back_but_not_over_what_was_changed_since(song, tmp_path):
    files = [song(kind, name) for kind, name in (("mp3", "a"), ("flac", "b"), ("ogg", "c"), ("wav", "d"))]
    write_genre(files[0], ["Polka", "Folk"])
    before = [genre_tag(path) for path in files]
    for genre in ("rock", "jazz"):
        assert len(tag([row(path, genre) for path in files], tmp_path, replace=True)[0].changed) == 4
    write_genre(files[3], ["by hand"])
    backup = tmp_path / "old-tags.jsonl"
    with backup.open("a") as file:
        file.write('{"file": "torn')
    dry = restore_tags(backup, apply=False, told=lambda _: None)
    assert len(dry.changed) == 3
    done = restore_tags(backup, apply=True, told=lambda _: None)
    assert len(done.changed) == 3
    assert [genre_tag(path) for path in files] == [*before[:3], ("by hand",)]
    assert done.left["has another tag since"] == 2


def test_a_backup_is_written_before_the_tag(song, tmp_path, monkeypatch):
    path = song()

    def fail(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(genre_tags, "set_genre_tag", fail)
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        tag([row(path)], tmp_path)
    assert path.read_bytes() == before
    kept = json.loads((tmp_path / "old-tags.jsonl").read_text())
    assert kept == {"file": str(path), "genre": [], "written": ["rock"]}
    assert sorted(os.listdir(tmp_path)) == ["old-tags.jsonl", path.name]  # noqa: PTH208


@pytest.mark.parametrize("cut", [0, 1, 5, 20, None])
def test_a_change_that_a_kill_left_undone_is_told_once(cut, song, tmp_path):
    """Killed amid a line of the backup, or between it and the tag: the next command has the same bytes."""
    paths = [song(), song("wav")]
    rows, backup = [row(path) for path in paths], tmp_path / "old-tags.jsonl"
    before = [path.read_bytes() for path in paths]
    tag(rows, tmp_path)
    whole = backup.read_bytes()
    first = whole.index(b"\n") + 1
    for stop in (0, first):
        for path, sound in zip(paths[stop > 0 :], before[stop > 0 :], strict=True):
            path.write_bytes(sound)
        following = whole.index(b"\n", stop) + 1
        backup.write_bytes(whole[: following if cut is None else stop + cut])
        tag(rows, tmp_path)
        assert backup.read_bytes() == whole
        assert [genre_tag(path) for path in paths] == [("rock",)] * 2


def test_a_last_line_without_its_end_is_kept(song, tmp_path):
    first, second = song(), song("wav")
    tag([row(first)], tmp_path)
    backup = tmp_path / "old-tags.jsonl"
    kept = backup.read_bytes()
    backup.write_bytes(kept[:-1])
    tag([row(second)], tmp_path)
    assert backup.read_bytes().startswith(kept)
    assert len(backup.read_bytes().splitlines()) == 2


def test_a_file_whose_sound_would_change_stays(song, tmp_path, monkeypatch):
    path = song("wav")
    before = path.read_bytes()

    def harm(copy, genres, like=None):
        tag_writing.set_genre_tag(copy, genres, like)
        copy.write_bytes(copy.read_bytes().replace(before[2000:2100], bytes(100)))

    monkeypatch.setattr(genre_tags, "set_genre_tag", harm)
    report, _ = tag([row(path)], tmp_path)
    assert dict(report.left) == {"its sound would change": 1}
    assert path.read_bytes() == before


def test_names_of_every_kind_are_tagged_and_restored(song, tmp_path):
    source = song("flac")
    folder = tmp_path / "names"
    folder.mkdir()
    files = [
        shutil.copyfile(source, folder / os.fsdecode(os.fsencode(n)[:200] + b".flac")) for n in NAMES.values()
    ]
    report, _ = tag([row(path) for path in files], tmp_path)
    assert len(report.changed) == len(files)
    assert {genre_tag(path) for path in files} == {("rock",)}
    restore_tags(tmp_path / "old-tags.jsonl", apply=True, told=lambda _: None)
    assert {genre_tag(path) for path in files} == {()}


def test_no_backup_and_no_sound_are_one_line(tmp_path):
    path = tmp_path / "a.flac"
    path.write_text("neither")
    with pytest.raises(TableError, match="holds no old tags. Give a file"):
        restore_tags(path, apply=True, told=lambda _: None)
    with pytest.raises(AudioError, match="a.flac: its "):
        write_genre(path, ["rock"])


ODD_GENRES = {
    "semicolon": "a;b",
    "line break": "a\nb",
    "emoji": "\U0001f600 caf\xe9",
    "long": "x" * 100_000,
    "nul": "a\0b",
    "slash": "a/b",
    "number": "17",
    "number in brackets": "(17)",
    "abbreviation": "(RX)",
    "empty": "",
    "no text": "\udcff",
    "blanks": " a ",
}


@pytest.mark.parametrize("kind", ["mp3", "flac", "wav"])
def test_a_genre_is_read_as_it_was_written_or_the_file_stays(kind, song):
    path = song(kind)
    before = path.read_bytes()
    for genre in ODD_GENRES.values():
        try:
            write_genre(path, (genre,))
        except AudioError:
            assert path.read_bytes() == before
        else:
            assert "; ".join(genre_tag(path)) == genre
            path.write_bytes(before)
    assert os.listdir(path.parent) == [path.name]  # noqa: PTH208


@pytest.mark.parametrize("undone", [False, True])
def test_the_copy_that_a_kill_left_goes_with_the_next_command(undone, song, tmp_path):
    path = song()
    if undone:
        tag([row(path)], tmp_path)
    left = tmp_path / f".{path.name}.0123abcd.part"
    left.write_bytes(b"half a copy")
    (tmp_path / ".mine.part").write_bytes(b"")
    if undone:
        restore_tags(tmp_path / "old-tags.jsonl", apply=True, told=lambda _: None)
    else:
        tag([row(path)], tmp_path)
    assert not left.exists()
    assert (tmp_path / ".mine.part").exists()


@pytest.mark.parametrize(
    "held", [b"RIFF\x24\0\0\0WAVE", b"file,genre\n", b"{}\n", b"2026-01-01T00:00:00 log\n"]
)
def test_a_backup_is_not_added_to_a_file_of_another_kind(held, song, tmp_path):
    path = song()
    before = path.read_bytes()
    (tmp_path / "old-tags.jsonl").write_bytes(held)
    with pytest.raises(OutputExistsError, match="holds no old tags"):
        tag([row(path)], tmp_path)
    assert (tmp_path / "old-tags.jsonl").read_bytes() == held
    assert path.read_bytes() == before
