"""Arithmetic on eight numbers at a time, written out for the compiler.

A function with `on_eights` around it is called once when a kernel is compiled. Its arguments stand for those
that the kernel will have: a `Floats` for an array, an `Index` for a number. What it does with them is not
computed but written down, as vector instructions: nothing is left to the compiler's recognition of loops,
and it has no types to infer.

Eight float32 fill a register of 256 bits; on processors that have smaller ones they take several. All eight
go through the same instructions: a result depends neither on its neighbours nor on its place among them.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from gtzan_features.spectra.compiled import emitted

if TYPE_CHECKING:
    from collections.abc import Callable

EIGHT = 8
"""Numbers in a vector."""

LINE = 16
"""Numbers in a line of the cache."""

_EXPONENT, _ONE, _TINY = (
    0x7F800000,
    0x3F800000,
    0x00800000,
)  # bits of float32: of exponents, of 1, of the least
_FLAGS = ("contract",)  # a product and a sum may be one instruction, which rounds once


class Index:
    """A whole number: a place in an array, or a distance."""

    def __init__(self, builder: Any, value: Any) -> None:
        self._builder, self.value = builder, value

    def __add__(self, other: Index | int) -> Index:
        return Index(self._builder, self._builder.add(self.value, self._number(other)))

    def __mul__(self, factor: Index | int) -> Index:
        return Index(self._builder, self._builder.mul(self.value, self._number(factor)))

    def _number(self, other: Index | int) -> Any:
        return other.value if isinstance(other, Index) else self.value.type(other)


class Eight:
    """Eight float32."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def __add__(self, other: Eight) -> Eight:
        return Eight(self.builder, self.builder.fadd(self.value, other.value, flags=_FLAGS))

    def plus(self, other: Eight) -> Eight:
        """Add what is rounded before, also where it is a product."""
        return Eight(self.builder, self.builder.fadd(self.value, other.value))

    def __sub__(self, other: Eight) -> Eight:
        return Eight(self.builder, self.builder.fsub(self.value, other.value, flags=_FLAGS))

    def __mul__(self, other: Eight | float) -> Eight:
        if not isinstance(other, Eight):
            other = Eight(self.builder, self.value.type([float(other)] * EIGHT))
        return Eight(self.builder, self.builder.fmul(self.value, other.value, flags=_FLAGS))

    def shuffled(self, other: Eight, places: list[int]) -> Eight:
        """Pick eight numbers from both; the other's have the places from 8 on."""
        from llvmlite import ir

        mask = ir.Constant(ir.VectorType(ir.IntType(32), EIGHT), places)
        return Eight(self.builder, self.builder.shuffle_vector(self.value, other.value, mask))


def root(x: Eight) -> Eight:
    """Square root of each number."""
    from llvmlite import ir

    name = f"llvm.sqrt.v{EIGHT}f32"
    function = x.builder.module.globals.get(name)
    if function is None:
        function = ir.Function(x.builder.module, ir.FunctionType(x.value.type, [x.value.type]), name)
    return Eight(x.builder, x.builder.call(function, [x.value]))


def ordered(a: Eight, b: Eight) -> list[Eight]:
    """Return the smaller and the larger of each pair; neither is NaN."""
    is_less = a.builder.fcmp_ordered("<", a.value, b.value)
    return [Eight(a.builder, a.builder.select(is_less, *pair)) for pair in _both(a, b)]


def ordered_bits(a: Eight, b: Eight) -> list[Eight]:
    """Do what `ordered` does with numbers that are not negative: their bits, as integers, have their order.

    Processors take twice as many minima of integers at a time.
    """
    from llvmlite import ir

    kind = ir.VectorType(ir.IntType(32), EIGHT)
    is_less = a.builder.icmp_signed("<", a.builder.bitcast(a.value, kind), a.builder.bitcast(b.value, kind))
    return [Eight(a.builder, a.builder.select(is_less, *pair)) for pair in _both(a, b)]


def shares(a: Eight, b: Eight) -> Eight:
    """Return a^2 / (a^2 + b^2) of numbers that are not negative, and 1/2 where none is normal.

    Both are divided by the power of two under the larger of them, so that squares stay within float32.
    """
    from llvmlite import ir

    build, kind = a.builder, ir.VectorType(ir.IntType(32), EIGHT)
    whole = [build.bitcast(one.value, kind) for one in (a, b)]
    top = build.select(build.icmp_signed("<", *whole), whole[1], whole[0])
    exponent = build.and_(top, kind([_EXPONENT] * EIGHT))
    factor = Eight(build, build.bitcast(build.sub(kind([2 * _ONE] * EIGHT), exponent), a.value.type))
    x, y = a * factor, b * factor
    share = build.fdiv((x * x).value, (x * x + y * y).value)
    is_normal = build.icmp_signed(">=", top, kind([_TINY] * EIGHT))
    return Eight(build, build.select(is_normal, share, a.value.type([0.5] * EIGHT)))


def _both(a: Eight, b: Eight) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    return (a.value, b.value), (b.value, a.value)


