"""A file that ends the process which reads it, where that is the command's own: the next call survives it."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from gtzan_features.extraction.row_cache import lost_file
from gtzan_features.parallel.isolated import ProcessDiedError, call_isolated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gtzan_features.datasets.tracks import TrackFile
    from gtzan_features.extraction.row_cache import FileRows


MARK = ".at"
"""How the name of a mark ends."""


def marked(
    track: TrackFile, task: Callable[[TrackFile], FileRows], folder: Path, *, once: bool = False
) -> FileRows:
    """Return ``task(track)``, computed here; in a process of its own where an earlier call ended at it.

    A mark lies in `folder` while the file is worked on, and stays there when that ends this process. Where
    each file is a worker's task there is no need: the file costs one of them.

    Parameters
    ----------
    track : TrackFile
    task : callable
        It must pickle.
    folder : Path
        That of the parts; it exists.
    once : bool
        Whether a file that ended a process of its own is not tried again, as long as its mark is there.
    """
    mark = folder / f"{hashlib.sha256(os.fsencode(track.path)).hexdigest()[:16]}{MARK}"
    if mark.exists():
        if once and (how := mark.read_text(encoding="utf-8")):
            return lost_file(track, how)
        try:
            part = call_isolated(task, track)
        except ProcessDiedError as error:  # the mark stays: so will a later call
            if once:
                mark.write_text(str(error), encoding="utf-8")
            return lost_file(track, str(error))
        mark.unlink(missing_ok=True)
        return part
    mark.touch()
    try:
        return task(track)
    finally:
        mark.unlink(missing_ok=True)
