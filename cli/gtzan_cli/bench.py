"""``gtzan bench``: measurements that run unattended and go on where they were interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gtzan_cli.completion import complete_feature_sets
from gtzan_cli.options import (
    FEATURES_HELP,
    FOLDER,
    MUSIC,
    REPORTS_DIR,
    SegmentLength,
    Words,
    json_option,
    n_jobs_option,
    selection_options,
)
from gtzan_cli.progress import notice, print_json, print_table, progress_bar, records, show
from gtzan_features.bench.config import DEFORMATION_NAMES, BenchConfig, RobustnessConfig
from gtzan_features.config import PROTOCOLS, default_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import pandas as pd

    from gtzan_features.bench.accuracy import BenchResult
    from gtzan_features.bench.robustness import RobustnessResult
    from gtzan_features.config import SegmentConfig, Selection

BENCH_DIR = Path("data/bench")


@click.group()
def bench() -> None:
    """Measure accuracy and robustness, unattended; interrupted, the same command goes on."""


def _record(done: BenchResult | RobustnessResult, figures: pd.DataFrame) -> dict[str, Any]:
    """Return what was measured as a script reads it."""
    left = {name: list(getattr(done, name)) for name in ("missing", "skipped") if hasattr(done, name)}
    counts = {"n_fitted": done.n_fitted, "n_reused": done.n_reused}
    return {"page": done.page, **counts, **left, "figures": records(figures)}


def _shared_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add where things lie and which part is reported on."""
    options = (
        click.option("--models", type=Words(), default=(), help="Models, with commas; all where not given."),
        click.option(
            "--evaluate-on",
            type=click.Choice(["valid", "test"]),
            default=default_of(BenchConfig, "evaluate_on"),
            show_default=True,
            help="The part to report on, where the protocol has both. Keep test for the last word.",
        ),
        click.option(
            "--seed",
            type=int,
            default=default_of(BenchConfig, "seed"),
            show_default=True,
            help="Of folds, models and noise.",
        ),
        click.option(
            "--out", "-o", type=FOLDER, default=REPORTS_DIR, show_default=True, help="Where the tables go."
        ),
        click.option(
            "--tables",
            type=FOLDER,
            default=BENCH_DIR / "features",
            show_default=True,
            help="Where the feature tables lie, or are to go.",
        ),
        n_jobs_option,
        json_option,
        selection_options,
    )
    for option in reversed(options):
        command = option(command)
    return command


@bench.command()
@click.argument("audio_dir", type=MUSIC)
@click.option(
    "--features",
    "feature_sets",
    shell_complete=complete_feature_sets,
    multiple=True,
    help="A feature set, or some families of it; several times for several. All sets where not given.",
)
@click.option(
    "--protocols",
    type=Words(),
    default=default_of(BenchConfig, "protocols"),
    help="Protocols, with commas; track,artist,fault-filtered where not given.",
)
@click.option(
    "--family-model",
    default="",
    help="The model that each family is tried with; lda where there is one, else logistic-regression.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0),
    default=default_of(BenchConfig, "minutes"),
    show_default=True,
    help="Time for the fits, small tables first: after it, no fit is begun. inf for all.",
)
@click.option(
    "--runs",
    type=FOLDER,
    default=BENCH_DIR / "runs",
    show_default=True,
    help="Where run folders go.",
)
@_shared_options
def accuracy(
    audio_dir: Path,
    feature_sets: tuple[str, ...],
    protocols: tuple[str, ...],
    family_model: str,
    minutes: float,
    runs: Path,
    models: tuple[str, ...],
    evaluate_on: str,
    seed: int,
    out: Path,
    tables: Path,
    selection: Selection,
    n_jobs: int,
    as_json: bool,
) -> None:
    """Measure each model, row length and family of features on AUDIO_DIR, and write ablation.md and .csv.

    Extracts the features, fits every model on 3 s rows, 30 s rows and both under each protocol that the
    music supports, and each family alone and left out; then tests all against the Kaggle columns on the same
    tracks. What there is no time for is named; the same command goes on with it.
    """
    from gtzan_features.bench.accuracy import Folders, bench_accuracy

    config = BenchConfig(
        feature_sets=feature_sets,
        models=models,
        protocols=protocols,
        evaluate_on=evaluate_on,
        family_model=family_model,
        minutes=minutes,
        seed=seed,
        selection=selection,
    )
    folders = Folders(tables=tables, runs=runs, out=out)
    with progress_bar() as progress:
        done = bench_accuracy(audio_dir, folders, config, n_jobs=n_jobs, progress=progress, notice=notice)
    if as_json:
        print_json(_record(done, done.frame))
        return
    for line in done.skipped:
        notice(f"Not supported: {line}")
    for line in done.missing:
        notice(f"Not measured: {line}")
    for table in done.tables:
        print_table(table.title, table.header, table.rows)
    show(f"{done.n_fitted} fits made, {done.n_reused} found done, {len(done.missing)} left out.")
    show(f"Tables: {done.page}")


