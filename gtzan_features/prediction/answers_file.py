"""A file of answers that grows while a library is answered: CSV, JSON lines or Parquet.

Each answer is a row with the path, the stamp of the bytes and the model, so that the file itself tells
what need not be computed again. CSV and JSON lines are appended to; what a kill leaves of a last record is
cut off when the file is opened again. Parquet cannot be appended to: its rows are collected as JSON lines in
a hidden file beside it, and put together in the end.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gtzan_features.errors import ConfigError, OutputExistsError, TableError
from gtzan_features.prediction.answers import Row, Stamp
from gtzan_features.prediction.answers_text import CsvText, JsonText, RowText, records
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.locking import output_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gtzan_features.prediction.answers import Column

SUFFIXES = (".csv", ".jsonl", ".ndjson", ".parquet")
"""Endings of files of answers."""

PARQUET = ".parquet"

_FLUSH_S = 5.0
"""Seconds of answers that may be lost when power fails; a kill loses none."""

_GLANCE = 64  # bytes

_ANEW = "Give another --out, or --overwrite to answer anew"


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the row of an answer stands in the file, and what it is of."""

    file: str
    stamp: Stamp
    failed: bool
    is_ours: bool
    place: int
    size: int


def checked_out(path: Path) -> Path:
    """Return the file that is written, behind links; ConfigError where its ending is no format."""
    if path.suffix.lower() not in SUFFIXES:
        msg = f"--out {path}: the ending says the format. Give a name that ends in .csv, .jsonl or .parquet"
        raise ConfigError(msg)
    if path.is_dir():
        msg = f"--out {path}: is a folder. Give the name of a file"
        raise ConfigError(msg)
    if path.exists() and not path.is_file():
        msg = f"--out {path}: is no file on a disk. Give the name of a file"
        raise ConfigError(msg)
    return Path(os.path.realpath(path))


