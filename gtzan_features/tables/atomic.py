"""Files that are either whole or not there."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gtzan_features.storage import is_remote, temporary_folder
from gtzan_features.storage_files import put
from gtzan_features.system_calls import AS_BYTES, NO_FOLLOW, flush_file, lock
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOG = logging.getLogger(__name__)
_LEFTOVER = re.compile(r"\..*\.[a-z0-9_]{8}\.part", re.DOTALL)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_SHOWN = 40  # characters of a name, in that of its temporary file: a name may be as long as names can be


@contextmanager
def atomic_path(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its name when the block ends without an error.

    A reader sees the old file or the new one, never a part; after an error or a kill `path` is as before.
    A kill leaves the temporary file, which `remove_leftovers` takes away.

    Parameters
    ----------
    path : Path
        The file; its folder is made where it is missing. For one of a storage, the temporary file is one of
        this machine, which is put there when the block ends.
    durable : bool
        Whether the same holds when power fails. That waits for the disk; without it, a file that is read
        again must find out whether it is complete.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> target = Path(tempfile.mkdtemp()) / "table.txt"
    >>> with atomic_path(target) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> target.read_text()
    'whole'
    """
    if is_remote(path):
        with _put_there(path) as temporary:
            yield temporary
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, handle = _new_beside(path)
    try:
        yield temporary
        if durable:
            flush(temporary)
        temporary.replace(path)
        if durable:
            flush(path.parent)
            _LOG.debug("wrote %s", path)
    except OSError as error:
        if error.errno in _FULL and error.filename is None:  # a write does not say which file
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
        raise
    finally:
        try:
            temporary.unlink(missing_ok=True)
        finally:
            _close(handle)


def _new_beside(path: Path) -> tuple[Path, int | None]:
    """Make a temporary file beside `path`, with a lock on it for as long as it is being written.

    Where there are no locks it is closed, for Windows renames no file that is open.
    """
    while True:
        temporary = path.with_name(f".{path.name[:_SHOWN]}.{secrets.token_hex(4)}.part")
        # As readable as any new file: the system applies the umask, which cannot be read without setting it.
        handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | AS_BYTES, 0o666)
        try:
            lock(handle, wait=True)
        except OSError:  # none here
            os.close(handle)
            return temporary, None
        if temporary.exists():
            return temporary, handle
        os.close(handle)  # another process took it for a leftover, before the lock was on it


def _close(handle: int | None) -> None:
    if handle is not None:
        os.close(handle)


@contextmanager
def _put_there(path: Path) -> Iterator[Path]:
    """Give a temporary path of this machine whose file is put into a storage when the block ends."""
    folder = temporary_folder()
    remove_leftovers(folder)
    temporary, handle = _new_beside(folder / path.name)
    try:
        yield temporary
        put(temporary, path)
        _LOG.debug("put %s", path)
    finally:
        temporary.unlink(missing_ok=True)
        _close(handle)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in UTF-8, whole or not at all; what is no text in it is made printable."""
    with atomic_path(path) as temporary:
        temporary.write_text(printable(text), encoding="utf-8")


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files in `folder` whose writers were killed; those being written are left."""
    with os.scandir(folder) as entries:
        found = [entry.path for entry in entries if _LEFTOVER.fullmatch(entry.name)]
    for name in found:
        # Its writer holds a lock on it, which ends with the writer, however that ends.
        with contextlib.suppress(OSError):
            handle = os.open(name, os.O_RDWR | NO_FOLLOW)
            try:
                lock(handle)
                os.unlink(name)  # noqa: PTH108 - a name as the folder has it
            finally:
                os.close(handle)


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    try:
        flush_file(path)
    except OSError:
        if not path.is_dir():
            raise
        # Some file systems cannot flush a folder.
