"""What lies in a folder: compared byte by byte, and read as a reader would."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.kills.commands import recorded_files

_VARYING = re.compile(
    r"fitted_at\.txt$|\.journal$|\.bench/|reports/(ablation|robustness)\.|"
    r"\.shards/|_manifest\.(json|parquet)$|genres\.csv$"
)
"""Files that hold times: seconds that fits took, when a file was tagged or a trial ended; names of shards."""

_SECONDS = re.compile(r"\.bench/(seconds-[^/]+)?$|\.bench$")
"""Seconds of steps, which a step that was stopped does not count; none, where it was then found done."""

_SHARD = re.compile(r"(\d+-of-\d+)-[0-9a-f]{12}")
"""Names of shards have times of change of the audio, whose copies are made anew for each trial."""


def snapshot(folder: Path) -> dict[str, str]:
    """Return each path below a folder with the hash of its bytes, or ``folder``."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in folder.rglob("*")
    }


def differences(found: dict[str, str], usual: dict[str, str]) -> str:
    """Say how a folder differs from what an undisturbed command leaves; empty where it does not."""
    found, usual = ({_SHARD.sub(r"\1", path): d for path, d in files.items()} for files in (found, usual))
    missing = sorted(path for path in set(usual) - set(found) if not _SECONDS.search(path))
    extra = sorted(set(found) - set(usual))
    other = sorted(p for p in set(found) & set(usual) if found[p] != usual[p] and not _VARYING.search(p))
    told = (("missing", missing), ("left behind", extra), ("other bytes", other))
    return "; ".join(f"{what}: {', '.join(paths[:6])}" for what, paths in told if paths)


def misread(folder: Path, before: dict[str, str], after: dict[str, str], usual: dict[str, str]) -> list[str]:
    """Return the files that have their final names, and are neither old, nor new, nor readable as a whole.

    Names that begin with a dot are nobody's but the command's.
    """
    faults = []
    for name, digest in after.items():
        path = folder / name
        if digest == "folder" or any(part.startswith(".") for part in Path(name).parts):
            continue
        if digest in (before.get(name), usual.get(name)):
            continue
        try:
            _read(path)
        except Exception as error:
            faults.append(f"half a file: {name} ({type(error).__name__}: {error})")
    for manifest in folder.glob("runs/[!.]*/manifest.json"):
        try:
            recorded = recorded_files(manifest)
        except (ValueError, KeyError) as error:
            faults.append(f"half a file: {manifest} ({error})")
            continue
        for name, digest in recorded.items():
            found = after.get(str((manifest.parent / name).relative_to(folder)))
            if found != digest:
                faults.append(f"half a run: {manifest.parent.name} lacks {name} as recorded")
    return faults


def _read(path: Path) -> None:
    """Read all of a file; raises where its end is missing."""
    if path.suffix == ".parquet":
        pq.ParquetFile(path).read()
    elif path.suffix in (".json", ".lock"):
        json.loads(path.read_text())
    elif path.suffix in (".jsonl", ".journal"):
        lines = path.read_text().splitlines()
        for line in lines[:-1]:
            json.loads(line)
    elif path.suffix == ".npz":
        with np.load(path) as arrays:
            for name in arrays:
                arrays[name]
    elif path.suffix == ".csv":
        with path.open(newline="") as handle:
            widths = {len(row) for row in csv.reader(handle)}
        if len(widths) > 2:  # of the last row, which is appended to, a part may be there
            raise ValueError(widths)
    elif path.suffix in (".wav", ".mp3"):
        import soundfile

        soundfile.read(path)
    elif path.name == "fitted_at.txt":
        datetime.fromisoformat(path.read_text().strip())
    elif path.suffix == ".md" and _VARYING.search(path.as_posix()):  # made anew as fits end, with their times
        text = path.read_text()
        rows = [line for line in text.splitlines() if line.startswith("|")]
        if not (text.startswith("# ") and text.endswith("\n") and all(row.endswith("|") for row in rows)):
            raise ValueError(text[-100:])
    else:
        raise pa.ArrowInvalid("neither as before nor as in the end")
