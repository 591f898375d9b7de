"""What a measurement has finished, so that an interrupted one goes on where it stopped.

One small file for each finished step, written whole by the worker that finished it and named by all that
the step depends on: another model, table or library version is another step.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gtzan_features import plugins
from gtzan_features.config import fingerprint
from gtzan_features.environment import model_versions
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.run_storage import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.training.fit_config import FitConfig

FOLDER = ".bench"
"""Beside the run folders; the report does not look into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A fit that is finished: the name of its run folder, and the seconds it took."""

    run: str
    seconds: float


def fit_key(config: FitConfig, table_hashes: tuple[str, ...]) -> str:
    """Return twelve hexadecimal digits of all that a fit's figures depend on."""
    versions = model_versions() | plugins.described((), config.model)
    return fingerprint({"fit": asdict(config), "tables": table_hashes, "versions": versions})


def read_done(runs_dir: Path, key: str) -> Done | None:
    """Return what is known of a finished fit; None where it is not finished or its run folder is gone."""
    try:
        content = json.loads(_path(runs_dir, key).read_text(encoding="utf-8"))
        done = Done(run=str(content["run"]), seconds=float(content["seconds"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return done if (runs_dir / done.run / MANIFEST).is_file() else None


def write_done(runs_dir: Path, key: str, done: Done) -> None:
    """Note that a fit is finished."""
    write_text(_path(runs_dir, key), json.dumps(asdict(done)) + "\n")


def add_seconds(folder: Path, step: str, seconds: float) -> float:
    """Add to the seconds that a step has taken over all its runs, and return their sum.

    The sum is returned as it is kept, to a hundredth: a report that is made again from the same work says the
    same, also where a page rounds further.
    """
    path = folder / FOLDER / f"seconds-{step}.json"
    try:
        before = float(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        before = 0.0
    total = round(before + seconds, 2)
    if total != before:
        write_text(path, json.dumps(total) + "\n")
    return total


def _path(runs_dir: Path, key: str) -> Path:
    return runs_dir / FOLDER / f"{key}.json"
