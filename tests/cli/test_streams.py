"""Streams as users have them: in any encoding, cut short, closed, full; ended by a signal."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from gtzan_cli import main as entry
from gtzan_cli import progress, streams
from gtzan_cli.predict_output import output_for

from gtzan_features.prediction.predict import FilePrediction
from gtzan_features.text import one_line, printable
from tests.nasty import NAMES

ENCODINGS = ("ascii", "cp1252", "cp932", "latin-1", "koi8-r", "utf-8", "utf-16")
GTZAN = f"{sys.executable} -W ignore -m gtzan_cli"


def shell(line: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a line of bash in which ``gtzan`` is the program; the code is that of its first command."""
    command = f'gtzan() {{ {GTZAN} "$@"; }}\n{line}\nexit ${{PIPESTATUS[0]}}'
    env = {**os.environ, **environment}
    return subprocess.run(["bash", "-c", command], capture_output=True, env=env, check=False)


@pytest.fixture(params=ENCODINGS)
def opened(request, monkeypatch):
    """Opens stdout and stderr in an encoding, strict as Python does, and gives what is written as text.

    To be called in the test itself: between a fixture and its test, pytest puts its own streams in place.
    """

    def call():
        raw = {name: io.BytesIO() for name in ("stdout", "stderr")}
        for name, buffer in raw.items():
            monkeypatch.setattr(sys, name, io.TextIOWrapper(buffer, request.param, "strict", newline=""))
        streams.prepare()

        def text(name="stdout"):
            getattr(sys, name).flush()
            return raw[name].getvalue().decode(request.param)

        return text

    return call


def prediction(name: str, genre: str = "a", **fields) -> FilePrediction:
    whole = {"probabilities": (0.75, 0.25), "ranking": (genre, "z"), "segments": ((0.75, 0.25),)}
    return FilePrediction(path=name, genre=genre, genres=(genre, "z"), **{**whole, **fields})


def predictor() -> SimpleNamespace:
    return SimpleNamespace(genres=("a", "z"), card=SimpleNamespace(several_labels=False))


