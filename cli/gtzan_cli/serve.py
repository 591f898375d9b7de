"""``gtzan serve``: the genre of a recording, on a web page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gtzan_cli.options import FOLDER, TABLES_DIR, model_options
from gtzan_cli.progress import notice

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@model_options
@click.option(
    "--tables",
    type=FOLDER,
    default=TABLES_DIR,
    show_default=True,
    help="Tables, for models that are explained by other rows than the recording's.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--allow-host",
    "names",
    metavar="NAME",
    multiple=True,
    help="Another name that the server is known by, of a proxy or a container; several are taken.",
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="0 takes any free port."
)
@click.option(
    "--max-mb",
    type=click.FloatRange(min=0, min_open=True),
    default=50,
    show_default=True,
    help="Largest upload, in millions of bytes.",
)
@click.option(
    "--max-seconds",
    type=click.FloatRange(min=1),
    default=600,
    show_default=True,
    help="Longest recording; longer ones are refused, not cut.",
)
def serve(
    model: Path | None,
    runs: Path,
    tables: Path,
    host: str,
    names: tuple[str, ...],
    port: int,
    max_mb: float,
    max_seconds: float,
) -> None:
    """Show the genre of a dropped or recorded snippet on a web page, or as JSON to programs, until Ctrl-C.

    The page shows the genre, all probabilities, the warnings of gtzan predict, the genre over time and
    what decides. It says which model answers and how well that did where it was tested. Recordings are
    classified one after the other and deleted. Programs send a file to /api/predict and get JSON; the page
    and /openapi.json say how. Only this machine can open it, unless --host says otherwise.
    Needs: pip install 'gtzan[app]'.
    """
    from gtzan_features.app.server import ServeConfig, serve

    config = ServeConfig(
        model=model,
        runs=runs,
        tables=tables,
        host=host,
        names=names,
        port=port,
        max_mb=max_mb,
        max_seconds=max_seconds,
    )
    serve(config, notice)
