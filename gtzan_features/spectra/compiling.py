"""Kernels are compiled before they are called: on all processors, by one command at a time.

numba compiles under a lock of its process, so that threads are no help. Where there is a folder for compiled
kernels, further processes take turns with this one: whoever is free takes the largest kernel that is left.
What such a process leaves undone, however it ends, is compiled here.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gtzan_features.kernel_folder import folder_lock
from gtzan_features.spectra.compiled import arguments, functions_of, is_ready, kernels, without_collection
from gtzan_features.system_calls import shares_handles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Group = list[Any]

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from gtzan_features.spectra.compiling import main; main(sys.argv[2], sys.argv[3])"
)
_MOST = 4  # processes: the largest kernel takes as long as a quarter of all of them
_WORTH = 4  # kernels: for fewer, a process starts for longer than it compiles
_LOCK = threading.Lock()
_LOG = logging.getLogger(__name__)


def compile_kernels(wanted: Sequence[Any]) -> int:
    """Compile the kernels that are not compiled, and put them into the folder for compiled kernels.

    Another process that compiles into the same folder is waited for, and what it compiled is not compiled
    again.

    Parameters
    ----------
    wanted : sequence
        Kernels as `compiled.kernels` gives them, at least one.

    Returns
    -------
    int
        How many kernels had to be compiled.
    """
    with _LOCK:
        if all(map(is_ready, wanted)):
            return 0
        place = _place(wanted)
        with folder_lock(place) if place else contextlib.nullcontext(), without_collection():
            missing = [one for one in wanted if not is_ready(one)]
            groups = _groups(missing)
            if place:
                for one in missing:
                    _forget(one)
                with _shared(groups) as queue:
                    _work(groups, queue)
            for one in missing:  # and what another process left undone
                if not is_ready(one):
                    _compile(one)
        return len(missing)


def kernel_folder_of() -> str:
    """Return the folder of the compiled kernels; empty where they cannot be kept."""
    return str(_place(kernels()) or "")


def _place(wanted: Sequence[Any]) -> Path | None:
    """Return the folder of the compiled kernels; None where they cannot be kept."""
    found = wanted[0].dispatcher.stats.cache_path
    return Path(found) if found else None


def _groups(missing: Group) -> list[Group]:
    """Divide kernels into groups that have no function in common, the largest first."""
    groups: list[tuple[Group, set[Any]]] = []
    for one in missing:
        mine, parts = [one], functions_of(one)
        for group in [group for group in groups if group[1] & parts]:
            groups.remove(group)
            mine, parts = group[0] + mine, parts | group[1]
        groups.append((mine, parts))
    groups.sort(key=lambda group: -sum(len(one.function.__code__.co_code) for one in group[1]))
    return [group for group, _ in groups]


def _forget(kernel: Any) -> None:
    """Remove the code of an older source from the folder.

    numba lists a kernel before its code is there, under the name that the older code has: who is ended in
    between, or reads then, would have the older code.
    """
    with contextlib.suppress(Exception):  # of another version of numba
        file = kernel.dispatcher._cache._cache_file
        if not file._load_index():
            index = Path(file._index_path)
            for old in index.parent.glob(f"{index.stem}.*.nbc"):
                old.unlink(missing_ok=True)


@contextlib.contextmanager
def _shared(groups: list[Group]) -> Iterator[int]:
    """Give the reading end of a pipe that holds the number of each group, and have others read it, too."""
    reading, writing = os.pipe()
    others: list[subprocess.Popen[bytes]] = []
    try:
        os.write(writing, bytes(range(len(groups))))
        os.close(writing)
        count = min(_processors(), _MOST, len(groups) // _WORTH + 1)
        for _ in range(count - 1):
            with contextlib.suppress(OSError):
                others.append(_started(groups, reading))
        yield reading
        for one in others:
            one.wait()
    finally:
        os.close(reading)
        for one in others:
            one.kill()
            code = one.wait()
            if one.stdin is not None:
                one.stdin.close()
            _LOG.debug("a process that compiled kernels ended with %d", code)


def _started(groups: list[Group], reading: int) -> subprocess.Popen[bytes]:
    """Start a process that compiles; it ends with this one, when its stdin does."""
    import numba

    names = [[f"{one.function.__module__}:{one.function.__name__}" for one in group] for group in groups]
    words = [json.dumps(sys.path), json.dumps(names), str(reading)]
    environ = dict(os.environ)
    if folder := vars(numba.config)["CACHE_DIR"]:
        environ["NUMBA_CACHE_DIR"] = folder
    return subprocess.Popen(
        [sys.executable, "-c", _START, *words],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(reading,),
        start_new_session=True,  # Ctrl-C is for the command, which ends it
    )


def _work(groups: Sequence[Group], queue: int) -> None:
    """Compile one group after the other, as the queue has them, until it is empty."""
    while taken := os.read(queue, 1):
        for one in groups[taken[0]]:
            if not is_ready(one):
                _compile(one)


def _compile(kernel: Any) -> None:
    started = time.process_time()
    for one in arguments(kernel):
        kernel.dispatcher.compile(one)
    _LOG.debug("%s: compiled in %.2f s", kernel.function.__name__, time.process_time() - started)


def _processors() -> int:
    """Return how many processes may compile; 1 where no other can be started."""
    if getattr(sys, "frozen", False) or not sys.executable or not shares_handles():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main(names: str, queue: str) -> None:
    """Compile in a process of its own, until the queue is empty or the parent has ended."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    wanted = json.loads(names)
    modules = {
        module: importlib.import_module(module) for group in wanted for module, _ in map(_parts, group)
    }
    known = {(one.function.__module__, one.function.__name__): one for one in kernels()}
    groups = [[known[_parts(name)] for name in group] for group in wanted]
    _LOG.debug("compiling kernels of %s", ", ".join(modules))
    with without_collection():
        _work(groups, int(queue))


def _parts(name: str) -> tuple[str, str]:
    module, _, function = name.partition(":")
    return module, function


def _end_with_parent() -> None:
    while os.read(0, 1):  # not through sys.stdin, whose lock the end of Python would wait for
        pass
    os._exit(1)
