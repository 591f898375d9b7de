"""A task for workers of any machine: the same program must run there, and kernels be compiled once."""

from __future__ import annotations

import hashlib
import pickle
import socket
import threading
from typing import TYPE_CHECKING, Any

from gtzan_features.environment import row_program
from gtzan_features.errors import PoolError
from gtzan_features.parallel.carried import pickled
from gtzan_features.parallel.node import node_lock
from gtzan_features.progress import mute

if TYPE_CHECKING:
    from collections.abc import Callable

    from gtzan_features.extraction.row_kinds import Recipe

_LOCK = threading.Lock()
_ready: dict[str, Callable[[Any], Any]] = {}


class OnAnyMachine:
    """A task that finds out, before its first item in a process, whether that may work on it.

    A worker of a cluster may have another version of this package or of a library: its rows would lie among
    others in one table. And of many new workers on one machine, one compiles the kernels while the others
    wait for it.

    Parameters
    ----------
    task : callable
        It must pickle. Paths in it must be absolute: workers have a working folder of their own.
    recipe : Recipe
        What the rows hold.
    """

    def __init__(self, task: Callable[[Any], Any], recipe: Recipe) -> None:
        self._program = _program()
        # Read after the versions were compared: another version may not be able to.
        self._pickled = pickled((task, recipe))
        self._digits = hashlib.sha256(self._pickled).hexdigest()

    def __call__(self, item: Any) -> Any:  # noqa: ANN401 - whatever the task takes and returns
        """Call the task.

        Raises
        ------
        PoolError
            If this process runs another program than the one that made this task.
        """
        task = _ready.get(self._digits)
        if task is None:
            with _LOCK:  # threads of one worker
                task = _ready.get(self._digits) or self._made_ready()
        return task(item)

    def _made_ready(self) -> Callable[[Any], Any]:
        here = _program()
        if here != self._program:
            raise PoolError(_difference(self._program, here), "Install the same versions everywhere")
        task, recipe = pickle.loads(self._pickled)  # by the program that gave this task
        if recipe.is_compiled:
            recipe.prepare(mute)
        else:
            with node_lock("compiling"):
                recipe.prepare(mute)
        _ready.clear()
        _ready[self._digits] = task
        return task  # type: ignore[no-any-return]


def _program() -> dict[str, str]:
    """Return what rows depend on beside files and settings."""
    program = row_program()
    return {**program.versions, "code": program.code}


def _difference(wanted: dict[str, str], here: dict[str, str]) -> str:
    differing = [name for name in wanted if wanted[name] != here.get(name)]
    told = ", ".join(f"{name} {here.get(name, 'unknown')} and not {wanted[name]}" for name in differing)
    return f"a worker on {socket.gethostname()} has {told}"
