"""``gtzan demo``: the whole job on synthetic music."""

from __future__ import annotations

from pathlib import Path

import click

from gtzan_cli.options import FOLDER, json_option, n_jobs_option
from gtzan_cli.progress import notice, print_json, print_table, progress_bar, records, show
from gtzan_features.rounding import percent


@click.command()
@click.option(
    "--out", "-o", type=FOLDER, default=Path("data/demo"), show_default=True, help="Where it works."
)
@click.option("--tracks", type=int, default=20, show_default=True, help="Tracks per genre.")
@click.option(
    "--html",
    "as_page",
    is_flag=True,
    help="Instead, make a page for a class on which the leak is seen and heard.",
)
@n_jobs_option
@json_option
def demo(out: Path, tracks: int, as_page: bool, n_jobs: int, as_json: bool) -> None:
    """Synthesise music, extract, fit and report, honest and leaked side by side. No data needed."""
    if as_page:
        _lesson(out / "leak", tracks, n_jobs, as_json=as_json)
        return
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


def _lesson(folder: Path, tracks: int, n_jobs: int, *, as_json: bool) -> None:
    from gtzan_features.reporting.lesson import lesson

    with progress_bar() as progress:
        made = lesson(folder, tracks_per_genre=tracks, n_jobs=n_jobs, progress=progress, notice=notice)
    names = ("protocol", "leaked", "accuracy", "ci_low", "ci_high")
    if as_json:
        figures = [dict(zip(names, one, strict=True)) for one in made.figures]
        print_json({"page": made.page, "figures": figures})
        return
    for protocol, leaked, *shares in made.figures:
        accuracy, low, high = map(percent, shares)
        show(f"{'LEAKED, ' if leaked else ''}{protocol}: {accuracy} % ({low}–{high})")
    show("Per cent of 3 s segments right, with the 95 % interval, on SYNTHETIC music.")
    show(f"Page: {made.page}")
