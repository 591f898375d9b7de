"""Sliding median over 31 frames or 31 bins, with sorting networks on many lanes at once.

Sixteen neighbouring windows of 31 share the sixteen values in their middle. Those are sorted once;
then the sixteen windows are halved four times, and each half adds the values that its windows
share beyond that (8, 4, 2 and 1). After each addition only the values that can still become the
median are kept. This takes 35 minima and maxima for each output instead of about 120 for a sorted
window, without a branch, so that the compiler does it for one vector register of lanes at a time.
The networks are Batcher's [1]_, the sharing follows Adams [2]_.

References
----------
.. [1] K. Batcher, "Sorting networks and their applications", AFIPS 1968.
.. [2] A. Adams, "Fast median filters using separable sorting networks", ACM TOG 40(4), 2021.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.spectra.compiled import inlined, kernel, part
from gtzan_features.spectra.lanes import LANES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra.buffers import Scratch

WINDOW = 31
"""Length of the window that the networks are made for."""

_HALF = 15
_TILE = 16  # windows that share one sorted core
_SPAN = 46  # values that a tile looks at: _TILE + WINDOW - 1


@inlined
def _merge1(a: Any, b: Any) -> Any:
    return min(a, b), max(a, b)


@inlined
def _merge2(a: Any, b: Any) -> Any:
    e0, e1 = _merge1(a[0], b[0])
    o0, o1 = _merge1(a[1], b[1])
    m1, m2 = _merge1(e1, o0)
    return e0, m1, m2, o1


@inlined
def _merge4(a: Any, b: Any) -> Any:
    e = _merge2((a[0], a[2]), (b[0], b[2]))
    o = _merge2((a[1], a[3]), (b[1], b[3]))
    m1, m2 = _merge1(e[1], o[0])
    m3, m4 = _merge1(e[2], o[1])
    m5, m6 = _merge1(e[3], o[2])
    return e[0], m1, m2, m3, m4, m5, m6, o[3]


@inlined
def _merge8(a: Any, b: Any) -> Any:
    e = _merge4((a[0], a[2], a[4], a[6]), (b[0], b[2], b[4], b[6]))
    o = _merge4((a[1], a[3], a[5], a[7]), (b[1], b[3], b[5], b[7]))
    m1, m2 = _merge1(e[1], o[0])
    m3, m4 = _merge1(e[2], o[1])
    m5, m6 = _merge1(e[3], o[2])
    m7, m8 = _merge1(e[4], o[3])
    m9, m10 = _merge1(e[5], o[4])
    m11, m12 = _merge1(e[6], o[5])
    m13, m14 = _merge1(e[7], o[6])
    return e[0], m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, o[7]


@inlined
def _bitonic2(x: Any) -> Any:
    return _merge1(x[0], x[1])


@inlined
def _bitonic4(x: Any) -> Any:
    a0, b0 = _merge1(x[0], x[2])
    a1, b1 = _merge1(x[1], x[3])
    return _bitonic2((a0, a1)) + _bitonic2((b0, b1))


@inlined
def _bitonic8(x: Any) -> Any:
    a0, b0 = _merge1(x[0], x[4])
    a1, b1 = _merge1(x[1], x[5])
    a2, b2 = _merge1(x[2], x[6])
    a3, b3 = _merge1(x[3], x[7])
    return _bitonic4((a0, a1, a2, a3)) + _bitonic4((b0, b1, b2, b3))


@inlined
def _middle8(c: Any, d: Any) -> Any:
    """Return the middle 8 of 16 sorted candidates `c` and 8 sorted values `d`, sorted."""
    up = _bitonic8(
        (
            max(c[0], d[7]),
            max(c[1], d[6]),
            max(c[2], d[5]),
            max(c[3], d[4]),
            max(c[4], d[3]),
            max(c[5], d[2]),
            max(c[6], d[1]),
            max(c[7], d[0]),
        )
    )
    return _bitonic8(
        (
            min(up[0], c[15]),
            min(up[1], c[14]),
            min(up[2], c[13]),
            min(up[3], c[12]),
            min(up[4], c[11]),
            min(up[5], c[10]),
            min(up[6], c[9]),
            min(up[7], c[8]),
        )
    )


@inlined
def _middle4(c: Any, d: Any) -> Any:
    up = _bitonic4((max(c[0], d[3]), max(c[1], d[2]), max(c[2], d[1]), max(c[3], d[0])))
    return _bitonic4((min(up[0], c[7]), min(up[1], c[6]), min(up[2], c[5]), min(up[3], c[4])))


@inlined
def _middle2(c: Any, d: Any) -> Any:
    up = _bitonic2((max(c[0], d[1]), max(c[1], d[0])))
    return _bitonic2((min(up[0], c[3]), min(up[1], c[2])))


@inlined
def _middle1(c: Any, x: Any) -> Any:
    return min(max(c[0], x), c[1])


@inlined
def _sorted2(source: Any, at: int) -> Any:
    return _merge1(source[at], source[at + LANES])


@inlined
def _sorted4(source: Any, at: int) -> Any:
    return _merge2(_sorted2(source, at), _sorted2(source, at + 2 * LANES))


@inlined
def _sorted8(source: Any, at: int) -> Any:
    return _merge4(_sorted4(source, at), _sorted4(source, at + 4 * LANES))


@inlined
def _store2(source: Any, target: Any, c: Any, lane: int, j: int) -> None:
    """Store windows `j` and ``j + 1`` from the middle 2 of the 30 values that they share."""
    target[lane + j * LANES] = _middle1(c, source[lane + j * LANES])
    target[lane + (j + 1) * LANES] = _middle1(c, source[lane + (j + WINDOW) * LANES])


@inlined
def _store4(source: Any, target: Any, c: Any, lane: int, j: int) -> None:
    """Store windows `j` to ``j + 3`` from the middle 4 of the 28 values that they share."""
    _store2(source, target, _middle2(c, _sorted2(source, lane + (j + 1) * LANES)), lane, j)
    _store2(source, target, _middle2(c, _sorted2(source, lane + (j + WINDOW) * LANES)), lane, j + 2)


@inlined
def _store8(source: Any, target: Any, c: Any, lane: int, j: int) -> None:
    """Store windows `j` to ``j + 7`` from the middle 8 of the 24 values that they share."""
    _store4(source, target, _middle4(c, _sorted4(source, lane + (j + 3) * LANES)), lane, j)
    _store4(source, target, _middle4(c, _sorted4(source, lane + (j + WINDOW) * LANES)), lane, j + 4)


@part
def _median_tile(source: NDArray[np.float32], target: NDArray[np.float32]) -> None:
    """Write 16 medians of each lane, from 46 values each; both arrays are flat, lanes last."""
    for lane in range(LANES):
        core = _merge8(_sorted8(source, lane + 15 * LANES), _sorted8(source, lane + 23 * LANES))
        _store8(source, target, _middle8(core, _sorted8(source, lane + 7 * LANES)), lane, 0)
        _store8(source, target, _middle8(core, _sorted8(source, lane + WINDOW * LANES)), lane, 8)


@part
def _mirrored(index: int, length: int) -> int:
    """Map an index beyond either end back inside: d c b a | a b c d | d c b a."""
    index %= 2 * length
    return min(index, 2 * length - 1 - index)


@part
def _mirror_ends(source: NDArray[np.float32], length: int) -> None:
    """Fill 15 rows before and after the `length` rows of `source` (flat, lanes last) by reflection."""
    for k in range(_HALF):
        below, above = _HALF + _mirrored(-1 - k, length), _HALF + _mirrored(length + k, length)
        for lane in range(LANES):
            source[(_HALF - 1 - k) * LANES + lane] = source[below * LANES + lane]
            source[(_HALF + length + k) * LANES + lane] = source[above * LANES + lane]


@kernel
def _filter_frames(x: NDArray[np.float32], source: NDArray[np.float32], result: NDArray[np.float32]) -> None:
    """Fill `result` with medians over the first axis of `x`; `source` is scratch, flat, lanes last."""
    n_frames, n_bins = x.shape
    target = np.empty(_TILE * LANES, np.float32)
    for first in range(0, n_bins, LANES):
        count = min(LANES, n_bins - first)
        for frame in range(n_frames):
            column, row = x[frame, first : first + count], source[(frame + _HALF) * LANES :]
            for lane in range(count):
                row[lane] = column[lane]
        _mirror_ends(source, n_frames)
        for start in range(0, n_frames, _TILE):
            _median_tile(source[start * LANES : (start + _SPAN) * LANES], target)
            for k in range(min(_TILE, n_frames - start)):
                column, row = result[start + k, first : first + count], target[k * LANES :]
                for lane in range(count):
                    column[lane] = row[lane]


@kernel
def _filter_bins(
    lanes: NDArray[np.float32], source: NDArray[np.float32], result: NDArray[np.float32]
) -> None:
    """Fill `result` (n_frames, n_bins) with medians over the bins of `lanes`; `source` is scratch."""
    n_frames, n_bins = result.shape
    target = np.empty(_TILE * LANES, np.float32)
    for block in range(len(lanes)):
        first = block * LANES
        count = min(LANES, n_frames - first)
        source[_HALF * LANES : (_HALF + n_bins) * LANES] = lanes[block].reshape(-1)
        _mirror_ends(source, n_bins)
        for start in range(0, n_bins, _TILE):
            _median_tile(source[start * LANES : (start + _SPAN) * LANES], target)
            for lane in range(count):
                row, column = result[first + lane, start : start + _TILE], target[lane:]
                for k in range(len(row)):
                    row[k] = column[k * LANES]


def median_over_frames(
    magnitude: NDArray[np.float32], result: NDArray[np.float32], scratch: Scratch
) -> NDArray[np.float32]:
    """Median of each bin over 31 neighbouring frames.

    Parameters
    ----------
    magnitude : ndarray of shape (n_frames, n_bins), float32, C order
        Without NaN.
    result : ndarray of the same shape
        Is filled, and returned.
    scratch : Scratch
        Memory.

    Returns
    -------
    ndarray of shape (n_frames, n_bins), float32
        Equal to ``scipy.ndimage.median_filter(magnitude, size=(31, 1), mode="reflect")``.
    """
    # Beyond the mirrored rows, the last tile reads what belongs to no frame: any number will do.
    source = scratch.array("median", ((len(magnitude) + _SPAN) * LANES,))
    _filter_frames(magnitude, source, result)
    return result


def median_over_bins(
    lanes: NDArray[np.float32], result: NDArray[np.float32], scratch: Scratch
) -> NDArray[np.float32]:
    """Median of each frame over 31 neighbouring bins.

    Parameters
    ----------
    lanes : ndarray of shape (n_blocks, n_bins, LANES), float32, C order
        Magnitudes without NaN, as `lanes.to_lanes` lays them out.
    result : ndarray of shape (n_frames, n_bins)
        Is filled, and returned.
    scratch : Scratch
        Memory.

    Returns
    -------
    ndarray of shape (n_frames, n_bins), float32
        Equal to ``scipy.ndimage.median_filter(magnitude, size=(1, 31), mode="reflect")``.
    """
    source = scratch.array("median", ((lanes.shape[1] + _SPAN) * LANES,))
    _filter_bins(lanes, source, result)
    return result
