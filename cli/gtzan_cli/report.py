"""``gtzan report`` and ``gtzan compare``: what the runs say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from gtzan_cli.completion import RUN
from gtzan_cli.options import FOLDER, REPORTS_DIR, RUNS_DIR, json_option
from gtzan_cli.progress import notice, print_json, print_table, progress_bar, show

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.option("--runs", type=FOLDER, default=RUNS_DIR, show_default=True, help="Where run folders lie.")
@click.option(
    "--out", "-o", type=FOLDER, default=REPORTS_DIR, show_default=True, help="Where the report goes."
)
@click.option("--html", is_flag=True, help="Write index.html too: one page that needs no network.")
@json_option
def report(runs: Path, out: Path, html: bool, as_json: bool) -> None:
    """Write the accuracy table of all runs: 30 s against 3 s, honest and leaked in separate columns.

    Writes accuracy.md, accuracy.csv, confusions.csv and pictures; for GTZAN also standing.md, what others
    published beside our runs on the same tracks. Reads run folders only and trains nothing.
    """
    from gtzan_features.training.model_list import list_runs

    list_runs(runs)

    from gtzan_features.reporting.report import report

    with progress_bar():
        written = report(runs, out, html=html)
    for line in written.skipped:
        notice(f"Left out: {line}")
    if as_json:
        frames = [frame for frame in (written.results, written.labels) if frame is not None]
        print_json([row for frame in frames for row in json.loads(frame.to_json(orient="records"))])
        return
    for table in (*written.tables, *written.label_tables):
        print_table(table.title, table.header, table.rows)
    if written.tables:
        show(f"Per cent right. {written.drawn}")
    if written.label_tables:
        show(f"Average precision: mean over labels. Chance: base rate. {written.label_drawn}")
    show(f"Report: {written.page}")


@click.command()
@click.argument("first", type=RUN)
@click.argument("second", type=RUN)
@click.option("--runs", type=FOLDER, default=RUNS_DIR, show_default=True, help="Where run folders lie.")
@click.option(
    "--aggregation",
    type=click.Choice(["vote", "mean", "log-mean"]),
    default="mean",
    show_default=True,
    help="How segments are gathered to tracks.",
)
@json_option
def compare(first: Path, second: Path, runs: Path, aggregation: str, as_json: bool) -> None:
    """Test two runs against each other on the same tracks.

    FIRST and SECOND are runs on one data set and protocol, by their short names (gtzan runs lists them) or
    their folders. Prints the difference in accuracy with its interval and an exact test, with the tracks of
    an artist in a genre as one unit where artists are known; of runs with several labels a track, the
    difference in average precision.
    """
    from gtzan_features.training.model_list import named_run

    a, b = named_run(first, runs), named_run(second, runs)

    from gtzan_features.reporting.label_compare import LabelComparison, compare_folders

    found, sentence = compare_folders(a, b, aggregation)
    if as_json:
        print_json(found)
        return
    show(sentence)
    if isinstance(found, LabelComparison):
        show(found.counted)
        return
    units = f" in {found.n_units} units (artists within genres)" if found.n_units < found.n else ""
    show(f"{found.n} tracks{units}; only the first right: {found.only_a}, only the second: {found.only_b}.")
