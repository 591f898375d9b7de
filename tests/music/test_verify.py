from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
import soundfile

from gtzan_features.music.verify import verify
from tests.conftest import SR, tone


def kinds(found):
    return {(f.kind, f.track_id) for f in found.findings}


def test_other_music_is_checked_for_damage_and_duplicates(music):
    assert verify(music, n_jobs=1).findings == ()
    y, _ = soundfile.read(music / "calm" / "calm.0.wav", dtype="int16")
    soundfile.write(music / "loud" / "same.flac", y, SR)
    soundfile.write(music / "loud" / "silent.wav", np.zeros(SR), SR)
    soundfile.write(music / "loud" / "brief.wav", tone(1.0, 300), SR)
    (music / "calm" / "broken.wav").write_bytes(b"RIFF")
    found = verify(music, n_jobs=2)
    assert not found.is_gtzan
    assert kinds(found) == {
        ("duplicate", "loud/same"),
        ("silent", "loud/silent"),
        ("short", "loud/brief"),
        ("corrupt", "calm/broken"),
    }
    (copy,) = [f for f in found.findings if f.kind == "duplicate"]
    assert copy.detail == "same samples as calm/calm.0.wav, of another genre (calm)"
    assert found.counts() == {"corrupt": 1, "silent": 1, "short": 1, "duplicate": 1}


def test_the_result_is_a_line_that_claims_no_more_than_was_looked_at(music):
    fine = "6 files, 2 genres: no damage, no duplicates. (Not GTZAN, so no facts to compare with.)"
    lossy = " Duplicates are found by their samples: a copy in mp3 or Ogg is not found."
    assert verify(music, n_jobs=1).words() == fine + lossy
    for name in ("a.pdf", "b.pdf", "notes.txt", "Thumbs.db", "._calm.0.wav"):
        (music / "calm" / name).write_bytes(b"x")
    found = verify(music, n_jobs=1)
    assert found.passed_over == {".pdf": 2, ".txt": 1}
    assert "no duplicates. Not looked at: 2 .pdf, 1 .txt. (Not GTZAN" in found.words()
    (music / "loud" / "broken.wav").write_bytes(b"RIFF")
    assert verify(music, n_jobs=1).words().startswith("7 files, 2 genres: 1 corrupt. Not looked at: 2 .pdf")


def test_every_duplicate_is_listed_by_samples_or_by_bytes(music):
    first = music / "calm" / "calm.0.wav"
    y, _ = soundfile.read(first, dtype="int16")
    for i in range(3):
        shutil.copy(first, music / "calm" / f"copy{i}.wav")
        soundfile.write(music / "loud" / f"other{i}.flac", y, SR)
        (music / "loud" / f"noise{i}.mp3").write_bytes(b"no music")
        (music / "loud" / f"empty{i}.mp3").write_bytes(b"")
    found = [f for f in verify(music, n_jobs=1).findings if f.kind == "duplicate"]
    assert {(f.track_id, f.detail) for f in found} == {
        *((f"calm/copy{i}", "same samples as calm/calm.0.wav") for i in range(3)),
        *((f"loud/other{i}", "same samples as calm/calm.0.wav, of another genre (calm)") for i in range(3)),
        *((f"loud/noise{i}", "same bytes as loud/noise0.mp3") for i in (1, 2)),
    }


def test_formats_links_and_folders_that_cannot_be_listed_are_findings(music, monkeypatch):
    for suffix in ("flac", "au"):
        y, _ = soundfile.read(music / "calm" / "calm.1.wav", dtype="int16")
        soundfile.write(music / "calm" / f"calm.1.{suffix}", y, SR)
    (music / "loud" / "again.wav").symlink_to("loud.0.wav")
    (music / "pop").mkdir()
    (music / "jazz").symlink_to("/unmounted/jazz")
    scandir = os.scandir

    def guarded(path):
        if str(path).endswith("pop"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    found = verify(music, n_jobs=1)
    assert [(f.kind, f.path, f.detail) for f in found.findings] == [
        ("unreadable", "pop", "Permission denied"),
        ("unreadable", "jazz", "a link to nothing: No such file or directory"),
        (
            "formats",
            "calm/calm.1.au",
            "the same track as calm/calm.1.flac, calm/calm.1.wav: --prefer chooses in extraction",
        ),
        ("duplicate", "calm/calm.1.flac", "same samples as calm/calm.1.au"),
        ("duplicate", "calm/calm.1.wav", "same samples as calm/calm.1.au"),
        ("duplicate", "loud/again.wav", "the same as loud/loud.0.wav, read once: a link, or a second name"),
    ]
    assert found.n_files == 8


def test_what_needs_ffmpeg_is_not_called_wrong_where_there_is_none(music, monkeypatch):
    for i in range(5):
        (music / "calm" / f"{i}.m4a").write_bytes(b"x")
    monkeypatch.setattr("shutil.which", lambda _: None)
    found = verify(music, n_jobs=1)
    assert [(f.kind, f.path, f.detail) for f in found.findings] == [
        ("unread", "5 .m4a", "need ffmpeg: install it")
    ]
    assert "no damage, no duplicates. Not looked at: 5 .m4a." in found.words()


@pytest.mark.real
class TestReal:
    def test_the_real_tracks_are_intact(self, real_material):
        found = verify(real_material / "audio", n_jobs=2)
        assert found.is_gtzan
        assert found.n_files == 70
        assert found.counts() == {"missing": 930}

    def test_every_fault_is_found(self, real_material, tmp_path):
        root = tmp_path / "gtzan"
        for genre in ("blues", "jazz", "rock"):
            (root / genre).mkdir(parents=True)
            for i in range(3):
                name = f"{genre}/{genre}.0000{i}.wav"
                shutil.copy(real_material / "audio" / name, root / name)
        shutil.copy(real_material / "jazz.00054.corrupt.wav", root / "jazz" / "jazz.00054.wav")
        shutil.copy(real_material / "jazz.00054.au", root / "jazz" / "jazz.00055.au")
        y, _ = soundfile.read(root / "rock" / "rock.00000.wav", dtype="int16")
        soundfile.write(root / "rock" / "rock.00000.wav", y[: 20 * SR], SR)
        (root / "blues" / "blues.00001.wav").write_bytes(b"")
        shutil.copy(root / "blues" / "blues.00000.wav", root / "blues" / "blues.00500.wav")
        found = verify(root, n_jobs=1)
        assert {k for k in kinds(found) if k[0] != "missing"} == {
            ("repaired", "jazz.00054"),
            ("altered", "jazz.00055"),
            ("short", "rock.00000"),
            ("altered", "rock.00000"),
            ("corrupt", "blues.00001"),
            ("unknown", "blues.00500"),
            ("duplicate", "blues.00500"),
        }

    def test_the_intact_original_is_not_altered(self, real_material, tmp_path):
        (tmp_path / "jazz").mkdir()
        shutil.copy(real_material / "jazz.00054.au", tmp_path / "jazz" / "jazz.00054.au")
        assert verify(tmp_path, n_jobs=1).counts() == {"missing": 999}
