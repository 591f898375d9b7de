"""How this package compiles its kernels: one decorator, one thread, cached on disk.

Every kernel is a pure function of contiguous arrays. ``fastmath`` is never on as a whole, so that
comparisons, infinities and signed zeros keep their meaning; kernels that add up many numbers may
let the compiler choose the order of additions (``reassociate``), which is fixed once compiled, so
that equal input gives equal bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

from gtzan_features.kernel_folder import settle_cache

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., Any]")

_KERNELS: list[Any] = []
_CACHED = settle_cache()


def kernel(function: Function) -> Function:
    """Compile `function` on its first call, exact IEEE arithmetic, and remember it for `is_compiled`."""
    return _registered(numba.njit(cache=_CACHED, nogil=True, error_model="numpy"), function)


def summing_kernel(function: Function) -> Function:
    """Compile `function` like `kernel`, but let sums be added up in any (fixed) order."""
    options = {"reassoc", "contract"}
    return _registered(numba.njit(cache=_CACHED, nogil=True, error_model="numpy", fastmath=options), function)


def inlined(function: Function) -> Function:
    """Compile `function` only into the kernels that call it, at each call."""
    return cast("Function", numba.njit(forceinline=True, error_model="numpy")(function))


def part(function: Function) -> Function:
    """Compile `function` only for the kernels that call it, as a function of its own."""
    return cast("Function", numba.njit(error_model="numpy")(function))


def is_compiled(without: str = "") -> bool:
    """Tell whether the kernels are compiled in this process or in numba's cache on disk.

    Parameters
    ----------
    without : str
        A module whose kernels are not asked for.

    Returns
    -------
    bool
        False means that the first row waits for the compiler; also False where numba's cache
        cannot be inspected.
    """
    return all(_is_ready(one) for one in _KERNELS if one.py_func.__module__ != without)


def _registered(compiler: Any, function: Function) -> Function:
    dispatcher = compiler(function)
    _KERNELS.append(dispatcher)
    return cast("Function", dispatcher)


def _is_ready(dispatcher: Any) -> bool:
    if dispatcher.signatures:
        return True
    try:  # numba has no public question for this; the index is empty when the source file changed
        return bool(dispatcher._cache._cache_file._load_index())
    except Exception:  # of another version of numba, or damaged in any way
        return False
