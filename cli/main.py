"""The command ``gtzan``: its groups of commands, and what becomes of errors."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from cli.bench import bench
from cli.data import data
from cli.demo import demo
from cli.explain import explain
from cli.features import features
from cli.fit import fit
from cli.predict import predict
from cli.report import compare, report
from cli.serve import serve
from cli.tune import tune
from gtzan_features import __version__
from gtzan_features.errors import GtzanError

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="gtzan")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def cli() -> None:
    """Audio features and honest genre classification, for GTZAN and for your own music.

    \b
    From audio to the accuracy table:
      gtzan features extract AUDIO_DIR        features per 3 s segment and per 30 s track
      gtzan fit xgboost --segments 3s         train and test, no track on both sides
      gtzan report                            30 s against 3 s, with intervals
    A genre for your own files:
      gtzan fit xgboost --final               train on all tracks, after the test
      gtzan predict song.mp3                  the most probable genres
      gtzan serve                             a web page that takes or records a snippet
    Without audio:
      gtzan features import features_3_sec.csv
    Without any data:
      gtzan demo
    """  # noqa: D301 - \b is click's mark for text that must not be wrapped


for command in (features, fit, tune, predict, serve, report, compare, explain, bench, data, demo):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 an error in the data, 2 in the words, 130 interrupted."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; errors become one line on stderr."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # A traceback is asked for after the fact, most easily at the end of the line that failed.
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    try:
        result = cli.main(args=words, prog_name="gtzan", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _complain("Interrupted. What is finished is kept: the same command goes on from there.")
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader of a pipe (head, less) has enough: click and rich turn that into SystemExit. Stdout
        # must not be flushed into the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except GtzanError as error:
        return _failed(error, str(error), debug)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        text = f"{where}{error.strerror or error}. Check the path, its permissions and free space."
        return _failed(error, text, debug)
    except Exception as error:
        text = (
            f"a fault of this program ({type(error).__name__}: {error}). Report what gtzan --debug … prints."
        )
        return _failed(error, text, debug)
    return result if isinstance(result, int) else 0


def _failed(error: Exception, text: str, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exception(error)
    _complain(f"Error: {' '.join(text.split())}")
    return 1


def _complain(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    main()
