"""``gtzan pretrain``: make the models that come with the package, or of GTZAN's audio."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gtzan_cli.options import (
    FOLDER,
    REPORTS_DIR,
    TABLES_DIR,
    Source,
    json_option,
    n_jobs_option,
)
from gtzan_cli.progress import notice, print_json, progress_bar, show

if TYPE_CHECKING:
    from gtzan_features.pretraining.pretrain import Made

NAMES = ("gtzan10", "gtzan10-full")
WORK_DIR = Path("data/pretrain")
_SOURCE = Source(
    "no such folder. Give that of Kaggle's CSVs; for gtzan10-full GTZAN's audio.", is_folder=True
)
_AUDIO = Source("no such folder. Give one of GTZAN's audio, with a folder per genre.", is_folder=True)


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@click.argument("source", type=_SOURCE)
@click.option(
    "--out", "-o", type=FOLDER, help="Folder of the model; else that of its name among your own models."
)
@click.option(
    "--deformed",
    type=_AUDIO,
    multiple=True,
    metavar="AUDIO_DIR",
    help="Audio of GTZAN, by which is measured what mp3, noise, filters and so on cost; may be given again.",
)
@click.option(
    "--tables", type=FOLDER, default=TABLES_DIR, show_default=True, help="Tables of SOURCE's audio."
)
@click.option("--work", type=FOLDER, default=WORK_DIR, show_default=True, help="Tables of deformed audio.")
@click.option("--reports", type=FOLDER, default=REPORTS_DIR, show_default=True, help="Where NAME.md goes.")
@n_jobs_option
@json_option
def pretrain(
    name: str,
    source: Path,
    out: Path | None,
    deformed: tuple[Path, ...],
    tables: Path,
    work: Path,
    reports: Path,
    n_jobs: int,
    as_json: bool,
) -> None:
    """Choose, test and fit the model NAME on GTZAN, and write it where gtzan predict finds it.

    gtzan10 is made of the folder with Kaggle's two CSVs (or tables of them) and comes with the package;
    gtzan10-full is made of GTZAN's audio, with the full set of features, and answers before gtzan10 from then
    on. Both are chosen among linear models on tracks that the test does not have, tested on artists that they
    did not hear, and fitted on all tracks.
    """
    from gtzan_features.pretraining.pretrain import Places
    from gtzan_features.pretraining.pretrain import pretrain as make

    places = Places(tables=tables, work=work, reports=reports, out=out)
    with progress_bar() as progress:
        made = make(name, source, places, deformed=deformed, n_jobs=n_jobs, progress=progress, notice=notice)
    _show(made, as_json=as_json)


def _show(made: Made, *, as_json: bool) -> None:
    figures = made.kept.figures
    if figures is None:
        return
    if as_json:
        print_json({"model": made.folder, "report": made.report, "figures": asdict(figures)})
        return
    show(figures.headline)
    show(f"Model: {made.folder}")
    show(f"How it was chosen: {made.report}")
