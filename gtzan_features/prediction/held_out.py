"""A run's model beside rows that it never saw: the stored one where there is such, else one fitted anew."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gtzan_features.config import PROTOCOLS, SplitConfig
from gtzan_features.datasets.custom_split import CUSTOM
from gtzan_features.datasets.groups import inner_groups
from gtzan_features.datasets.splits import Split
from gtzan_features.errors import ConfigError, RunError
from gtzan_features.models.registry import MODELS, model_spec
from gtzan_features.models.spec import FEATURES
from gtzan_features.reports.protocols import tested_on
from gtzan_features.tables.feature_tables import FeatureTable
from gtzan_features.tables.run_folder import SPLIT
from gtzan_features.training.augmented_rows import augmentations_of, extra_rows, split_kinds
from gtzan_features.training.fold import Fold, Job, fit_fold

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.models.applying.load import StoredModel
    from gtzan_features.tables.run_folder import Run
    from gtzan_features.training.load_rows import Fittable

_AUGMENT = "augment"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """A fitted model and the rows to measure it on.

    Attributes
    ----------
    estimator : classifier
        Its classes are the indices of the table's genres.
    rows : ndarray of int
        Positions in the table.
    words : str
        What the rows are to the model: ``rows of the test part, which it never saw``.
    """

    estimator: Any
    rows: npt.NDArray[np.int64]
    words: str


def held_out(run: Run, model: StoredModel, opened: Fittable, tables: Path) -> HeldOut:
    """Return a run's model with tested rows that it was not fitted on.

    That is the stored model where it was fitted on a training part alone. Under folds and with ``--final``
    the stored model has seen every row: one of the run's own settings is fitted on the rows that its first
    test part leaves. The rows of a leaked run are of tracks that were trained on; `HeldOut.words` says so.

    Raises
    ------
    RunError
        If the table no longer holds the rows that the run tested, or the run's split cannot be read.
    TableError
        If the run was fitted on augmented rows too, and their table is missing.
    """
    split = _split(run)
    changed = f" {opened.place} has changed since the fit: fit the model again"
    absent = set(split.frame["track_id"]) - set(opened.data.rows["track_id"])
    if absent:
        n_tracks = split.frame["track_id"].nunique()
        reason = f"{len(absent)} of its {n_tracks} tracks are not in the table, {min(absent)!r} for one."
        raise RunError(run.folder, reason + changed)
    if tuple(opened.data.genres) != tuple(run.predictions.genres):
        raise RunError(run.folder, "the table holds other genres than the run." + changed)
    pairs = split.folds(opened.data.rows)
    train, test = pairs[0] if pairs else (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    if _labels(opened.data.rows.iloc[test]) != _labels(_first_part(run)):
        raise RunError(run.folder, "the table's rows are not those that the run tested." + changed)
    seen_all = run.manifest.n_folds > 1 or run.manifest.final
    if seen_all and run.manifest.model not in MODELS:
        reason = (
            f"its model, {run.manifest.model}, was given in Python and has seen all tracks: nothing can "
            "fit it anew here. Explain a file, or evaluate it with one test part (holdout=0.3) and save that"
        )
        raise RunError(run.folder, reason)
    estimator: Any = model.estimator
    if seen_all:
        estimator = fit_fold(Fold(train, test, keep=True), _job(run, opened, split, tables)).model
    note = "" if opened.sha256 == run.manifest.table_sha256 else "; the table was written anew since the fit"
    return HeldOut(estimator=estimator, rows=test, words=_words(run, seen_all=seen_all) + note)


def _words(run: Run, *, seen_all: bool) -> str:
    tested = tested_on(run.manifest)
    part = "validation part" if tested.on_validation else "test part"
    if run.manifest.n_folds > 1:
        part = f"first of {run.manifest.n_folds} folds"
    if run.manifest.leaked or tested.leaked:
        return f"rows of the {part}, LEAKED: it was fitted on other rows of the same tracks"
    anew = ", by a model of the same settings that was fitted anew without them" if seen_all else ""
    return f"rows of the {part}, which it never saw" if not anew else f"rows of the {part}{anew}"


def _split(run: Run) -> Split:
    path = run.folder / SPLIT
    settings = run.manifest.protocol_settings
    kind = tested_on(run.manifest).kind
    if settings.get("protocol") == CUSTOM:
        reason = (
            "divided by a splitter that was given in Python. Explain a file, or fit it by a protocol by name"
        )
        raise RunError(run.folder, reason)
    if kind not in PROTOCOLS:
        raise RunError(run.folder, f"protocol {run.manifest.protocol!r} is not known. Fit the model again")
    known = {field.name for field in fields(SplitConfig)}
    try:
        frame = pd.read_csv(path, dtype={"track_id": str, "role": str}, keep_default_na=False)
        config = SplitConfig(**{k: v for k, v in settings.items() if k in known} | {"protocol": kind})
        return Split(frame=frame[["track_id", "segment", "fold", "role"]], config=config)
    except (OSError, ValueError, KeyError, TypeError, ConfigError) as error:
        raise RunError(path, "cannot be read as a split. Fit the model again") from error


def _job(run: Run, opened: Fittable, split: Split, tables: Path) -> Job:
    settings = {name: value for name, value in run.manifest.settings.items() if name != _AUGMENT}
    spectral, audio = split_kinds(augmentations_of(run.manifest), model_spec(run.manifest.model), FEATURES)
    return Job(
        data=opened.data,
        model=run.manifest.model,
        settings=settings,
        seed=run.manifest.seed,
        augment=spectral,
        extra=extra_rows(tables, opened.table, audio),
        families=opened.families if isinstance(opened.table, FeatureTable) else (),
        apart=inner_groups(opened.data.rows, opened.data.copies, split.config),
    )


def _first_part(run: Run) -> pd.DataFrame:
    frame = run.predictions.frame
    first: pd.DataFrame = frame[frame["fold"] == frame["fold"].min()]
    return first


def _labels(rows: pd.DataFrame) -> dict[tuple[str, int], str]:
    keys = zip(rows["track_id"].astype(str), rows["segment"].astype(int), strict=True)
    return dict(zip(keys, rows["genre"].astype(str), strict=True))
