"""Whether settings that were read have the types that a dataclass gives to its fields."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LARGEST = 2**63  # beyond it, numbers of other programs have no room


def is_whole(value: Any) -> bool:  # noqa: ANN401 - whatever was read
    """Whether a value is a whole number, of 64 bits at most."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST


def is_number(value: Any) -> bool:  # noqa: ANN401
    """Whether a value is a finite number."""
    return (isinstance(value, float) and math.isfinite(value)) or is_whole(value)


_TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("a text", lambda value: isinstance(value, str)),
    "int": ("a whole number", is_whole),
    "float": ("a number", is_number),
}


def wrong_type(kind: type, settings: Mapping[str, Any]) -> str:
    """Say which setting is of another type than its field; empty where none is.

    Parameters
    ----------
    kind : type
        A dataclass with fields of ``str``, ``int`` and ``float``, each perhaps ``| None``.
    settings : mapping
        Values by name. Names that are no field are passed over.

    Examples
    --------
    >>> from gtzan_features.split_config import SplitConfig
    >>> wrong_type(SplitConfig, {"folds": "3", "seed": 0})
    'folds is not a whole number'
    >>> wrong_type(SplitConfig, {"folds": None, "holdout": 0.25, "other": []})
    ''
    """
    for field in fields(kind):
        name, _, optional = str(field.type).partition(" | ")
        words, fits = _TYPES[name]
        value = settings.get(field.name)
        if field.name in settings and not fits(value) and not (optional and value is None):
            return f"{field.name} is not {words}"
    return ""
