"""Measure how extraction grows with files and workers, and write ``benchmarks/SCALING.md``.

    python benchmarks/scaling.py AUDIO_DIR [--files 10 100 1000] [--repeats 3]

AUDIO_DIR holds genre folders with WAV files, which are copied under other names until there are as many
as asked for; a few bytes after the samples make each copy another file. Every run is a process of its
own that extracts the 3 s and 30 s rows into a new folder, start of the workers included. The numbers of
workers take turns, so that a busy machine slows all of them. Memory is the highest of any worker (Linux).
Wanted of two workers: 1.9 times one over 1000 files, 1.6 times over 100.
Processors of a virtual machine may share a real one: the ceiling is how many times as fast plain Python
loops in as many processes are as one, measured in the same turns.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
Runs = dict[tuple[int, int], list[dict[str, Any]]]


def copies(audio: Path, folder: Path, count: int) -> Path:
    """Fill a folder with `count` WAV files of genre folders, each of other bytes."""
    originals = sorted(audio.rglob("*.wav"))
    for number, source in zip(range(count), itertools.cycle(originals), strict=False):
        target = folder / source.parent.name / f"{source.parent.name}.copy{number:04d}.wav"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        with target.open("ab") as handle:
            handle.write(number.to_bytes(8, "little"))
    return folder


def worker_peak_mb(jobs: int) -> float:
    """Highest memory of any worker that this process had; of this process where it had none."""
    whose = resource.RUSAGE_SELF if jobs == 1 else resource.RUSAGE_CHILDREN
    return resource.getrusage(whose).ru_maxrss / 1024


def child(audio: Path, jobs: int) -> None:
    """Extract once and print seconds, rows and memory as JSON."""
    from gtzan_features.extraction.extract import extract

    with tempfile.TemporaryDirectory() as out:
        summary = extract(audio, Path(out), n_jobs=jobs)
        rows = sum(count for _, count in summary.tables.values())
        result = {"seconds": summary.elapsed_s, "rows": rows, "reused": summary.n_reused}
        print(json.dumps(result | {"worker_mb": worker_peak_mb(jobs)}))


def ceiling(jobs: int) -> float:
    """Measure how many times as much `jobs` processes of a plain loop get done as one alone."""

    def loops(count: int) -> int:
        script = "import time\nend = time.time() + 2\nn = 0\nwhile time.time() < end: n += 1\nprint(n)"
        command = [sys.executable, "-c", script]
        processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
        return sum(int(process.communicate()[0]) for process in processes)

    return loops(jobs) / loops(1)


def run_child(audio: Path, jobs: int) -> dict[str, Any]:
    """Run `child` in a process of its own."""
    command = [sys.executable, __file__, str(audio), "--child", str(jobs)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    if result["reused"]:
        sys.exit("a copy was taken for another file: nothing measured")
    return result


def measure(audio: Path, counts: list[int], workers: list[int], repeats: int) -> Runs:
    """Extract each number of files with each number of workers, in turns."""
    found: Runs = {}
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            files = copies(audio, Path(folder), count)
            for _ in range(repeats):
                for jobs in workers:
                    result = run_child(files, jobs) | {"ceiling": ceiling(jobs)}
                    found.setdefault((count, jobs), []).append(result)
                    print(count, jobs, found[count, jobs][-1], flush=True)
    return found


def speedup(found: Runs, count: int, jobs: int) -> float:
    """Median over turns of one worker's time over that of several."""
    pairs = zip(found[count, 1], found[count, jobs], strict=True)
    return statistics.median(one["seconds"] / many["seconds"] for one, many in pairs)


def report(found: Runs) -> str:
    """Return the page."""
    from gtzan_features.text_table import TextTable

    rows = tuple(
        (
            str(count),
            str(jobs),
            f"{statistics.median(r['seconds'] for r in runs):.1f}",
            f"{1000 * statistics.median(r['seconds'] for r in runs) / count:.0f}",
            f"{speedup(found, count, jobs):.2f}",
            f"{statistics.median(r['ceiling'] for r in runs):.2f}",
            f"{max(r['worker_mb'] for r in runs):.0f}",
        )
        for (count, jobs), runs in sorted(found.items())
    )
    header = ("files", "workers", "seconds", "ms per file", "times one worker", "ceiling", "peak MB")
    cores = len(os.sched_getaffinity(0))
    python, today = platform.python_version(), f"{datetime.now(UTC):%Y-%m-%d}"
    return (
        "# Extraction by files and workers\n\n"
        "Written by `python benchmarks/scaling.py AUDIO_DIR`; do not edit.\n\n"
        f"- Machine: {processor()}, {cores} cores; Python {python}; {today}.\n"
        "- Tracks of 30 s (WAV), 3 s and 30 s rows, start of the workers included; medians over turns.\n\n"
        + TextTable(title="", header=header, rows=rows).markdown()
        + "\n"
    )


def processor() -> str:
    """Return what this machine's processor is called."""
    named = [x for x in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in x]
    return named[0].split(":")[1].strip() if named else platform.processor()


def main() -> None:
    """Measure, or be measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("audio", type=Path)
    parser.add_argument("--files", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        child(options.audio, options.child)
        return
    workers = list(range(1, len(os.sched_getaffinity(0)) + 1))
    found = measure(options.audio, options.files, workers, options.repeats)
    (HERE / "SCALING.md").write_text(report(found), encoding="utf-8")


if __name__ == "__main__":
    main()
