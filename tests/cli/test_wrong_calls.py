"""Every command, called wrongly in each place that takes a path: one line that says where and what next."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import click
import pytest
import soundfile
from gtzan_cli.main import run

from gtzan_features.text import one_line
from tests.cli.test_advice import COMMANDS
from tests.conftest import SR, tone
from tests.nasty import UNDECODABLE

WRITTEN = {
    "bench accuracy": {"out", "tables", "runs"},
    "bench robustness": {"out", "tables", "work"},
    "data augment": {"out"},
    "data download": {"directory"},
    "data explore": {"out"},
    "data synth": {"directory"},
    "demo": {"out"},
    "explain": {"out"},
    "features export": {"out"},
    "features extract": {"out"},
    "features import": {"out"},
    "features spectrograms": {"out"},
    "fit": {"runs"},
    "predict": {"timeline", "out", "playlist", "tag_backup"},
    "pretrain": {"out", "reports", "tables", "work"},
    "report": {"out"},
    "runs list": {"runs_dir"},
    "tune": {"studies"},
}
"""Places where a command writes; every other path it reads. A new command's are to be added here."""

GIVEN = {
    "name": ["gtzan10"],
    "models": ["knn"],
    "model": ["knn"],
    "which": ["mini"],
    "augment": ["noise"],
    "kinds": ["noise"],
}
"""What else a command needs, by parameter."""


def is_path(parameter: click.Parameter) -> bool:
    return isinstance(parameter.type, click.Path) and parameter.name != "log_file"  # see test_verbosity


def places() -> list[tuple[str, click.Parameter]]:
    return [(words, one) for words, command in COMMANDS.items() for one in command.params if is_path(one)]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Things that are not what a command wants, and a song and a folder of music that are."""
    root = tmp_path_factory.mktemp("wrong")
    (root / "music" / "calm").mkdir(parents=True)
    for i in range(2):
        soundfile.write(root / "music" / "calm" / f"{i}.wav", tone(6.5, 220, seed=i), SR)
    (root / "empty").mkdir()
    (root / "strange").mkdir()
    (root / "strange" / "letter.txt").write_text("no music, no table, no run")
    (root / "two\nparts").mkdir()
    (root / "one\nfile").write_text("")
    (root / "garbage.bin").write_bytes(bytes(range(256)) * 20)
    (root / "nothing.bin").write_bytes(b"")
    (root / "dangling").symlink_to(root / "nowhere")
    (root / "closed").mkdir(mode=0)
    (root / "closed.bin").write_bytes(b"x")
    (root / "closed.bin").chmod(0)
    yield root
    (root / "closed").chmod(stat.S_IRWXU)


def wrong_values(parameter: click.Parameter, root: Path, *, read: bool) -> list[Path]:
    """What cannot be meant in a place."""
    folder, file = parameter.type.dir_okay, parameter.type.file_okay
    wrong = [] if folder else [root / "empty", root / "two\nparts"]
    wrong += [] if file else [root / "garbage.bin", root / "one\nfile"]
    if not read:
        return wrong
    wrong += [root / "missing", root / "dangling", root / UNDECODABLE, root / "two\nlines", root / "-dash"]
    wrong += [root / "garbage.bin", root / "nothing.bin"] if file else []
    wrong += [root / "empty", root / "strange"] if folder else []
    if os.geteuid():
        wrong += ([root / "closed"] if folder else []) + ([root / "closed.bin"] if file else [])
    return list(dict.fromkeys(wrong))


def line(words: str, parameter: click.Parameter, value: Path, root: Path) -> list[str]:
    """A command line that is right but for one place."""
    result = words.split()
    for other in COMMANDS[words].params:
        if other.name == parameter.name:
            given = [str(value)]
        elif is_path(other):
            right = root / "music" if other.type.dir_okay else root / "music" / "calm" / "0.wav"
            given = [str(right)] if other.required else []
        else:
            given = GIVEN.get(other.name, []) if other.required or other.name in ("models", "model") else []
        if given:
            result += given if isinstance(other, click.Argument) else [other.opts[0], *given]
    # Without a run, and none named, the packaged model answers; it is not what is tested here.
    named = {other.name for other in COMMANDS[words].params} >= {"model", "runs"} and parameter.name != "runs"
    return [*result, "--runs", str(root / "music")] if named else result


def test_every_place_that_takes_a_path_is_known():
    assert set(WRITTEN) <= set(COMMANDS)
    for words, names in WRITTEN.items():
        assert names <= {one.name for one in COMMANDS[words].params if is_path(one)}, words
    assert len(places()) > 40


NEXT = re.compile(r"\b(Give|Use|Name|Make|Fit|Check|Replace|Add|Choose|Extract|Write|Put|Try|Save)\b", re.I)
"""What to do next begins with one of these words."""


@pytest.mark.parametrize(
    ("words", "parameter"), places(), ids=[f"{words} {one.name}" for words, one in places()]
)
def test_a_wrong_path_is_one_line_that_says_where(words, parameter, world, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    read = parameter.name not in WRITTEN.get(words, ())
    for value in wrong_values(parameter, world, read=read):
        code = run(line(words, parameter, value, world))
        shown = capsys.readouterr()
        said = (code, shown.out, shown.err)
        assert code in (1, 2), (value, said)
        for word in ("Traceback", "fault of this program", "\udce9", "cffi"):
            assert word not in shown.err, said
        *before, last = shown.err.splitlines()
        # A model is looked for before a table that only a model can use, the first run before the second.
        earlier = re.search("holds no .*model|no run folder", last)
        assert one_line(value.name) in last or earlier, (value, said)
        if code == 1:
            assert (before, shown.out) == ([], ""), said
            assert last.startswith("Error: "), said
            assert NEXT.search(last), said


@pytest.mark.parametrize("words", COMMANDS)
def test_a_missing_argument_or_a_strange_option_is_said_with_the_usage(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run([*words.split(), "--no-such-option"]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"Usage: gtzan {words} ")
    assert "--no-such-option" in told.splitlines()[-1]
    if any(one.required for one in COMMANDS[words].params):
        assert run(words.split()) == 2
        assert "Missing" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["predict", "explain", "compare", "features import", "data verify"])
def test_a_name_that_begins_with_a_dash_is_told_how_to_be_written(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "-xq.wav"
    (tmp_path / name).write_bytes(b"")
    assert run([*words.split(), name]) == 2
    assert f"Write ./{name}" in capsys.readouterr().err.splitlines()[-1]
