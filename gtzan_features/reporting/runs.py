"""The runs in a folder, listed and removed.

Manifests and headlines are enough for a list, so that it needs no pandas; only the figures of runs that older
versions wrote are computed from their predictions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gtzan_features.errors import GtzanError, RunError
from gtzan_features.reports.hub_metadata import without_hub_block
from gtzan_features.reports.protocols import tested_on
from gtzan_features.tables.headline import Headline, read_headline
from gtzan_features.tables.run_folder import CARD, MODEL, PREDICTIONS, RunManifest, check_files
from gtzan_features.tables.run_folder import named_run as named_run
from gtzan_features.tables.run_folder import read_manifest as read_manifest
from gtzan_features.tables.run_names import run_folders, short_names
from gtzan_features.tables.run_storage import fitted_at, remove_run
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

SORTS = ("time", "accuracy", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRun:
    """A run folder, as a list has it.

    Attributes
    ----------
    short : str
        The shortest name that stands for it.
    folder : Path
    manifest : RunManifest or None
        None where it is damaged.
    headline : Headline or None
        Its accuracy; None where the run is damaged.
    fault : str
        What is damaged; empty where nothing is.
    fitted_at : datetime or None
        None where that was not written.
    n_bytes : int
        Size of all its files.
    holds_model : bool
    """

    short: str
    folder: Path
    manifest: RunManifest | None
    headline: Headline | None
    fault: str
    fitted_at: datetime | None
    n_bytes: int
    holds_model: bool

    @property
    def leaked(self) -> bool:
        """Whether its figure is a leak."""
        return self.manifest is not None and (self.manifest.leaked or tested_on(self.manifest).leaked)

    @property
    def mark(self) -> str:
        """Words in capitals before a figure that says nothing about real or new music; else empty."""
        if self.manifest is None:
            return "DAMAGED"
        marks = ("LEAKED" * self.leaked, "SYNTHETIC" * self.manifest.synthetic)
        return " ".join(mark for mark in marks if mark)

    def to_dict(self) -> dict[str, Any]:
        """Return what is known of it as a JSON-able mapping."""
        m, figure = self.manifest, self.headline
        known = (
            ()
            if m is None
            else ("dataset", "synthetic", "model", "feature_set", "segment", "protocol", "seed")
        )
        return {
            "run": self.short,
            "folder": str(self.folder),
            **{name: getattr(m, name) for name in known},
            "leaked": self.leaked,
            "n": figure.n if figure else None,
            "accuracy": figure.accuracy if figure else None,
            "ci_low": figure.low if figure else None,
            "ci_high": figure.high if figure else None,
            "measure": figure.measure if figure else None,
            "aggregation": figure.level if figure else None,
            "fitted_at": self.fitted_at.isoformat() if self.fitted_at else None,
            "bytes": self.n_bytes,
            "model_kept": self.holds_model,
            "fault": self.fault,
        }


def listed_runs(runs_dir: Path, sort: str = "time") -> list[ListedRun]:
    """Return the runs in a folder; damaged ones too, last.

    Parameters
    ----------
    runs_dir : Path
        Where run folders lie; none are there where it does not exist.
    sort : {"time", "accuracy", "name"}
        The newest first, the best first, or by the folders' names.
    """
    folders = run_folders(runs_dir)
    short = short_names(folder.name for folder in folders)
    found = [_listed(folder, short[folder.name]) for folder in folders]
    if sort == "time":
        found.sort(key=lambda one: one.fitted_at.timestamp() if one.fitted_at else 0.0, reverse=True)
    elif sort == "accuracy":
        found.sort(key=lambda one: one.headline.accuracy if one.headline else -1.0, reverse=True)
    return sorted(found, key=lambda one: bool(one.fault))


def runs_to_remove(names: Iterable[str | Path], runs_dir: Path) -> list[Path]:
    """Return the run folders that names stand for, each once.

    Raises
    ------
    RunError
        If one is no run folder, lies elsewhere, or is a link.
    """
    found = dict.fromkeys(named_run(name, runs_dir) for name in names)
    for folder in found:
        if folder.is_symlink():
            raise RunError(folder, "is a link. Remove the link itself, or name the folder that it leads to")
        if not runs_dir.is_dir() or not folder.absolute().parent.samefile(runs_dir):
            raise RunError(
                folder, f"does not lie in {one_line(str(runs_dir))}. Give the folder of its runs: --runs"
            )
    return list({folder.resolve(): folder for folder in found}.values())


def remove_runs(folders: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """Remove run folders; return those that are gone, and why others are not."""
    gone, faults = [], []
    for folder in folders:
        try:
            remove_run(folder)
        except GtzanError as error:
            faults.append(str(error))
        except OSError as error:
            faults.append(f"{folder}: cannot be removed ({error.strerror}). Check its permissions")
        else:
            gone.append(folder)
    return gone, faults


def card_of_run(folder: Path) -> str:
    """Return the model card of a run as a person reads it; RunError where it is damaged or has none."""
    check_files(folder, read_manifest(folder))
    try:
        return without_hub_block((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(folder / CARD, "missing, or cannot be read. Fit the model again") from error


def _listed(folder: Path, short: str) -> ListedRun:
    manifest: RunManifest | None = None
    headline: Headline | None = None
    fault = ""
    try:
        manifest = read_manifest(folder)
        check_files(folder, manifest)
        headline = read_headline(folder, manifest.files.get(PREDICTIONS)) or _computed(folder)
    except GtzanError as error:
        manifest, fault = None, one_line(str(error))
    return ListedRun(
        short=short,
        folder=folder,
        manifest=manifest,
        headline=headline,
        fault=fault,
        fitted_at=fitted_at(folder),
        n_bytes=sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()),
        holds_model=(folder / MODEL).is_dir(),
    )


def _computed(folder: Path) -> Headline:
    """Return the figure of a run that an older version wrote."""
    from gtzan_features.reporting.label_run_report import report_of_labels
    from gtzan_features.reporting.run_report import headline_of
    from gtzan_features.reports.collect import score_runs
    from gtzan_features.tables.run_folder import read_run

    run = read_run(folder)
    if run.manifest.several_labels:
        return report_of_labels(run).headline("")
    (scored,) = score_runs([run])
    return headline_of(scored, "")
