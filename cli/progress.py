"""What a person sees: a progress bar on a terminal's stderr, tables on stdout."""

from __future__ import annotations

import dataclasses
import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gtzan_features.pipelines.progress import Progress

_PIPE_WIDTH = 240


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Give a progress callback that draws a bar on stderr where that is a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        from gtzan_features.pipelines.progress import silent

        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def show(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield show


def notice(text: str) -> None:
    """Print a line on stderr."""
    click.echo(text, err=True)


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on stdout, with columns aligned."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    drawn = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold")
    for name in header:
        drawn.add_column(name, overflow="fold")
    for row in rows:
        drawn.add_row(*row)
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False, markup=False).print(drawn)


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever a pipeline returns
    """Print a dataclass, or any JSON-able value, as JSON on stdout."""
    is_record = dataclasses.is_dataclass(value) and not isinstance(value, type)
    plain = dataclasses.asdict(value) if is_record else value
    click.echo(json.dumps(plain, indent=1, default=_plain))


def _plain(value: Any) -> Any:  # noqa: ANN401
    return str(value) if isinstance(value, Path) else value.item()
