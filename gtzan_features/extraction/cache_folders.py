"""Where parts lie: in a folder for each recipe and each state of the program, beside the tables."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from gtzan_features.environment import code_fingerprint, library_versions
from gtzan_features.extraction.row_cache import ONCE
from gtzan_features.tables.atomic import remove_leftovers, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.extraction.row_kinds import Recipe

PARTS = ".parts"
_MARKER = "program.json"


def open_parts(out: Path, recipe: Recipe, *, recompute: bool) -> Path:
    """Return the folder of a recipe's parts in `out`, made and tidied; the caller holds the lock of `out`.

    Parameters
    ----------
    out : Path
        Folder of the tables.
    recipe : Recipe
    recompute : bool
        Remove all parts of earlier runs.
    """
    if recompute:
        shutil.rmtree(out / PARTS, ignore_errors=True)
    folder = out / PARTS / recipe.fingerprint()
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    _remove_once(folder)
    write_text(folder / _MARKER, _program())
    return folder


def prune_parts(out: Path) -> None:
    """Remove the parts that no later run reads, such as those of other versions, from `out`.

    The caller holds its lock.
    """
    for folder in sorted((out / PARTS).iterdir()):
        try:
            is_current = (folder / _MARKER).read_text(encoding="utf-8") == _program()
        except (OSError, ValueError):
            is_current = False
        if not is_current and folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
        elif is_current:
            _remove_once(folder)


def _remove_once(folder: Path) -> None:
    for part in folder.glob(f"*{ONCE}"):
        part.unlink(missing_ok=True)


def _program() -> str:
    return json.dumps({"code": code_fingerprint(), **library_versions()}, indent=1) + "\n"
