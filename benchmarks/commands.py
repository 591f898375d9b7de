"""Time two commands on the same files with the same number of processes: a naive script, and ours.

    python benchmarks/commands.py AUDIO_DIR [--jobs 2] [--tracks 20] [--naive SCRIPT]

Whole processes, start included; 3 s and 30 s rows. Our command runs once before, so that kernels are
compiled. By one process over 20 tracks (``--jobs 1 --tracks 20``), 30 times as fast is wanted. SCRIPT takes
AUDIO_DIR OUT.csv --jobs N and is run with --exact where it knows that word; by default it is
benchmarks/naive_librosa.py.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""A user has compiled modules."""


def seconds(command: list[str]) -> tuple[float, float]:
    """Run a command; return its seconds on the clock and of processors."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def some(audio: Path, folder: Path, count: int) -> Path:
    """Copy the first `count` WAV files of AUDIO_DIR, taking genre folders in turns."""
    ranks: dict[str, int] = {}
    found = []
    for path in sorted(audio.rglob("*.wav")):
        ranks[path.parent.name] = ranks.get(path.parent.name, 0) + 1
        found.append((ranks[path.parent.name], path))
    for _, path in sorted(found)[:count]:
        target = folder / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("audio", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tracks", type=int, help="only so many of the WAV files")
    parser.add_argument("--naive", type=Path, default=HERE / "naive_librosa.py")
    options = parser.parse_args()
    jobs = str(options.jobs)
    exact = ["--exact"] if "--exact" in options.naive.read_text() else []
    with tempfile.TemporaryDirectory() as folder:
        audio = (
            some(options.audio, Path(folder, "music"), options.tracks) if options.tracks else options.audio
        )
        count = sum(1 for p in audio.rglob("*") if p.suffix == ".wav")
        naive = [sys.executable, str(options.naive), str(audio), f"{folder}/naive.csv", *exact]
        ours = [
            sys.executable,
            "-m",
            "gtzan_cli",
            "features",
            "extract",
            str(audio),
            "-o",
        ]
        seconds([*ours, f"{folder}/before", "-j", jobs])
        spent = {
            "naive": seconds([*naive, "--jobs", jobs]),
            "gtzan": seconds([*ours, f"{folder}/ours", "-j", jobs]),
        }
    for name, (wall, cpu) in spent.items():
        each = f"{1000 * wall / count:.0f} ms per track"
        print(f"{name}: {wall:.1f} s, {cpu:.1f} s of processors, {each}, {jobs} processes")
    by_clock, by_processor = (spent["naive"][at] / spent["gtzan"][at] for at in range(2))
    print(f"{by_clock:.1f} times faster, {by_processor:.1f} times less of processors, {count} tracks")


if __name__ == "__main__":
    main()
