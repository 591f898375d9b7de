"""``gtzan runs``: list, show, compare and remove what was fitted."""

from __future__ import annotations

import copy
import sys
from typing import TYPE_CHECKING

import click

from gtzan_cli.completion import RUN
from gtzan_cli.options import FOLDER, RUNS_DIR, json_option
from gtzan_cli.progress import notice, print_json, print_table, show, show_text
from gtzan_cli.report import compare
from gtzan_features.errors import ConfigError
from gtzan_features.rounding import percent
from gtzan_features.text import counted

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.reporting.runs import ListedRun

SORTS = ("time", "accuracy", "name")
_HEADER = (
    "run",
    "model",
    "features",
    "rows",
    "protocol",
    "n",
    "accuracy, %",
    "data",
    "fitted",
    "MB",
    "keeps",
)


class _ListsAlone(click.Group):
    """A group whose name alone lists."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` before options where no command is named."""
        is_bare = not args or (args[0].startswith("-") and not {*args} & {*self.commands, "-h", "--help"})
        return super().parse_args(ctx, ["list", *args] if is_bare and not ctx.resilient_parsing else args)


@click.group(cls=_ListsAlone)
def runs() -> None:
    """List, show, compare and remove the runs of gtzan fit; alone it lists them.

    A RUN is named by some of the digits that end its folder's name (55857e), or by how the name begins.
    """


_runs_option = click.option(
    "--runs", "runs_dir", type=FOLDER, default=RUNS_DIR, show_default=True, help="Where run folders lie."
)


@runs.command("list")
@_runs_option
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    default="time",
    show_default=True,
    help="The newest first, the most accurate first, or by name.",
)
@json_option
def list_(runs_dir: Path, sort: str, as_json: bool) -> None:
    """List runs: short name, model, features, rows, protocol, tested tracks, accuracy with its interval.

    Then the data set, when it was fitted, its size, and whether it keeps a model. Damaged runs come last.
    """
    from gtzan_features.reporting.runs import listed_runs

    found = listed_runs(runs_dir, sort)
    if as_json:
        print_json([one.to_dict() for one in found])
        return
    if not found:
        notice(f"{runs_dir}: holds no runs. Fit a model first, for example: gtzan fit xgboost --segments 3s")
        return
    print_table("", _HEADER, [_row(one) for one in found])
    for one in found:
        if one.fault:
            notice(f"Damaged: {one.fault}.")
    total = sum(one.n_bytes for one in found)
    size = f"{counted(len(found), 'run')}, {total / 1e6:.1f} MB"
    ranks = any(one.headline is not None and one.headline.measure != "accuracy" for one in found)
    also = " AP: several labels a track, mean average precision in per cent." if ranks else ""
    show(f"{size}. Per cent of tracks right, with the 95 % interval.{also}")


@runs.command("show")
@click.argument("run", type=RUN)
@_runs_option
@json_option
def show_(run: Path, runs_dir: Path, as_json: bool) -> None:
    """Print the model card of RUN; with --json what it did, to what, with what."""
    from dataclasses import asdict

    from gtzan_features.reporting.runs import card_of_run, named_run, read_manifest

    folder = named_run(run, runs_dir)
    if as_json:
        print_json(asdict(read_manifest(folder)))
        return
    show_text(card_of_run(folder).rstrip())


@runs.command()
@click.argument("run", nargs=-1, required=True, type=RUN, metavar="RUN...")
@_runs_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_context
def remove(ctx: click.Context, run: tuple[Path, ...], runs_dir: Path, yes: bool) -> None:
    """Remove each RUN with its model. Asks before, on a terminal; elsewhere --yes is needed.

    Only run folders within the folder of runs are removed, no links, and none that a command writes to.
    """
    from gtzan_features.reporting.runs import remove_runs, runs_to_remove

    folders = runs_to_remove(run, runs_dir)
    if not yes:
        if not sys.stdin.isatty():
            msg = f"{len(folders)} runs would be removed, such as {folders[0]}. Give --yes to do so"
            raise ConfigError(msg)
        for folder in folders:
            notice(f"  {folder}")
        count = "this run" if len(folders) == 1 else f"these {len(folders)} runs"
        click.confirm(f"Remove {count}?", abort=True, err=True)
    gone, faults = remove_runs(folders)
    for folder in gone:
        show(f"Removed: {folder}")
    for fault in faults:
        notice(f"Error: {fault}")
    if faults:
        ctx.exit(1)


_compare = copy.copy(compare)  # the same function under two names, each with its own examples
_compare.params = list(compare.params)
runs.add_command(_compare)


def _row(one: ListedRun) -> tuple[str, ...]:
    m, figure = one.manifest, one.headline
    fitted = one.fitted_at.astimezone().strftime("%Y-%m-%d %H:%M") if one.fitted_at else "–"
    size = f"{one.n_bytes / 1e6:.1f}"
    kept = "model" if one.holds_model else "–"
    if m is None or figure is None:
        return (one.short, *["–"] * 5, one.mark, "–", fitted, size, kept)
    accuracy = f"{percent(figure.accuracy)} ({percent(figure.low)}–{percent(figure.high)})"
    measure = "" if figure.measure == "accuracy" else "AP"
    marked = " ".join(word for word in (one.mark, measure, accuracy) if word)
    return (
        one.short,
        m.model,
        m.feature_set,
        m.segment,
        m.protocol,
        str(figure.n),
        marked,
        m.dataset,
        fitted,
        size,
        kept,
    )
