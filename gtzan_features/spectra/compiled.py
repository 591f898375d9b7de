"""How this package compiles its kernels: when they are called, for one thread, cached on disk.

Every kernel is a pure function of contiguous arrays. ``fastmath`` is never on as a whole, so that
comparisons, infinities and signed zeros keep their meaning; kernels that add up many numbers may
let the compiler choose the order of additions (``reassociate``), which is fixed once compiled, so
that equal input gives equal bits.

numba is imported when the first kernel is called, not with the module of a kernel: names, units and families
of columns are in the modules of their functions, and half of the commands need only those.
"""

from __future__ import annotations

import functools
import gc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from gtzan_features.kernel_folder import settle_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Function = TypeVar("Function", bound="Callable[..., Any]")

_LOCK = threading.Lock()
# Each way into a function is compiled for itself: from C, which nobody takes, and from Python.
_EXACT: dict[str, Any] = {"error_model": "numpy", "no_cfunc_wrapper": True}
_WHOLE: dict[str, Any] = {**_EXACT, "nogil": True}
_EMITTED: dict[str, Any] = {}
_WITHIN: dict[str, Any] = {**_EXACT, "no_cpython_wrapper": True}


class _Later:
    """A function that is given to numba when it, or any other, is first called.

    Then its names, in its own module and in those of other kernels, refer to numba's function: calls
    from there have no detour, and a kernel that calls another is compiled with it.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any], *, is_kept: bool) -> None:
        functools.update_wrapper(self, function)
        self.function, self.options, self.is_kept = function, options, is_kept
        self.dispatcher: Any = None
        self.is_linked = False
        _FUNCTIONS.append(self)

    def __call__(self, *args: Any) -> Any:
        if not self.is_linked:
            _hand_over()
        return self.dispatcher(*args)


_FUNCTIONS: list[_Later] = []


def _hand_over() -> None:
    """Import numba and give it all functions of the modules that are imported so far; compiles nothing."""
    import numba
    import numba.extending

    with _LOCK:
        new = [one for one in _FUNCTIONS if not one.is_linked]
        cached = bool(new) and _settled()
        for one in new:
            if one.options is _EMITTED:
                one.dispatcher = numba.extending.intrinsic(one.function)
                continue
            options = {**one.options, "cache": cached} if one.is_kept else one.options
            one.dispatcher = numba.njit(**options)(one.function)
        for one in new:
            names = one.function.__globals__
            names.update({k: v.dispatcher for k, v in list(names.items()) if isinstance(v, _Later)})
        for one in new:  # last: another thread may be waiting to call one, and so to compile what it calls
            one.is_linked = True


_settled = functools.cache(settle_cache)


def kernel(function: Function) -> Function:
    """Compile `function` on its first call, exact IEEE arithmetic, and remember it for `is_compiled`."""
    return cast("Function", _Later(function, _WHOLE, is_kept=True))


def summing_kernel(function: Function) -> Function:
    """Compile `function` like `kernel`, but let sums be added up in any (fixed) order."""
    return cast("Function", _Later(function, {**_WHOLE, "fastmath": {"reassoc", "contract"}}, is_kept=True))


def inlined(function: Function) -> Function:
    """Compile `function` only into the kernels that call it, at each call."""
    return cast("Function", _Later(function, {**_WITHIN, "forceinline": True}, is_kept=False))


def part(function: Function) -> Function:
    """Compile `function` only for the kernels that call it, as a function of its own."""
    return cast("Function", _Later(function, _WITHIN, is_kept=False))


def emitted(function: Callable[..., Any]) -> Callable[..., None]:
    """Let `function` write the instructions of each call to it in a kernel, as a numba intrinsic.

    It is given numba's typing context and the types of the arguments of the call.
    """
    return cast("Callable[..., None]", _Later(function, _EMITTED, is_kept=False))


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
    _hand_over()
    kernels = [one for one in _FUNCTIONS if one.is_kept and one.function.__module__ != without]
    return all(_is_ready(one.dispatcher) for one in kernels)


def _is_ready(dispatcher: Any) -> bool:
    if dispatcher.signatures:
        return True
    try:  # numba has no public question for this; the index is empty when the source file changed
        index = dispatcher._cache._cache_file._load_index()
        processor = (
            dispatcher.targetctx.codegen().magic_tuple()
        )  # a home folder may be that of several machines
        return any(processor in key for key in index)
    except Exception:  # of another version of numba, or damaged in any way
        return False


@contextmanager
def without_collection() -> Iterator[None]:
    """Let no cyclic garbage be collected while the block runs.

    numba makes some hundred thousand objects for a kernel and keeps most of them; looking through them again
    and again takes a fifth of its time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
