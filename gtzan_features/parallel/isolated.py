"""One call in a process of its own: if that process dies, the caller gets an exception."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from gtzan_features.garbage import look_later
from gtzan_features.parallel.carried import pickled, with_plugins
from gtzan_features.parallel.held_interrupts import held_interrupts, take_endings
from gtzan_features.parallel.parent import end_with_parent
from gtzan_features.stall import LIMIT_S, ended_by_watch, watch_files
from gtzan_features.system_calls import shares_handles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gtzan_features.parallel.executor import Item, Result

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from gtzan_features.parallel.isolated import main; main(*sys.argv[2:])"
)
ONE_THREAD = dict.fromkeys(
    (
        *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"),
        *("VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS", "NUMEXPR_NUM_THREADS"),
    ),
    "1",
)
"""What keeps the libraries of a new process to one thread."""


class ProcessDiedError(Exception):
    """The process of a call ended before the call did; the text says how, as in ``signal 9``."""


def call_isolated(function: Callable[[Item], Result], item: Item) -> Result:
    """Return ``function(item)``, computed in a new process; an exception of the function is raised here.

    Raises
    ------
    ProcessDiedError
        If the process ended by a signal or an exit of its own.
    """
    task = pickled((with_plugins(function), item))
    code, answer = (_by_pipe if shares_handles() else _by_file)(task)
    if code or not answer:
        raise ProcessDiedError(_how(code))
    # Written by this program a moment ago, into a pipe of this process.
    result, error = pickle.loads(answer)
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


def _by_pipe(task: bytes) -> tuple[int, bytes]:
    """Return exit code and answer; no file stays where this process is killed."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as answers:
        try:
            process = _started(str(writing), pass_fds=(writing,))
        finally:
            os.close(writing)
        with _ended(process):
            _send(task, process)
            answer = answers.read()
            return process.wait(), answer


def _by_file(task: bytes) -> tuple[int, bytes]:
    """Return exit code and answer on a system that hands no pipe to a process."""
    with tempfile.TemporaryDirectory(prefix="gtzan-call-") as folder:
        path = Path(folder, "answer")
        process = _started(str(path))
        with _ended(process):
            _send(task, process)
            code = process.wait()
        return code, path.read_bytes() if path.exists() else b""


def _started(answer: str, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", _START, json.dumps(sys.path), answer, str(os.getpid())]
    with held_interrupts():
        return subprocess.Popen(
            words, env={**os.environ, **ONE_THREAD}, stdin=subprocess.PIPE, pass_fds=pass_fds
        )


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process with the block."""
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _send(task: bytes, process: subprocess.Popen[bytes]) -> None:
    """Write a task to the stdin of a process, which may have ended before it reads."""
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(task)
        with contextlib.suppress(BrokenPipeError):  # what is left is written now
            process.stdin.close()


def _how(code: int) -> str:
    if ended_by_watch(code):
        return f"its decoder gave nothing for {LIMIT_S:g} s of the processor"
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def main(answer: str, parent: str) -> None:
    """Do the call that stdin holds, and write its result or its exception.

    Parameters
    ----------
    answer : str
        Where to: the number of a pipe, or the path of a file.
    parent : str
        The number of the process that waits for it.
    """
    end_with_parent(int(parent))
    take_endings()
    watch_files()
    look_later()  # there is one item
    place = int(answer) if answer.isdecimal() else answer
    if isinstance(place, int):
        os.set_inheritable(place, False)
    task = sys.stdin.buffer.read()
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    result: Any = None
    error: BaseException | None = None
    try:
        function, item = pickle.loads(task)
        with threadpool_limits(1):
            result = function(item)
    except BaseException as caught:
        error = caught
    with open(place, "wb") as pipe:  # noqa: PTH123 - a path or a number
        pipe.write(pickle.dumps((result, error)))
