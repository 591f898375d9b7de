"""Arrow's arrays of numbers and of text, made of their bytes.

``pyarrow.array`` imports pandas wherever that is installed, to see whether what it was given is of pandas:
a third of the time in which an extraction begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

_MOST_BYTES = np.iinfo(np.int32).max
"""Of all text in an array: offsets are of 32 bits."""

_NAMES = {"halffloat": "float16", "float": "float32", "double": "float64"}
"""Arrow's names of numbers that numpy has others for; ``to_pandas_dtype`` of Arrow 18 imports pandas."""


def array_of(values: npt.NDArray[np.generic] | Sequence[object], kind: pa.DataType) -> pa.Array:
    """Return an array as ``pyarrow.array`` makes it of values without missing ones.

    Parameters
    ----------
    values : ndarray of shape (n,), or sequence
        Numbers that the type holds, or text. Of contiguous numbers of that type the memory is shared.
    kind : pa.DataType
        Integers or floating point, or text (`pa.string`).

    Returns
    -------
    pa.Array

    Raises
    ------
    OverflowError, pa.ArrowInvalid
        If the type does not hold a value.

    Examples
    --------
    >>> array_of([1, 2], pa.int32()).to_pylist(), array_of(["é", ""], pa.string()).to_pylist()
    ([1, 2], ['é', ''])
    """
    if pa.types.is_string(kind):
        return _text([str(value) for value in values], kind)
    held = np.ascontiguousarray(values, dtype=_NAMES.get(str(kind), str(kind)))
    # Arrow rounds to a smaller floating point, too, but takes no other whole number for one.
    if pa.types.is_integer(kind) and isinstance(values, np.ndarray) and (held != values).any():
        msg = f"values that {kind} cannot hold"
        raise pa.ArrowInvalid(msg)
    return pa.Array.from_buffers(kind, len(held), [None, pa.py_buffer(held)])


def _text(values: list[str], kind: pa.DataType) -> pa.Array:
    encoded = [value.encode() for value in values]
    offsets = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum([len(one) for one in encoded], out=offsets[1:])
    if offsets[-1] > _MOST_BYTES:
        return pa.array(values, kind)  # in pieces
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(kind, len(values), buffers)
