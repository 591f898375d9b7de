"""Whether settings that were read have the types that a dataclass gives to its fields."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LARGEST = 2**63  # beyond it, numbers of other programs have no room

_TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("a text", lambda value: isinstance(value, str)),
    "int": (
        "a whole number",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST,
    ),
    "float": (
        "a number",
        lambda value: (isinstance(value, float) and math.isfinite(value)) or _TYPES["int"][1](value),
    ),
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
