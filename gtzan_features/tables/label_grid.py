"""A table of a person's own, whatever its columns: CSV, Parquet or a frame as names and cells of text."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from gtzan_features.audio.formats import AUDIO_SUFFIXES
from gtzan_features.errors import TableError
from gtzan_features.tables.csv_bytes import is_parquet, read_utf8
from gtzan_features.tables.csv_text import SEPARATORS, parse_text
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

PLACE = Path("DataFrame")
"""What messages call a frame."""

_GIVE = "Give a CSV with a column for the path of each file and one for its genre"
_WORDS = (
    (re.compile(r"Give a CSV in Kaggle's format.*$"), _GIVE),
    (re.compile(r"fits read gtzan's own tables.*$"), _GIVE),
    (re.compile(r"\band import (that|the CSV in it)\b"), r"and give \1"),
    (re.compile(r"Import it in parts"), "Give less"),
)
_SAMPLE = 50  # lines that tell the separator
_MOST_LEVELS = 4


class _Cells(Sequence[str]):
    """The cells of a column of text, made strings of Python's own when they are first looked at."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column
        self._texts: list[str] | None = None

    def first(self, n: int) -> list[str]:
        """Return the first `n` cells."""
        found: list[str] = self._column.slice(0, n).to_pylist()
        return found

    def last(self) -> str:
        """Return the last cell."""
        found: str = self._column[-1].as_py()
        return found

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, at: Any) -> Any:  # noqa: ANN401 - a position or a slice
        if self._texts is None:
            self._texts = self._column.to_pylist()
        return self._texts[at]

    def __iter__(self) -> Iterator[str]:
        return iter(self[:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Columns of cells, each with its names.

    Attributes
    ----------
    place : Path
        Where it was read, for messages.
    names : tuple of tuple of str
        Of each column: one name, or one for each level of its header, as they are written.
    cells : tuple of sequence
        Of each column: text, or lists of text.
    lines : sequence of int
        Where each row stands.
    unit : str
        What `lines` count.
    notes : tuple of str
        What was assumed in reading it.
    """

    place: Path
    names: tuple[tuple[str, ...], ...]
    cells: tuple[Sequence[Any], ...]
    lines: Sequence[int]
    unit: str = "line"
    notes: tuple[str, ...] = ()

    def at(self, row: int) -> str:
        """Say where a row stands: ``line 7``."""
        return f"{self.unit} {self.lines[row]}"


def read_grid(path: Path, encoding: str | None = None) -> Grid:
    """Read a CSV (any separator, encoding and packing that ``gtzan features import`` takes) or Parquet.

    A header may have several lines, as pandas writes columns of several levels: the line that names the
    index, and nothing else, ends it. A first line with the name of an audio file in it is no header.

    Raises
    ------
    TableError
        If the file is missing, damaged or something else, or a line has another number of cells than the
        header.
    """
    try:
        if is_parquet(path):
            return _of_parquet(path)
        return _of_csv(path, encoding)
    except TableError as error:
        reason = error.reason
        for pattern, words in _WORDS:
            reason = pattern.sub(words, reason)
        raise TableError(error.path, reason) from error


def frame_grid(frame: pd.DataFrame, place: Path = PLACE) -> Grid:
    """Return a frame's columns, and its index where that has a name or holds text."""
    names: list[tuple[str, ...]] = []
    cells = []
    for at in range(frame.index.nlevels):
        values = frame.index.get_level_values(at)
        if values.name is not None or not pd.api.types.is_numeric_dtype(values):
            names.append((str(values.name or "index"),))
            cells.append([_cell(value) for value in values])
    for at, name in enumerate(frame.columns):
        levels: Any = name  # a tuple where there are several
        names.append(tuple(map(str, levels)) if isinstance(levels, tuple) else (str(name),))
        cells.append([_cell(value) for value in frame.iloc[:, at]])
    return Grid(place=place, names=tuple(names), cells=tuple(cells), lines=range(len(frame)), unit="row")


def mapping_grid(labels: Mapping[Any, Any]) -> Grid:
    """Return labels by path as a table of two columns."""
    paths = [_cell(path) for path in labels]
    return Grid(
        place=Path("labels"),
        names=(("path",), ("genre",)),
        cells=(paths, [_cell(value) for value in labels.values()]),
        lines=range(len(paths)),
        unit="item",
    )


def _of_parquet(path: Path) -> Grid:
    try:
        with path.open("rb") as file:
            table = pq.read_table(file)
            table.validate(full=True)  # text that is no UTF-8 would be met later
            frame = table.to_pandas()
    except Exception as error:  # Arrow's, and what its Python part raises on damage
        raise TableError(path, "not a whole Parquet file. Get it again") from error
    return frame_grid(frame, path)


def _cell(value: Any) -> Any:  # noqa: ANN401 - whatever a cell holds
    """Return a cell as text, also a number; lists as lists of text; empty where it is missing."""
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [
            _cell(one) for one in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)
        ]
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _of_csv(path: Path, encoding: str | None) -> Grid:
    content, notes = read_utf8(path, encoding)
    content = content.lstrip(b"\r\n") + b"\n"
    separator, header, skipped = _header(path, content)
    if any(PurePosixPath(cell.strip()).suffix.lower() in AUDIO_SUFFIXES for cell in header):  # none: a row
        header, skipped = [f"column {i + 1}" for i in range(len(header))], skipped - 1
    table, lines = parse_text(path, content, separator, len(header), skipped)
    columns = [_Cells(column) for column in table.columns]
    if _ends_in_quotes(content, columns):
        reason = f"line {lines[-1]}: a quote is not closed, and all that follows is in one cell. Close it"
        raise TableError(path, reason)
    names: list[tuple[str, ...]] = [(name.strip().strip("\ufeff"),) for name in header]
    levels = _further_levels(header, columns)
    if levels:
        tops = [name.strip() for name in header]
        names = [
            tuple(cell.strip() for cell in (tops[i], *columns[i].first(levels)) if cell.strip())
            for i in range(len(header))
        ]
        columns, lines = [_Cells(column.slice(levels)) for column in table.columns], lines[levels:]
    return Grid(
        place=path,
        names=tuple(names),
        cells=tuple(columns),
        lines=lines.tolist(),
        notes=notes,
    )


def _ends_in_quotes(content: bytes, columns: Sequence[_Cells]) -> bool:
    """Whether the last row swallowed the line break that ends every table."""
    if not columns or not len(columns[0]) or content.count(b'"') % 2 == 0:
        return False
    return any(column.last().endswith("\n") for column in columns)


def _header(path: Path, content: bytes) -> tuple[str, list[str], int]:
    """Return the separator, the first line's cells, and the lines to skip before what follows it.

    The separator is the one that divides most of the first lines into as many cells as the header has.
    """
    head = content[: 1 << 20].decode("utf-8", "ignore")
    skipped = 1
    first = head.splitlines()[0]
    if re.fullmatch(r"sep=.", first.strip()):
        head, skipped = head[len(first) :].lstrip("\r\n"), 2
    best: tuple[float, int, str, list[str]] = (0.0, 0, "", [])
    for separator in SEPARATORS:
        rows = _first_rows(head, separator)
        if rows and len(rows[0]) > 1:
            same = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
            best = max(best, (same, len(rows[0]), separator, rows[0]), key=lambda one: one[:2])
    if not best[2]:
        reason = f"has one column ({one_line(first.strip())[:60]}). {_GIVE}"
        raise TableError(path, reason)
    return best[2], best[3], skipped


def _first_rows(text: str, separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if row:
                rows.append(row)
            if len(rows) > _SAMPLE:
                break
    except csv.Error:  # a cell of more than 128 KiB
        pass
    return rows


def _further_levels(header: list[str], columns: Sequence[_Cells]) -> int:
    """Return how many rows belong to the header: up to the one in which the first cell alone has a name."""
    repeated = Counter(name for name in header if name.strip()).most_common(1)
    if header[0].strip() or not repeated or repeated[0][1] == 1:
        return 0
    for at in range(min(_MOST_LEVELS, len(columns[0]))):
        filled = [i for i, column in enumerate(columns) if column.first(at + 1)[at].strip()]
        if filled == [0]:
            return at + 1
    return 0
