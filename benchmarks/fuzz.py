"""Read very many changed inputs by every reader, and say what came of them.

    python benchmarks/fuzz.py --inputs 1000000 --seed 0

Each failing input is written to a folder with a line that repeats it. `fuzz_coverage.py` is guided by the
branches that inputs reach.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

from typing import TYPE_CHECKING

from tests.fuzz.parent import Job, Outcome, add, run_jobs
from tests.fuzz.readers import READERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.fuzz.child import Tally

_BATCH = 5_000
"""Inputs of a process at most: then its memory is given back, and what is done is on the disk."""


def main() -> None:
    given = _arguments()
    if given.repeat:
        _repeat(given.repeat)
        return
    names = [name for name in READERS if not given.only or name.startswith(tuple(given.only))]
    started = time.monotonic()
    jobs = list(_jobs(names, given.inputs, given.seed, given.start))
    groups = _grouped(jobs)
    found = Outcome()
    with ThreadPoolExecutor(given.workers) as pool:
        for one in pool.map(
            lambda at: _batch(groups[at], given.out / f"work-{at}", given.nice), range(len(groups))
        ):
            for tally in one.tallies.values():
                add(found.tallies, tally)
            found.faults += one.faults
            _keep(one, given.out)
            _write(found, given.out, time.monotonic() - started)
    print(_table(found.tallies.values()))
    n_inputs, seconds = sum(t.n_inputs for t in found.tallies.values()), time.monotonic() - started
    print(f"{n_inputs} inputs, {len(found.faults)} faults, {seconds:.0f} s")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--inputs", type=int, default=10_000, help="of all readers together, divided by their cost"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0, help="number of the first input of each reader")
    parser.add_argument("--only", action="append", help="readers whose names begin so; may be repeated")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--nice", type=int, default=15)
    parser.add_argument("--out", type=Path, default=Path("fuzz"))
    parser.add_argument("--repeat", type=Path, help="a folder that was written for a failing input")
    return parser.parse_args()


def _jobs(names: Sequence[str], n_inputs: int, seed: int, start: int) -> Iterator[Job]:
    total = sum(READERS[name].weight for name in names)
    for name in names:
        stop = start + math.ceil(n_inputs * READERS[name].weight / total)
        for first in range(start, stop, _BATCH):
            yield name, seed, first, min(stop, first + _BATCH)


def _grouped(jobs: Sequence[Job]) -> list[list[Job]]:
    """Several jobs for a process, which takes seconds to start; readers that share worlds stay together."""
    groups: list[list[Job]] = []
    for job in sorted(jobs, key=lambda job: (job[2], job[0])):
        n_inputs = sum(stop - first for _, _, first, stop in groups[-1]) if groups else 0
        if not groups or n_inputs > 8 * _BATCH:
            groups.append([])
        groups[-1].append(job)
    return groups


def _batch(jobs: Sequence[Job], folder: Path, nice: int) -> Outcome:
    found = run_jobs(jobs, folder.resolve(), nice)
    shutil.rmtree(folder, ignore_errors=True)
    return found


def _keep(found: Outcome, out: Path) -> None:
    """Write each failing input, and the line that reads it once more."""
    for one in found.faults:
        name, index = one["reader"], one["index"]
        folder = out / "failing" / f"{name.replace('/', '-').replace(' ', '-')}-{one['seed']}-{index}"
        folder.mkdir(parents=True, exist_ok=True)
        reader = READERS[name]
        try:
            content = reader.input(one["seed"], index, reader.seeds(folder / "seeds"))
            (folder / Path(reader.file).name).write_bytes(content)
        except Exception as error:  # the fault is told all the same
            one["where"] += f"\n(not written again: {error!r})"
        shutil.rmtree(folder / "seeds", ignore_errors=True)
        (folder / "fault.json").write_text(json.dumps(one, indent=1))
        (folder / "repeat.sh").write_text(f"python benchmarks/fuzz.py --repeat {folder}\n")


def _repeat(folder: Path) -> None:
    """Read a failing input once more, in this process, with the traceback."""
    import tempfile

    one = json.loads((folder / "fault.json").read_text())
    reader = READERS[one["reader"]]
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "input"
        reader.seeds(Path(scratch) / "seeds")
        if reader.around is not None:
            reader.around(place)
        path = place / reader.file
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / Path(reader.file).name, path)
        print(reader.read(path))


def _write(found: Outcome, out: Path, seconds: float) -> None:
    content = {
        "seconds": seconds,
        "faults": found.faults,
        "readers": {n: vars(t) for n, t in found.tallies.items()},
    }
    (out / "result.json").write_text(json.dumps(content, indent=1))


def _table(tallies: Iterable[Tally]) -> str:
    lines = [
        "| reader | inputs | what came of them | slowest, s of the processor | peak memory, MB |",
        "|---|---|---|---|---|",
    ]
    for one in sorted(tallies, key=lambda one: one.reader):
        came = ", ".join(f"{what} {n}" for what, n in sorted(one.outcomes.items(), key=lambda kv: -kv[1]))
        lines.append(
            f"| {one.reader} | {one.n_inputs} | {came} | {one.slowest_s:.2f} | {one.peak_bytes / 1e6:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
