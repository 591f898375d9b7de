"""The files of a storage that an address names: listed, put whole, copied and removed.

What an address is, and which path is one, is told by `storage`.
"""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING, Any

from gtzan_features.errors import StorageError
from gtzan_features.storage import inside, is_remote, is_web, stays_in_process, told

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

_READ_ONLY = "the web is only read. Give a folder, or an address that begins with s3://, gs:// or az://"

_VERSIONS = ("ETag", "etag", "md5Hash", "content_md5", "LastModified", "mtime", "updated", "created")
"""What storages call hash and time of an object."""


def list_files(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the files below a folder of a storage: path relative to it, and what changes where its bytes do.

    A storage lists a thousand files in a request, and no file is asked about by itself. Those directly in
    `folder` come first, then those of each folder in it, so that memory holds the listing of one of them.

    Raises
    ------
    StorageError
        If the storage cannot be asked, or there is no such folder.
    """
    files, top = file_system(folder), key_of(folder).rstrip("/")
    with told(folder):
        found = files.ls(top, detail=True)
        inner = sorted(one["name"].rstrip("/") for one in found if one["type"] == "directory")
        if any(name == top or "//" in name[len(top) :] for name in inner):
            # A key may hold an empty name, which listings by folders do not show.
            inner, found = [], list(files.find(top, detail=True).values())
    yield from _relative(top, found)
    for name in inner:
        with told(folder):
            found = files.find(name, detail=True).values()
        yield from _relative(top, found)


def file_system(path: Path) -> Any:  # noqa: ANN401 - a file system of fsspec, which has no types
    """Return fsspec's file system of an address; StorageError where it cannot be made."""
    with told(path):
        return path.fs  # type: ignore[attr-defined]  # a UPath


def key_of(path: Path) -> str:
    """Return what the file system calls the file at an address."""
    return str(path.path)  # type: ignore[attr-defined]  # a UPath


def _relative(top: str, found: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - an iterable of dicts
    for one in found:
        name = one["name"]
        # A key that ends with a slash stands for a folder, or for the one that is listed.
        if one["type"] == "file" and name != top and not name.endswith("/"):
            said = [str(one.get(key, "")) for key in ("size", *_VERSIONS)]
            yield name[len(top) + 1 :], hashlib.blake2b("\0".join(said).encode(), digest_size=8).hexdigest()


def check_place(folder: Path) -> None:
    """Refuse a folder of a storage that nothing can be put into, before anything is computed for it.

    Whether this user may write there shows when the first file is put.

    Raises
    ------
    StorageError
        If there is no such bucket, no credentials are found, or the storage cannot be asked.
    """
    if not is_remote(folder) or stays_in_process(folder):
        return
    if is_web(folder):
        raise StorageError(str(folder), _READ_ONLY)
    bucket = key_of(folder).strip("/").partition("/")[0]
    files = file_system(folder)
    with told(folder), contextlib.suppress(PermissionError):  # who may write need not be allowed to list
        if not files.exists(bucket):
            raise FileNotFoundError(bucket)


def put(local: Path, path: Path) -> None:
    """Put a file of this machine into a storage, whole or not at all.

    A storage of objects gives an object its name when all of it is there, so that a reader sees the old one
    or the new one; pieces of an upload that fails are discarded.

    Raises
    ------
    StorageError
        If the storage does not take it.
    """
    if is_web(path):
        raise StorageError(str(path), _READ_ONLY)
    files, key = file_system(path), key_of(path)
    with told(path):
        if stays_in_process(path):  # put_file shows a half of it
            files.makedirs(key.rpartition("/")[0], exist_ok=True)
            files.pipe_file(key, local.read_bytes())
        else:
            files.put_file(str(local), key)


def copy_within(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Copy files of one storage to other names there, many at once; no byte comes here.

    Raises
    ------
    StorageError
        If one is not there, or the storage does not do it.
    """
    if pairs:
        with told(pairs[0][0]):
            sources, targets = ([key_of(path) for path in side] for side in zip(*pairs, strict=True))
            file_system(pairs[0][0]).copy(sources, targets)


def sizes_below(folder: Path) -> dict[str, int]:
    """Return the bytes of each file below an address, by its path from there; empty where there is none."""
    top = key_of(folder).rstrip("/") + "/"
    with told(folder):
        found = file_system(folder).find(top.rstrip("/"), detail=True)
    return {name[len(top) :]: int(one["size"] or 0) for name, one in found.items() if name.startswith(top)}


def remove_below(folder: Path, but: Collection[str] = ()) -> None:
    """Remove the files below an address, but those of some names; a file at the address itself stays."""
    gone = [key_of(inside(folder, name)) for name in sizes_below(folder) if name not in but]
    if gone:
        with told(folder):
            file_system(folder).rm(gone)
