"""Options that every command takes, before its name or after it: how much it says, and where to."""

from __future__ import annotations

from pathlib import Path

import click

from gtzan_cli import verbosity
from gtzan_cli.progress import aside
from gtzan_features import __version__
from gtzan_features.text import one_line


def add_global_options(command: click.Command) -> None:
    """Add ``--quiet``, ``--verbose`` and ``--log-file`` to a command and all commands in it."""
    command.params += [
        click.Option(
            ["--quiet", "-q"],
            is_flag=True,
            expose_value=False,
            callback=_quiet,
            help="Print results and errors only.",
        ),
        click.Option(
            ["--verbose", "-v"],
            is_flag=True,
            expose_value=False,
            callback=_verbose,
            help="Say more: what is read and written, settings, times.",
        ),
        click.Option(
            ["--log-file"],
            type=click.Path(dir_okay=False, path_type=Path),
            expose_value=False,
            callback=_log_file,
            help="Append all that is said, and more, to a file, with times.",
        ),
    ]
    for one in getattr(command, "commands", {}).values():
        add_global_options(one)


def _quiet(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        _begin(ctx)
        verbosity.be_quiet()
        _check(ctx)


def _verbose(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        _begin(ctx)
        verbosity.be_verbose(aside)
        _check(ctx)


def _log_file(ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        import platform
        import shlex

        _begin(ctx)
        words = shlex.join(["gtzan", *(verbosity.words_of_session() or ())])
        where = (
            f"in {Path.cwd()}; gtzan {__version__}, Python {platform.python_version()}, {platform.platform()}"
        )
        verbosity.write_log(value, aside, one_line(f"{words} {where}"))


def _begin(ctx: click.Context) -> None:
    """Where no session is there to end it, the command does."""
    if verbosity.words_of_session() is None:
        ctx.find_root().call_on_close(verbosity.reset)


def _check(ctx: click.Context) -> None:
    if verbosity.is_quiet() and verbosity.is_verbose():
        msg = "--quiet and --verbose exclude each other: give one of them."
        raise click.UsageError(msg, ctx)
