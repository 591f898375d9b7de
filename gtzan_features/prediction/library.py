"""Genres for a whole library into one file: streamed, and continued where a command was ended."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.prediction.answers import answered_by, columns_of, row_of, stamp_of
from gtzan_features.prediction.answers_file import checked_out, open_answers, read_answers
from gtzan_features.prediction.library_summary import Tally
from gtzan_features.prediction.predict import checked_aggregation, predict
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gtzan_features.datasets.listing import Listing
    from gtzan_features.prediction.answers import Stamp
    from gtzan_features.prediction.answers_file import AnswersFile, Entry
    from gtzan_features.prediction.library_summary import LibrarySummary
    from gtzan_features.prediction.predict import FilePrediction
    from gtzan_features.prediction.predictor import Predictor


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryOptions:
    """How a library is answered.

    Attributes
    ----------
    aggregation : {"mean", "vote", "log-mean"}
        How segments are gathered to the recording.
    overwrite : bool
        Whether answers of another model, or another file of that name, are replaced. Answers of this model
        stay, so that a call that was ended goes on.
    retry_failed : bool
        Whether recordings without a genre are tried again though their files are the same.
    prune : bool
        Whether rows of files that are not named are left out.
    n_jobs : int
        Worker processes; results do not depend on it.
    """

    aggregation: str = "mean"
    overwrite: bool = False
    retry_failed: bool = False
    prune: bool = False
    n_jobs: int = -1


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
    ConfigError
        If the ending of `out` or the aggregation is unknown.
    OutputExistsError
        If `out` holds something else, or answers of another model.
    OutputLockedError
        If another command writes it.
    """
    checked_aggregation(options.aggregation)
    out, by = checked_out(out), answered_by(predictor, options.aggregation)
    columns = columns_of(predictor.genres)
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
        for row in read_answers(out, columns):
            tally.add(row["genre"], row["status"], row["warnings"])
    n_gone = 0 if options.prune else len(others)
    return tally.summary(listing, seconds, n_computed=len(todo), n_gone=n_gone)


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
