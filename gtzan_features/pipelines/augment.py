"""From a folder of music to folders of augmented music, one for each augmentation."""

from __future__ import annotations

import errno
import hashlib
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from gtzan_features.audio.augment import KINDS, augment, warm_up
from gtzan_features.audio.decode import write_wav
from gtzan_features.audio.load import Signal, load
from gtzan_features.config import FeatureConfig, Selection
from gtzan_features.datasets.catalogue import MARKER, Catalogue, TrackFile, read_catalogue
from gtzan_features.datasets.names import label
from gtzan_features.datasets.remarks import remarks
from gtzan_features.errors import AudioError, ConfigError, OutputExistsError
from gtzan_features.parallel.local import local_executor
from gtzan_features.pipelines.progress import Progress, silent
from gtzan_features.tables.atomic import atomic_path, write_text
from gtzan_features.text import one_line


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
    depends on the seed, the augmentation and the identifier only. Copies that exist are kept.

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
        If copies of another seed or data set are there, unless `overwrite`.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        msg = f"no augmentation {', '.join(unknown) or 'given'} of audio; there are {', '.join(KINDS)}"
        raise ConfigError(msg)
    catalogue = read_catalogue(audio_dir, selection)
    for kind in kinds:
        _mark(out / kind, kind, seed, catalogue, overwrite)
    task = partial(
        _augment_file, root=str(catalogue.root), out=str(out), kinds=kinds, seed=seed, anew=overwrite
    )
    warm_up(kinds, FeatureConfig().sr)
    results: list[tuple[int, str]] = []
    for result in local_executor(n_jobs).map(task, catalogue.tracks):
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


def _mark(folder: Path, kind: str, seed: int, catalogue: Catalogue, overwrite: bool) -> None:
    """Say in the folder what it holds; refuse one that holds something else."""
    marker = folder / MARKER
    name = f"{catalogue.dataset} + {kind}"
    text = json.dumps({"name": name, "synthetic": catalogue.synthetic, "augment": kind, "seed": seed}) + "\n"
    if marker.exists() and marker.read_text(encoding="utf-8") != text and not overwrite:
        reason = f"not {name} of seed {seed}. Give another folder, or --overwrite to replace it"
        raise OutputExistsError(marker, reason)
    write_text(marker, text)


def _augment_file(
    track: TrackFile, root: str, out: str, kinds: tuple[str, ...], seed: int, anew: bool
) -> tuple[int, str]:
    """Write the copies of one track; runs in a worker. Return how many, and what is wrong with the track."""
    path, sr = Path(root) / track.path, FeatureConfig().sr
    targets = {kind: (Path(out) / kind / track.path).with_suffix(".wav") for kind in kinds}
    missing = {kind: target for kind, target in targets.items() if anew or not target.exists()}
    if not missing:
        return 0, ""
    try:
        signal = load(path, sr)
    except AudioError as error:
        return 0, one_line(str(error))
    try:
        _write_copies(missing, signal, track.track_id, seed)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return 0, f"{label(track.path)}: no room in its name for the ending .wav. Rename it"
    return len(missing), ""


def _write_copies(targets: dict[str, Path], signal: Signal, track_id: str, seed: int) -> None:
    sr = FeatureConfig().sr
    for kind, target in targets.items():
        with atomic_path(target) as temporary:
            copy = augment(signal.samples, sr, kind, generator(seed, kind, track_id))
            # Where the start is lost, silence stands for it: a segment keeps its number in the copy, and
            # those of the silence have no row in the table that is fitted.
            write_wav(temporary, np.concatenate([np.zeros(signal.first_sample, np.float32), copy]), sr)


def generator(seed: int, kind: str, track_id: str) -> np.random.Generator:
    """Return the source of chance for one augmentation of one track."""
    digest = hashlib.sha256(f"{seed} {kind} {track_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))
