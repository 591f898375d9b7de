"""Files that are checked before they are parsed: by size and hash where these are known, strictly as JSON.

Prediction imports this module, so it needs no pandas and no Arrow.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar

from gtzan_features.setting_types import is_number, is_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LARGEST_JSON = 32 * 2**20
"""Bytes of the largest JSON file that is read; a range of 20,000 columns has 3 MB."""

Record = dict[str, Any]
"""What is kept of a file: ``sha256`` in hexadecimal digits and ``bytes``, its size."""

_Content = TypeVar("_Content")


class DamagedError(ValueError):
    """A file is not the one that was written, or does not hold what it should; the text says why."""


def file_record(path: Path) -> Record:
    """Return the hash and the size of a file."""
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def checked_bytes(path: Path, record: Mapping[str, Any] | None = None, limit: int = LARGEST_JSON) -> bytes:
    """Return the bytes of a file after comparing them with what was recorded when it was written.

    Parameters
    ----------
    path : Path
    record : mapping, optional
        From `file_record`; without, the size is bounded by `limit`.

    Raises
    ------
    DamagedError
        If size or hash differ, or the file is too large.
    OSError
        If it cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError(path)
    most = limit if record is None else int(record["bytes"])
    with path.open("rb") as file:
        # What is said of the size may be anything: no room is made for it.
        other = record is not None and os.fstat(file.fileno()).st_size != most
        content = b"" if other else file.read(most + 1)
    if record is None:
        if len(content) > most:
            msg = f"larger than {most} bytes, as no file of its kind is"
            raise DamagedError(msg)
    elif other or len(content) != most or hashlib.sha256(content).hexdigest() != record["sha256"]:
        msg = "damaged or replaced: its SHA-256 is not the one that was recorded with it"
        raise DamagedError(msg)
    return content


def is_there(path: Path) -> bool:
    """Whether something lies at `path`; a name that no file can have, such as one too long, names nothing."""
    try:
        return path.exists()
    except OSError:
        return False


def what_is_wrong(error: DamagedError | OSError) -> str:
    """Return in words why a file could not be read, to follow its path."""
    if isinstance(error, FileNotFoundError):
        return "is missing"
    return str(error) if isinstance(error, DamagedError) else error.strerror or str(error)


def parse_json(content: bytes) -> Any:  # noqa: ANN401 - whatever it holds
    """Read strict JSON: UTF-8, every number finite, every text valid Unicode.

    Raises
    ------
    DamagedError
        If it is anything else.

    Examples
    --------
    >>> parse_json(b'{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    >>> parse_json(b"[NaN]")
    Traceback (most recent call last):
        ...
    gtzan_features.tables.checked.DamagedError: no JSON (NaN is no number)
    """
    try:
        found = json.loads(content.decode("utf-8"), parse_constant=_finite, parse_float=_finite)
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # lone surrogates
    except (ValueError, RecursionError) as error:
        msg = f"no JSON ({str(error).splitlines()[0]})"
        raise DamagedError(msg) from error
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        msg = f"{text} is no number"
        raise ValueError(msg)
    return value


def _is_count(value: Any) -> bool:  # noqa: ANN401
    return is_whole(value) and value >= 0


def _is_record(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, dict) and isinstance(value.get("sha256"), str) and _is_count(value.get("bytes"))


def _are_counts(values: Any) -> bool:  # noqa: ANN401
    return isinstance(values, list) and all(map(_is_count, values))


def _are_texts(values: Any) -> bool:  # noqa: ANN401
    return all(isinstance(value, str) for value in values)


_TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("a text", lambda v: isinstance(v, str)),
    "bool": ("true or false", lambda v: isinstance(v, bool)),
    "int": ("a whole number from 0", _is_count),
    "dict[str, Any]": ("an object", lambda v: isinstance(v, dict)),
    "dict[str, str]": ("an object of texts", lambda v: isinstance(v, dict) and _are_texts(v.values())),
    "dict[str, Record]": (
        "an object of hashes and sizes",
        lambda v: isinstance(v, dict) and all(map(_is_record, v.values())),
    ),
    "tuple[str, ...]": (
        "a list of different texts",
        lambda v: isinstance(v, list) and _are_texts(v) and len(set(v)) == len(v) > 0,
    ),
    "float": ("a number", is_number),
    "tuple[float, ...]": (
        "a list of numbers",
        lambda v: isinstance(v, list) and all(map(is_number, v)),
    ),
    "tuple[tuple[int, ...], ...]": (
        "a list of lists of whole numbers from 0",
        lambda v: isinstance(v, list) and all(map(_are_counts, v)),
    ),
    "tuple[int, int] | None": (
        "null or two numbers from 1",
        lambda v: v is None or (isinstance(v, list) and len(v) == 2 and all(_is_count(n) and n for n in v)),
    ),
}


def from_json(kind: type[_Content], content: Any) -> _Content:  # noqa: ANN401 - what a file holds
    """Make a dataclass of a JSON object, after checking the type of each field.

    Raises
    ------
    DamagedError
        If a field is missing, unknown or of another type; the text names it.
    """
    if not isinstance(content, dict):
        msg = "no JSON object"
        raise DamagedError(msg)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]  # a dataclass
    unknown = sorted(set(content) - set(known))
    missing = [
        name
        for name, field in known.items()
        if name not in content and field.default is MISSING and field.default_factory is MISSING
    ]
    if unknown or missing:
        msg = f"unknown field {unknown[0]}" if unknown else f"{missing[0]} is missing"
        raise DamagedError(msg)
    for name, value in content.items():
        words, fits = _TYPES[str(known[name].type)]
        if not fits(value):
            msg = f"{name} is not {words}"
            raise DamagedError(msg)
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in content.items()})
