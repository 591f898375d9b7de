"""From a folder of music to feature tables and a status table, in parallel and resumable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gtzan_features.config import FeatureConfig, SegmentConfig, fingerprint
from gtzan_features.features import sets
from gtzan_features.pipelines.progress import Notice, Progress, mute, silent
from gtzan_features.pipelines.rows import ExtractSummary as ExtractSummary
from gtzan_features.pipelines.rows import remove_parts as remove_parts
from gtzan_features.pipelines.rows import write_rows
from gtzan_features.pipelines.versions import library_versions
from gtzan_features.tables import status as status_table
from gtzan_features.tables.schema import TableMeta, feature_schema
from gtzan_features.tables.store import FeatureTable, write_table

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt


DEFAULT_SEGMENTS = (SegmentConfig(3.0), SegmentConfig(30.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractConfig:
    """What to compute: the feature set and the segment lengths. A `rows.Recipe`."""

    features: FeatureConfig = field(default_factory=FeatureConfig)
    segments: tuple[SegmentConfig, ...] = DEFAULT_SEGMENTS

    @property
    def sr(self) -> int:
        """Sampling rate in Hz."""
        return self.features.sr

    @property
    def name(self) -> str:
        """The feature set."""
        return self.features.feature_set

    @property
    def settings(self) -> dict[str, Any]:
        """The feature configuration."""
        return self.features.to_dict()

    @property
    def status_name(self) -> str:
        """Name of the status table."""
        return status_table.FILE_NAME

    def values_fingerprint(self) -> str:
        """Twelve hexadecimal digits of the feature configuration."""
        return self.features.fingerprint()

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits; names the folder of the parts."""
        lengths = [s.name for s in self.segments]
        return fingerprint(
            {"features": self.features.fingerprint(), "segments": lengths, **library_versions()}
        )

    def prepare(self, notice: Notice) -> None:
        """Compile the kernels where they are not yet, or load them."""
        if not sets.is_compiled():
            notice("Compiling the feature kernels, once; later runs find them in numba's cache.")
            sets.warm_up(self.features)

    def compute(
        self,
        pieces: list[npt.NDArray[np.float32]],
        length: SegmentConfig,  # noqa: ARG002 - features have as many columns for every length
    ) -> npt.NDArray[np.float32]:
        """Return one row of features for each piece of signal."""
        return sets.compute(pieces, self.features).astype(np.float32)

    def write(self, path: Path, keys: pd.DataFrame, values: npt.NDArray[np.float32], meta: TableMeta) -> None:
        """Write a feature table."""
        columns = tuple((c.name, c.unit) for c in sets.columns(self.features))
        features = pd.DataFrame(values, columns=[name for name, _ in columns])
        table = FeatureTable(frame=pd.concat([keys, features], axis=1), columns=columns, meta=meta)
        write_table(path, table, feature_schema(columns, meta))


def extract(
    audio_dir: Path,
    out: Path,
    config: ExtractConfig | None = None,
    *,
    n_jobs: int = -1,
    genres: tuple[str, ...] = (),
    overwrite: bool = False,
    progress: Progress = silent,
    notice: Notice = mute,
) -> ExtractSummary:
    """Compute the features of every track in `audio_dir` and write them to tables in `out`.

    Parameters
    ----------
    audio_dir : Path
        A folder of genre folders.
    out : Path
        Folder of the tables: ``kaggle-3s.parquet``, ``kaggle-30s.parquet`` and ``status.parquet``.
    config : ExtractConfig, optional
        The feature set and the segment lengths; the Kaggle columns for 3 s and 30 s where not given.
    n_jobs : int
        Worker processes, one task per file; -1 is one per processor. Results do not depend on it.
    genres : tuple of str
        Only these genre folders; all where empty.
    overwrite : bool
        Replace tables that were made with another configuration or from other tracks.
    progress : callable
        Called after each file.
    notice : callable
        Told when kernels must be compiled first.

    Returns
    -------
    ExtractSummary

    Raises
    ------
    CatalogueError
        If `audio_dir` is no folder of genre folders with audio.
    OutputExistsError
        If `out` holds tables of another configuration or of other tracks, unless `overwrite`.
    """
    config = config or ExtractConfig()
    sets.columns(config.features)  # an unknown set is refused before anything is read or made
    return write_rows(
        config,
        audio_dir,
        out,
        n_jobs=n_jobs,
        genres=genres,
        overwrite=overwrite,
        progress=progress,
        notice=notice,
    )
