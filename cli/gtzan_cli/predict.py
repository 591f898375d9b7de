"""``gtzan predict``: a genre for any audio file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gtzan_cli.options import json_option, model_options, n_jobs_option, plain_path, some_are_there
from gtzan_cli.progress import notice, print_json, progress_bar, show, show_text
from gtzan_features.errors import ModelError
from gtzan_features.rounding import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gtzan_features.prediction.predict import FilePrediction
    from gtzan_features.prediction.predictor import Predictor

_PICTURES = (".png", ".svg")


@click.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(path_type=Path),
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
@click.option("--top", type=click.IntRange(min=1), default=3, show_default=True, help="Genres to print.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV row per file, with all probabilities.")
@click.option(
    "--timeline",
    type=click.Path(path_type=Path),
    help="Draw genre over time: a .png or .svg for one file, a folder for several.",
)
@n_jobs_option
@json_option
@click.pass_context
def predict(
    ctx: click.Context,
    files: tuple[Path, ...],
    model: Path | None,
    runs: Path,
    aggregation: str,
    top: int,
    as_csv: bool,
    timeline: Path | None,
    n_jobs: int,
    as_json: bool,
) -> None:
    """Print the genre of each FILE (or of the audio files in a folder) with probabilities.

    Takes WAV, AU, AIFF, FLAC, Ogg, Opus and MP3 of any rate and length, M4A and others where ffmpeg is
    installed. MODEL may be any run of gtzan fit on features or spectrograms; a network takes no file shorter
    than 90 % of the segment length. Warns on stderr where a file is short, damaged, silent, clipped, unlike
    the training music or one of the files that the model was trained on, and where its level decides.
    Exits with 1 if a file could not be read; the others are done all the same.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other: give one of them.", ctx)
    from gtzan_features.prediction.predict import expand, predict
    from gtzan_features.prediction.predictor import load_predictor, newest_predictor

    found = expand(files, notice)
    if timeline is not None and timeline.suffix.lower() in _PICTURES and len(found) > 1:
        msg = f"--timeline {timeline}: give a folder, for {len(found)} files."
        raise click.UsageError(msg, ctx)
    missing = [path for path in found if not path.exists()]
    try:
        predictor = load_predictor(model) if model else newest_predictor(runs, notice)
    except ModelError:
        for path in missing:  # a mistyped name is the smaller fault, and comes first
            notice(f"Error: {path}: no such file")
        raise
    _introduce(predictor, quiet=as_csv or as_json)
    with progress_bar() as progress:
        shown = predict(
            found, predictor, aggregation=aggregation, n_jobs=n_jobs, progress=progress, notice=notice
        )
        failed = _show(_drawn(shown, timeline), predictor, top, as_csv=as_csv, as_json=as_json)
    if failed:
        ctx.exit(1)


def _introduce(predictor: Predictor, *, quiet: bool) -> None:
    card = predictor.card
    if card.leaked:
        notice("LEAKED: this run's measured accuracy says nothing about new music; see its card.")
    if quiet:
        return
    notice(f"Model: {card.model} on {card.segment} rows of {card.dataset}, {card.trained_on}.")
    if card.synthetic:
        notice("Warning: trained on synthetic music; it says nothing about real music.")


def _drawn(shown: Iterator[FilePrediction], timeline: Path | None) -> Iterator[FilePrediction]:
    if timeline is None:
        yield from shown
        return
    from gtzan_features.prediction.timeline_files import TimelineWriter

    writer = TimelineWriter(timeline)
    for one in shown:
        path = writer.write(one)
        if path is not None:
            notice(f"Timeline: {path}")
        yield one


def _show(
    shown: Iterator[FilePrediction], predictor: Predictor, top: int, *, as_csv: bool, as_json: bool
) -> int:
    """Print predictions as they come; return how many files failed."""
    from gtzan_features.prediction.predict import FilePrediction

    failed, kept = 0, []
    if as_csv:
        _show_csv(list(FilePrediction(path="", genres=predictor.genres).to_record()))
    for one in shown:
        failed += bool(one.error)
        if as_json:
            kept.append(one.to_dict())
        elif as_csv:
            _show_csv(_csv_row(one))
        else:
            _print_one(one, top)
    if as_json:
        card = predictor.card
        model = {
            "folder": str(predictor.folder),
            "name": card.model,
            "synthetic": card.synthetic,
            "leaked": card.leaked,
        }
        print_json({"model": model, "files": kept})
    return failed


def _csv_row(one: FilePrediction) -> list[str]:
    record = one.to_record()
    cells = {name: _cell(value) for name, value in record.items()}
    cells |= {"file": plain_path(one.path), "duration_s": f"{one.duration_s:.3f}"}
    return list(cells.values())


def _cell(value: str | float) -> str:
    """Return a cell: text that is no formula, whole numbers, probabilities with six decimals, "" for NaN."""
    if isinstance(value, str):
        return _inert(value)
    if isinstance(value, int):
        return str(value)
    return f"{value:.6f}" if value == value else ""


def _show_csv(cells: list[str]) -> None:
    """Print a record, quoted where a cell holds a line break."""
    record = io.StringIO()
    # With \r\n as its end, either of the two is quoted in a cell.
    csv.writer(record, lineterminator="\r\n").writerow(cells)
    show_text(record.getvalue().removesuffix("\r\n"))


def _inert(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _print_one(one: FilePrediction, top: int) -> None:
    if one.error:
        notice(f"Error: {one.error}")
        return
    path = plain_path(one.path)
    listed = ", ".join(f"{genre} {percent(p)} %" for genre, p in one.top(top))
    plural = "s" if len(one.segments) > 1 else ""
    show(f"{path}: {listed}  ({len(one.segments)} segment{plural}, {one.duration_s:.1f} s)")
    for warning in one.warnings:
        notice(f"  Warning: {path}: {warning}")
