"""Measure ``gtzan predict`` on libraries of many files, and write ``benchmarks/LIBRARY.md``.

    python benchmarks/library.py AUDIO_DIR --model RUN [--files 1000 5000 20000] [--repeats 3]

RUN is a run folder of ``gtzan fit --final``. The library is made of excerpts of 3.1 s of the WAV files in
AUDIO_DIR at 22050 Hz, each in a file of its own: links to one file would be read once. Every run is a whole
command with two workers that writes into a new file, start of Python included, and then the same command
again, which finds all answers there. Memory is the highest that the system saw of the command's own process
and of any worker (Linux). The largest library is measured once; of others, figures are medians over turns.

Then the answers alone, without sound, for more files than can be decoded in a quarter of an hour: a process
writes so many rows into each format, finishes the file, and another one finds them all again.
"""

from __future__ import annotations

import argparse
import itertools
import json
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
            first, again = [], []
            for turn in range(1 if count == counts[-1] else repeats):
                out = root / f"{count}-{turn}.csv"
                first.append(predict(root / "music", out, model))
                again.append(predict(root / "music", out, model))
                print(count, first[-1], again[-1], flush=True)
            rows.append(row(count, first, again))
    return rows


def row(count: int, first: list[Spent], again: list[Spent]) -> tuple[str, ...]:
    """Return the figures of a library: medians of seconds, highest of memory."""
    seconds = statistics.median(spent.seconds for spent in first)
    return (
        str(count),
        f"{seconds:.0f}",
        f"{count / seconds:.1f}",
        f"{max(spent.parent_mb for spent in first):.0f}",
        f"{max(spent.worker_mb for spent in first):.0f}",
        f"{statistics.median(spent.seconds for spent in again):.1f}",
        f"{max(spent.parent_mb for spent in again):.0f}",
    )


def write_rows(out: Path, count: int) -> None:
    """Write so many answers into a file, or find them there; print seconds and peak memory in MB as JSON."""
    from gtzan_features.prediction.answers import Stamp, columns_of, row_of
    from gtzan_features.prediction.answers_file import open_answers
    from gtzan_features.prediction.predict import FilePrediction

    genres = tuple(f"genre {i}" for i in range(10))
    p = tuple(i / 45 for i in range(10))
    start = time.perf_counter()
    with open_answers(out, columns_of(genres), "xgboost 0123456789ab mean") as answers:
        kept = list(answers.entries)
        for number in range(count - len(kept)):
            path = f"/home/somebody/Music/An artist/An album ({number // 12})/{number:06d} A title.mp3"
            one = FilePrediction(path=path, genre="genre 9", genres=genres, probabilities=p, duration_s=240.0)
            stamp = Stamp(9_000_000 + number, f"2026-01-01T00:00:00.{number:09d}Z")
            kept.append(answers.append(row_of(one, stamp, answers.by)))
        answers.finish(kept)
    print(json.dumps([time.perf_counter() - start, peak_mb("self")]))


def bookkeeping(counts: list[int]) -> list[tuple[str, ...]]:
    """Measure files of answers of growing size, without sound; return a row for each format and size."""
    rows = []
    for kind in ("csv", "jsonl", "parquet"):
        for count in counts:
            with tempfile.TemporaryDirectory() as folder:
                words = [sys.executable, __file__, "--rows", str(count), f"{folder}/answers.{kind}"]
                runs = [subprocess.run(words, check=True, capture_output=True, text=True) for _ in range(2)]
            (seconds, mb), (again_s, again_mb) = (json.loads(run.stdout) for run in runs)
            figures = (f"{1e3 * seconds / count:.2f}", f"{mb:.0f}", f"{again_s:.1f}", f"{again_mb:.0f}")
            rows.append((kind, str(count), *figures))
            print(rows[-1], flush=True)
    return rows


def report(model: Path, rows: list[tuple[str, ...]], alone: list[tuple[str, ...]]) -> str:
    """Return the page."""
    header = (
        *("files", "seconds", "files per second", "MB, the command", "MB, a worker"),
        *("seconds again", "MB again"),
    )
    of_rows = ("format", "answers", "ms per answer", "MB", "seconds again", "MB again")
    return (
        "# Prediction of libraries\n\n"
        "Written by `python benchmarks/library.py AUDIO_DIR --model RUN`; do not edit.\n\n"
        f"- Machine: {machine()}.\n"
        f"- {name(model)}; excerpts of {SECONDS} s (WAV), {WORKERS} workers, whole commands. "
        "Medians of seconds, highest memory over turns; the largest library once.\n"
        '- "Again" is the same command once more, which finds all answers there.\n\n'
        + TextTable(title="", header=header, rows=tuple(rows)).markdown()
        + "\n\n## Answers alone, without sound\n\n"
        + TextTable(title="", header=of_rows, rows=tuple(alone)).markdown()
        + "\n"
    )


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("audio", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--files", type=int, nargs="+", default=[1000, 5000, 20000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--answers", type=int, nargs="+", default=[12_500, 50_000, 200_000])
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rows is not None:
        write_rows(options.audio, options.rows)
        return
    alone = bookkeeping(options.answers)
    with tempfile.TemporaryDirectory() as folder:
        cuts = excerpts(options.audio, Path(folder))
    rows = measure(cuts, sorted(options.files), options.model, options.repeats)
    page = report(options.model, rows, alone)
    (HERE / "LIBRARY.md").write_text(page, encoding="utf-8")
    print(page, os.linesep)


if __name__ == "__main__":
    main()
