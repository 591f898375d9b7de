"""The command ``gtzan`` itself, without its commands: what every module of them may know."""

from __future__ import annotations

import click

from gtzan_features import __version__, plugins


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="gtzan")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
@click.option(
    "--plugin",
    "named",
    multiple=True,
    metavar="FILE.py",
    help="Take features and models of your own from a Python file, or a module; may be given several times.",
)
def cli(named: tuple[str, ...]) -> None:
    """Audio features and honest genre classification, for GTZAN and for your own music.

    \b
    From audio to the accuracy table:
      gtzan features extract AUDIO_DIR        features per 3 s segment and per 30 s track
      gtzan fit xgboost --segments 3s         train and test, no track on both sides
      gtzan report                            30 s against 3 s, with intervals
    A genre for your own files:
      gtzan predict song.mp3                  by the model fitted last, at first by gtzan10
      gtzan serve                             a web page that takes or records a snippet
      gtzan predict ~/music --out genres.csv  a whole library; the same command goes on
    A model of your own genres:
      gtzan features extract ~/music --features full --segments 30s --deformed robust
                                              a folder per genre; else --labels tags, or a table
      gtzan fit lda --features full --segments 30s --augment robust
                                              gtzan predict takes it from then on
    Without audio:
      gtzan features import features_3_sec.csv
    Without any data:
      gtzan demo
    -q, -v and --log-file stand before or after a command's name.
    Exit codes: 0 done, 1 an error in the data, 2 in the words, 130 interrupted, 143 by SIGTERM, 129 SIGHUP.
    """  # noqa: D301 - \b is click's mark for text that must not be wrapped
    for name in named:
        plugins.load(name, by_option=True)
