"""``gtzan demo``: the whole job on synthetic music."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import FOLDER, n_jobs_option
from cli.progress import notice, print_table, progress_bar


@click.command()
@click.option("--out", "-o", type=FOLDER, default=Path("data/demo"), show_default=True, help="Where it works.")
@click.option("--tracks", type=int, default=20, show_default=True, help="Tracks per genre.")
@n_jobs_option
def demo(out: Path, tracks: int, n_jobs: int) -> None:
    """Synthesise music, extract, fit and report, honest and leaked side by side. No data needed."""
    from gtzan_features.datasets.synthetic import SyntheticConfig
    from gtzan_features.parallel.local import local_executor
    from gtzan_features.pipelines.demo import demo as run
    from gtzan_features.reports.tables import accuracy_table

    config = SyntheticConfig(tracks_per_genre=tracks)
    with progress_bar() as progress:
        result = run(out, config, executor=local_executor(n_jobs), progress=progress, notice=notice)
    for leaked in (False, True):
        table = accuracy_table(result.results, leaked=leaked)
        if table is not None:
            print_table(table)
    click.echo("Accuracy in per cent (95 % interval over tracks) on SYNTHETIC music. LEAKED: segments of one")
    click.echo("track stand in both training and test; such a figure is not an accuracy on new music.")
    click.echo(f"Report: {result.reports_dir / 'accuracy.md'}")
