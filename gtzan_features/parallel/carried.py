"""Functions on their way to another process, with the plugins that they may need there."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from gtzan_features import plugins

if TYPE_CHECKING:
    from collections.abc import Callable


class WithPlugins:
    """A function that brings the plugins of this process along when it is pickled.

    A plugin that was loaded the other process loads again, before the function is read there. What a script,
    a notebook or an imported module defined goes along by value.

    Parameters
    ----------
    function : callable
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._pickled: bytes | None = None

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401 - whatever the function takes and returns
        """Call the function."""
        return self.function(*arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._pickled is None:  # once for all items
            imported, defined = plugins.to_carry()
            self._pickled = pickled((imported, pickled((defined, self.function))))
        return _restored, (self._pickled,)


def pickled(value: Any) -> bytes:  # noqa: ANN401 - anything
    """Return a value as bytes for `pickle.loads`; functions of a script or a notebook go by value."""
    from joblib.externals.loky.backend.reduction import dumps

    return bytes(dumps(value))


def with_plugins(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with the plugins of this process; as it is where there are none."""
    return WithPlugins(function) if any(plugins.to_carry()) else function


def _restored(pickled: bytes) -> Callable[..., Any]:
    # Written by the parent of this process a moment ago.
    imported, inner = pickle.loads(pickled)
    plugins.restore(imported)
    defined, function = pickle.loads(inner)
    plugins.take_over(defined)
    return function  # type: ignore[no-any-return]
