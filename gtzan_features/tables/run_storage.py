"""Run folders that are replaced as a whole: after a kill at any step, the old one or the new one is there.

While a run is written, three names that begin with a dot may lie beside it: ``.NAME.new-run`` (not finished),
``.NAME.old-run`` (what it replaces; put back where NAME is missing) and ``.NAME.gone-run`` (on its way out).
They are touched under the lock of NAME only. Prediction imports this module, so it needs no pandas and no
Arrow.
"""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gtzan_features.errors import OutputLockedError
from gtzan_features.tables.atomic import flush
from gtzan_features.tables.checked import is_there
from gtzan_features.tables.locking import output_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANIFEST, FITTED_AT = "manifest.json", "fitted_at.txt"
CARD = "model.json"
"""What a model folder has at least, in a run or by itself."""

_NEW, _OLD, _GONE = "new-run", "old-run", "gone-run"
_LEFT = (
    re.compile(rf"\.(?P<name>.+)\.(?P<what>{_NEW}|{_OLD}|{_GONE})"),
    # What earlier versions left, whose names were drawn by chance.
    re.compile(r"\.(?P<name>.+-[0-9a-f]{6,12})\.(?P<what>[a-z0-9_]{8}(?:\.old)?)"),
)


@contextmanager
def new_run_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder that takes the name `folder` when the block ends without an error.

    An earlier folder of that name is replaced; after an error or Ctrl-C it is as before and nothing
    else is left. What killed commands left in the parent is put right first.

    Raises
    ------
    OutputLockedError
        If another process writes this folder.
    """
    parent = folder.parent
    there = parent.exists()
    restore_runs(parent)
    try:
        with output_lock(folder):
            _put_right(folder)
            new = _beside(folder, _NEW)
            try:
                new.mkdir()
                yield new
                if folder.exists():
                    folder.replace(_beside(folder, _OLD))
                new.replace(folder)
                flush(parent)
            finally:
                _put_right(folder)
    finally:
        if not there:  # made for the lock; it stays where it holds a run
            with suppress(OSError):
                parent.rmdir()


def fitted_at(folder: Path) -> datetime | None:
    """Return when a run was fitted, as it says itself; None where it does not."""
    try:
        text = (folder / FITTED_AT).read_text(encoding="utf-8").strip()
        return datetime.fromisoformat(text).astimezone(UTC)
    except (OSError, ValueError, OverflowError):
        return None


def time_after(runs_dir: Path) -> datetime:
    """Return the time, but later than that of every run in `runs_dir`: a clock may have been set back."""
    now = datetime.now(UTC)
    times = (fitted_at(path.parent) for path in runs_dir.glob(f"*/{FITTED_AT}"))
    return max([now, *(at + timedelta(microseconds=1) for at in times if at is not None)])


def remove_run(folder: Path) -> None:
    """Remove a run folder: first its name, so that nobody meets half of it, then what it holds.

    What a kill leaves has a name that begins with a dot, and the next command removes it.

    Raises
    ------
    OutputLockedError
        If another process writes this folder.
    OSError
        If it cannot be removed.
    """
    with output_lock(folder):
        _put_right(folder)
        gone = _beside(folder, _GONE)
        folder.replace(gone)
        shutil.rmtree(gone)


def restore_runs(parent: Path) -> None:
    """Put right what killed commands left in a folder of runs; what others write now is left alone.

    A folder that cannot be written to, or does not exist, stays as it is.
    """
    if not is_there(parent) or not parent.is_dir():
        return
    for name in sorted({name for name, _, _ in _left(parent)}):
        with suppress(OutputLockedError, OSError), output_lock(parent / name):
            _put_right(parent / name)


def _put_right(folder: Path) -> None:
    """Give the old folder its name back where that is missing, and remove all else that was left of it."""
    for name, what, path in list(_left(folder.parent)):
        if name != folder.name:
            continue
        if what in (_OLD, "old") and not folder.exists():
            path.replace(folder)
            continue
        gone = _beside(folder, _GONE)
        if path != gone:
            # Removed under another name: half of it must never be taken for the old folder.
            shutil.rmtree(gone, ignore_errors=True)
            path.replace(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _left(parent: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield name of the run, kind, and path of what lies in `parent` unfinished."""
    for path in sorted(parent.iterdir()):
        found = next((m for pattern in _LEFT if (m := pattern.fullmatch(path.name)) is not None), None)
        if found is not None and path.is_dir():
            yield found["name"], found["what"].rpartition(".")[2], path


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f".{folder.name}.{what}")
