"""One thread for BLAS and OpenMP in a process whose threads may each be at work on an item."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK = threading.Lock()
_inside = 0
_blas: Any = None


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the libraries of this process use one thread while the block runs, in whatever thread that is.

    OpenMP has a limit for each thread that calls it. That of BLAS is the process's: of two blocks that
    overlap in two threads, the first to end would lift the limit of the other. So the first sets it, and the
    last lifts it.
    """
    global _inside, _blas
    libraries = ThreadpoolController()
    with libraries.select(user_api="openmp").limit(limits=1):
        with _LOCK:
            if not _inside:
                _blas = libraries.select(user_api="blas").limit(limits=1)
            _inside += 1
        try:
            yield
        finally:
            with _LOCK:
                _inside -= 1
                if not _inside and _blas is not None:
                    _blas.restore_original_limits()
                    _blas = None
