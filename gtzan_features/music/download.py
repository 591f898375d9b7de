"""Get GTZAN: fetch, check, unpack, check each track."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.datasets.download import (
    PARTS,
    SOURCES,
    UNPACKED,
    Source,
    fetch,
    is_intact,
    place,
    unpack,
)
from gtzan_features.errors import ConfigError, DownloadError
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.tables.locking import output_lock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadResult:
    """What was downloaded.

    Attributes
    ----------
    folder : Path
        Holds one folder per genre.
    url : str
        Where it came from.
    n_tracks : int
        Tracks of the archive that lie in their places, those that lay there before among them.
    differing : tuple of str
        Tracks of the archive whose bytes are not those of the packaged facts.
    left : tuple of str
        Files with other bytes, below `folder`, that stand in the place of a track and were left there.
    """

    folder: Path
    url: str
    n_tracks: int
    differing: tuple[str, ...]
    left: tuple[str, ...] = ()


def download(
    which: str, folder: Path, *, progress: Progress = silent, notice: Notice = mute
) -> DownloadResult:
    """Download a public copy of GTZAN into `folder`; an interrupted download goes on where it ended.

    The archive is unpacked aside and checked before a track goes to its place. Files that lie there are
    never replaced or removed.

    Parameters
    ----------
    which : {"mini", "full"}
    folder : Path
        Where genre folders go.
    progress : callable
        Called with megabytes, then with tracks.
    notice : callable
        Told when a source fails and the next is tried.

    Raises
    ------
    ConfigError
        If there is no such copy.
    DownloadError
        If no source can be reached, or what came is neither the archive that is documented nor made of the
        tracks of the packaged facts.
    OutputLockedError
        If another command downloads into `folder`.
    """
    if which not in SOURCES:
        msg = f"no copy {which!r} of GTZAN; there are {', '.join(SOURCES)}"
        raise ConfigError(msg)
    with output_lock(folder / PARTS):
        return _from_any(SOURCES[which], folder, progress, notice)


def _from_any(sources: Sequence[Source], folder: Path, progress: Progress, notice: Notice) -> DownloadResult:
    """Try one source after the other."""
    failed: DownloadError | None = None
    for source in sources:
        try:
            return _from(source, folder, progress)
        except DownloadError as error:
            if failed is not None:
                notice(str(failed))
            failed = error
    if failed is None:
        msg = "no source is known"
        raise ConfigError(msg)
    raise failed


def _from(source: Source, folder: Path, progress: Progress) -> DownloadResult:
    archive = fetch(source, folder, lambda done, total: progress(done >> 20, total >> 20, "MB"))
    intact = is_intact(archive, source.digest)
    aside = folder / PARTS / UNPACKED
    try:
        good, bad = _checked(source, archive, intact, aside, progress)
        names = [*good, *bad]
        left = place(aside, folder, names)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    if not left:  # else the archive serves the same command once more, when they are out of its way
        shutil.rmtree(folder / PARTS)
    return DownloadResult(
        folder=folder,
        url=source.url,
        n_tracks=len(names) - len(left),
        differing=tuple(bad),
        left=tuple(str(path.relative_to(folder)) for path in left),
    )


def _checked(
    source: Source, archive: Path, intact: bool, aside: Path, progress: Progress
) -> tuple[list[str], list[str]]:
    """Unpack an archive aside; remove it where it is not what was asked for."""
    try:
        good, bad = unpack(archive, aside, lambda done, total: progress(done, total, "tracks"))
    except DownloadError as error:
        archive.unlink()
        raise DownloadError(source.url, "what came is no whole archive, and was removed") from error
    if not good and not bad:
        archive.unlink()
        raise DownloadError(source.url, "what came holds none of GTZAN's tracks, and was removed")
    if not intact and (bad or not good):
        archive.unlink()
        reason = f"what came is not the archive whose hash {source.stated_in} states, and was removed"
        raise DownloadError(source.url, reason)
    return good, bad
