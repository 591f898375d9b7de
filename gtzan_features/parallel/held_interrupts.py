"""Processes that a Ctrl-C does not reach: a terminal sends it to all, and the command alone is to answer."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gtzan_features.system_calls import ENDING

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARIABLE = "PYTHONWARNINGS"
_QUIET = "ignore:resource_tracker:UserWarning"


@contextmanager
def held_interrupts() -> Iterator[None]:
    """Keep what ends a command waiting while the block runs: its exception would come amid loky's locks.

    Processes that the block starts never get SIGINT. They are ended by their parent. One that got it itself
    would print a traceback where it stands, or hand on the interrupt as the result of its item. They get the
    others from `take_endings` on.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows has no signals that could wait
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def take_endings() -> None:
    """Let SIGTERM and SIGHUP end this process, which was started in `held_interrupts`, and SIGINT never."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def start_resource_trackers() -> None:
    """Start the processes that remove semaphores after a kill, so that they say nothing about them.

    That of Python 3.11 lifts any hold on SIGINT and SIGTERM when it is started, as loky does where it is not.
    """
    from multiprocessing.resource_tracker import ensure_running as ensure_pythons

    from joblib.externals.loky.backend.resource_tracker import ensure_running

    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = f"{before},{_QUIET}" if before else _QUIET
    try:
        ensure_running()
        ensure_pythons()
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
