"""Signals that ask a command to end, which wait while a C library calls back into Python."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gtzan_features.system_calls import ENDING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def ended_afterwards() -> Iterator[None]:
    """Let Ctrl-C and its like (SIGINT, SIGTERM, SIGHUP) wait until the block has ended.

    libsndfile calls back into Python for every piece of a file object. What a handler raises there cannot go
    through C: it would be printed with a traceback or come late, and the file would seem cut short. Signals
    that Python has no handler for do what they do.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread gets signals
        return
    waiting: list[int] = []

    def wait(number: int, frame: Any) -> None:  # noqa: ANN401, ARG001 - as signals are handled
        waiting.append(number)

    before: dict[int, Any] = {}
    try:
        for number in ENDING:
            usual = signal.getsignal(number)
            if callable(usual):
                before[number] = usual
                signal.signal(number, wait)
        yield
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)
        if waiting:
            signal.raise_signal(waiting[0])
