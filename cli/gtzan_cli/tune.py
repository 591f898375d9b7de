"""``gtzan tune``: search a model's settings on the training part of a protocol."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gtzan_cli.completion import complete_feature_sets, complete_models
from gtzan_cli.options import (
    FEATURES_HELP,
    FOLDER,
    TABLES_DIR,
    SegmentLength,
    division_options,
    json_option,
    n_jobs_option,
)
from gtzan_cli.progress import notice, print_json, print_table, progress_bar, show_text
from gtzan_features.config import PROTOCOLS, SplitConfig, default_of
from gtzan_features.training.fit_config import SCORES, FitConfig, TuneConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from gtzan_features.config import SegmentConfig
    from gtzan_features.training.tune import TuneResult

STUDIES_DIR = Path("data/tune")


@click.command()
@click.argument("model", metavar="MODEL", shell_complete=complete_models)
@click.option(
    "--budget",
    "minutes",
    type=float,
    default=default_of(TuneConfig, "minutes"),
    show_default=True,
    metavar="MINUTES",
    help="No trial begins later; one that has begun is finished.",
)
@click.option("--trials", type=int, help="End with this many trials, earlier calls' among them.")
@click.option(
    "--segments",
    "-s",
    "segment",
    type=SegmentLength(),
    default=default_of(FitConfig, "segment").name,
    show_default=True,
    help="Length of a row.",
)
@click.option("--beside", type=SegmentLength(), help="As in gtzan fit.")
@click.option(
    "--features",
    "feature_set",
    shell_complete=complete_feature_sets,
    default=default_of(FitConfig, "feature_set"),
    show_default=True,
    help=FEATURES_HELP,
)
@click.option("--tables", type=FOLDER, default=TABLES_DIR, show_default=True, help="Folder of the tables.")
@click.option(
    "--protocol",
    "-p",
    type=click.Choice([name for name in PROTOCOLS if name != "segment"]),
    default=default_of(SplitConfig, "protocol"),
    show_default=True,
    help="Whose training part is searched.",
)
@division_options(
    "Folds of track (10) or artist (3); fewer where a genre has fewer tracks.",
    "The fold that is kept for the test (1); the others are searched.",
)
@click.option(
    "--seed",
    type=int,
    default=default_of(SplitConfig, "seed"),
    show_default=True,
    help="Of the folds, the model and the search.",
)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting that is not searched."
)
@click.option(
    "--score",
    type=click.Choice(SCORES),
    default=default_of(TuneConfig, "score"),
    show_default=True,
    help="What is made best: of tracks, by the mean of their rows.",
)
@click.option(
    "--studies", type=FOLDER, default=STUDIES_DIR, show_default=True, help="Where studies are kept."
)
@n_jobs_option
@json_option
def tune(
    model: str,
    minutes: float,
    trials: int | None,
    segment: SegmentConfig,
    beside: SegmentConfig | None,
    feature_set: str,
    tables: Path,
    protocol: str,
    divided: Callable[..., SplitConfig],
    seed: int,
    settings: tuple[str, ...],
    score: str,
    studies: Path,
    n_jobs: int,
    as_json: bool,
) -> None:
    """Search the settings of MODEL on the training part, and print the command that tests them.

    The test part is never read. A protocol with folds keeps one of them for the test: settings chosen on
    all folds would have seen every test part. Inner folds keep tracks whole, and under artist and
    fault-filtered artists. Interrupted, the same command goes on.
    """
    from gtzan_features.training.model_list import known_model

    known_model(model)

    from gtzan_features.training.tune import tune

    fit = FitConfig(
        model=model,
        segment=segment,
        beside=beside,
        feature_set=feature_set,
        settings=settings,
        split=divided(protocol=protocol, seed=seed),
    )
    config = TuneConfig(fit=fit, minutes=minutes, trials=trials, score=score)
    with progress_bar() as progress:
        result = tune(tables, studies, config, n_jobs=n_jobs, progress=progress)
    for note in result.notes:
        notice(f"{protocol}, {note}.")
    if as_json:
        print_json(result.to_dict())
    else:
        _print_result(result)
    if result.interrupted:
        raise KeyboardInterrupt


def _print_result(result: TuneResult) -> None:
    table = result.table
    print_table(table.title, table.header, table.rows)
    notice(
        "These figures chose the settings, and are too high for it. What they are worth on tracks never seen:"
    )
    show_text(result.command)  # as it is, so that it can be copied
    notice(f"Study: {result.study}")
