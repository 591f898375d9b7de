"""Fit in batches on a table of random music, and write ``benchmarks/LARGER_THAN_MEMORY.md``.

    python benchmarks/larger_than_memory.py [--rows 10000000] [--folder FOLDER] [--models lda ...]

The table is a folder of shards, written one after the other: tracks of 80 rows and 57 columns, Gaussians
about the centre of their genre. Each model is fitted by the command ``gtzan fit MODEL --stream`` in a process
of its own, whose largest resident memory the kernel tells (``wait4``). A folder that is given stays, and what
was measured of a model is kept in it: a call that is repeated measures what is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scaling import processor

HERE = Path(__file__).resolve().parent
ROWS_OF_TRACK, N_GENRES, SHARD_TRACKS = 80, 10, 3_125
SETTINGS = {
    "lda": (),
    "logistic-regression": (),
    "xgboost": ("n_estimators=3", "max_depth=4", "learning_rate=0.3"),
}


def make_table(folder: Path, n_rows: int) -> Path:
    """Write a table of `n_rows` rows as a folder of shards, if it is not there."""
    from gtzan_features.config import FeatureConfig
    from gtzan_features.descriptors.sets import columns
    from gtzan_features.tables.schema import TableMeta, feature_schema
    from gtzan_features.tables.table_files import ShardFile, is_table, table_hash, write_shard_list

    path = folder / "kaggle-3s.parquet"
    if is_table(path):
        return path
    path.mkdir(parents=True, exist_ok=True)
    config = FeatureConfig()
    named = tuple((one.name, one.unit) for one in columns(config))
    meta = TableMeta(
        feature_set="kaggle",
        feature_fingerprint=config.fingerprint(),
        segment="3s",
        dataset="random",
        synthetic=True,
        origin="audio",
        config=config.to_dict(),
    )
    schema = feature_schema(named, meta)
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 0.5, (N_GENRES, len(named))).astype(np.float32)
    genres = pa.array([f"genre{number}" for number in range(N_GENRES)], pa.string())
    n_tracks, listed = n_rows // ROWS_OF_TRACK, []
    for start in range(0, n_tracks, SHARD_TRACKS):
        tracks = np.arange(start, min(start + SHARD_TRACKS, n_tracks))
        genre = np.repeat(tracks % N_GENRES, ROWS_OF_TRACK)
        segment = np.tile(np.arange(ROWS_OF_TRACK), len(tracks))
        of_tracks = rng.normal(0, 1, (len(tracks), len(named))).astype(np.float32)
        values = centres[genre] + np.repeat(of_tracks, ROWS_OF_TRACK, axis=0)
        values += rng.standard_normal(values.shape, dtype=np.float32)
        names = pa.array([f"track{number:08d}" for number in tracks], pa.string())
        keys = {
            "track_id": names.take(pa.array(np.repeat(np.arange(len(tracks)), ROWS_OF_TRACK))),
            "genre": pa.DictionaryArray.from_arrays(pa.array(genre, pa.int16()), genres),
            "segment": pa.array(segment, pa.int32()),
            "start_s": pa.array(3.0 * segment),
            "n_samples": pa.array(np.full(len(segment), 66_150)),
        }
        arrays = [keys[one.name] for one in schema if one.name in keys]
        table = pa.Table.from_arrays([*arrays, *(pa.array(column) for column in values.T)], schema=schema)
        file = path / f"{start:08d}.parquet"
        pq.write_table(table, file, compression="zstd")
        size = file.stat().st_size
        listed.append(ShardFile(name=file.name, n_rows=len(segment), n_bytes=size, sha256=table_hash(file)))
    write_shard_list(path, listed)
    return path


def measured(folder: Path, model: str) -> dict[str, Any]:
    """Fit a model by the command and return seconds, processor seconds, peak memory and accuracy."""
    kept = folder / f"{model}.json"
    if kept.is_file():
        found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        return found
    command = [sys.executable, "-m", "gtzan_cli", "fit", model, "--stream", "--holdout", "0.2", "--json"]
    command += ["--tables", str(folder), "--runs", str(folder / "runs")]
    command += [word for pair in SETTINGS[model] for word in ("--set", pair)]
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryDirectory(dir=folder) as temporary:
        child = subprocess.Popen(command, stdout=out, env={**os.environ, "TMPDIR": temporary})
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            msg = f"{model} failed with {child.returncode}"
            raise SystemExit(msg)
        out.seek(0)
        levels = json.load(out)[0]["levels"]
    result = {
        "seconds": time.perf_counter() - started,
        "processor_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
        "accuracy": levels["mean"]["accuracy"],
        "load": os.getloadavg()[0],
    }
    kept.write_text(json.dumps(result), encoding="utf-8")
    print(model, result, flush=True)
    return result


def report(found: dict[str, dict[str, Any]], n_rows: int, n_bytes: int, n_held: float) -> str:
    """Return the page."""
    from gtzan_features.text_table import TextTable

    rows = tuple(
        (
            model,
            " ".join(SETTINGS[model]) or "as they are",
            f"{one['peak_mb']:,.0f}",
            f"{one['seconds']:,.0f}",
            f"{one['processor_s']:,.0f}",
            f"{one['load']:.0f}",
            f"{100 * one['accuracy']:.1f}",
        )
        for model, one in found.items()
    )
    header = ("model", "settings", "peak memory, MB", "seconds", "processor seconds", "load", "accuracy, %")
    names = ("numpy", "scipy", "scikit-learn", "xgboost", "pyarrow", "pandas")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    python, cores = platform.python_version(), len(os.sched_getaffinity(0))
    words = "" if tuple(found) == tuple(SETTINGS) else f" --models {' '.join(found)}"
    return (
        "# A table larger than memory\n\n"
        f"Written by `python benchmarks/larger_than_memory.py{words}`; the last section is by hand.\n\n"
        f"- Machine: {processor()}, {cores} cores; Python {python}, {versions}; "
        f"{datetime.now(UTC):%Y-%m-%d}.\n"
        f"- {n_rows:,} rows of 57 columns of random music, {n_rows // ROWS_OF_TRACK:,} tracks of "
        f"{ROWS_OF_TRACK} rows in {N_GENRES} genres: {n_bytes / 1e9:.1f} GB of Parquet in shards. A fit in "
        f"memory takes {n_held / 1e9:.1f} GB at the least.\n"
        "- `gtzan fit MODEL --stream --holdout 0.2`: from the table to the run folder and its report. 80 % "
        "of tracks are learned from, 20 % tested. Peak memory is the largest resident set of the command.\n"
        "- Load is how many processes wanted a processor at the end: other work ran beside, and without it "
        "seconds would be fewer. Processor seconds do not count that.\n\n"
        + TextTable(title="", header=header, rows=rows).markdown()
        + "\n"
    )


def main() -> None:
    """Make the table, measure and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--models", nargs="+", choices=tuple(SETTINGS), default=tuple(SETTINGS))
    parser.add_argument("--out", type=Path, default=HERE / "LARGER_THAN_MEMORY.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        path = make_table(folder, options.rows)
        print("made", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", flush=True)
        from gtzan_features.tables.memory import needed_bytes

        n_bytes = sum(file.stat().st_size for file in path.iterdir())
        found = {model: measured(folder, model) for model in options.models}
        options.out.write_text(report(found, options.rows, n_bytes, needed_bytes(path)), encoding="utf-8")


if __name__ == "__main__":
    main()
