"""A file or folder takes the place of another, of whatever kind: the old one is there, or the new one."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gtzan_features.storage import is_remote
from gtzan_features.storage_files import remove_below

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BEFORE, _NEW = ".before", ".new"
_HERE = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE


def replace_path(new: Path, path: Path) -> None:
    """Give `new` the name `path`; what has that name is removed afterwards.

    A file takes that of a file by a rename. Where one of them is a folder, both exchange their names, which
    Linux does in one step on its own file systems. Elsewhere the old one gets a name aside first: a kill
    between leaves none at `path`, and `restore` puts it back.

    Parameters
    ----------
    new, path : Path
        In one file system.
    """
    if not path.exists() or not (new.is_dir() or path.is_dir()):
        new.replace(path)
    elif exchange(new, path):
        remove(new)
    else:
        before = path.with_name(f".{path.name}{_BEFORE}")
        remove(before)
        path.rename(before)
        try:
            new.rename(path)
        except BaseException:
            before.rename(path)
            raise
        remove(before)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the path to write a file to that takes the place of `path`, where that may be a folder.

    Where it is none, it is `path` itself: whoever writes there does so whole or not at all.
    """
    if is_remote(path):
        yield path
        from gtzan_features.tables.table_files import MANIFEST  # which imports Arrow

        # Shards of a folder of this name are read before the file, until their list is gone.
        (path / MANIFEST).unlink(missing_ok=True)
        remove_below(path)
        return
    if not path.is_dir():
        yield path
        return
    new = path.with_name(f".{path.name}{_NEW}")
    remove(new)
    try:
        yield new
        replace_path(new, path)
    finally:
        remove(new)


def restore(folder: Path) -> None:
    """Put right what a kill left of a replacement in `folder`; the caller holds its lock."""
    if is_remote(folder):  # nothing is renamed there
        return
    for before in folder.glob(f".*{_BEFORE}"):
        path = folder / before.name.removeprefix(".").removesuffix(_BEFORE)
        if path.exists():
            remove(before)
        else:
            before.rename(path)
    for new in folder.glob(f".*.parquet{_NEW}"):
        remove(new)


def remove(path: Path) -> None:
    """Remove a file, or a folder and all in it; nothing where nothing is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def exchange(one: Path, other: Path) -> bool:
    """Let two paths exchange their names in one step; False where system or file system cannot."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        rename = ctypes.CDLL(None, use_errno=True).renameat2  # without a name TypeError on Windows
        names = os.fsencode(one), os.fsencode(other)
        return bool(rename(_HERE, names[0], _HERE, names[1], _EXCHANGE) == 0)
    return False
