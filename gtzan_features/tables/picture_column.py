"""The column of a spectrogram table that holds the pictures.

Workers that write shards import this module, so it needs no pandas.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gtzan_features.tables.schema import TableMeta, key_fields, schema_metadata

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy.typing as npt

COLUMN = "spectrogram"


def spectrogram_schema(shape: tuple[int, int], meta: TableMeta, given: Collection[str] = ()) -> pa.Schema:
    """Return the Arrow schema of a table of spectrograms of `shape`, (n_frames, n_bands).

    `given` are the keys of `schema.GIVEN_NAMES` that it has.
    """
    described = {"shape": json.dumps(list(shape)), "unit": "bytes; see step_db and floor_db"}
    column = pa.field(COLUMN, pa.binary(shape[0] * shape[1]), nullable=False, metadata=described)
    return pa.schema([*key_fields(given, meta), column], metadata=schema_metadata(meta))


def pixels(codes: npt.NDArray[np.uint8]) -> pa.Array:
    """Return spectrograms of shape (n_rows, n_frames, n_bands) as cells of bytes, without a copy."""
    flat = np.ascontiguousarray(codes, dtype=np.uint8)
    width = flat.shape[1] * flat.shape[2]
    return pa.Array.from_buffers(pa.binary(width), len(flat), [None, pa.py_buffer(flat)])


def picture_codes(column: pa.ChunkedArray) -> npt.NDArray[np.uint8]:
    """Return the bytes of all pictures of a column, one after the other."""
    return np.frombuffer(b"".join(map(_bytes, column.chunks)), dtype=np.uint8)


def _bytes(piece: pa.FixedSizeBinaryArray) -> memoryview:
    width = piece.type.byte_width
    return memoryview(piece.buffers()[1])[piece.offset * width : (piece.offset + len(piece)) * width]
