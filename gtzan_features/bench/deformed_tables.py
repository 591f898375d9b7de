"""Feature tables of deformed audio, cached by deformation."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gtzan_features.config import fingerprint
from gtzan_features.extraction.extract import extract

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.audio.deform import Deformation
    from gtzan_features.audio.sound import Signal
    from gtzan_features.bench.clean_tables import Music
    from gtzan_features.extraction.extract import ExtractConfig
    from gtzan_features.extraction.table_builder import ExtractSummary
    from gtzan_features.progress import Notice, Progress


def deformed_folder(work: Path, deformation: Deformation, seed: int) -> Path:
    """Return where the tables of a deformation lie; another amount or seed has another folder."""
    digits = fingerprint({"deformation": deformation.fingerprint(), "seed": seed})[:6]
    return work / f"{deformation.name}-{digits}"


def extract_deformed(
    music: Music,
    work: Path,
    deformation: Deformation,
    config: ExtractConfig,
    *,
    only: frozenset[str],
    seed: int,
    n_jobs: int,
    progress: Progress,
    notice: Notice,
) -> ExtractSummary:
    """Compute the features of deformed tracks; resumable and parallel, as extraction is.

    Parameters
    ----------
    music : Music
        A folder of genre folders, and which of its files are tracks.
    work : Path
        Folder of the folders of deformations.
    deformation : Deformation
        What is done to the samples.
    config : ExtractConfig
        The feature set and the segment lengths.
    only : frozenset of str
        Identifiers of the tracks to deform.
    seed, n_jobs, progress, notice
        Of the noise; as in `extraction.extract.extract`.
    """
    return extract(
        music.audio_dir,
        deformed_folder(work, deformation, seed),
        config,
        n_jobs=n_jobs,
        # The tables are a cache: those of other tracks are put together again from parts.
        overwrite=True,
        only=only,
        selection=music.selection,
        change=partial(deform_signal, deformation=deformation, sr=config.sr, seed=seed),
        progress=progress,
        notice=notice,
    )


def deform_signal(signal: Signal, deformation: Deformation, sr: int, seed: int) -> Signal:
    """Return a deformed signal; the chance in it depends on seed, deformation and the file's bytes only.

    Where the start of a track is lost, its position moves with the speed.
    """
    text = f"{seed} {deformation.name} {signal.sha256}"
    digest = hashlib.sha256(text.encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
    samples = deformation.apply(signal.samples, sr, rng)
    first = round(signal.first_sample * samples.size / signal.samples.size)
    return replace(signal, samples=samples, first_sample=first)
