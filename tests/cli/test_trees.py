"""Folders of music as people have them, by the commands that a person would type."""

from __future__ import annotations

import json
import shutil

import pytest
import soundfile
from gtzan_cli.advice import options_of
from gtzan_cli.main import command_of, run

from tests import nasty
from tests.conftest import SR, tone

EXTRACT = ("features", "extract")
COMMANDS = {
    "extract": (*EXTRACT, "{}", "-o", "{}-f"),
    "spectrograms": ("features", "spectrograms", "{}", "-o", "{}-f"),
    "explore": ("data", "explore", "{}", "-o", "{}-e"),
    "augment": ("data", "augment", "{}", "{}-a", "--augment", "noise"),
    "accuracy": ("bench", "accuracy", "{}", "--tables", "{}-t", "--runs", "{}-r", "-o", "{}-o"),
    "robustness": ("bench", "robustness", "{}", "--tables", "{}-t", "--work", "{}-r", "-o", "{}-o"),
}


def gtzan(capsys, *line):
    """Run a command; return its exit code and the lines on stdout and stderr."""
    code = run([str(word) for word in line])
    done = capsys.readouterr()
    return code, done.out, done.err


def fails(capsys, *line):
    """Run a command that must fail with one line; return that line."""
    code, _, err = gtzan(capsys, *line)
    assert code == 1
    (last,) = err.splitlines()
    assert last.startswith("Error: ")
    return last


def words(command, root):
    return [word.format(root) for word in COMMANDS[command]]


def copy_as(music, tmp_path, *folders):
    root = tmp_path / "tree"
    for i, folder in enumerate(folders):
        shutil.copytree(music / ("calm", "loud")[i % 2], root / folder)
    return root


@pytest.mark.parametrize("command", COMMANDS)
def test_advice_names_options_that_the_command_has(music, tmp_path, command, capsys):
    """The message of every command that reads a folder, and the options that it names."""
    known = options_of(command_of(words(command, "x")))
    split = copy_as(music, tmp_path, "train", "test")
    line = fails(capsys, *words(command, split))
    assert "test, train would be genres, and are called like parts of a split." in line
    assert "--as-genres" in line
    assert "--as-genres" in known
    shutil.copy(music / "calm" / "calm.0.wav", music / "calm" / "calm.0.flac")
    line = fails(capsys, *words(command, music))
    assert "1 track is there in several files: calm/calm.0.flac and calm/calm.0.wav." in line
    assert "--prefer wav,flac" in line
    assert "--prefer" in known


def test_what_was_asked_about_can_be_answered(music, tmp_path, capsys):
    split = copy_as(music, tmp_path, "train", "test")
    short = ("-s", "3s", "-j", "1")
    code, out, err = gtzan(capsys, *EXTRACT, split, "-o", tmp_path / "f", *short, "--as-genres")
    assert code == 0, err
    assert "2 genres, 6 files, artists not known: test 3, train 3" in err
    y, _ = soundfile.read(music / "calm" / "calm.0.wav")
    soundfile.write(music / "calm" / "calm.0.flac", y, SR)
    code, out, err = gtzan(capsys, *EXTRACT, music, "-o", tmp_path / "g", *short, "--prefer", "flac,wav")
    assert code == 0, err
    assert "2 genres, 6 files, artists not known: calm 3, loud 3" in err
    assert "status.parquet: what became of each file; tracks with rows: calm 3, loud 3\n" in out
    assert "Passed over, another format preferred: 1, such as calm/calm.0.wav." in err


def test_no_row_at_all_is_an_error_with_its_cause(music, tmp_path, capsys):
    line = (*EXTRACT, music, "-o", tmp_path / "f", "-s", "30s", "-j", "1", "--json")
    code, out, err = gtzan(capsys, *line)
    assert code == 1
    assert json.loads(out)["tables"]["30s"]["rows"] == 0
    assert err.splitlines()[-1].startswith("Error: no row of 30s: 6 of 6 files are short, such as")


def test_verify_and_a_name_that_is_no_text(music, capsys):
    (music / "calm" / "calm.0.wav").rename(music / "calm" / f"{nasty.UNDECODABLE}.wav")
    (music / "loud" / "notes.txt").write_text("x")
    code, out, _ = gtzan(capsys, "data", "verify", music, "-j", "1")
    assert code == 0
    assert "no damage, no duplicates. Not looked at: 1 .txt. (Not GTZAN, so no facts to compare" in out
    (music / "loud" / f"{nasty.UNDECODABLE}.wav").write_bytes(b"RIFF")
    code, out, _ = gtzan(capsys, "data", "verify", music, "-j", "1", "--strict", "--json")
    assert code == 1
    (found,) = json.loads(out)["findings"]
    assert (found["track_id"], found["path"]) == (r"loud/caf\xe9", r"loud/caf\xe9.wav")


def test_a_flat_folder_is_told_what_to_do(tmp_path, capsys):
    soundfile.write(tmp_path / "song.wav", tone(3.5, 220), SR)
    line = fails(capsys, *EXTRACT, tmp_path, "-o", tmp_path / "f")
    assert "above" not in line
    assert "Make a folder for each genre. Or give --labels TABLE" in line
