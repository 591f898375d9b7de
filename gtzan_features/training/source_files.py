"""Which audio files stand behind the rows that a model is fitted on, as far as that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.datasets import gtzan
from gtzan_features.errors import TableError
from gtzan_features.models.applying.training_files import TrainingFiles, training_files
from gtzan_features.tables import file_status
from gtzan_features.tables.spectrograms import SpectrogramTable
from gtzan_features.tables.status_table import read_status

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from gtzan_features.training.load_rows import Fittable


def known_files(opened: Fittable, rows: npt.NDArray[np.int64]) -> TrainingFiles:
    """Return the files of some rows of a table: what its status table says, and GTZAN's own facts.

    Parameters
    ----------
    opened : Fittable
    rows : ndarray of int
        Positions of the rows in the table.

    Returns
    -------
    TrainingFiles
        Empty where nothing is known: for a CSV of other music than GTZAN.
    """
    tracks = opened.data.rows["track_id"]
    of = set(tracks.iloc[rows])
    name = file_status.FILE_NAME
    if isinstance(opened.table, SpectrogramTable):
        name = f"status-{opened.table.meta.feature_set}.parquet"
    known = _listed(opened.path.with_name(name), of) if opened.path else []
    if gtzan.is_gtzan(set(tracks)):
        facts = gtzan.facts()
        some = facts[facts.index.isin(of)]
        known += [*some["sha256_wav"].dropna(), *some["sha256_au"].dropna()]
    return training_files(known)


def _listed(path: Path, tracks: set[str]) -> list[str]:
    try:
        status = read_status(path)
    except TableError:
        return []
    return [str(sha256) for sha256 in status.loc[status["track_id"].isin(tracks), "sha256"].dropna()]
