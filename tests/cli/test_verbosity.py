"""How much commands say: --quiet, --verbose and --log-file, before and after a command's name."""

from __future__ import annotations

import logging
import re
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import click
import pytest
from gtzan_cli import streams
from gtzan_cli.log_file import LogFile
from gtzan_cli.main import cli, run
from gtzan_cli.progress import notice, progress_bar

from tests.cli.test_advice import COMMANDS

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d \d+ (?P<kind>[a-z]+) *(?P<text>.*)")


def lines_of(log) -> list[tuple[str, str]]:
    """Kind and text of each line; every line has a time and a process."""
    found = [LINE.fullmatch(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert all(found)
    return [(one["kind"], one["text"]) for one in found]


@pytest.fixture
def fit(tables, monkeypatch):
    """Words of a fit with a note, of which one genre is too small."""
    monkeypatch.chdir(tables.parent)
    return ["fit", "knn", "--tables", str(tables), "--folds", "2", "-j", "1", "--min-tracks", "1"]


@pytest.mark.parametrize("words", ["", *COMMANDS])
def test_every_command_takes_them(words):
    command: click.Command = cli if not words else COMMANDS[words]
    taken = {name for one in command.params for name in one.opts}
    assert {"-q", "--quiet", "-v", "--verbose", "--log-file"} <= taken
    names = [name for one in command.params for name in (*one.opts, *one.secondary_opts)]
    assert len(names) == len(set(names))


def test_quiet_leaves_results_and_errors(fit, capsys):
    assert run(fit) == 0
    usual = capsys.readouterr()
    for words in (["-q", *fit], [*fit, "--quiet"]):
        assert run(words) == 0
        shown = capsys.readouterr()
        assert (shown.out, shown.err) == (usual.out, "")
    assert run(["fit", "nope", "-q"]) == 1
    assert capsys.readouterr().err.startswith("Error: no model 'nope'")


def test_verbose_names_what_is_read_and_written_and_the_time(fit, capsys):
    for words in (["-v", *fit], [*fit, "--verbose"]):
        assert run(words) == 0
        told = capsys.readouterr().err
        assert re.search(r"^read \S+kaggle-3s.parquet: \d+ rows, SHA-256 \w+, [\d.]+ s$", told, re.MULTILINE)
        assert re.search(r"^wrote \S+predictions.parquet$", told, re.MULTILINE)
        assert re.search(r"^exit code 0 after [\d.]+ s$", told, re.MULTILINE)


def test_both_exclude_each_other(capsys):
    for words in (["-q", "fit", "-v", "knn"], ["fit", "-qv", "knn"]):
        assert run(words) == 2
        assert "--quiet and --verbose exclude each other" in capsys.readouterr().err


def test_the_version_is_short_too(capsys):
    assert run(["-V"]) == 0
    short = capsys.readouterr().out
    assert run(["--version"]) == 0
    assert short == capsys.readouterr().out


@pytest.mark.parametrize("first", [[], ["-q"]])
def test_the_log_has_all_that_was_said_and_more(first, fit, capsys, tmp_path):
    log = tmp_path / "new" / "a.log"
    assert run([*first, "--log-file", str(log), *fit]) == 0
    shown = capsys.readouterr()
    found = lines_of(log)
    kinds = [kind for kind, _ in found]
    assert kinds[0] == "start"
    assert kinds[-1] == "end"
    assert found[0][1].startswith("gtzan " + " ".join([*first, "--log-file"]))
    assert found[-1][1].startswith("exit code 0 after ")
    said = [text.rstrip() for kind, text in found if kind == "out"]
    assert said == [line.strip() for line in shown.out.splitlines()]
    assert [text for kind, text in found if kind == "step"][-1].startswith("knn 3/3")
    assert any(kind == "debug" and text.startswith("read ") for kind, text in found)
    notes = {line.strip() for line in shown.err.splitlines()}
    assert notes <= {text for kind, text in found if kind == "note"}


def test_the_log_is_added_to_and_has_errors_with_their_traceback(capsys, tmp_path):
    log = tmp_path / "a.log"
    assert run(["fit", "nope", "--log-file", str(log)]) == 1
    before = log.read_text()
    assert run(["report", "--runs", str(tmp_path / "none"), "--log-file", str(log)]) == 1
    assert run(["fit", "--log-file", str(log), "knn", "--segments", "three"]) == 2
    assert log.read_text().startswith(before)
    found = lines_of(log)
    errors = [text for kind, text in found if kind == "error"]
    told = capsys.readouterr().err
    assert all(text in told for text in errors)
    assert [text[:11] for kind, text in found if kind == "end"] == [f"exit code {n}" for n in (1, 1, 2)]
    assert ("debug", "Traceback (most recent call last):") in found


@pytest.mark.parametrize(
    ("content", "said"), [(b"RIFF\0\0\0\0WAVE", "is no log of gtzan"), (b"a,b\n1,2\n", "is no log of gtzan")]
)
def test_a_file_that_is_no_log_stays_as_it_is(content, said, tmp_path, capsys):
    (tmp_path / "song.wav").write_bytes(content)
    assert run(["fit", "--list", "--log-file", str(tmp_path / "song.wav")]) == 1
    assert said in capsys.readouterr().err
    assert (tmp_path / "song.wav").read_bytes() == content


def test_a_log_that_cannot_be_written_is_refused_in_a_line(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert run(["fit", "--list", "--log-file", str(tmp_path / "file" / "log")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert run(["fit", "--list", "--log-file", str(tmp_path)]) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_ends_the_log_and_not_the_command(capsys):
    assert run(["fit", "--list", "--log-file", "/dev/full"]) == 0
    shown = capsys.readouterr()
    assert "xgboost" in shown.out
    assert shown.err.count("/dev/full: the log ends here") == 1


KILLED = """
import os, sys
import click
from gtzan_cli.main import cli, run
from gtzan_cli.progress import notice, progress_bar, show

@cli.command()
def work():
    with progress_bar() as told:
        for done in range(3):
            told(done, 1000, "files")
            show(f"result {done}")
            notice(f"warning {done}")
        os.kill(os.getpid(), 9)

run(["--log-file", sys.argv[1], "-q", "work"])
"""


def test_what_was_said_before_a_kill_is_in_the_log(tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "log")], check=False)
    assert done.returncode == -signal.SIGKILL
    found = lines_of(tmp_path / "log")
    assert [text for kind, text in found if kind == "out"] == ["result 0", "result 1", "result 2"]
    assert [text for kind, text in found if kind == "note"] == ["warning 0", "warning 1", "warning 2"]
    assert ("step", "files 0/1000") in found


def test_nothing_of_it_is_left_for_the_next_command(tmp_path, capsys):
    library = logging.getLogger("gtzan_features")
    before = (library.level, list(library.handlers), warnings.showwarning)
    for words in (["-q"], ["-v"], ["--log-file", str(tmp_path / "log")]):
        run([*words, "fit", "--list"])
        assert (library.level, library.handlers, warnings.showwarning) == before
    capsys.readouterr()
    notice("as usual")
    assert capsys.readouterr().err == "as usual\n"


def test_a_leak_is_named_in_any_case(capsys):
    @click.command()
    def leaky():
        notice("LEAKED: no accuracy on new music")
        notice("Error: song.wav: no such file")
        notice("Run: somewhere")
        with progress_bar() as told:
            told(1, 2, "files")

    cli.add_command(leaky)
    try:
        assert run(["-q", "leaky"]) == 0
    finally:
        del cli.commands["leaky"]
    assert capsys.readouterr().err.splitlines() == [
        "LEAKED: no accuracy on new music",
        "Error: song.wav: no such file",
    ]


def test_lines_of_a_log_are_lines_whatever_names_hold(tmp_path):
    log = LogFile(tmp_path / "log")
    log.write("note", "two\nlines \x1b[31m \udce9 \u202e")
    log.close()
    assert lines_of(tmp_path / "log") == [("note", "two"), ("note", "lines \\x1b[31m \\xe9 \\u202e")]


def test_streams_are_not_needed_by_the_log(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "write_err", lambda _: None)
    assert run(["--log-file", str(tmp_path / "log"), "fit", "nope"]) == 1
    assert any(text.startswith("Error: no model") for kind, text in lines_of(tmp_path / "log"))
