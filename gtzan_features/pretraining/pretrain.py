"""Make a pretrained model of GTZAN: choose it, test it, fit it on all tracks, write it with its card."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.bench.clean_tables import Music, extract_sets
from gtzan_features.config import DEFAULT_SEGMENTS, FeatureConfig, default_of
from gtzan_features.datasets import gtzan
from gtzan_features.environment import model_versions
from gtzan_features.errors import ConfigError, OutputExistsError, TableError
from gtzan_features.extraction.csv_exchange import read_kaggle
from gtzan_features.models.applying.training_range import of_columns
from gtzan_features.models.save import CARD_TEXT, OWN_FILES, save_kept_model
from gtzan_features.prediction.named_models import own_models
from gtzan_features.pretraining.candidates import (
    Candidate,
    fit_calibrated,
    full_candidates,
    kaggle_candidates,
)
from gtzan_features.pretraining.card import Findings, card_text, report_text
from gtzan_features.pretraining.deformed import AudioTables, measure_deformed
from gtzan_features.pretraining.trial import Division, Tested, Trial, divided, tested, tried
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.reports.measured_on import measured_on
from gtzan_features.tables.atomic import write_text
from gtzan_features.tables.feature_tables import table_path
from gtzan_features.tables.locking import output_lock
from gtzan_features.tables.run_storage import new_run_folder
from gtzan_features.tables.table_files import is_table
from gtzan_features.training.kept import card_of, kept_model
from gtzan_features.training.load_rows import Fittable, in_memory, open_fittable
from gtzan_features.training.source_files import known_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gtzan_features.models.applying.kept_model import KeptModel

N_GENRES = 10
ENOUGH_TRACKS = 300
"""Fewer tracks of GTZAN make no model that is worth a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a pretrained model is made of.

    Attributes
    ----------
    feature_set : str
    source : str
        What it is made from, in a word for messages.
    candidates : callable
        Returns those among which it is chosen.
    license_name : str
        Of the model, by the Hub's names.
    """

    feature_set: str
    source: str
    candidates: Callable[[], tuple[Candidate, ...]]
    license_name: str = "unknown"


KINDS = {
    "gtzan10": Kind(
        feature_set=default_of(FeatureConfig, "feature_set"),
        source="CSV_DIR",
        candidates=kaggle_candidates,
        license_name="mit",  # the package's, of which it is a part
    ),
    "gtzan10-full": Kind(feature_set="full", source="AUDIO_DIR", candidates=full_candidates),
}
"""The models that can be made, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A model that was made.

    Attributes
    ----------
    folder : Path
        Where it lies.
    report : Path
        The page with all candidates.
    kept : KeptModel
    findings : Findings
    """

    folder: Path
    report: Path
    kept: KeptModel
    findings: Findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where things lie and go.

    Attributes
    ----------
    tables : Path
        Tables that are computed of audio.
    work : Path
        Tables of deformed audio.
    reports : Path
        The page on how the model was chosen.
    out : Path or None
        Folder of the model; None for that of its name among the user's own.
    """

    tables: Path
    work: Path
    reports: Path
    out: Path | None = None


def pretrain(
    name: str,
    source: Path,
    places: Places,
    *,
    deformed: tuple[Path, ...] = (),
    n_jobs: int = -1,
    progress: Progress = silent,
    notice: Notice = mute,
) -> Made:
    """Choose, test and fit a model of GTZAN's ten genres, and write it with its card.

    Parameters
    ----------
    name : str
        One of `KINDS`.
    source : Path
        A folder with Kaggle's two CSVs or with tables of their columns; for ``gtzan10-full`` GTZAN's audio in
        genre folders, or a folder with tables of the full set.
    places : Places
    deformed : tuple of Path
        Folders with audio of GTZAN, by which it is measured what deformed audio costs.
    n_jobs, progress, notice
        As in `extraction.extract.extract`.

    Raises
    ------
    ConfigError
        If there is no such model.
    TableError
        If the rows are not there, or not those of GTZAN's ten genres.
    SplitError
        If the tracks do not allow the test.
    """
    if name not in KINDS:
        msg = f"no pretrained model {name!r} can be made; there are {', '.join(KINDS)}"
        raise ConfigError(msg)
    kind = KINDS[name]
    out = places.out or own_models() / name
    _check_out(out)
    audio = [
        AudioTables(folder, places.work / folder.name, n_jobs=n_jobs, progress=progress, notice=notice)
        for folder in deformed
    ]
    for one in audio:
        one.tracks()  # what cannot be measured is said before all is fitted
    divisions = {}
    for length, opened in _rows(kind, source, places.tables, n_jobs, progress, notice).items():
        _check_gtzan(opened, name)
        divisions[length] = divided(opened)
    trials, filtered, artist = _tried(kind.candidates(), divisions, progress, notice)
    chosen = next(trial.candidate for trial in trials if trial.candidate.eligible)
    rival = next((trial.candidate for trial in trials if trial.candidate.level), None)
    division = divisions[chosen.segment]
    findings = Findings(
        name=name,
        command=_command(name, kind, deformed),
        trials=trials,
        chosen=chosen,
        filtered=filtered,
        artist=artist,
        robustness=tuple(measure_deformed(one, chosen, division) for one in audio),
        rival=rival,
        measured=measured_on(one.opened.table.meta.origin for one in divisions.values()),
        license_name=kind.license_name,
        of_rival=tuple(measure_deformed(one, rival, divisions[rival.segment]) for one in audio if rival),
    )
    kept = replace(_kept(chosen, division), figures=findings.figures())
    made = Made(folder=out, report=places.reports / f"{name}.md", kept=kept, findings=findings)
    _write(made)
    return made


