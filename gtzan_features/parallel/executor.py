"""One interface over the ways to run a function on many items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Runs a function on each item, here or elsewhere."""

    def map(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        lost: Callable[[Item, str], Result] | None = None,
    ) -> Iterator[Result]:
        """Yield ``function(item)`` for each item, in the order of the items.

        BLAS, OpenMP and numba run with one thread in whatever process calls the function, so that the
        results do not depend on the executor. An exception of the function is raised here.

        Where the process that works on an item is killed or crashes, and does so once more when it has
        that item alone, ``lost(item, how)`` replaces the result; how is ``signal 9``, for example, or
        ``worker lost``. The other items are computed all the same.

        Raises
        ------
        WorkerError
            If a process is lost and `lost` is not given.
        """
        ...
