"""The command ``gtzan``: its groups of commands, and what becomes of errors."""

from __future__ import annotations

import io
import os
import re
import sys
from typing import TYPE_CHECKING

import click

from gtzan_cli import signals, streams, verbosity
from gtzan_cli.bench import bench
from gtzan_cli.data import data
from gtzan_cli.demo import demo
from gtzan_cli.examples import add_words
from gtzan_cli.explain import explain
from gtzan_cli.fault_lines import line_of
from gtzan_cli.features import features
from gtzan_cli.features_csv import export, import_
from gtzan_cli.fit import fit
from gtzan_cli.global_options import add_global_options
from gtzan_cli.predict import predict
from gtzan_cli.pretrain import pretrain
from gtzan_cli.progress import wrapped
from gtzan_cli.report import compare, report
from gtzan_cli.restore_tags import restore_tags
from gtzan_cli.root import cli
from gtzan_cli.runs import runs
from gtzan_cli.selftest import selftest
from gtzan_cli.serve import serve
from gtzan_cli.tune import tune
from gtzan_cli.warm import warm
from gtzan_features.text import meant, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_REFUSED = re.compile(r"'(.*?)' is not one of")
"""What click says of a word that is no choice of an option."""


for command in (
    features,
    fit,
    tune,
    pretrain,
    predict,
    serve,
    report,
    compare,
    runs,
    explain,
    bench,
    data,
    demo,
    selftest,
    warm,
):
    cli.add_command(command)
data.add_command(restore_tags)
features.add_command(import_)
features.add_command(export)
add_words(cli)
add_global_options(cli)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    0 done, 1 an error in the data, 2 in the words, 130 interrupted (Ctrl-C), 143 ended (SIGTERM), 129
    where the terminal was closed (SIGHUP).
    """
    try:
        code = run(arguments)
    except KeyboardInterrupt:  # again, while the first was being answered
        code = signals.exit_code()
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; errors become one line on stderr."""
    streams.prepare()
    stdout, stderr = sys.stdout, sys.stderr
    words = list(sys.argv[1:] if arguments is None else arguments)
    # A traceback is asked for after the fact, most easily at the end of the line that failed.
    end = words.index("--") if "--" in words else len(words)
    debug = "--debug" in words[:end]
    words = [word for word in words[:end] if word != "--debug"] + words[end:]
    with verbosity.session(words), signals.ended_by_signals():
        try:
            result = cli.main(args=words, prog_name="gtzan", standalone_mode=False)
            streams.write_out("")
        except (click.Abort, KeyboardInterrupt):
            code = _interrupted()
        except click.ClickException as error:
            code = _refused(error, words)
        except SystemExit as error:
            # Where the reader of a pipe has enough of the help, click wraps the streams and exits.
            code = _exit_code(error) if sys.stdout is stdout else 0
            sys.stdout, sys.stderr = stdout, stderr
        except Exception as error:
            # A library may have made something else of the interrupt.
            code = _interrupted() if signals.has_come() else _failed(error, command_of(words), debug)
        else:
            code = result if isinstance(result, int) else 0
        verbosity.end(code)
        streams.discard((sys.stdout, sys.stderr))
    return code


def command_of(words: Sequence[str]) -> click.Command:
    """Return the command that a line runs; its group where it names none."""
    found: click.Command = cli
    for word in words:
        if isinstance(found, click.Group) and word in found.commands:
            found = found.commands[word]
    return found


def _interrupted() -> int:
    """Say that a command was ended from outside, and return its exit code."""
    _complain("Interrupted. What is finished is kept: the same command goes on from there.")
    return signals.exit_code()


def _refused(error: click.ClickException, words: Sequence[str]) -> int:
    """Say what is wrong with the words of the command line."""
    shown = io.StringIO()
    error.show(shown)
    text = shown.getvalue().rstrip() + _proposal(error) + "\n"
    for word in filter(None, words):  # as they are, names could break the line or turn it around
        text = text.replace(word, one_line(word))
    verbosity.record_in_log("error", text.rstrip())
    streams.write_err(_wrapped(text))
    named = [word for word in words if word.startswith("-") and os.path.lexists(word)]
    if named:
        _complain(f"A name that begins with a dash looks like an option. Write {one_line(f'./{named[0]}')}")
    return error.exit_code


def _proposal(error: click.ClickException) -> str:
    """Return the choice that was meant by one that is refused, in words; empty where none is like it."""
    kind = error.param.type if isinstance(error, click.BadParameter) and error.param else None
    refused = _REFUSED.match(error.message)
    if not isinstance(kind, click.Choice) or refused is None:
        return ""
    return meant(refused[1], [str(one) for one in kind.choices])


def _exit_code(error: SystemExit) -> int:
    """Return the code of an exit that click or a library asks for."""
    if isinstance(error.code, str):
        _complain(f"Error: {one_line(error.code)}")
    return error.code if isinstance(error.code, int) else int(error.code is not None)


def _failed(error: Exception, command: click.Command, debug: bool) -> int:
    if isinstance(error, streams.StdoutError) and error.is_cut:
        return 0
    if debug or verbosity.has_log():
        import traceback

        verbosity.record_in_log("debug", "".join(traceback.format_exception(error)).rstrip())
        if debug:
            traceback.print_exception(error)
    _complain(f"Error: {line_of(error, command)}")
    return 1


def _complain(text: str) -> None:
    verbosity.record_in_log("error", text)
    streams.write_err(f"{_wrapped(text)}\n")


def _wrapped(text: str) -> str:
    try:
        return "\n".join(wrapped(line, sys.stderr) for line in text.split("\n"))
    except (ImportError, OSError, MemoryError):  # what went wrong may be in the way of this, too
        return text


if __name__ == "__main__":
    main()
