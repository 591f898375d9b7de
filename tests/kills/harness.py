"""One trial: begin a command, stop it, look at what is left, give the same command again, compare."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.kills import moments
from tests.kills.commands import COMMANDS, MATERIAL, Command, first_run, keep_few_genres, write_archive
from tests.kills.http_server import serve_archive
from tests.kills.left_files import differences, misread, snapshot

ENDED = {
    signal.SIGKILL: (-9,),
    signal.SIGTERM: (143, -15),
    signal.SIGINT: (130, -2),
    signal.SIGHUP: (129, -1),
}
"""Exit codes that a shell takes for the end by a signal."""

LINE = "Interrupted. What is finished is kept: the same command goes on from there."
OUTLIVE_S = 120.0
"""Seconds that a worker may outlive its command, on a machine that is busy with other things."""

LONGEST_S = 300.0

_FAULT = re.compile(r"Traceback|fault of this program|\w+Warning:|^Exception ignored", re.MULTILINE)
_ROOT = Path(__file__).resolve().parents[2]
_TRIAL = "GTZAN_KILLS_TRIAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """How a command is stopped.

    Attributes
    ----------
    number : Signals
    target : {"parent", "worker", "group"}
    at : float or int
        Share of the undisturbed duration, or number of the change to files that is not made any more.
    fresh : bool
        Whether a new interpreter is started, so that imports are a part of it, or one is forked.
    """

    number: signal.Signals
    target: str = "parent"
    at: float | int = 0.5
    fresh: bool = False

    def __str__(self) -> str:
        when = f"change {self.at}" if isinstance(self.at, int) else f"{self.at:.4f} of its time"
        return f"{self.number.name} to {self.target} at {when}{', new interpreter' if self.fresh else ''}"


@dataclass(slots=True)
class Outcome:
    """What a trial found; `faults` are empty where all promises were kept."""

    command: str
    stop: Stop
    code: int = 0
    in_time: bool = True
    outlived_s: float = 0.0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(slots=True)
class Undisturbed:
    """What a command does when nobody stops it."""

    files: dict[str, str]
    seconds: float
    changes: dict[str, int]
    said: set[str]


class Process:
    """A command at work."""

    def __init__(self, pid: int, folder: Path, trial: str) -> None:
        self.pid, self.folder, self.trial = pid, folder, trial
        self.handle = os.pidfd_open(pid)

    def has_ended(self, seconds: float) -> bool:
        """Wait for the end for so long."""
        return bool(select.select([self.handle], [], [], max(seconds, 0))[0])

    def others(self) -> list[int]:
        """Processes of the command other than the first, by session or by environment."""
        mark = f"{_TRIAL}={self.trial}".encode()
        return [
            pid for pid in _processes() if pid != self.pid and (_session(pid) == self.pid or _has(pid, mark))
        ]

    def workers(self) -> list[int]:
        """Python processes that work for the command."""
        own = _file(self.pid, "cmdline")  # which a copy has, too
        return [
            pid
            for pid in self.others()
            if (words := _file(pid, "cmdline")) and (words == own or b"popen_loky" in words)
        ]


class Harness:
    """Material, a server that starts commands, and a folder for trials.

    Parameters
    ----------
    root : Path
        An empty folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.material, self.temporary = root / "material", root / "tmp"
        self.undisturbed: dict[str, Undisturbed] = {}
        self.n_trials = 0
        environment = {**os.environ, **_ENVIRONMENT}
        environment["PYTHONPATH"] = os.pathsep.join(
            (str(Path(moments.__file__).parent / "shim"), str(_ROOT), str(_ROOT / "cli"))
        )
        environment["TMPDIR"] = str(self.temporary)
        self.server = subprocess.Popen(
            [sys.executable, "-m", "tests.kills.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
            env=environment,
        )
        self._answer()

    def _answer(self) -> str:
        assert self.server.stdout is not None
        line = self.server.stdout.readline().strip()
        if not line:
            msg = "the process that starts commands ended"
            raise RuntimeError(msg)
        return line

    def _ask(self, **request: object) -> int:
        assert self.server.stdin is not None
        self.server.stdin.write(json.dumps(request) + "\n")
        self.server.stdin.flush()
        return int(self._answer())

    def make_material(self, url: str, wanted: set[str]) -> None:
        """Write what commands begin with; `wanted` says what they need."""
        self.material.mkdir()
        self.temporary.mkdir()
        write_archive(self.material, url)
        for words in MATERIAL:
            if any(name in words and name not in wanted for name in ("long", "slices")):
                continue
            process = self.start(words, self.material)
            if self.end(process, LONGEST_S):
                raise RuntimeError(f"gtzan {' '.join(words)}:\n{self.said('err')}")
            if words[2] == "made":
                keep_few_genres(self.material / "made")
                (self.material / "made").rename(self.material / "music")
            elif words[2] == "long":
                keep_few_genres(self.material / "long")

    def start(
        self, words: tuple[str, ...], folder: Path, moment: str = "", *, fresh: bool = False
    ) -> Process:
        """Begin a command in `folder`."""
        self.n_trials += 1
        trial = f"{os.getpid()}-{self.n_trials}"
        environment = {_TRIAL: trial, moments.VARIABLE: moment}
        out, err = (str(self.root / name) for name in ("out", "err"))
        pid = self._ask(
            do="start",
            words=words,
            folder=str(folder),
            environment=environment,
            out=out,
            err=err,
            fresh=fresh,
        )
        return Process(pid, folder, trial)

    def end(self, process: Process, seconds: float) -> int:
        """Wait for a command; one that takes too long is killed."""
        if not process.has_ended(seconds):
            for pid in (process.pid, *process.others()):
                _send(pid, signal.SIGKILL)
        os.close(process.handle)
        return self._ask(do="status", pid=process.pid)

    def said(self, name: str) -> str:
        """What the command wrote to ``out`` or ``err``."""
        return (self.root / name).read_text(errors="replace")

    def prepare(self, command: Command) -> Path:
        """Make the folder of a trial as it is at the start, always under one path."""
        folder = self.root / "trial"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(self.temporary, ignore_errors=True)
        folder.mkdir()
        self.temporary.mkdir()
        for name in command.needs:
            source = self.material / name
            if source.is_dir():
                shutil.copytree(source, folder / name)
            else:
                shutil.copy2(source, folder / name)
        return folder

    def words(self, command: Command) -> tuple[str, ...]:
        """Words of the command line."""
        return tuple(first_run(self.material / "runs") if word == "RUN" else word for word in command.words)

    def measure(self, command: Command) -> Undisturbed:
        """Run a command without a stop: what it writes, for how long, and what it says."""
        if command.name in self.undisturbed:
            return self.undisturbed[command.name]
        folder, log = self.prepare(command), self.root / "counted"
        logs = {role: Path(f"{log}-{role}") for role in ("parent", "worker")}
        for path in logs.values():
            path.unlink(missing_ok=True)
        begun = time.monotonic()
        process = self.start(self.words(command), folder, f"each:0:0:0:{log}")
        code = self.end(process, LONGEST_S)
        seconds = time.monotonic() - begun
        if code:
            raise RuntimeError(f"{command.name} ends with {code}:\n{self.said('err')}")
        changes = {
            role: len(path.read_text().splitlines()) if path.exists() else 0 for role, path in logs.items()
        }
        said = set(self.said("err").splitlines())
        found = self.undisturbed[command.name] = Undisturbed(snapshot(folder), seconds, changes, said)
        return found

    def trial(self, command: Command, stop: Stop) -> Outcome:
        """Stop a command, and say which promises were not kept."""
        usual = self.measure(command)
        outcome = Outcome(command.name, stop)
        begun = time.monotonic()
        folder = self.prepare(command)
        before = snapshot(folder)
        process = self._stopped(command, stop, folder, usual, outcome)
        outcome.code = self.end(process, LONGEST_S)
        outcome.outlived_s = _survive(process, outcome.faults)
        self._judge_end(stop, usual, outcome)
        after = snapshot(folder)
        if outcome.code == 0 and (found := differences(after, usual.files)):
            outcome.faults.append(f"ended with 0, but {found}")
        outcome.faults += misread(folder, before, after, usual.files)
        if stop.number != signal.SIGKILL and (left := self._temporary_files()):
            outcome.faults.append(f"left in the temporary folder: {left}")
        if outcome.code:
            self._again(command, folder, usual, outcome)
        outcome.seconds = time.monotonic() - begun
        return outcome

    def _stopped(
        self, command: Command, stop: Stop, folder: Path, usual: Undisturbed, outcome: Outcome
    ) -> Process:
        words = self.words(command)
        if isinstance(stop.at, int):
            log = self.root / "changes"
            for path in (log, Path(f"{log}.fired")):
                path.unlink(missing_ok=True)
            role = "worker" if stop.target == "worker" else "parent"
            moment = f"{role}:{stop.at}:{int(stop.number)}:{int(stop.target == 'group')}:{log}"
            process = self.start(words, folder, moment, fresh=stop.fresh)
            process.has_ended(LONGEST_S)
            outcome.in_time = Path(f"{log}.fired").exists()
            return process
        process = self.start(words, folder, fresh=stop.fresh)
        delay = stop.at * (usual.seconds + (1.5 if stop.fresh else 0))
        outcome.in_time = not process.has_ended(delay)
        if stop.target == "worker":
            workers = process.workers()
            outcome.in_time = bool(workers)
            if workers:
                _send(random.Random(delay).choice(workers), stop.number)
        elif stop.target == "group":
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, stop.number)
        else:
            _send(process.pid, stop.number)
        return process

    def _judge_end(self, stop: Stop, usual: Undisturbed, outcome: Outcome) -> None:
        said = self.said("err")
        allowed = {0} if stop.target == "worker" or not outcome.in_time else {0, *ENDED[stop.number]}
        if isinstance(stop.at, int) and outcome.in_time and stop.target != "worker":
            allowed.discard(0)
        if outcome.code not in allowed:
            outcome.faults.append(f"exit code {outcome.code}: {said[-600:]}")
        if _FAULT.search(said):
            outcome.faults.append(f"stderr: {said[-1500:]}")
        new = [line for line in said.splitlines() if line.strip() and line not in usual.said]
        if outcome.code and [line for line in new if line != LINE][1:]:
            outcome.faults.append(f"more than a line: {new}")

    def _again(self, command: Command, folder: Path, usual: Undisturbed, outcome: Outcome) -> None:
        code = self.end(self.start(self.words(command), folder), LONGEST_S)
        if code not in ((0, 1) if command.removes else (0,)):
            outcome.faults.append(f"again: exit code {code}: {self.said('err')[-600:]}")
            return
        # Of what is removed the lock may stay: it locks nobody out.
        now = {
            path: digest
            for path, digest in snapshot(folder).items()
            if not (command.removes and path.endswith(".lock"))
        }
        if found := differences(now, usual.files):
            outcome.faults.append(f"again: {found}")
        if left := self._temporary_files():
            outcome.faults.append(f"again: left in the temporary folder: {left}")

    def _temporary_files(self) -> list[str]:
        return sorted(path.name for path in self.temporary.iterdir())

    def close(self) -> None:
        """End the server."""
        self.server.kill()
        self.server.communicate()


