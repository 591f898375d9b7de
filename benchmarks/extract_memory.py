"""Measure the memory of extraction by the number of files and write ``benchmarks/EXTRACT_MEMORY.md``.

    python benchmarks/extract_memory.py AUDIO_DIR [--files 1250 3125 12500]

The files are copies of excerpts of real tracks, ten seconds each. Rows of equal bytes are computed once and
found for each copy; each copy is read, hashed and put into the table all the same. So the memory is that of
a library of as many files, in a fraction of the time. Copies that no excerpt equals are measured too, fewer,
for the rate of files that are computed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scaling import peak_mb, processor, worker_peak_mb

HERE = Path(__file__).resolve().parent
SETS = ("kaggle", "full")
SECONDS = 10
N_DISTINCT = 100


def excerpts(audio: Path, folder: Path) -> list[Path]:
    """Write ten seconds of each WAV file as Ogg Vorbis."""
    import soundfile

    written = []
    for source in sorted(audio.rglob("*.wav")):
        y, sr = soundfile.read(source, frames=SECONDS * 22_050, dtype="float32")
        target = folder / source.parent.name / f"{source.stem}.ogg"
        target.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(target, y, sr)
        written.append(target)
    return written


def copies(originals: list[Path], folder: Path, count: int, *, distinct: bool) -> Path:
    """Fill a folder with `count` files of genre folders; distinct ones have some bytes behind the sound."""
    for number, source in zip(range(count), itertools.cycle(originals), strict=False):
        target = folder / source.parent.name / f"{number:06d}.ogg"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        if distinct:
            with target.open("ab") as handle:
                handle.write(number.to_bytes(8, "little"))
    return folder


def child(audio: Path, feature_set: str, jobs: int) -> None:
    """Extract once and print seconds, rows and memory as JSON."""
    from gtzan_features.config import FeatureConfig, SegmentConfig
    from gtzan_features.extraction.extract import ExtractConfig, extract

    config = ExtractConfig(features=FeatureConfig(feature_set=feature_set), segments=(SegmentConfig(3.0),))
    with tempfile.TemporaryDirectory(dir=audio.parent) as out:
        summary = extract(audio, Path(out), config, n_jobs=jobs)
        _, rows = summary.tables["3s"]
        result = {
            "seconds": summary.elapsed_s,
            "files": summary.n_files,
            "rows": rows,
            "values_mb": rows * len(config.columns) * 4 / 1e6,
            "reused": summary.n_reused,
            "parent_mb": peak_mb("self"),
            "worker_mb": worker_peak_mb(jobs),
        }
        print(json.dumps(result))


def run_child(audio: Path, feature_set: str, jobs: int) -> dict[str, Any]:
    """Run `child` in a process of its own."""
    command = [sys.executable, __file__, str(audio), "--child", feature_set, "--jobs", str(jobs)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(feature_set, result, flush=True)
    return result


def report(found: list[tuple[str, str, dict[str, Any]]], jobs: int) -> str:
    """Return the page."""
    from gtzan_features.text_table import TextTable

    rows = tuple(
        (
            feature_set,
            kind,
            f"{r['files']:,}",
            f"{r['values_mb']:,.0f}",
            f"{r['parent_mb']:.0f}",
            f"{r['worker_mb']:.0f}",
            f"{r['files'] / r['seconds']:.0f}",
        )
        for feature_set, kind, r in found
    )
    header = ("features", "files", "number", "MB of values", "command, peak MB", "worker, peak MB", "files/s")
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    python, today = platform.python_version(), f"{datetime.now(UTC):%Y-%m-%d}"
    return (
        "# Memory of extraction by files\n\n"
        "Written by `python benchmarks/extract_memory.py AUDIO_DIR`; do not edit.\n\n"
        f"- Machine: {processor()}, {cores} cores, {jobs} workers, load {load:.0f}; "
        f"Python {python}; {today}.\n"
        f"- Excerpts of {SECONDS} s of real tracks, Ogg Vorbis, 3 s rows. Copies are read and hashed, and "
        "their rows are found; distinct files are computed.\n"
        "- The command holds one row group, at most 256 MiB of values, and the status of each file.\n\n"
        + TextTable(title="", header=header, rows=rows).markdown()
        + "\n"
    )


def main() -> None:
    """Measure, or be measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("audio", type=Path)
    parser.add_argument("--files", type=int, nargs="+", default=[1_250, 3_125, 12_500])
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--out", type=Path, default=HERE / "EXTRACT_MEMORY.md")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        child(options.audio, options.child, options.jobs)
        return
    found = []
    with tempfile.TemporaryDirectory() as name:
        originals = excerpts(options.audio, Path(name, "excerpts"))
        for kind, count in (("distinct", N_DISTINCT), *(("copies", count) for count in options.files)):
            with tempfile.TemporaryDirectory(dir=name) as folder:
                files = copies(originals, Path(folder, "music"), count, distinct=kind == "distinct")
                found += [(one, kind, run_child(files, one, options.jobs)) for one in SETS]
    found.sort(key=lambda one: (SETS.index(one[0]), one[1] == "copies", one[2]["files"]))
    options.out.write_text(report(found, options.jobs), encoding="utf-8")


if __name__ == "__main__":
    main()
