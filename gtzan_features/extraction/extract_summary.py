"""What an extraction did, for whoever called it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from gtzan_features.datasets.names import label
from gtzan_features.datasets.remarks import catalogue_text, remarks
from gtzan_features.datasets.tracks import genres_in
from gtzan_features.tables.file_status import USABLE, FileStatus
from gtzan_features.text import counted, printable

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.datasets.tracks import Catalogue
    from gtzan_features.extraction.row_cache import FileRows
    from gtzan_features.extraction.row_options import Extraction

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
        Files that gave no row; of a data set of shards the first 20.
    notes : tuple of FileStatus
        Files that gave rows, but not as an intact file would; of a data set of shards the first 20.
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
    counts : dict
        Files of each status.
    n_notes : int
        Files that gave rows, but not as an intact file would.
    part : str
        Which slice of the files this was, as in ``17/400``; empty for all of them.
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
    counts: dict[str, int] = field(default_factory=dict)
    n_notes: int = 0
    part: str = ""

    @property
    def skipped_counts(self) -> dict[str, int]:
        """Files that gave no row, of each status."""
        return {kind: number for kind, number in self.counts.items() if kind not in USABLE}

    @property
    def n_skipped(self) -> int:
        """Files that gave no row."""
        return sum(self.skipped_counts.values())

    @property
    def fault(self) -> str:
        """Why there is no row in any table, in a line; empty where there is one, or files are elsewhere."""
        if self.part or any(n_rows for _, n_rows in self.tables.values()):
            return ""
        kind = Counter(one.status for one in self.skipped).most_common(1)[0][0]
        count = self.counts[kind]
        first = next(one for one in self.skipped if one.status == kind)
        wanted = " or ".join(self.tables)
        advice = f"Give shorter --segments than {wanted}" if kind == "short" else "See the status table"
        return (
            f"no row of {wanted}: {count} of {counted(self.n_files, 'file')} {'is' if count == 1 else 'are'} "
            f"{kind}, such as {first.path} "
            f"({first.reason}). {advice}."
        )


class Tally:
    """What became of files, added up: nothing but numbers and the first of those that are named.

    Parameters
    ----------
    catalogue : Catalogue
    most : int, optional
        How many files of a kind are named; all where not given.

    Attributes
    ----------
    n_reused, n_computed, n_samples : int
        Files that were done before, files that gave rows now, and samples of what was computed now.
    """

    def __init__(self, catalogue: Catalogue, most: int | None = None) -> None:
        self._several, self._most = catalogue.several_labels, most
        self.counts: Counter[str] = Counter()
        self.genres: Counter[str] = Counter()
        self.skipped: list[FileStatus] = []
        self.notes: list[FileStatus] = []
        self.n_notes = self.n_reused = self.n_computed = self.n_samples = 0

    def add(self, one: FileRows) -> None:
        """Add what became of one file."""
        status = one.status
        usable = status.status in USABLE
        self.counts[status.status] += 1
        self.n_reused += one.reused
        self.n_computed += usable and not one.reused
        self.n_samples += 0 if one.reused else status.n_samples
        if usable:
            self.genres.update(genres_in(status.genre, several=self._several))
        if not usable or status.reason:
            self.n_notes += usable
            names = self.notes if usable else self.skipped
            if self._most is None or len(names) < self._most:
                names.append(status)

    def add_shard(self, path: Path) -> None:
        """Add what became of the files of a shard, by its status."""
        import pyarrow.compute as pc

        with path.open("rb") as file:
            table = pq.ParquetFile(file).read()
        self.counts.update(_counted(table.column("status")))
        usable = pc.is_in(table.column("status"), pa.array(USABLE))
        for cell, number in _counted(table.column("genre").filter(usable)).items():
            for genre in genres_in(cell, several=self._several):
                self.genres[genre] += number
        noted = pc.and_(usable, pc.not_equal(table.column("reason"), ""))
        self.n_notes += pc.sum(noted).as_py() or 0
        for names, rows in ((self.skipped, pc.invert(usable)), (self.notes, noted)):
            some = table.filter(rows)
            room = some.num_rows if self._most is None else self._most - len(names)
            names += [FileStatus(**row) for row in some.slice(0, room).to_pylist()]


def _counted(column: pa.ChunkedArray) -> dict[str, int]:
    return {str(one["values"]): one["counts"] for one in column.value_counts().to_pylist()}


def summary_of(
    extraction: Extraction,
    tally: Tally,
    tables: dict[str, tuple[str, int]],
    elapsed: float,
    part: str = "",
) -> ExtractSummary:
    """Return what an extraction did, from what became of its files and path and rows of each table."""
    catalogue, recipe = extraction.catalogue, extraction.recipe
    return ExtractSummary(
        tables=tables,
        status=printable(str(extraction.out / recipe.status_name)),
        n_files=sum(tally.counts.values()),
        n_reused=tally.n_reused,
        n_computed=tally.n_computed,
        audio_s=tally.n_samples / recipe.sr,
        elapsed_s=elapsed,
        skipped=tuple(tally.skipped),
        notes=tuple(tally.notes),
        empty_genres=catalogue.empty_genres,
        genres=catalogue.counts(),
        passed_over=catalogue.passed_over(),
        unreadable=tuple(label(path) for path, _ in catalogue.tree.unreadable),
        remarks=remarks(catalogue),
        read_as=catalogue_text(catalogue),
        labels=_labels(catalogue),
        labels_table=catalogue.labels.table,
        genres_with_rows=dict(sorted(tally.genres.items())),
        counts=dict(sorted(tally.counts.items())),
        n_notes=tally.n_notes,
        part=part,
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
