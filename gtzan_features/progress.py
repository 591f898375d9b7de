"""How a function reports its progress; the library itself prints nothing."""

from __future__ import annotations

from collections.abc import Callable
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