class Floats:
    """A float32 array in memory, flat."""

    def __init__(self, builder: Any, start: Any) -> None:
        from llvmlite import ir

        self._builder, self._start = builder, start
        self._vector = ir.VectorType(ir.FloatType(), EIGHT)

    def eight(self, at: Index) -> Eight:
        """Load eight neighbours from a place on."""
        return Eight(self._builder, self._builder.load(self._place(at), align=4))

    def put(self, at: Index, value: Eight) -> None:
        """Store eight neighbours from a place on."""
        self._builder.store(value.value, self._place(at), align=4)

    def spread(self, at: Index) -> Eight:
        """Load one number and repeat it."""
        from llvmlite import ir

        one = self._builder.load(self._builder.gep(self._start, [at.value]), align=4)
        first = self._builder.insert_element(self._vector(ir.Undefined), one, ir.IntType(32)(0))
        value = Eight(self._builder, first)
        return value.shuffled(value, [0] * EIGHT)

    def fetch(self, at: Index) -> None:
        """Tell the processor that a number will be needed soon, in the second cache."""
        from llvmlite import ir

        place, i32 = self._builder.gep(self._start, [at.value]), ir.IntType(32)
        place = self._builder.bitcast(place, ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [place.type, i32, i32, i32])
        call = self._builder.module.declare_intrinsic("llvm.prefetch", [place.type], kind)
        self._builder.call(call, [place, i32(0), i32(2), i32(1)])  # to read, to the second cache, data

    def _place(self, at: Index) -> Any:
        place = self._builder.gep(self._start, [at.value])
        return self._builder.bitcast(place, self._vector.as_pointer())


class Complex:
    """Eight complex numbers, or twice one and the same eight times over."""

    def __init__(self, re: Eight, im: Eight) -> None:
        self.re, self.im = re, im

    def __add__(self, other: Complex) -> Complex:
        return Complex(self.re + other.re, self.im + other.im)

    def __sub__(self, other: Complex) -> Complex:
        return Complex(self.re - other.re, self.im - other.im)

    def __mul__(self, other: Complex) -> Complex:
        return Complex(
            self.re * other.re - self.im * other.im,
            self.re * other.im + self.im * other.re,
        )

    def turned_back(self, other: Complex) -> Complex:
        """Multiply with the conjugate of the other number."""
        return Complex(
            self.re * other.re + self.im * other.im,
            self.im * other.re - self.re * other.im,
        )

    def plus_i(self, other: Complex) -> Complex:
        """Add the other number, turned by a quarter to the left."""
        return Complex(self.re - other.im, self.im + other.re)

    def minus_i(self, other: Complex) -> Complex:
        """Add the other number, turned by a quarter to the right."""
        return Complex(self.re + other.im, self.im - other.re)


def on_eights(function: Callable[..., None]) -> Callable[..., None]:
    """Let `function` be called in kernels, with contiguous float32 arrays and whole numbers."""
    own = inspect.signature(function, eval_str=False)

    @functools.wraps(function)
    def typed(_typing: Any, *kinds: Any) -> Any:
        from numba import types

        def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            function(
                *(_stands_for(context, builder, *one) for one in zip(signature.args, values, strict=True))
            )
            return context.get_dummy_value()

        taken = [kind if isinstance(kind, types.Array) else types.intp for kind in kinds]
        return types.void(*taken), write

    typing = inspect.Parameter("_typing", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    signature = own.replace(parameters=[typing, *own.parameters.values()])
    typed.__signature__ = signature  # type: ignore[attr-defined]
    return emitted(typed)


def _stands_for(context: Any, builder: Any, kind: Any, value: Any) -> Floats | Index:
    from numba import types

    if isinstance(kind, types.Array):
        return Floats(builder, context.make_array(kind)(context, builder, value).data)
    return Index(builder, value)


@on_eights
def fetch(array: Any, at: Any) -> None:
    """Have a line of the cache fetched that will be needed soon; nothing happens where there is none."""
    array.fetch(at)


@on_eights
def turn_square(source: Any, at: Any, step: Any, target: Any, to: Any, target_step: Any) -> None:
    """Write eight rows of eight numbers, `step` apart, as eight columns.

    Parameters
    ----------
    source, target : Floats
        Flat arrays.
    at, to : Index
        Where the first row starts in both.
    step, target_step : Index
        From one row to the next.
    """
    rows = [source.eight(at + step * k) for k in range(EIGHT)]
    pairs = []
    for k in (0, 2, 4, 6):
        pairs.append(rows[k].shuffled(rows[k + 1], [0, 8, 2, 10, 4, 12, 6, 14]))
        pairs.append(rows[k].shuffled(rows[k + 1], [1, 9, 3, 11, 5, 13, 7, 15]))
    fours = [
        pairs[k + j].shuffled(pairs[k + j + 2], places)
        for k in (0, 4)
        for places in ([0, 1, 8, 9, 4, 5, 12, 13], [2, 3, 10, 11, 6, 7, 14, 15])
        for j in (0, 1)
    ]
    for k in range(4):
        target.put(to + target_step * k, fours[k].shuffled(fours[k + 4], [0, 1, 2, 3, 8, 9, 10, 11]))
        target.put(to + target_step * (k + 4), fours[k].shuffled(fours[k + 4], [4, 5, 6, 7, 12, 13, 14, 15]))
