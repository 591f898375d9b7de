"""The file that ``--log-file`` names: what a command says and what its bar hides, a line each, with the time.

A line goes to the system with one call as soon as it is said: a kill loses none, and commands that share a
file do not mix their lines.
"""

from __future__ import annotations

import os
import re
import stat
from datetime import datetime
from typing import TYPE_CHECKING

from gtzan_features.errors import GtzanError
from gtzan_features.system_calls import AS_BYTES, read_at
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from pathlib import Path

_LINE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_WIDTH = 7  # of the longest kind of line


class LogFile:
    """A log that is written at its end.

    Parameters
    ----------
    path : Path
        Made where it does not exist, with its folder.

    Raises
    ------
    GtzanError
        If it cannot be written, or holds something else than a log.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fault = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._number = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | AS_BYTES, 0o666)
        except OSError as error:
            msg = f"{one_line(str(path))}: no log can be written ({error.strerror}). Give another --log-file"
            raise GtzanError(msg) from error
        if not self._takes_lines():
            self.close()
            msg = f"{one_line(str(path))}: is no log of gtzan, and stays as it is. Give another --log-file"
            raise GtzanError(msg)

    def write(self, kind: str, text: str) -> bool:
        """Add the lines of a text; return whether that could be done, else `fault` says why not."""
        time = datetime.now().astimezone().isoformat(timespec="milliseconds")
        start = f"{time} {os.getpid()} {kind:{_WIDTH}}"
        lines = (f"{start} {one_line(line)}".rstrip() + "\n" for line in text.split("\n"))
        try:
            os.write(self._number, "".join(lines).encode("utf-8"))
        except OSError as error:
            self.fault = error.strerror or str(error)
            return False
        return True

    def close(self) -> None:
        """Close the file."""
        os.close(self._number)

    def _takes_lines(self) -> bool:
        """Whether it is empty, begins as a log does, or is no file on a disk."""
        if not stat.S_ISREG(os.fstat(self._number).st_mode):
            return True
        start = read_at(self._number, 32, 0)
        return not start or _LINE.match(start) is not None