@contextmanager
def harness(commands: Sequence[Command] = COMMANDS) -> Iterator[Harness]:
    """Give a harness whose material is made, and remove all of it in the end."""
    root = Path(tempfile.mkdtemp(prefix="gtzan-kills-"))
    made = Harness(root)
    try:
        with serve_archive(root / "material" / "archive.zip") as url:
            made.make_material(url, {name for command in commands for name in command.needs})
            yield made
    finally:
        made.close()
        shutil.rmtree(root, ignore_errors=True)


_ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "PYTHONDONTWRITEBYTECODE": "1",
    "MPLBACKEND": "agg",
    "COLUMNS": "100",
}


def _survive(process: Process, faults: list[str]) -> float:
    """Return for how long processes of a command went on after it."""
    begun = time.monotonic()
    while others := process.others():
        if time.monotonic() - begun > OUTLIVE_S:
            lines = [_file(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace") for pid in others]
            faults.append(f"{len(others)} processes outlive the command: {lines}")
            for pid in others:
                _send(pid, signal.SIGKILL)
            break
        time.sleep(0.02)
    return time.monotonic() - begun


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _file(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _session(pid: int) -> int:
    """Return the session of a process; 0 where it is gone or only waits to be asked for its end."""
    fields = _file(pid, "stat").rpartition(b")")[2].split()
    return int(fields[3]) if fields and fields[0] not in (b"Z", b"X") else 0


def _has(pid: int, mark: bytes) -> bool:
    return mark in _file(pid, "environ").split(b"\0")


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
