"""Rows of recordings that are no data set: files and samples one by one, kept nowhere.

Workers import this module, so it needs no pandas, no Arrow and no scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gtzan_features.datasets.tracks import TrackFile
from gtzan_features.errors import FILE_FAULTS, AudioTooShortError, file_fault
from gtzan_features.extraction.row_cache import Part, lost_part, recording_part
from gtzan_features.parallel.local import local_executor, shares_what_is_loaded
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.tables.file_status import FileStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gtzan_features.audio.samples import Samples
    from gtzan_features.extraction.row_kinds import Recipe


@dataclass(frozen=True, slots=True)
class Recording:
    """A file, or samples in memory, and what it is called."""

    name: str
    source: Path | Samples

    @property
    def track(self) -> TrackFile:
        """What a status table would say of it; it has no genre."""
        return TrackFile(track_id=self.name, genre="", path=self.name)


def recording_rows(recording: Recording, recipe: Recipe, *, whole: bool = False) -> Part:
    """Compute the rows of one recording, here.

    Parameters
    ----------
    recording : Recording
    recipe : Recipe
    whole : bool
        Whether a recording too short for a row has one over all of it.

    Raises
    ------
    AudioError, SignalError
        If it cannot be read, or is too short for a row of any length.
    """
    part = recording_part(recording.track, recording.source, recipe, whole=whole)
    if not any(len(keys) for keys, _ in part.rows.values()):
        raise AudioTooShortError(Path(recording.name), part.status.reason)
    return part


def each_recording(
    recordings: Sequence[Recording],
    recipe: Recipe,
    *,
    whole: bool = False,
    n_jobs: int = 1,
    progress: Progress = silent,
    notice: Notice = mute,
) -> Iterator[Part]:
    """Yield the rows of each recording, in order; one that cannot be used has a status that says why.

    Parameters
    ----------
    recordings : sequence of Recording
    recipe : Recipe
    whole : bool
        As for `recording_rows`.
    n_jobs : int
        Worker processes; -1 for one per processor. Rows do not depend on it.
    progress, notice : callable
        Called after each recording, and where kernels must be compiled first.

    Raises
    ------
    ConfigError
        If `n_jobs` is no number of workers.
    """
    executor = local_executor(n_jobs)
    # Before the workers, which would compile at the same time.
    recipe.prepare(notice, loaded=len(recordings) > 1 and shares_what_is_loaded(executor))
    task = partial(usable_rows, recipe=recipe, whole=whole)
    for done, part in enumerate(executor.map(task, recordings, lost=_lost), start=1):
        progress(done, len(recordings), "files")
        yield part


def usable_rows(recording: Recording, recipe: Recipe, *, whole: bool) -> Part:
    """Compute the rows of one recording; what is wrong with it is in the status. Runs in a worker."""
    try:
        return recording_part(recording.track, recording.source, recipe, whole=whole)
    except FILE_FAULTS as error:
        status, reason = file_fault(error)
        return Part(FileStatus.of(recording.track, status=status, reason=reason), {}, reused=False)


def _lost(recording: Recording, how: str) -> Part:
    return lost_part(recording.track, how)
