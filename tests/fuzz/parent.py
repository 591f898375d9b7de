"""Starts processes that read inputs, and goes on after one that ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.child import NO_INPUT, Tally

ROOT = Path(__file__).resolve().parents[2]
Job = tuple[str, int, int, int]
"""Reader, seed, first input, and the one after the last."""

_MOST_ENDS = 20


@dataclass
class Outcome:
    """What came of all inputs."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)


def run_jobs(jobs: Sequence[Job], folder: Path, nice: int = 0) -> Outcome:
    """Read the inputs of some jobs, one after the other; each process that ends costs the input it was at."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.jsonl").write_text("")
    left, faults = list(jobs), []
    first = 0
    for _ in range(_MOST_ENDS):
        (folder / "journal").write_bytes(bytes(16))
        (folder / "jobs.json").write_text(json.dumps(left))
        code = _run(folder, first, nice)
        if code == 0:
            break
        content = (folder / "journal").read_bytes()
        at, index = int.from_bytes(content[:8], "little"), int.from_bytes(content[8:], "little")
        name, seed, _, stop = left[at]
        how = "no end" if code == -signal.SIGALRM else f"signal {-code}" if code < 0 else f"exit code {code}"
        where = (
            (folder / "trace.txt").read_text()[-3000:]
            if code < 0
            else (folder / "stderr.txt").read_text()[-3000:]
        )
        faults.append(
            {
                "reader": name,
                "seed": seed,
                "index": index,
                "what": f"the process ended: {how}",
                "where": where,
            }
        )
        # One that ended before its first input would do so again.
        left[at], first = (name, seed, stop if index == NO_INPUT else index + 1, stop), at
    return _collected(folder, faults)


def _run(folder: Path, first: int, nice: int) -> int:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "cli"), os.environ.get("PYTHONPATH", "")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")},
    }
    with (folder / "stderr.txt").open("w") as errors:
        command = [sys.executable, "-m", "tests.fuzz.child", str(folder), str(first)]
        if nice:
            command = ["nice", "-n", str(nice), *command]
        return subprocess.run(command, env=environment, stdout=errors, stderr=errors, check=False).returncode


def _collected(folder: Path, faults: list[dict[str, Any]]) -> Outcome:
    found = Outcome(faults=faults)
    for line in (folder / "report.jsonl").read_text(encoding="utf-8").splitlines():
        content = json.loads(line)
        if content.pop("kind") == "fault":
            found.faults.append(content)
            continue
        one = Tally(**content)
        add(found.tallies, one)
    return found


def add(tallies: dict[str, Tally], one: Tally) -> None:
    """Add the counts of a reader to those that are there."""
    known = tallies.setdefault(one.reader, Tally(reader=one.reader))
    known.n_inputs += one.n_inputs
    for name, count in one.outcomes.items():
        known.outcomes[name] = known.outcomes.get(name, 0) + count
    if one.slowest_s > known.slowest_s:
        known.slowest_s, known.slowest_input = one.slowest_s, one.slowest_input
    known.peak_bytes = max(known.peak_bytes, one.peak_bytes)
