"""How a library is answered and tagged: the defaults of the command line and of Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryOptions:
    """How a library is answered.

    Attributes
    ----------
    aggregation : {"mean", "vote", "log-mean"}
        How segments are gathered to the recording.
    overwrite : bool
        Whether answers of another model, or another file of that name, are replaced. Answers of this model
        stay, so that a call that was ended goes on.
    retry_failed : bool
        Whether recordings without a genre are tried again though their files are the same.
    prune : bool
        Whether rows of files that are not named are left out.
    n_jobs : int
        Worker processes; results do not depend on it.
    executor : object
        Where rows are computed, if not in processes of this machine; see `parallel.engines.engine`.
    """

    aggregation: str = "mean"
    overwrite: bool = False
    retry_failed: bool = False
    prune: bool = False
    n_jobs: int = -1
    executor: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagOptions:
    """Which files get their genre as a tag.

    Attributes
    ----------
    replace : bool
        Whether genre tags that are there are replaced; else such files are left alone.
    min_probability : float
        Files whose genre has less are left alone.
    """

    replace: bool = False
    min_probability: float = 0.0
