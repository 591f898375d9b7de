"""An audio file that is open: its bytes by position, its hash, and a view that leaves some bytes out.

A file is opened once, and what is hashed, examined and decoded goes through that handle: a file that is put
in its place meanwhile is never seen, and libsndfile never looks for a resource fork beside it, as it does for
a path. A file of a storage is fetched first, into a temporary file without a name.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from gtzan_features.errors import AudioDecodeError, StorageError, is_shortage
from gtzan_features.storage import is_remote
from gtzan_features.system_calls import AS_BYTES, NO_WAIT, OWN, read_at, read_into
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_BLOCK = 1 << 18  # bytes


class AudioFile:
    """A file opened for reading; a context manager.

    Parameters
    ----------
    path : Path
        A regular file, or the address of a file in a storage; see `storage.location`.

    Attributes
    ----------
    path : Path
        As given.
    fd : int
        The file descriptor.
    size : int
        Bytes of the file when it was opened.

    Raises
    ------
    AudioDecodeError
        If the file cannot be opened, is empty, or is no regular file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sha256 = ""
        self._is_own = is_remote(path)
        self.fd = _fetched(path) if self._is_own else _opened(path)
        found = os.fstat(self.fd)
        self.size = found.st_size
        if not stat.S_ISREG(found.st_mode) or not self.size:
            os.close(self.fd)
            reason = "the file is empty" if stat.S_ISREG(found.st_mode) else "not a regular file"
            raise AudioDecodeError(path, reason)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.fd)

    def read_at(self, offset: int, n_bytes: int) -> bytes:
        """Return up to `n_bytes` from `offset` on; fewer at the end of the file.

        Raises
        ------
        AudioDecodeError
            If the system cannot read them.
        """
        if offset >= self.size:  # a header may name any place, also one that no system call takes
            return b""
        try:
            found = read_at(self.fd, n_bytes, offset)
            while len(found) < n_bytes:  # one call gives 2 GB at most
                more = read_at(self.fd, n_bytes - len(found), offset + len(found))
                if not more:
                    break
                found += more
        except OSError as error:
            raise AudioDecodeError(self.path, error.strerror or str(error)) from error
        return found

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, as 64 hexadecimal digits."""
        if not self._sha256:
            self._sha256 = self._hash()
        return self._sha256

    def is_unchanged(self) -> bool:
        """Whether the bytes are still those that were hashed; True where none were."""
        return not self._sha256 or self._is_own or self._hash() == self._sha256

    def _hash(self) -> str:
        digest, offset = hashlib.sha256(), 0
        buffer = memoryview(bytearray(_BLOCK))  # one for all blocks: new memory costs as much as hashing it
        try:
            while n_bytes := read_into(self.fd, buffer, offset):
                digest.update(buffer[:n_bytes])
                offset += n_bytes
        except OSError as error:
            raise AudioDecodeError(self.path, error.strerror or str(error)) from error
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of a file from `start` to `stop` (excluded)."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


Piece = Span | bytes
"""What a `Spliced` file is made of: bytes of the file, or others."""


class Spliced:
    """A file object over pieces of a file, one after another, as if they were a file of their own.

    It has the methods that soundfile asks for.

    Parameters
    ----------
    file : AudioFile
        Where spans lie.
    pieces : tuple of Span or bytes
        None of them empty.
    """

    def __init__(self, file: AudioFile, pieces: tuple[Piece, ...]) -> None:
        self._file, self._pieces = file, pieces
        self._starts, total = [], 0
        for piece in pieces:
            self._starts.append(total)
            total += len(piece)
        self._size, self._at = total, 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position; see `io.IOBase.seek`."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def read(self, n_bytes: int = -1) -> bytes:
        """Return bytes from the position on; fewer at the end."""
        wanted = max(0, self._size - self._at)
        if n_bytes >= 0:
            wanted = min(wanted, n_bytes)
        found = bytearray()
        while len(found) < wanted:
            number = bisect_right(self._starts, self._at) - 1
            piece, skip = self._pieces[number], self._at - self._starts[number]
            n_here = min(len(piece) - skip, wanted - len(found))
            if isinstance(piece, bytes):
                found += piece[skip : skip + n_here]
            else:
                block = self._file.read_at(piece.start + skip, n_here)
                found += block + bytes(n_here - len(block))  # zeros: the file was cut meanwhile
            self._at += n_here
        return bytes(found)

    def readinto(self, buffer: memoryview) -> int:
        """Read into a buffer and return how many bytes."""
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def write(self, _: object) -> int:
        """Refuse: soundfile wants the method, also of a file that is only read."""
        raise OSError("read only")


def _opened(path: Path) -> int:
    try:
        # A named pipe would wait for a writer for ever.
        return os.open(path, os.O_RDONLY | NO_WAIT | OWN | AS_BYTES)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        if is_shortage(error):
            raise
        raise AudioDecodeError(path, _cannot_open(path, error)) from error


def _fetched(path: Path) -> int:
    from gtzan_features.fetching import fetched

    try:
        return fetched(path)
    except StorageError as error:
        raise AudioDecodeError(path, error.reason) from error


def _cannot_open(path: Path, error: OSError | ValueError) -> str:
    """Say why a file cannot be opened; the system's words leave open what is missing behind a link."""
    number = getattr(error, "errno", None)
    if number == errno.ELOOP:
        return "a link that leads back to itself"
    if number == errno.ENOENT and path.is_symlink():
        return f"a link to a file that is not there, {one_line(str(path.readlink()))}"
    return getattr(error, "strerror", None) or str(error)
