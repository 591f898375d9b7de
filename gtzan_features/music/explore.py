"""Pictures of a folder of music: its spectrograms, how its features lie, and whether its tempos are right."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.audio.containers import examine
from gtzan_features.audio.load import load, with_file
from gtzan_features.config import TRACK_S, FeatureConfig
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.datasets.names import label
from gtzan_features.datasets.remarks import remarks
from gtzan_features.descriptors import sets
from gtzan_features.errors import FILE_FAULTS, CatalogueError, file_fault, lost_fault
from gtzan_features.extraction.row_kinds import ExtractConfig
from gtzan_features.music.explore_sections import (
    HEARD_S,
    Example,
    balance_section,
    distribution_section,
    example_section,
    projection_section,
    tempo_section,
)
from gtzan_features.music.heard import heard
from gtzan_features.music.overview import TrackFacts, overview_section
from gtzan_features.parallel.local import local_executor, shares_what_is_loaded
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.reports.html.explore import PictureSection, write_explore_page
from gtzan_features.spectra import Spectra
from gtzan_features.tables.locking import output_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from gtzan_features.audio.opened import AudioFile
    from gtzan_features.audio.sound import Signal
    from gtzan_features.config import Selection
    from gtzan_features.datasets.tracks import Catalogue, TrackFile

_NO_GENRE = "(no genre)"
_LEAST_POWER = 1e-10
MEAN_TIMES = 30
"""Columns of a mean mel spectrogram: a second each."""


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
    """What one track gives: features, its mel spectrogram coarsely, and all of it for an example.

    Attributes
    ----------
    track : TrackFile
    row : ndarray of shape (n_columns,)
        Its features.
    mel : ndarray of shape (MEAN_TIMES, n_mels)
        Levels of its mel spectrogram in dB.
    spectrum : ndarray of shape (n_mels,)
        Mean power of each band in dB.
    facts : TrackFacts or None
        None where it could not be read.
    example : Example or None
        What is drawn of it, if it is one of the examples.
    skipped : str
        Why it could not be read.
    """

    track: TrackFile
    row: npt.NDArray[np.float64]
    mel: npt.NDArray[np.float32]
    spectrum: npt.NDArray[np.float64]
    facts: TrackFacts | None
    example: Example | None
    skipped: str = ""


def explore(
    audio_dir: Path,
    out: Path,
    *,
    tracks: tuple[str, ...] = (),
    selection: Selection | None = None,
    n_jobs: int = -1,
    sounds: bool = True,
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
    sounds : bool
        Whether the page holds some seconds of each example to play: pieces of the music itself.
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
    task = partial(_look, root=str(catalogue.root), features=FeatureConfig(), examples=names, sounds=sounds)
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
        skipped = tuple(look.skipped for look in looks if look.skipped)
        sections, accuracies = _sections(catalogue, good, skipped, remarks(found))
        if more is not None:
            sections += more(catalogue, examples)
        words = (
            f"{len(good)} tracks in {len(catalogue.genres)} genres: {', '.join(catalogue.genres)}. Written "
            "by gtzan data explore; this page is one file and asks the network for nothing."
        )
        if any(picture.sounds for section in sections for picture in section.pictures):
            words += " It holds pieces of the music: mind its rights before you pass the page on."
        page = write_explore_page(catalogue.dataset, words, sections, out, synthetic=catalogue.synthetic)
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
    catalogue: Catalogue, good: Sequence[_Look], skipped: Sequence[str], odd: Sequence[str]
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
    spectra = np.stack([look.spectrum for look in good])
    tempo = rows[:, [c.name for c in columns].index("tempo")]
    tempos, accuracies = tempo_section(title, ids, tempo)
    sections = [
        overview_section(title, [look.facts for look in good if look.facts is not None], skipped, odd),
        distribution_section(title, rows, genres, columns),
        balance_section(title, spectra, genres, means),
        *projection_section(title, rows, ids, genres),
        *tempos,
        example_section([look.example for look in good if look.example is not None]),
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


def _look(
    track: TrackFile, root: str, features: FeatureConfig, examples: frozenset[str], *, sounds: bool
) -> _Look:
    """Read one track; runs in a worker."""
    try:
        signal, length_s = with_file(Path(root) / track.path, partial(_read, sr=features.sr))
        row = sets.compute([signal.samples], features)[0]
        spectra = Spectra(signal.samples, features)
    except FILE_FAULTS as error:  # also one that was decoded, but is too short for a frame
        return _unseen(track, file_fault(error)[1])
    power = np.maximum(spectra.mel_power.astype(np.float64), _LEAST_POWER)
    return _Look(
        track=track,
        row=row,
        mel=_coarse(10 * np.log10(power), features),
        spectrum=10 * np.log10(power.mean(axis=0)),
        facts=_facts(track, signal, length_s),
        example=_example(track, signal, spectra, sounds=sounds) if track.track_id in examples else None,
    )


def _read(file: AudioFile, sr: int) -> tuple[Signal, float | None]:
    """Return the first 30 s of a file, and how long all of it is, where it says that."""
    signal = load(file, sr, seconds=TRACK_S)
    present = examine(file).at(signal.source_sr).present
    return signal, None if present is None else present / signal.source_sr


def _facts(track: TrackFile, signal: Signal, length_s: float | None) -> TrackFacts:
    samples = signal.samples
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    is_whole = signal.n_samples < round(TRACK_S * signal.sr)
    return TrackFacts(
        track_id=track.track_id,
        genre=track.genre,
        path=track.path,
        seconds=signal.duration_s if is_whole or length_s is None else length_s,
        whole=is_whole or length_s is not None,
        source_sr=signal.source_sr,
        channels=signal.source_channels,
        rms_db=20 * np.log10(rms),
        peak_db=signal.peak_db,
        clipped=signal.clipped,
        samples_sha256=hashlib.sha256(samples.data).hexdigest(),
        damage=signal.repair,
    )


def _example(track: TrackFile, signal: Signal, spectra: Spectra, *, sounds: bool) -> Example:
    samples, sr = signal.samples, signal.sr
    start = max(0, (samples.size - round(HEARD_S * sr)) // 2)
    end = min(samples.size, start + round(HEARD_S * sr))
    stft = 20 * np.log10(np.maximum(spectra.magnitude[:, :-1], _LEAST_POWER**0.5))
    mel = 10 * np.log10(np.maximum(spectra.mel_power, _LEAST_POWER))
    return Example(
        track_id=track.track_id,
        genre=track.genre,
        samples=samples.copy(),
        stft_db=_pooled(stft, 5, 8),
        mel_db=_pooled(mel, 5, 1),
        heard_s=(start / sr, end / sr),
        mp3=heard(samples[start:end], sr) if sounds else None,
    )


def _lost(track: TrackFile, how: str) -> _Look:
    return _unseen(track, lost_fault(how))


def _unseen(track: TrackFile, reason: str) -> _Look:
    nothing = np.empty(0)
    return _Look(
        track=track,
        row=nothing,
        mel=nothing.astype(np.float32),
        spectrum=nothing,
        facts=None,
        example=None,
        skipped=f"{label(track.path)}: {reason}",
    )


def _pooled(levels: npt.NDArray[np.float32], frames: int, bins: int) -> npt.NDArray[np.float32]:
    """Average blocks of frames and bins: a picture has fewer points than a spectrogram."""
    n_frames, n_bins = (levels.shape[0] // frames, levels.shape[1] // bins)
    cut = levels[: n_frames * frames, : n_bins * bins].reshape(n_frames, frames, n_bins, bins)
    return np.asarray(cut.mean(axis=(1, 3)), dtype=np.float32)


def _coarse(mel_db: npt.NDArray[np.float64], features: FeatureConfig) -> npt.NDArray[np.float32]:
    """Average a mel spectrogram over `MEAN_TIMES` parts of 30 s; a shorter track is repeated to its end."""
    n_frames = 1 + round(TRACK_S * features.sr) // features.hop
    frames = np.resize(mel_db, (n_frames, mel_db.shape[1]))
    edges = np.linspace(0, n_frames, MEAN_TIMES + 1).astype(np.int64)
    sums = np.add.reduceat(frames, edges[:-1], axis=0)
    return (sums / np.diff(edges)[:, None]).astype(np.float32)
