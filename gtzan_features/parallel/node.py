"""What one machine does once, however many processes of a cluster are on it."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gtzan_features.system_calls import NO_FOLLOW, OWN, lock, user_number

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERY_S = 0.1
_PATIENCE_S = 180.0


@contextmanager
def node_lock(name: str, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Hold a lock while the block runs that all processes of this user on this machine share.

    It saves work and promises nothing: where no lock can be made, or another process holds it for longer than
    it should, the block runs all the same. The system drops the lock when its process ends.

    Parameters
    ----------
    name : str
        Of the lock: letters, digits and hyphens.
    patience_s : float
        Seconds to wait at most.

    Examples
    --------
    >>> with node_lock("example"):
    ...     pass
    """
    # In the folder for temporary files, which is the machine's own; the home folder may be shared by many.
    path = Path(tempfile.gettempdir(), f"gtzan-{name}-{user_number()}.lock")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | NO_FOLLOW | OWN, 0o600)
    except OSError:
        yield
        return
    try:
        _wait_for(handle, time.monotonic() + patience_s)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, until: float) -> None:
    while True:
        try:
            lock(handle)
        except BlockingIOError:
            if time.monotonic() >= until:
                return
            time.sleep(_EVERY_S)
        except OSError:
            return
        else:
            return
