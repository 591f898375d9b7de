"""What a person sees while the face works: a bar where one is wanted, notes as log lines or warnings."""

from __future__ import annotations

import logging
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gtzan_features.api.words import in_python
from gtzan_features.errors import GtzanWarning
from gtzan_features.progress import silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gtzan_features.progress import Notice, Progress

    ShowProgress = bool | Progress | None
    """Whether a bar is drawn; None where stderr is a terminal, and in a notebook; or what is called."""

_LOG = logging.getLogger("gtzan_features")
_PATIENCE_S = 1.0  # before a bar is drawn: most calls are shorter


@dataclass(frozen=True, slots=True)
class Shown:
    """What a long call is given: `progress` after each step, `notice` for lines that a person should see."""

    progress: Progress
    notice: Notice


@contextmanager
def showing(progress: ShowProgress) -> Iterator[Shown]:
    """Give what shows how far a call is, for as long as it lasts.

    A bar is tqdm's where that is installed, else a counter in one line of stderr. Lines such as that kernels
    are being compiled stand above the bar; without one they are logged to ``gtzan_features`` at INFO.

    Parameters
    ----------
    progress : bool, callable or None
        True for a bar, False for none, None for one where stderr is a terminal and in a notebook. A callable
        gets ``(done, total, what)`` after each step.
    """
    if progress is None:
        progress = sys.stderr.isatty() or "ipykernel" in sys.modules
    if not isinstance(progress, bool):
        yield Shown(progress, _LOG.info)
        return
    if not progress:
        yield Shown(silent, _LOG.info)
        return
    bar = _Bar()
    try:
        yield Shown(bar, bar.write)
    finally:
        bar.close()


def warn(text: str) -> None:
    """Warn of something in a result that there is, in the words of Python, at the line of the caller."""
    warnings.warn(in_python(text), GtzanWarning, stacklevel=_level())


def _level() -> int:
    """Return how many frames up the first one outside of this package stands, for ``warnings.warn``."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("gtzan_features."):
        frame, level = frame.f_back, level + 1
    return level


class _Bar:
    """A bar on stderr, from the first step that takes longer than a moment."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._what = ""

    def __call__(self, done: int, total: int, what: str) -> None:
        if self._bar is None or what != self._what:
            self.close()
            self._bar, self._what = _make_bar(total, what), what
        self._bar.update(done - self._bar.n)

    def write(self, text: str) -> None:
        """Write a line above the bar."""
        sys.stderr.write(f"\r{text}\n")

    def close(self) -> None:
        """Wipe the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _make_bar(total: int, what: str) -> Any:  # noqa: ANN401 - tqdm has no types
    try:
        from tqdm.std import tqdm
    except ImportError:
        return _Counter(total, what)
    return tqdm(total=total, desc=what, leave=False, delay=_PATIENCE_S)


class _Counter:
    """Counts in one line of stderr, as much of tqdm's bar as is used here."""

    def __init__(self, total: int, what: str) -> None:
        self._total, self._what, self.n = total, what, 0

    def update(self, steps: int) -> None:
        """Take note of some steps."""
        self.n += steps
        sys.stderr.write(f"\r{self._what} {self.n}/{self._total}")
        sys.stderr.flush()

    def close(self) -> None:
        """End the line."""
        if self.n:
            sys.stderr.write("\n")
