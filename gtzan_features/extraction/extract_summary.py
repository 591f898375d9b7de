"""What an extraction did, for whoever called it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gtzan_features.datasets.names import label
from gtzan_features.datasets.remarks import catalogue_text, remarks
from gtzan_features.tables.file_status import USABLE
from gtzan_features.text import counted, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gtzan_features.datasets.tracks import Catalogue
    from gtzan_features.extraction.row_cache import FileRows
    from gtzan_features.extraction.row_kinds import Recipe
    from gtzan_features.tables.file_status import FileStatus

_FIRST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractSummary:
    """What an extraction did.

    Attributes
    ----------
    tables : dict
        Path and number of rows of each table, by segment length.
    status : Path
        The status table.
    n_files, n_reused : int
        Files of the catalogue, and those of them that had been computed before.
    n_computed : int
        Files that were computed now and gave rows.
    audio_s, elapsed_s : float
        Seconds of music that were computed now, and how long all of it took.
    skipped : tuple of FileStatus
        Files that gave no row.
    notes : tuple of FileStatus
        Files that gave rows, but not as an intact file would.
    empty_genres : tuple of str
        Folders without audio.
    genres : dict
        Tracks of each genre of the catalogue.
    passed_over : dict
        Files of each ending that are no tracks; see `Catalogue.passed_over`.
    unreadable : tuple of str
        Folders that could not be listed.
    remarks : tuple of str
        What was passed over and what looks odd, a line each.
    read_as : str
        How the folder was read: genres, files, and where artists are known from.
    labels : dict
        Where genres and artists come from (``genres_from``, ``artists_from``), ``unlabelled`` tracks, whether
        some have ``several`` genres, and what of a table did not fit: ``{"missing": {"count": 3, "first":
        ["a.mp3", ...]}}``; see `tracks.Labels`.
    labels_table : str
        Name of the table of labels; empty where there is none.
    genres_with_rows : dict
        Tracks of each genre that gave rows.
    """

    tables: dict[str, tuple[str, int]]
    status: str
    n_files: int
    n_reused: int
    audio_s: float
    elapsed_s: float
    skipped: tuple[FileStatus, ...]
    notes: tuple[FileStatus, ...]
    empty_genres: tuple[str, ...]
    genres: dict[str, int]
    passed_over: dict[str, int]
    unreadable: tuple[str, ...]
    remarks: tuple[str, ...]
    read_as: str = ""
    labels: dict[str, Any] = field(default_factory=dict)
    labels_table: str = ""
    genres_with_rows: dict[str, int] = field(default_factory=dict)
    n_computed: int = 0

    @property
    def fault(self) -> str:
        """Why there is no row in any table, in a line; empty where there is one."""
        if any(n_rows for _, n_rows in self.tables.values()):
            return ""
        kind, count = Counter(one.status for one in self.skipped).most_common(1)[0]
        first = next(one for one in self.skipped if one.status == kind)
        wanted = " or ".join(self.tables)
        advice = f"Give shorter --segments than {wanted}" if kind == "short" else "See the status table"
        return (
            f"no row of {wanted}: {count} of {counted(self.n_files, 'file')} {'is' if count == 1 else 'are'} "
            f"{kind}, such as {first.path} "
            f"({first.reason}). {advice}."
        )


def summary_of(
    out: Path,
    recipe: Recipe,
    catalogue: Catalogue,
    found: Sequence[FileRows],
    tables: dict[str, tuple[str, int]],
    elapsed: float,
) -> ExtractSummary:
    """Return what an extraction did, from what became of each file and path and rows of each table."""
    computed = sum(one.status.n_samples for one in found if not one.reused)
    return ExtractSummary(
        tables=tables,
        status=printable(str(out / recipe.status_name)),
        n_files=len(found),
        n_reused=sum(one.reused for one in found),
        n_computed=sum(not one.reused and one.status.status in USABLE for one in found),
        audio_s=computed / recipe.sr,
        elapsed_s=elapsed,
        skipped=tuple(one.status for one in found if one.status.status not in USABLE),
        notes=tuple(one.status for one in found if one.status.status in USABLE and one.status.reason),
        empty_genres=catalogue.empty_genres,
        genres=catalogue.counts(),
        passed_over=catalogue.passed_over(),
        unreadable=tuple(label(path) for path, _ in catalogue.tree.unreadable),
        remarks=remarks(catalogue),
        read_as=catalogue_text(catalogue),
        labels=_labels(catalogue),
        labels_table=catalogue.labels.table,
        genres_with_rows=dict(
            sorted(
                Counter(
                    genre
                    for track, one in zip(catalogue.tracks, found, strict=True)
                    for genre in catalogue.genres_of(track)
                    if one.status.status in USABLE
                ).items()
            )
        ),
    )


def _labels(catalogue: Catalogue) -> dict[str, Any]:
    labels = catalogue.labels
    return {
        "genres_from": labels.genres_from,
        "artists_from": labels.artists_from,
        "unlabelled": catalogue.n_unlabelled,
        "several": catalogue.several_labels,
        **{
            kind: {"count": len(names), "first": list(names[:_FIRST])}
            for kind, names in labels.problems.items()
        },
    }
