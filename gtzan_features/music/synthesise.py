"""Write the synthetic data set, in parallel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gtzan_features.errors import OutputExistsError
from gtzan_features.parallel.local import local_executor
from gtzan_features.progress import Progress, silent
from gtzan_features.synthetic import MARKER, SyntheticConfig, iter_tracks, write_marker, write_track
from gtzan_features.tables.atomic import remove_leftovers
from gtzan_features.tables.locking import LOCK_NAME, output_lock

if TYPE_CHECKING:
    from pathlib import Path


TRACK_S = 30.02
"""A little over 30 s, as GTZAN's tracks are, so that the Kaggle rule gives ten 3 s segments, not nine."""


def synthesise(
    folder: Path,
    *,
    tracks_per_genre: int = 20,
    seconds: float = TRACK_S,
    seed: int = 0,
    tracks_per_artist: int = 1,
    n_jobs: int = -1,
    progress: Progress = silent,
) -> int:
    """Write the synthetic data set into `folder` and return the number of tracks.

    The same configuration gives the same bytes. The marker ``dataset.json`` comes last: a folder that
    has it is complete.

    Raises
    ------
    ConfigError
        If a setting is out of range; `SyntheticConfig` says what each may be.
    OutputExistsError
        If `folder` holds something that is no synthetic data set.
    OutputLockedError
        If another command is writing into `folder`.
    """
    config = SyntheticConfig(
        tracks_per_genre=tracks_per_genre, seconds=seconds, seed=seed, tracks_per_artist=tracks_per_artist
    )
    executor, items = local_executor(n_jobs), list(iter_tracks(config))
    folder.mkdir(parents=True, exist_ok=True)
    with output_lock(folder):
        for genre in config.genres:
            if (folder / genre).is_dir():
                remove_leftovers(folder / genre)
        if any(not _is_own(path) for path in folder.rglob("*") if path.is_file()):
            raise OutputExistsError(folder, "holds other files. Give an empty or a new folder")
        task = partial(_write, folder=folder, config=config)
        for done, _ in enumerate(executor.map(task, items), start=1):
            progress(done, len(items), "tracks")
        write_marker(folder, config)
    return len(items)


def _write(item: tuple[str, int], folder: Path, config: SyntheticConfig) -> None:
    write_track(folder, *item, config)


def _is_own(path: Path) -> bool:
    return path.name in (MARKER, LOCK_NAME) or "synth" in path.name
