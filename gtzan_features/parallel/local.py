"""Executors of this machine: one process, or worker processes."""

from __future__ import annotations

import os
import warnings
from concurrent.futures import BrokenExecutor
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from gtzan_features.errors import ConfigError, WorkerError
from gtzan_features.garbage import look_as_usual, look_later
from gtzan_features.parallel.carried import with_plugins
from gtzan_features.parallel.copies import can_be_copied, copies
from gtzan_features.parallel.held_interrupts import held_interrupts, start_resource_trackers, take_endings
from gtzan_features.parallel.isolated import ONE_THREAD, ProcessDiedError, call_isolated
from gtzan_features.parallel.line import AHEAD, HELD, Line
from gtzan_features.parallel.parent import end_with_parent
from gtzan_features.stall import watch_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from gtzan_features.parallel.copies import Copies
    from gtzan_features.parallel.executor import Executor, Item, Result


class SerialExecutor:
    """Calls the function in this process, one item after the other."""

    def map(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        lost: Callable[[Item, str], Result] | None = None,  # noqa: ARG002 - a process that dies here ends the caller, too
    ) -> Iterator[Result]:
        """Yield ``function(item)`` for each item; see `Executor.map`."""
        for number, item in enumerate(items):
            if number:
                look_as_usual()
            with threadpool_limits(1):
                result = function(item)
            yield result


class ProcessExecutor:
    """Calls the function in worker processes, each with one thread.

    They are copies of this process where that can be, else new ones (joblib's loky).

    Parameters
    ----------
    n_jobs : int
        Number of processes, at least 2.
    """

    def __init__(self, n_jobs: int) -> None:
        self.n_jobs = n_jobs

    def map(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        lost: Callable[[Item, str], Result] | None = None,
    ) -> Iterator[Result]:
        """Yield ``function(item)`` for each item; see `Executor.map`.

        A pool breaks as a whole when one of its processes ends, and does not say at which item. Each of the
        items that it had is tried alone, then a new pool takes the rest. So every round finishes items, even
        where each of them ends its process.
        """
        if len(items) == 1 and lost is None:  # nothing to do side by side, and nothing to save
            yield from SerialExecutor().map(function, items)
            return
        line: Line[Result] = Line(len(items), most=HELD * self.n_jobs)
        while line.is_waiting:
            try:
                yield from self._pooled(function, items, line)
            except BrokenExecutor:  # that of loky, too
                for index in sorted(line.started):
                    try:
                        result = call_isolated(function, items[index])
                    except ProcessDiedError as error:
                        if lost is None:
                            raise WorkerError(str(error)) from error
                        result = lost(items[index], str(error))
                    line.finish(index, result)

    def _pooled(
        self, function: Callable[[Item], Result], items: Sequence[Item], line: Line[Result]
    ) -> Iterator[Result]:
        from concurrent.futures import wait as wait_for  # one process alone does without

        # At least two: with one, a process that ends could not be told from one that is starting.
        count = max(2, min(self.n_jobs, line.n_unfinished))
        pool = _workers(function, count)
        look_as_usual()
        running: dict[Any, int] = {}
        try:
            while True:
                for index in line.start(AHEAD * self.n_jobs):
                    with held_interrupts():  # workers may be started here
                        running[pool.submit(items[index])] = index
                if not running and not line.has_next:
                    break
                patience = 0 if line.has_next else None
                finished, _ = wait_for(list(running), patience, return_when="FIRST_COMPLETED")
                for future in sorted(finished, key=running.__getitem__):
                    line.finish(running[future], future.result())
                    del running[future]
                if line.has_next:
                    yield line.take()
        except BrokenExecutor:
            pool.end()
            raise
        except Exception:
            for future in running:
                future.cancel()
            pool.leave()
            raise
        except BaseException:  # nobody waits for the rest: Ctrl-C, or an iterator that was dropped
            pool.kill()
            raise
        pool.end()


def _workers(function: Callable[[Item], Result], count: int) -> Copies | _New:
    return copies(function, count) or _New(function, count)


class _New:
    """Workers that are new processes: joblib's loky, which keeps them for later calls.

    Parameters
    ----------
    function : callable
        What they call with each item.
    count : int
    """

    def __init__(self, function: Callable[[Item], Result], count: int) -> None:
        # A quarter of a second that one process, which is all that a few files need, does not wait for.
        from joblib.externals.loky import get_reusable_executor

        self._function, self._folder = with_plugins(function), _working_folder()
        # loky says so in a thread of its own, which ends where warnings are errors: nobody would be told.
        warnings.filterwarnings("ignore", "A worker stopped while some jobs were given", UserWarning)
        start_resource_trackers()  # first: one lifts the hold on interrupts
        with held_interrupts():
            self._pool = get_reusable_executor(
                max_workers=count,
                timeout=_IDLE_S,
                env=ONE_THREAD,
                initializer=_begin,
                initargs=(os.getpid(),),
            )

    def submit(self, item: Item) -> Future[Any]:
        """Give an item to the workers."""
        future: Future[Any] = self._pool.submit(_in_worker, self._function, item, self._folder)
        return future

    def end(self) -> None:
        """Keep the workers."""

    def leave(self) -> None:
        """Keep the workers; who is at work ends with that."""

    def kill(self) -> None:
        """End all, whatever they do."""
        self._pool.shutdown(wait=False, kill_workers=True)


_IDLE_S = 300.0
"""Seconds after which a worker that has nothing to do ends."""


def _working_folder() -> str | None:
    """Return the folder that relative paths begin at; None where it is gone."""
    try:
        return os.getcwd()  # noqa: PTH109 - text, which pickles fast
    except OSError:
        return None


def _begin(parent: int) -> None:
    """Make a new process a worker, before its first item."""
    from joblib.externals.loky import process_executor

    end_with_parent(parent)
    take_endings()
    look_later()
    # Where psutil is installed, a worker that grows by 300 MB after its first item would be replaced as one
    # that leaks. Ours grow by kernels, libraries and the longest file, and then no more.
    process_executor._USE_PSUTIL = False


def _in_worker(function: Callable[[Item], Result], item: Item, folder: str | None) -> Result:
    """Call the function in a worker.

    Workers are kept for later calls: a notebook may have gone to another folder since they started, and
    a relative path is one of the parent's folder.
    """
    if folder is not None and folder != _working_folder():
        os.chdir(folder)
    watch_files()
    try:
        return function(item)
    finally:  # by the first item all is loaded
        look_as_usual()


def local_executor(n_jobs: int = -1) -> Executor:
    """Return an executor with `n_jobs` processes; -1 means one per processor that this process may use.

    Raises
    ------
    ConfigError
        If `n_jobs` is 0, below -1 or no whole number.
    """
    count = process_count(n_jobs)
    return SerialExecutor() if count == 1 else ProcessExecutor(count)


def shares_what_is_loaded(executor: object) -> bool:
    """Whether an executor's workers will begin as copies of this process, and so with what it has loaded."""
    return isinstance(executor, ProcessExecutor) and can_be_copied()


def process_count(n_jobs: int) -> int:
    """Return how many processes, or threads of one, `n_jobs` stands for; see `local_executor`."""
    is_whole = hasattr(n_jobs, "__index__")  # in Python it may be anything
    if not is_whole or n_jobs == 0 or n_jobs < -1:
        msg = f"--n-jobs {n_jobs!r} is no number of workers: give 1 or more, or -1 for one per processor"
        raise ConfigError(msg)
    return available_processors() if n_jobs == -1 else n_jobs


def available_processors() -> int:
    """Processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
