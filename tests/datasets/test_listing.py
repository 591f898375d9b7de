from __future__ import annotations

import pytest

from gtzan_features.audio.formats import AUDIO_SUFFIXES
from gtzan_features.datasets.listing import list_recordings
from gtzan_features.errors import AudioDecodeError
from tests import nasty


def touch(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def test_a_folder_is_searched_by_ending_and_what_is_passed_over_is_said(tmp_path):
    touch(tmp_path, "b.MP3", "a.m4a", ".hidden.wav", "cover.jpg", "sub/c.flac", "sub/._c.flac", "sub/d.txt")
    (tmp_path / "again.flac").symlink_to("sub/c.flac")
    (tmp_path / "up").symlink_to("..")
    said = []
    assert [p.name for p in list_recordings(tmp_path, said.append)] == ["a.m4a", "b.MP3", "c.flac"]
    assert said == [
        "Passed over: 1 .jpg, 1 .txt, 1 hidden .wav.",
        "Passed over, read already under another name: 2, such as again.flac (the same as sub/c.flac).",
    ]


@pytest.mark.parametrize("suffix", AUDIO_SUFFIXES)
def test_every_ending_that_can_be_read_is_listed(tmp_path, suffix):
    touch(tmp_path, f"x{suffix.upper()}")
    assert len(list_recordings(tmp_path, pytest.fail)) == 1


def test_without_ffmpeg_what_needs_it_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)
    touch(tmp_path, "a.m4a", "b.m4a")
    with pytest.raises(
        AudioDecodeError, match=r"2 \.m4a not read: they need ffmpeg, which is not on the PATH"
    ):
        list_recordings(tmp_path, pytest.fail)
    touch(tmp_path, "c.wav")
    said = []
    assert [p.name for p in list_recordings(tmp_path, said.append)] == ["c.wav"]
    (line,) = said
    assert line.startswith("2 .m4a not read")


def test_a_folder_without_audio_says_what_is_there(tmp_path):
    touch(tmp_path, "a.txt", "b.txt")
    with pytest.raises(AudioDecodeError, match=r"holds no audio file, only 2 \.txt"):
        list_recordings(tmp_path, pytest.fail)


def test_all_nasty_names_are_listed_and_open(tmp_path):
    nasty.nasty_music(tmp_path, seconds=0.01)
    found = list_recordings(tmp_path, pytest.fail)
    assert len(found) == len(nasty.NAMES)
    assert all(path.read_bytes()[:4] == b"RIFF" for path in found)
