"""Which items are at work and which results wait: a bound on both, however many items there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from gtzan_features.parallel.executor import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

AHEAD = 2
"""Items on their way for each process of a pool."""

HELD = 32
"""Results for each process that wait for that of an earlier item."""


class Line(Generic[Result]):
    """Items in their order, from the first that has not been given on to the last that has been started.

    Parameters
    ----------
    count : int
        Number of items.
    most : int
        How many items may be between these two: where one takes long, results of later ones are held in
        memory until it is done, and no more than these. It may be set anew where workers come and go.
    """

    def __init__(self, count: int, most: int) -> None:
        self._count, self.most = count, most
        self._given, self._new = 0, 0
        self._results: dict[int, Result] = {}
        self.started: set[int] = set()

    @property
    def is_waiting(self) -> bool:
        """Whether there are results to come."""
        return self._given < self._count

    @property
    def n_unfinished(self) -> int:
        """Items without a result."""
        return self._count - self._given - len(self._results)

    @property
    def has_next(self) -> bool:
        """Whether the result is there that is given on next."""
        return self._given in self._results

    def start(self, together: int) -> Iterator[int]:
        """Yield the numbers of items to start, until so many are at work together."""
        while len(self.started) < together and self._new < min(self._count, self._given + self.most):
            self.started.add(self._new)
            self._new += 1
            yield self._new - 1

    def finish(self, index: int, result: Result) -> None:
        """Take the result of an item that was started."""
        self.started.remove(index)
        self._results[index] = result

    def take(self) -> Result:
        """Return the next result, and forget it."""
        self._given += 1
        return self._results.pop(self._given - 1)
