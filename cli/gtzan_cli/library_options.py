"""The options of ``gtzan predict`` for a whole library: where answers are kept, and what is made of them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import click

from gtzan_cli.options import FILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryWords:
    """What the command line says of a library; see the help of each option."""

    out: Path | None = None
    overwrite: bool = False
    retry_failed: bool = False
    prune: bool = False

    def check(self, ctx: click.Context, others: dict[str, bool]) -> None:
        """Refuse options that do not go together; `others` are those that print or draw each answer."""
        if self.out is None:
            for name in ("overwrite", "retry_failed", "prune"):
                if getattr(self, name):
                    msg = f"--{name.replace('_', '-')} goes with --out FILE."
                    raise click.UsageError(msg, ctx)
            return
        for name, given in others.items():
            if given:
                msg = f"{name} and --out exclude each other: give one of them."
                raise click.UsageError(msg, ctx)


_OPTIONS = (
    click.option(
        "--out",
        "-o",
        type=FILE,
        help="Write a row per file into a .csv, .jsonl or .parquet. Interrupted, the same command goes on; "
        "later it answers new and changed files only.",
    ),
    click.option(
        "--overwrite", is_flag=True, help="Replace what another model or program wrote in the file of --out."
    ),
    click.option("--retry-failed", is_flag=True, help="Try files again that got no genre in --out."),
    click.option("--prune", is_flag=True, help="Leave out rows of --out whose files are not named now."),
)


def library_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets `library`, a `LibraryWords`."""

    @functools.wraps(command)
    def with_library(*args: Any, **given: Any) -> Any:  # noqa: ANN401 - whatever the command takes
        words = {field.name: given.pop(field.name) for field in fields(LibraryWords)}
        return command(*args, library=LibraryWords(**words), **given)

    for option in reversed(_OPTIONS):
        with_library = option(with_library)
    return with_library