class AnswersFile:
    """The rows of an output, old and new; made by `open_answers`.

    Parameters
    ----------
    out : Path
        Of `checked_out`.
    columns : tuple of Column
    by : str
        Which model answers now; see `answers.answered_by`.
    """

    def __init__(self, out: Path, columns: tuple[Column, ...], by: str) -> None:
        self.out, self.by, self._columns = out, by, columns
        self.is_parquet = out.suffix.lower() == PARQUET
        self.path = out.with_name(f".{out.name}.rows.jsonl") if self.is_parquet else out
        self.text = _text_for(self.path, columns)
        self.entries: list[Entry] = []
        self._file: IO[bytes] | None = None
        self._end, self._flushed, self._changed = 0, time.monotonic(), False

    def open(self, *, overwrite: bool) -> None:
        """Read what is there, cut off what a kill left of a last record, and go on behind it.

        Raises
        ------
        OutputExistsError
            If it holds other things, or answers of another model, and `overwrite` is not given.
        """
        unpacked = self._unpack(overwrite=overwrite)
        try:
            self._read(overwrite=overwrite)
        except OutputExistsError:
            if not overwrite:
                if unpacked:
                    self.path.unlink()
                raise
            self.entries = []
            self._start()

    def _unpack(self, *, overwrite: bool) -> bool:
        """Unpack the rows of a Parquet file that is finished; whether there is one."""
        if not self.is_parquet or self.path.exists() or not self.out.exists():
            return False
        from gtzan_features.prediction.answers_parquet import parquet_rows

        rows = parquet_rows(self.out, self._columns)
        try:
            first = list(itertools.islice(rows, 1))
        except TableError as error:
            if overwrite:
                return False
            raise OutputExistsError(self.out, f"{error.reason}. {_ANEW}") from error
        with atomic_path(self.path) as temporary, temporary.open("wb") as file:
            file.writelines(map(self.text.encode, itertools.chain(first, rows)))
        return True

    def _read(self, *, overwrite: bool) -> None:
        self._file = file = self.path.open("r+b" if self.path.exists() else "w+b")
        header = file.read(len(self.text.header))
        if header != self.text.header and not self.text.header.startswith(header):
            raise OutputExistsError(self.out, f"holds other columns than answers of this model. {_ANEW}")
        if header != self.text.header:  # new, or killed within the first line
            self._start()
            return
        self._end = file.tell()
        for number, (place, record) in enumerate(records(file, self.text, self.out), start=1):
            try:
                row = self.text.decode(record)
            except (ValueError, KeyError, TypeError) as error:
                reason = f"row {number} is no answer of this model. {_ANEW}"
                raise OutputExistsError(self.out, reason) from error
            if row["answered_by"] != self.by and not overwrite:
                reason = f"holds answers of {row['answered_by']}, and this is {self.by}. {_ANEW}"
                raise OutputExistsError(self.out, reason)
            self._note(row, place, len(record))
        file.seek(self._end)
        if not self.text.could_begin(file.read(_GLANCE)):
            raise OutputExistsError(self.out, f"holds what is no answer. {_ANEW}")
        file.truncate(self._end)
        file.seek(self._end)

    def _start(self) -> None:
        """Begin anew, with nothing but the header."""
        self.close()
        with atomic_path(self.path) as temporary:
            temporary.write_bytes(self.text.header)
        self._file = self.path.open("r+b")
        self._end = self._file.seek(0, os.SEEK_END)
        self._changed = True

    def _note(self, row: Row, place: int, size: int) -> Entry:
        stamp = Stamp(row["bytes"], row["modified"])
        ours = row["answered_by"] == self.by
        entry = Entry(row["file"], stamp, bool(row["error"]), ours, place, size)
        self.entries.append(entry)
        self._end = place + size
        return entry

    def append(self, row: Row) -> Entry:
        """Write a row behind the others, so that a kill loses at most this one."""
        file = self._opened
        record = self.text.encode(row)
        try:
            file.write(record)
            file.flush()
            if time.monotonic() - self._flushed > _FLUSH_S:
                os.fsync(file.fileno())
                self._flushed = time.monotonic()
        except OSError as error:  # a write does not say which file
            raise OSError(error.errno, os.strerror(error.errno or 0), str(self.out)) from error
        self._changed = True
        return self._note(row, self._end, len(record))

    def finish(self, kept: Iterable[Entry]) -> None:
        """Leave these rows in the file, in the order of their paths, and no others."""
        ordered = sorted(kept, key=lambda entry: (entry.file, entry.place))
        place = len(self.text.header)
        for entry in ordered:
            if entry.place != place:
                break
            place += entry.size
        else:
            if place == self._end:
                ordered = []  # they are all there, and in order
        if ordered or place != self._end:
            self._rewrite(ordered)
        os.fsync(self._opened.fileno())
        if self.is_parquet:
            self._pack()

    def _rewrite(self, ordered: list[Entry]) -> None:
        old, self._changed = self._opened, True
        with atomic_path(self.path) as temporary, temporary.open("wb") as file:
            file.write(self.text.header)
            for entry in ordered:
                old.seek(entry.place)
                file.write(old.read(entry.size))
        old.close()
        self._file = self.path.open("r+b")

    def _pack(self) -> None:
        """Put the Parquet file together of its rows."""
        from gtzan_features.prediction.answers_parquet import write_parquet_rows

        if self._changed or not self.out.exists():
            write_parquet_rows(self.out, self._columns, _text_rows(self.path, self.text))
        self.path.unlink()

    def close(self) -> None:
        """Close the file; what is in it stays."""
        if self._file is not None:
            # What could not be written was told when it was tried, with the name of the file.
            with contextlib.suppress(OSError):
                self._file.close()

    @property
    def _opened(self) -> IO[bytes]:
        if self._file is None:
            msg = "the file is not open"
            raise ValueError(msg)
        return self._file


@contextmanager
def open_answers(
    out: Path, columns: tuple[Column, ...], by: str, *, overwrite: bool = False
) -> Iterator[AnswersFile]:
    """Give an output to go on with, locked for as long as the block runs.

    Raises
    ------
    OutputLockedError
        If another command writes it.
    OutputExistsError
        As `AnswersFile.open`.
    """
    with output_lock(out):
        answers = AnswersFile(out, columns, by)
        try:
            answers.open(overwrite=overwrite)
            yield answers
        finally:
            answers.close()


def read_answers(out: Path, columns: tuple[Column, ...]) -> Iterator[Row]:
    """Yield the rows of a finished file of answers one by one."""
    if out.suffix.lower() == PARQUET:
        from gtzan_features.prediction.answers_parquet import parquet_rows

        return parquet_rows(out, columns)
    return _text_rows(out, _text_for(out, columns))


def change_answers(out: Path, columns: tuple[Column, ...], change: Callable[[Row], Row]) -> None:
    """Write a finished file of answers anew with each row changed, whole or not at all."""
    rows = map(change, read_answers(out, columns))
    if out.suffix.lower() == PARQUET:
        from gtzan_features.prediction.answers_parquet import write_parquet_rows

        write_parquet_rows(out, columns, rows)
        return
    text = _text_for(out, columns)
    with atomic_path(out) as temporary, temporary.open("wb") as file:
        file.write(text.header)
        file.writelines(map(text.encode, rows))


def _text_rows(path: Path, text: RowText) -> Iterator[Row]:
    with path.open("rb") as file:
        file.seek(len(text.header))
        for _, record in records(file, text, path):
            yield text.decode(record)


def _text_for(path: Path, columns: tuple[Column, ...]) -> RowText:
    return CsvText(columns) if path.suffix.lower() == ".csv" else JsonText(columns)