def _write(made: Made) -> None:
    with new_run_folder(made.folder) as new:
        write_text(new / CARD_TEXT, card_text(made.kept, made.findings))
        save_kept_model(new, made.kept)
    with output_lock(made.report):
        write_text(made.report, report_text(made.findings))


def _tried(
    candidates: Sequence[Candidate], divisions: Mapping[str, Division], progress: Progress, notice: Notice
) -> tuple[tuple[Trial, ...], Tested, Tested]:
    """Try all candidates on all tracks; test the choice among the eligible under both protocols."""
    eligible = [one for one in candidates if one.eligible]
    division = divisions[eligible[0].segment]
    parts = (division.filtered_parts(), division.artist_parts())
    total = len(candidates) + len(eligible) * sum(map(len, parts))
    ticks = count(1)

    def tick() -> None:
        progress(next(ticks), total, "candidates")

    notice(f"{len(candidates)} candidates, {len(eligible)} of which may be chosen.")
    trials = [
        trial
        for length, one in divisions.items()
        for trial in tried([c for c in candidates if c.segment == length], one, one.all_rows, tick)
    ]
    filtered, artist = (tested(eligible, division, part, tick) for part in parts)
    return tuple(sorted(trials, key=lambda trial: trial.loss)), filtered, artist


def _kept(chosen: Candidate, division: Division) -> KeptModel:
    """Fit the chosen candidate on all tracks."""
    opened = division.opened
    rows = np.arange(len(opened.data.y))
    n_tracks = opened.data.rows["track_id"].nunique()
    settings = {**chosen.settings, "level_columns": chosen.level}
    card = card_of(
        opened,
        model=chosen.model,
        settings=settings,
        trained_on=f"all {n_tracks} tracks of {opened.table.meta.dataset}, after the test",
        versions=model_versions(),
    )
    rule = fit_calibrated(chosen, division.training(rows), division.names)
    kept = kept_model(opened, card, rows, rule, known_files(opened, rows))
    used = [division.names[i] for i in chosen.columns(division.names)]
    return replace(
        kept,
        seen=None if kept.seen is None else of_columns(kept.seen, used),
        # A rule that no gain can move needs no warning of the level.
        level=kept.level if chosen.level else None,
    )


def _rows(
    kind: Kind, source: Path, tables: Path, n_jobs: int, progress: Progress, notice: Notice
) -> dict[str, Fittable]:
    """Read or compute the rows of both lengths."""
    names = [length.name for length in DEFAULT_SEGMENTS]
    csvs = {name: source / f"features_{name.removesuffix('s')}_sec.csv" for name in names}
    if kind.source == "CSV_DIR" and all(path.is_file() for path in csvs.values()):
        return {name: in_memory(read_kaggle(path)[0]) for name, path in csvs.items()}
    if all(is_table(table_path(source, kind.feature_set, name)) for name in names):
        return {name: open_fittable(source, kind.feature_set, name) for name in names}
    if kind.source == "CSV_DIR":
        missing = next((path for path in csvs.values() if not path.is_file()), source)
        reason = "is missing. Give the folder of Kaggle's features_3_sec.csv and features_30_sec.csv"
        raise TableError(missing, reason)
    extract_sets(Music(source), tables, (kind.feature_set,), DEFAULT_SEGMENTS, n_jobs, progress, notice)
    return {name: open_fittable(tables, kind.feature_set, name) for name in names}


def _check_gtzan(opened: Fittable, name: str) -> None:
    """Refuse rows that are not those of GTZAN's ten genres."""
    tracks = set(opened.data.rows["track_id"])
    if not gtzan.is_gtzan(tracks):
        other = min(tracks - set(gtzan.track_genres()))
        reason = f"holds {other!r}, which is no track of GTZAN. For your own music: gtzan fit lda"
        raise TableError(opened.place, reason)
    if len(opened.data.genres) < N_GENRES or len(tracks) < ENOUGH_TRACKS:
        reason = (
            f"holds {len(tracks)} tracks in {len(opened.data.genres)} genres of GTZAN; {name} needs "
            f"{ENOUGH_TRACKS} in all {N_GENRES} at least. For these: gtzan fit lda"
        )
        raise TableError(opened.place, reason)


def _check_out(out: Path) -> None:
    if out.exists() and (not out.is_dir() or {path.name for path in out.iterdir()} - OWN_FILES):
        raise OutputExistsError(out, "holds other files than a model's. Give another --out")


def _command(name: str, kind: Kind, deformed: tuple[Path, ...]) -> str:
    """Return the command without the paths of this machine."""
    places = ("GTZAN_WAV_DIR", "GTZAN_OGG_DIR", *("MORE_AUDIO_DIR",) * len(deformed))
    options = "".join(f" --deformed {place}" for _, place in zip(deformed, places, strict=False))
    return f"gtzan pretrain {name} {kind.source}{options}"
