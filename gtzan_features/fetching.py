"""A file of a storage or of the web, as an open temporary file of this machine.

The temporary file has no name, so that it goes with the process, however that ends. What was fetched is of
one version of the file: a storage is asked for the bytes of the version whose size it told, and an answer of
the web that is shorter than it says is no file.
"""

from __future__ import annotations

import http.client
import os
import tempfile
import time
import urllib.error
import urllib.request
from typing import IO, TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from gtzan_features.errors import StorageError
from gtzan_features.storage import is_web, reason_of, told
from gtzan_features.storage_files import file_system, key_of

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 8 << 20  # bytes of a request
_TRIES = 3
_PAUSE_S = 0.2  # doubled each time
_MOST_BYTES = 2 << 30
"""Of an answer of the web: three hours of stereo WAV."""
_ANSWER_S = 30.0
_WHOLE_S = 900.0
_LASTING = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, ImportError)


def fetched(path: Path) -> int:
    """Return the descriptor of a temporary file that holds what lies at an address; the caller closes it.

    What may pass (a connection that breaks, a file that is replaced meanwhile) is tried three times.

    Parameters
    ----------
    path : Path
        As `storage.location` makes it of an address.

    Raises
    ------
    StorageError
        If there is no such file, it may not be read, the connection fails again and again, or this machine
        has no room for it; of the web also if it is too large, too slow, or leads elsewhere than to the web.
    """
    for attempt in range(_TRIES):
        try:
            with tempfile.TemporaryFile(prefix="gtzan-") as file:
                try:
                    _from_web(str(path), file) if is_web(path) else _from_storage(path, file)
                except _LASTING:
                    raise
                except (OSError, http.client.HTTPException, _ChangedError) as error:
                    if attempt + 1 == _TRIES or _is_full(error):
                        raise
                else:
                    return os.dup(file.fileno())
        except _ChangedError as error:
            raise StorageError(str(path), "its bytes change while they are read") from error
        except http.client.HTTPException as error:
            raise StorageError(str(path), reason_of(error)) from error
        except OSError as error:
            if _is_full(error):
                reason = f"no room for it in {tempfile.gettempdir()}. Make room there, or set TMPDIR"
                raise StorageError(str(path), reason) from error
            raise StorageError(str(path), reason_of(error, str(path))) from error
        time.sleep(_PAUSE_S * 2**attempt)
    raise AssertionError  # the last attempt returns or raises


class _ChangedError(Exception):
    """Fewer bytes came than there were to be, or those of another version."""


def _is_full(error: BaseException) -> bool:
    import errno

    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)


def _from_storage(path: Path, file: IO[bytes]) -> None:
    files, key = file_system(path), key_of(path)
    try:
        with files.open(key, "rb", block_size=_BLOCK, cache_type="none") as source:
            size = getattr(source, "size", None)
            n_bytes = 0
            while block := source.read(_BLOCK):
                file.write(block)
                n_bytes += len(block)
    except Exception as error:
        if type(error).__name__ == "FileExpired":  # of s3fs: another version lies there now
            raise _ChangedError from error
        if isinstance(error, OSError):
            raise
        with told(path):
            raise
    if size is not None and n_bytes != size:
        raise _ChangedError
    file.flush()


class _WebOnly(urllib.request.HTTPRedirectHandler):
    """Follows to the same kind of address, or from http to https, and a few times only."""

    max_redirections = 5

    def redirect_request(  # as urllib calls it
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        scheme = urlsplit(newurl).scheme.lower()
        if scheme != "https" and scheme != req.type:
            _refuse(req.full_url, _elsewhere(newurl))
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _elsewhere(url: str) -> str:
    return f"leads to {url}, and not to one file by https://. Nothing was read"


def _refuse(url: str, reason: str) -> NoReturn:
    raise StorageError(url, reason)


def _opener() -> urllib.request.OpenerDirector:
    # Not build_opener, which brings handlers of ftp:, file: and data: along.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _WebOnly(),
    ):
        opener.add_handler(handler)
    return opener


def _from_web(url: str, file: IO[bytes]) -> None:
    began = time.monotonic()
    request = urllib.request.Request(url, headers={"User-Agent": "gtzan", "Accept-Encoding": "identity"})
    try:
        answer = _opener().open(request, timeout=_ANSWER_S)
    except urllib.error.HTTPError as error:
        with error:
            said = f"HTTP {error.code} {error.reason}"
            if 300 <= error.code < 400:
                _refuse(url, _elsewhere(str(error.headers.get("Location"))))
            if error.code >= 500 or error.code == 429:
                raise ConnectionError(said) from error
            _refuse(url, said)
    except urllib.error.URLError as error:
        if isinstance(error.reason, OSError):
            raise error.reason from error
        _refuse(url, str(error.reason))
    with answer:
        told_bytes = answer.headers.get("Content-Length") or ""
        n_bytes = 0
        while block := answer.read(1 << 16):
            n_bytes += len(block)
            if n_bytes > _MOST_BYTES or (told_bytes.isdigit() and int(told_bytes) > _MOST_BYTES):
                _refuse(url, f"holds more than {_MOST_BYTES >> 30} GB. Fetch it, and give the file")
            if time.monotonic() - began > _WHOLE_S:
                _refuse(url, f"took more than {_WHOLE_S:g} s. Fetch it, and give the file")
            file.write(block)
    if told_bytes.isdigit() and int(told_bytes) != n_bytes:
        raise _ChangedError
    file.flush()
