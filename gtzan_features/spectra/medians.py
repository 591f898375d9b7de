"""Sliding median over 31 frames or 31 bins, with sorting networks on many lanes at once.

Sixteen neighbouring windows of 31 share the sixteen values in their middle. Those are sorted once;
then the sixteen windows are halved four times, and each half adds the values that its windows
share beyond that (8, 4, 2 and 1), which are sorted, too. After each addition only the values that can
still become the median are kept. Sorted runs of 8 are left to the next sixteen windows. This takes 29
minima and maxima for each output instead of about 240 for a sorted window, without a branch. The sharing
follows Adams [1]_; for the networks see `networks`.

Values are compared as integers: the bits of floats that are not negative are in the order of the floats,
and processors take twice as many minima of integers at a time. The instructions are written as vectors,
without a loop that the compiler would first have to recognise: that takes it a tenth of the time.

References
----------
.. [1] A. Adams, "Fast median filters using separable sorting networks", ACM TOG 40(4), 2021.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gtzan_features.spectra.compiled import emitted, kernel, part, takes
from gtzan_features.spectra.lanes import LANES
from gtzan_features.spectra.networks import merged, sorted_by_network
from gtzan_features.spectra.vectors import EIGHT, LINE, fetch, on_eights, shares, turn_square

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gtzan_features.spectra.buffers import Scratch

    Float32 = NDArray[np.float32]
    Int32 = NDArray[np.int32]

WINDOW = 31
"""Length of the window that the networks are made for."""

_HALF = WINDOW // 2
_SQUARE = LANES  # rows of medians at a time: with the rows around them, they stay in the first cache
_SPAN = _SQUARE + WINDOW - 1  # rows that these medians are taken of
_TILE = 16  # windows that share one sorted core
_RUN = 8  # rows that are sorted for two tiles
_RUNS_END = _SPAN + 4 * _RUN  # rows of scratch before the squares
_VECTOR = 8  # lanes in a register: 256 bits, of which processors do at least as much as of 512


class _Emitter:
    """Writes vector instructions for rows of an array of LANES columns, at an offset into its rows."""

    def __init__(self, context: Any, builder: Any) -> None:
        from llvmlite import ir

        self._context, self._builder = context, builder
        self._vector = ir.VectorType(ir.IntType(32), _VECTOR).as_pointer()

    def rows(self, kind: Any, array: Any, offset: Any) -> Any:
        """Return a function from the number of a row to the place of its vector."""
        data = self._context.make_array(kind)(self._context, self._builder, array).data
        start = self._builder.gep(data, [offset])

        def place(row: int) -> Any:
            at = self._builder.gep(start, [offset.type(row * LANES)])
            return self._builder.bitcast(at, self._vector)

        return place

    def load(self, place: Any) -> Any:
        return self._builder.load(place, align=4)

    def store(self, value: Any, place: Any) -> None:
        self._builder.store(value, place, align=4)

    def ordered(self, a: Any, b: Any) -> list[Any]:
        """Return minimum and maximum."""
        is_less = self._builder.icmp_signed("<", a, b)
        return [self._builder.select(is_less, a, b), self._builder.select(is_less, b, a)]

    def merged(self, a: list[Any], b: list[Any]) -> list[Any]:
        """Merge two sorted lists; what is not used of the result, the compiler leaves out."""
        return merged(a, b, self.ordered)

    def sorted(self, source: Any, first: int, count: int) -> list[Any]:
        """Sort `count` rows of `source`."""
        values = [self.load(source(row)) for row in range(first, first + count)]
        return sorted_by_network(values, self.ordered)


@emitted
def _sort_run(_typing: Any, source: Any, _at: Any, runs: Any, _to: Any) -> Any:
    """Write 8 rows of `source` sorted to `runs`, for one vector of lanes; offsets in values."""
    from numba import types

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        emit, kinds = _Emitter(context, builder), signature.args
        target = emit.rows(kinds[2], values[2], values[3])
        for row, value in enumerate(emit.sorted(emit.rows(kinds[0], values[0], values[1]), 0, _RUN)):
            emit.store(value, target(row))
        return context.get_dummy_value()

    return types.void(source, types.intp, runs, types.intp), write


@emitted
def _sixteen_medians(
    _typing: Any, source: Any, _at: Any, runs: Any, _0: Any, _1: Any, _2: Any, _3: Any, target: Any
) -> Any:
    """Write 16 medians of 46 rows of `source`, for one vector of lanes; offsets in values.

    `runs` holds its rows 7 to 38, sorted by eights that start at the four offsets.
    """
    from numba import types

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        emit, kinds = _Emitter(context, builder), signature.args
        source, target = (emit.rows(kinds[i], values[i], values[1]) for i in (0, 7))

        def run(offset: Any) -> list[Any]:
            return [emit.load(emit.rows(kinds[2], values[2], offset)(row)) for row in range(_RUN)]

        def store(shared: list[Any], first: int, count: int) -> None:
            """Store windows from the middle `count` of the values that they share."""
            if count == 1:
                emit.store(shared[0], target(first))
                return
            half = count // 2
            for window, offset, row in (
                (first, values[3], first + half - 1),
                (first + half, values[6], first + WINDOW),
            ):
                more = run(offset) if half == _RUN else emit.sorted(source, row, half)
                store(emit.merged(shared, more)[half:count], window, half)

        store(emit.merged(run(values[4]), run(values[5])), 0, _TILE)
        return context.get_dummy_value()

    i = types.intp
    return types.void(source, i, runs, i, i, i, i, target), write


@part
def _square_medians(source: Int32, n_rows: int, n_lanes: int, runs: Int32, target: Int32) -> None:
    """Fill `target` (_SQUARE, LANES) with medians of 31 rows of `source` (_SPAN, LANES), of each column.

    As many rows and lanes as asked for are filled, and further ones up to multiples of 16 and 8. `runs`
    (4 * _RUN, LANES) is scratch.
    """
    for lane in range(0, n_lanes, _VECTOR):
        for half in range(2):
            _sort_run(source, (7 + half * _RUN) * LANES + lane, runs, half * _RUN * LANES + lane)
    for start in range(0, n_rows, _TILE):
        turn = start // _TILE % 2 * 2  # the last two runs of a tile are the first two of the next
        left, core0 = turn * _RUN * LANES, (turn + 1) * _RUN * LANES
        core1, right = (2 - turn) * _RUN * LANES, (3 - turn) * _RUN * LANES
        for lane in range(0, n_lanes, _VECTOR):
            at = start * LANES + lane
            _sort_run(source, at + 23 * LANES, runs, core1 + lane)
            _sort_run(source, at + WINDOW * LANES, runs, right + lane)
            _sixteen_medians(source, at, runs, left + lane, core0 + lane, core1 + lane, right + lane, target)


@part
def _mirrored(index: int, length: int) -> int:
    """Map an index beyond either end back inside: d c b a | a b c d | d c b a."""
    if 0 <= index < length:
        return index
    index %= 2 * length
    return min(index, 2 * length - 1 - index)


@on_eights
def _copy_row(source: Any, at: Any, target: Any, to: Any) -> None:
    """Copy LANES numbers, as vectors."""
    for k in range(0, LANES, EIGHT):
        target.put(to + k, source.eight(at + k))


@part
def _rows_around(x: Int32, first: int, n_rows: int, start: int, n_lanes: int, source: Int32) -> None:
    """Fill `source` (_SPAN, LANES) with the rows of `x` whose medians are those of `n_rows` from `first`.

    Columns are `n_lanes` from `start`; beyond its ends, `x` is mirrored.
    """
    # Tiles are of sixteen: what the last one reads beyond is some row, and no result depends on it.
    flat, flat_source, n_columns = x.reshape(-1), source.reshape(-1), x.shape[1]
    for k in range(min(n_rows + _TILE, _SQUARE) + WINDOW - 1):
        at = _mirrored(first - _HALF + k, len(x)) * n_columns + start
        if n_lanes == LANES:
            _copy_row(flat, at, flat_source, k * LANES)
            continue
        for lane in range(n_lanes):
            flat_source[k * LANES + lane] = flat[at + lane]


@part
def _fetch_rows(x: Int32, first: int, stop: int, start: int) -> None:
    """Have LANES columns from `start` fetched, of those rows of `x` that there are: they are pages apart."""
    n_columns = x.shape[1]
    if start + LANES <= n_columns:
        for row in range(max(first, 0), min(stop, len(x))):
            for line in range(0, LANES, LINE):
                fetch(x, row * n_columns + start + line)


@part
def _turned(square: Int32, n_columns: int, result: Int32) -> None:
    """Write columns of `square` (LANES, LANES) as rows of `result`, up to a multiple of eight."""
    flat, flat_result = square.reshape(-1), result.reshape(-1)
    for column in range(0, n_columns, EIGHT):
        for row in range(0, LANES, EIGHT):
            turn_square(flat, row * LANES + column, LANES, flat_result, column * LANES + row, LANES)


@takes("i4[:, ::1], i4[:, ::1], i8, i4[:, ::1], i4[:, ::1], i4[:, ::1], i4[:, ::1], i4[:, ::1]")
@kernel
def _filter_block(
    x: Int32, lanes: Int32, first: int, work: Int32,
    smooth: Int32, spiky: Int32, mask: Int32, beside: Int32,
) -> None:  # fmt: skip
    """Fill `smooth` with medians over frames of `x` from `first` on, `spiky` with those over bins of `lanes`.

    `mask` is filled with the soft mask of both, and `beside` with the same, frames side by side. The first
    three have the shape (up to LANES, n_bins), `beside` that of `lanes`, or no rows where they are not asked
    for. `work` is scratch.
    """
    n_bins, n_frames, is_masked = x.shape[1], min(LANES, len(x) - first), len(mask) + len(beside) > 0
    source, runs, room = work[:_SPAN], work[_SPAN:_RUNS_END], work[_RUNS_END:]
    over_frames, over_bins, turned = room[:LANES], room[LANES : 2 * LANES], room[2 * LANES :]
    for start in range(0, n_bins, LANES):
        width = min(LANES, n_bins - start)
        if len(smooth) > 0 or is_masked:
            _fetch_rows(x, first - _HALF, first + n_frames + _HALF, start + LANES)
            _rows_around(x, first, n_frames, start, width, source)
            _square_medians(source, n_frames, width, runs, over_frames)
            _copied(over_frames, smooth, start, width)
        if len(spiky) > 0 or is_masked:
            if start >= _HALF and start - _HALF + _SPAN <= n_bins:
                _square_medians(lanes[start - _HALF :], width, n_frames, runs, over_bins)
            else:
                _rows_around(lanes, start, width, 0, n_frames, source)
                _square_medians(source, width, n_frames, runs, over_bins)
        if len(spiky) + len(mask) > 0:
            _turned(over_bins, n_frames, turned)
            _copied(turned, spiky, start, width)
        if len(mask) > 0:
            _masked(over_frames, turned, mask, start, width, source)
        if len(beside) > 0:
            _turned(over_frames, width, turned)
            _masked_beside(turned, over_bins, n_frames, beside[start : start + width])


@part
def _copied(square: Int32, result: Int32, start: int, width: int) -> None:
    """Write the left `width` columns of `square` to columns of `result` from `start` on, in all its rows."""
    for t in range(len(result)):
        row = result[t, start : start + width]
        for k in range(width):
            row[k] = square[t, k]


@part
def _masked(smooth: Int32, spiky: Int32, mask: Int32, start: int, width: int, room: Int32) -> None:
    """Do what `_copied` does with the soft masks of two squares; `room` is scratch."""
    h, p, flat, of_last = smooth.reshape(-1), spiky.reshape(-1), mask.reshape(-1), room.reshape(-1)
    for t in range(len(mask)):
        at, to = t * LANES, t * mask.shape[1] + start
        for k in range(0, width, EIGHT):
            if k + EIGHT <= width:
                _eight_masks(h, p, at + k, flat, to + k)
                continue
            _eight_masks(h, p, at + k, of_last, 0)
            for i in range(width - k):
                flat[to + k + i] = of_last[i]


@part
def _masked_beside(smooth: Int32, spiky: Int32, n_frames: int, mask: Int32) -> None:
    """Fill `mask` (up to LANES, LANES), bins below each other; 0 beyond `n_frames`."""
    h, p, flat = smooth.reshape(-1), spiky.reshape(-1), mask.reshape(-1)
    for at in range(0, len(flat), EIGHT):
        _eight_masks(h, p, at, flat, at)
    if n_frames < LANES:
        mask[:, n_frames:] = 0


@on_eights
def _eight_masks(smooth: Any, spiky: Any, at: Any, mask: Any, to: Any) -> None:
    mask.put(to, shares(smooth.eight(at), spiky.eight(at)))


def mask_of_block(magnitude: Float32, lanes: Float32, first: int, mask: Float32, scratch: Scratch) -> None:
    """Soft mask of what is smooth over frames, against what is smooth over bins, of up to LANES frames.

    Parameters
    ----------
    magnitude, lanes, first, scratch
        As in `median_of_block`.
    mask : ndarray of shape (up to LANES, n_bins), float32, C order
        Is filled with h^2 / (h^2 + p^2) of the medians over frames, h, and over bins, p.
    """
    bits, none = magnitude.view(np.int32), magnitude[:0].view(np.int32)
    side, found = lanes.view(np.int32), mask.view(np.int32)
    _filter_block(bits, side, first, _room(scratch), none, none, found, none)


def mask_beside(magnitude: Float32, lanes: Float32, first: int, mask: Float32, scratch: Scratch) -> None:
    """Do what `mask_of_block` does, frames side by side.

    Parameters
    ----------
    magnitude, lanes, first, scratch
        As in `median_of_block`.
    mask : ndarray of shape (n_bins, LANES), float32, C order
        Is filled; beyond the last frame with 0.
    """
    bits, none = magnitude.view(np.int32), magnitude[:0].view(np.int32)
    side, found = lanes.view(np.int32), mask.view(np.int32)
    _filter_block(bits, side, first, _room(scratch), none, none, none, found)


def _room(scratch: Scratch) -> Int32:
    room: Int32 = scratch.array("median", (_RUNS_END + 3 * _SQUARE, LANES), np.int32)
    return room


def median_of_block(
    magnitude: Float32, lanes: Float32, first: int, medians: tuple[Float32, Float32], scratch: Scratch
) -> None:
    """Medians of up to LANES frames, over 31 neighbouring frames and over 31 neighbouring bins.

    Parameters
    ----------
    magnitude : ndarray of shape (n_frames, n_bins), float32, C order
        Of all frames. Not negative, nor -0, without NaN.
    lanes : ndarray of shape (n_bins, LANES), float32, C order
        Those of the frames asked for, side by side; not read where no medians over bins are asked for.
    first : int
        The first of these frames.
    medians : tuple of two ndarrays of shape (up to LANES, n_bins), float32, C order
        Are filled: over frames, over bins. One of them may have no rows.
    scratch : Scratch
        Memory.
    """
    bits = [array.view(np.int32) for array in (magnitude, lanes, *medians)]
    none = bits[0][:0]
    _filter_block(bits[0], bits[1], first, _room(scratch), bits[2], bits[3], none, none)


def median_over_frames(magnitude: Float32, result: Float32, scratch: Scratch) -> Float32:
    """Median of each bin over 31 neighbouring frames.

    Parameters
    ----------
    magnitude : ndarray of shape (n_frames, n_bins), float32, C order
        Not negative, nor -0, without NaN.
    result : ndarray of the same shape
        Is filled, and returned.
    scratch : Scratch
        Memory.

    Returns
    -------
    ndarray of shape (n_frames, n_bins), float32
        Equal to ``scipy.ndimage.median_filter(magnitude, size=(31, 1), mode="reflect")``.
    """
    for first in range(0, len(result), LANES):
        median_of_block(magnitude, magnitude[:0], first, (result[first : first + LANES], result[:0]), scratch)
    return result


def median_over_bins(lanes: Float32, result: Float32, scratch: Scratch) -> Float32:
    """Median of each frame over 31 neighbouring bins.

    Parameters
    ----------
    lanes : ndarray of shape (n_blocks, n_bins, LANES), float32, C order
        Magnitudes as `lanes.to_lanes` lays them out; not negative, nor -0, without NaN.
    result : ndarray of shape (n_frames, n_bins)
        Is filled, and returned.
    scratch : Scratch
        Memory.

    Returns
    -------
    ndarray of shape (n_frames, n_bins), float32
        Equal to ``scipy.ndimage.median_filter(magnitude, size=(1, 31), mode="reflect")``.
    """
    for block, first in enumerate(range(0, len(result), LANES)):
        median_of_block(result, lanes[block], first, (result[:0], result[first : first + LANES]), scratch)
    return result
