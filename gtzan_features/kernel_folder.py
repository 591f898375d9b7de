"""Where numba keeps compiled kernels: also where package and home folder cannot be written to."""

from __future__ import annotations

import logging
import os
import shutil
import stat
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gtzan_features.system_calls import NO_FOLLOW, OWN, lock, user_number

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARIABLE = "NUMBA_CACHE_DIR"
_KERNELS = ("*.nbc", "*.nbi")
"""Kernels, and then the lists of them."""
_EVERY_S = 0.1
_PATIENCE_S = 180.0


def settle_cache() -> bool:
    """Make sure that numba has a folder for compiled kernels; return whether there is one.

    Where it finds none of its own (``NUMBA_CACHE_DIR``, the package, the user's cache), as in a container
    that is read-only, kernels go into a temporary folder that only this user can read and write: code is
    loaded from there. Kernels that ``NUMBA_CACHE_DIR`` holds and that can only be read, as those that were
    compiled into an image, are copied there: numba takes no folder that it cannot write to. Workers inherit
    it. One line on stderr says so.
    """
    import numba

    given = os.environ.get(_VARIABLE, "")
    # Where it cannot write, numba would take the user's cache, and compile there what is at hand.
    is_filled = bool(given) and not os.access(given, os.W_OK) and bool(_kernels(Path(given)))
    try:
        if not is_filled:
            numba.njit(cache=True)(_nothing)  # compiles nothing, but looks for a folder
            return True
    except RuntimeError:
        pass
    log = logging.getLogger("gtzan_features")
    try:
        folder = str(_private_folder())
        if is_filled:
            _copy_kernels(Path(given), Path(folder))
    except OSError:
        log.warning(
            "No folder for compiled kernels can be written to: every process compiles them, which takes up "
            "to a minute. Set %s to a folder of yours.",
            _VARIABLE,
        )
        return False
    vars(numba.config)["CACHE_DIR"] = folder
    os.environ[_VARIABLE] = folder
    if is_filled:
        log.warning("Compiled kernels of %s, which cannot be written to, were copied into %s.", given, folder)
        return True
    log.warning(
        "Compiled kernels go into %s: neither the package nor the home folder can be written to. "
        "Set %s to keep them elsewhere.",
        folder,
        _VARIABLE,
    )
    return True


@contextmanager
def folder_lock(folder: Path, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Hold the lock of a folder for compiled kernels while the block runs, whichever machine's it is.

    Processes that put a kernel there at the same time may leave the code of one under the name of the other.
    Where no lock can be made, or another process holds it for longer than compiling takes, the block runs all
    the same. The lock ends with its process.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "kernels.lock", os.O_RDWR | os.O_CREAT | NO_FOLLOW | OWN, 0o600)
    except OSError:
        yield
        return
    try:
        until = time.monotonic() + patience_s
        while not _is_locked(handle) and time.monotonic() < until:
            time.sleep(_EVERY_S)
        yield
    finally:
        os.close(handle)


def _is_locked(handle: int) -> bool:
    """Take the lock if nobody has it; True also where there are no locks."""
    try:
        lock(handle)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _nothing() -> None:
    """Stand for a kernel."""


def _kernels(folder: Path) -> list[Path]:
    """List the compiled kernels in a folder, and then their lists."""
    return [path for kind in _KERNELS for path in folder.glob(f"*/{kind}")]


def _copy_kernels(source: Path, folder: Path) -> None:
    """Copy compiled kernels that are not there yet."""
    for path in _kernels(source):
        place = folder / path.parent.name / path.name
        if not place.exists():
            place.parent.mkdir(mode=0o700, exist_ok=True)
            # Another process may read it at this moment.
            aside = place.with_name(f"{place.name}.{os.getpid()}")
            shutil.copyfile(path, aside)
            aside.replace(place)


def _private_folder() -> Path:
    """Return a folder in that for temporary files which is this user's alone, the same in each process.

    A folder of that name that somebody else made, or that others can write to, is not taken: a new one is
    made, which only this process and its workers know.
    """
    user = user_number()
    folder = Path(tempfile.gettempdir(), f"gtzan-kernels-{user}")
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        is_own = stat.S_ISDIR(found.st_mode) and found.st_uid == user and not found.st_mode & 0o077
        if not is_own:
            return Path(tempfile.mkdtemp(prefix=f"gtzan-kernels-{user}-"))
    return folder
