"""Fit the convolutional network and its rivals on real and synthetic music and write reports/cnn.md.

    python benchmarks/cnn.py AUDIO_SIX [--work DIR] [--reports DIR] [--n-jobs N] [--only PART]

AUDIO_SIX is a folder of the training and validation parts of GTZAN's fault-filtered split in six genres.
Each step is a command of ``gtzan``, printed before it runs; what a former run has done is not done again,
so that an interrupted benchmark goes on where it stopped. Settings were chosen within the training part
of the fault-filtered split, by folds without common artists; nothing reported here was looked at for it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gtzan_cli.main import run

from gtzan_features.bench.clean_tables import Music, audio_words
from gtzan_features.config import SCALES
from gtzan_features.environment import model_versions
from gtzan_features.errors import RunError
from gtzan_features.reporting.report import compare_runs
from gtzan_features.reports.collect import ScoredRun, long_table, score_runs
from gtzan_features.reports.tables import accuracy_table
from gtzan_features.rounding import decimals, points
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.run_folder import list_runs, read_run
from gtzan_features.text_table import TextTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

OF_SPECTROGRAMS = ("time-mask", "frequency-mask", "mixup", "cutmix")
OF_AUDIO = ("time-shift", "noise", "crop-pad", "pitch-shift", "time-stretch")
ALL_MASKS = ",".join(OF_SPECTROGRAMS)
REAL = (
    ["--protocol", "fault-filtered", "--evaluate-on", "valid"],
    ["--protocol", "artist"],
    ["--protocol", "track", "--folds", "5"],
)
TRACK = (["--protocol", "track", "--folds", "5"],)
LEAKED = (["--protocol", "segment", "--folds", "5", "--allow-leak"],)


class Journal:
    """What is done: seconds by command, in a file that survives an interruption."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds = self._read()

    def _read(self) -> dict[str, float]:
        found: dict[str, float] = json.loads(self.path.read_text()) if self.path.exists() else {}
        return found

    def gtzan(self, *words: str) -> None:
        """Run a command unless it is done."""
        text = shlex.join(["gtzan", *words])
        if text in self.seconds:
            return
        print(f"$ {text}", flush=True)
        started = time.perf_counter()
        code = run(list(words))
        if code:
            sys.exit(code)
        # Read again: another part of the benchmark may run beside this one.
        self.seconds = self._read() | {text: round(time.perf_counter() - started, 1)}
        write_text(self.path, json.dumps(self.seconds, indent=1) + "\n")


def tables(journal: Journal, audio: Path, out: Path, jobs: list[str]) -> None:
    both = ["--segments", "3s", "--segments", "30s"]
    scales = [word for scale in SCALES for word in ("--scale", scale)]
    journal.gtzan("features", "extract", str(audio), "--out", str(out), *both, *jobs)
    journal.gtzan("features", "spectrograms", str(audio), "--out", str(out), *both, *scales, *jobs)


def augmented_tables(journal: Journal, audio: Path, work: Path, out: Path, jobs: list[str]) -> None:
    copies = work / "augmented"
    journal.gtzan("data", "augment", str(audio), str(copies), "--augment", ",".join(OF_AUDIO), *jobs)
    for kind in OF_AUDIO:
        where = ["--out", str(out / "augmented" / kind), "--segments", "3s", *jobs]
        journal.gtzan("features", "spectrograms", str(copies / kind), *where)
        journal.gtzan("features", "extract", str(copies / kind), *where)


def rivals() -> Iterator[list[str]]:
    """Yield the words of each fit, but for the protocol."""
    for length in ("3s", "30s"):
        yield ["xgboost", "svm", "mlp", "majority", "--segments", length]
        for scale in SCALES:
            yield ["cnn", "mlp", "--scale", scale, "--segments", length]


