"""Spectrograms, networks, augmentation and explanations on the command line."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
import soundfile
from gtzan_cli import main as entry

from tests.conftest import SR, make_spectrograms, make_table, save_spectrograms, save_table, tone


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def gtzan(capsys):
    """Run a command in this process: imports are paid for once."""

    def command(*words):
        capsys.readouterr()
        code = entry.run([str(word) for word in words])
        return Done(code, *capsys.readouterr())

    return command


@pytest.fixture
def fails(gtzan):
    """Run a command that must fail with one clean line; return that line."""

    def command(*words):
        done = gtzan(*words)
        assert done.returncode == 1, done.stdout
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith("Error: ")
        return line

    return command


COMMANDS = [["features", "spectrograms"], ["data", "augment"], ["explain"]]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_has_help_that_says_what_it_does(words, gtzan):
    done = gtzan(*words, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 8


@pytest.mark.slow
def test_from_audio_to_a_report_and_an_explanation(music, tmp_path, gtzan):
    for g, genre in enumerate(("calm", "loud")):
        for i in range(3, 6):
            y = tone(7.0, 220.0 * (g + 1) + 20 * i, seed=10 * g + i)
            soundfile.write(music / genre / f"{genre}.{i}.wav", y, SR, subtype="PCM_16")
    tables, runs = tmp_path / "f", tmp_path / "runs"
    done = gtzan(
        "features", "spectrograms", music, "-o", tables, "--scale", "mel", "--scale", "decibel", "-j", 1
    )
    assert "spectrogram-decibel-3s.parquet: 24 rows" in done.stdout, done.stderr
    places = ["--tables", tables, "--runs", runs, "--folds", 2, "-j", 1]
    quick = ["--set", "epochs=5", "--augment", "time-mask, mixup"]
    done = gtzan("fit", "cnn", "mlp", "--scale", "decibel", *quick, *places)
    assert done.returncode == 0, done.stderr
    assert "cnn, 3s spectrogram-decibel, track 2-fold, music" in done.stdout
    done = gtzan("fit", "cnn", "--set", "epochs=5", *places, "--json")
    run = json.loads(done.stdout)[0]["run"]
    done = gtzan("explain", music / "calm" / "calm.0.wav", "--model", run, "-o", tmp_path / "e.png")
    assert "gradient × input and occlusion" in done.stdout, done.stderr
    assert (tmp_path / "e.png").stat().st_size > 10_000
    done = gtzan("predict", music, "--model", run, "--json", "--timeline", tmp_path / "t", "-j", 1)
    assert [len(one["segments"]) for one in json.loads(done.stdout)["files"]] == [2] * 12
    assert len(list((tmp_path / "t").glob("*.png"))) == 12
    short = tmp_path / "short.wav"
    soundfile.write(short, tone(1.5, 220.0), SR)
    done = gtzan("predict", short, "--model", run, "--csv")
    assert done.returncode == 1
    assert "1.50 s long: too short for this model" in done.stdout
    assert gtzan("report", "--runs", runs, "--out", tmp_path / "r").returncode == 0
    page = (tmp_path / "r" / "accuracy.md").read_text()
    assert "| cnn | spectrogram-mel | 3s | mean |" in page


@pytest.mark.slow
def test_augmented_copies(music, tmp_path, gtzan, fails):
    done = gtzan("data", "augment", music, tmp_path / "a", "--augment", "noise,crop-pad", "-j", 1)
    assert "12 files written, 0 found done, 0 skipped" in done.stdout
    assert "there are time-shift, noise" in fails(
        "data", "augment", music, tmp_path / "b", "--augment", "echo"
    )
    assert "--overwrite to replace it" in fails(
        "data", "augment", music, tmp_path / "a", "--augment", "noise", "--seed", 5
    )


def test_errors_are_one_clean_line(music, tmp_path, fails):
    tables = tmp_path / "f"
    line = fails("fit", "cnn", "--tables", tables)
    assert "Make it: gtzan features spectrograms AUDIO_DIR --scale mel --segments 3s" in line
    save_spectrograms(tables, make_spectrograms())
    save_table(tables, make_table(3, 8, 3))
    common = ["--tables", tables, "--runs", tmp_path / "runs", "--folds", "2", "-j", 1]
    assert "leave out --scale, or fit cnn or mlp" in fails("fit", "svm", "--scale", "mel", *common)
    assert "no augmentation 'blur'" in fails("fit", "cnn", "--augment", "blur", *common)
    assert "fewer than the 99 of a patch" in fails("fit", "cnn", "--set", "patch=99", "-q", *common)
    assert "cnn has no setting 'layers'" in fails("fit", "cnn", "--set", "layers=3", *common)
    assert "alpha=-1 cannot be meant" in fails("fit", "cnn", "--set", "alpha=-1", *common)
    save_spectrograms(tables, make_spectrograms(n_genres=1))
    assert "a classifier needs two genres" in fails("fit", "cnn", *common)
    assert not (tmp_path / "runs").exists()
    assert "holds no model" in fails("explain", music / "calm" / "calm.0.wav", "--model", tmp_path)
    bands = ["--scale", "decibel", "--bands", "96"]
    assert "96 bands do not divide" in fails("features", "spectrograms", music, "-o", tables, *bands)


def test_features_do_not_fit_a_network_of_spectrograms(music, tmp_path, gtzan, fails):
    """A model of one scale refuses a table of another through every door."""
    tables, runs = tmp_path / "f", tmp_path / "runs"
    save_spectrograms(tables, make_spectrograms())
    places = ["--tables", tables, "--runs", runs, "--folds", 2, "-j", 1]
    done = gtzan("fit", "mlp", "--scale", "mel", "--set", "epochs=2", *places, "--json")
    run = json.loads(done.stdout)[0]["run"]
    line = fails("explain", music / "calm" / "calm.0.wav", "--model", run)
    assert "trained on spectrograms of another version" in line
    assert "is explained for a file" in fails("explain", "--model", run, "--tables", tables)
