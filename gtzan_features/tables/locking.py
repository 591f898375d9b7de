"""One command at a time per output: a lock that names its holder and dies with it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import socket
import sys
import time
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gtzan_features.errors import OutputLockedError
from gtzan_features.storage import is_remote, local_side
from gtzan_features.system_calls import asks_processes, lock
from gtzan_features.tables.atomic import remove_leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator


LOCK_NAME = ".lock"
"""How the name of a lock ends; all of it, where it lies in the folder that is locked."""

_LONGEST = 240  # bytes
_TRIES, _PAUSE_S = 5, 0.02
_HELD: set[IO[str]] = set()
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)  # some network file systems have none


@contextmanager
def output_lock(target: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock of an output while the block runs; a second command is refused, not mixed in.

    The lock is the system's (``flock``) on a file beside `target`: the kernel drops it when its process
    ends, however it ends, so that a killed command locks nobody out, and on NFS the server does, for all
    hosts. The file is removed with the lock; one that was left says nothing. On a file system without such
    locks the process that the file names is asked for instead, where it is on this host.

    Temporary files that killed commands left in the folder that is locked, or beside the file, are removed.

    A storage has no such locks, and an object that stood for one would outlive its writer. There the lock is
    one of this machine; commands of two machines may write the same output at once, each file whole, and the
    same command writes the same bytes.

    Parameters
    ----------
    target : Path
        A folder or file that is about to be written; its parent is made where it is missing.
    shared : bool
        Whether others that say so may hold it at the same time, as jobs that write shards of their own do.

    Raises
    ------
    OutputLockedError
        If another process holds the lock; the message names it.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "features"
    >>> with output_lock(folder):
    ...     pass
    """
    shown = target if is_remote(target) else None
    target = Path(os.path.realpath(local_side(target)))  # one lock, whatever links lead to it
    target.parent.mkdir(parents=True, exist_ok=True)
    path = _lock_path(target)
    handle = _acquire(path, shown or target, shared=shared)
    _HELD.add(handle)
    try:
        with suppress(OSError):
            remove_leftovers(target if target.is_dir() else target.parent)
        yield
    finally:
        is_left = False
        _HELD.discard(handle)
        with handle:  # released also where the file cannot be removed, which says nothing
            if not shared or _is_alone(handle):
                try:
                    path.unlink(missing_ok=True)  # while it is held: nobody waits on a file without a name
                except PermissionError:
                    is_left = True
        if is_left:  # Windows removes no file that is open
            path.unlink(missing_ok=True)


def _leave_to_parent() -> None:
    """Close in a copy of this process the locks that this process holds: a copy would hold them after it."""
    while _HELD:
        _HELD.pop().close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)


def _is_alone(handle: IO[str]) -> bool:
    """Whether nobody else holds a shared lock; nobody else can take it from then on."""
    try:
        lock(handle)
    except OSError:
        return False
    return True


def _lock_path(target: Path) -> Path:
    """Return where the lock lies: beside `target`, or in it where a folder is all that may be written to."""
    inside = target.is_dir() and (not os.access(target.parent, os.W_OK | os.X_OK) or not target.name)
    if inside:
        return target / LOCK_NAME
    name = target.name
    if len(os.fsencode(name)) > _LONGEST:  # a name may be as long as names can be
        name = hashlib.sha256(os.fsencode(name)).hexdigest()
    return target.with_name(f".{name}{LOCK_NAME}")


def _acquire(path: Path, target: Path, *, shared: bool) -> IO[str]:
    tries = count()
    while True:
        handle = path.open("a+", encoding="utf-8")
        try:
            lock(handle, shared=shared)
        except BlockingIOError:
            holder = _holder(handle)
            handle.close()
            if shared and next(tries) < _TRIES:  # one that ends tries for a moment whether it was the last
                time.sleep(_PAUSE_S)
                continue
            raise OutputLockedError(target, holder) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS or (not shared and _is_alive(handle)):
                holder = _holder(handle)
                handle.close()
                if error.errno not in _NO_LOCKS:
                    raise
                raise OutputLockedError(target, holder) from None
        if _is_named(handle, path):
            break
        handle.close()  # its holder removed the file between our opening and locking it
    handle.truncate(0)
    handle.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "what": _command()}))
    handle.flush()
    return handle


def _is_named(handle: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _is_alive(handle: IO[str]) -> bool:
    """Whether the file names another process of this host that runs; of other hosts nothing is known."""
    handle.seek(0)
    if not asks_processes():
        return False
    try:
        found = json.loads(handle.read())
        if found["host"] != socket.gethostname() or found["pid"] == os.getpid():
            return False
        os.kill(int(found["pid"]), 0)
    except PermissionError:  # it runs, as another user's
        return True
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
    return True


def _command() -> str:
    words = [Path(sys.argv[0]).stem or "python", *sys.argv[1:3]]
    return f"{' '.join(words)} since {time.strftime('%H:%M:%S')}"


def _holder(handle: IO[str]) -> str:
    """Return who holds the lock, as far as the file says."""
    handle.seek(0)
    try:
        found = json.loads(handle.read())
        return f"process {found['pid']} on {found['host']}, {found['what']}"
    except (ValueError, KeyError, TypeError, RecursionError):
        return "another process"
