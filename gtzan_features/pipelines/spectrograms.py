"""From a folder of music to a spectrogram table and a status table, in parallel and resumable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.config import SegmentConfig, SpectrogramConfig, fingerprint
from gtzan_features.pipelines.progress import Notice, Progress, mute, silent
from gtzan_features.pipelines.rows import ExtractSummary, write_rows
from gtzan_features.pipelines.versions import library_versions
from gtzan_features.spectra import Scratch, is_compiled
from gtzan_features.spectra.spectrogram import spectrogram
from gtzan_features.tables.spectrograms import SpectrogramTable, write_spectrograms

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from gtzan_features.tables.schema import TableMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrogramRecipe:
    """What to compute: the spectrograms' settings and the segment lengths. A `rows.Recipe`."""

    spectrograms: SpectrogramConfig = field(default_factory=SpectrogramConfig)
    segments: tuple[SegmentConfig, ...] = (SegmentConfig(3.0),)

    @property
    def sr(self) -> int:
        """Sampling rate in Hz."""
        return self.spectrograms.sr

    @property
    def name(self) -> str:
        """Name of the tables, for example ``spectrogram-mel``."""
        return self.spectrograms.name

    @property
    def settings(self) -> dict[str, Any]:
        """The spectrograms' configuration."""
        return self.spectrograms.to_dict()

    @property
    def status_name(self) -> str:
        """Name of the status table: one for each scale, beside that of the features."""
        return f"status-{self.name}.parquet"

    def values_fingerprint(self) -> str:
        """Twelve hexadecimal digits of the spectrograms' configuration."""
        return self.spectrograms.fingerprint()

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits; names the folder of the parts."""
        lengths = [s.name for s in self.segments]
        return fingerprint({"spectrograms": self.settings, "segments": lengths, **library_versions()})

    def prepare(self, notice: Notice) -> None:
        """Compile the kernels where they are not yet, or load them."""
        if not is_compiled():
            notice("Compiling the kernels of the spectra, once; later runs find them in numba's cache.")
        noise = np.random.default_rng(0).standard_normal(16 * self.spectrograms.n_fft)
        spectrogram(noise.astype(np.float32), self.spectrograms, 1)

    def compute(self, pieces: list[npt.NDArray[np.float32]], length: SegmentConfig) -> npt.NDArray[np.uint8]:
        """Return one spectrogram of shape (n_frames, n_bands) for each piece of signal."""
        n_frames, scratch = self.spectrograms.n_frames(length), Scratch()
        rows = np.empty((len(pieces), n_frames, self.spectrograms.n_bands), dtype=np.uint8)
        for row, piece in zip(rows, pieces, strict=True):
            row[:] = spectrogram(piece, self.spectrograms, n_frames, scratch)
        return rows

    def write(self, path: Path, keys: pd.DataFrame, values: npt.NDArray[np.uint8], meta: TableMeta) -> None:
        """Write a spectrogram table."""
        write_spectrograms(path, SpectrogramTable(frame=keys, codes=values, meta=meta))


def spectrograms(
    audio_dir: Path,
    out: Path,
    recipe: SpectrogramRecipe | None = None,
    *,
    n_jobs: int = -1,
    genres: tuple[str, ...] = (),
    overwrite: bool = False,
    progress: Progress = silent,
    notice: Notice = mute,
) -> ExtractSummary:
    """Compute the spectrograms of every track in `audio_dir` and write them to tables in `out`.

    Parameters and errors are those of `pipelines.extract.extract`; tables are called
    ``spectrogram-mel-3s.parquet``, with ``status-spectrogram-mel.parquet`` beside them.
    """
    return write_rows(
        recipe or SpectrogramRecipe(),
        audio_dir,
        out,
        n_jobs=n_jobs,
        genres=genres,
        overwrite=overwrite,
        progress=progress,
        notice=notice,
    )
