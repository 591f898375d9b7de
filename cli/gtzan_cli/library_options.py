"""The options of ``gtzan predict`` for a whole library: where answers are kept, and what is made of them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import click

from gtzan_cli.options import FILE, FOLDER
from gtzan_features.config import default_of
from gtzan_features.prediction.library_config import TagOptions

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
    playlist: Path | None = None
    write_tags: bool = False
    yes: bool = False
    replace_tags: bool = False
    min_probability: float = 0.0
    tag_backup: Path | None = None

    def of_rows(self) -> dict[str, bool]:
        """Return those of `LibraryOptions`."""
        return {"overwrite": self.overwrite, "retry_failed": self.retry_failed, "prune": self.prune}

    @property
    def needs_rows(self) -> bool:
        """Whether something is done with the answers once all are there."""
        return self.out is not None or self.playlist is not None or self.write_tags

    def check(self, ctx: click.Context, others: dict[str, bool]) -> None:
        """Refuse options that do not go together; `others` are those that print or draw each answer."""
        if self.out is None:
            for name in ("overwrite", "retry_failed", "prune"):
                if getattr(self, name):
                    msg = f"--{name.replace('_', '-')} goes with --out FILE."
                    raise click.UsageError(msg, ctx)
        if not self.write_tags:
            for name in ("yes", "replace_tags", "min_probability", "tag_backup"):
                if getattr(self, name):
                    msg = f"--{name.replace('_', '-')} goes with --write-tags."
                    raise click.UsageError(msg, ctx)
        if self.out is None:
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
    click.option(
        "--playlist",
        type=FOLDER,
        metavar="DIR",
        help="Write a playlist (.m3u8) of each genre, the surest first.",
    ),
    click.option(
        "--write-tags",
        is_flag=True,
        help="Say which files would get their genre as a tag; with --yes, write it. Files that have a genre "
        "are left alone.",
    ),
    click.option("--yes", is_flag=True, help="Write the tags that --write-tags says."),
    click.option("--replace-tags", is_flag=True, help="Tag files that have another genre, too."),
    click.option(
        "--min-probability",
        type=click.FloatRange(0, 1),
        default=default_of(TagOptions, "min_probability"),
        show_default=True,
        help="Tag only files whose genre has at least this.",
    ),
    click.option(
        "--tag-backup",
        type=FILE,
        help="Where old tags are kept, for gtzan data restore-tags; else a file beside --out.",
    ),
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
