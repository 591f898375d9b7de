"""What an extraction did, on the screen."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gtzan_cli.progress import notice, print_json, show
from gtzan_features.text import counted, shell_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gtzan_features.extraction.deformed_tables import Extracted
    from gtzan_features.extraction.extract import ExtractSummary, FileStatus

_SHOWN = 5
"""Files of each kind that are named; JSON and the status table have all."""

_GENRES_SHOWN = 12


def record_of(summary: ExtractSummary) -> dict[str, Any]:
    """Return a summary as a script reads it."""
    tables = {length: {"path": path, "rows": rows} for length, (path, rows) in summary.tables.items()}
    return {**asdict(summary), "tables": tables}


def print_summary(summary: ExtractSummary) -> None:
    """Print tables, counts and speed on stdout; what was skipped, and why, on stderr."""
    if summary.part:
        own = [f"{counted(rows, 'row')} of {length}" for length, (_, rows) in summary.tables.items()]
        show(f"Slice {summary.part}: {', '.join(own)}. When all slices are there: {_merge(summary)}")
    else:
        for path, rows in summary.tables.values():
            show(f"{path}: {counted(rows, 'row')}")
        show(f"{summary.status}: what became of each file{_genres(summary.genres_with_rows)}")
    show(_counts(summary))
    for files in _by_kind(summary.skipped).values():
        _print_files("Skipped", files, summary)
    for kind, files in _by_kind(summary.notes).items():
        if kind == "ok":
            first = files[0]
            named = len(summary.notes) == summary.n_notes
            count = counted(len(files), "file") if named else "some files"
            notice(f"Not in every table: {count}, such as {first.path} ({first.reason}).")
        else:
            _print_files("Incomplete", files, summary)


def print_extracted(done: Extracted, *, as_json: bool) -> None:
    """Print what an extraction did with the tracks as they are, and with their deformed copies."""
    if as_json:
        own = {name: record_of(one) for name, one in done.deformed.items()}
        print_json(record_of(done.clean) | ({"deformed": own} if own else {}))
        return
    print_summary(done.clean)
    for name, one in done.deformed.items():
        _print_deformed(name, one, done.clean)


def _print_deformed(name: str, summary: ExtractSummary, clean: ExtractSummary) -> None:
    """Print in a line what an extraction did with deformed copies; on stderr, what only they lack."""
    rows = ", ".join(f"{counted(rows, 'row')} of {length}" for length, (_, rows) in summary.tables.items())
    show(f"{name}: {rows}; {_counts(summary)}")
    known = {file.track_id for file in clean.skipped}
    lost = [file for file in summary.skipped if file.track_id not in known]
    if lost:
        _print_files(f"Skipped, {name}", lost, summary, len(lost))


def _counts(summary: ExtractSummary) -> str:
    """Return how many files were computed, found done and skipped, and how fast."""
    found = summary.n_files - summary.n_computed - summary.n_skipped
    speed = f", {summary.audio_s / summary.elapsed_s:.0f} times real time" if summary.audio_s else ""
    kinds = sorted(summary.skipped_counts.items(), key=lambda item: (-item[1], item[0]))
    why = ", ".join(f"{number} {kind}" for kind, number in kinds)
    return (
        f"{counted(summary.n_computed, 'file')} computed, {found} found done, {summary.n_skipped} skipped"
        f"{f' ({why})' if why else ''}; {summary.elapsed_s:.1f} s{speed}"
    )


def _genres(tracks: dict[str, int]) -> str:
    """Return the genres that have rows now: what was read before may have been damaged, silent or short."""
    shown = ", ".join(f"{genre} {count}" for genre, count in list(tracks.items())[:_GENRES_SHOWN])
    more = f" and {len(tracks) - _GENRES_SHOWN} more genres" if len(tracks) > _GENRES_SHOWN else ""
    return f"; tracks with rows: {shown}{more}" if tracks else ""


def _by_kind(files: tuple[FileStatus, ...]) -> dict[str, list[FileStatus]]:
    """Return files by their status, the most frequent first."""
    kinds: dict[str, list[FileStatus]] = {}
    for file in files:
        kinds.setdefault(file.status, []).append(file)
    return dict(sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0])))


def failed(summaries: Sequence[ExtractSummary], *, strict: bool) -> bool:
    """Say where a run gave no row at all; whether the command is to exit with 1."""
    for fault in dict.fromkeys(summary.fault for summary in summaries):
        if fault:
            notice(f"Error: {fault}")
    return any(one.fault or (strict and (one.n_skipped or one.unreadable)) for one in summaries)


def _print_files(
    title: str, files: list[FileStatus], summary: ExtractSummary, number: int | None = None
) -> None:
    """Name the first files of a kind, and say how many more there are, and where."""
    number = summary.counts[files[0].status] if number is None else number
    shown = files[:_SHOWN]
    for file in shown:
        notice(f"{title}: {file.path}: {file.status}: {file.reason}")
    if number > len(shown):
        where = "the status table" if summary.part else summary.status
        notice(f"{title}: {number - len(shown)} more {files[0].status}: see {where}, or give --json.")


def _merge(summary: ExtractSummary) -> str:
    return f"gtzan features merge {shell_path(Path(summary.status).parent)}"
