"""Workers that end with their parent, however that ends."""

from __future__ import annotations

import os
import signal
import threading
import time

from gtzan_features.system_calls import follows_parents

_EVERY_S = 0.5


def end_with_parent(parent: int) -> None:
    """Watch process `parent` from a thread of this one, and end this one when the parent is gone.

    A parent that is killed cannot stop its workers; without this they finish what they do, and then wait
    for minutes. A worker has nothing to clean up: what it writes is whole or not there.
    """
    if follows_parents():
        threading.Thread(target=_watch, args=(parent,), daemon=True, name="parent").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_EVERY_S)
    os.kill(os.getpid(), signal.SIGKILL)
