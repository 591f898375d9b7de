"""What the library logs, for as long as a command wants to hear it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Listener(logging.Handler):
    """Takes what the library logs until `end`.

    Parameters
    ----------
    heard : callable
        Gets the kind of a record, its text and its level; returns whether it is shown.
    shown : callable
        Shows a text.
    """

    def __init__(self, heard: Callable[[str, str, int], bool], shown: Callable[[str], None]) -> None:
        super().__init__()
        self._heard, self.shown = heard, shown
        self._library = logging.getLogger("gtzan_features")
        self._before = self._library.level
        self._library.addHandler(self)
        self._library.setLevel(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record on."""
        text = self.format(record)
        if self._heard(record.levelname.lower(), text, record.levelno):
            self.shown(text)

    def end(self) -> None:
        """Hear nothing more, and leave the library's logger as it was."""
        self._library.removeHandler(self)
        self._library.setLevel(self._before)