class TestEveryNameInEveryEncoding:
    def test_a_line_a_notice_and_a_table(self, opened):
        stream = opened()
        for name in NAMES.values():
            progress.show(f"{name}: a genre")
            progress.notice(f"Skipped: {name}")
            progress.print_table(name, ("what", name), [("a", name), ("b", "–")])
        lines = stream().splitlines()
        assert sum(line.endswith(": a genre") for line in lines) == len(NAMES)
        assert len(stream("stderr").splitlines()) == len(NAMES)
        shown = streams.encodable(one_line(NAMES["cjk"]), sys.stdout)
        assert f"{shown}: a genre" in lines

    def test_predictions_in_words_are_a_line_each(self, opened):
        stream = opened()
        lines = output_for("", predictor(), 2)
        for name in NAMES.values():
            lines.add(prediction(name, warnings=("a short\nfile",)))
        assert len(stream().splitlines()) == len(NAMES)
        assert len(stream("stderr").splitlines()) == len(NAMES)

    def test_csv_is_read_back_as_it_was_meant(self, opened):
        stream = opened()
        shown = [prediction(name, name, error=name) for name in NAMES.values()]
        output = output_for("csv", predictor(), 2)
        output.begin()
        for one in shown:
            output.add(one)
        output.end()
        header, *rows = csv.reader(io.StringIO(stream(), newline=""))
        assert header[:6] == ["file", "genre", "none_of_these", "nearest", "p_a", "p_z"]
        assert {len(row) for row in rows} == {len(header)}
        assert len(rows) == len(NAMES)
        for row, name in zip(rows, NAMES.values(), strict=True):
            expected = streams.encodable(printable(name), sys.stdout)
            assert row[0].removeprefix("./") == expected
            assert row[1].removeprefix("'") == expected
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)

    def test_json_is_read_back_as_it_was_meant(self, opened):
        stream = opened()
        value = {name: [name, Path("/x") / name, float("nan")] for name in NAMES.values()}
        progress.print_json(value)
        found = json.loads(stream(), parse_constant=pytest.fail)
        assert set(found) == {printable(name) for name in NAMES.values()}
        assert all(row == [name, f"/x/{name}", None] for name, row in found.items())


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "cp932"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX"},
    ],
    ids=str,
)
def test_a_whole_command_in_an_encoding_that_lacks_characters(environment, tmp_path):
    missing = os.fsencode(tmp_path) + "/日本–".encode() + b"\xe9.wav"
    env = {**os.environ, **environment}
    command = [*GTZAN.split(), b"predict", missing]
    done = subprocess.run(command, capture_output=True, env=env, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"no such file" in done.stderr
    assert shell("gtzan fit --list", **environment).returncode == 0


class TestStreamsThatEnd:
    @pytest.mark.parametrize("words", ["fit --list", "--help", "fit --help", "--version"])
    def test_a_reader_that_has_enough_is_no_fault(self, words):
        for reader in ("true", "head -n 1"):
            done = shell(f"gtzan {words} | {reader}")
            assert (done.returncode, done.stderr) == (0, b"")

    @pytest.mark.parametrize("words", ["fit --list", "--help"])
    def test_a_full_disk_is_one_line(self, words):
        done = shell(f"gtzan {words} > /dev/full")
        assert done.returncode == 1
        assert done.stderr.startswith(b"Error: ")
        assert b"No space left on device" in done.stderr
        assert done.stderr.count(b"\n") == 1

    def test_a_closed_stdout_swallows_what_is_printed(self, tmp_path):
        done = shell(f"gtzan fit --list >&-; gtzan report --runs {tmp_path} >&-")
        assert done.returncode == 1
        assert done.stderr.count(b"\n") == 1
        assert b"holds no runs" in done.stderr

    def test_a_file_that_is_opened_does_not_become_a_closed_stdout(self, tmp_path):
        script = tmp_path / "script.py"
        script.write_text(
            "import sys; from pathlib import Path; from gtzan_cli import streams; streams.prepare()\n"
            "file = Path(sys.argv[1]).open('w'); print('lost'); sys.exit(file.fileno() < 3)"
        )
        assert shell(f"{sys.executable} {script} {tmp_path}/new >&- 2>&- <&-").returncode == 0
        assert (tmp_path / "new").read_text() == ""

    @pytest.mark.parametrize("where", ["2>/dev/full", "2>&-", "2> >(true)"])
    def test_a_stderr_that_takes_nothing_changes_no_code(self, where):
        assert shell(f"gtzan fit nope {where}").returncode == 1
        assert shell(f"gtzan fit --list {where}").returncode == 0


class TestExitCodes:
    """0 done, 1 an error in the data, 2 in the words, 130 interrupted, 143 ended."""

    @pytest.mark.parametrize(
        ("raised", "code"),
        [
            (SystemExit(), 0),
            (SystemExit(None), 0),
            (SystemExit(0), 0),
            (SystemExit(3), 3),
            (SystemExit("no"), 1),
            (KeyboardInterrupt(), 130),
            (ZeroDivisionError(), 1),
            (OSError(5, "broken", "x"), 1),
            (BrokenPipeError(32, "a pipe of ffmpeg"), 1),
            (streams.StdoutError("full", is_cut=False), 1),
            (streams.StdoutError("cut", is_cut=True), 0),
        ],
        ids=repr,
    )
    def test_whatever_ends_a_command(self, raised, code, monkeypatch, capsys):
        def ending(*_, **__):
            raise raised

        monkeypatch.setattr(entry.cli, "main", ending)
        assert entry.run([]) == code
        assert len(capsys.readouterr().err.splitlines()) == (code not in (0, 3))

    def test_sigterm_ends_it_as_ctrl_c_does_with_a_code_of_its_own(self, tmp_path):
        script = (
            "import sys, time; from gtzan_cli import main as entry\n"
            "def work(**_):\n"
            "    try:\n"
            "        print('ready', flush=True); time.sleep(600)\n"
            f"    finally: open({str(tmp_path / 'tidy')!r}, 'w')\n"
            "entry.cli.main = work\n"
            "entry.main([])"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=300)
        assert process.returncode == 143
        assert told.count("\n") == 1
        assert (tmp_path / "tidy").exists()
