"""From a folder of music to folders of augmented music, one for each augmentation."""

from __future__ import annotations

import errno
import hashlib
import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.audio.augment import KINDS, augment
from gtzan_features.audio.decode import content_hash, read_comment, write_wav
from gtzan_features.audio.load import load
from gtzan_features.audio.system import decoder_version
from gtzan_features.cache import Key, Program
from gtzan_features.config import FeatureConfig, Selection
from gtzan_features.datasets.catalogue import MARKER, read_catalogue
from gtzan_features.datasets.names import label
from gtzan_features.datasets.remarks import remarks
from gtzan_features.environment import row_program
from gtzan_features.errors import (
    FILE_FAULTS,
    AudioError,
    ConfigError,
    OutputExistsError,
    file_fault,
    lost_fault,
)
from gtzan_features.parallel.local import local_executor
from gtzan_features.progress import Progress, silent
from gtzan_features.tables.atomic import atomic_path, remove_leftovers, write_text
from gtzan_features.tables.locking import output_lock
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from gtzan_features.audio.sound import Signal
    from gtzan_features.datasets.tracks import Catalogue, TrackFile


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentSummary:
    """What was written.

    Attributes
    ----------
    folders : dict
        Folder of each augmentation.
    n_written, n_kept : int
        Files written now, and those that were there already.
    skipped : tuple of str
        Files that could not be read, or whose copies could not be named, with the reason.
    remarks : tuple of str
        What was passed over and what looks odd, a line each.
    """

    folders: dict[str, str]
    n_written: int
    n_kept: int
    skipped: tuple[str, ...]
    remarks: tuple[str, ...]


def augment_folder(
    audio_dir: Path,
    out: Path,
    kinds: tuple[str, ...],
    *,
    selection: Selection | None = None,
    seed: int = 0,
    n_jobs: int = -1,
    overwrite: bool = False,
    progress: Progress = silent,
) -> AugmentSummary:
    """Write an augmented copy of every track into ``out/KIND/GENRE/``, as WAV of 22050 Hz.

    A copy has its track's identifier, so that `fit` knows which row it belongs to; the chance in it
    depends on the seed, the augmentation and the identifier only. A copy carries the digits of its key, of
    source, augmentation and program: those that are as they would be written are kept, others replaced.

    Parameters
    ----------
    audio_dir : Path
        A folder of genre folders.
    out : Path
        Where the folders of the augmentations go.
    kinds : tuple of str
        Of `audio.augment.KINDS`.
    selection : Selection, optional
        Which genre folders, and which of several files of a track; see `read_catalogue`.
    seed : int
        Of all chance.
    n_jobs : int
        Worker processes, one task per track.
    overwrite : bool
        Write copies anew that were made with another seed or from other music.
    progress : callable
        Called after each track.

    Raises
    ------
    ConfigError
        If there is no such augmentation, or none is given.
    CatalogueError
        If `audio_dir` is no folder of genre folders with audio.
    OutputExistsError
        If copies of another seed or data set are there, or other files, unless `overwrite`.
    OutputLockedError
        If another command is writing into `out`.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        msg = f"no augmentation {', '.join(unknown) or 'given'} of audio; there are {', '.join(KINDS)}"
        raise ConfigError(msg)
    catalogue = read_catalogue(audio_dir, selection, progress)
    executor = local_executor(n_jobs)
    out.mkdir(parents=True, exist_ok=True)
    with output_lock(out):
        for kind in kinds:
            _mark(out / kind, kind, seed, catalogue, overwrite)
            for folder in {out / kind, *((out / kind / track.path).parent for track in catalogue.tracks)}:
                if folder.is_dir():
                    remove_leftovers(folder)
        task = partial(
            _augment_file,
            root=str(catalogue.root),
            out=str(out),
            kinds=kinds,
            seed=seed,
            program=_program(),
            anew=overwrite,
        )
        results: list[tuple[int, str]] = []
        for result in executor.map(task, catalogue.tracks, lost=_lost):
            results.append(result)
            progress(len(results), len(catalogue.tracks), "files")
    written = sum(count for count, _ in results)
    bad = tuple(reason for _, reason in results if reason)
    return AugmentSummary(
        folders={kind: str(out / kind) for kind in kinds},
        n_written=written,
        n_kept=len(kinds) * (len(results) - len(bad)) - written,
        skipped=bad,
        remarks=remarks(catalogue),
    )


def _program() -> Program:
    """Return what makes the copies: ffmpeg, too, which reads what libsndfile cannot."""
    rows = row_program()
    return replace(rows, versions={**rows.versions, "ffmpeg": decoder_version()})


def _mark(folder: Path, kind: str, seed: int, catalogue: Catalogue, overwrite: bool) -> None:
    """Say in the folder what it holds; refuse one that holds something else."""
    marker = folder / MARKER
    name = f"{catalogue.dataset} + {kind}"
    text = json.dumps({"name": name, "synthetic": catalogue.synthetic, "augment": kind, "seed": seed}) + "\n"
    if not overwrite:
        if not marker.exists() and folder.is_dir() and any(folder.iterdir()):
            reason = f"holds files, and no word that they are {name}. Give another folder, or --overwrite"
            raise OutputExistsError(folder, reason)
        if marker.exists() and marker.read_text(encoding="utf-8") != text:
            reason = f"not {name} of seed {seed}. Give another folder, or --overwrite to replace it"
            raise OutputExistsError(marker, reason)
    write_text(marker, text)


def _augment_file(
    track: TrackFile, root: str, out: str, kinds: tuple[str, ...], seed: int, program: Program, anew: bool
) -> tuple[int, str]:
    """Write the copies of one track; runs in a worker. Return how many, and what is wrong with the track."""
    path = Path(root) / track.path
    try:
        sha256 = content_hash(path)
        missing = {}
        for kind in kinds:
            target = (Path(out) / kind / track.path).with_suffix(".wav")
            settings = {"kind": kind, "seed": seed, "track": track.track_id}
            made_of = Key(inputs={"source": sha256}, settings=settings, program=program).digits
            if anew or read_comment(target) != made_of:
                missing[kind] = (target, made_of)
        if not missing:
            return 0, ""
        signal = load(path, FeatureConfig().sr)
    except FILE_FAULTS as error:
        whole = str(error) if isinstance(error, AudioError) else f"{path}: {file_fault(error)[1]}"
        return 0, one_line(whole)
    try:
        for kind, (target, made_of) in missing.items():
            # Of what was read, in case the file was replaced since it was hashed.
            text = made_of if signal.sha256 == sha256 else ""
            _write_copy(target, kind, signal, generator(seed, kind, track.track_id), text)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return 0, f"{label(track.path)}: no room in its name for the ending .wav. Rename it"
    return len(missing), ""


def _lost(track: TrackFile, how: str) -> tuple[int, str]:
    return 0, f"{label(track.path)}: {lost_fault(how)}"


def _write_copy(target: Path, kind: str, signal: Signal, rng: np.random.Generator, made_of: str) -> None:
    sr = FeatureConfig().sr
    copy = augment(signal.samples, sr, kind, rng)
    # Where the start is lost, silence stands for it: a segment keeps its number in the copy, and those of
    # the silence have no row in the table that is fitted.
    samples = np.concatenate([np.zeros(signal.first_sample, np.float32), copy])
    with atomic_path(target) as temporary:
        write_wav(temporary, samples, sr, made_of)


def generator(seed: int, kind: str, track_id: str) -> np.random.Generator:
    """Return the source of chance for one augmentation of one track."""
    digest = hashlib.sha256(f"{seed} {kind} {track_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))
