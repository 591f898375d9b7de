"""``gtzan selftest``: what works, what does not, and that nothing is left behind."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile

import pytest
from gtzan_cli.main import run

from gtzan_features.reporting import selftest
from gtzan_features.reporting.selftest import other_values
from tests.reporting.write_selftest import FILE

STEPS = ["sound", "features", "fit", "predict", "gtzan10"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder that is the working folder and that for temporary files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_every_step_is_a_line_without_a_network_and_nothing_is_left(folder, monkeypatch, capsys):
    def refuse(*_, **__):
        msg = "no network"
        raise OSError(msg)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert run(["selftest"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""  # kernels are compiled: there is nothing else to say
    lines = shown.out.splitlines()
    assert [line.split()[0] for line in lines] == [*STEPS, "This"]
    assert lines[-1].startswith("This gtzan works: 5 steps in ")
    assert not list(folder.iterdir())


def test_a_process_of_its_own_writes_into_no_folder_of_the_user(tmp_path):
    places = {name: tmp_path / name for name in ("HOME", "TMPDIR", "work")}
    for place in places.values():
        place.mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "MPLCONFIGDIR"))}
    environ = kept | {"HOME": str(places["HOME"]), "TMPDIR": str(places["TMPDIR"])}
    done = subprocess.run(
        [sys.executable, "-m", "gtzan_cli", "selftest", "--json"],
        env=environ,
        cwd=places["work"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert [step["name"] for step in json.loads(done.stdout) if step["ok"]] == STEPS
    assert [str(path) for place in places.values() for path in place.rglob("*")] == []


@pytest.mark.parametrize("at", range(5))
def test_the_first_step_that_fails_is_the_last_line_and_exit_code_1(at, folder, monkeypatch, capsys):
    names = ["_sound", "_features", "_fit", "_predict", "_pretrained"]

    def fail(*_):
        msg = "libsndfile is missing"
        raise ImportError(msg)

    for number, name in enumerate(names):
        monkeypatch.setattr(selftest, name, fail if number == at else lambda *_: "done")
    assert run(["selftest"]) == 1
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert [line.split()[0] for line in lines] == STEPS[: at + 1]
    assert "FAILED" in lines[-1]
    assert "FAILED" not in "".join(lines[:-1])
    assert shown.err.startswith("Error: ")
    assert "libsndfile is missing" in shown.err
    assert not list(folder.iterdir())


def test_values_of_other_libraries_are_named(folder, monkeypatch, capsys):
    released = json.loads(FILE.read_text(encoding="utf-8"))
    released["values"]["mfcc3_mean"] += 1
    other = folder / selftest.FILE
    other.write_text(json.dumps(released))
    monkeypatch.setattr(selftest, "files", lambda _: folder)
    assert run(["selftest"]) == 1
    assert "Error: mfcc3_mean of kaggle@1 differ from those of the release" in capsys.readouterr().err


def test_a_change_of_any_value_is_found_and_rounding_is_not():
    released = json.loads(FILE.read_text(encoding="utf-8"))["values"]
    assert len(released) == 57
    assert other_values(released, released) == []
    assert other_values({name: value * (1 + 1e-5) for name, value in released.items()}, released) == []
    for name, value in released.items():
        deviation = released.get(name.replace("_mean", "_var"), 0.0) ** 0.5
        for changed in (
            value + 0.01 * (abs(value) + deviation),
            value - 0.01 * abs(value) - deviation,
            float("nan"),
        ):
            assert other_values({**released, name: changed}, released) == [name]
    assert other_values({}, released) == list(released)


@pytest.mark.usefixtures("folder")
def test_a_model_that_has_learnt_nothing_is_a_failure(monkeypatch, capsys):
    monkeypatch.setattr(selftest, "MODEL", "majority")
    assert run(["selftest"]) == 1
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-1].startswith("fit       FAILED")
    assert "majority tells classical from metal in 50.0 % of the tracks" in shown.err


@pytest.mark.usefixtures("folder")
def test_an_answer_that_is_not_the_genre_of_the_track_is_a_failure(monkeypatch, capsys):
    predict = selftest._predict

    def of_another_genre(*given):
        monkeypatch.setattr(selftest, "GENRES", selftest.GENRES[::-1])
        return predict(*given)

    monkeypatch.setattr(selftest, "_predict", of_another_genre)
    assert run(["selftest"]) == 1
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-1].startswith("predict   FAILED")
    assert "metal.synth03.wav is metal with probabilities that sum to 1" in shown.err