@bench.command()
@click.argument("audio_dir", type=MUSIC)
@click.option(
    "--features",
    "feature_set",
    shell_complete=complete_feature_sets,
    default=default_of(RobustnessConfig, "feature_set"),
    help=f"{FEATURES_HELP} full where there is such a set.",
)
@click.option(
    "--segments",
    "-s",
    "segment",
    type=SegmentLength(),
    default=default_of(RobustnessConfig, "segment").name,
    show_default=True,
    help="Rows.",
)
@click.option(
    "--protocol",
    "-p",
    type=click.Choice([name for name in PROTOCOLS if name != "segment"]),
    default=default_of(RobustnessConfig, "protocol"),
    show_default=True,
    help="How tracks are divided; track for music that is not GTZAN.",
)
@click.option(
    "--deformations",
    type=Words(),
    default=(),
    help=f"{', '.join(DEFORMATION_NAMES)}, with commas; all where not given.",
)
@click.option(
    "--augment",
    type=Words(),
    default=default_of(RobustnessConfig, "augment"),
    help="Fit each model once more, with deformed copies beside the clean rows: robust, as for gtzan fit, or "
    "names as above.",
)
@click.option(
    "--family-model",
    default="",
    help="The model that each family is tried with; lda where there is one, else logistic-regression.",
)
@click.option(
    "--work",
    type=FOLDER,
    default=BENCH_DIR / "robustness",
    show_default=True,
    help="Where deformed tables and predictions are kept.",
)
@_shared_options
def robustness(
    audio_dir: Path,
    feature_set: str,
    segment: SegmentConfig,
    protocol: str,
    deformations: tuple[str, ...],
    augment: tuple[str, ...],
    family_model: str,
    work: Path,
    models: tuple[str, ...],
    evaluate_on: str,
    seed: int,
    out: Path,
    tables: Path,
    selection: Selection,
    n_jobs: int,
    as_json: bool,
) -> None:
    """Measure what each model and family loses when the test audio is deformed, and write robustness.md.

    Models learn from clean audio, with --augment once more with deformed copies beside it; what is tested is
    deformed: codecs, noise, filters, resampling, a room, speed, clipping, gain. Writes robustness.md, .csv
    and .png with each loss, its interval and test, the mean and the worst.
    """
    from gtzan_features.bench.robustness import WorkFolders, bench_robustness

    config = RobustnessConfig(
        feature_set=feature_set,
        models=models,
        deformations=deformations,
        augment=augment,
        family_model=family_model,
        protocol=protocol,
        evaluate_on=evaluate_on,
        segment=segment,
        seed=seed,
        selection=selection,
    )
    folders = WorkFolders(tables=tables, work=work, out=out)
    with progress_bar() as progress:
        done = bench_robustness(audio_dir, folders, config, n_jobs=n_jobs, progress=progress, notice=notice)
    if as_json:
        print_json(_record(done, done.frames.losses) | {"means": records(done.frames.means)})
        return
    for line in done.missing:
        notice(f"Not measured: {line}")
    for table in done.tables:
        print_table(table.title, table.header, table.rows)
    show("A star: the loss is shown by the exact test, by artist where known, with Holm's correction.")
    show("Mean: over kinds of deformation, each counted once, without gain.")
    show(f"{done.n_fitted} models and families fitted, {done.n_reused} found done.")
    show(f"Report: {done.page}")
