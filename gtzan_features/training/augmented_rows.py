"""Which augmentations a fit uses, and the rows of augmented audio that belong to its tables.

Of audio there are two kinds: augmentations by chance (`audio.augment`), whose copies `gtzan data augment`
writes, and deformations by a stated amount (`audio.deform`), of which `gtzan features extract --deformed`
makes tables without writing audio. The rows of both are learned from where the row that they were made of is,
and weigh as much as it does: with seven copies, a track has eight rows for each of its segments.

Nothing is tested or calibrated on them: temperatures, thresholds of labels, families of features and weights
of a stack are found on the recorded rows of inner folds, by models that learned from the copies of the others
(`models.calibration.out_of_fold`). A copy has the track and the artist of its source, so that no fold, inner
or outer, divides a track from its copies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gtzan_features.audio import augment as audio
from gtzan_features.audio.deform import DEFORMATIONS, ROBUST
from gtzan_features.audio.deform_names import ROBUST_WORD, named_deformations, without_word
from gtzan_features.errors import ModelError, TableError
from gtzan_features.models.networks import spectrogram_augment
from gtzan_features.models.spec import SPECTROGRAMS
from gtzan_features.tables import file_status
from gtzan_features.tables.feature_tables import augmented_folder, table_path
from gtzan_features.tables.memory import check_memory
from gtzan_features.tables.status_table import read_status
from gtzan_features.tables.table_files import is_table
from gtzan_features.text import counted, shell_path
from gtzan_features.training.load_rows import Fittable, open_fittable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.models.spec import ModelSpec
    from gtzan_features.tables.run_folder import RunManifest
    from gtzan_features.tables.schema import TableMeta
    from gtzan_features.tables.spectrograms import Table

DEFORMED = tuple(one.name for one in DEFORMATIONS)
OF_AUDIO = (*audio.KINDS, *DEFORMED)
KINDS = (*spectrogram_augment.KINDS, *OF_AUDIO)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraRows:
    """Rows of one kind of augmented audio.

    Attributes
    ----------
    kind : str
        The augmentation.
    X : ndarray of shape (n_rows, n_features)
        Values as in the table that is fitted.
    source : ndarray of shape (n_rows,)
        Position in that table of the row that each was made from.
    sha256 : str
        Hash of the table that they were read from.
    """

    kind: str
    sha256: str
    X: npt.NDArray[np.floating]
    source: npt.NDArray[np.int64]


def split_kinds(kinds: tuple[str, ...], spec: ModelSpec, kind_of_rows: str) -> tuple[tuple[str, ...], ...]:
    """Divide augmentations into those of spectrograms and those of audio.

    ``robust`` stands for the deformations of `audio.deform.ROBUST`.

    Raises
    ------
    ModelError
        If one does not exist, or one of spectrograms is asked for where there are none, or a deformation
        where rows are spectrograms.
    """
    kinds = without_word(kinds)
    for kind in kinds:
        if kind not in KINDS:
            msg = f"no augmentation {kind!r}; there are {', '.join((*KINDS, ROBUST_WORD))}"
            raise ModelError(msg)
    spectral = tuple(kind for kind in spectrogram_augment.KINDS if kind in kinds)
    learns_in_epochs = SPECTROGRAMS in spec.inputs and kind_of_rows == SPECTROGRAMS
    if spectral and not learns_in_epochs:
        msg = (
            f"{', '.join(spectral)}: for cnn, and for mlp with --scale; {spec.name} on features takes "
            f"augmented audio: {', '.join((*OF_AUDIO, ROBUST_WORD))}"
        )
        raise ModelError(msg)
    deformed = [kind for kind in DEFORMED if kind in kinds]
    if deformed and kind_of_rows == SPECTROGRAMS:
        msg = (
            f"{', '.join(deformed)}: for features only. On spectrograms {spec.name} takes "
            f"{', '.join((*spectrogram_augment.KINDS, *audio.KINDS))}"
        )
        raise ModelError(msg)
    return spectral, tuple(kind for kind in OF_AUDIO if kind in kinds)


def augmentation_text(kinds: Sequence[str]) -> str:
    """Return augmentations in a word, as manifests and model cards have them among the settings.

    Examples
    --------
    >>> augmentation_text(["time-mask", "mixup"]), augmentation_text(["pitch-shift", *ROBUST])
    ('time-mask+mixup', 'pitch-shift+robust')
    """
    robust = set(ROBUST) <= set(kinds)
    return "+".join([one for one in kinds if not (robust and one in ROBUST)] + [ROBUST_WORD] * robust)


def augmentations_of(manifest: RunManifest) -> tuple[str, ...]:
    """Return the augmentations of a run, each by its name."""
    words = str(manifest.settings.get("augment", "")).split("+")
    spectral = tuple(kind for kind in spectrogram_augment.KINDS if kind in words)
    return spectral + tuple(manifest.augmented_sha256)


def extra_rows(tables_dir: Path, table: Table, kinds: tuple[str, ...]) -> tuple[ExtraRows, ...]:
    """Read the rows of augmented audio that go with `table`.

    A row of an augmented table belongs to the row with its track and segment; rows without one are left
    out. Where a deformation makes a track shorter, its last segment may have no row.

    Raises
    ------
    TableError
        If a table is missing, was computed or deformed differently, or is of other audio; it says which
        command makes it.
    """
    missing = [kind for kind in kinds if kind in DEFORMED and not _is_there(tables_dir, table.meta, kind)]
    if missing:
        reason = f"no table of audio with {', '.join(missing)}. {_command(tables_dir, table.meta, missing)}"
        raise TableError(augmented_folder(tables_dir, missing[0]), reason)
    paths = [_path(tables_dir, table.meta, kind) for kind in kinds]
    if paths:
        check_memory(*paths)
    return tuple(_extra(tables_dir, table, kind) for kind in kinds)


def missing_tracks(extra: Sequence[ExtraRows], opened: Fittable) -> tuple[str, ...]:
    """Return a note for each kind of augmented audio of which some tracks have no row."""
    tracks = opened.data.rows["track_id"].to_numpy()
    n_tracks, notes = len(np.unique(tracks)), []
    for one in extra:
        absent = n_tracks - len(np.unique(tracks[one.source]))
        if absent:
            of = f"{absent} of {counted(n_tracks, 'track')}"
            notes.append(f"{one.kind}: {of} {'has' if absent == 1 else 'have'} no row of audio with it")
    return tuple(notes)


def _extra(tables_dir: Path, table: Table, kind: str) -> ExtraRows:
    meta = table.meta
    folder, path = augmented_folder(tables_dir, kind), _path(tables_dir, meta, kind)
    if not _is_there(tables_dir, meta, kind):
        command = "spectrograms" if meta.feature_set.startswith("spectrogram-") else "extract"
        reason = (
            f"no table of audio with {kind}. Make it: gtzan data augment AUDIO_DIR OUT --augment {kind}, "
            f"then gtzan features {command} OUT/{kind} --out {shell_path(path.parent)} "
            f"--segments {meta.segment}"
        )
        raise TableError(path, reason)
    opened = open_fittable(folder, meta.feature_set, meta.segment)
    other = opened.table
    if kind in DEFORMED:
        _check_deformed(tables_dir, opened, table, kind)
    same = other.meta.feature_fingerprint == meta.feature_fingerprint
    if not same or other.feature_names != table.feature_names:
        reason = "computed differently from the table to fit. "
        again = "Compute it again with the same options"
        raise TableError(path, reason + (_command(tables_dir, meta, [kind]) if kind in DEFORMED else again))
    keys = ["track_id", "segment"]
    index = pd.MultiIndex.from_frame(table.frame[keys])
    source = index.get_indexer(pd.MultiIndex.from_frame(other.frame[keys]))
    known = source >= 0
    if not known.any():
        raise TableError(
            path, "holds no row of a track and segment of the table to fit: it is of other music"
        )
    return ExtraRows(
        kind=kind, sha256=opened.sha256, X=other.values()[known], source=source[known].astype(np.int64)
    )


def _path(tables_dir: Path, meta: TableMeta, kind: str) -> Path:
    return table_path(augmented_folder(tables_dir, kind), meta.feature_set.partition(":")[0], meta.segment)


def _is_there(tables_dir: Path, meta: TableMeta, kind: str) -> bool:
    folder, name = augmented_folder(tables_dir, kind), meta.feature_set
    return any(is_table(table_path(folder, one, meta.segment)) for one in (name.partition(":")[0], name))


def _command(tables_dir: Path, meta: TableMeta, kinds: Sequence[str]) -> str:
    """Say which command makes tables of deformed audio."""
    return (
        f"Make {'it' if len(kinds) == 1 else 'them'}: gtzan features extract AUDIO_DIR --features "
        f"{meta.feature_set.partition(':')[0]} --segments {meta.segment} --out {shell_path(tables_dir)} "
        f"--deformed {','.join(kinds)} (and --labels, if it was given before)"
    )


def _check_deformed(tables_dir: Path, opened: Fittable, table: Table, kind: str) -> None:
    """Refuse a table that is not of this deformation, as this version does it, of the audio of `table`."""
    (deformation,) = named_deformations((kind,))
    made_by = opened.table.meta.deformation
    reason = ""
    if made_by.get("name") != kind:
        reason = f"no table of audio with {kind} that this program made"
    elif made_by.get("fingerprint") != deformation.fingerprint():
        reason = f"another version of this program deformed the audio with {kind}"
    elif other := _of_other_audio(tables_dir, augmented_folder(tables_dir, kind), table):
        count = counted(len(other), "track")
        reason = f"made of other audio than the table to fit: {count}, such as {other[0]}"
    if reason:
        raise TableError(opened.place, f"{reason}. {_command(tables_dir, table.meta, [kind])}")


def _of_other_audio(tables_dir: Path, folder: Path, table: Table) -> list[str]:
    """Return the tracks whose file was another when it was deformed, as far as status tables tell."""
    try:
        own, other = (read_status(one / file_status.FILE_NAME) for one in (tables_dir, folder))
    except TableError:  # as for a CSV: nobody knows its files
        return []
    tracks = set(table.frame["track_id"])
    here, there = (
        one[one["track_id"].isin(tracks)].set_index("track_id")["sha256"].dropna() for one in (own, other)
    )
    both = sorted(set(here.index) & set(there.index))
    return [str(track) for track in both if here[track] != there[track]]
