"""From a folder of music to a spectrogram table and a status table, in parallel and resumable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from gtzan_features.extraction.row_kinds import SpectrogramRecipe as SpectrogramRecipe
from gtzan_features.extraction.table_builder import ExtractSummary, RowOptions, write_rows
from gtzan_features.tables.spectrograms import pixels, spectrogram_schema

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    import pyarrow as pa

    from gtzan_features.tables.schema import TableMeta


def spectrograms(
    audio_dir: Path, out: Path, recipe: SpectrogramRecipe | None = None, **options: Unpack[RowOptions]
) -> ExtractSummary:
    """Compute the spectrograms of every track in `audio_dir` and write them to tables in `out`.

    Parameters and errors are those of `extraction.extract.extract`; tables are called
    ``spectrogram-mel-3s.parquet``, with ``status-spectrogram-mel.parquet`` beside them.
    """
    return write_rows(recipe or SpectrogramRecipe(), _layout, audio_dir, out, **options)


@dataclass(frozen=True, slots=True)
class _Pictures:
    """One column of bytes; see `streamed_tables.Layout`."""

    schema: pa.Schema
    columns_lie_together = False

    def arrays(self, values: npt.NDArray[Any]) -> list[pa.Array]:
        """Return the column of `values`, of shape (n_rows, n_frames, n_bands)."""
        return [pixels(values)]


def _layout(meta: TableMeta, keys: tuple[str, ...], shape: tuple[int, ...]) -> _Pictures:
    n_frames, n_bands = shape
    return _Pictures(spectrogram_schema((n_frames, n_bands), meta, keys))
