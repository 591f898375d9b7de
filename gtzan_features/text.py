"""Names as people have them, made fit for files, tables and messages."""

from __future__ import annotations

import shlex
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

BETWEEN_LABELS = ";"
"""Between the genres of a track that has several."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""


def printable(text: str) -> str:
    r"""Return `text` as valid Unicode: bytes of a file name that are no UTF-8 become ``\xNN``.

    Python keeps such bytes as lone surrogates, which no file, table or stream in UTF-8 can hold. Any
    other text comes back unchanged.

    Examples
    --------
    >>> import os
    >>> printable(os.fsdecode(b"caf\xe9.wav"))
    'caf\\xe9.wav'
    >>> printable("日本.wav")
    '日本.wav'
    """
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # surrogates that encode no byte
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def one_line(text: str) -> str:
    r"""Return `text` fit for a message of one line: as `printable`, with control characters escaped.

    Line breaks, escape sequences of terminals and marks that turn the direction of writing around become
    ``\n``, ``\x1b``, ``\u202e``.

    Examples
    --------
    >>> one_line("a\nb\x1b[31m.wav"), one_line("José.mp3")
    ('a\\nb\\x1b[31m.wav', 'José.mp3')
    """
    if text.isprintable():  # most names: no control, no format and no lone surrogate
        return text
    escaped = (
        character.encode("unicode_escape").decode("ascii") if _is_control(character) else character
        for character in printable(text)
    )
    return "".join(escaped)


_LONGEST_NAME = 4096
"""Characters of a path that a system takes."""


def composed(text: str) -> str:
    r"""Return `text` in Unicode's form NFC; one that is too long for any path as it is.

    A run of combining marks is put in order in a time that grows with the square of its length.

    Examples
    --------
    >>> composed("Cafe\u0301") == "Caf\xe9"
    True
    """
    return text if len(text) > _LONGEST_NAME else unicodedata.normalize("NFC", text)


def counted(number: int, noun: str) -> str:
    """Return a number and what is counted, such as ``1 file`` or ``1234 files``.

    Examples
    --------
    >>> counted(1, "file"), counted(0, "row")
    ('1 file', '0 rows')
    """
    return f"{number} {noun}{'s' * (number != 1)}"


def meant(word: str, known: Iterable[str]) -> str:
    """Return a question for the known word that is like one that is not known; empty where none is.

    Examples
    --------
    >>> meant("trak", ["track", "artist"]), meant("nope", ["track"])
    (' Did you mean track?', '')
    """
    import difflib

    close = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""


def argument(path: object) -> str:
    """Return a path as an argument that no option parser takes for an option.

    Examples
    --------
    >>> argument("runs/a"), argument("-runs")
    ('runs/a', './-runs')
    """
    return f"./{path}" if str(path).startswith("-") else str(path)


def shell_path(path: object) -> str:
    """Return a path as a word of a command that a shell reads back as that path, and no option.

    Examples
    --------
    >>> print(shell_path("runs/a"), shell_path("-runs"), shell_path("my runs"))
    runs/a ./-runs 'my runs'
    """
    return shlex.quote(argument(path))


def plain_path(path: str) -> str:
    """Return a path that is neither an option to a command nor a formula to a spreadsheet.

    Examples
    --------
    >>> plain_path("-x.wav"), plain_path("=1+1.wav"), plain_path("music/-x.wav")
    ('./-x.wav', './=1+1.wav', 'music/-x.wav')
    """
    return f"./{path}" if path.startswith(_FORMULA) else path


def inert(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    Examples
    --------
    >>> inert("=1+1"), inert("rock")
    ("'=1+1", 'rock')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def from_inert(cell: str) -> str:
    """Return the text that `inert` made a cell of.

    Examples
    --------
    >>> from_inert("'=1+1"), from_inert("'tis")
    ('=1+1', "'tis")
    """
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell


def _is_control(character: str) -> bool:
    # Cc: control; Cf: format, such as marks of direction; Zl and Zp: line and paragraph separators.
    return unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} and not _is_spelling(character)


def _is_spelling(character: str) -> bool:
    """Whether words need the format character: joiners in Persian, Indic scripts and emoji, tags of flags."""
    return character in "\u200c\u200d" or "\U000e0020" <= character <= "\U000e007f"
