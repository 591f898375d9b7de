"""Feature tables of deformed audio: samples are deformed between decoding and features, and never written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

import numpy as np

from gtzan_features.audio.deform_names import named_deformations
from gtzan_features.errors import OutputExistsError, TableError
from gtzan_features.extraction.deformer import Deformer
from gtzan_features.extraction.extract import extract
from gtzan_features.extraction.table_builder import announced_catalogue
from gtzan_features.parallel.engines import engine
from gtzan_features.progress import mute
from gtzan_features.tables.feature_tables import augmented_folder, read_meta, table_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gtzan_features.audio.deform import Deformation
    from gtzan_features.datasets.tracks import Catalogue
    from gtzan_features.extraction.extract import ExtractConfig
    from gtzan_features.extraction.table_builder import ExtractSummary, RowOptions


def deformed_folder(work: Path, deformation: Deformation, seed: int) -> Path:
    """Return where a measurement keeps the tables of a deformation; another amount or seed has another."""
    return work / f"{deformation.name}-{Deformer(deformation, 0, seed).digits}"


def extract_deformed(
    music: Path | Catalogue,
    out: Path,
    one: Deformation,
    config: ExtractConfig,
    *,
    seed: int = 0,
    **options: Unpack[RowOptions],
) -> ExtractSummary:
    """Compute the features of deformed tracks; resumable and parallel, as extraction is.

    Parameters
    ----------
    music : Path or Catalogue
        A folder of genre folders, or what was read of one.
    out : Path
        Folder of the tables; of this deformation and this seed alone.
    one : Deformation
        What is done to the samples.
    config : ExtractConfig
        The feature set and the segment lengths.
    seed : int
        Of the noise.
    **options
        As in `extraction.extract.extract`. What is there of another version or of other tracks is replaced:
        tables of deformed audio are a cache.

    Raises
    ------
    OutputExistsError
        If `out` holds tables that are not of this deformation, unless ``overwrite``.
    """
    if not options.get("overwrite"):
        _refuse_others(out, one, config)
    options["overwrite"] = True
    options["change"] = Deformer(one, config.sr, seed)
    options["deformation"] = {"fingerprint": one.fingerprint(), "name": one.name, "seed": seed}
    return extract(music, out, config, **options)


def _refuse_others(out: Path, deformation: Deformation, config: ExtractConfig) -> None:
    """Refuse to replace tables that this program did not make of deformed audio."""
    for length in config.segments:
        path = table_path(out, config.name, length.name)
        try:
            made_by = read_meta(path).deformation if path.exists() else {"name": deformation.name}
        except TableError:
            made_by = {}
        if made_by.get("name") != deformation.name:
            what = f"no table of audio with {deformation.name} that this program made"
            raise OutputExistsError(path, f"{what}. Move it away, or give --overwrite to replace it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What an extraction did with the tracks as they are, and with their deformed copies by name."""

    clean: ExtractSummary
    deformed: dict[str, ExtractSummary]


def extract_with_deformed(
    audio_dir: Path,
    out: Path,
    config: ExtractConfig,
    names: Sequence[str],
    **options: Unpack[RowOptions],
) -> Extracted:
    """Compute the features of every track as it is, then of deformed copies of it.

    The tables of the copies lie in ``out/augmented/NAME``, with parts, status table and lock of their own: a
    command that was interrupted goes on where it stopped.

    Parameters
    ----------
    audio_dir, out, config, **options
        As in `extraction.extract.extract`.
    names : sequence of str
        Names of deformations; ``robust`` stands for several, see `audio.deform.ROBUST`. With none, nothing is
        deformed.

    Raises
    ------
    ConfigError
        If there is no deformation of a name, or this machine cannot make it: before anything is computed.
    """
    chosen = named_deformations(tuple(names))
    if not chosen:
        return Extracted(clean=extract(audio_dir, out, config, **options), deformed={})
    given = engine(options.get("executor"), options.get("n_jobs", -1))  # refused before anything is read,
    config.key({})  # as is what follows
    try_out(chosen, config.sr)
    found = {}
    with given as options["executor"]:  # one for all tables
        music = announced_catalogue(audio_dir, **options)
        clean = extract(music, out, config, **options)
        for number, one in enumerate(chosen, 1):
            options.get("notice", mute)(f"Deforming, {number} of {len(chosen)}: {one.label}.")
            folder = augmented_folder(out, one.name)
            found[one.name] = extract_deformed(music, folder, one, config, **options)
    return Extracted(clean=clean, deformed=found)


def try_out(chosen: Sequence[Deformation], sr: int) -> None:
    """Fail early, and once, if this machine cannot make a deformation: an encoder may be missing.

    Raises
    ------
    ConfigError
        It says which, and what to do.
    """
    noise = 0.1 * np.random.default_rng(0).standard_normal(sr, dtype=np.float32)
    for one in chosen:
        one.apply(noise, sr, np.random.default_rng(0))
