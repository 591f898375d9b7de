"""States of a machine, each in a child of one process that has imported what commands need.

Run as a program, it reads a task a line (JSON: ``words``, ``state``, ``value``), runs each in a fork of its
own, and answers in a line: ``code``, ``out``, ``err``.
"""

from __future__ import annotations

import builtins
import ctypes
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

_CAPABILITIES_3 = 0x20080522


def bound_by_permissions(_: object) -> None:
    """Give up what lets root read and write everywhere."""
    if os.geteuid() == 0:
        library = ctypes.CDLL(None, use_errno=True)
        head, none = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0), (ctypes.c_uint32 * 6)()
        if library.capset(head, none):
            raise OSError(ctypes.get_errno(), "capset")


def without_descriptors(value: int) -> None:
    held = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    resource.setrlimit(resource.RLIMIT_NOFILE, (held + value, held + value))


def with_short_files(value: int) -> None:
    sys.dont_write_bytecode = True  # Python would leave a compiled module that is cut off there
    resource.setrlimit(resource.RLIMIT_FSIZE, (value, resource.RLIM_INFINITY))


def in_no_folder(_: object) -> None:
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    os.rmdir(folder)  # noqa: PTH106


def at_a_time(value: float) -> None:
    """Set the clock of this process, as far as Python asks it."""
    real = time.time
    time.time = lambda: real() + value


def with_environment(value: dict[str, str | None]) -> None:
    for name, text in value.items():
        os.environ.pop(name, None)
        if text is not None:
            os.environ[name] = text
    tempfile.tempdir = None


STATES = {
    "": lambda _: None,
    "permissions": bound_by_permissions,
    "descriptors": without_descriptors,
    "size": with_short_files,
    "no folder": in_no_folder,
    "clock": at_a_time,
    "environment": with_environment,
}


def answer(task: dict) -> dict:
    """Run one command in a child, its streams in files."""
    folder = Path(tempfile.mkdtemp())
    child = os.fork()
    if child == 0:
        try:
            for number, name in ((1, "out"), (2, "err")):
                handle = os.open(folder / name, os.O_CREAT | os.O_WRONLY)
                os.dup2(handle, number)
                os.close(handle)
            signal.alarm(120)  # a command that waits for ever ends the test, not the run
            STATES[task["state"]](task["value"])
            from gtzan_cli.main import run

            code = run(task["words"])
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException as error:  # what a user would see as a traceback
            os.write(2, f"Traceback: {error!r}\n".encode())
            code = 99
        os._exit(code)
    status = os.waitpid(child, 0)[1]
    said = {name: (folder / name).read_text(errors="replace") for name in ("out", "err")}
    shutil.rmtree(folder)
    return {"code": os.waitstatus_to_exitcode(status), **said}


def main() -> None:
    import warnings

    warnings.simplefilter("ignore")
    for name in ("numpy", "pandas", "pyarrow.parquet", "sklearn.metrics", "scipy.stats", "gtzan_cli.main"):
        builtins.__import__(name)
    for name in ("extraction.extract", "reporting.fit_run", "reporting.report", "music.verify"):
        builtins.__import__(f"gtzan_features.{name}")
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
