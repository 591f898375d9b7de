"""``gtzan data restore-tags``: the way back from ``gtzan predict --write-tags``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gtzan_cli.options import Source
from gtzan_cli.progress import notice, show

if TYPE_CHECKING:
    from pathlib import Path

BACKUP = Source(
    "no such file. Give a file of old tags that gtzan predict --write-tags wrote.", is_folder=False
)


@click.command("restore-tags")
@click.argument("backup", type=BACKUP)
@click.option("--yes", is_flag=True, help="Write the tags; else only say which.")
def restore_tags(backup: Path, yes: bool) -> None:
    """Write the genre tags again that gtzan predict --write-tags replaced or added.

    BACKUP is the file of old tags. A file whose genre was changed by another program since is left alone.
    """
    from gtzan_features.prediction.genre_tags import restore_tags as restore

    how = "Restored" if yes else "Would restore"
    report = restore(backup, apply=yes, told=lambda change: show(f"{how} {change}"))
    for line in report.lines(applied=yes, done="restored"):
        notice(line)
