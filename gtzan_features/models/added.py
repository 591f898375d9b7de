"""Models of plugins in words, and which types a stored one may hold; nothing that fits is imported here."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gtzan_features.models.words import ModelWords
    from gtzan_features.plugins import Addition


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedModel:
    """What a plugin said of a model.

    Attributes
    ----------
    words : ModelWords
        Name, summary and defaults.
    factory : callable
        Takes settings as keywords and returns a scikit-learn classifier.
    space : mapping
        Where each setting is searched: ``(low, high)``, ``(low, high, "log")`` or a list of values.
    limits : mapping of str to (low, high)
        Bounds of settings, where the library has none.
    trusted : tuple of str
        Full names of further types that its stored form holds.
    """

    words: ModelWords
    factory: Callable[..., Any]
    space: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    trusted: tuple[str, ...] = ()


def trusted_types(addition: Addition) -> Callable[[str], bool]:
    """Return what tells whether a stored model of a plugin may hold a type, by the type's full name.

    It may hold what its registration names, and the classes of the plugin's own package and of the library
    that its classifier comes from: the plugin runs their code already.
    """
    model: AddedModel = addition.entry
    example = model.factory(**model.words.defaults)
    parts = [example, *example.get_params(deep=True).values()]
    modules = [type(part).__module__ for part in parts if hasattr(part, "get_params")]
    packages = {name.partition(".")[0] for name in (addition.module, addition.plugin.module, *modules)}

    def may_hold(name: str) -> bool:
        return name in model.trusted or (name.partition(".")[0] in packages and _is_class(name))

    return may_hold


def signature_defaults(factory: Callable[..., Any]) -> dict[str, Any]:
    """Return the defaults of a function's keywords; none of a class, which has many and lists them itself.

    Examples
    --------
    >>> signature_defaults(lambda C=1.0, **others: None)
    {'C': 1.0}
    """
    if inspect.isclass(getattr(factory, "func", factory)):  # of a partial one, too
        return {}
    parameters = inspect.signature(factory).parameters.values()
    return {one.name: one.default for one in parameters if one.default is not one.empty}


def _is_class(name: str) -> bool:
    """Whether a full name is that of a class of the module that it names, and of no other."""
    module, _, word = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), word, None)
    except ImportError:
        return False
    return isinstance(found, type) and found.__module__.partition(".")[0] == name.partition(".")[0]
