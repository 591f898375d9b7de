"""Dask's clusters: one that is there, by the address of its scheduler, or one of processes of this machine.

Work goes through a client as an executor and `FuturesExecutor`, not through joblib's backend for Dask. That
streams results, too, but there a worker that ends raises Dask's exception and ends the run; it asks for the
cores of the cluster once, batches tasks by their duration, and scatters each argument above 1 kB by itself.
"""

from __future__ import annotations

import logging
import signal
import time
from concurrent.futures import CancelledError, Future
from concurrent.futures import Executor as Pool
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any

from gtzan_features.errors import ConfigError, PoolError
from gtzan_features.parallel.carried import pickled
from gtzan_features.parallel.futures import FuturesExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANSWERS_S = 15.0
"""Seconds in which a scheduler must answer."""

_COUNTED_S = 5.0
"""Seconds for which a count of workers holds."""

_LOG = logging.getLogger("gtzan_features")


def client_executor(client: Any) -> FuturesExecutor:  # noqa: ANN401 - a class of an optional package
    """Return an executor of a client's cluster; its workers may come and go.

    Parameters
    ----------
    client : distributed.Client
        It stays open.
    """
    return FuturesExecutor(_ClientPool(client), _Threads(client))


@contextmanager
def cluster_at(address: str) -> Iterator[FuturesExecutor]:
    """Connect with a scheduler, and give an executor of its cluster while the block runs.

    Parameters
    ----------
    address : str
        For example ``tcp://10.0.0.1:8786``; with ``tls://``, certificates are those of Dask's configuration.

    Raises
    ------
    PoolError
        If nothing answers there within `ANSWERS_S`.
    ConfigError
        If Dask is not installed, or that is no address.
    """
    distributed = _distributed()
    _ask(distributed, address)
    client = distributed.Client(address, timeout=ANSWERS_S, set_as_default=False)
    try:
        if not client.nthreads():
            _LOG.warning(
                "%s has no worker yet: work begins when there is one (dask worker %s).", address, address
            )
        with _silent():
            yield client_executor(client)
    finally:
        client.close()


@contextmanager
def own_cluster(n_workers: int) -> Iterator[FuturesExecutor]:
    """Start a cluster of processes on this machine, of one thread each; it ends with the block.

    Its scheduler and its workers talk over loopback, encrypted and with a certificate that is made for them,
    so that nobody else on this machine can give them work. There is no dashboard.

    Raises
    ------
    ConfigError
        If Dask is not installed.
    """
    distributed = _distributed()
    import dask

    # Which item ends workers is found out here; see `FuturesExecutor`.
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        cluster = distributed.LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            security=True,
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            preload=[__name__],  # which calls `dask_setup`
            silence_logs=logging.CRITICAL,  # what ends a worker, and exceptions, are told elsewhere
        )
    try:
        client = distributed.Client(cluster, timeout=ANSWERS_S, set_as_default=False)
        try:
            # A process that ends while it starts is begun again only if somebody asks for as many as before.
            threads = _Threads(client, lambda: cluster.scale(n_workers))
            yield FuturesExecutor(_ClientPool(client), threads)
        finally:
            client.close()
    finally:
        cluster.close()


@contextmanager
def _silent() -> Iterator[None]:
    """Let Dask's client say nothing of a scheduler that is gone: an error will."""
    log = logging.getLogger("distributed.client")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _ask(distributed: Any, address: str) -> None:  # noqa: ANN401
    """Ask a scheduler who it is; a client that gets no answer goes on asking when nobody wants to know it."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    async def ask() -> None:
        options = distributed.Security().get_connection_args("client")
        async with distributed.rpc(address, timeout=ANSWERS_S, connection_args=options) as scheduler:
            await asyncio.wait_for(scheduler.identity(), ANSWERS_S)

    try:
        # In a thread, for a notebook has a loop running in this one.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, ask()).result()
    except (OSError, TimeoutError) as error:
        msg = f"no Dask scheduler answers at {address}"
        workers = f"dask worker {address}"
        advice = f"Begin it (dask scheduler) and its workers ({workers}), or check the address"
        raise PoolError(msg, advice) from error
    except ValueError as error:
        msg = f"--scheduler {address}: no address ({error}). Give one such as tcp://10.0.0.1:8786"
        raise ConfigError(msg) from error


def dask_setup(worker: Any) -> None:  # noqa: ANN401, ARG001 - Dask calls it by this name
    """Let a worker of `own_cluster` leave Ctrl-C to its parent, which tells it to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class _ClientPool(Pool):
    """A client as an executor, in the place of Dask's own.

    Dask's forgets a future for good whose result is lost with its worker, and whose task then ends another.
    And tasks travel as bytes here, and are read where they can fail with an exception: Dask reads what it is
    sent before it runs it, so that a worker without this package, or with another version, would end at its
    first message, and be taken for one that the item ended.

    Parameters
    ----------
    client : distributed.Client
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401
        self._client = client

    def submit(  # type: ignore[override]  # what is called here needs no keywords
        self, function: Callable[..., Any], /, *arguments: object
    ) -> Future[Any]:
        """Give a call to the cluster."""
        # Pure tasks are known by their arguments: a lost item that is given again would get its old error.
        there = self._client.submit(_UNSEAL, pickled((function, arguments)), pure=False)
        here: Future[Any] = Future()
        here.add_done_callback(lambda one: there.cancel() if one.cancelled() else None)
        self._client.loop.add_callback(self._deliver, there, here)
        return here

    async def _deliver(self, there: Any, here: Future[Any]) -> None:  # noqa: ANN401
        """Hand on what becomes of a task; runs in the client's loop."""
        import asyncio

        try:
            result, error = await self._client.gather(there, asynchronous=True), None
        except (asyncio.CancelledError, CancelledError):
            here.cancel()
            return
        except Exception as caught:
            result, error = None, caught
        if not here.set_running_or_notify_cancel():
            return
        if error is None:
            here.set_result(result)
        else:
            here.set_exception(error)


def _unseal(task: bytes) -> Any:  # noqa: ANN401
    # It goes by value, and so must need nothing of this module.
    import pickle
    import socket

    try:
        function, arguments = pickle.loads(task)
    except (ImportError, AttributeError) as error:
        message = f"a worker on {socket.gethostname()} cannot read its work ({error})"
        raise ImportError(message, name="gtzan_features") from None
    return function(*arguments)


_UNSEAL = FunctionType(_unseal.__code__, {"__builtins__": __builtins__}, "gtzan_task")
# What no module has, Dask sends by value.
_UNSEAL.__module__, _UNSEAL.__qualname__ = "__main__", _UNSEAL.__name__


class _Threads:
    """How many tasks a cluster works on at a time, asked anew every few seconds."""

    def __init__(self, client: Any, ask: Callable[[], object] | None = None) -> None:  # noqa: ANN401
        self._client, self._ask = client, ask
        self._count, self._until = 0, 0.0

    def __call__(self) -> int:
        if time.monotonic() >= self._until:
            self._count = sum(self._client.nthreads().values())
            if self._ask is not None:
                self._ask()
            self._until = time.monotonic() + _COUNTED_S
        return self._count


def _distributed() -> Any:  # noqa: ANN401
    try:
        import distributed
    except ImportError as error:
        msg = "Dask is not installed (pip install 'gtzan[cluster]'). Without it, take --backend local"
        raise ConfigError(msg) from error
    return distributed
