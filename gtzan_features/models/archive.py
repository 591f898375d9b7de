"""Archives whose bytes depend on their content alone: no time, no address in memory, one order."""

from __future__ import annotations

import io
import json
import math
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # of the zip format
SCHEMA = "schema.json"
_ANY_SIZE = 64 << 20
_MOST_PACKED = 100
"""At most so many bytes of arrays, or so many times those of their archive, which can unpack to gigabytes."""
_HEADERS: dict[tuple[int, int], Callable[..., Any]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip archive of files by name; equal files give equal bytes.

    Examples
    --------
    >>> zipped({"a": b"1", "b": b"2"}) == zipped({"b": b"2", "a": b"1"})
    True
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _EARLIEST), files[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def npz(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return arrays as what `numpy.load` reads; `numpy.savez` would write the time into it."""
    return zipped({f"{name}.npy": _npy(np.asarray(array)) for name, array in arrays.items()})


def read_npz(content: bytes) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of an archive that `npz` wrote, by their names.

    Raises
    ------
    ValueError, OSError, zipfile.BadZipFile, zlib.error
        If it is no such archive: a file in it is no array or not as long as its header says, or all are far
        larger than what they are packed in.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > max(_ANY_SIZE, _MOST_PACKED * len(content)):
            msg = "its arrays are said to be far larger than the file"
            raise ValueError(msg)
        return {PurePosixPath(member.filename).stem: _array(archive, member) for member in members}


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> npt.NDArray[Any]:
    with archive.open(member) as file:
        reads = _HEADERS.get(np.lib.format.read_magic(file))
        if reads is None:
            msg = "an array of another format"
            raise ValueError(msg)
        shape, _, dtype = reads(file)
        if file.tell() + dtype.itemsize * math.prod(shape) != member.file_size:
            msg = "an array has another length than its header says"
            raise ValueError(msg)
    with archive.open(member) as file:
        array: npt.NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return array


def without_addresses(skops: bytes) -> bytes:
    """Return a skops archive whose objects are numbered in their order, not named by their addresses.

    skops tells objects that occur twice by ``id()``, and names files by it.
    """
    with zipfile.ZipFile(io.BytesIO(skops)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(files.pop(SCHEMA))
    numbers: dict[Any, int] = {}
    renamed: dict[str, str] = {}
    waiting = [schema]
    while waiting:  # depth first, in the order of the document
        node = waiting.pop()
        if isinstance(node, list):
            waiting += reversed(node)
            continue
        if not isinstance(node, dict):
            continue
        if "__id__" in node:
            # Whether equal numbers and words are one object depends on where the model was fitted.
            own = object() if node.get("is_json") else node["__id__"]
            node["__id__"] = numbers.setdefault(own, len(numbers))
        if node.get("file") in files:
            name = node["file"]
            node["file"] = renamed.setdefault(name, f"{len(renamed)}{PurePosixPath(name).suffix}")
        waiting += reversed(node.values())
    kept = {new: _tidy(new, files[old]) for old, new in renamed.items()}
    return zipped({SCHEMA: json.dumps(schema, indent=1).encode(), **kept})


def _tidy(name: str, content: bytes) -> bytes:
    """Fill with zeros what lies between the fields of records: whatever was in memory is stored there."""
    if not name.endswith(".npy"):
        return content
    array = np.load(io.BytesIO(content), allow_pickle=False)
    if array.dtype.names is None:
        return content
    clean = np.zeros(array.shape, array.dtype)
    for field in array.dtype.names:
        clean[field] = array[field]
    return _npy(clean)


def _npy(array: npt.NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, array, allow_pickle=False)
    return out.getvalue()
