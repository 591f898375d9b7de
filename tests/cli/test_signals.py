"""What ends a command ends its workers too, at once, and is told."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.parallel.test_local import is_running, wait_for

COMMAND = """
import os, sys, time
from pathlib import Path
import click
from gtzan_cli.main import cli, main
from gtzan_features.parallel.local import local_executor

def work(folder):
    Path(folder, str(os.getpid())).touch()
    time.sleep(600)

@cli.command()
@click.argument("folder")
@click.argument("n_jobs", type=int)
def slow(folder, n_jobs):
    list(local_executor(n_jobs).map(work, [folder] * 4))

if __name__ == "__main__":
    main(["slow", *sys.argv[1:]])
"""

LOADED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
wanted = sys.argv[1]

class Interrupts:
    def find_spec(self, name, *_):
        if name == wanted:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
from gtzan_cli.__main__ import main
sys.argv[:] = ["gtzan", "features", "describe"]
main()
"""


@pytest.mark.parametrize(
    ("module", "code"), [("gtzan_cli.main", -2), ("gtzan_features.extraction.describe", 130)]
)
def test_ctrl_c_while_a_module_is_loaded_prints_no_traceback(module, code):
    words = [sys.executable, "-c", LOADED, module]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert len(done.stderr.strip().splitlines()) == (code > 0)


@pytest.mark.parametrize(
    ("number", "code", "n_jobs"),
    [
        (signal.SIGTERM, 143, 1),
        (signal.SIGTERM, 143, 2),
        (signal.SIGINT, 130, 1),
        (signal.SIGINT, 130, 2),
        (signal.SIGHUP, 129, 2),
    ],
)
def test_a_signal_ends_the_command_and_its_workers(tmp_path, number, code, n_jobs):
    script, seen = tmp_path / "slow.py", tmp_path / "seen"
    script.write_text(COMMAND)
    seen.mkdir()
    words = [sys.executable, str(script), str(seen), str(n_jobs)]
    parent = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: len(list(seen.iterdir())) == n_jobs)
        parent.send_signal(number)
        _, said = parent.communicate(timeout=300)
    finally:
        parent.kill()
        parent.wait()
    assert parent.returncode == code
    assert said.strip() == "Interrupted. What is finished is kept: the same command goes on from there."
    workers = [int(path.name) for path in seen.iterdir()]
    wait_for(lambda: not any(is_running(pid) for pid in workers))
