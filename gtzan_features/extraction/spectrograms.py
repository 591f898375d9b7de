"""From a folder of music to a spectrogram table and a status table, in parallel and resumable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from gtzan_features.extraction.row_kinds import SpectrogramRecipe as SpectrogramRecipe
from gtzan_features.extraction.table_builder import ExtractSummary, RowOptions, write_rows

if TYPE_CHECKING:
    from pathlib import Path


def spectrograms(
    audio_dir: Path, out: Path, recipe: SpectrogramRecipe | None = None, **options: Unpack[RowOptions]
) -> ExtractSummary:
    """Compute the spectrograms of every track in `audio_dir` and write them to tables in `out`.

    Parameters and errors are those of `extraction.extract.extract`; tables are called
    ``spectrogram-mel-3s.parquet``, with ``status-spectrogram-mel.parquet`` beside them.
    """
    return write_rows(recipe or SpectrogramRecipe(), audio_dir, out, **options)
