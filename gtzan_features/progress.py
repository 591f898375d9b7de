"""How a function reports its progress; the library itself prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Protocol


class Progress(Protocol):
    """Called after each step; whoever calls the pipeline decides what to show."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Take note that `done` of `total` steps are finished; `what` names the step in a word or two."""
        ...


Notice = Callable[[str], None]
"""Takes one line that a person should see, such as that kernels are being compiled."""


def mute(text: str) -> None:
    """Say nothing."""


def silent(done: int, total: int, what: str) -> None:
    """Show nothing."""


_STOPS: list[Callable[[], AbstractContextManager[None]]] = []


@contextmanager
def stopped_by(stop: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """Say how a thread that shows progress is stopped, for as long as the block runs.

    Parameters
    ----------
    stop : callable
        Gives a context in which there is no such thread.
    """
    _STOPS.append(stop)
    try:
        yield
    finally:
        _STOPS.remove(stop)


@contextmanager
def still() -> Iterator[None]:
    """Let no thread show progress while the block runs: a process with threads cannot be copied.

    Examples
    --------
    >>> from contextlib import nullcontext
    >>> with stopped_by(nullcontext), still():
    ...     pass
    """
    with ExitStack() as stack:
        for stop in _STOPS:
            stack.enter_context(stop())
        yield
