"""Workers that begin as copies of this process: what it has loaded, they need not load.

A new process imports and loads compiled kernels for a second; a copy (``fork``) begins in hundredths. What
another thread holds at that moment stays held in the copy for ever, so that none is made beside one: then,
and on other systems than Linux, workers are new processes.
"""

from __future__ import annotations

import faulthandler
import gc
import logging
import os
import signal
import sys
import threading
import time
import warnings
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_info, threadpool_limits

from gtzan_features.garbage import look_as_usual
from gtzan_features.parallel.held_interrupts import held_interrupts, take_endings
from gtzan_features.parallel.isolated import ONE_THREAD
from gtzan_features.parallel.parent import end_with_parent
from gtzan_features.progress import still
from gtzan_features.stall import watch_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from gtzan_features.parallel.executor import Item, Result

_THREADS = "/proc/self/task"
_ALLOCATOR = "jemalloc_bg_thd"
"""What the thread of Arrow's allocator is called: it has handlers for copies, as OpenBLAS has."""

_LOOKS, _PAUSE_S = 10, 0.005

_function: Any = None
"""In a copy: what it calls with each item."""


def can_be_copied() -> bool:
    """Whether workers of this process may begin as copies of it, once no thread shows progress any more."""
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return False
    with still():
        return _is_alone()


def _is_alone() -> bool:
    """Whether this process has no thread but one, and those of OpenBLAS, which end before a copy is made."""
    if threading.active_count() > 1 or _is_daemon():
        return False
    for _ in range(_LOOKS):
        if _no_thread_is_left():
            return True
        time.sleep(_PAUSE_S)  # Python joins a thread a moment before the system has ended it
    return False


def _no_thread_is_left() -> bool:
    try:
        found = os.listdir(_THREADS)  # noqa: PTH208 - numbers, not paths
        names = [_name(one) for one in found]
    except OSError:  # no such folder, or a thread that ended meanwhile
        return False
    blas = [one for one in threadpool_info() if one["internal_api"] == "openblas"]
    usual: int = sum(one["num_threads"] - 1 for one in blas if one.get("threading_layer") == "pthreads")
    return len(names) - names.count(_ALLOCATOR) <= 1 + usual


def _is_daemon() -> bool:
    """Whether this process is a worker of a kind that may have no processes of its own."""
    from multiprocessing import current_process

    return bool(current_process().daemon)


def _name(thread: str) -> str:
    with open(f"{_THREADS}/{thread}/comm", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        return file.read().strip()


class Copies:
    """Workers that are copies of this process, and call one function; see `copies`.

    Parameters
    ----------
    function : callable
        It need not pickle.
    count : int
    """

    def __init__(self, function: Callable[[Item], Result], count: int) -> None:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import active_children, get_context

        others = set(active_children())
        self._pool = ProcessPoolExecutor(count, get_context("fork"), _begin, (os.getpid(), function))
        self._pool.submit(_nothing)  # which makes all of them
        self._workers = set(active_children()) - others

    def submit(self, item: Item) -> Future[Any]:
        """Give an item to the workers."""
        return self._pool.submit(_call, item)

    def end(self) -> None:
        """Wait until all have done what they were given, and end."""
        self._pool.shutdown()

    def leave(self) -> None:
        """Begin nothing more; who is at work ends with that."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def kill(self) -> None:
        """End all, whatever they do."""
        for one in self._workers:
            one.kill()
        self._pool.shutdown()


def copies(function: Callable[[Item], Result], count: int) -> Copies | None:
    """Return workers that are copies of this process; None where it cannot be copied.

    They never get SIGINT, have one thread for BLAS and OpenMP, and end with this process.

    Parameters
    ----------
    function : callable
        What they call with each item; the items and what it returns must pickle.
    count : int
        Number of workers.
    """
    if not can_be_copied():
        return None
    with still(), held_interrupts(), warnings.catch_warnings():
        # Python counts the allocator's thread.
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        return Copies(function, count)


def _nothing() -> None:
    """Be the first thing that is given to the workers."""


def _begin(parent: int, function: Callable[[Item], Result]) -> None:
    """Make a copy a worker: what only the command is to do, a new process would not have either."""
    global _function
    _function = function
    gc.freeze()  # what is there is no garbage, and to look at it would copy its memory
    look_as_usual()
    faulthandler.disable()
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    for log in (logging.getLogger(), logging.getLogger(__name__.partition(".")[0])):
        log.handlers.clear()  # they show lines past the command's bar
    os.environ.update(ONE_THREAD)
    threadpool_limits(1)
    end_with_parent(parent)
    take_endings()
    watch_files()


def _call(item: Any) -> Any:  # noqa: ANN401 - whatever the function takes and returns
    return _function(item)
