"""Any executor of `concurrent.futures`, those of clusters among them, behind our one interface."""

from __future__ import annotations

import queue
from collections import Counter, deque
from concurrent.futures import BrokenExecutor, CancelledError
from typing import TYPE_CHECKING, Generic

from gtzan_features.errors import PoolError, WorkerError
from gtzan_features.garbage import look_as_usual
from gtzan_features.parallel.carried import with_plugins
from gtzan_features.parallel.executor import Item, Result
from gtzan_features.parallel.line import AHEAD, HELD, Line
from gtzan_features.parallel.one_thread import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor as Pool
    from concurrent.futures import Future

_KILLED = "KilledWorker"
"""What Dask calls the exception of a task whose workers ended; Dask is not imported here."""

_HOW = "worker lost"
"""What a pool tells of how a worker ended: the same in every run, as status tables are."""

_PACKAGE = __name__.partition(".")[0]

_LOOK_S = 5.0
"""Seconds after which the number of workers is asked for again, though none has finished anything."""

_TWICE = 2


class FuturesExecutor:
    """Calls the function in the workers of a pool that somebody else made, and closes.

    Parameters
    ----------
    pool : concurrent.futures.Executor
        Threads, processes, or what a cluster offers as one (``Client.get_executor()`` of Dask,
        ``mpi4py.futures.MPIPoolExecutor``).
    n_workers : int or callable
        How many items the pool works on at a time; a callable is asked again and again, where workers come
        and go.

    Notes
    -----
    Each worker gets two items at a time, so that it does not wait for the next, and no more: a catalogue may
    have millions. A worker that ends takes both along, and those that run beside in other threads, so that
    one loss says little of an item. It is tried again as any other, and if it is lost once more, a third time
    while no other that was lost is at work. What is lost then ends its worker by itself.
    """

    def __init__(self, pool: Pool, n_workers: int | Callable[[], int]) -> None:
        self.pool = pool
        self._n_workers = n_workers

    @property
    def n_workers(self) -> int:
        """Workers of the pool at this moment, at least 1."""
        return max(1, self._n_workers() if callable(self._n_workers) else self._n_workers)

    def map(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        lost: Callable[[Item, str], Result] | None = None,
    ) -> Iterator[Result]:
        """Yield ``function(item)`` for each item; see `Executor.map`.

        Raises
        ------
        PoolError
            If the pool takes no more work: it was shut down, it broke (as `ProcessPoolExecutor` does as a
            whole when one of its processes ends), or its scheduler is gone.
        """
        look_as_usual()
        flight: _Flight[Item, Result] = _Flight(self.pool, with_plugins(function), items)
        line: Line[Result] = Line(len(items), most=HELD * self.n_workers)
        try:
            while line.is_waiting:
                n_workers = self.n_workers
                line.most = HELD * n_workers
                flight.start_again()
                for index in line.start(AHEAD * n_workers):
                    flight.start(index)
                for future in flight.finished(wait=not line.has_next):
                    index = flight.running.pop(future)
                    try:
                        result = future.result()
                    except Exception as error:
                        if flight.tries_again(index, error):
                            continue
                        if lost is None:
                            raise WorkerError(_HOW) from error
                        result = lost(items[index], _HOW)
                    flight.n_losses.pop(index, None)
                    line.finish(index, result)
                if line.has_next:
                    yield line.take()
        finally:  # nobody waits for the rest: an error, Ctrl-C, or an iterator that was dropped
            flight.cancel()


class _Flight(Generic[Item, Result]):
    """The items that a pool has, and those that it lost.

    Parameters
    ----------
    pool : concurrent.futures.Executor
    function : callable
    items : sequence

    Attributes
    ----------
    running : dict
        The number of the item that each future stands for.
    n_losses : Counter
        How often a worker ended that had an item, by its number; of items without a result yet.
    """

    def __init__(self, pool: Pool, function: Callable[[Item], Result], items: Sequence[Item]) -> None:
        self._pool, self._function, self._items = pool, function, items
        self._done: queue.SimpleQueue[Future[Result]] = queue.SimpleQueue()
        self._again: deque[int] = deque()
        self._apart: deque[int] = deque()
        self.running: dict[Future[Result], int] = {}
        self.n_losses: Counter[int] = Counter()

    def start(self, index: int) -> None:
        """Give an item to the pool; PoolError where that takes none."""
        try:
            future = self._pool.submit(_call, self._function, self._items[index])
        except (
            BrokenExecutor,
            RuntimeError,
        ) as error:  # broken; or shut down, as a client that lost its scheduler
            raise PoolError(_text(str(error))) from error
        self.running[future] = index
        future.add_done_callback(self._done.put)

    def start_again(self) -> None:
        """Start what was lost: what was lost twice one by one, and beside none that was lost."""
        there = [self.n_losses[index] for index in self.running.values() if index in self.n_losses]
        if self._again and _TWICE not in there:
            while self._again:
                self.start(self._again.popleft())
        elif self._apart and not there:
            self.start(self._apart.popleft())

    def finished(self, *, wait: bool) -> Iterator[Future[Result]]:
        """Yield the futures that are done; wait for the first of them, but not long, where that is said."""
        if wait:
            try:
                yield self._done.get(timeout=_LOOK_S)
            except queue.Empty:
                return
        while not self._done.empty():
            yield self._done.get()

    def tries_again(self, index: int, error: Exception) -> bool:
        """Tell whether a lost item is to be tried again; what is no loss of a worker is raised."""
        is_cancelled = isinstance(error, CancelledError)
        if isinstance(error, ImportError) and error.name and error.name.startswith(_PACKAGE):
            raise PoolError(str(error), "Install the same version of gtzan on each machine") from error
        if not is_cancelled and not isinstance(error, BrokenExecutor) and type(error).__name__ != _KILLED:
            raise error
        if is_cancelled and self.n_losses[index]:
            raise PoolError(_text("it cancelled its work")) from error
        # Dask's scheduler has tried it on other workers already, unless it was told not to.
        self.n_losses[index] += 1 + bool(getattr(error, "allowed_failures", 0))
        if self.n_losses[index] > _TWICE:
            return False
        (self._apart if self.n_losses[index] == _TWICE else self._again).append(index)
        return True

    def cancel(self) -> None:
        """Let the pool forget what it has not begun."""
        for future in self.running:
            future.cancel()


def _call(function: Callable[[Item], Result], item: Item) -> Result:
    """Call the function in a worker."""
    with one_thread():
        return function(item)


def _text(reason: str) -> str:
    return f"the executor takes no more work ({' '.join(reason.split()).rstrip('.')})"
