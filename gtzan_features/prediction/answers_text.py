"""Answers as text: CSV and JSON lines, a record each, written and read back without losing a row."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import IO, TYPE_CHECKING, Any, Protocol

from gtzan_features.errors import TableError
from gtzan_features.prediction.answers import P
from gtzan_features.text import from_inert, inert, plain_path, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gtzan_features.prediction.answers import Column, Row

LONGEST = 1 << 24
"""Bytes; a record of an answer is far shorter."""

_FIRST = b'{"file": '
_BETWEEN = "; "
_DECIMALS = {"duration_s": 3}


class RowText(Protocol):
    """A way to write rows as text."""

    header: bytes
    """What a file begins with."""

    def encode(self, row: Row) -> bytes:
        """Return a row as a record, with the line break that ends it."""
        ...

    def decode(self, record: bytes) -> Row:
        """Return the row of a record; ValueError where it is none of this kind."""
        ...

    def is_whole(self, record: bytes) -> bool:
        """Whether lines are a record, and no more of it follows."""
        ...

    def could_begin(self, rest: bytes) -> bool:
        """Whether the first bytes behind the last whole record may be what a kill left of another."""
        ...


class CsvText:
    """Rows as CSV in UTF-8; no cell is a formula to a spreadsheet.

    Parameters
    ----------
    columns : tuple of Column
    """

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self.columns = columns
        self.header = csv_line([inert(printable(column.name)) for column in columns]).encode()

    def encode(self, row: Row) -> bytes:
        """Return a row as a record; see `RowText`."""
        return csv_line(csv_cells(row)).encode()

    def decode(self, record: bytes) -> Row:
        """Return the row of a record; see `RowText`."""
        (cells,) = csv.reader([record.decode().removesuffix("\n")], strict=True)
        row = {c.name: _value(cell, c) for c, cell in zip(self.columns, cells, strict=True)}
        return {**row, "file": _path(cells[0])}

    def is_whole(self, record: bytes) -> bool:
        """Whether it ends outside of quotes; see `RowText`."""
        return record.endswith(b"\n") and record.count(b'"') % 2 == 0

    def could_begin(self, rest: bytes) -> bool:  # noqa: ARG002 - any text may be a path
        """Say yes; see `RowText`."""
        return True


class JsonText:
    """Rows as JSON, one in a line.

    Parameters
    ----------
    columns : tuple of Column
    """

    header = b""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self.names = [column.name for column in columns]
        self._genres = [name.removeprefix(P) for name in self.names if name.startswith(P)]

    def encode(self, row: Row) -> bytes:
        """Return a row as a record; see `RowText`."""
        return json_line(row).encode()

    def decode(self, record: bytes) -> Row:
        """Return the row of a record; see `RowText`."""
        try:
            found = json.loads(record)
        except RecursionError as error:
            raise ValueError(str(error)) from error
        if not isinstance(found, dict) or "probabilities" not in found:
            msg = "no answer"
            raise ValueError(msg)
        genres = found.pop("probabilities") or dict.fromkeys(self._genres, math.nan)
        probabilities = {f"{P}{genre}": genres.pop(genre) for genre in self._genres}
        row = {n: probabilities[n] if n in probabilities else found.pop(n, None) for n in self.names}
        if found or genres or any(value is None for value in row.values()):
            msg = "other fields"
            raise ValueError(msg)
        return row

    def is_whole(self, record: bytes) -> bool:
        """Whether it ends; see `RowText`."""
        return record.endswith(b"\n")

    def could_begin(self, rest: bytes) -> bool:
        """Whether it begins as every record does; see `RowText`."""
        return rest.startswith(_FIRST) or _FIRST.startswith(rest)


def records(file: IO[bytes], text: RowText, path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each whole record of a file that stands after its header, with its place in bytes.

    What a kill left of a last one is not given.

    Raises
    ------
    TableError
        If it holds what is no text.
    """
    place, record = file.tell(), b""
    while line := file.readline(LONGEST):
        record += line
        if len(record) >= LONGEST:
            raise TableError(path, "is no file of answers. Give another name")
        if text.is_whole(record):
            yield place, record
            place, record = place + len(record), b""


def csv_line(cells: list[str]) -> str:
    """Return a record with its line break; quoted where a cell holds a line break or a quote."""
    record = io.StringIO()
    # With \r\n as its end, either of the two is quoted in a cell.
    csv.writer(record, lineterminator="\r\n").writerow(cells)
    return record.getvalue().removesuffix("\r\n") + "\n"


def json_line(row: Row, *, ascii_only: bool = False) -> str:
    """Return a row as an object in a line of JSON, with its line break.

    With `ascii_only`, other characters are escaped, for a stream of any encoding.
    """
    genres = {name.removeprefix(P): _strict(value) for name, value in row.items() if name.startswith(P)}
    record = {}
    for name, value in row.items():
        if not name.startswith(P):
            record[name] = _strict(value)
        if name in ("genre", "labels"):
            record["probabilities"] = None if None in genres.values() else genres
    return json.dumps(record, ensure_ascii=ascii_only, allow_nan=False) + "\n"


def csv_cells(row: Row) -> list[str]:
    """Return the cells of a row: text that is no formula, probabilities with six decimals, "" for none."""
    cells = {name: _cell(name, value) for name, value in row.items()}
    return list((cells | {"file": plain_path(row["file"])}).values())


def _cell(name: str, value: Any) -> str:  # noqa: ANN401 - of any column
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.{_DECIMALS.get(name, 6)}f}" if value == value else ""
    return inert(printable(value if isinstance(value, str) else _BETWEEN.join(value)))


def _value(cell: str, column: Column) -> Any:  # noqa: ANN401
    if column.kind == "number":
        return float(cell) if cell else math.nan
    if column.kind == "count":
        return int(cell)
    if column.kind == "flag":
        return {"true": True, "false": False}[cell]
    text = from_inert(cell)
    return text if column.kind == "text" else text.split(_BETWEEN) if text else []


def _path(cell: str) -> str:
    """Return the path that `plain_path` made a cell of."""
    bare = cell.removeprefix("./")
    return bare if plain_path(bare) == cell else cell


def _strict(value: Any) -> Any:  # noqa: ANN401
    """Return a value as strict JSON has it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [printable(one) for one in value]
    return printable(value) if isinstance(value, str) else value
