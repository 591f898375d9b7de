"""Time two commands on the same files with the same number of processes: a naive script, and ours.

    python benchmarks/commands.py AUDIO_DIR [--jobs 2] [--naive SCRIPT]

Whole processes, start included; 3 s and 30 s rows. SCRIPT takes AUDIO_DIR OUT.csv --jobs N and is run with
--exact where it knows that word; by default it is benchmarks/naive_librosa.py.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("audio", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--naive", type=Path, default=HERE / "naive_librosa.py")
    options = parser.parse_args()
    count = sum(1 for p in options.audio.rglob("*") if p.suffix == ".wav")
    jobs = str(options.jobs)
    exact = ["--exact"] if "--exact" in options.naive.read_text() else []
    with tempfile.TemporaryDirectory() as folder:
        naive = [sys.executable, str(options.naive), str(options.audio), f"{folder}/naive.csv", *exact]
        ours = [
            sys.executable,
            "-m",
            "gtzan_cli",
            "features",
            "extract",
            str(options.audio),
            "-o",
            f"{folder}/ours",
        ]
        spent = {"naive": seconds([*naive, "--jobs", jobs]), "gtzan": seconds([*ours, "-j", jobs])}
    for name, value in spent.items():
        print(f"{name}: {value:.1f} s, {1000 * value / count:.0f} ms per track, {jobs} processes")
    print(f"{spent['naive'] / spent['gtzan']:.1f} times faster, {count} tracks")


if __name__ == "__main__":
    main()
