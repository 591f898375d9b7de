"""What a run says of itself: its manifest, its name, and the command that repeats it."""

from __future__ import annotations

import re
import shlex
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gtzan_features import plugins
from gtzan_features.config import TRAIN, feature_set_parts, file_name, fingerprint
from gtzan_features.environment import model_versions
from gtzan_features.models.applying.training_files import TrainingFiles
from gtzan_features.tables.run_folder import ALSO_WITH, RunManifest
from gtzan_features.tables.spectrograms import PREFIX
from gtzan_features.text import argument, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gtzan_features.config import SplitConfig
    from gtzan_features.datasets.splits import Split
    from gtzan_features.training.augmented_rows import ExtraRows
    from gtzan_features.training.fit_config import FitConfig
    from gtzan_features.training.load_rows import Fittable

_LONGEST = 40  # characters of each word of a run's name, which has room for 255 in all


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFit:
    """A fit before it is done: all that tells it from another.

    Attributes
    ----------
    config : FitConfig
        Model, segment length, protocol.
    settings : dict
        All hyperparameters, defaults included.
    opened : Fittable
        The table that is fitted.
    split : Split
        The division that is used.
    n_folds : int
        Test parts that are predicted.
    keep_model : bool
        Whether a model is stored.
    extra : tuple of ExtraRows
        Rows of augmented audio.
    training_files : TrainingFiles
        What the model that is kept is fitted on, as far as it is known.
    call : str
        Python that repeats the fit, where no command does.
    n_rows : int, optional
        Rows of the table, where `opened` has no more than a row for each track.
    """

    config: FitConfig
    settings: dict[str, Any]
    opened: Fittable
    split: Split
    n_folds: int
    keep_model: bool
    extra: tuple[ExtraRows, ...] = ()
    training_files: TrainingFiles = field(default_factory=TrainingFiles)
    call: str = ""
    n_rows: int | None = None


def make_manifest(plan: PlannedFit) -> RunManifest:
    """Describe a fit: what is done, to what, with what; named by all that its folder holds."""
    table, path, protocol = plan.opened.table, plan.opened.path, plan.config.split
    meta = table.meta
    # Under folds the model that is kept is fitted on all tracks, with --final and without.
    final = plan.keep_model and (plan.n_folds > 1 or plan.config.final)
    asked = replace(plan.config, final=final and plan.n_folds == 1)
    manifest = RunManifest(
        run_id="",
        command=plan.call or (fit_command(asked, path.parent, meta.feature_set) if path else ""),
        model=plan.config.model,
        settings=plan.settings,
        seed=protocol.seed,
        dataset=meta.dataset,
        synthetic=meta.synthetic,
        feature_set=meta.feature_set,
        feature_fingerprint=meta.feature_fingerprint,
        segment=meta.segment,
        table_origin=meta.origin,
        table_sha256=plan.opened.sha256,
        n_tracks=int(table.frame["track_id"].nunique()),
        n_rows=len(table.frame) if plan.n_rows is None else plan.n_rows,
        genres=plan.opened.data.genres,
        protocol=protocol.name,
        protocol_settings=_plain(protocol),
        leaked=protocol.leaked,
        split_fingerprint=plan.split.fingerprint(),
        n_folds=plan.n_folds,
        trained_on=_trained_on(plan.split, protocol, plan.n_folds, final=final)
        + with_copies([one.kind for one in plan.extra]),
        final=final,
        model_kept=plan.keep_model,
        augmented_sha256={one.kind: one.sha256 for one in plan.extra},
        versions=model_versions(),
        plugins=plugins.described(feature_set_parts(meta.feature_set), plan.config.model),
        several_labels=plan.opened.data.several,
        streamed=plan.config.stream,
    )
    return replace(manifest, run_id=_run_id(manifest, plan.training_files))


def _trained_on(split: Split, protocol: SplitConfig, n_folds: int, *, final: bool) -> str:
    frame = split.frame
    tested_only = n_folds == 1 and not final
    shown = frame["role"] == "train" if tested_only else frame["role"] != "excluded"
    count = frame.loc[shown, "track_id"].nunique()
    if n_folds == 1 and final:
        return f"all {count} tracks of {protocol.name}, after the test part was tested"
    if tested_only:
        return f"the training part of {protocol.name}: {count} tracks"
    return f"all {count} tracks of {protocol.name}, after the folds were tested"


def with_copies(kinds: Sequence[str]) -> str:
    """Return what follows the tracks that a model was trained on where it heard augmented copies, too.

    Examples
    --------
    >>> with_copies(["noise-20", "mp3-64"]), with_copies([])
    ('; also with noise-20, mp3-64', '')
    """
    return f"{ALSO_WITH}{', '.join(kinds)}" if kinds else ""


def _run_id(manifest: RunManifest, files: TrainingFiles) -> str:
    """Name a run by what it holds: all that changes a file of it goes into the last twelve digits.

    The versions of libraries do not: a fit that is repeated after an upgrade replaces the run, and its
    manifest says by what it was made. Nor does the command, which tells where the table lies.
    """
    unnamed = {"run_id", "command", "versions", "files"} | ({"plugins"} if not manifest.plugins else set())
    content = {k: v for k, v in manifest.to_dict().items() if k not in unnamed}
    names = [manifest.dataset, manifest.model, file_name(manifest.feature_set), manifest.segment]
    names.append(manifest.protocol)
    words = (re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")[:_LONGEST] for name in names)
    digits = fingerprint({**content, "training_files": files.sha256})
    return "-".join([*filter(None, words), digits])


def _plain(protocol: SplitConfig) -> dict[str, Any]:
    """Return the protocol's settings; what is unusual is named only where it is so, as in the runs' names."""
    unusual = {"only": None, "share": None, "min_tracks": 0, "train_on": TRAIN}
    return {k: v for k, v in asdict(protocol).items() if k not in unusual or v != unusual[k]}


def fit_command(config: FitConfig, tables_dir: Path, feature_set: str) -> str:
    """Return the command line that does a fit."""
    words = ["gtzan", *plugins.options(), "fit", config.model, "--segments", config.segment.name]
    if config.beside is not None:
        words += ["--beside", config.beside.name]
    scale = feature_set.removeprefix(PREFIX)
    words += ["--features", feature_set] if scale == feature_set else ["--scale", scale]
    words += ["--tables", argument(tables_dir), "--protocol", config.split.protocol]
    if config.split.folds is not None:
        words += ["--folds", str(config.split.folds)]
    if config.split.only is not None:
        words += ["--fold", str(config.split.only)]
    if config.split.holdout is not None:
        words += ["--holdout", str(config.split.holdout)]
    if config.split.min_tracks:
        words += ["--min-tracks", str(config.split.min_tracks)]
    if config.split.evaluate_on != "test":
        words += ["--evaluate-on", config.split.evaluate_on]
    if config.split.train_on != TRAIN:
        words += ["--train-on", config.split.train_on]
    words += ["--seed", str(config.split.seed)]
    for pair in config.settings:
        words += ["--set", pair]
    if config.augment:
        words += ["--augment", ",".join(config.augment)]
    if config.split.leaked:
        words.append("--allow-leak")
    if config.final:
        words.append("--final")
    if config.stream:
        words.append("--stream")
    return printable(shlex.join(words))
