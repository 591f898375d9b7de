"""Executors of this machine: one process, or joblib's worker processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from gtzan_features.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gtzan_features.parallel.executor import Executor, Item, Result


class SerialExecutor:
    """Calls the function in this process, one item after the other."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
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

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Yield ``function(item)`` for each item; see `Executor.map`."""
        # A quarter of a second that one process, which is all that a few files need, does not wait for.
        import joblib

        with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
            parallel = joblib.Parallel(n_jobs=min(self.n_jobs, max(1, len(items))), return_as="generator")
            yield from parallel(joblib.delayed(function)(item) for item in items)


def local_executor(n_jobs: int = -1) -> Executor:
    """Return an executor with `n_jobs` processes; -1 means one per processor that this process may use.

    Raises
    ------
    ConfigError
        If `n_jobs` is 0 or below -1.
    """
    if n_jobs == 0 or n_jobs < -1:
        msg = f"--n-jobs {n_jobs} is no number of workers: give 1 or more, or -1 for one per processor"
        raise ConfigError(msg)
    count = available_processors() if n_jobs == -1 else n_jobs
    return SerialExecutor() if count == 1 else ProcessExecutor(count)


def available_processors() -> int:
    """Processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
