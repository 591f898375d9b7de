"""What a run says of itself: its manifest, its name, and the command that repeats it."""

from __future__ import annotations

import re
import shlex
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from gtzan_features.config import file_name, fingerprint
from gtzan_features.pipelines.versions import model_versions
from gtzan_features.tables.runs import RunManifest
from gtzan_features.tables.spectrograms import PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.config import SplitConfig
    from gtzan_features.datasets.splits import Split
    from gtzan_features.pipelines.fit import FitConfig
    from gtzan_features.pipelines.fittable import Fittable


def make_manifest(
    config: FitConfig,
    settings: dict[str, Any],
    opened: Fittable,
    split: Split,
    n_folds: int,
) -> RunManifest:
    """Describe a fit: what was done, to what, with what.

    Parameters
    ----------
    config : FitConfig
        Model, segment length, protocol.
    settings : dict
        All hyperparameters, defaults included.
    opened : Fittable
        The table that was fitted.
    split : Split
        The division that was used.
    n_folds : int
        Test parts that were predicted.

    Returns
    -------
    RunManifest
        Named by what it holds: equal fits have equal names.
    """
    table, protocol = opened.table, config.split
    meta = table.meta
    n_tracks = int(table.frame["track_id"].nunique())
    manifest = RunManifest(
        run_id="",
        command=fit_command(config, opened.path.parent, meta.feature_set),
        model=config.model,
        settings=settings,
        seed=protocol.seed,
        dataset=meta.dataset,
        synthetic=meta.synthetic,
        feature_set=meta.feature_set,
        feature_fingerprint=meta.feature_fingerprint,
        segment=meta.segment,
        table_origin=meta.origin,
        table_sha256=opened.sha256,
        n_tracks=n_tracks,
        n_rows=len(table.frame),
        genres=tuple(sorted(set(table.frame["genre"]))),
        protocol=protocol.name,
        protocol_settings=_plain(protocol),
        leaked=protocol.leaked,
        split_fingerprint=split.fingerprint(),
        n_folds=n_folds,
        trained_on=_trained_on(split, protocol, n_folds, final=config.final),
        final=config.final,
        versions=model_versions(),
    )
    return replace(manifest, run_id=_run_id(manifest))


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


def _run_id(manifest: RunManifest) -> str:
    """Name a run by what it holds; all that changes its figures goes into the last six digits."""
    # The command tells where the table lies, which changes nothing.
    unnamed = {"run_id", "command", "versions"}
    if not manifest.final or manifest.n_folds > 1:
        unnamed.add("final")  # under folds the kept model is the same with and without
    content = {k: v for k, v in asdict(manifest).items() if k not in unnamed}
    names = [manifest.dataset, manifest.model, file_name(manifest.feature_set), manifest.segment]
    names.append(manifest.protocol)
    slug = "-".join(re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-") for name in names)
    return f"{slug}-{fingerprint(content)[:6]}"


def _plain(protocol: SplitConfig) -> dict[str, Any]:
    """Return the protocol's settings; a single fold is named only where there is one, as are its runs."""
    return {name: value for name, value in asdict(protocol).items() if name != "only" or value is not None}


def fit_command(config: FitConfig, tables_dir: Path, feature_set: str) -> str:
    """Return the command line that does a fit."""
    words = ["gtzan", "fit", config.model, "--segments", config.segment.name]
    if config.beside is not None:
        words += ["--beside", config.beside.name]
    scale = feature_set.removeprefix(PREFIX)
    words += ["--features", feature_set] if scale == feature_set else ["--scale", scale]
    words += ["--tables", str(tables_dir), "--protocol", config.split.protocol]
    if config.split.folds is not None:
        words += ["--folds", str(config.split.folds)]
    if config.split.only is not None:
        words += ["--fold", str(config.split.only)]
    if config.split.holdout is not None:
        words += ["--holdout", f"{config.split.holdout:g}"]
    if config.split.evaluate_on != "test":
        words += ["--evaluate-on", config.split.evaluate_on]
    words += ["--seed", str(config.split.seed)]
    for pair in config.settings:
        words += ["--set", pair]
    if config.augment:
        words += ["--augment", ",".join(config.augment)]
    if config.split.leaked:
        words.append("--allow-leak")
    if config.final:
        words.append("--final")
    return shlex.join(words)
