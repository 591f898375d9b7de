"""``gtzan predict --out``: a whole library into one file, with a summary in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_cli.progress import notice, progress_bar

if TYPE_CHECKING:
    import click

    from gtzan_cli.library_options import LibraryWords
    from gtzan_features.prediction.predict import Listing
    from gtzan_features.prediction.predictor import Predictor


def answer_library(
    ctx: click.Context,
    listing: Listing,
    predictor: Predictor,
    words: LibraryWords,
    *,
    aggregation: str,
    n_jobs: int,
) -> None:
    """Write the answers and say what became of the files; exit with 1 where none has a genre."""
    from gtzan_features.prediction.library import LibraryOptions, predict_library

    assert words.out is not None
    options = LibraryOptions(
        aggregation=aggregation,
        overwrite=words.overwrite,
        retry_failed=words.retry_failed,
        prune=words.prune,
        n_jobs=n_jobs,
    )
    with progress_bar() as progress:
        summary = predict_library(listing, predictor, words.out, options, progress=progress, notice=notice)
    for line in summary.lines():
        notice(line)
    notice(f"Answers: {words.out}")
    if not summary.genres:
        ctx.exit(1)
