"""Run folders: the manifest, the split, the predictions and the metrics of one fit, whole or not there.

::

    runs/RUN_ID/
      manifest.json         what was done, to what, with what
      split.csv             track, segment (-1: all), fold, role
      predictions.parquet   one row per tested row
      metrics.json          figures of the predictions, and the training accuracy
      model/                the fitted model, without pickle, and the range of its training rows
      README.md             the model card, for people
      curves.csv, .png      loss and accuracy per epoch, of models that learn in epochs
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gtzan_features.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gtzan_features.tables.predictions import Predictions

MANIFEST, SPLIT, PREDICTIONS, METRICS, MODEL, CARD, CURVES = (
    "manifest.json",
    "split.csv",
    "predictions.parquet",
    "metrics.json",
    "model",
    "README.md",
    "curves.csv",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunManifest:
    """What a run did.

    Attributes
    ----------
    run_id : str
        Name of the run folder; equal runs have equal names.
    command : str
        A command that repeats the run.
    model, settings, seed
        The classifier, its hyperparameters, the seed of the model and of the split.
    dataset, synthetic
        Name of the data set, and whether its music is synthetic.
    feature_set, feature_fingerprint, segment, table_origin, table_sha256
        The feature table.
    n_tracks, n_rows, genres
        Size of the table.
    protocol, protocol_settings, leaked, split_fingerprint, n_folds
        The division into training and test.
    trained_on : str
        What the stored model was trained on, in words.
    final : bool
        Whether the model was meant for prediction: fitted with ``--final``.
    versions : dict
        Version of each library that the figures may depend on.
    """

    run_id: str
    command: str
    model: str
    settings: dict[str, Any]
    seed: int
    dataset: str
    synthetic: bool
    feature_set: str
    feature_fingerprint: str
    segment: str
    table_origin: str
    table_sha256: str
    n_tracks: int
    n_rows: int
    genres: tuple[str, ...]
    protocol: str
    protocol_settings: dict[str, Any] = field(default_factory=dict)
    leaked: bool
    split_fingerprint: str
    n_folds: int
    trained_on: str
    final: bool = False
    versions: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the manifest as indented JSON with sorted keys."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run folder that was read: its manifest, predictions and training accuracy."""

    folder: Path
    manifest: RunManifest
    predictions: Predictions
    metrics: dict[str, Any]


@contextmanager
def new_run_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder that takes the name `folder` when the block ends without an error.

    An earlier folder of that name is replaced; after an error or Ctrl-C it is as before and nothing
    else is left.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    old = temporary.with_name(temporary.name + ".old")
    try:
        temporary.chmod(0o755)
        yield temporary
        if folder.exists():
            folder.replace(old)
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def read_run(folder: Path) -> Run:
    """Read a run folder.

    Raises
    ------
    RunError
        If the folder is missing, or a file of it is missing or damaged.
    """
    # Arrow takes a second, and whoever only looks for runs needs none.
    from gtzan_features.tables.predictions import read_predictions

    manifest = _read_manifest(folder)
    try:
        metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(folder, f"{METRICS} cannot be read. Fit the model again") from error
    return Run(
        folder=folder,
        manifest=manifest,
        predictions=read_predictions(folder / PREDICTIONS),
        metrics=metrics,
    )


def list_runs(folder: Path) -> list[Path]:
    """Return the run folders in `folder`, by name.

    Raises
    ------
    RunError
        If there is none.
    """
    found = sorted(p.parent for p in folder.glob(f"*/{MANIFEST}") if not p.parent.name.startswith("."))
    if not found:
        raise RunError(
            folder, "holds no runs. Fit a model first, for example: gtzan fit xgboost --segments 3s"
        )
    return found


def require_run(folder: Path) -> None:
    """Refuse a folder that is no run folder.

    Raises
    ------
    RunError
        If it is missing, or has no manifest.
    """
    if not (folder / MANIFEST).is_file():
        raise RunError(folder, f"no run folder ({MANIFEST} is missing). Name a folder that gtzan fit wrote")


def _read_manifest(folder: Path) -> RunManifest:
    require_run(folder)
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["genres"] = tuple(content["genres"])
        return RunManifest(**content)
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(path, "not a manifest of this program. Fit the model again") from error
