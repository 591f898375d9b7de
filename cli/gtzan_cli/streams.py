"""The standard streams: they take any character, may be closed, full or cut short, and end quietly."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

OUT, ERR = 1, 2
_ERRORS = "backslashreplace"


class StdoutError(Exception):
    """What was to be printed cannot be written to stdout."""

    def __init__(self, reason: str, *, is_cut: bool) -> None:
        super().__init__(reason, is_cut)
        self.reason, self.is_cut = reason, is_cut
        """`is_cut`: whoever reads the pipe (head, less) has enough, which is no fault."""


def prepare() -> None:
    """Make stdout and stderr take every character, in whatever encoding they are.

    A character that the encoding lacks is written as an escape. A stream that was closed before the start
    (``>&-``) swallows what is written: its number must be taken, or the next file that is opened gets it.
    """
    for number in (0, OUT, ERR):
        _take(number)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # Lives as long as the process.
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8", errors=_ERRORS))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_ERRORS)


def write_out(text: str) -> None:
    """Write text to stdout at once.

    Raises
    ------
    StdoutError
        If it cannot be written.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        is_cut = isinstance(error, BrokenPipeError)
        raise StdoutError(error.strerror or str(error), is_cut=is_cut) from error


def write_err(text: str) -> None:
    """Write text to stderr at once; what cannot be written is lost, for there is nowhere to say so."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        discard((sys.stderr,))


def stderr() -> TextIO:
    """Return stderr as a file for rich, which what cannot be written does not stop."""
    return cast("TextIO", _Stderr())


class _Stderr:
    @property
    def encoding(self) -> str:
        return sys.stderr.encoding

    def write(self, text: str) -> int:
        write_err(text)
        return len(text)

    def flush(self) -> None:
        """All is written at once."""


def encodable(text: str, stream: TextIO) -> str:
    """Return text as `stream` shows it, for whoever must know its width."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, _ERRORS).decode(encoding)


def discard(streams: Iterable[TextIO]) -> None:
    """Send what is left in streams to nowhere, or the interpreter would complain of it at its end."""
    for stream in streams:
        try:
            stream.flush()
        except (OSError, ValueError):
            _to_nowhere(stream)


def _to_nowhere(stream: TextIO) -> None:
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def _take(number: int) -> None:
    """Open a standard stream on nothing where it was closed."""
    try:
        os.fstat(number)
    except OSError:
        nowhere = os.open(os.devnull, os.O_RDWR)
        if nowhere != number:
            os.dup2(nowhere, number)
            os.close(nowhere)
