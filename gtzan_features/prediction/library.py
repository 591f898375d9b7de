"""Genres for a whole library into one file: streamed, and continued where a command was ended."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from gtzan_features.evaluation.aggregate import checked_method
from gtzan_features.prediction.answers import answered_by, columns_for, labels_in, row_of, stamp_of
from gtzan_features.prediction.answers_file import (
    change_answers,
    checked_out,
    open_answers,
    read_answers,
)
from gtzan_features.prediction.genre_tags import TagReport, tag_files
from gtzan_features.prediction.library_summary import Tally
from gtzan_features.prediction.predict import predict
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.tables.locking import output_lock
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gtzan_features.datasets.listing import Listing
    from gtzan_features.prediction.answers import Column, Row, Stamp
    from gtzan_features.prediction.answers_file import AnswersFile, Entry
    from gtzan_features.prediction.genre_tags import TagChange
    from gtzan_features.prediction.library_config import LibraryOptions, TagOptions
    from gtzan_features.prediction.library_summary import LibrarySummary
    from gtzan_features.prediction.predict import FilePrediction
    from gtzan_features.prediction.predictor import Predictor


def predict_library(
    listing: Listing,
    predictor: Predictor,
    out: Path,
    options: LibraryOptions,
    *,
    progress: Progress = silent,
    notice: Notice = mute,
    each: Callable[[FilePrediction], None] | None = None,
) -> LibrarySummary:
    """Write an answer for each recording into a file, in the order of their paths.

    A row is found again by the path as it was given, the size and the time of change of its file, and by
    model and aggregation; what is found is not computed again. Rows of files that are not named stay, unless
    `prune` is set.

    Parameters
    ----------
    listing : Listing
        The files; see `predict.list_files`.
    predictor : Predictor
    out : Path
        A name that ends in .csv, .jsonl, .ndjson or .parquet.
    options : LibraryOptions
    progress : callable
        Called after each recording.
    notice : callable
        Called with a line when kernels must be compiled first.
    each : callable, optional
        Given each answer that is computed, as it comes.

    Returns
    -------
    LibrarySummary

    Raises
    ------
    ConfigError, OutputExistsError, OutputLockedError
        As `checked_method`, `checked_out` and `open_answers`.
    """
    checked_method(options.aggregation)
    out, by = checked_out(out), answered_by(predictor, options.aggregation)
    columns = columns_for(predictor)
    with open_answers(out, columns, by, overwrite=options.overwrite) as answers:
        kept, todo, others = _divide(listing.files, answers, options)
        start = time.monotonic()
        total = len(listing.files)
        progress(total - len(todo), total, "files")
        answered = predict(
            [path for path, _ in todo],
            predictor,
            aggregation=options.aggregation,
            n_jobs=options.n_jobs,
            executor=options.executor,
            progress=lambda done, of, what: progress(total - of + done, total, what),
            notice=notice,
        )
        for (_, stamp), one in zip(todo, answered, strict=False):  # where nothing is to do, nothing is begun
            kept.append(answers.append(row_of(one, stamp, by)))
            if each is not None:
                each(one)
        seconds = time.monotonic() - start
        answers.finish(kept)
        tally = Tally()
        for row in rows_of(out, listing, columns):
            tally.add(labels_in(row), row["status"], row["warnings"])
    n_gone = 0 if options.prune else len(others)
    return tally.summary(listing, seconds, n_computed=len(todo), n_gone=n_gone)


def rows_of(out: Path, listing: Listing, columns: tuple[Column, ...]) -> Iterator[Row]:
    """Yield the rows of the files of a listing, of those that the output holds."""
    named = {printable(str(path)) for path in listing.files}
    return (row for row in read_answers(out, columns) if row["file"] in named)


def tag_library(
    out: Path,
    rows: Iterable[Row],
    columns: tuple[Column, ...],
    options: TagOptions,
    *,
    backup: Path,
    apply: bool,
    told: Callable[[TagChange], None],
) -> TagReport:
    """Write answers into the genre tags of their files, as `genre_tags.tag_files` does.

    The sound of a file that is tagged stays as it was: its row gets the new size and time of change, so that
    it is not answered again.

    Parameters
    ----------
    out : Path
        The output of `predict_library`.
    rows : iterable of Row
        Of `rows_of`.
    columns : tuple of Column
        Of the output.
    options, backup, apply, told
        As for `genre_tags.tag_files`, whose errors are raised.
    """
    out, report = checked_out(out), TagReport()
    with output_lock(out):
        try:
            tag_files(rows, options, backup=backup, apply=apply, told=told, report=report)
        finally:  # also of those that were tagged before the work was ended
            if apply and report.changed:
                stamps = {file: stamp_of(path) for file, path in report.changed.items()}
                change_answers(out, columns, partial(_stamped, stamps=stamps))
    return report


def _stamped(row: Row, stamps: dict[str, Stamp]) -> Row:
    stamp = stamps.get(row["file"])
    return row if stamp is None else {**row, "bytes": stamp.n_bytes, "modified": stamp.modified}


def _divide(
    files: list[Path], answers: AnswersFile, options: LibraryOptions
) -> tuple[list[Entry], list[tuple[Path, Stamp]], list[Entry]]:
    """Divide files by whether their answers are there.

    Returns
    -------
    kept : list of Entry
        Rows that stay.
    todo : list of (Path, Stamp)
        Files to answer, in the order of their rows.
    others : list of Entry
        Of `kept`, or left out where `prune` is set: rows of files that are not named.
    """
    named = sorted((printable(str(path)), path) for path in files)
    # Two names that are no UTF-8 may read alike: their rows cannot be told apart.
    unsure = {text for text, count in Counter(text for text, _ in named).items() if count > 1}
    found = {(entry.file, entry.stamp): entry for entry in answers.entries if entry.is_ours}
    kept, todo = [], []
    for text, path in named:
        stamp = stamp_of(path)
        entry = found.get((text, stamp))
        if entry is None or text in unsure or (entry.failed and options.retry_failed):
            todo.append((path, stamp))
        else:
            kept.append(entry)
    texts = {text for text, _ in named}
    gone = {entry.file: entry for entry in answers.entries if entry.is_ours and entry.file not in texts}
    others = list(gone.values())
    return kept + ([] if options.prune else others), todo, others
