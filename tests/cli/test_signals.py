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


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_command_and_its_workers(tmp_path, number, code, n_jobs):
    script, seen = tmp_path / "slow.py", tmp_path / "seen"
    script.write_text(COMMAND)
    seen.mkdir()
    words = [sys.executable, str(script), str(seen), str(n_jobs)]
    parent = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: len(list(seen.iterdir())) == n_jobs)
        parent.send_signal(number)
        _, said = parent.communicate(timeout=60)
    finally:
        parent.kill()
        parent.wait()
    assert parent.returncode == code
    assert said.strip() == "Interrupted. What is finished is kept: the same command goes on from there."
    workers = [int(path.name) for path in seen.iterdir()]
    wait_for(lambda: not any(is_running(pid) for pid in workers))
