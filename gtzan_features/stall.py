"""A worker process whose decoder never comes back ends by itself: that costs its file, not the run.

The time is the processor's, so that no busy machine ends a file, and it begins anew with each block of
samples, so that it grows with the length. In a process that is no worker nothing is watched: a person can
end a command, and its end is not this module's to decide.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_S = 300.0
"""Seconds of the processor for a block of samples and its features, which take less than one."""

_is_worker = False
_is_watched = False


def watch_files() -> None:
    """Watch the files that this process reads from now on; for worker processes alone."""
    global _is_worker
    if (
        not _is_worker
        and hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
    ):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)  # which ends the process, wherever it is
        _is_worker = True


@contextmanager
def watched() -> Iterator[None]:
    """Watch what is done with one file."""
    global _is_watched
    outer, _is_watched = _is_watched, _is_worker
    going_on()
    try:
        yield
    finally:
        _is_watched = outer
        if _is_worker and not outer:
            signal.setitimer(signal.ITIMER_PROF, 0)


def going_on() -> None:
    """Say that the file that is watched gave something: its time begins anew."""
    if _is_watched:
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)


def ended_by_watch(code: int) -> bool:
    """Whether the exit code of a process, as `subprocess` has it, is that of one that was watched."""
    return hasattr(signal, "SIGPROF") and code == -signal.SIGPROF
