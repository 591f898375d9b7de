"""Run folders: the manifest, the split, the predictions and the metrics of one fit, whole or not there.

::

    runs/RUN_ID/
      manifest.json         what was done, to what, with what
      split.csv             track, segment (-1: all), fold, role
      predictions.parquet   one row per tested row
      metrics.json          what the predictions do not tell: training accuracy, chosen families
      model/                the fitted model, without pickle, and what is known of its training rows
      README.md             the model card, for people
      curves.csv, .png      loss and accuracy per epoch, of models that learn in epochs
      headline.json         accuracy of the tested tracks, for lists; computed from the predictions
      fitted_at.txt         when it was written, later than all runs beside it; it alone differs where a
                            command is repeated

The manifest holds the size and the SHA-256 of each other file but the card and the picture for people, which
are compared before the file is parsed. While a run is written, it and what it replaces lie beside it under
names that begin with a dot; whatever command comes next puts right what a killed one left.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gtzan_features.errors import RunError
from gtzan_features.setting_types import wrong_type
from gtzan_features.split_config import SplitConfig
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.checked import (
    DamagedError,
    Record,
    checked_bytes,
    file_record,
    from_json,
    is_there,
    parse_json,
)
from gtzan_features.tables.headline import HEADLINE
from gtzan_features.tables.run_names import find_run, run_folders
from gtzan_features.tables.run_storage import FITTED_AT, MANIFEST, restore_runs, time_after

if TYPE_CHECKING:
    from gtzan_features.tables.predictions import Predictions

SPLIT, PREDICTIONS, METRICS, MODEL, CARD, CURVES, CURVES_PICTURE = (
    "split.csv",
    "predictions.parquet",
    "metrics.json",
    "model",
    "README.md",
    "curves.csv",
    "curves.png",
)

ALSO_WITH = "; also with "
"""In what a model was trained on, before the augmentations of audio whose copies it heard, too."""


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
        Whether a model of all the protocol's tracks is kept: under folds, and with ``--final``.
    model_kept : bool
        Whether the run folder holds a model.
    augmented_sha256 : dict
        Hash of the table of each augmentation of audio whose rows were learned from.
    versions : dict
        Version of each library that the figures may depend on.
    files : dict
        Hash and size of each other file of the run; empty for runs of earlier versions.
    plugins : dict of str to str
        Plugin and digits of its source of ``model NAME`` and of each ``feature NAME`` that are not of this
        package.
    several_labels : bool
        Whether a track may have several of the genres.
    streamed : bool
        Whether rows were read in batches and not held, so that figures may differ in their last digits.
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
    model_kept: bool = True
    augmented_sha256: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    files: dict[str, Record] = field(default_factory=dict)
    plugins: dict[str, str] = field(default_factory=dict)
    several_labels: bool = False
    streamed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the manifest as JSON has it; what is unusual is left out where it is not so."""
        content = asdict(self)
        for name in ("several_labels", "streamed"):  # earlier versions refuse what they do not know
            if not content[name]:
                del content[name]
        return content

    def to_json(self) -> str:
        """Return the manifest as indented JSON with sorted keys."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run folder that was read: its manifest, predictions and training accuracy."""

    folder: Path
    manifest: RunManifest
    predictions: Predictions
    metrics: dict[str, Any]


def finish_run(folder: Path, manifest: RunManifest) -> None:
    """Write the manifest, with hash and size of the files that lie in the run folder, and the time."""
    unlisted = {MANIFEST, CARD, CURVES_PICTURE, HEADLINE, FITTED_AT}
    files = {
        path.relative_to(folder).as_posix(): file_record(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in unlisted
    }
    write_text(folder / MANIFEST, replace(manifest, files=files).to_json())
    write_text(folder / FITTED_AT, time_after(folder.parent).isoformat(timespec="microseconds") + "\n")


def read_run(folder: Path) -> Run:
    """Read a run folder.

    Raises
    ------
    RunError
        If the folder is missing, or a file of it is missing or damaged.
    TableError
        If the predictions are no table of this program.
    """
    # Arrow takes a second, and whoever only looks for runs needs none.
    from gtzan_features.tables.predictions import read_predictions

    if not folder.is_dir():
        restore_runs(folder.parent)
    manifest = read_manifest(folder)
    for name in (SPLIT, PREDICTIONS, METRICS, CURVES):
        _check_file(folder, name, manifest)
    try:
        metrics = parse_json(checked_bytes(folder / METRICS))
        _check_metrics(metrics)
    except (OSError, ValueError) as error:
        raise RunError(folder, f"{METRICS} cannot be read. Fit the model again") from error
    return Run(
        folder=folder,
        manifest=manifest,
        predictions=read_predictions(folder / PREDICTIONS),
        metrics=metrics,
    )


def list_runs(folder: Path) -> list[Path]:
    """Return the run folders in `folder`, by name; what a killed command left is put right first.

    Raises
    ------
    RunError
        If there is none.
    """
    found = run_folders(folder)
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
    if not is_there(folder / MANIFEST):
        raise RunError(folder, f"no run folder ({MANIFEST} is missing). Name a folder that gtzan fit wrote")


def named_run(name: str | Path, runs_dir: Path) -> Path:
    """Return the run folder of a path or a short name (`run_names.find_run`).

    Raises
    ------
    RunError
        If there is none, or several runs are called so.
    """
    path = Path(name)
    if not is_there(path) and len(path.parts) == 1:
        return find_run(str(name), runs_dir)
    if not is_there(path):
        restore_runs(path.parent)
    require_run(path)
    return path


def read_manifest(folder: Path) -> RunManifest:
    """Read the manifest of a run folder; RunError where it is missing or damaged."""
    require_run(folder)
    path = folder / MANIFEST
    try:
        manifest = from_json(RunManifest, parse_json(checked_bytes(path)))
        _check_protocol(manifest.protocol_settings)
    except (OSError, DamagedError) as error:
        raise RunError(path, f"not a manifest of this program: {error}. Fit the model again") from error
    return manifest


def _check_protocol(settings: dict[str, Any]) -> None:
    wrong = wrong_type(SplitConfig, settings)
    if wrong:
        msg = f"protocol_settings: {wrong}"
        raise DamagedError(msg)


def check_files(folder: Path, manifest: RunManifest) -> None:
    """Compare each file of a run with what its manifest has of it; RunError for the first that differs."""
    for name in manifest.files:
        _check_file(folder, name, manifest)


def _check_file(folder: Path, name: str, manifest: RunManifest) -> None:
    """Compare a file with its record; runs of earlier versions have none, and are parsed as they are."""
    record = manifest.files.get(name)
    if record is None:
        return
    try:
        checked_bytes(folder / name, record)
    except OSError as error:
        raise RunError(folder / name, "missing, or cannot be read. Fit the model again") from error
    except DamagedError as error:
        raise RunError(folder / name, f"{error}. Fit the model again") from error


def _check_metrics(metrics: Any) -> None:  # noqa: ANN401 - what a file holds
    share = metrics.get("train_accuracy") if isinstance(metrics, dict) else None
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        msg = "no training accuracy within 0 and 1"
        raise DamagedError(msg)
