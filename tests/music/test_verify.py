from __future__ import annotations

import hashlib
import json
import os
import shutil

import numpy as np
import pytest
import soundfile
from gtzan_cli.main import run

from gtzan_features.config import Selection
from gtzan_features.music.verify import verify
from gtzan_features.text import one_line
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


def index_of(music, below="set/genres"):
    """An index of mirdata, by hashes of another program's kind: the whole file read at once."""
    tracks = {
        path.stem: {
            "audio": [f"{below}/{path.relative_to(music)}", hashlib.md5(path.read_bytes()).hexdigest()],
            "tempo": [f"annotations/{path.stem}.bpm", "0" * 32],
            "beats": [None, None],
        }
        for path in sorted(music.rglob("*.wav"))
    }
    return {"version": "1.0", "tracks": tracks}


@pytest.mark.parametrize("written", [str.lower, str.upper])
def test_digits_of_an_index_may_be_of_either_case(music, tmp_path, written):
    content = index_of(music)
    for kinds in content["tracks"].values():
        kinds["audio"][1] = written(kinds["audio"][1])
    index = tmp_path / "index.json"
    index.write_text(json.dumps(content))
    assert verify(music, index=index, n_jobs=1).findings == ()


def test_an_index_tells_files_that_are_altered_missing_or_unknown(music, tmp_path, capsys):
    index = tmp_path / "index.json"
    index.write_text(json.dumps(index_of(music)))
    found = verify(music, index=index, n_jobs=2)
    assert (found.findings, found.n_indexed) == ((), 6)
    assert found.words().endswith("no damage, no duplicates. Compared with the 6 files of the index.")
    changed = music / "calm" / "calm.1.wav"
    content = bytearray(changed.read_bytes())
    content[-1] ^= 1  # one bit of one sample
    changed.write_bytes(content)
    (music / "loud" / "loud.2.wav").rename(music / "loud" / "loud.9.wav")
    found = verify(music, index=index, n_jobs=1)
    assert kinds(found) == {("altered", "calm.1"), ("missing", "loud.2"), ("unknown", "loud.9")}
    assert kinds(verify(music, n_jobs=1)) == set()
    assert run(["data", "verify", str(music), "--index", str(index), "-j", "1", "--strict", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [one["kind"] for one in said["findings"]] == ["altered", "unknown", "missing"]
    assert hashlib.md5(content).hexdigest() in said["findings"][0]["detail"]


def test_a_part_of_the_data_set_is_found_by_the_ends_of_its_paths(music, tmp_path):
    (music / "calm" / "calm.0.wav").rename(music / "calm" / "song.wav")
    (music / "loud" / "loud.0.wav").rename(music / "loud" / "song.wav")
    tracks = {str(path): {"audio": entry} for path, entry in entries(music)}
    index = tmp_path / "index.json"
    index.write_text(json.dumps({"tracks": tracks}))
    assert verify(music, index=index, n_jobs=1).findings == ()
    # Below one of its folders, names of which there are two agree with both.
    found = verify(music, selection=Selection(genres=("calm",)), index=index, n_jobs=1)
    assert {f.kind for f in found.findings} == {"missing"}
    assert {f.track_id for f in found.findings} == {track for track in tracks if "loud" in track}


def entries(music):
    for path in sorted(music.rglob("*.wav")):
        yield path, [f"x/{path.relative_to(music)}", hashlib.md5(path.read_bytes()).hexdigest()]


@pytest.mark.parametrize(
    "names",
    [
        ("blues.00001", "blues.00003", "blues.00002"),
        ("1", "2.3", "blues", "blues.", ".00001", "blues.00001.00002"),
        ("blues.x", "blues.\u0663", "blues.+0001", "blues.0_001", "Blues.00001", "blues.1"),
        ("a\nb.\x1b[31m", "", " ", "\u202e.00001", "\x00"),
    ],
)
def test_tracks_of_any_name_are_listed_where_their_files_are_missing(names, music, tmp_path, capsys):
    index = tmp_path / "index.json"
    tracks = {name: {"audio": [f"x/{i}.wav", "0" * 32]} for i, name in enumerate(names)}
    index.write_text(json.dumps({"tracks": index_of(music)["tracks"] | tracks}))
    assert run(["data", "verify", str(music), "--index", str(index), "-j", "1"]) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("missing:")]
    if names[0] == "blues.00001":
        assert said == ["missing: blues 1-3"]
    else:
        assert sorted(said) == sorted(f"missing: {one_line(name)}" for name in names)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1", "is no JSON"),
        ("[]", 'has no "tracks"'),
        ('{"tracks": []}', 'has no "tracks"'),
        ('{"tracks": {}}', "names no audio file"),
        ('{"tracks": {"a": {"tempo": ["a.bpm", "%s"]}}}' % ("0" * 32), "names no audio file"),
        ('{"tracks": {"a": ["a.wav", "0"]}}', "track a has no files by kind"),
        ('{"tracks": {"a": {"audio": ["a.wav", "0"]}}}', "audio of track a is no path with an MD5"),
        ('{"tracks": {"a": {"audio": ["a.wav"]}}}', "audio of track a is no path with an MD5"),
        ('{"tracks": {"a\\nb": {"audio": [1, 2]}}}', "audio of track a\\nb is no path with an MD5"),
        (None, "cannot be read (No such file or directory)"),
    ],
)
def test_what_is_no_index_is_refused_in_a_line_before_any_file_is_read(
    content, said, music, tmp_path, capsys
):
    index = tmp_path / "index.json"
    if content is not None:
        index.write_text(content)
    assert run(["data", "verify", str(music), "--index", str(index)]) == 1
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.err.count("\n") == 1
    assert not shown.out


@pytest.mark.real
def test_the_published_mini_index_is_that_of_our_copy(real_material, tmp_path):
    """Hashes of three tracks as mirdata publishes them, and one that is another track's."""
    published = {
        "classical.00000": "4ef1763c46a20382abdc0ab8f2d06ac3",
        "country.00001": "d823100ece3190677b86b799568bc9c3",
        "disco.00002": "541dbda974cbee063d9853bf6798c9ce",
        "disco.00003": "541dbda974cbee063d9853bf6798c9ce",
    }
    tracks = {
        name: {"audio": [f"gtzan_mini-main/genres/{name.partition('.')[0]}/{name}.wav", md5]}
        for name, md5 in published.items()
    }
    index = tmp_path / "gtzan_genre_1.0_mini_index.json"
    index.write_text(json.dumps({"version": "1.0", "tracks": tracks}))
    music = tmp_path / "genres"
    for name in published:
        (music / name.partition(".")[0]).mkdir(parents=True, exist_ok=True)
        path = f"{name.partition('.')[0]}/{name}.wav"
        (music / path).symlink_to(real_material / "audio" / path)
    found = verify(music, index=index, n_jobs=1)
    assert found.is_gtzan
    assert kinds(found) == {("altered", "disco.00003")}
