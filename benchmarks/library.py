"""Measure ``gtzan predict`` on libraries of many files, and write ``benchmarks/LIBRARY.md``.

    python benchmarks/library.py AUDIO_DIR --model RUN [--files 1000 5000 20000] [--repeats 3]

RUN is a run folder of ``gtzan fit --final``. The library is made of excerpts of 3.1 s of the WAV files in
AUDIO_DIR at 22050 Hz, each in a file of its own: links to one file would be read once. Every run is a whole
command with two workers that writes into a new file, start of Python included, and then the same command
again, which finds all answers there. Memory is the highest that the system saw of the command's own process
and of any worker (Linux). The largest library is measured once, with each format; of the others, figures are
medians over turns.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import soundfile

from gtzan_features.text_table import TextTable

sys.path.insert(0, str(Path(__file__).resolve().parent))
from predict import machine, name

HERE = Path(__file__).resolve().parent
SECONDS, OFFSETS_S, WORKERS = 3.1, range(0, 24, 3), 2
A_FOLDER = 500  # files


class Spent(NamedTuple):
    """A command: seconds on the clock, peak memory of its process and of its largest worker in MB."""

    seconds: float
    parent_mb: float
    worker_mb: float


def excerpts(audio: Path, folder: Path) -> list[bytes]:
    """Return the bytes of short WAV files cut out of long ones."""
    found = []
    target = folder / "cut.wav"
    for source in sorted(audio.rglob("*.wav")):
        try:
            y, sr = soundfile.read(source, dtype="int16")
        except soundfile.LibsndfileError:
            continue  # the file of GTZAN that has no header
        for offset in OFFSETS_S:
            cut = y[offset * sr : round((offset + SECONDS) * sr)]
            if len(cut) >= SECONDS * sr - 1:
                soundfile.write(target, cut, sr)
                found.append(target.read_bytes())
    target.unlink()
    return found


def library(cuts: list[bytes], folder: Path, start: int, stop: int) -> None:
    """Write files of the numbers from `start` on; a few bytes after the samples make each another file."""
    for number, cut in zip(range(start, stop), itertools.cycle(cuts), strict=False):
        target = folder / f"{number // A_FOLDER:03d}" / f"{number:06d}.wav"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(cut + number.to_bytes(8, "little"))


def peak_mb(pid: str) -> float:
    """Highest resident memory of a process so far; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def children(pid: str) -> list[str]:
    """Return the processes that a process started."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [child for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def predict(folder: Path, out: Path, model: Path) -> Spent:
    """Run ``gtzan predict --out`` once."""
    words = ["predict", str(folder), "--out", str(out), "--model", str(model), "-j", str(WORKERS)]
    start, parent, worker = time.perf_counter(), 0.0, 0.0
    with subprocess.Popen(
        [sys.executable, "-m", "gtzan_cli", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        pid = str(process.pid)
        while process.poll() is None:
            parent = max(parent, peak_mb(pid))
            worker = max([worker, *map(peak_mb, children(pid))])
            time.sleep(0.05)
        assert process.stderr is not None
        told = process.stderr.read().decode()
    if process.returncode:
        sys.exit(told)
    return Spent(time.perf_counter() - start, parent, worker)


def measure(cuts: list[bytes], counts: list[int], model: Path, repeats: int) -> list[tuple[str, ...]]:
    """Measure libraries of growing size; return a row for each number of files and format."""
    rows, made = [], 0
    with tempfile.TemporaryDirectory() as name_of:
        root = Path(name_of)
        for count in counts:
            library(cuts, root / "music", made, count)
            made = count
            is_largest = count == counts[-1]
            for kind in ("csv", "parquet") if is_largest else ("csv",):
                first, again = [], []
                for turn in range(1 if is_largest else repeats):
                    out = root / f"{count}-{turn}.{kind}"
                    first.append(predict(root / "music", out, model))
                    again.append(predict(root / "music", out, model))
                    print(count, kind, first[-1], again[-1], flush=True)
                rows.append(row(count, kind, first, again))
    return rows


def row(count: int, kind: str, first: list[Spent], again: list[Spent]) -> tuple[str, ...]:
    """Return the figures of a library: medians of seconds, highest of memory."""
    seconds = statistics.median(spent.seconds for spent in first)
    return (
        str(count),
        kind,
        f"{seconds:.0f}",
        f"{count / seconds:.1f}",
        f"{max(spent.parent_mb for spent in first):.0f}",
        f"{max(spent.worker_mb for spent in first):.0f}",
        f"{statistics.median(spent.seconds for spent in again):.1f}",
        f"{max(spent.parent_mb for spent in again):.0f}",
    )


def report(model: Path, rows: list[tuple[str, ...]]) -> str:
    """Return the page."""
    header = (
        *("files", "format", "seconds", "files per second", "MB, the command", "MB, a worker"),
        *("seconds again", "MB again"),
    )
    return (
        "# Prediction of libraries\n\n"
        "Written by `python benchmarks/library.py AUDIO_DIR --model RUN`; do not edit.\n\n"
        f"- Machine: {machine()}.\n"
        f"- {name(model)}; excerpts of {SECONDS} s, {WORKERS} workers, whole commands. Medians of seconds, "
        "highest memory over turns; the largest library once.\n"
        '- "Again" is the same command once more, which finds all answers there.\n\n'
        + TextTable(title="", header=header, rows=tuple(rows)).markdown()
        + "\n"
    )


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("audio", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--files", type=int, nargs="+", default=[1000, 5000, 20000])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cuts = excerpts(options.audio, Path(folder))
    rows = measure(cuts, sorted(options.files), options.model, options.repeats)
    page = report(options.model, rows)
    (HERE / "LIBRARY.md").write_text(page, encoding="utf-8")
    print(page, os.linesep)


if __name__ == "__main__":
    main()
