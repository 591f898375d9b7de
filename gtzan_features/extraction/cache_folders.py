"""Where parts lie: in a cache beside the tables, whose entries grow by a part for each file."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gtzan_features.cache import ENTRY, Cache
from gtzan_features.environment import row_program
from gtzan_features.errors import TableError
from gtzan_features.extraction.row_cache import ONCE
from gtzan_features.tables.atomic import remove_leftovers
from gtzan_features.tables.feature_tables import AUGMENTED
from gtzan_features.tables.locking import output_lock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gtzan_features.extraction.row_kinds import Recipe

PARTS = ".parts"
_MARKERS = (ENTRY, "program.json")  # the second: of earlier versions


def open_parts(out: Path, recipe: Recipe, made_by: Mapping[str, Any], *, recompute: bool) -> Path:
    """Return the folder of a recipe's parts in `out`, made and tidied; the caller holds the lock of `out`.

    Parameters
    ----------
    out : Path
        Folder of the tables.
    recipe : Recipe
    made_by : mapping
        What was done to the audio between decoding and features; empty for audio as it is.
    recompute : bool
        Remove all parts of earlier runs.
    """
    if recompute:
        shutil.rmtree(out / PARTS, ignore_errors=True)
    folder = Cache(out / PARTS).growing(recipe.key(made_by))
    _remove_once(folder)
    return folder


def parts_folder(out: Path, recipe: Recipe, made_by: Mapping[str, Any]) -> Path:
    """Return where the parts of a recipe lie in `out`; parameters as for `open_parts`.

    Its name is digits of all that rows depend on beside the files.
    """
    return Cache(out / PARTS).path(recipe.key(made_by))


def prune_parts(out: Path) -> None:
    """Remove the parts that no later run reads, such as those of other versions, from `out`.

    The caller holds its lock.
    """
    Cache(out / PARTS).tidy(row_program())
    for folder in (out / PARTS).iterdir():
        _remove_once(folder)
        if folder.is_dir():
            remove_leftovers(folder)  # of workers that were killed while the command went on


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed: files of parts, and their bytes."""

    n_files: int
    n_bytes: int


def remove_parts(out: Path) -> Removed:
    """Remove all parts in `out`; the caller holds its lock.

    The tables stay as they are. Another extraction into the folder computes every file anew. What is no
    folder of parts is left, whatever its name.
    """
    parts = out / PARTS
    n_files = n_bytes = 0
    for folder in sorted(parts.iterdir()) if parts.is_dir() else ():
        if folder.is_symlink() or not any((folder / marker).is_file() for marker in _MARKERS):
            continue
        sizes = [path.lstat().st_size for path in folder.iterdir()]
        shutil.rmtree(folder)
        n_files, n_bytes = n_files + len(sizes) - 1, n_bytes + sum(sizes)  # that of the entry is no part
    with contextlib.suppress(OSError):  # something else lies there, or it is a link
        parts.rmdir()
    return Removed(n_files, n_bytes)


def prune(out: Path) -> Removed:
    """Remove all parts in a folder of tables, which no fit and no prediction needs; see `remove_parts`.

    Those of augmented audio, in folders beside the tables, are removed, too.

    Raises
    ------
    TableError
        If `out` holds neither tables nor parts.
    OutputLockedError
        If another command is writing into `out`.
    """
    if not (out / PARTS).is_dir() and not any(out.glob("*.parquet")) and not (out / AUGMENTED).is_dir():
        raise TableError(out, "holds no tables. Give the folder that they lie in")
    removed = []
    for folder in (out, *sorted(path.parent for path in out.glob(f"{AUGMENTED}/*/{PARTS}"))):
        with output_lock(folder):
            removed.append(remove_parts(folder))
    return Removed(sum(one.n_files for one in removed), sum(one.n_bytes for one in removed))


def _remove_once(folder: Path) -> None:
    for part in folder.glob(f"*{ONCE}"):
        part.unlink(missing_ok=True)
