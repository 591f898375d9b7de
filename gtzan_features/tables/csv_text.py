"""A CSV as columns of text, each row with its line; and text as numbers, by either decimal sign."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from gtzan_features.errors import TableError
from gtzan_features.tables.csv_bytes import read_utf8
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import numpy.typing as npt

SEPARATORS = (",", ";", "\t", "|")

_GROUPED = r"[1-9]\d{{0,2}}(?P<g>[{marks}])\d{{3}}(?:(?P=g)\d{{3}})*"
_NUMBER = r"[+-]?(?:{grouped}|\d*)(?:{sign}\d*)?(?:[eE][+-]?\d+)?"
_SPACES = "'\u2019\u00a0\u202f\u2009 "
_STYLES = {
    sign: re.compile(
        _NUMBER.format(grouped=_GROUPED.format(marks=re.escape(other) + _SPACES), sign=re.escape(sign))
    )
    for sign, other in ((".", ","), (",", "."))
}
"""For each decimal sign, what a number looks like, thousands apart or not."""
_NOT_FINITE = {"", "nan", "na", "n/a", "null", "none", "inf", "-inf", "+inf", "infinity", "-infinity", "#n/a"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvText:
    """The content of a CSV.

    Attributes
    ----------
    path : Path
        Where it was read.
    columns : dict
        For each wanted column that it has: its cells as text, unchanged.
    lines : ndarray of shape (n_rows,)
        Line number of each row, from 1 (the header), if no cell holds a line break.
    notes : tuple of str
        What was assumed in reading it.
    unit : str
        What `lines` count: of a frame, its rows from 0.
    """

    path: Path
    columns: dict[str, pa.ChunkedArray]
    lines: npt.NDArray[np.int64]
    notes: tuple[str, ...]
    unit: str = "line"

    def at(self, row: int) -> str:
        """Say where a row stands: ``line 7``."""
        return f"{self.unit} {self.lines[row]}"

    def texts(self, name: str) -> pd.Series:
        """Return the cells of a column as Python strings."""
        return pd.Series(self.columns[name].to_pylist(), dtype=object, name=name)


def read_csv_text(path: Path, wanted: Collection[str], encoding: str | None = None) -> CsvText:
    """Read the columns `wanted` of a CSV; others, and empty lines, are passed over.

    The separator (comma, semicolon, tab or bar) is the one that makes most of the header's words wanted
    columns. Their case does not count, nor do blanks around or in them.

    Raises
    ------
    TableError
        If the file is no CSV or has no header, a line has another number of cells than the header, or a
        wanted column is in it twice. Columns that are missing are missing in the result, too.
    ConfigError
        If there is no such encoding.
    """
    content, notes = read_utf8(path, encoding)
    content = content.lstrip(b"\r\n") + b"\n"  # a header alone ends, too
    separator, header, skipped = _header(content, wanted)
    if not header:
        reason = "the first line is empty or longer than a header is. Give it the names of the columns"
        raise TableError(path, reason)
    names = [_tidy(word) for word in header]
    twice = sorted({name for name in names if name in wanted and names.count(name) > 1})
    if twice:
        raise TableError(path, f"has the column {twice[0]} more than once. Remove or rename one of them")
    table, lines = parse_text(path, content, separator, len(names), skipped)
    columns = {name: table.column(i) for i, name in enumerate(names) if name in wanted}
    return CsvText(path=path, columns=columns, lines=lines, notes=notes)


def frame_text(frame: pd.DataFrame, wanted: Collection[str]) -> CsvText:
    """Return the columns `wanted` of a frame as text, from which `numbers` gives the same numbers.

    Raises
    ------
    TableError
        If a wanted column stands in it twice.
    """
    path = Path("DataFrame")
    names = [_tidy(str(name)) for name in frame.columns]
    columns = {}
    for i, name in enumerate(names):
        if name in columns:
            raise TableError(path, f"has the column {name} more than once. Remove or rename one of them")
        if name in wanted:
            cells = frame.iloc[:, i]
            empty = cells.isna()
            # float32 has short digits of its own, which are other numbers in double precision.
            exact = cells.astype(np.float64) if cells.dtype.kind == "f" else cells
            texts = exact.map(str).mask(empty, "").astype(object)
            columns[name] = pa.chunked_array([pa.array(texts.to_numpy(), type=pa.string())])
    return CsvText(path=path, columns=columns, lines=np.arange(len(frame)), notes=(), unit="row")


def _tidy(word: str) -> str:
    return re.sub(r"[\s\-]+", "_", word.strip().strip("\ufeff").lower())


def _header(content: bytes, wanted: Collection[str]) -> tuple[str, list[str], int]:
    """Return the separator, the words of the header, and the lines to skip before what follows it."""
    head = content[: 1 << 20].decode("utf-8", "ignore")
    skipped = 1
    first = head.splitlines()[0]
    if re.fullmatch(r"sep=.", first.strip()):  # spreadsheets write and read this line
        head, skipped = head[len(first) :].lstrip("\r\n"), 2
    found = {sep: _first_row(head, sep) for sep in SEPARATORS}
    best = max(SEPARATORS, key=lambda sep: sum(_tidy(word) in wanted for word in found[sep]))
    return best, found[best], skipped


def _first_row(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except csv.Error:  # a header of more than 128 KiB in one cell: no column of ours
        return []


def parse_text(
    path: Path, content: bytes, separator: str, n_columns: int, skipped: int
) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Return the cells of a CSV as text and the line of each row; empty lines are passed over.

    Parameters
    ----------
    path : Path
        Where it was read, for messages.
    content : bytes
        Its text in UTF-8.
    separator : str
        Between cells.
    n_columns : int
        Cells of the header, at least one: with none, Arrow takes names from a row and guesses types.
    skipped : int
        Lines before the first row.

    Raises
    ------
    TableError
        If a line has another number of cells than the header, or a quote is not closed.
    """
    wrong: list[tuple[int, int]] = []  # line, cells

    def passed_over(row: arrow_csv.InvalidRow) -> str:
        if row.text.strip(separator + " \t\r\n"):
            wrong.append((int(row.number), int(row.actual_columns)))
        else:
            empty.append(int(row.number))
        return "skip"

    empty: list[int] = []
    names = [str(i) for i in range(n_columns)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(content),
            # One thread: only then are the rows that are passed over numbered.
            read_options=arrow_csv.ReadOptions(
                column_names=names, skip_rows_after_names=skipped, use_threads=False, block_size=64 << 20
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=passed_over,
            ),
            convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid as error:
        reason = "cannot be read as CSV: a quote is not closed, or a line is too long. Check its quotes"
        raise TableError(path, reason) from error
    if wrong:
        line, cells = wrong[0]
        others = f" ({len(wrong)} such lines in all)" if len(wrong) > 1 else ""
        reason = f"line {line} has {cells} cells, the header {n_columns}{others}. Correct or remove it"
        raise TableError(path, reason)
    lines = np.setdiff1d(np.arange(skipped + 1, skipped + 1 + len(table) + len(empty)), empty)
    filled = np.zeros(len(table), dtype=bool)
    for column in table.columns:
        filled |= pc.not_equal(pc.utf8_trim_whitespace(column), "").to_numpy(zero_copy_only=False)
    return table.filter(pa.array(filled)), lines[filled]


def numbers(source: CsvText, names: Sequence[str]) -> pd.DataFrame:
    """Return columns as float64, every digit kept; NaN where a cell is no number.

    Numbers have a decimal point, or a decimal comma where those of the whole table do; thousands may be
    apart by the other sign, a blank or an apostrophe.

    Raises
    ------
    TableError
        If the table may be read by either sign, with other values.
    """
    trimmed = {name: pc.utf8_trim_whitespace(source.columns[name]) for name in names}
    plain = {name: _plain(column) for name, column in trimmed.items()}
    if all(values is not None for values in plain.values()):
        return pd.DataFrame(plain)
    texts = {name: [_ascii_sign(cell) for cell in column.to_pylist()] for name, column in trimmed.items()}
    sign = _decimal_sign(source.path, [cell for cells in texts.values() for cell in cells])
    return pd.DataFrame({name: _parsed(cells, sign) for name, cells in texts.items()})


def _plain(column: pa.ChunkedArray) -> npt.NDArray[np.float64] | None:
    """Convert numbers with a decimal point and nothing else in them; None where one is not so."""
    try:
        # Arrow rounds every number correctly; pandas' fast parser may be off in the last place.
        values: npt.NDArray[np.float64] = pc.cast(column, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        return None
    return values


def _ascii_sign(cell: str) -> str:
    return cell.replace("\u2212", "-")


def _decimal_sign(path: Path, cells: Iterable[str]) -> str:
    cells = [cell for cell in dict.fromkeys(cells) if cell.lower() not in _NOT_FINITE]
    fitting = {sign: sum(bool(style.fullmatch(cell)) for cell in cells) for sign, style in _STYLES.items()}
    if fitting["."] != fitting[","]:
        return max(fitting, key=lambda sign: fitting[sign])
    both = [c for c in cells if all(style.fullmatch(c) for style in _STYLES.values())]
    odd = next((c for c in both if _parsed([c], ".")[0] != _parsed([c], ",")[0]), None)
    if odd is not None:
        reason = f"it is not clear whether {one_line(odd)!r} has a decimal comma. Write numbers with a point"
        raise TableError(path, reason)
    return "."


def _parsed(cells: Sequence[str], sign: str) -> npt.NDArray[np.float64]:
    style = _STYLES[sign]
    other = "," if sign == "." else "."
    apart = str.maketrans(dict.fromkeys(other + _SPACES) | {sign: "."})
    values = np.full(len(cells), np.nan)
    for i, cell in enumerate(cells):
        if style.fullmatch(cell) and any(c.isdigit() for c in cell):
            values[i] = float(cell.translate(apart))
    return values
