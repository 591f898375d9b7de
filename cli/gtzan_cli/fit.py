"""``gtzan fit``: train and test models on feature tables."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING

import click

from gtzan_cli.completion import complete_feature_sets, complete_models
from gtzan_cli.help_sections import SectionedCommand
from gtzan_cli.options import (
    FEATURES_HELP,
    FOLDER,
    FOLDER_OR_URL,
    RUNS_DIR,
    TABLES_DIR,
    SegmentLength,
    Words,
    division_options,
    json_option,
    n_jobs_option,
)
from gtzan_cli.progress import notice, print_json, print_table, progress_bar, show
from gtzan_features import plugins
from gtzan_features.config import (
    PROTOCOLS,
    SCALES,
    TRAIN,
    TRAIN_AND_VALID,
    SegmentConfig,
    SplitConfig,
    default_of,
)
from gtzan_features.rounding import percent
from gtzan_features.text import counted
from gtzan_features.training.fit_config import FitConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gtzan_features.reporting.label_run_report import LabelRunReport
    from gtzan_features.reporting.run_report import RunReport
    from gtzan_features.text_table import TextTable

_FIRST = ("aggregation", "n", "accuracy, %", "F1", "log-loss")
_FIRST_OF_LABELS = ("aggregation", "n", "average precision, %", "chance", "F1")
_OF_LABEL = ("label", "tracks", "base rate", "average precision", "precision", "recall", "F1")
"""Columns of the first screen; the others come with --wide."""


@click.command(cls=SectionedCommand)
@click.argument("models", nargs=-1, metavar="MODEL...", shell_complete=complete_models)
@click.option("--list", "list_models", is_flag=True, help="List the models and their settings.")
@click.option(
    "--segments",
    "-s",
    type=SegmentLength(),
    multiple=True,
    default=(default_of(FitConfig, "segment").name,),
    show_default=True,
    help="Length of a row; give it several times for several runs.",
)
@click.option(
    "--beside",
    type=SegmentLength(),
    help="Give each row the features of the longer row that it lies in, too: --segments 3s --beside 30s.",
)
@click.option(
    "--features",
    "feature_set",
    shell_complete=complete_feature_sets,
    default=default_of(FitConfig, "feature_set"),
    show_default=True,
    help=FEATURES_HELP,
)
@click.option(
    "--scale",
    type=click.Choice(SCALES),
    help="Spectrograms of this scale instead of features, for cnn (mel by default) and mlp.",
)
@click.option(
    "--augment",
    type=Words(),
    default=default_of(FitConfig, "augment"),
    help="Learn also from augmented copies of the training rows. Of audio, from tables of gtzan features "
    "extract --deformed: robust, or names such as noise-20,mp3-64; or of gtzan data augment: time-shift, "
    "noise, crop-pad, pitch-shift, time-stretch. Of spectrograms, while learning: time-mask, frequency-mask, "
    "mixup, cutmix.",
)
@click.option(
    "--tables", type=FOLDER_OR_URL, default=TABLES_DIR, show_default=True, help="Folder of the tables."
)
@click.option(
    "--protocol",
    "-p",
    "protocols",
    type=click.Choice(PROTOCOLS),
    multiple=True,
    default=(default_of(SplitConfig, "protocol"),),
    show_default=True,
    help="How tracks are divided; give it several times for several runs. segment is leaked.",
)
@division_options(
    "Folds of track (10), artist (3) or segment (5); fewer where a genre has fewer tracks.",
    "Test this fold only, from 1; train on the others.",
)
@click.option(
    "--evaluate-on",
    type=click.Choice(["test", "valid"]),
    default=default_of(SplitConfig, "evaluate_on"),
    show_default=True,
    help="The part to report on, where the protocol has a validation part.",
)
@click.option(
    "--train-on",
    type=click.Choice([TRAIN, TRAIN_AND_VALID]),
    default=default_of(SplitConfig, "train_on"),
    show_default=True,
    help="The parts to learn from, where the protocol has a validation part; published figures differ on it.",
)
@click.option("--allow-leak", is_flag=True, help="Allow segment, to reproduce leaked figures.")
@click.option(
    "--final",
    is_flag=True,
    help="Keep a model of all tracks where there is one test part (--holdout, --fold, fault-filtered, "
    "stratified); under folds the kept model is that anyway.",
)
@click.option(
    "--seed",
    type=int,
    default=default_of(SplitConfig, "seed"),
    show_default=True,
    help="Of the folds and of the model.",
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A hyperparameter.")
@click.option(
    "--stream",
    is_flag=True,
    help="Read rows in batches and hold only their keys, as it is done anyway for a table that is larger "
    "than memory: for the models that --list says.",
)
@click.option("--runs", type=FOLDER, default=RUNS_DIR, show_default=True, help="Where run folders go.")
@click.option(
    "--wide",
    is_flag=True,
    help="Print every figure, and of each genre what it was taken for, of several runs.",
)
@n_jobs_option
@json_option
@click.pass_context
def fit(
    ctx: click.Context,
    models: tuple[str, ...],
    list_models: bool,
    segments: tuple[SegmentConfig, ...],
    beside: SegmentConfig | None,
    feature_set: str,
    scale: str | None,
    augment: tuple[str, ...],
    tables: Path,
    protocols: tuple[str, ...],
    divided: Callable[..., SplitConfig],
    evaluate_on: str,
    train_on: str,
    allow_leak: bool,
    final: bool,
    seed: int,
    settings: tuple[str, ...],
    stream: bool,
    runs: Path,
    wide: bool,
    n_jobs: int,
    as_json: bool,
) -> None:
    """Train MODEL on a feature or spectrogram table, test it on tracks it never saw, and write a run folder.

    MODEL is a name of ``gtzan fit --list``, or "all". Every protocol but segment keeps the segments of
    a track, and exact copies of it, on one side.
    """
    if list_models:
        _print_models()
        return
    names = _names(ctx, models, scale)
    jobs = [
        FitConfig(
            model=model,
            segment=segment,
            feature_set=feature_set,
            settings=settings,
            split=divided(protocol=protocol, evaluate_on=evaluate_on, train_on=train_on, seed=seed),
            allow_leak=allow_leak,
            final=final,
            scale=scale,
            augment=augment,
            beside=beside,
            stream=stream,
        )
        for protocol, segment, model in product(protocols, segments, names)
    ]
    results = _fit_all(jobs, tables, runs, n_jobs, None if as_json else partial(_print_result, wide=wide))
    if as_json:
        print_json([result.to_dict() for result in results])


def _print_models() -> None:
    """Print the models with their settings, and which plugins could not be loaded."""
    from gtzan_features.training.model_list import DURATIONS, model_table

    table = model_table()
    print_table(table.title, table.header, table.rows)
    show(DURATIONS)
    for fault in plugins.faults():
        notice(fault)


def _names(ctx: click.Context, models: tuple[str, ...], scale: str | None) -> tuple[str, ...]:
    """Return the names of the models to fit; UsageError where none is given."""
    from gtzan_features.training.model_list import model_names

    if not models:
        raise click.UsageError("Missing argument 'MODEL...'. gtzan fit --list shows the models.", ctx)
    return model_names(models, scale)


def _fit_all(
    jobs: list[FitConfig],
    tables: Path,
    runs: Path,
    n_jobs: int,
    shown: Callable[..., None] | None,
) -> list[RunReport | LabelRunReport]:
    """Fit one job after the other and show each result as it comes; each note on the tracks is said once."""
    from gtzan_features.reporting.fit_run import fit_prepared, prepared_fit
    from gtzan_features.training.announced import announced

    results: list[RunReport | LabelRunReport] = []
    said: list[str] = []
    for config in jobs:
        with progress_bar() as progress, prepared_fit(tables, config) as prepared:
            notes = (f"{config.split.protocol}, {note}." for note in prepared.notes)
            for line in (*announced(prepared), *notes):
                if line not in said:
                    said.append(line)
                    notice(line)
            results.append(fit_prepared(prepared, runs, n_jobs=n_jobs, progress=progress))
        if shown is not None:
            shown(results[-1], alone=len(jobs) == 1)
    return results


def _print_result(result: RunReport | LabelRunReport, *, wide: bool, alone: bool) -> None:
    from gtzan_features.reporting.label_run_report import LabelRunReport

    if isinstance(result, LabelRunReport):
        _print_labels(result, wide=wide, alone=alone)
    else:
        _print_genres(result, wide=wide, alone=alone)
    for caveat in result.caveats:
        notice(caveat)
    show(f"{result.sentence}.")
    show(f"Run: {result.folder}")


def _print_some(table: TextTable, names: tuple[str, ...], *, wide: bool) -> None:
    """Print some columns of a table, or all."""
    shown = [i for i, name in enumerate(table.header) if wide or name in names]
    rows = [tuple(row[i] for i in shown) for row in table.rows]
    print_table(table.title, [table.header[i] for i in shown], rows)


def _print_labels(result: LabelRunReport, *, wide: bool, alone: bool) -> None:
    _print_some(result.table, _FIRST_OF_LABELS, wide=wide)
    if wide or alone:
        _print_some(result.label_table, _OF_LABEL, wide=wide)
    show(f"{result.explained} {result.drawn}")


def _print_genres(result: RunReport, *, wide: bool, alone: bool) -> None:
    metrics = result.metrics
    _print_some(result.table, _FIRST, wide=wide)
    show(f"Training accuracy {percent(result.train_accuracy)} % (rows). {result.drawn}")
    show(f"Most confused genre: {metrics.most_confused or 'none'}; least: {metrics.least_confused}.")
    for genre in metrics.per_genre if wide or alone else ():
        confused = ", ".join(f"{name} {count}" for name, count in genre.confused_with if count)
        show(f"  {genre.genre}, {counted(genre.support, 'track')}: taken for {confused or 'no other'}")
