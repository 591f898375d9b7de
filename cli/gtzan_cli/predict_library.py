"""``gtzan predict`` with ``--out``, ``--playlist`` or ``--write-tags``: what is done with all answers."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gtzan_cli.progress import notice, progress_bar, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gtzan_cli.library_options import LibraryWords
    from gtzan_cli.predict_output import Shown
    from gtzan_features.prediction.answers import Row
    from gtzan_features.prediction.library_config import LibraryOptions
    from gtzan_features.prediction.library_summary import LibrarySummary
    from gtzan_features.prediction.predict import Listing
    from gtzan_features.prediction.predictor import Predictor
    from gtzan_features.progress import Progress

_BACKUP = "gtzan-old-tags.jsonl"


def answer_library(
    listing: Listing,
    predictor: Predictor,
    words: LibraryWords,
    options: LibraryOptions,
    shown: Shown,
    *,
    plain: bool,
) -> LibrarySummary:
    """Write the answers, then playlists and tags; `plain` says whether stdout is for people."""
    from gtzan_features.prediction.library import predict_library

    _check(words, predictor)
    with _file(words.out) as out:
        with progress_bar() as progress, shown:
            summary = predict_library(
                listing, predictor, out, options, progress=progress, notice=notice, each=shown
            )
        for line in summary.lines():
            notice(line)
        if words.out is not None:
            notice(f"Answers: {words.out}")
        if words.playlist is not None:
            _write_playlists(listing, predictor, out, words.playlist)
        if words.write_tags:
            _write_tags(listing, predictor, out, words, plain=plain)
    return summary


def _check(words: LibraryWords, predictor: Predictor) -> None:
    """Refuse what would be refused in the end, before anything is computed."""
    if words.playlist is not None:
        from gtzan_features.prediction.playlists import check_playlists

        check_playlists(words.playlist, predictor.genres)
    if words.write_tags:
        from gtzan_features.prediction.genre_tags import needs_mutagen

        needs_mutagen()


@contextmanager
def _file(out: Path | None) -> Iterator[Path]:
    """Give the output, or a file that is gone afterwards."""
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="gtzan-") as folder:
        yield Path(folder) / "answers.jsonl"


def _write_playlists(listing: Listing, predictor: Predictor, out: Path, folder: Path) -> None:
    from gtzan_features.prediction.answers import columns_for
    from gtzan_features.prediction.library import rows_of
    from gtzan_features.prediction.playlists import write_playlists

    done = write_playlists(rows_of(out, listing, columns_for(predictor)), folder, predictor.genres)
    notice(f"Playlists: {len(done.counts)} in {folder}")
    if done.unlisted:
        notice(f"In no playlist: {done.unlisted} whose names a line of text cannot hold.")


def _write_tags(
    listing: Listing, predictor: Predictor, out: Path, words: LibraryWords, *, plain: bool
) -> None:
    from gtzan_features.prediction.answers import columns_for
    from gtzan_features.prediction.library import rows_of, tag_library
    from gtzan_features.prediction.library_config import TagOptions

    backup = words.tag_backup or (
        Path(_BACKUP) if words.out is None else words.out.with_name(f"{words.out.name}.old-tags.jsonl")
    )
    tell, how = show if plain else notice, "Tagged" if words.yes else "Would tag"
    with progress_bar() as progress:
        rows = _counted(rows_of(out, listing, columns_for(predictor)), len(listing.files), progress)
        report = tag_library(
            out,
            rows,
            columns_for(predictor),
            TagOptions(replace=words.replace_tags, min_probability=words.min_probability),
            backup=backup,
            apply=words.yes,
            told=lambda change: tell(f"{how} {change}"),
        )
    for line in report.lines(applied=words.yes):
        notice(line)
    if words.yes and report.changed:
        notice(f"Old tags: {backup}; gtzan data restore-tags writes them again.")


def _counted(rows: Iterable[Row], total: int, progress: Progress) -> Iterator[Row]:
    for number, row in enumerate(rows):
        progress(number, total, "files")
        yield row
