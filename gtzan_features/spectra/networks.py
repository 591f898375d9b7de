"""Sorting networks, written out for the compiler: which values are compared, whatever they are.

Batcher's odd-even merges [1]_ sort lists of any length. Nothing here computes: `ordered` writes an
instruction or two for a pair, and what is not used of a result, the compiler leaves out.

References
----------
.. [1] K. Batcher, "Sorting networks and their applications", AFIPS 1968.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Value = TypeVar("Value")


def merged(a: list[Value], b: list[Value], ordered: Callable[[Value, Value], list[Value]]) -> list[Value]:
    """Merge two sorted lists.

    Parameters
    ----------
    a, b : list
        In rising order; they may differ in length.
    ordered : callable
        Returns the smaller and the larger of two values.

    Returns
    -------
    list
        All values in rising order.
    """
    if not a or not b:
        return a or b
    if len(a) == len(b) == 1:
        return ordered(a[0], b[0])
    even, odd = merged(a[::2], b[::2], ordered), merged(a[1::2], b[1::2], ordered)
    result = even[:1]
    for one, other in zip(odd, even[1:], strict=False):
        result += ordered(one, other)
    return result + even[1 + len(odd) :] + odd[len(even) - 1 :]


def sorted_by_network(values: list[Value], ordered: Callable[[Value, Value], list[Value]]) -> list[Value]:
    """Sort a list of any length into rising order; see `merged`."""
    if len(values) < 2:
        return values
    half = len(values) // 2
    return merged(
        sorted_by_network(values[:half], ordered), sorted_by_network(values[half:], ordered), ordered
    )


def bitonic_sorted(values: list[Value], ordered: Callable[[Value, Value], list[Value]]) -> list[Value]:
    """Sort a list that rises and then falls, or is such a list turned round its end; a power of two long."""
    if len(values) == 1:
        return values
    half = len(values) // 2
    pairs = [ordered(a, b) for a, b in zip(values[:half], values[half:], strict=True)]
    return [one for side in (0, 1) for one in bitonic_sorted([pair[side] for pair in pairs], ordered)]
