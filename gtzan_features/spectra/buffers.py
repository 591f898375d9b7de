"""Memory that one signal after another uses.

Fresh arrays of several megabytes come from the system as zeroed pages, which costs more time than
most kernels need. `Scratch` keeps them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

_LINE = 64  # bytes; a vector that lies across two lines of the cache costs twice as much


class Scratch:
    """Named arrays that are handed out again and again, with whatever they hold.

    What `array` returns is overwritten when the same name is asked for again.

    Examples
    --------
    >>> scratch = Scratch()
    >>> scratch.array("frames", (3, 4)).shape
    (3, 4)
    >>> scratch.array("frames", (5,), np.complex64).dtype
    dtype('complex64')
    """

    def __init__(self) -> None:
        self._buffers: dict[str, NDArray[np.uint8]] = {}
        self._inner: dict[str, Scratch] = {}

    def inner(self, name: str) -> Scratch:
        """Return further memory that belongs to this one, whose arrays have names of their own."""
        return self._inner.setdefault(name, Scratch())

    def array(self, name: str, shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> NDArray[Any]:
        """Return an uninitialised array of `shape` on the memory called `name`, which grows as needed."""
        n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
        buffer = self._buffers.get(name)
        if buffer is None or len(buffer) < n_bytes:
            memory = np.empty(n_bytes + _LINE, np.uint8)
            buffer = self._buffers[name] = memory[-memory.ctypes.data % _LINE :][:n_bytes]
        return buffer[:n_bytes].view(dtype).reshape(shape)
