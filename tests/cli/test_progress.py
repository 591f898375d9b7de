"""What a person sees while a command works: on a terminal, in a notebook, in a log."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest
from gtzan_cli import progress
from gtzan_cli.progress import Meter

SCRIPT = """
import sys, time
from gtzan_cli import progress, streams
streams.prepare()
progress.LINE_S = 0.05
with progress.progress_bar() as told:
    told(0, 4, "files")
    for done in range(1, 5):
        time.sleep(0.25)
        told(done, 4, "files")
        progress.show(f"result {done}")
        progress.notice(f"warning {done}")
progress.print_table("title", ("a", "b"), [("1", "2")])
"""


STILL = """
import threading, time
from gtzan_cli import progress, streams
from gtzan_features.progress import still
streams.prepare()
counts = []
for _ in range(10):
    with progress.progress_bar() as told:
        told(1, 4, "files")
        time.sleep(0.03)
        counts.append(threading.active_count())
        with still():
            counts.append(threading.active_count())
        counts.append(threading.active_count())
print(counts == [2, 1, 2] * 10)
"""


def on_terminal(
    *, script: str = SCRIPT, piped: bool = False, columns: int = 80, **environment: str
) -> tuple[str, str]:
    """Run a script on a terminal, its stdout in a pipe if asked for; return what both showed."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = {k: v for k, v in os.environ.items() if k not in ("JPY_PARENT_PID", "NO_COLOR", "COLUMNS")}
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE if piped else theirs,
        stderr=theirs,
        env={**env, "TERM": "xterm", **environment},
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the other side is closed
        while chunk := os.read(ours, 4096):
            shown += chunk
    out, _ = process.communicate()
    os.close(ours)
    assert process.returncode == 0, shown
    return shown.decode(), (out or b"").decode()


def screen(shown: str) -> list[str]:
    """What stands on the screen in the end, by what a terminal does with line breaks and escapes."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", shown):
        if part == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif part == "\r":
            column = 0
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part == "\x1b[1A":
            row -= 1
        elif part[0] != "\x1b":
            line = lines[row].ljust(column)
            lines[row] = line[:column] + part + line[column + len(part) :]
            column += len(part)
        else:
            assert re.fullmatch(r"\x1b\[([\d;]*m|\?25[lh])", part), part
    return lines


def test_results_and_warnings_stand_on_lines_of_their_own():
    shown, _ = on_terminal()
    assert "files 1/4" in shown
    plain = screen(shown)
    expected = [f"{kind} {i}" for i in range(1, 5) for kind in ("result", "warning")]
    assert plain[:8] == expected
    assert not any("files" in line for line in plain)


def test_results_in_a_pipe_are_results_alone_though_a_bar_is_drawn():
    shown, out = on_terminal(piped=True)
    assert out.splitlines()[:4] == [f"result {i}" for i in range(1, 5)]
    assert "\x1b" not in out
    assert all(line == line.rstrip() for line in out.splitlines())
    assert "files 1/4" in shown


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "unknown"}, {"JPY_PARENT_PID": "7"}])
def test_a_notebook_and_a_dumb_terminal_get_plain_lines(environment):
    shown, _ = on_terminal(**environment)
    assert "\x1b" not in shown
    assert "starting" not in shown
    assert re.search(
        r"^files [0-4]/4, [\d.]+ files/s, 0:0\d left\r?$|^files 0/4, 0:00 so far\r?$", shown, re.MULTILINE
    )


def test_no_color_is_obeyed():
    assert "\x1b[1m" in on_terminal()[0]
    assert "\x1b[1m" not in on_terminal(NO_COLOR="1")[0]


def test_the_bar_is_never_wider_than_the_terminal():
    shown, _ = on_terminal(columns=30)
    plain = re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", shown)
    drawn = [part for part in re.split(r"[\r\n]", plain) if "files" in part or "━" in part]
    assert drawn
    assert max(map(len, drawn)) <= 30


def test_the_cursor_is_shown_again_in_the_end():
    shown, _ = on_terminal()
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


def test_a_bar_in_ascii_on_a_terminal_that_has_no_more():
    shown, _ = on_terminal(PYTHONIOENCODING="ascii")
    assert "---" in shown
    assert shown.isascii()
    assert screen(shown)[:2] == ["result 1", "warning 1"]


def test_where_nothing_can_be_drawn_a_line_comes_from_time_to_time():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("files")]
    assert len(lines) >= 4
    assert all(re.fullmatch(r"files \d/4, ([\d.]+ files/s, )?0:0\d (left|so far)", line) for line in lines)


def test_the_thread_that_shows_progress_ends_while_a_process_is_copied():
    _, out = on_terminal(script=STILL, piped=True)
    assert out == "True\n"
    done = subprocess.run([sys.executable, "-c", STILL], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


class TestTime:
    @pytest.fixture
    def clock(self, monkeypatch):
        now = [100.0]
        monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
        return now

    def test_is_estimated_from_the_steps_that_were_made(self, clock):
        meter = Meter()
        clock[0] += 40
        assert str(meter) == "at work for 0:40"
        meter(0, 10, "folds")
        clock[0] += 60
        meter(3, 10, "folds")
        assert str(meter) == "folds 3/10, 2:20 left"

    def test_what_was_found_done_tells_nothing_of_the_rest(self, clock):
        meter = Meter()
        meter(500, 1000, "files")
        clock[0] += 100
        meter(501, 1000, "files")
        assert str(meter) == "files 501/1000, 0.01 files/s, 13:51:40 left"

    def test_a_new_kind_of_step_begins_anew(self, clock):
        meter = Meter()
        meter(0, 2, "lda")
        clock[0] += 1000
        meter(2, 2, "lda")
        meter(0, 2, "svm")
        clock[0] += 10
        meter(1, 2, "svm")
        assert str(meter) == "svm 1/2, 0:10 left"


@pytest.mark.parametrize("width", [60, 80, 100])
def test_long_lines_are_broken_at_words_on_a_terminal_only(width, monkeypatch, capsys):
    line = "  rock: taken for disco 14, country 11, reggae 4, jazz 3, blues 1, classical 1, hiphop 1, metal 1"
    progress.show(line)
    assert capsys.readouterr().out == line + "\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    progress.show(line)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert " ".join(" ".join(lines).split()) == line.strip()
