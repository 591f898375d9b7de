"""Get GTZAN: fetch, check, unpack, check each track."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtzan_features.datasets.download import PARTS, SOURCES, Source, fetch, is_intact, unpack
from gtzan_features.errors import ConfigError, DownloadError
from gtzan_features.pipelines.progress import Notice, Progress, mute, silent

if TYPE_CHECKING:
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
        Tracks that were written.
    differing : tuple of str
        Tracks whose bytes are not those of the packaged facts.
    """

    folder: Path
    url: str
    n_tracks: int
    differing: tuple[str, ...]


def download(
    which: str, folder: Path, *, progress: Progress = silent, notice: Notice = mute
) -> DownloadResult:
    """Download a public copy of GTZAN into `folder`; an interrupted download goes on where it ended.

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
    """
    if which not in SOURCES:
        msg = f"no copy {which!r} of GTZAN; there are {', '.join(SOURCES)}"
        raise ConfigError(msg)
    failed: DownloadError | None = None
    for source in SOURCES[which]:
        try:
            return _from(source, folder, progress)
        except DownloadError as error:
            if failed is not None:
                notice(str(failed))
            failed = error
    if failed is None:
        raise DownloadError(which, "has no source")
    raise failed


def _from(source: Source, folder: Path, progress: Progress) -> DownloadResult:
    archive = fetch(source, folder, lambda done, total: progress(done >> 20, total >> 20, "MB"))
    intact = is_intact(archive, source.digest)
    try:
        good, bad = unpack(archive, folder, lambda done, total: progress(done, total, "tracks"))
    except DownloadError as error:
        archive.unlink()
        raise DownloadError(source.url, "what came is no whole archive, and was removed") from error
    if not intact and (bad or not good):
        archive.unlink()
        for name in (*good, *bad):
            (folder / name.split(".")[0] / name).unlink()
        reason = f"what came is not the archive whose hash {source.stated_in} states, and was removed"
        raise DownloadError(source.url, reason)
    shutil.rmtree(folder / PARTS)
    return DownloadResult(folder=folder, url=source.url, n_tracks=len(good) + len(bad), differing=tuple(bad))
