"""Measure feature extraction on one worker and write ``benchmarks/RESULTS.md``.

    python benchmarks/extract.py AUDIO_DIR [--naive naive_librosa.py] [--librosa1-python PYTHON]

One worker, one thread, files decoded each time. Ours, the naive script and the floor (``floor.py``: the
Fourier transforms of the same frames, and nothing else) take turns on each file in one process, so that a
busy machine slows all of them; figures are processor time, medians over files, and
ratios are medians of the ratios on single files. Memory, compilation and start are measured in processes of
their own. ``--librosa1-python`` names an interpreter with librosa 1.0, in which the naive script takes
turns too. What a song in stereo costs is measured by ``music_file.py``; other extractors by ``peers.py``.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from measuring import compiled_modules, machine, one_thread, ratio, table

os.environ.update(one_thread())  # before numpy is imported

import music_file
from peers import COMPILED, Extractor

if TYPE_CHECKING:
    from collections.abc import Callable

Value = TypeVar("Value")

HERE = Path(__file__).resolve().parent
SEGMENT = 66_150


# --------------------------------------------------------------------------- what is measured


def signals_of(path: Path, segments: str) -> list[Any]:
    import soundfile

    y, _ = soundfile.read(path, dtype="float32")
    parts = [y] if segments != "3s" else []
    if segments != "30s":
        parts += [y[i : i + SEGMENT - 1] for i in range(0, len(y) - SEGMENT, SEGMENT)][:10]
    return parts


def ours(path: Path, segments: str = "both", feature_set: str = "kaggle") -> None:
    from gtzan_features.config import FeatureConfig
    from gtzan_features.descriptors.sets import compute

    compute(signals_of(path, segments), FeatureConfig(feature_set=feature_set))


def n_columns() -> int:
    from gtzan_features.config import FeatureConfig
    from gtzan_features.descriptors.sets import columns

    return len(columns(FeatureConfig(feature_set="full")))


def seconds_of(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def stage_seconds(path: Path) -> dict[str, float]:
    """Seconds of each stage over all rows of a file, in the order in which they first are needed."""
    from gtzan_features.config import FeatureConfig
    from gtzan_features.descriptors.registry import KAGGLE
    from gtzan_features.descriptors.summary import summarise
    from gtzan_features.spectra import Scratch, Spectra

    config, scratch, spent = FeatureConfig(), _SCRATCH.setdefault("scratch", Scratch()), {}

    def lap(label: str, function: Callable[[], Value]) -> Value:
        start = time.process_time()
        result = function()
        spent[label] = spent.get(label, 0.0) + time.process_time() - start
        return result

    signals = lap("decode", lambda: signals_of(path, "both"))
    for y in signals:
        spectra = lap("check", lambda y=y: Spectra(y, config, scratch))
        for label, name in STAGES.items():
            lap(label, lambda name=name, spectra=spectra: getattr(spectra, name))
        for spec in KAGGLE:
            values = lap(_stage_of(spec.name), lambda spec=spec, spectra=spectra: spec.compute(spectra))
            lap("means and variances", lambda values=values, spec=spec: summarise(values, spec))
    return spent


_SCRATCH: dict[str, Any] = {}
STAGES = {
    "padding": "padded",
    "separation (Fourier transforms, medians, mask) and magnitudes": "waveforms",
    "centroid, bandwidth, rolloff": "shape",
    "mel bands": "mel_power",
    "decibels": "mel_db",
    "tuning": "tuning",
    "chroma": "chroma",
}


def _stage_of(feature: str) -> str:
    ready = ("chroma_stft", "spectral_centroid", "spectral_bandwidth", "rolloff", "harmony", "perceptr")
    return "means and variances" if feature in ready else feature


# --------------------------------------------------------------------------- processes of their own


def child(kind: str, files: list[Path]) -> dict[str, Any]:
    if kind == "music":
        return music_file.measured(files[0])
    import resource

    def peak_mb() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    started = float(os.environ["GTZAN_BENCH_START"])
    from gtzan_features.config import FeatureConfig
    from gtzan_features.descriptors.sets import is_compiled, warm_up

    imported_mb, was_compiled = peak_mb(), is_compiled(FeatureConfig())
    start = time.perf_counter()
    warm_up(FeatureConfig())
    warm_up_s = time.perf_counter() - start
    ours(files[0])
    first_row_s = time.time() - started
    for path in files[1:]:
        ours(path)
    return {
        "imported_mb": imported_mb,
        "peak_mb": peak_mb(),
        "was_compiled": was_compiled,
        "warm_up_s": warm_up_s,
        "first_row_s": first_row_s,
    }


def run_child(kind: str, files: list[Path], **variables: str) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__).resolve()), "--child", kind, *map(str, files)]
    environment = {**compiled_modules(COMPILED), **variables, "GTZAN_BENCH_START": repr(time.time())}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


# --------------------------------------------------------------------------- the report


def load_naive(path: Path) -> Callable[[Path, str], object]:
    spec = importlib.util.spec_from_file_location("naive", path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda file, segments: module.track_rows(file, segments, True)


def measure(
    files: list[Path], repeats: int, naive: Callable[[Path, str], object], librosa1: Extractor | None
) -> dict[str, list[float]]:
    """Seconds per file of everything that takes turns; of several turns, the median."""
    turns: dict[str, Callable[[Path], float]] = {
        "both": lambda path: seconds_of(lambda: ours(path)),
        "30s": lambda path: seconds_of(lambda: ours(path, "30s")),
        "3s": lambda path: seconds_of(lambda: ours(path, "3s")),
        "full": lambda path: seconds_of(lambda: ours(path, feature_set="full")),
    }
    once = {
        "naive both": lambda path: seconds_of(lambda: naive(path, "both")),
        "naive 30s": lambda path: seconds_of(lambda: naive(path, "30s")),
    }
    if librosa1 is not None:
        once["librosa 1.0 30s"] = librosa1.seconds
    import floor  # compiles with the package's kernels

    def floors(path: Path) -> dict[str, float]:
        return {f"floor {name}": taken for name, taken in floor.seconds(signals_of(path, "both")).items()}

    result: dict[str, list[float]] = {name: [] for name in (*turns, *once, *floors(files[0]))}
    for turn in (*turns.values(), *once.values()):
        turn(files[0])
    for path in files:
        for name, turn in once.items():
            result[name].append(turn(path))
        rounds = [{name: turn(path) for name, turn in turns.items()} | floors(path) for _ in range(repeats)]
        for name in rounds[0]:
            result[name].append(statistics.median(one[name] for one in rounds))
        print(f"{path.name}: {1e3 * result['both'][-1]:.0f} ms", file=sys.stderr)
    return result


def milliseconds(values: list[float]) -> str:
    return f"{1e3 * statistics.median(values):.0f} ms"


def figures(spent: dict[str, list[float]], other: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """Rows of the main table: measure, ours, the other, ratio or figure, target."""
    both, alone = milliseconds(spent["both"]), milliseconds(spent["30s"])
    fastest = min(floors_of(spent).values(), key=statistics.median)
    rows = [
        ("3 s and 30 s rows together, against the naive script", both, milliseconds(spent["naive both"]),
         f"{ratio(spent['naive both'], spent['both']):.1f} times faster", "60"),
        ("30 s row alone, against the naive script", alone, milliseconds(spent["naive 30s"]),
         f"{ratio(spent['naive 30s'], spent['30s']):.1f} times faster", ""),
        ("time over the floor", both, milliseconds(fastest),
         f"{ratio(spent['both'], fastest):.2f} times the floor", "at most 2.5"),
        (f"rows of `full`, {other['n_full']} columns, against the Kaggle set", milliseconds(spent["full"]),
         both, f"{ratio(spent['full'], spent['both']):.2f} times as long", "at most 2.0"),
    ]  # fmt: skip
    if "librosa 1.0 30s" in spent:
        newer = spent["librosa 1.0 30s"]
        faster = f"{ratio(newer, spent['30s']):.1f} times faster"
        label = "30 s row alone, against the naive script by librosa 1.0"
        rows.insert(2, (label, alone, milliseconds(newer), faster, ""))
    few, many, cold = other["few"], other["many"], other["cold"]
    after = f"{other['n_few']} files, {many['peak_mb']:.0f} MB after {other['n_many']}"
    peak = f"{few['peak_mb']:.0f} MB after {after}"
    rows += [
        ("peak memory of a worker", peak, f"{few['imported_mb']:.0f} MB after imports", "", "under 400 MB"),
        ("cold numba cache: compiling, once", f"{cold['warm_up_s']:.1f} s", "", "", "at most 8 s"),
        ("later start to the first rows", f"{few['first_row_s']:.2f} s", "", "", "at most 0.8 s"),
        music_file.row(other["music"]),
    ]
    return rows


def floors_of(spent: dict[str, list[float]]) -> dict[str, list[float]]:
    """Return seconds of the Fourier transforms alone, by library."""
    return {name.removeprefix("floor "): of for name, of in spent.items() if name.startswith("floor ")}


def report(spent: dict[str, list[float]], stages: list[dict[str, float]], other: dict[str, Any]) -> str:
    count = len(spent["both"])
    floors = [f"{name} ({milliseconds(of)})" for name, of in floors_of(spent).items()]
    seconds = statistics.median(spent["both"])
    whole = sum(statistics.median(one.get(name, 0.0) for one in stages) for name in stages[0])
    rows = []
    for name in stages[0]:
        median = statistics.median(one.get(name, 0.0) for one in stages)
        rows.append((name, f"{1e3 * median:.1f}", f"{100 * median / whole:.0f} %"))
    return "\n".join(
        [
            "# Extraction, measured",
            "",
            "Written by `python benchmarks/extract.py AUDIO_DIR`; do not edit.",
            "",
            f"- Machine: {other['machine']}",
            (
                f"- {count} tracks of 30 s (WAV); one worker, one thread, decoding included; "
                "processor time, medians over files."
            ),
            f"- One track, all its rows: {1e3 * seconds:.0f} ms, {30 / seconds:.0f} times real time.",
            "- Floor: the Fourier transforms of the same frames, forward and back, by the fastest of",
            f"  {', '.join(floors)}.",
            "",
            table(("measure", "ours", "the other", "ratio", "target"), figures(spent, other)),
            "",
            "## Where the time goes",
            "",
            "Milliseconds per track, 30 s row and 3 s rows together.",
            "",
            table(("stage", "ms", "share"), rows),
            "",
        ]
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("audio", nargs="*", type=Path, metavar="AUDIO_DIR")
    parser.add_argument("--naive", type=Path, default=HERE / "naive_librosa.py")
    parser.add_argument("--librosa1-python", type=Path, help="interpreter with librosa 1.0 and pandas")
    parser.add_argument("--files", type=int, default=10, help="how many tracks take turns (default 10)")
    parser.add_argument("--repeats", type=int, default=5, help="turns of each file (default 5)")
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    options = arguments()
    if options.child:
        print(json.dumps(child(options.child, options.audio)))
        return
    if len(options.audio) != 1:
        sys.exit("give one folder of music, for example data/audio")
    found = sorted(path for path in options.audio[0].rglob("*.wav"))
    if not found:
        sys.exit(f"{options.audio[0]}: no .wav file in this folder")
    files = found[:: max(1, len(found) // options.files)][: options.files]
    packages = ("gtzan", "numpy", "scipy", "numba", "librosa", "soundfile", "soxr")
    other: dict[str, Any] = {"machine": machine(*packages), "n_few": len(files), "n_many": len(found)}
    other["n_full"] = n_columns()
    with tempfile.TemporaryDirectory() as folder:
        other["cold"] = run_child("worker", files[:1], NUMBA_CACHE_DIR=f"{folder}/cache")
        music = music_file.make(found, Path(folder))
        other["music"] = run_child("music", [music])
    run_child("worker", files[:1])
    other["few"], other["many"] = run_child("worker", files), run_child("worker", found)
    naive, python = load_naive(options.naive), options.librosa1_python
    with contextlib.ExitStack() as stack:
        librosa1 = Extractor(python, ["librosa script"], pinned=False) if python else None
        if librosa1 is not None:
            stack.callback(librosa1.close)
        spent = measure(files, options.repeats, naive, librosa1)
    stage_seconds(files[0])
    stages = [stage_seconds(path) for path in files]
    text = report(spent, stages, other)
    options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
