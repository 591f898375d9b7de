"""Starts commands by forking a process that has imported everything: a trial takes tenths of a second.

Reads a request a line from stdin and answers a line: ``start`` forks, ``status`` tells how a process ended.
The child leaves the loop and ends as any Python program, with all that is done at its exit.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import types
from pathlib import Path
from typing import Any

from tests.kills import moments

MODULES = (
    *("numpy", "pandas", "pyarrow.parquet", "numba", "soundfile", "sklearn.svm", "sklearn.linear_model"),
    *("scipy.stats", "scipy.signal", "gtzan_cli.main", "gtzan_features.extraction.extract"),
    *("gtzan_features.reporting.report", "gtzan_features.training.fit", "gtzan_features.parallel.local"),
    *("gtzan_features.models.registry", "gtzan_features.descriptors.sets", "matplotlib.figure", "optuna"),
)


def start(request: dict[str, Any]) -> None:
    """Become the command: its own session, folder, environment and streams, as a shell would start it."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.chdir(request["folder"])
    os.environ.pop(moments.PARENT, None)
    os.environ.update(request["environment"])
    for number, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, request["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        handle = os.open(path, flags, 0o666)
        os.dup2(handle, number)
        os.close(handle)
    if request["fresh"]:
        os.execv(sys.executable, [sys.executable, "-m", "gtzan_cli", *request["words"]])
    moments.install()


def run(words: list[str]) -> None:
    """Run the command line in this process."""
    sys.argv = ["gtzan", *words]
    # Workers would import the main module of this process, which has no part in the command.
    sys.modules["__main__"] = types.ModuleType("__main__")
    from gtzan_cli.main import main

    main()


def serve() -> list[str]:
    """Answer requests; return the words of the command in the process that is to run it."""
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if request["do"] == "start":
            pid = os.fork()
            if not pid:
                start(request)
                return list(request["words"])
            answer = pid
        else:
            _, status = os.waitpid(request["pid"], 0)
            answer = os.waitstatus_to_exitcode(status)
        os.write(1, f"{answer}\n".encode())
    sys.exit(0)


if __name__ == "__main__":
    for module in MODULES:
        try:
            importlib.import_module(module)
        except ImportError:  # what only some commands need
            continue
    sys.path.append(str(Path.cwd()))
    os.write(1, b"ready\n")
    run(serve())
