"""Steps of Fourier transforms on eight frames side by side, written out for the compiler.

A complex number of eight frames lies in a flat array as eight real parts and then eight imaginary ones. What
the steps are for, and where they are from, says `fourier`.
"""

from __future__ import annotations

from typing import Any

from gtzan_features.spectra.vectors import EIGHT, Complex, on_eights, root

PAIR = 2 * EIGHT
"""Floats of a complex number of eight frames."""


def _complex(array: Any, at: Any) -> Complex:
    return Complex(array.eight(at), array.eight(at + EIGHT))


def _put(array: Any, at: Any, value: Complex) -> None:
    array.put(at, value.re)
    array.put(at + EIGHT, value.im)


def _factor(array: Any, at: Any) -> Complex:
    return Complex(array.spread(at), array.spread(at + 1))


def _quartered(x: list[Complex], work: Any, at: Any, step: Any, turns: Any, turn: Any) -> None:
    """Write the butterfly of four numbers to places `step` apart, each with its factor."""
    even, odd = (x[0] + x[2], x[0] - x[2]), (x[1] + x[3], x[1] - x[3])
    _put(work, at, even[0] + odd[0])
    _put(work, at + step, even[1].minus_i(odd[1]) * _factor(turns, turn))
    _put(work, at + step * 2, (even[0] - odd[0]) * _factor(turns, turn + 2))
    _put(work, at + step * 3, even[1].plus_i(odd[1]) * _factor(turns, turn + 4))


@on_eights
def first_quartered(
    tile: Any, at: Any, down: Any, apart: Any, window: Any, i: Any, quarter: Any, work: Any, turns: Any
) -> None:
    """Take eight frames' samples ``i`` and ``i + 1``, and those one, two and three quarters further."""
    x = []
    for k in range(4):
        place, sample = at + apart * k, i + quarter * k
        re = tile.eight(place) * window.spread(sample)
        x.append(Complex(re, tile.eight(place + down) * window.spread(sample + 1)))
    _quartered(x, work, i * EIGHT, quarter * EIGHT, turns, i * 3)


@on_eights
def next_quartered(work: Any, at: Any, step: Any, turns: Any, turn: Any) -> None:
    """Replace four numbers, `step` apart, by their butterfly."""
    _quartered([_complex(work, at + step * k) for k in range(4)], work, at, step, turns, turn)


@on_eights
def halved(work: Any, at: Any) -> None:
    """Replace two neighbours by sum and difference."""
    a, b = _complex(work, at), _complex(work, at + PAIR)
    _put(work, at, a + b)
    _put(work, at + PAIR, a - b)


def _joined(work: Any, at: Any, step: Any, turns: Any, turn: Any) -> list[Complex]:
    """Undo `_quartered`, but for a factor of 4."""
    x = [_complex(work, at)]
    x += [_complex(work, at + step * k).turned_back(_factor(turns, turn + (2 * k - 2))) for k in (1, 2, 3)]
    even, odd = (x[0] + x[2], x[0] - x[2]), (x[1] + x[3], x[1] - x[3])
    return [even[0] + odd[0], even[1].plus_i(odd[1]), even[0] - odd[0], even[1].minus_i(odd[1])]


@on_eights
def next_joined(work: Any, at: Any, step: Any, turns: Any, turn: Any) -> None:
    """Undo `next_quartered`, but for a factor of 4."""
    for k, value in enumerate(_joined(work, at, step, turns, turn)):
        _put(work, at + step * k, value)


@on_eights
def last_joined(
    work: Any, turns: Any, i: Any, quarter: Any, window: Any, tile: Any, at: Any, down: Any, apart: Any
) -> None:
    """Add eight frames' samples ``i`` and ``i + 1``, and those one, two and three quarters further."""
    for k, value in enumerate(_joined(work, i * EIGHT, quarter * EIGHT, turns, i * 3)):
        place, sample = at + apart * k, i + quarter * k
        tile.put(place, tile.eight(place) + value.re * window.spread(sample))
        tile.put(place + down, tile.eight(place + down) + value.im * window.spread(sample + 1))


def _two_bins(work: Any, at: Any, mirrored: Any, split: Any, k: Any) -> tuple[Complex, Complex]:
    """Return bin k of a real transform and the conjugate of bin n - k, both twice as large."""
    a, b = _complex(work, at), _complex(work, mirrored)
    even = Complex(a.re + b.re, a.im - b.im)
    odd = Complex(a.im + b.im, b.re - a.re) * _factor(split, k * 2)
    return even + odd, even - odd


@on_eights
def two_magnitudes(
    work: Any, at: Any, mirrored: Any, split: Any, k: Any,
    bins: Any, low: Any, high: Any, lanes: Any, up: Any, down: Any,
) -> None:  # fmt: skip
    """Write magnitudes of bin k and of the one as far from the other end, to `bins` and to `lanes`."""
    for x, place, to in zip(_two_bins(work, at, mirrored, split, k), (low, high), (up, down), strict=True):
        _put_magnitude(x, bins, place, lanes, to)


@on_eights
def two_kept(
    work: Any, at: Any, mirrored: Any, split: Any, k: Any, bins: Any, low: Any, high: Any,
    lanes: Any, up: Any, down: Any, kept: Any, here: Any, there: Any,
) -> None:  # fmt: skip
    """Do what `two_magnitudes` does, and write both bins, twice as large as they are, to `kept`."""
    x, y = _two_bins(work, at, mirrored, split, k)
    _put_magnitude(x, bins, low, lanes, up)
    _put_magnitude(y, bins, high, lanes, down)
    _put(kept, here * PAIR, x)
    _put(kept, there * PAIR, y)


def _put_magnitude(x: Complex, bins: Any, place: Any, lanes: Any, to: Any) -> None:
    size = root(x.re * x.re + x.im * x.im) * 0.5
    bins.put(place * EIGHT, size)
    lanes.put(to, size)


@on_eights
def two_filtered(
    kept: Any, here: Any, there: Any, mask: Any, up: Any, down: Any,
    split: Any, k: Any, work: Any, at: Any, mirrored: Any,
) -> None:  # fmt: skip
    """Multiply bin k, and the one as far from the other end, with their masks, and undo `_two_bins`."""
    x, y = _complex(kept, here * PAIR), _complex(kept, there * PAIR)
    m, n = mask.eight(up), mask.eight(down)
    x, y = Complex(x.re * m, x.im * m), Complex(y.re * n, y.im * n)
    even, odd = x + y, (x - y).turned_back(_factor(split, k * 2))
    a, b = even.plus_i(odd), even.minus_i(odd)
    _put(work, at, a)
    work.put(mirrored, b.re)
    work.put(mirrored + EIGHT, b.im * -1.0)
