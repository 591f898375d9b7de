"""Stops a process just before the k-th change that it makes to files: loaded into the process under test.

An audit hook of Python counts what opens for writing, renames, removes, makes folders, locks and flushes
below the working folder and the temporary one, so that a trial can be told to die at each of these moments,
one by one, and the same moment can be met again. Only the standard library is imported.
"""

from __future__ import annotations

import os
import sys
from typing import Any

VARIABLE = "GTZAN_KILLS_MOMENT"
"""Role (parent, worker or each), k, signal number, 1 for the whole group, and a file for what was counted."""

PARENT = "GTZAN_KILLS_PARENT"
"""Process number of the command; who finds another number there is one of its workers."""

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    *("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.truncate"),
    *("fcntl.flock", "subprocess.Popen"),
}


def install() -> None:
    """Begin to count, where the environment asks for it; a copy of this process counts for itself."""
    asked = os.environ.get(VARIABLE)
    os.environ.setdefault(PARENT, str(os.getpid()))
    if asked:
        os.register_at_fork(after_in_child=lambda: _count(asked))
        _count(asked)


def _count(asked: str) -> None:
    me, parent = os.getpid(), int(os.environ[PARENT])
    role, k, number, group, path = asked.split(":", 4)
    mine = "parent" if parent == me else "worker"
    if role == "each":
        path = f"{path}-{mine}"
    elif role != mine:
        return
    _Counter(int(k), int(number), group == "1", path).install()


class _Counter:
    def __init__(self, k: int, number: int, group: bool, path: str) -> None:
        self.k, self.number, self.group, self.path = k, number, group, path
        self.count, self.is_busy = 0, False
        self.pid = os.getpid()  # in a copy of the process, whose hooks are copied, too, another one counts
        self.log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        self.roots = tuple(os.path.realpath(p) for p in (".", os.environ.get("TMPDIR", ".")))

    def install(self) -> None:
        fsync = os.fsync

        def counted(handle: Any) -> None:
            if self.pid == os.getpid():
                self.step("os.fsync", "")
            fsync(handle)

        os.fsync = counted
        sys.addaudithook(self.heard)

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_busy or self.pid != os.getpid():
            return
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, int) or not flags & _WRITES:
                return
        elif event in _CHANGES:
            path = arguments[0]
        else:
            return
        if self.is_ours(event, path):
            self.step(event, path)

    def is_ours(self, event: str, path: object) -> bool:
        """Whether a path lies where the command works; of a folder's number, which says no path, it does."""
        if event in ("fcntl.flock", "subprocess.Popen"):
            return True
        if not isinstance(path, (str, bytes, os.PathLike)):
            return False
        return os.path.abspath(os.fsdecode(path)).startswith(self.roots)  # noqa: PTH100 - no pathlib here

    def step(self, event: str, path: object) -> None:
        self.count += 1
        self.is_busy = True
        try:
            os.write(self.log, f"{self.count} {event} {path!r}\n".encode(errors="backslashreplace"))
            if self.count == self.k and self.is_first():
                if self.group:
                    os.killpg(0, self.number)
                else:
                    os.kill(os.getpid(), self.number)
        finally:
            self.is_busy = False

    def is_first(self) -> bool:
        """Whether no other process of the command was stopped before: a worker's successor lives."""
        try:
            os.close(os.open(f"{self.path}.fired", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True
