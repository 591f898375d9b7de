"""Which augmentations a fit uses, and the rows of augmented audio that belong to its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gtzan_features.audio import augment as audio
from gtzan_features.errors import ModelError, TableError
from gtzan_features.models.networks import spectrogram_augment
from gtzan_features.models.spec import SPECTROGRAMS
from gtzan_features.tables.feature_tables import table_path
from gtzan_features.text import shell_path
from gtzan_features.training.load_rows import open_fittable

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.models.spec import ModelSpec
    from gtzan_features.tables.spectrograms import Table

FOLDER = "augmented"
"""Folder beside the tables that holds, for each augmentation of audio, a folder of tables."""

KINDS = (*spectrogram_augment.KINDS, *audio.KINDS)


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

    Raises
    ------
    ModelError
        If one does not exist, or one of spectrograms is asked for where there are none.
    """
    for kind in kinds:
        if kind not in KINDS:
            msg = f"no augmentation {kind!r}; there are {', '.join(KINDS)}"
            raise ModelError(msg)
    spectral = tuple(kind for kind in spectrogram_augment.KINDS if kind in kinds)
    learns_in_epochs = SPECTROGRAMS in spec.inputs and kind_of_rows == SPECTROGRAMS
    if spectral and not learns_in_epochs:
        msg = (
            f"{', '.join(spectral)}: for cnn, and for mlp with --scale; {spec.name} on features takes "
            f"augmented audio: {', '.join(audio.KINDS)}"
        )
        raise ModelError(msg)
    return spectral, tuple(kind for kind in audio.KINDS if kind in kinds)


def extra_rows(tables_dir: Path, table: Table, kinds: tuple[str, ...]) -> tuple[ExtraRows, ...]:
    """Read the rows of augmented audio that go with `table`.

    A row of an augmented table belongs to the row with its track and segment; rows without one are left
    out.

    Raises
    ------
    TableError
        If a table is missing, or was computed differently.
    """
    return tuple(_extra(tables_dir, table, kind) for kind in kinds)


def _extra(tables_dir: Path, table: Table, kind: str) -> ExtraRows:
    meta = table.meta
    folder, whole = tables_dir / FOLDER / kind, meta.feature_set.partition(":")[0]
    path = table_path(folder, whole, meta.segment)
    if not (path.is_file() or table_path(folder, meta.feature_set, meta.segment).is_file()):
        command = "spectrograms" if meta.feature_set.startswith("spectrogram-") else "extract"
        reason = (
            f"no table of audio with {kind}. Make it: gtzan data augment AUDIO_DIR OUT --augment {kind}, "
            f"then gtzan features {command} OUT/{kind} --out {shell_path(path.parent)} "
            f"--segments {meta.segment}"
        )
        raise TableError(path, reason)
    opened = open_fittable(folder, meta.feature_set, meta.segment)
    other = opened.table
    same = other.meta.feature_fingerprint == meta.feature_fingerprint
    if not same or other.feature_names != table.feature_names:
        raise TableError(
            path, "computed differently from the table to fit. Compute it again with the same options"
        )
    keys = ["track_id", "segment"]
    index = pd.MultiIndex.from_frame(table.frame[keys])
    source = index.get_indexer(pd.MultiIndex.from_frame(other.frame[keys]))
    known = source >= 0
    return ExtraRows(
        kind=kind, sha256=opened.sha256, X=other.values()[known], source=source[known].astype(np.int64)
    )
