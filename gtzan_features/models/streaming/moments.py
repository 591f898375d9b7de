"""Moments of rows that add up: the covariance within genres, and what Ledoit and Wolf's shrinkage needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]
    IntVector = npt.NDArray[np.int64]

OPEN_VALUES = 1 << 26
"""Values of rows that wait for the others of their track at once: 512 MiB in double precision."""


class GroupNorms:
    """Sum over groups of the squared norms of the products of their rows, in one pass.

    The rows of a group may lie anywhere: those that came wait until the last is there. In a table as it is
    extracted, the rows of a track lie side by side, and one track waits at a time.

    Parameters
    ----------
    last : ndarray of shape (n_groups,)
        Position of the last row of each group.
    """

    def __init__(self, last: IntVector) -> None:
        self._last = last
        self._open: dict[int, list[FloatArray]] = {}
        self.total = 0.0

    def add(self, positions: IntVector, rows: FloatArray, groups: npt.NDArray[np.int32]) -> None:
        """Take the next rows: their positions, ascending, their numbers and their groups."""
        order = np.argsort(groups, kind="stable")
        ordered, sorted_groups = rows[order], groups[order]
        starts = np.concatenate([[0], np.flatnonzero(np.diff(sorted_groups)) + 1, [len(order)]])
        for start, stop in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
            group, part = int(sorted_groups[start]), ordered[start:stop]
            if self._last[group] > positions[-1]:
                self._open.setdefault(group, []).append(part.copy())
                continue
            waiting = self._open.pop(group, None)
            if waiting is not None:
                part = np.concatenate([*waiting, part])
            products = part @ part.T if part.shape[0] < part.shape[1] else part.T @ part
            self.total += float(np.vdot(products, products))


def last_rows(groups: npt.NDArray[np.int32], rows: IntVector) -> IntVector:
    """Return the position of the last of some rows of each group; -1 for groups that have none of them."""
    found = np.full(int(groups.max()) + 1, -1, dtype=np.int64)
    np.maximum.at(found, groups[rows], rows)
    return found


def passes_needed(groups: npt.NDArray[np.int32], rows: IntVector, n_columns: int) -> int:
    """Return in how many passes the groups are taken, so that not too many rows wait at once.

    Parameters
    ----------
    groups : ndarray of int32 of shape (n_rows,)
    rows : ndarray of int
        Positions of the rows that count, ascending.
    n_columns : int

    Examples
    --------
    >>> passes_needed(np.repeat(np.arange(500, dtype=np.int32), 9), np.arange(4500), 57)
    1
    """
    of = groups[rows]
    size = np.bincount(of)
    first = np.full(size.size, rows[-1] + 1)
    first[of[::-1]] = rows[::-1]
    last = last_rows(groups, rows)[: size.size]
    apart = last - first >= size  # those side by side never wait for long
    begins, ends = np.argsort(first[apart]), np.argsort(last[apart])
    if not begins.size:
        return 1
    waiting = np.cumsum(size[apart][begins])
    gone = np.concatenate([[0], np.cumsum(size[apart][ends])])
    before = np.searchsorted(last[apart][ends], first[apart][begins])
    most = int((waiting - gone[before]).max())
    return max(1, -(-most * n_columns // OPEN_VALUES))
