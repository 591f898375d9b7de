"""Tables of rows as Python has them: arrays, groups and a frame of one feature table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from gtzan_features.datasets.groups import kept_together
from gtzan_features.tables.spectrograms import SpectrogramTable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gtzan_features.tables.schema import TableMeta
    from gtzan_features.training.load_rows import Fittable


@dataclass(frozen=True, repr=False, eq=False)
class Table:
    """A table with what honest learning needs: features, genres, and which rows belong together.

    Attributes
    ----------
    opened : Fittable
        What the functions that train take.
    """

    opened: Fittable

    @property
    def X(self) -> npt.NDArray[Any]:  # noqa: N802 - scikit-learn's word
        """Features, float array of shape (n_rows, n_columns); levels in dB where rows are spectrograms."""
        return self.opened.data.X

    @cached_property
    def y(self) -> npt.NDArray[np.str_]:
        """Genre of each row, shape (n_rows,)."""
        return self.opened.data.rows["genre"].to_numpy(dtype=str)

    @cached_property
    def groups(self) -> npt.NDArray[np.str_]:
        """Track of each row, shape (n_rows,); exact copies of a track carry its name, as they are one."""
        return self._of_rows(self.opened.data.copies)

    @cached_property
    def artists(self) -> npt.NDArray[np.str_]:
        """Artist of each row, shape (n_rows,), by GTZAN's facts or folders; the track where not known."""
        return self._of_rows(kept_together(self.opened.data.copies, "artist"))

    @property
    def frame(self) -> pd.DataFrame:
        """Key columns, then one column per feature; a frame that is yours."""
        return self.opened.table.frame.copy()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the feature columns; of the bands, where rows are spectrograms."""
        return tuple(self.opened.table.feature_names)

    @property
    def meta(self) -> TableMeta:
        """Feature set, row length, data set, origin and versions."""
        return self.opened.table.meta

    @property
    def tracks(self) -> pd.DataFrame:
        """One row per track: genre, artist and number of rows, indexed by track."""
        rows = self.opened.data.rows.assign(artist=self.artists)
        found = rows.groupby("track_id", sort=False).agg(
            genre=("genre", "first"), artist=("artist", "first"), rows=("genre", "size")
        )
        return pd.DataFrame(found)

    def __len__(self) -> int:
        return len(self.opened.data.y)

    def __repr__(self) -> str:
        kind = "bands" if isinstance(self.opened.table, SpectrogramTable) else "columns"
        tracks = self.opened.data.rows["track_id"].nunique()
        return (
            f"Table({self.meta.dataset}: {len(self)} rows of {self.meta.segment}, {len(self.columns)} {kind} "
            f"({self.meta.feature_set}), {tracks} tracks, {len(self.opened.data.genres)} genres)"
        )

    def _of_rows(self, of_tracks: pd.Series) -> npt.NDArray[np.str_]:
        return of_tracks.reindex(self.opened.data.rows["track_id"]).to_numpy(dtype=str)
