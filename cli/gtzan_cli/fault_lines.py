"""What an error is in one line: where, what, and what next."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from gtzan_cli.advice import fitting
from gtzan_cli.streams import StdoutError
from gtzan_features.errors import GtzanError
from gtzan_features.storage import is_of_storage, reason_of
from gtzan_features.text import one_line

if TYPE_CHECKING:
    import click

_AGAIN = ", and give the command once more"

_NEXT = {
    errno.ENOSPC: "Make room there",
    errno.EDQUOT: "Make room there",
    errno.EFBIG: "Check free space and the limit of a file's size (ulimit -f)",
    errno.EROFS: "Give a place that can be written to",
    errno.EMFILE: "Raise the limit of open files (ulimit -n 4096)",
    errno.ENFILE: "Close other programs",
    errno.ENOMEM: "Close other programs",
    errno.EAGAIN: "Raise the limit of processes (ulimit -u), or end some",
}
"""What to do where the machine, and no path, is the reason."""


def line_of(error: Exception, command: click.Command) -> str:
    """Say in one line what went wrong, for whoever gave the command."""
    if isinstance(error, GtzanError):
        return one_line(fitting(str(error), command))
    if isinstance(error, StdoutError):
        return f"stdout: {error.reason}. What was to be printed is lost: send it elsewhere and try again."
    if isinstance(error, MemoryError):
        return fitting(f"memory is short. Close other programs, or give --n-jobs 1{_AGAIN}.", command)
    if isinstance(error, OSError):
        why = error.strerror or str(error)
        where = f"{_name(error.filename)}: " if error.filename else ""
        then = _NEXT.get(error.errno or 0, "Check the path, its permissions and free space")
        return one_line(f"{where}{why}. {then}{_AGAIN}.")
    if is_of_storage(error):
        return one_line(f"a storage: {reason_of(error)}.")
    text = f"a fault of this program ({type(error).__name__}: {error}). Report what gtzan --debug … prints."
    return one_line(" ".join(text.split()))


def _name(path: object) -> str:
    return os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else str(path)
