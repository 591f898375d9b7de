"""``gtzan predict``: a genre for any audio file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from gtzan_cli.help_sections import SectionedCommand
from gtzan_cli.library_options import library_options
from gtzan_cli.options import (
    ANY,
    AUDIO,
    engine_options,
    json_option,
    model_options,
    n_jobs_option,
    some_are_there,
)
from gtzan_cli.predict_output import Shown, output_for
from gtzan_cli.progress import notice, progress_bar
from gtzan_features.errors import ModelError
from gtzan_features.garbage import seldom_looked_for
from gtzan_features.prediction.library_config import LibraryOptions
from gtzan_features.storage import here, is_remote

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_cli.library_options import LibraryWords
    from gtzan_features.prediction.library_summary import LibrarySummary
    from gtzan_features.prediction.predict import Listing
    from gtzan_features.prediction.predictor import Predictor

_PICTURES = (".png", ".svg")

MANY = 20
"""Of more files than these, warnings are counted in a summary and not printed."""


@click.command(cls=SectionedCommand)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=AUDIO,
    is_eager=True,
    callback=some_are_there,
)
@model_options
@click.option(
    "--aggregation",
    type=click.Choice(["vote", "mean", "log-mean"]),
    default="mean",
    show_default=True,
    help="How segments are gathered to the file.",
)
@click.option("--no-reject", is_flag=True, help="Give a genre to music unlike the training music, too.")
@click.option("--top", type=click.IntRange(min=1), default=3, show_default=True, help="Genres to print.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV row per file, with all probabilities.")
@click.option(
    "--timeline",
    type=ANY,
    help="Draw genre over time: a .png or .svg for one file, a folder for several.",
)
@library_options
@n_jobs_option
@engine_options
@json_option
@click.option("--json-lines", "as_json_lines", is_flag=True, help="Print a line of JSON per file.")
@click.pass_context
@seldom_looked_for()
def predict(
    ctx: click.Context,
    files: tuple[Path, ...],
    model: Path | None,
    runs: Path,
    aggregation: str,
    no_reject: bool,
    top: int,
    as_csv: bool,
    timeline: Path | None,
    library: LibraryWords,
    n_jobs: int,
    executor: str,
    as_json: bool,
    as_json_lines: bool,
) -> None:
    """Print the genre of each FILE (or of the audio files in a folder) with probabilities.

    Takes WAV, AU, AIFF, FLAC, Ogg, Opus and MP3 of any rate and length, M4A and others where ffmpeg is
    installed. MODEL may be any run of gtzan fit on features or spectrograms; a network takes no file shorter
    than 90 % of the segment length. The answer to music unlike the training music is "none of these", with
    the nearest genres: the run's card says how often that is wrong, and models of few tracks have no rule
    for it. Warns on stderr where a file is short, damaged, silent, clipped, unlike
    the training music or one of the files that the model was trained on, and where its level decides; of
    many files, a summary counts the warnings. Exits with 1 if a file could not be read, with --out if none
    could; the others are done all the same.
    """
    forms = {"--csv": as_csv, "--json": as_json, "--json-lines": as_json_lines}
    given = [name for name, is_given in forms.items() if is_given]
    if len(given) > 1:
        msg = f"{' and '.join(given)} exclude each other: give one of them."
        raise click.UsageError(msg, ctx)
    library.check(ctx, {**forms, "--timeline": timeline is not None})
    if library.needs_rows:
        for path in files:
            here(path, "--out, --playlist or --write-tags")
    from gtzan_features.prediction.predict import list_files

    listing = list_files(files, notice)
    if timeline is not None and timeline.suffix.lower() in _PICTURES and len(listing.files) > 1:
        msg = f"--timeline {timeline}: give a folder, for {len(listing.files)} files."
        raise click.UsageError(msg, ctx)
    predictor = _predictor(listing, model, runs)
    if no_reject:
        predictor = predictor.never_rejecting()
    _introduce(predictor, quiet=bool(given))
    many = len(listing.files) > MANY
    form = given[0].removeprefix("--") if given else ""
    output = None if library.out else output_for(form, predictor, top, warn=not many)
    shown = Shown(output, timeline, predictor.card.title)
    options = LibraryOptions(aggregation=aggregation, n_jobs=n_jobs, executor=executor, **library.of_rows())
    if library.needs_rows:
        from gtzan_cli.predict_library import answer_library

        summary = answer_library(listing, predictor, library, options, shown, plain=not given)
    else:
        summary = _stream(listing, predictor, options, shown)
        for line in summary.lines() if many else ():
            notice(line)
    if summary.failed and (library.out is None or not summary.genres):
        ctx.exit(1)


def _predictor(listing: Listing, model: Path | None, runs: Path) -> Predictor:
    from gtzan_features.prediction.predictor import load_predictor, newest_predictor

    try:
        return load_predictor(model) if model else newest_predictor(runs, notice)
    except ModelError:
        for path in listing.files:  # a mistyped name is the smaller fault, and comes first
            if not is_remote(path) and not path.exists():
                notice(f"Error: {path}: no such file")
        raise


def _stream(listing: Listing, predictor: Predictor, options: LibraryOptions, shown: Shown) -> LibrarySummary:
    """Print answers as they come."""
    from gtzan_features.prediction.library_summary import Tally
    from gtzan_features.prediction.predict import predict

    tally, start = Tally(), time.monotonic()
    with progress_bar() as progress, shown:
        for one in predict(
            listing.files,
            predictor,
            aggregation=options.aggregation,
            n_jobs=options.n_jobs,
            executor=options.executor,
            progress=progress,
            notice=notice,
        ):
            shown(one)
            tally.add(one.labels if one.several else (one.genre,), one.status, one.warnings)
    return tally.summary(listing, time.monotonic() - start)


def _introduce(predictor: Predictor, *, quiet: bool) -> None:
    from gtzan_features.prediction.predictor import introduction

    card = predictor.card
    if card.leaked:
        notice("LEAKED: this run's measured accuracy says nothing about new music; see its card.")
    if quiet:
        return
    for line in introduction(predictor):
        notice(line)
    if card.synthetic:
        notice("Warning: trained on synthetic music; it says nothing about real music.")