def augmentations() -> Iterator[list[str]]:
    for kind in (*OF_SPECTROGRAMS, ALL_MASKS, *OF_AUDIO, ",".join(OF_AUDIO)):
        models = ["cnn", "mlp"] if kind == ALL_MASKS else ["cnn"]
        yield [*models, "--scale", "mel", "--segments", "3s", "--augment", kind]
    for kind in OF_AUDIO:
        yield ["svm", "--segments", "3s", "--augment", kind]


def fit_all(
    journal: Journal, fits: Iterator[list[str]], protocols: tuple[list[str], ...], rest: list[str]
) -> None:
    every = list(fits)
    for protocol in protocols:
        for words in every:
            journal.gtzan("fit", *words, *protocol, *rest)


def paired(scored: list[ScoredRun]) -> TextTable:
    """Test cnn against the others on the same tracks, and each augmentation against none."""
    rows = []
    for one in scored:
        for other in scored:
            a, b = one.run.manifest, other.run.manifest
            same = (a.dataset, a.protocol, a.segment) == (b.dataset, b.protocol, b.segment)
            if not same or a.leaked or not _meant(one, other):
                continue
            try:
                found, _ = compare_runs(one.run.folder, other.run.folder)
            except RunError:
                continue
            difference = f"{points(found.difference)} ({points(found.ci_low)} to {points(found.ci_high)})"
            names = f"{_name(one)} − {_name(other)}"
            rows.append((a.dataset, a.protocol, a.segment, names, difference, decimals(found.p_value, 3)))
    header = ("data", "protocol", "segments", "pair, tracks by mean", "difference, points", "McNemar p")
    return TextTable(title="Pairs", header=header, rows=tuple(sorted(rows)))


def _meant(one: ScoredRun, other: ScoredRun) -> bool:
    a, b = one.run.manifest, other.run.manifest
    if a.model == b.model and a.feature_set == b.feature_set:
        return "augment" in a.settings and "augment" not in b.settings
    whole = {"time-mask+frequency-mask+mixup+cutmix", None}
    plain = a.settings.get("augment") in whole and b.settings.get("augment") == a.settings.get("augment")
    if b.feature_set == "kaggle":
        return a.model == "cnn" and b.model != "majority" and "augment" not in b.settings and plain is True
    if a.model == "cnn" and b.model == "cnn":
        return plain and (a.feature_set, b.feature_set) == ("spectrogram-mel", "spectrogram-decibel")
    return plain and a.model == "cnn" and a.feature_set == b.feature_set


def _name(one: ScoredRun) -> str:
    m = one.run.manifest
    augment = f" + {m.settings['augment']}" if "augment" in m.settings else ""
    return f"{m.model} {m.feature_set.removeprefix('spectrogram-')}{augment}"


def page(results: pd.DataFrame, tests: TextTable, journal: Journal, audio: str) -> str:
    lines = [
        "# The convolutional network against its rivals",
        "",
        "Written by `python benchmarks/cnn.py`; every figure is in `cnn.csv`. Per cent right with the",
        "95 % interval over tracks. One seed: intervals cover the choice of tracks, not the chance in",
        "training. `augment=` names what the training rows were augmented with.",
        f"Audio of GTZAN: {audio}.",
        "",
    ]
    for dataset, part in results.groupby("dataset", sort=False):
        lines += [f"## {dataset}, at most {int(part['n_tracks'].max())} tracks tested", ""]
        if part["synthetic"].any():
            lines += ["**Synthetic music**: these figures say nothing about real music.", ""]
        shown = part[part["aggregation"].isin(["track", "segment", "vote", "mean"])]
        for leaked, title in ((False, "Honest"), (True, "LEAKED: segments of a track on both sides")):
            table = accuracy_table(shown, leaked=leaked)
            if table is not None:
                lines += [f"### {title}", "", table.markdown(), ""]
    missing = sorted(_planned() - _measured(results))
    if missing:
        lines += ["## Not measured yet", "", *(f"- {' '.join(one)}" for one in missing), ""]
    lines += ["## Pairs on the same tracks", "", tests.markdown(), ""]
    versions = ", ".join(f"{name} {version}" for name, version in model_versions().items())
    machine = f"{platform.machine()}, {os.cpu_count()} processors"
    lines += ["## Seconds", "", f"{machine}; {versions}.", ""]
    lines += [f"- {seconds:g} s: `{_short(text)}`" for text, seconds in journal.seconds.items()]
    return "\n".join(lines) + "\n"


