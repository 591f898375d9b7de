"""Where work is done: one function that makes an executor of what a person says."""

from __future__ import annotations

from concurrent.futures import Executor as Pool
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from gtzan_features.errors import ConfigError
from gtzan_features.parallel.futures import FuturesExecutor
from gtzan_features.parallel.local import (
    ProcessExecutor,
    SerialExecutor,
    available_processors,
    local_executor,
)

if TYPE_CHECKING:
    from gtzan_features.parallel.executor import Executor

LOCAL, DASK = "local", "dask"

_OURS = (SerialExecutor, ProcessExecutor, FuturesExecutor)


def engine(executor: Any = None, n_jobs: int = -1) -> AbstractContextManager[Executor]:  # noqa: ANN401
    """Return an executor for the length of a ``with`` block; what was made for it is closed at its end.

    Parameters
    ----------
    executor : object, optional
        None or "local": processes of this machine, or this one where one is asked for. "dask": a Dask
        cluster of processes of this machine. An address such as "tcp://10.0.0.1:8786": the Dask cluster of
        that scheduler. A `distributed.Client`, or any `concurrent.futures.Executor`: it stays open.
    n_jobs : int
        Number of processes, -1 for one per processor; of an executor that was given, how many items it works
        on at a time, where -1 asks the executor. Clusters tell that themselves.

    Raises
    ------
    ConfigError
        If there is no such executor, `n_jobs` is no number, or Dask is asked for and not installed.
    PoolError
        When the block is entered, if no scheduler answers at the address.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool, engine(pool) as executor:
    ...     list(executor.map(abs, [-1, -2]))
    [1, 2]
    """
    local = local_executor(n_jobs)  # refuses what is no number
    if executor is None or executor == LOCAL:
        return nullcontext(local)
    if isinstance(executor, _OURS):
        return nullcontext(executor)
    if type(executor).__name__ == "ClientExecutor":  # Dask's, which loses futures; see `parallel.dask`
        executor = executor._client
    if isinstance(executor, Pool):
        return nullcontext(FuturesExecutor(executor, n_jobs if n_jobs > 0 else _workers_of(executor)))
    from gtzan_features.parallel import dask  # a command on this machine does without

    if executor == DASK:
        return dask.own_cluster(n_jobs if n_jobs > 0 else available_processors())
    if isinstance(executor, str) and "://" in executor:
        return dask.cluster_at(executor)
    if hasattr(executor, "get_executor"):
        return nullcontext(dask.client_executor(executor))
    msg = (
        f"{executor!r} is nothing that work can be given to: give {LOCAL!r}, {DASK!r}, the address of a Dask "
        "scheduler (tcp://10.0.0.1:8786), a Dask client, or an executor of concurrent.futures"
    )
    raise ConfigError(msg)


def is_elsewhere(executor: Executor) -> bool:
    """Whether items may go to other machines, or to processes that were there before this command."""
    return isinstance(executor, FuturesExecutor)


def _workers_of(pool: Pool) -> int:
    """Return how many workers a pool has: mpi4py's say it publicly, those of the standard library do not."""
    counts = [getattr(pool, name, None) for name in ("num_workers", "_max_workers")]
    return next((count for count in counts if isinstance(count, int)), available_processors())
