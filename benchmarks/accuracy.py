"""Fit every model under every protocol and write the report that the README quotes.

    python benchmarks/accuracy.py CSV_DIR [--audio-six DIR] [--work DIR] [--reports DIR] [--n-jobs N]

CSV_DIR holds Kaggle's features_30_sec.csv and features_3_sec.csv (all 1000 tracks). --audio-six is a
folder of the training and validation parts of GTZAN's fault-filtered split in six genres, which is
extracted and fitted too. Each step is a command of ``gtzan``, printed before it runs.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from pathlib import Path

from gtzan_cli.main import run

from gtzan_features.bench.clean_tables import Music, audio_words
from gtzan_features.tables.atomic import write_text

BOTH = ["--segments", "30s", "--segments", "3s"]
HONEST = ["--protocol", "track", "--protocol", "artist"]


def gtzan(*words: str) -> None:
    print(f"$ {shlex.join(['gtzan', *words])}", flush=True)
    code = run(list(words))
    if code:
        sys.exit(code)


def all_tracks(csv_dir: Path, tables: str, runs: str, jobs: list[str]) -> None:
    for name in ("features_30_sec.csv", "features_3_sec.csv"):
        gtzan("features", "import", str(csv_dir / name), "--out", tables, "--overwrite")
    fit = ["fit", "all", *BOTH, "--tables", tables, "--runs", runs, *jobs]
    gtzan(*fit, *HONEST, "--protocol", "fault-filtered")
    gtzan(*fit, "--protocol", "segment", "--allow-leak")
    gtzan(*fit, "--protocol", "segment", "--holdout", "0.3", "--allow-leak")


def six_genres(audio: Path, tables: str, runs: str, jobs: list[str]) -> None:
    gtzan("features", "extract", str(audio), "--out", tables, *jobs)
    fit = ["fit", "all", *BOTH, "--tables", tables, "--runs", runs, *jobs]
    gtzan(*fit, *HONEST)
    gtzan(*fit, "--protocol", "fault-filtered", "--evaluate-on", "valid")
    gtzan(*fit, "--protocol", "segment", "--allow-leak")


def note_audio(page: Path, audio: Path) -> None:
    """Say under the size of the six genres' data set of which files they were: runs do not hold that."""
    text = page.read_text(encoding="utf-8")
    size = next(line for line in text.splitlines() if re.match(r"\d+ tracks, 6 genres ", line))
    write_text(page, text.replace(size, f"{size}\n\nAudio: {audio_words(Music(audio))}.", 1))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("csv_dir", type=Path)
    parser.add_argument("--audio-six", type=Path)
    parser.add_argument("--work", type=Path, default=Path("data/accuracy"))
    parser.add_argument("--reports", type=Path, default=Path("reports"))
    parser.add_argument("--n-jobs", default="-1")
    options = parser.parse_args()
    work, jobs = options.work, ["--n-jobs", options.n_jobs]
    runs = str(work / "runs")
    all_tracks(options.csv_dir, str(work / "kaggle"), runs, jobs)
    if options.audio_six:
        six_genres(options.audio_six, str(work / "six"), runs, jobs)
    gtzan("report", "--runs", runs, "--out", str(options.reports))
    if options.audio_six:
        note_audio(options.reports / "accuracy.md", options.audio_six)


if __name__ == "__main__":
    main()