def _planned() -> set[tuple[str, ...]]:
    """Protocol and augmentation of every fit of the network on real music."""
    kinds = [
        "+".join(kind.split(",")) for kind in (*OF_SPECTROGRAMS, ALL_MASKS, *OF_AUDIO, ",".join(OF_AUDIO))
    ]
    protocols = ("artist 3-fold", "fault-filtered (validation part)", "track 5-fold")
    planned = {(protocol, f"cnn (augment={kind})") for protocol in protocols for kind in kinds}
    return planned | {("synthetic", length) for length in ("3s", "30s")}


def _measured(results: pd.DataFrame) -> set[tuple[str, ...]]:
    real, made = results[~results["synthetic"]], results[results["synthetic"]]
    networks = made.loc[made["model"].isin(["cnn", "mlp"]), ["segments", "model", "features"]]
    found = {tuple(pair) for pair in real[["protocol", "model"]].drop_duplicates().itertuples(index=False)}
    complete = networks.drop_duplicates().groupby("segments").size()
    # On each length: the network and its control on two scales, and the control on features.
    return found | {("synthetic", str(length)) for length, count in complete.items() if count == 5}


def _short(text: str) -> str:
    """Leave out where things lie."""
    words = shlex.split(text)
    places = {"--tables", "--runs", "--out", "--n-jobs"}
    kept = [w for before, w in zip(["", *words], words, strict=False) if {before, w}.isdisjoint(places)]
    return shlex.join(Path(w).name if "/" in w else w for w in kept)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("audio_six", type=Path)
    parser.add_argument("--work", type=Path, default=Path("data/cnn"))
    parser.add_argument("--reports", type=Path, default=Path("reports"))
    parser.add_argument("--n-jobs", default="-1")
    parser.add_argument("--only", choices=["real", "augment", "synthetic", "leaked", "report"])
    options = parser.parse_args()
    work, jobs = options.work, ["--n-jobs", options.n_jobs]
    work.mkdir(parents=True, exist_ok=True)
    journal = Journal(work / "journal.json")
    runs = ["--runs", str(work / "runs"), *jobs]
    six, made = work / "six", work / "synthetic"
    parts = [options.only] if options.only else ["real", "augment", "synthetic", "leaked"]
    if "real" in parts:
        tables(journal, options.audio_six, six, jobs)
        fit_all(journal, rivals(), REAL, ["--tables", str(six), *runs])
    if "augment" in parts:
        augmented_tables(journal, options.audio_six, work, six, jobs)
        fit_all(journal, augmentations(), REAL, ["--tables", str(six), *runs])
    if "synthetic" in parts:
        journal.gtzan("data", "synth", str(work / "audio"), *jobs)
        tables(journal, work / "audio", made, jobs)
        fit_all(journal, rivals(), TRACK, ["--tables", str(made), *runs])
    if "leaked" in parts:
        three = (words for words in rivals() if "3s" in words)
        fit_all(journal, three, LEAKED, ["--tables", str(six), *runs])
    scored = score_runs(read_run(folder) for folder in list_runs(work / "runs"))
    results = long_table(scored)
    csv = results.to_csv(index=False, lineterminator="\n", float_format="%.6g")
    write_text(options.reports / "cnn.csv", csv)
    write_text(
        options.reports / "cnn.md",
        page(results, paired(scored), journal, audio_words(Music(options.audio_six))),
    )


if __name__ == "__main__":
    main()
