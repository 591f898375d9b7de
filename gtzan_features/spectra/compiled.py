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
import os
import threading
from collections.abc import Hashable
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
        self.types: tuple[str, ...] = ()
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
            if cached and one.is_kept:
                _load_alone(one.dispatcher._cache)
        for one in new:
            names = one.function.__globals__
            names.update({k: v.dispatcher for k, v in list(names.items()) if isinstance(v, _Later)})
        for one in new:  # last: another thread may be waiting to call one, and so to compile what it calls
            one.is_linked = True


_settled = functools.cache(settle_cache)


def _load_alone(cache: Any) -> None:
    """Let kernels be loaded from the folder without what numba imports to compile: half of a start.

    numba knows how to type and to compile all that numpy has before it loads a kernel, and imports
    scipy.linalg for it. A compiled kernel needs none of it, but for the functions that give it memory. What
    has to be compiled after all, numba gets ready for by itself.
    """
    from numba.core.runtime.nrt import rtsys

    within, load = (
        getattr(cache, "_guard_against_spurious_io_errors", None),
        getattr(cache, "_load_overload", None),
    )
    if within is None or load is None:  # of another version of numba
        return

    def load_overload(sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)
        with within():
            return load(sig, target_context)

    cache.load_overload = load_overload


def kernel(function: Function) -> Function:
    """Compile `function` on its first call, exact IEEE arithmetic, and remember it for `is_compiled`."""
    return cast("Function", _Later(function, _WHOLE, is_kept=True))


def summing_kernel(function: Function) -> Function:
    """Compile `function` like `kernel`, but let sums be added up in any (fixed) order."""
    return cast("Function", _Later(function, {**_WHOLE, "fastmath": {"reassoc", "contract"}}, is_kept=True))


def takes(*types: str) -> Callable[[Function], Function]:
    """Say what a kernel is called with, so that it can be compiled before.

    Parameters
    ----------
    *types : str
        Types of all arguments in numba's short words, as in ``"f4[:, ::1], i8"``; one text for each kind of
        call that there is. What is called with other types is compiled at that call.
    """

    def told(function: Function) -> Function:
        cast("_Later", function).types = types
        return function

    return told


def part(function: Function) -> Function:
    """Compile `function` only for the kernels that call it, as a function of its own."""
    return cast("Function", _Later(function, _WITHIN, is_kept=False))


def emitted(function: Callable[..., Any]) -> Callable[..., None]:
    """Let `function` write the instructions of each call to it in a kernel, as a numba intrinsic.

    It is given numba's typing context and the types of the arguments of the call.
    """
    return cast("Callable[..., None]", _Later(function, _EMITTED, is_kept=False))


def kernels(without: tuple[str, ...] = ()) -> list[Any]:
    """Return the kernels of the modules that are imported, but for those of the modules `without`."""
    _hand_over()
    return [one for one in _FUNCTIONS if one.is_kept and one.function.__module__ not in without]


def is_compiled(without: tuple[str, ...] = ()) -> bool:
    """Tell whether the kernels are compiled in this process or in numba's cache on disk.

    Parameters
    ----------
    without : tuple of str
        Modules whose kernels are not asked for.

    Returns
    -------
    bool
        False means that the first row waits for the compiler; also False where numba's cache
        cannot be inspected.
    """
    return all(is_ready(one) for one in kernels(without))


def is_ready(kernel: Any) -> bool:
    """Tell whether a kernel is compiled, for all that it takes, in this process or on disk."""
    dispatcher = kernel.dispatcher
    known = arguments(kernel)
    if dispatcher.signatures and all(one in dispatcher.overloads for one in known):
        return True
    try:  # numba has no public question for this; the index is empty when the source file changed
        cache, processor = dispatcher._cache, dispatcher.targetctx.codegen()
        file = cache._cache_file
        index = file._load_index()
        if not known:
            magic = processor.magic_tuple()  # a home folder may be that of several machines
            return any(magic in key for key in index)
        names = [index.get(cache._index_key(one, processor)) for one in known]
        # numba writes the list before the code, and may have been ended between the two.
        return all(name is not None and os.path.exists(file._data_path(name)) for name in names)  # noqa: PTH110
    except Exception:  # of another version of numba, or damaged in any way
        return False


def arguments(kernel: Any) -> list[tuple[Any, ...]]:
    """Return numba's types of all kinds of calls to a kernel; none where it does not say what it takes."""
    from numba.core import sigutils

    arguments_of: Any = sigutils.normalize_signature
    return [arguments_of(f"({one},)")[0] for one in kernel.types]


def functions_of(kernel: Any) -> set[Any]:
    """Return a kernel and all parts that are compiled with it."""
    found: set[Any] = set()
    left = [kernel]
    by_name = {one.dispatcher: one for one in _FUNCTIONS}
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            names = (one.function.__globals__.get(name) for name in one.function.__code__.co_names)
            left += [by_name[value] for value in names if isinstance(value, Hashable) and value in by_name]
    return found


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
