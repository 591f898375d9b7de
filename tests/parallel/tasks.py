"""Functions for workers: they are imported there."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from threadpoolctl import threadpool_info

from gtzan_features.errors import AudioDecodeError


def square(x):
    return x * x


def fail_at_three(x):
    if x == 3:
        raise AudioDecodeError("a.wav", f"item {x}")
    return x


def blas_threads(_):
    import numpy as np

    np.ones((2, 2)) @ np.ones((2, 2))
    time.sleep(0.01)  # so that blocks of several threads overlap
    return {pool["num_threads"] for pool in threadpool_info()}


def die(x, at, folder=None):
    """End the worker at some items, the first time only where there is a folder to remember it in."""
    if x in at:
        mark = None if folder is None else Path(folder, str(x))
        if mark is None or not mark.exists():
            if mark is not None:
                mark.touch()
            time.sleep(0.3)  # as a file does it: what Dask begins a worker with is over then
            os.kill(os.getpid(), signal.SIGKILL)
    return x * x


def leave_a_mark(x, folder):
    """Item 0 goes on until the others have stopped; the others leave a file each."""
    folder = Path(folder)
    if x:
        (folder / str(x)).touch()
        return x
    before = -1
    while before != len(list(folder.iterdir())) or before < 10:
        before = len(list(folder.iterdir()))
        time.sleep(0.5)
    return before


def pid(_):
    return os.getpid()
