"""JSON of dataclasses, and JSON Schemas that say what it holds: both from the same annotations.

A field is ``Annotated[type, "words"]``; a mapping after the words holds more keywords of the schema. A field
whose default is None may be missing, and is left out where it is None.
"""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

_SIMPLE: dict[object, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}


def to_json(value: object) -> Any:  # noqa: ANN401
    """Return dataclasses, tuples and mappings of simple values as what `json` writes.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Song:
    ...     name: str
    ...     tempo: float | None = None
    >>> to_json((Song("a", 120.0), Song("b")))
    [{'name': 'a', 'tempo': 120.0}, {'name': 'b'}]
    """
    if is_dataclass(value):
        held = {one.name: getattr(value, one.name) for one in fields(value)}
        optional = {one.name for one in fields(value) if one.default is None}
        return {key: to_json(part) for key, part in held.items() if part is not None or key not in optional}
    if isinstance(value, dict):
        return {key: to_json(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(part) for part in value]
    return value


def reference(made_by: type) -> dict[str, str]:
    """Return a reference to the schema of a dataclass among an OpenAPI document's components."""
    return {"$ref": f"#/components/schemas/{made_by.__name__}"}


def components(*classes: type) -> dict[str, dict[str, Any]]:
    """Return the schemas of dataclasses and of those in their fields, by name.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Bar:
    ...     share: Annotated[float, "Of all.", {"maximum": 1}]
    ...     label: str | None = None
    >>> made = components(Bar)["Bar"]
    >>> made["properties"]["share"], made["required"]
    ({'type': 'number', 'maximum': 1, 'description': 'Of all.'}, ['share'])
    """
    found: dict[str, dict[str, Any]] = {}
    for one in classes:
        _collect(one, found)
    return found


def _collect(made_by: type, found: dict[str, dict[str, Any]]) -> None:
    if made_by.__name__ in found:
        return
    hints = get_type_hints(made_by, include_extras=True)
    found[made_by.__name__] = {
        "type": "object",
        "description": (made_by.__doc__ or "").strip(),
        "properties": {one.name: _schema(hints[one.name], found) for one in fields(made_by)},
        "required": [
            one.name for one in fields(made_by) if one.default is MISSING or one.default is not None
        ],
    }


def _schema(hint: Any, found: dict[str, dict[str, Any]]) -> dict[str, Any]:  # noqa: ANN401
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        made = _schema(args[0], found)
        for extra in args[1:]:
            made |= {"description": extra} if isinstance(extra, str) else extra
        return _ordered(made)
    if origin in (Union, UnionType):
        (part,) = (arg for arg in args if arg is not NoneType)  # None means that the field is left out
        return _schema(part, found)
    if origin is tuple:
        return {"type": "array", "items": _schema(args[0], found)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(args[1], found)}
    if is_dataclass(hint) and isinstance(hint, type):
        _collect(hint, found)
        return dict(reference(hint))
    return {"type": _SIMPLE[hint]}


def _ordered(made: dict[str, Any]) -> dict[str, Any]:
    """Put the words last, where a person reads them."""
    return {key: made[key] for key in sorted(made, key=lambda key: key == "description")}
