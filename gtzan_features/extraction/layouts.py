"""How values become columns of a table, and columns values again.

Workers that write shards import this module, so it needs no pandas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import sets
from gtzan_features.tables.arrow_arrays import array_of
from gtzan_features.tables.checked import parse_json
from gtzan_features.tables.picture_column import COLUMN, picture_codes, pixels, spectrogram_schema
from gtzan_features.tables.schema import TableMeta, feature_schema

if TYPE_CHECKING:
    import numpy.typing as npt

    from gtzan_features.extraction.row_kinds import Recipe


class Layout(Protocol):
    """How values become columns of a table.

    Attributes
    ----------
    schema : pa.Schema
        Key columns, then those of the values.
    columns_lie_together : bool
        Whether a group of values has each column in one piece of memory, so that Arrow need not copy it.
    """

    @property
    def schema(self) -> pa.Schema: ...  # noqa: D102 - above
    @property
    def columns_lie_together(self) -> bool: ...  # noqa: D102 - above

    def arrays(self, values: npt.NDArray[Any]) -> list[pa.Array]:
        """Return the columns of the values of some rows."""
        ...


def layout_of(recipe: Recipe, meta: TableMeta, keys: tuple[str, ...], shape: tuple[int, ...]) -> Layout:
    """Return the layout of a table.

    Parameters
    ----------
    recipe : Recipe
        What its rows hold.
    meta : TableMeta
        What it says of itself.
    keys : tuple of str
        Its key columns beside the usual, of `schema.GIVEN_NAMES`.
    shape : tuple of int
        Of the values of a row.
    """
    if not isinstance(recipe.config, FeatureConfig):
        n_frames, n_bands = shape
        return _Pictures(spectrogram_schema((n_frames, n_bands), meta, keys))
    columns = tuple((column.name, column.unit) for column in sets.columns(recipe.config))
    return _Features(feature_schema(columns, meta, given=keys))


def values_of(recipe: Recipe, table: pa.Table) -> npt.NDArray[Any]:
    """Return the values of the rows of a table, as `Recipe.compute` gave them.

    Raises
    ------
    ValueError, KeyError
        If the table is of another recipe.
    """
    if isinstance(recipe.config, FeatureConfig):
        return np.stack([table.column(name).to_numpy() for name in recipe.columns], axis=1)
    shape = parse_json(table.schema.field(COLUMN).metadata[b"shape"])
    return picture_codes(table.column(COLUMN)).reshape(table.num_rows, *shape)


@dataclass(frozen=True, slots=True)
class _Features:
    """A column for each feature."""

    schema: pa.Schema
    columns_lie_together = True

    def arrays(self, values: npt.NDArray[Any]) -> list[pa.Array]:
        """Return the columns of `values`, of shape (n_rows, n_columns)."""
        return [array_of(column, pa.float32()) for column in values.T]


@dataclass(frozen=True, slots=True)
class _Pictures:
    """One column of bytes."""

    schema: pa.Schema
    columns_lie_together = False

    def arrays(self, values: npt.NDArray[Any]) -> list[pa.Array]:
        """Return the column of `values`, of shape (n_rows, n_frames, n_bands)."""
        return [pixels(values)]
