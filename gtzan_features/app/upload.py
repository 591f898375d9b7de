"""The body of a request into a file, or not at all: the bytes as they are, or a form with one file."""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from gtzan_features.app.form import FORM, OVERHEAD, FormError, FormFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import BinaryIO

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

RECORDING = "recording"
"""What a recording without a name is called."""

_BYTES = ("audio", "video", "application/octet-stream", "application/ogg", "binary/octet-stream")
_CURL = "application/x-www-form-urlencoded"
"""What curl says of a body that is no form, too, unless it is told otherwise."""


class UploadError(Exception):
    """An upload is refused.

    Attributes
    ----------
    status : int
        That of HTTP.
    reason : str
        Why, in words that follow the name of the file.
    headers : dict
        More headers of the answer.
    """

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, reason, headers)
        self.status, self.reason, self.headers = status, reason, dict(headers or {})


@dataclass(slots=True)
class Upload:
    """One recording that is sent.

    Attributes
    ----------
    name : str
        Its name as it is shown; a form may have another one in it.
    """

    name: str = RECORDING


@dataclass(slots=True)
class _Body:
    """Where the bytes of a recording go."""

    file: BinaryIO
    max_bytes: int
    size: int = field(default=0, init=False)

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self.max_bytes:
            raise _too_large(self.max_bytes)
        self.file.write(data)


async def store(request: Request, path: Path, max_bytes: int, upload: Upload) -> None:
    """Write the recording in the body of a request to `path`; give `upload` the name that a form has.

    Raises
    ------
    UploadError
        If the recording is larger than `max_bytes` (nothing is written where the request says so in advance),
        empty, or slower than `UPLOAD_S` or `MIN_BYTES_S`; if the body is said to be something else, or is no
        form with one file.
    """
    kind = request.headers.get("content-type", "").strip()
    is_form = _media_type(kind) == FORM
    most = max_bytes + (OVERHEAD if is_form else 0)
    declared = request.headers.get("content-length", "")
    # As a float: a number of thousands of digits is no int.
    if declared.isdecimal() and float(declared) > most:
        await drain(request, _DRAIN_TIMES * max_bytes)
        raise _too_large(max_bytes)
    if not is_form and _is_no_sound(kind):
        await drain(request, max_bytes)
        raise _strange(kind)
    try:
        with path.open("wb") as file:
            body = _Body(file, max_bytes)
            if is_form:
                await _store_form(request, kind, body, most, upload)
            else:
                await _receive(request, most, body.write, max_bytes)
    except FormError as error:
        raise UploadError(400, str(error)) from error
    if body.size == 0:
        raise UploadError(400, "the file is empty")


async def _store_form(request: Request, kind: str, body: _Body, most: int, upload: Upload) -> None:
    form = FormFile(kind, body.write)
    await _receive(request, most, form.take, body.max_bytes)
    form.end()
    if form.name:
        upload.name = clean_name(form.name)


async def _receive(request: Request, most: int, take: Callable[[bytes], None], max_bytes: int) -> None:
    """Hand on the chunks of a body, of which at most so many bytes may come, and not too slowly.

    What follows a fault is read and forgotten, as by `drain`: the answer would be lost otherwise.
    """
    size, fault = 0, None
    try:
        start = asyncio.get_running_loop().time()
        async with asyncio.timeout(min(UPLOAD_S, GRACE_S)) as limit:
            async for chunk in request.stream():
                size += len(chunk)
                if fault is None:
                    fault = _fault_of(take, chunk) if size <= most else _too_large(max_bytes)
                elif size > _DRAIN_TIMES * max_bytes:
                    break
                limit.reschedule(start + min(UPLOAD_S, GRACE_S + size / MIN_BYTES_S))
    except TimeoutError as error:
        if fault is not None:
            raise fault from error
        raise UploadError(408, "was sent too slowly. Try again, or a smaller recording") from error
    if fault is not None:
        raise fault


def _fault_of(take: Callable[[bytes], None], chunk: bytes) -> FormError | UploadError | None:
    try:
        take(chunk)
    except (FormError, UploadError) as error:
        return error
    return None


def _media_type(kind: str) -> str:
    return kind.partition(";")[0].strip().lower()


def _is_no_sound(kind: str) -> bool:
    """Whether a body is said to be something else; of what is not said, the bytes tell."""
    named = _media_type(kind)
    return bool(named) and named != _CURL and not named.startswith(_BYTES)


def _strange(kind: str) -> UploadError:
    named = "".join(c for c in _media_type(kind) if c.isprintable())[:60]
    how = f"Send the bytes of the file as application/octet-stream, or as the field 'file' of {FORM}"
    return UploadError(415, f"its Content-Type {named} is no sound. {how}")


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
    """Return the user's own file name from a header: `clean_name` of percent-encoded UTF-8.

    Examples
    --------
    >>> shown_name("C%3A%5Cmusic%5CJos%C3%A9%20%3Cb%3E.wav")
    'José <b>.wav'
    """
    return clean_name(unquote(header, errors="replace"))


def clean_name(name: str) -> str:
    """Return a stranger's file name as it is shown: no folder, no control characters, not too long.

    Examples
    --------
    >>> clean_name("../../etc/passwd"), clean_name("")
    ('passwd', 'recording')
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    # Format characters could turn a name's order around on the page.
    clean = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip()
    short = clean if len(clean) <= _NAME else f"{clean[: _NAME - 13]}…{clean[-12:]}"
    return short or RECORDING


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
