"""The feature tables that a measurement needs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gtzan_features.audio.formats import LOSSY_SUFFIXES
from gtzan_features.bench.finished_fits import add_seconds
from gtzan_features.config import FeatureConfig, Selection
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.errors import OutputExistsError
from gtzan_features.extraction.extract import ExtractConfig, extract

if TYPE_CHECKING:
    from gtzan_features.config import SegmentConfig
    from gtzan_features.progress import Notice, Progress


@dataclass(frozen=True, slots=True)
class Music:
    """A folder of genre folders, and which of its files are tracks."""

    audio_dir: Path
    selection: Selection = field(default_factory=Selection)


def extract_sets(
    music: Music,
    tables: Path,
    names: tuple[str, ...],
    lengths: tuple[SegmentConfig, ...],
    n_jobs: int,
    progress: Progress,
    notice: Notice,
) -> tuple[tuple[str, float], ...]:
    """Compute the tables of the whole of each feature set; return the steps with all seconds they took.

    Raises
    ------
    OutputExistsError
        If `tables` holds tables of other tracks or of another configuration.
    """
    steps = []
    n_tracks = len(read_catalogue(music.audio_dir, music.selection).tracks)
    said: set[str] = set()

    def once(line: str) -> None:  # how the folder was read is the same for every set
        if line not in said:
            notice(line)
        said.add(line)

    for name in dict.fromkeys(one.partition(":")[0] for one in names):
        features = FeatureConfig(feature_set=name)
        notice(f"Features of {name}: {n_tracks} files.")
        config = ExtractConfig(features=features, segments=lengths)
        try:
            done = extract(
                music.audio_dir,
                tables,
                config,
                n_jobs=n_jobs,
                selection=music.selection,
                progress=progress,
                notice=once,
            )
        except OutputExistsError as error:
            reason = "holds a table of other tracks or of another configuration. Give another --tables"
            raise OutputExistsError(error.path, reason) from error
        for status in done.skipped:
            notice(f"Skipped: {status.path}: {status.status}: {status.reason}")
        computed = done.n_reused < done.n_files
        seconds = add_seconds(tables, f"extract-{name}", done.elapsed_s if computed else 0.0)
        steps.append((f"features of {name}, {done.n_files} files", seconds))
    return tuple(steps)


def audio_words(music: Music) -> str:
    """Say of which files a measurement is, by their endings: features of a lossy copy are others.

    Examples of what it says: ``389 ogg files``, ``70 wav files and 2 mp3 files``.
    """
    tracks = read_catalogue(music.audio_dir, music.selection).tracks
    endings = Counter(Path(track.path).suffix.lower() for track in tracks)
    ordered = sorted(endings.items(), key=lambda item: (-item[1], item[0]))
    counts = [f"{n} {ending[1:]} file{'s' if n > 1 else ''}" for ending, n in ordered]
    lossy = sorted(ending[1:] for ending in endings if ending in LOSSY_SUFFIXES)
    note = (
        f". Copies with losses ({', '.join(lossy)}) have other features than their originals: "
        "the figures are of the copies"
    )
    return " and ".join(counts) + (note if lossy else "")
