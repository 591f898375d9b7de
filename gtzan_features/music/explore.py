"""Pictures of a folder of music: its spectrograms, how its features lie, and whether its tempos are right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.audio.load import load
from gtzan_features.config import TRACK_S, FeatureConfig
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.datasets.names import label
from gtzan_features.datasets.remarks import remarks
from gtzan_features.descriptors import sets
from gtzan_features.errors import FILE_FAULTS, CatalogueError, file_fault, lost_fault
from gtzan_features.extraction.row_kinds import ExtractConfig
from gtzan_features.music.explore_sections import (
    Example,
    distribution_section,
    example_section,
    mean_section,
    projection_section,
    tempo_section,
)
from gtzan_features.parallel.local import local_executor, shares_what_is_loaded
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.reports.html.explore import PictureSection, write_explore_page
from gtzan_features.spectra import Spectra
from gtzan_features.tables.locking import output_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from gtzan_features.config import Selection
    from gtzan_features.datasets.tracks import Catalogue, TrackFile

_NO_GENRE = "(no genre)"
MEAN_TIMES = 120
"""Columns of a mean mel spectrogram: a quarter of a second each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExploreResult:
    """What was drawn.

    Attributes
    ----------
    page : Path
        The page with all pictures; the pictures lie beside it.
    n_tracks : int
        Tracks that could be read.
    skipped : tuple of str
        Path and reason of each track that could not.
    accuracy1, accuracy2 : float or None
        Of the tempo estimates, within [0, 1]; None where no tempo is annotated.
    remarks : tuple of str
        What was passed over and what looks odd, a line each.
    """

    page: Path
    n_tracks: int
    skipped: tuple[str, ...]
    accuracy1: float | None
    accuracy2: float | None
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Look:
    """What one track gives: features, its mel spectrogram coarsely, and all of it for an example."""

    track: TrackFile
    row: npt.NDArray[np.float64]
    mel: npt.NDArray[np.float32]
    example: Example | None
    skipped: str = ""


def explore(
    audio_dir: Path,
    out: Path,
    *,
    tracks: tuple[str, ...] = (),
    selection: Selection | None = None,
    n_jobs: int = -1,
    more: Callable[[Catalogue, Sequence[TrackFile]], Sequence[PictureSection]] | None = None,
    progress: Progress = silent,
    notice: Notice = mute,
) -> ExploreResult:
    """Draw a folder of music and write the pictures and a page of them into `out`.

    Parameters
    ----------
    audio_dir : Path
        A folder of genre folders.
    out : Path
        Where ``explore.html`` and the pictures go.
    tracks : tuple of str
        Identifiers of the tracks to show as examples, instead of the first one of their genre.
    selection : Selection, optional
        Which genre folders, and which of several files of a track; see `read_catalogue`.
    n_jobs : int
        Worker processes, one task per file; -1 is one per processor.
    more : callable, optional
        ``more(catalogue, examples)`` gives further sections for the page, for instance pictures of what
        augmentation does to the example tracks.
    progress : callable
        Called after each file.
    notice : callable
        Told when kernels must be compiled first.

    Raises
    ------
    CatalogueError
        If `audio_dir` is no folder of genre folders, a named track is not in it, or no track can be read.
    """
    found = read_catalogue(audio_dir, selection, progress)
    catalogue = replace(found, tracks=tuple(_of_one_genre(track, found) for track in found.tracks))
    examples = _examples(catalogue, tracks)
    names = frozenset(track.track_id for track in examples)
    task = partial(_look, root=str(catalogue.root), features=FeatureConfig(), examples=names)
    executor = local_executor(n_jobs)
    with output_lock(out):
        # Before the workers, which would compile at the same time.
        ExtractConfig().prepare(notice, loaded=shares_what_is_loaded(executor))
        looks = []
        for look in executor.map(task, catalogue.tracks, lost=_lost):
            looks.append(look)
            progress(len(looks), len(catalogue.tracks), "files")
        good = [look for look in looks if not look.skipped]
        if not good:
            msg = f"{audio_dir}: no track can be read: {looks[0].skipped}"
            raise CatalogueError(msg)
        sections, accuracies = _sections(catalogue, good)
        if more is not None:
            sections += more(catalogue, examples)
        words = (
            f"{len(good)} tracks in {len(catalogue.genres)} genres: {', '.join(catalogue.genres)}. Written "
            "by gtzan data explore; this page is one file and asks the network for nothing."
        )
        page = write_explore_page(catalogue.dataset, words, sections, out, synthetic=catalogue.synthetic)
    skipped = tuple(look.skipped for look in looks if look.skipped)
    return ExploreResult(
        page=page,
        n_tracks=len(good),
        skipped=skipped,
        accuracy1=accuracies[0],
        accuracy2=accuracies[1],
        remarks=remarks(found),
    )


