"""Executors of this machine: one process, or joblib's worker processes."""

from __future__ import annotations

import os
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from gtzan_features.errors import ConfigError, WorkerError
from gtzan_features.parallel.carried import with_plugins
from gtzan_features.parallel.isolated import ProcessDiedError, call_isolated
from gtzan_features.parallel.parent import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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
        for item in items:
            with threadpool_limits(1):
                result = function(item)
            yield result


class ProcessExecutor:
    """Calls the function in worker processes (joblib's loky), each with one thread.

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
        """Yield ``function(item)`` for each item; see `Executor.map`."""
        if len(items) == 1 and lost is None:  # nothing to do side by side, and nothing to save
            yield from SerialExecutor().map(function, items)
            return
        todo = list(range(len(items)))
        done: dict[int, Result] = {}
        following = 0  # the item whose result is given next
        for index, result in self._all(function, items, todo, lost):
            done[index] = result
            while following in done:
                yield done.pop(following)
                following += 1

    def _all(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        todo: list[int],
        lost: Callable[[Item, str], Result] | None,
    ) -> Iterator[tuple[int, Result]]:
        """Yield each item's number and result as they come; `todo` shrinks with them.

        A pool breaks as a whole when one of its processes ends, and does not say at which item. It works on
        the first of the items that are left: each of these is tried alone, then a new pool takes the rest.
        So every round finishes items, even where each of them ends its process.
        """
        while todo:
            try:
                for index, result in self._pooled(function, items, todo):
                    todo.remove(index)
                    yield index, result
            except BrokenProcessPool:
                for index in todo[: _AHEAD * self.n_jobs]:
                    try:
                        result = call_isolated(function, items[index])
                    except ProcessDiedError as error:
                        if lost is None:
                            raise WorkerError(str(error)) from error
                        result = lost(items[index], str(error))
                    todo.remove(index)
                    yield index, result

    def _pooled(
        self, function: Callable[[Item], Result], items: Sequence[Item], todo: list[int]
    ) -> Iterator[tuple[int, Result]]:
        # A quarter of a second that one process, which is all that a few files need, does not wait for.
        import joblib

        # One item at a time, so that no more are on their way than `_all` tries alone.
        task = joblib.delayed(_numbered)
        carried = with_plugins(function)
        folder = _working_folder()
        calls = [(carried, index, items[index], os.getpid(), folder) for index in todo]
        with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
            parallel = joblib.Parallel(
                n_jobs=max(2, min(self.n_jobs, len(calls))),  # with 1, joblib would work in this process
                return_as="generator_unordered",
                batch_size=1,
                pre_dispatch=_AHEAD * self.n_jobs,
            )
            yield from parallel(task(*call) for call in calls)


_AHEAD = 2
"""Items on their way for each process of a pool."""

_watched = False


def _working_folder() -> str | None:
    """Return the folder that relative paths begin at; None where it is gone."""
    try:
        return os.getcwd()  # noqa: PTH109 - text, which pickles fast
    except OSError:
        return None


def _numbered(
    function: Callable[[Item], Result], index: int, item: Item, parent: int, folder: str | None
) -> tuple[int, Result]:
    """Call the function in a worker, which ends with its parent from then on.

    joblib keeps workers for later calls: a notebook may have gone to another folder since they started, and
    a relative path is one of the parent's folder.
    """
    global _watched
    if folder is not None and folder != _working_folder():
        os.chdir(folder)
    if not _watched:
        _watched = True
        end_with_parent(parent)
    return index, function(item)


def local_executor(n_jobs: int = -1) -> Executor:
    """Return an executor with `n_jobs` processes; -1 means one per processor that this process may use.

    Raises
    ------
    ConfigError
        If `n_jobs` is 0, below -1 or no whole number.
    """
    is_whole = hasattr(n_jobs, "__index__")  # in Python it may be anything
    if not is_whole or n_jobs == 0 or n_jobs < -1:
        msg = f"--n-jobs {n_jobs!r} is no number of workers: give 1 or more, or -1 for one per processor"
        raise ConfigError(msg)
    count = available_processors() if n_jobs == -1 else n_jobs
    return SerialExecutor() if count == 1 else ProcessExecutor(count)


def available_processors() -> int:
    """Processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
