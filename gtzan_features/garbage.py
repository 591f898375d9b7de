"""When Python looks for garbage: not while a command loads libraries, which are none.

Loading numba, scipy and Arrow makes 130,000 objects that stay. Python goes over them every 700 objects, and
over all of them again and again: a seventh of the time in which ``gtzan predict song.mp3`` answers.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WHILE_LOADING = (50_000, 20, 100)
"""Objects, and rounds, before Python looks: a bound, where nobody says that loading has ended."""

_usual: tuple[int, int, int] | None = None


def look_later() -> None:
    """Let Python look for garbage seldom, until `look_as_usual`."""
    global _usual
    if _usual is None:
        _usual = gc.get_threshold()
        gc.set_threshold(*_WHILE_LOADING)


def look_as_usual() -> None:
    """Let Python look for garbage as before `look_later`: what is made from now on may be garbage."""
    global _usual
    if _usual is not None:
        gc.set_threshold(*_usual)
        _usual = None


@contextmanager
def seldom_looked_for() -> Iterator[None]:
    """Look for garbage seldom in the block, or in the function that it decorates, until `look_as_usual`.

    An executor calls that where it begins a second item.

    Examples
    --------
    >>> import gc
    >>> before = gc.get_threshold()
    >>> with seldom_looked_for():
    ...     gc.get_threshold()[0] > before[0]
    True
    >>> gc.get_threshold() == before
    True
    """
    look_later()
    try:
        yield
    finally:
        look_as_usual()
