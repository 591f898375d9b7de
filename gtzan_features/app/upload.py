"""The body of a request into a file, or not at all."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

UPLOAD_S = 300.0
"""Longest time that an upload may take."""

MIN_BYTES_S = 16_000
"""Least speed of an upload in bytes a second, that of a very slow phone."""

GRACE_S = 15.0
"""What an upload may be behind that speed."""

_DRAIN_TIMES = 20
_DRAIN_S = 20.0
_NAME = 120


class UploadError(Exception):
    """An upload is refused; `status` is the HTTP status and `reason` follows the name of the file."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status, self.reason = status, reason


async def store(request: Request, path: Path, max_bytes: int) -> None:
    """Write the body of a request to `path`.

    Raises
    ------
    UploadError
        If the body is larger than `max_bytes` (nothing is written where the request says so in advance),
        empty, or slower than `UPLOAD_S` or `MIN_BYTES_S`.
    """
    declared = request.headers.get("content-length", "")
    # As a float: a number of thousands of digits is no int.
    if declared.isdecimal() and float(declared) > max_bytes:
        await drain(request, _DRAIN_TIMES * max_bytes)
        raise _too_large(max_bytes)
    size = 0
    try:
        start = asyncio.get_running_loop().time()
        async with asyncio.timeout(min(UPLOAD_S, GRACE_S)) as limit:
            with path.open("wb") as file:
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > max_bytes:
                        raise _too_large(max_bytes)
                    file.write(chunk)
                    limit.reschedule(start + min(UPLOAD_S, GRACE_S + size / MIN_BYTES_S))
    except TimeoutError as error:
        raise UploadError(408, "was sent too slowly. Try again, or a smaller recording") from error
    if size == 0:
        raise UploadError(400, "the file is empty")


async def drain(request: Request, at_most: int) -> None:
    """Read a body that is refused and forget it, so that the browser reads the answer.

    A browser that still sends when the connection is closed shows an error of its own. Beyond `at_most`
    bytes, or `_DRAIN_S`, that is what it gets. A client that asked first (``Expect``) sends nothing.
    """
    if request.headers.get("expect"):
        return
    size = 0
    try:
        async with asyncio.timeout(_DRAIN_S):
            async for chunk in request.stream():
                size += len(chunk)
                if size > at_most:
                    return
    except TimeoutError:
        return


def shown_name(header: str) -> str:
    """Return the user's own file name for the page: no folder, no control characters, not too long.

    Parameters
    ----------
    header : str
        Percent-encoded UTF-8.

    Examples
    --------
    >>> shown_name("C%3A%5Cmusic%5CJos%C3%A9%20%3Cb%3E.wav")
    'José <b>.wav'
    >>> shown_name("")
    'recording'
    """
    name = unquote(header, errors="replace").replace("\\", "/").rsplit("/", 1)[-1]
    # Format characters could turn a name's order around on the page.
    clean = "".join(c for c in name if unicodedata.category(c)[0] != "C").strip()
    short = clean if len(clean) <= _NAME else f"{clean[: _NAME - 13]}…{clean[-12:]}"
    return short or "recording"


def _too_large(max_bytes: int) -> UploadError:
    return UploadError(413, f"larger than the {megabytes(max_bytes)} that are taken. Cut a part out")


def megabytes(size: int) -> str:
    """Return a number of bytes in millions.

    Examples
    --------
    >>> megabytes(50_000_000), megabytes(1_234)
    ('50 MB', '0.0012 MB')
    """
    return f"{size / 1e6:.3g} MB" if size >= 1e6 else f"{size / 1e6:.2g} MB"