def _of_one_genre(track: TrackFile, catalogue: Catalogue) -> TrackFile:
    """Return a track for pictures by genre: with the first of its genres, or a word for none."""
    return replace(track, genre=next(iter(catalogue.genres_of(track)), _NO_GENRE))


def _sections(
    catalogue: Catalogue, good: Sequence[_Look]
) -> tuple[list[PictureSection], tuple[float | None, float | None]]:
    mark = "SYNTHETIC " if catalogue.synthetic else ""
    title = f"{mark}{catalogue.dataset}"
    ids = [look.track.track_id for look in good]
    genres = [look.track.genre for look in good]
    rows = np.stack([look.row for look in good])
    columns = sets.columns(FeatureConfig())
    means = {
        genre: np.mean([look.mel for look in good if look.track.genre == genre], axis=0)
        for genre in sorted(set(genres))
    }
    tempo = rows[:, [c.name for c in columns].index("tempo")]
    tempos, accuracies = tempo_section(title, ids, tempo)
    sections = [
        example_section([look.example for look in good if look.example is not None]),
        mean_section(title, means),
        distribution_section(title, rows, genres, columns),
        *projection_section(title, rows, ids, genres),
        *tempos,
    ]
    return sections, accuracies


def _examples(catalogue: Catalogue, named: tuple[str, ...]) -> list[TrackFile]:
    """Return the named track of each genre, or its first."""
    by_id = {track.track_id: track for track in catalogue.tracks}
    named = tuple(name if name in by_id else label(name) for name in named)
    unknown = [name for name in named if name not in by_id]
    if unknown:
        msg = f"{catalogue.root}: no track {unknown[0]!r}; its tracks are named like {next(iter(by_id))!r}"
        raise CatalogueError(msg)
    chosen = [by_id[name] for name in named]
    taken = {track.genre for track in chosen}
    for track in catalogue.tracks:
        if track.genre not in taken:
            chosen.append(track)
            taken.add(track.genre)
    return sorted(chosen, key=lambda track: (track.genre, track.track_id))


def _look(track: TrackFile, root: str, features: FeatureConfig, examples: frozenset[str]) -> _Look:
    """Read one track; runs in a worker."""
    try:
        samples = load(Path(root) / track.path, features.sr, seconds=TRACK_S).samples
        row = sets.compute([samples], features)[0]
        spectra = Spectra(samples, features)
    except FILE_FAULTS as error:  # also one that was decoded, but is too short for a frame
        return _unseen(track, file_fault(error)[1])
    example = None
    if track.track_id in examples:
        level = 20 * np.log10(np.maximum(spectra.magnitude[:, :-1], 1e-5))
        example = Example(track.track_id, samples.copy(), _pooled(level, 3, 4), _pooled(spectra.mel_db, 3, 1))
    return _Look(track, row, _coarse(spectra.mel_db, features), example)


def _lost(track: TrackFile, how: str) -> _Look:
    return _unseen(track, lost_fault(how))


def _unseen(track: TrackFile, reason: str) -> _Look:
    nothing = np.empty(0)
    return _Look(track, nothing, nothing.astype(np.float32), None, f"{label(track.path)}: {reason}")


def _pooled(levels: npt.NDArray[np.float32], frames: int, bins: int) -> npt.NDArray[np.float32]:
    """Average blocks of frames and bins: a picture has fewer points than a spectrogram."""
    n_frames, n_bins = (levels.shape[0] // frames, levels.shape[1] // bins)
    cut = levels[: n_frames * frames, : n_bins * bins].reshape(n_frames, frames, n_bins, bins)
    return np.asarray(cut.mean(axis=(1, 3)), dtype=np.float32)


def _coarse(mel_db: npt.NDArray[np.float32], features: FeatureConfig) -> npt.NDArray[np.float32]:
    """Average a mel spectrogram over `MEAN_TIMES` parts of 30 s; a shorter track is repeated to its end."""
    n_frames = 1 + round(TRACK_S * features.sr) // features.hop
    frames = np.resize(mel_db, (n_frames, mel_db.shape[1]))
    edges = np.linspace(0, n_frames, MEAN_TIMES + 1).astype(np.int64)
    sums = np.add.reduceat(frames.astype(np.float64), edges[:-1], axis=0)
    return (sums / np.diff(edges)[:, None]).astype(np.float32)
