"""Calls that POSIX systems have, and what stands for them on a system that has not, as Windows.

What is missing is looked for when it is asked for: a system may have some of it.
"""

from __future__ import annotations

import errno
import os
import signal
from typing import IO

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
"""Of `os.open`: refuse a link."""

NO_WAIT = getattr(os, "O_NONBLOCK", 0)
"""Of `os.open`: a named pipe does not wait for a writer."""

OWN = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
"""Of `os.open`: programs that are started do not get the file."""

AS_BYTES = getattr(os, "O_BINARY", 0)
"""Of `os.open`: a line feed stays one."""

ENDING = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if getattr(signal, name, None) is not None
)
"""Signals that ask a command to end: Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed."""


def lock(file: int | IO[str], *, shared: bool = False, wait: bool = False) -> None:
    """Take the system's lock of an open file (``flock``), which ends with its process at the latest.

    Parameters
    ----------
    file : int or file
    shared : bool
        Whether others may hold it that say so, too.
    wait : bool
        Until whoever holds it leaves it.

    Raises
    ------
    BlockingIOError
        If another holds it, and `wait` is not given.
    OSError
        Of the number ENOLCK on a system without such locks; of others, if the file system has none.
    """
    try:
        import fcntl
    except ImportError:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK)) from None
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    fcntl.flock(file, kind if wait else kind | fcntl.LOCK_NB)


def user_number() -> int:
    """Return the number of the user; 0 where users have none, as `os.stat` has it there."""
    return os.geteuid() if hasattr(os, "geteuid") else 0


def shares_handles() -> bool:
    """Whether an open file can be handed to a program by its number (``pass_fds``)."""
    return hasattr(os, "fork")


def follows_parents() -> bool:
    """Whether a process is told the number of its parent, and another one when that has ended.

    On Windows it stays the same, and is that of a launcher in a virtual environment.
    """
    return hasattr(os, "fork")


def asks_processes() -> bool:
    """Whether signal 0 asks if a process runs; on Windows it is that of Ctrl-C."""
    return hasattr(os, "fork")


def send_to_self(number: int) -> None:
    """Send this process a signal, from whatever thread.

    On Windows ``os.kill`` ends the process at once, whatever its handlers; there the handler is called.
    """
    if hasattr(os, "fork"):
        os.kill(os.getpid(), number)
    else:
        signal.raise_signal(number)


def read_at(file: int, n_bytes: int, offset: int) -> bytes:
    """Read up to `n_bytes` of an open file from `offset` on, and leave its position as it is.

    Without ``pread`` the position is moved and put back, so that one thread of one process may read.
    """
    if hasattr(os, "pread"):
        return os.pread(file, n_bytes, offset)
    before = os.lseek(file, 0, os.SEEK_CUR)
    try:
        os.lseek(file, offset, os.SEEK_SET)
        return os.read(file, n_bytes)
    finally:
        os.lseek(file, before, os.SEEK_SET)


def read_into(file: int, buffer: memoryview, offset: int) -> int:
    """Read bytes of an open file from `offset` on into a buffer; return how many, 0 at the end."""
    if hasattr(os, "preadv"):
        return os.preadv(file, [buffer], offset)
    found = read_at(file, len(buffer), offset)
    buffer[: len(found)] = found
    return len(found)


def flush_file(path: str | os.PathLike[str]) -> None:
    """Wait until a file, or the names in a folder, are on the disk.

    Raises
    ------
    OSError
        If that cannot be done; for a folder, on many file systems.
    """
    # Windows opens no folders, and flushes what can be written only.
    handle = os.open(path, os.O_RDONLY if hasattr(os, "O_DIRECTORY") else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
