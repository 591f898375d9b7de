"""What a C library writes to the standard error of the process, held back."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STDERR = 2
_LOCK = threading.Lock()
_OWN = re.compile(rb"^(?:(?:Note|Warning|Error): |\[[^\]\n]*libmpg123[^\]\n]*\] )[^\n]*\n?", re.MULTILINE)


@contextmanager
def without_mpg123() -> Iterator[None]:
    """Keep libmpg123's remarks on a damaged stream, which name no file, from standard error.

    Standard error belongs to all threads: what others write meanwhile is handed on afterwards.
    """
    with _LOCK:
        try:
            saved = os.dup(_STDERR)
        except OSError:  # there is no standard error, so nothing can be written to it
            yield
            return
        try:
            file = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        except OSError:  # no place for it: better a remark too many than no music
            os.close(saved)
            yield
            return
        with file as held:
            os.dup2(held.fileno(), _STDERR)
            try:
                yield
            finally:
                os.dup2(saved, _STDERR)
                os.close(saved)
                held.seek(0)
                if rest := _OWN.sub(b"", held.read()):
                    os.write(_STDERR, rest)
