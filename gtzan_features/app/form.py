"""The file in a body of ``multipart/form-data``, written as it comes: bounded, and never held in memory.

The parser is python-multipart's, which bounds number and length of a part's headers; what it hands on is
written at once, or forgotten.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_multipart.multipart import MultipartCallbacks

# A stranger's broken form is told to the stranger, and is no line on the terminal of the server.
logging.getLogger("python_multipart.multipart").setLevel(logging.CRITICAL)

FORM = "multipart/form-data"

FIELD = "file"
"""Name of the field; a part that has another name but a file's name is taken as well."""

MAX_PARTS = 16
"""A form of one file has few."""

OVERHEAD = 16_384
"""Bytes of a body that need not be the file's."""

_MAX_HEADERS = 8
_MAX_HEADER = 4096

_ESCAPED = {"%22": '"', "%0D": "\r", "%0A": "\n"}
"""What browsers write for these characters of a file's name, and nothing else."""


class FormError(Exception):
    """A body is no form with one file; its text follows the name of the file."""


class FormFile:
    """Finds the one file in the chunks of a form.

    Parameters
    ----------
    content_type : str
        Of the request, with the boundary.
    write : callable
        Is given the bytes of the file.

    Attributes
    ----------
    name : str
        The file's name, as it was sent; empty until it is known.

    Raises
    ------
    FormError
        If there is no boundary, or too long a one; by `take` and `end`, if the body is none of a form with
        one file.
    """

    def __init__(self, content_type: str, write: Callable[[bytes], object]) -> None:
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not boundary:
            msg = "its form names no boundary"
            raise FormError(msg)
        self.name = ""
        self._write = write
        self._header, self._value, self._disposition = bytearray(), bytearray(), b""
        self._is_file, self._n_files, self._n_parts, self._is_whole = False, 0, 0, False
        try:
            self._parser = MultipartParser(
                boundary, self._callbacks(), max_header_count=_MAX_HEADERS, max_header_size=_MAX_HEADER
            )
        except FormParserError as error:
            raise FormError(_broken(error)) from error

    def take(self, chunk: bytes) -> None:
        """Read on."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise FormError(_broken(error)) from error

    def end(self) -> None:
        """Check that the form was whole and held a file."""
        if not self._is_whole:
            msg = "its form ends before its last boundary: it did not come whole. Send it again"
            raise FormError(msg)
        if not self._n_files:
            msg = f"its form holds no file. Send one as the field {FIELD!r}, with curl: -F {FIELD}=@song.mp3"
            raise FormError(msg)

    def _callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._data,
            "on_end": self._whole,
        }

    def _begin(self) -> None:
        self._n_parts += 1
        if self._n_parts > MAX_PARTS:
            msg = f"its form has more than {MAX_PARTS} parts. Send one file"
            raise FormError(msg)
        self._disposition, self._is_file = b"", False

    def _end_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _end_headers(self) -> None:
        kind, options = parse_options_header(self._disposition)
        is_named = b"filename" in options
        self._is_file = kind == b"form-data" and (is_named or options.get(b"name") == FIELD.encode())
        if not self._is_file:
            return
        self._n_files += 1
        if self._n_files > 1:
            msg = "its form holds more than one file. Send one at a time"
            raise FormError(msg)
        name = options.get(b"filename", b"").decode("utf-8", "replace")
        for escaped, character in _ESCAPED.items():
            name = name.replace(escaped, character)
        self.name = name

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._write(data[start:end])

    def _whole(self) -> None:
        self._is_whole = True


def _broken(error: FormParserError) -> str:
    return f"its form is malformed ({' '.join(str(error).split()).rstrip('.')})"
