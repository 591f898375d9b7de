"""Short names of run folders: the digits that end a run's name, or how the name begins.

Prediction imports this module, so it needs no pandas and no Arrow.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from gtzan_features.errors import RunError
from gtzan_features.tables.run_storage import MANIFEST, restore_runs
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SHORTEST = 4
"""Characters that a short name has at least."""

_SHOWN = 6
_NAMED = 4
_DIGITS = re.compile(r"-([0-9a-f]{6,12})$")


def run_folders(runs_dir: Path) -> list[Path]:
    """Return the run folders in a folder, by name; what a killed command left is put right first."""
    restore_runs(runs_dir)
    return sorted(p.parent for p in runs_dir.glob(f"*/{MANIFEST}") if not p.parent.name.startswith("."))


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Return the first digits of each run's name that no other run of these has; the name where it has none.

    Examples
    --------
    >>> short_names(["gtzan-lda-3s-track-55857e013322", "gtzan-svm-3s-track-55857f99aa00", "best"])
    {'gtzan-lda-3s-track-55857e013322': '55857e', 'gtzan-svm-3s-track-55857f99aa00': '55857f', 'best': 'best'}
    """
    digits = {name: _digits(name) for name in names}
    found = {}
    for name, own in digits.items():
        others = [one for other, one in digits.items() if other != name]
        lengths = range(_SHOWN, len(own) + 1)
        told = (own[:n] for n in lengths if not any(other.startswith(own[:n]) for other in others))
        found[name] = next(told, name)
    return found


def find_run(name: str, runs_dir: Path) -> Path:
    """Return the one run folder in `runs_dir` that a name stands for.

    Parameters
    ----------
    name : str
        The folder's name, or four characters at least that begin the digits at its end or the name itself.

    Raises
    ------
    RunError
        If no run is called so, or more than one; the message lists them.
    """
    folders = {folder.name: folder for folder in run_folders(runs_dir)}
    if name in folders:
        return folders[name]
    asked = name.lower()
    found = [one for one in folders if len(asked) >= SHORTEST and _starts(asked, one)]
    if len(found) == 1:
        return folders[found[0]]
    if found:
        raise RunError(
            one_line(name), f"{len(found)} runs are called so: {_listed(found)}. Give more of the name"
        )
    shown = one_line(str(runs_dir))
    if not folders:
        raise RunError(
            one_line(name), f"no such folder, and {shown} holds no runs. Name a folder that gtzan fit wrote"
        )
    raise RunError(
        one_line(name), f"no such folder, and no run in {shown} is called so. {_advice(asked, list(folders))}"
    )


def _digits(name: str) -> str:
    found = _DIGITS.search(name)
    return found[1] if found else ""


def _starts(asked: str, name: str) -> bool:
    return _digits(name).startswith(asked) or name.lower().startswith(asked)


def _listed(names: list[str]) -> str:
    short = short_names(names)
    shown = [
        one_line(name if short[name] == name else f"{short[name]} ({_DIGITS.sub('', name)})")
        for name in names[:_NAMED]
    ]
    return ", ".join(shown) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _advice(asked: str, names: list[str]) -> str:
    if len(asked) < SHORTEST and any(
        start.startswith(asked) for name in names for start in (_digits(name), name)
    ):
        return f"Give {SHORTEST} characters of the name at least"
    short = short_names(names)
    words = {
        word: name for name in names for word in (short[name], _digits(name)[: len(asked)], name.lower())
    }
    close = difflib.get_close_matches(asked, [word for word in words if word], n=1)
    meant = f"Did you mean {one_line(short[words[close[0]]])}? " if close else ""
    return f"{meant}See what there is: gtzan runs"
