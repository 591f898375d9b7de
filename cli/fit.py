"""``gtzan fit``: train and test models on feature tables."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import FOLDER, RUNS_DIR, TABLES_DIR, SegmentLength, json_option, n_jobs_option
from cli.progress import notice, print_json, print_table, progress_bar
from gtzan_features.config import SegmentConfig

if TYPE_CHECKING:
    from gtzan_features.pipelines.fit import FitResult

_PROTOCOLS = ("track", "artist", "fault-filtered", "stratified", "segment")


@click.command()
@click.argument("models", nargs=-1, metavar="MODEL...")
@click.option("--list", "list_models", is_flag=True, help="List the models and their settings.")
@click.option(
    "--segments",
    "-s",
    type=SegmentLength(),
    multiple=True,
    default=("3s",),
    show_default=True,
    help="Length of a row; give it several times for several runs.",
)
@click.option("--features", "feature_set", default="kaggle", show_default=True, help="The feature set.")
@click.option("--tables", type=FOLDER, default=TABLES_DIR, show_default=True, help="Folder of the tables.")
@click.option(
    "--protocol",
    "-p",
    "protocols",
    type=click.Choice(_PROTOCOLS),
    multiple=True,
    default=("track",),
    show_default=True,
    help="How tracks are divided; give it several times for several runs. segment is leaked.",
)
@click.option("--folds", type=int, help="Folds of track (10), artist (3) or segment (5).")
@click.option("--holdout", type=float, help="One test part with this share, instead of folds.")
@click.option(
    "--evaluate-on",
    type=click.Choice(["test", "valid"]),
    default="test",
    show_default=True,
    help="The part to report on, where the protocol has a validation part.",
)
@click.option("--allow-leak", is_flag=True, help="Allow segment, to reproduce leaked figures.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the folds and of the model.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A hyperparameter.")
@click.option("--runs", type=FOLDER, default=RUNS_DIR, show_default=True, help="Where run folders go.")
@n_jobs_option
@json_option
@click.pass_context
def fit(
    ctx: click.Context,
    models: tuple[str, ...],
    list_models: bool,
    segments: tuple[SegmentConfig, ...],
    feature_set: str,
    tables: Path,
    protocols: tuple[str, ...],
    folds: int | None,
    holdout: float | None,
    evaluate_on: str,
    allow_leak: bool,
    seed: int,
    settings: tuple[str, ...],
    runs: Path,
    n_jobs: int,
    as_json: bool,
) -> None:
    """Train MODEL on a feature table, test it on tracks it never saw, and write a run folder.

    MODEL is a name of ``gtzan fit --list``, or "all". Every protocol but segment keeps the segments of
    a track, and exact copies of it, on one side.
    """
    if list_models:
        _print_models()
        return
    if not models:
        raise click.UsageError("Missing argument 'MODEL...'. gtzan fit --list shows the models.", ctx)
    from gtzan_features.datasets.splits import SplitConfig
    from gtzan_features.models.registry import MODELS
    from gtzan_features.parallel.local import local_executor
    from gtzan_features.pipelines.fit import FitConfig
    from gtzan_features.pipelines.fit import fit as run
    from gtzan_features.tables.store import table_path

    executor = local_executor(n_jobs)
    names = tuple(MODELS) if models == ("all",) else models
    results = []
    for protocol, segment, model in product(protocols, segments, names):
        split = SplitConfig(
            protocol=protocol, folds=folds, holdout=holdout, evaluate_on=evaluate_on, seed=seed
        )
        config = FitConfig(model=model, settings=settings, split=split, allow_leak=allow_leak)
        path = table_path(tables, feature_set, segment.name)
        with progress_bar() as progress:
            result = run(path, runs, config, executor=executor, progress=progress)
        results.append(result)
        if not as_json:
            _print_result(result)
    if as_json:
        print_json([_as_dict(result) for result in results])


def _print_models() -> None:
    from gtzan_features.models.registry import MODELS
    from gtzan_features.reports.tables import TextTable

    rows = tuple(
        (spec.name, spec.summary, " ".join(f"{k}={v}" for k, v in spec.defaults.items()))
        for spec in MODELS.values()
    )
    print_table(TextTable(title="", header=("model", "what it is", "settings"), rows=rows))


def _print_result(result: FitResult) -> None:
    from gtzan_features.reports.collect import representative
    from gtzan_features.reports.tables import TextTable, accuracy_cell, level_name, percent

    m = result.manifest
    marks = [*(["LEAKED"] if m.leaked else []), *(["SYNTHETIC"] if m.synthetic else [])]
    title = " ".join([*marks, f"{m.model}, {m.segment} {m.feature_set}, {m.protocol}, {m.dataset}"])
    rows = tuple(
        (
            level_name(level),
            str(s.metrics.n),
            accuracy_cell(s.metrics.accuracy, s.interval.low, s.interval.high),
            percent(s.metrics.top2_accuracy),
            percent(s.metrics.macro_precision),
            percent(s.metrics.macro_recall),
            percent(s.metrics.macro_f1),
            f"{s.metrics.log_loss:.3f}",
            percent(s.metrics.calibration_error),
        )
        for level, s in result.scores.items()
    )
    header = (
        "aggregation",
        "n",
        "accuracy, %",
        "top-2",
        "precision",
        "recall",
        "F1",
        "log-loss",
        "calibration error",
    )
    print_table(TextTable(title=title, header=header, rows=rows))
    click.echo(f"Training accuracy {percent(result.train_accuracy)} % (rows).")
    metrics = result.scores[representative(result.scores)].metrics
    click.echo(f"Most confused genre: {metrics.most_confused or 'none'}; least: {metrics.least_confused}.")
    for genre in metrics.per_genre:
        confused = ", ".join(f"{name} {count}" for name, count in genre.confused_with if count)
        click.echo(f"  {genre.genre}: taken for {confused or 'no other'}")
    if m.leaked:
        notice("LEAKED: segments of one track are in training and test. Not an accuracy on new music.")
    click.echo(f"Run: {result.folder}")


def _as_dict(result: FitResult) -> dict[str, object]:
    return {
        "run": str(result.folder),
        "leaked": result.manifest.leaked,
        "synthetic": result.manifest.synthetic,
        "protocol": result.manifest.protocol,
        "train_accuracy": result.train_accuracy,
        "levels": {level: s.to_dict() for level, s in result.scores.items()},
    }
