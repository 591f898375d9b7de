"""``gtzan demo``: the whole job on synthetic music."""

from __future__ import annotations

from pathlib import Path

import click

from gtzan_cli.options import FOLDER, json_option, n_jobs_option
from gtzan_cli.progress import notice, print_json, print_table, progress_bar, records, show


@click.command()
@click.option(
    "--out", "-o", type=FOLDER, default=Path("data/demo"), show_default=True, help="Where it works."
)
@click.option("--tracks", type=int, default=20, show_default=True, help="Tracks per genre.")
@n_jobs_option
@json_option
def demo(out: Path, tracks: int, n_jobs: int, as_json: bool) -> None:
    """Synthesise music, extract, fit and report, honest and leaked side by side. No data needed."""
    from gtzan_features.reporting.demo import demo

    with progress_bar() as progress:
        result = demo(out, tracks_per_genre=tracks, n_jobs=n_jobs, progress=progress, notice=notice)
    if as_json:
        print_json({"page": result.report.page, "figures": records(result.report.results)})
        return
    for table in result.report.tables:
        print_table(table.title, table.header, table.rows)
    show("Per cent right on SYNTHETIC music, with the 95 % interval. LEAKED: segments of")
    show("one track are in both training and test; such a figure is no accuracy on new music.")
    show(f"Report: {result.report.page}")
