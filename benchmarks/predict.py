"""Measure how long ``gtzan predict`` takes, and write ``benchmarks/PREDICT.md``.

    python benchmarks/predict.py AUDIO_DIR --model RUN [RUN ...] [--files 300] [--repeats 9]

RUN is a run folder of ``gtzan fit --final``. First one file, as a whole command with a warm cache, start of
Python included: wall time, and processor time (user and system), which says more on a busy machine. Then the
throughput over copies of the files of AUDIO_DIR, by one worker and by one for each processor, start included.
Wanted of one file: 0.9 s on the clock by `xgboost` and `cnn`, 1.1 s by `lda` of `full`, or at most twice the
processor time of ``python -c "import numpy, scipy.fft, numba, soundfile"``, which the page has beside them.
Models and numbers of workers take turns, so that a busy machine slows all of them; figures are medians.
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
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
SUFFIXES = (".wav", ".au", ".flac", ".ogg", ".mp3")


class Spent(NamedTuple):
    """Seconds of a command: on the clock, and of processors."""

    wall: float
    cpu: float


def predict(words: list[str], model: Path) -> Spent:
    """Run ``gtzan predict`` once."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "gtzan_cli", "predict", *words, "--model", str(model), "--csv"]
    subprocess.run(command, check=True, capture_output=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def imports() -> Spent:
    """Import the libraries that no prediction does without."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", "import numpy, scipy.fft, numba, soundfile"], check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def copies(files: list[Path], folder: Path, count: int) -> Path:
    """Fill a folder with `count` audio files."""
    for number, source in zip(range(count), itertools.cycle(files), strict=False):
        shutil.copyfile(source, folder / f"{number:05d}{source.suffix}")
    return folder


def median(found: list[Spent]) -> Spent:
    return Spent(statistics.median(s.wall for s in found), statistics.median(s.cpu for s in found))


def name(model: Path) -> str:
    card = json.loads((model / "model" / "model.json").read_text())
    return f"{card['model']}, {card['segment']} {card['feature_set']}"


def machine() -> str:
    named = [x for x in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in x]
    processor = named[0].split(":")[1].strip() if named else platform.processor()
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    python, today = platform.python_version(), f"{datetime.now(UTC):%Y-%m-%d}"
    return f"{processor}, {cores} cores, load {load:.1f}; Python {python}; {today}"


def one_file(file: Path, models: list[Path], repeats: int) -> list[tuple[str, ...]]:
    """Time one file with each model, in turns."""
    found: dict[Path, list[Spent]] = {model: [] for model in models}
    bare = []
    for turn in range(repeats + 1):
        bare.append(imports())
        for model in models:
            spent = predict([str(file)], model)
            if turn:  # the first one warms the caches
                found[model].append(spent)
    rows = [(name(model), median(runs)) for model, runs in found.items()]
    rows.append(("bare imports", median(bare[1:])))
    return [(text, f"{spent.wall:.2f}", f"{spent.cpu:.2f}") for text, spent in rows]


def many_files(files: list[Path], models: list[Path], count: int, repeats: int) -> list[tuple[str, ...]]:
    """Time many files with each model and number of workers, in turns."""
    workers = sorted({1, len(os.sched_getaffinity(0))})
    found: dict[tuple[Path, int], list[Spent]] = {}
    with tempfile.TemporaryDirectory() as folder:
        copies(files, Path(folder), count)
        for _ in range(repeats):
            for model, jobs in itertools.product(models, workers):
                found.setdefault((model, jobs), []).append(predict([folder, "-j", str(jobs)], model))
    rows = []
    for (model, jobs), runs in found.items():
        wall, cpu = median(runs)
        each = [
            f"{wall:.1f}",
            f"{1000 * wall / count:.0f}",
            f"{1000 * cpu / count:.0f}",
            f"{count / wall:.1f}",
        ]
        rows.append((name(model), str(jobs), *each))
    return rows


def report(count: int, kinds: list[str], single: list[tuple[str, ...]], many: list[tuple[str, ...]]) -> str:
    """Return the page; `kinds` are the endings of the files."""
    from gtzan_features.text_table import TextTable

    one = TextTable(title="", header=("model", "seconds", "processor seconds"), rows=tuple(single))
    header = ("model", "workers", "seconds", "ms per file", "processor ms per file", "files per second")
    more = TextTable(title="", header=header, rows=tuple(many))
    return (
        "# Prediction, measured\n\n"
        "Written by `python benchmarks/predict.py AUDIO_DIR --model RUN`; do not edit.\n\n"
        f"- Machine: {machine()}.\n"
        f"- Files: {', '.join(kinds).upper()}. Whole commands, start of Python and of the workers included; "
        "caches warm; medians over turns.\n\n"
        f"## One file of 30 s\n\n{one.markdown()}\n\n## {count} files of 30 s\n\n{more.markdown()}\n"
    )


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("audio", type=Path)
    parser.add_argument("--model", type=Path, nargs="+", required=True)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=9, help="of one file; a third as many, of many files")
    options = parser.parse_args()
    files = sorted(p for p in options.audio.rglob("*") if p.suffix.lower() in SUFFIXES)
    single = one_file(files[0], options.model, options.repeats)
    many = many_files(files, options.model, options.files, max(1, options.repeats // 3))
    kinds = sorted({path.suffix.lower().lstrip(".") for path in files})
    page = report(options.files, kinds, single, many)
    (HERE / "PREDICT.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
