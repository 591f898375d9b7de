"""What becomes of bytes and of JSON on their way: by chance, but the same for the same seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any

Seeds = Sequence[bytes]

_WORDS = (
    b"RIFF",
    b"WAVE",
    b"fmt ",
    b"data",
    b"LIST",
    b"ID3",
    b"fLaC",
    b"OggS",
    b".snd",
    b"FORM",
    b"COMM",
    b"PAR1",
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"\xff\xfb\x90\x00",
    b"\xff\xf8",
    b"\x00" * 8,
    b"\xff" * 8,
    b"\r\n",
    b'"',
    b"\xef\xbb\xbf",
    b"nan",
    b"-1",
    b"1e309",
)
_EXTREMES = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFE,
    0xFFFFFFFF,
)
_SIZES = (1, 2, 4, 8)


def bytes_mutation(rng: Random, seeds: Seeds) -> bytes:
    """One of the seeds with one to a few changes: most of them small, so that what follows is still read."""
    content = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        rng.choice(_CHANGES)(rng, content, seeds)
    return bytes(content)


def _at(rng: Random, content: bytearray) -> int:
    """A position: every other one in the beginning, where headers are."""
    most = len(content) if rng.random() < 0.5 else min(len(content), 128)
    return rng.randrange(most) if most else 0


def _flip(rng: Random, content: bytearray, _: Seeds) -> None:
    for _ in range(rng.choice((1, 1, 4, 32))):
        if content:
            content[_at(rng, content)] ^= 1 << rng.randrange(8)


def _noise(rng: Random, content: bytearray, _: Seeds) -> None:
    at = _at(rng, content)
    n_bytes = rng.choice((1, 2, 4, 16, 256))
    content[at : at + n_bytes] = rng.randbytes(min(n_bytes, len(content) - at))


def _number(rng: Random, content: bytearray, _: Seeds) -> None:
    """Fields of headers: rates, channels, sizes and counts of nothing, of one, of too much, below zero."""
    at, size = _at(rng, content), rng.choice(_SIZES)
    value = rng.choice(_EXTREMES) & (256**size - 1)
    content[at : at + size] = value.to_bytes(size, rng.choice(("little", "big")))


def _cut(rng: Random, content: bytearray, _: Seeds) -> None:
    del content[_at(rng, content) :]


def _remove(rng: Random, content: bytearray, _: Seeds) -> None:
    at = _at(rng, content)
    del content[at : at + rng.choice((1, 2, 7, 64, 1024))]


def _insert(rng: Random, content: bytearray, _: Seeds) -> None:
    at = _at(rng, content)
    content[at:at] = rng.choice((rng.choice(_WORDS), rng.randbytes(rng.choice((1, 3, 64, 1024)))))


def _repeat(rng: Random, content: bytearray, _: Seeds) -> None:
    at = _at(rng, content)
    n_bytes = rng.choice((1, 4, 16, 256))
    content[at:at] = content[at : at + n_bytes] * rng.choice((1, 2, 16))


def _splice(rng: Random, content: bytearray, seeds: Seeds) -> None:
    """The beginning of one and the end of another."""
    other = rng.choice(seeds)
    content[_at(rng, content) :] = other[rng.randrange(len(other) + 1) :]


_CHANGES: tuple[Callable[[Random, bytearray, Seeds], None], ...] = (
    _flip,
    _flip,
    _noise,
    _number,
    _number,
    _cut,
    _remove,
    _insert,
    _repeat,
    _splice,
)

# ---------------------------------------------------------------------------------------------- JSON

_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**63,
    10**400,
    -0.0,
    1.5,
    1e308,
    "",
    "0",
    "a" * 5000,
    "two\nlines\x1b[31m\u202e",
    "\ud800",
    "../../etc/passwd",
    "/etc/passwd",
    "\x00",
    "=1+1",
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"a": {"b": [1, {"c": None}]}},
)


def json_mutation(rng: Random, seeds: Seeds) -> bytes:
    """A document whose structure is changed; every fourth one its text, too."""
    content = json.loads(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 4))):
        content = _changed(rng, content)
    text = json.dumps(content, ensure_ascii=rng.random() < 0.5)
    text = rng.choice(_TEXTS)(rng, text)
    written = text.encode("utf-8", rng.choice(("surrogatepass", "replace")))
    return bytes_mutation(rng, [written]) if rng.random() < 0.25 else written


def _changed(rng: Random, content: Any) -> Any:
    """One place of a document, at any depth, with another value, another key, or gone."""
    places = list(_places(content))
    if not places or rng.random() < 0.03:
        return deepcopy(rng.choice(_VALUES))
    holder, key = rng.choice(places)
    kind = rng.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[rng.choice(("extra", "", "__class__", "\ud800", str(key).upper()))] = deepcopy(holder[key])
    elif kind == 1:
        holder.insert(key, deepcopy(holder[key]))
    elif kind == 2:
        other, at = rng.choice(places)
        holder[key] = deepcopy(other[at])  # a document that holds itself is no document
    elif kind == 3 and isinstance(holder[key], int | float):
        holder[key] = rng.choice((-holder[key], holder[key] * 10**6, 1.5, str(holder[key])))
    elif kind == 4 and isinstance(holder[key], str):
        holder[key] = rng.choice((holder[key][:-1], holder[key] * 2, [holder[key]], holder[key] + "\n"))
    else:
        holder[key] = deepcopy(rng.choice(_VALUES))
    return content


def _places(content: Any) -> Any:
    waiting = [content]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict | list):
            for key in node if isinstance(node, dict) else range(len(node)):
                yield node, key
                waiting.append(node[key])


def _same(_: Random, text: str) -> str:
    return text


def _deep(rng: Random, text: str) -> str:
    depth = rng.choice((10, 900, 100_000))
    return "[" * depth + text + "]" * depth


def _no_number(rng: Random, text: str) -> str:
    return text.replace("1", rng.choice(("NaN", "Infinity", "-Infinity", "1e999", "1" * 5000)), 1)


def _twice(_: Random, text: str) -> str:
    """Every key twice: the later one counts, or the document is refused."""
    return text.replace("{", '{"name": 1, "model": [], "version": {}, ', 1)


_TEXTS: tuple[Callable[[Random, str], str], ...] = (*[_same] * 12, _deep, _no_number, _twice)
