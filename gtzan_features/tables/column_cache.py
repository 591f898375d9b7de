"""Numbers of a table in a temporary file, a column after the other: read by columns and by rows, never held.

A fit that is larger than memory goes over its rows many times. Here a pass costs a copy from the page cache,
where Parquet would be unpacked again; and a column, which exact quantiles need whole, is one piece.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.errors import TableError
from gtzan_features.system_calls import NO_FOLLOW, lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import RawIOBase

    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

BATCH_VALUES = 1 << 22
"""Values of a batch of rows: 32 MiB in double precision."""

_PREFIX = "gtzan-fit-"


@contextmanager
def working_folder() -> Iterator[Path]:
    """Give a temporary folder, which is removed at the end; what killed commands left goes first.

    It lies in the folder that the environment variable TMPDIR names, else in the system's.
    """
    root = Path(tempfile.gettempdir())
    for left in root.glob(f"{_PREFIX}*"):
        with suppress(OSError), _locked(left) as is_ours:
            if is_ours:
                shutil.rmtree(left, ignore_errors=True)
    while True:
        with (
            tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name,
            ExitStack() as held,
        ):
            try:
                held.enter_context(_locked(Path(name)))
            except OSError:  # taken by a command that starts at the same moment, for what a kill left
                continue
            if Path(name).is_dir():
                yield Path(name)
                return


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Lock a folder of ours in the block, and give whether that could be done.

    It cannot on a file system without locks, and on Windows, which opens no folders. OSError where another
    process has it, or it is gone.
    """
    if not hasattr(os, "O_DIRECTORY"):
        yield False
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | NO_FOLLOW)
    try:
        is_ours = True
        try:
            lock(handle)
        except BlockingIOError:
            raise
        except OSError:
            is_ours = False
        yield is_ours
    finally:
        os.close(handle)


class ColumnCache:
    """A matrix in a file.

    Parameters
    ----------
    path : Path
        The file, which is made; whoever gives it removes it.
    n_rows, n_columns : int
    kind : dtype
        float32 or float64, as the table has them: no digit is lost, and no byte is wasted.

    Raises
    ------
    TableError
        If the disk has not the room.
    """

    def __init__(self, path: Path, n_rows: int, n_columns: int, kind: npt.DTypeLike) -> None:
        self.n_rows, self.n_columns = n_rows, n_columns
        self.kind: np.dtype[Any] = np.dtype(kind)
        needed = n_rows * n_columns * self.kind.itemsize
        free = shutil.disk_usage(path.parent).free
        if needed > free:
            reason = (
                f"a fit in batches puts {needed / 1e9:.1f} GB of numbers there for as long as it takes, and "
                f"{free / 1e9:.1f} GB are free. Name a larger disk in the environment variable TMPDIR"
            )
            raise TableError(path.parent, reason)
        self._columns = tuple(range(n_columns))
        self._path = path
        with path.open("wb") as file:
            file.truncate(needed)

    @property
    def batch_rows(self) -> int:
        """Rows of a batch."""
        return max(1, BATCH_VALUES // max(1, self.n_columns))

    def write(self, start: int, columns: npt.NDArray[Any]) -> None:
        """Put rows at a position; `columns` has the shape (n_columns, n_rows)."""
        with self._path.open("r+b", buffering=0) as file:
            for number, values in enumerate(columns):
                file.seek(self._place(number, start))
                content = np.ascontiguousarray(values, dtype=self.kind).view(np.uint8).data
                while content:
                    content = content[file.write(content) :]

    def column(self, number: int) -> FloatArray:
        """Return a column, of shape (n_rows,)."""
        with self._path.open("rb", buffering=0) as file:
            return self._read(file, number, 0, self.n_rows).astype(np.float64)

    def rows(self, start: int, stop: int) -> FloatArray:
        """Return some rows, of shape (stop - start, n_columns); each column of them is contiguous."""
        found = np.empty((self.n_columns, stop - start))
        with self._path.open("rb", buffering=0) as file:
            for number in range(self.n_columns):
                found[number] = self._read(file, number, start, stop)
        return found.T

    def batches(self, n_rows: int | None = None) -> Iterator[tuple[int, int]]:
        """Yield first and last-plus-one row of each batch."""
        step = n_rows or self.batch_rows
        for start in range(0, self.n_rows, step):
            yield start, min(start + step, self.n_rows)

    def take(self, positions: npt.NDArray[np.int64]) -> FloatArray:
        """Return rows at ascending positions, of shape (n_positions, n_columns)."""
        found = np.empty((len(positions), self.n_columns))
        for start, stop in self.batches():
            low, high = np.searchsorted(positions, (start, stop))
            if low < high:
                found[low:high] = self.rows(start, stop)[positions[low:high] - start]
        return found

    def select(self, columns: Sequence[int]) -> ColumnCache:
        """Return some of the columns, of the same file."""
        some = copy(self)
        some._columns, some.n_columns = tuple(self._columns[number] for number in columns), len(columns)
        return some

    def _place(self, column: int, row: int) -> int:
        return (self._columns[column] * self.n_rows + row) * self.kind.itemsize

    def _read(self, file: RawIOBase, column: int, start: int, stop: int) -> npt.NDArray[Any]:
        found: npt.NDArray[Any] = np.empty(stop - start, dtype=self.kind)
        file.seek(self._place(column, start))
        into = found.view(np.uint8).data
        while into:
            done = file.readinto(into)
            if not done:
                raise TableError(self._path, "became shorter while it was read. Give the command once more")
            into = into[done:]
        return found
