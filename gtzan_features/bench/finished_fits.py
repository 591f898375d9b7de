"""What a measurement has finished, so that an interrupted one goes on where it stopped.

An entry for each fit, added by the worker that finished it and named by all that the fit depends on: another
model, table or library version is another fit.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gtzan_features.cache import Cache
from gtzan_features.errors import RunError
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.checked import file_record
from gtzan_features.tables.run_folder import check_files, read_manifest
from gtzan_features.tables.run_storage import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.cache import Key

FOLDER = ".bench"
"""Beside the run folders; the report does not look into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A fit that is finished: the name of its run folder, and the seconds it took."""

    run: str
    seconds: float


def finished_fits(runs_dir: Path) -> Cache:
    """Return the cache of finished fits beside the run folders in `runs_dir`."""
    return Cache(runs_dir / FOLDER)


def read_done(runs_dir: Path, key: Key) -> Done | None:
    """Return what is known of a finished fit; None where it is not finished.

    So it is, too, where its run folder is gone or damaged, or holds the fit as other versions made it: the
    name of a run does not tell versions.
    """
    entry = finished_fits(runs_dir).find(key)
    try:
        if entry is None or entry.value["manifest"] != file_record(_manifest(runs_dir, entry.value["run"])):
            return None
        folder = runs_dir / entry.value["run"]
        check_files(folder, read_manifest(folder))
        return Done(run=entry.value["run"], seconds=float(entry.value["seconds"]))
    except (OSError, ValueError, KeyError, TypeError, RunError):
        return None


def write_done(runs_dir: Path, key: Key, done: Done) -> None:
    """Note that a fit is finished."""
    value = {**asdict(done), "manifest": file_record(_manifest(runs_dir, done.run))}
    with finished_fits(runs_dir).adding(key, value):
        pass


def _manifest(runs_dir: Path, run: str) -> Path:
    return runs_dir / run / MANIFEST


def add_seconds(folder: Path, step: str, seconds: float) -> float:
    """Add to the seconds that a step has taken over all its runs, and return their sum.

    The sum is returned as it is kept, to a hundredth: a report that is made again from the same work says the
    same, also where a page rounds further.
    """
    path = folder / FOLDER / f"seconds-{step}.json"
    try:
        before = float(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        before = 0.0
    total = round(before + seconds, 2)
    if total != before:
        write_text(path, json.dumps(total) + "\n")
    return total
