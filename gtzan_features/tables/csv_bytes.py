"""The bytes of a CSV as people have it: unpacked, in any usual encoding, refused by name if no CSV."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from gtzan_features.errors import ConfigError, TableError
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import IO

LARGEST = 4 << 30
"""Bytes of the largest text that is read, unpacked."""

TABLE_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
PACKED_SUFFIXES = (".gz", ".xz", ".bz2", ".zip")

_GIVE = "Give a CSV in Kaggle's format, such as features_3_sec.csv"
_AS_CSV = "Save the table as CSV and import that"
_PARQUET = b"PAR1"
_KINDS: tuple[tuple[bytes, str], ...] = (
    (_PARQUET, "a Parquet file: fits read gtzan's own tables where they lie (--tables). Save others as CSV"),
    (b"ARROW1", f"an Arrow file. {_AS_CSV}"),
    (b"\xd0\xcf\x11\xe0", f"an Excel workbook (or another Office file). {_AS_CSV}"),
    (b"\x93NUMPY", f"a NumPy array. {_AS_CSV}"),
    (b"SQLite format 3", f"an SQLite database. {_AS_CSV}"),
    (b"\x89HDF", f"an HDF5 file. {_AS_CSV}"),
    (b"%PDF", f"a PDF. {_GIVE}"),
    (b"7z\xbc\xaf", "a 7z archive. Unpack it and import the CSV in it"),
    (b"Rar!", "a RAR archive. Unpack it and import the CSV in it"),
    (b"\x28\xb5\x2f\xfd", "a file packed with zstd. Unpack it and import the CSV in it"),
    (b"RIFF", f"an audio file (RIFF). {_GIVE}"),
    (b"ID3", f"an audio file (MP3). {_GIVE}"),
    (b"fLaC", f"an audio file (FLAC). {_GIVE}"),
    (b"OggS", f"an audio file (Ogg). {_GIVE}"),
    (b"\x89PNG", f"a picture. {_GIVE}"),
    (b"\xff\xd8\xff", f"a picture. {_GIVE}"),
)
_TEXT_KINDS: tuple[tuple[str, str], ...] = (
    ("<", "a web page or XML, not a CSV: perhaps a download that needed a login. Download the file itself"),
    ("{", f"JSON, not a CSV. {_AS_CSV}"),
    ("[", f"JSON, not a CSV. {_AS_CSV}"),
    ("@relation", f"an ARFF file, not a CSV. {_AS_CSV}"),
    ("version https://git-lfs", "a pointer of Git LFS, not the file. Fetch it: git lfs pull"),
)
_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_utf8(path: Path, encoding: str | None = None) -> tuple[bytes, tuple[str, ...]]:
    """Return a text file's content as UTF-8 without a byte order mark, and what was assumed in reading it.

    gzip, xz, bz2 and a zip archive with one table in it are unpacked. Without `encoding` it is that of the
    byte order mark, else UTF-16 where the zero bytes show it, else UTF-8, else Windows-1252, with a notice.

    Raises
    ------
    TableError
        If the file cannot be read, is no text, or is not of the encoding.
    ConfigError
        If there is no such encoding.
    """
    content = _unpacked(path, _content(path))
    if not content.strip():
        raise TableError(path, f"is empty. {_GIVE}")
    text, notes = _decoded(path, content, encoding)
    head = text[:4096].lstrip("\ufeff \t\r\n").lower()
    for beginning, what in _TEXT_KINDS:
        if head.startswith(beginning):
            raise TableError(path, f"is {what}")
    if "\0" in text[:4096]:
        raise TableError(path, f"is no text, so no CSV. {_GIVE}")
    return text.removeprefix("\ufeff").encode(), notes


def _content(path: Path) -> bytes:
    if path.is_dir():
        inside = sorted(p.name for p in path.iterdir() if _is_table_name(p.name))
        found = f"It holds {', '.join(inside[:3])}" if inside else "No CSV lies in it"
        raise TableError(path, f"is a folder; give the CSV itself. {one_line(found)}")
    if not path.exists():
        raise TableError(path, "no such file. Give a CSV in Kaggle's format, such as features_3_sec.csv")
    if not path.is_file():
        raise TableError(path, f"is no plain file. {_GIVE}")
    try:
        return path.read_bytes()
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror}). Check its permissions") from error


def is_parquet(path: Path) -> bool:
    """Whether a path is that of a Parquet file, by its first bytes; TableError where these cannot be read."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(_PARQUET)) == _PARQUET
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror}). Check its permissions") from error


def _is_table_name(name: str) -> bool:
    lower = name.lower()
    for suffix in PACKED_SUFFIXES:
        lower = lower.removesuffix(suffix)
    return lower.endswith(TABLE_SUFFIXES)


def table_stem(path: Path) -> str:
    """Return the name of a CSV without its endings, whatever their case: ``a`` for ``a.CSV.gz``."""
    name = path.name
    for suffixes in (PACKED_SUFFIXES, TABLE_SUFFIXES):
        for suffix in suffixes:
            if name.lower().endswith(suffix) and len(name) > len(suffix):
                name = name[: -len(suffix)]
                break
    return name


def _unpacked(path: Path, content: bytes) -> bytes:
    """Unpack what is packed by its first bytes, whatever its name; refuse what is no CSV."""
    openers: tuple[tuple[bytes, Callable[[Any], Any]], ...] = (
        (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
        (b"\xfd7zXZ\x00", lzma.LZMAFile),
        (b"BZh", bz2.BZ2File),
        (b"PK\x03\x04", lambda file: _only_table(path, file)),
    )
    for _ in range(2):  # a .csv.gz in a .zip
        opener = next((opens for magic, opens in openers if content.startswith(magic)), None)
        if opener is None:
            break
        try:
            with opener(io.BytesIO(content)) as file:
                content = file.read(LARGEST + 1)
        except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
            raise TableError(path, "its archive is damaged. Get the file again") from error
        except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed in an unknown way
            raise TableError(
                path, "its archive cannot be unpacked here. Unpack it and import the CSV in it"
            ) from error
        if len(content) > LARGEST:
            raise TableError(path, "unpacks to more than 4 GiB. Import it in parts")
    for magic, what in _KINDS:
        if content.startswith(magic):
            raise TableError(path, f"is {what}")
    if content[257:262] == b"ustar":
        raise TableError(path, "is a tar archive. Unpack it and import the CSV in it")
    return content


def _only_table(path: Path, file: IO[bytes]) -> IO[bytes]:
    archive = zipfile.ZipFile(file)
    names = archive.namelist()
    if "[Content_Types].xml" in names or "mimetype" in names:
        raise TableError(path, f"is a workbook or document of an office program. {_AS_CSV}")
    tables = [name for name in names if _is_table_name(name) and not name.startswith("__MACOSX/")]
    if not tables:
        raise TableError(path, f"is a zip archive without a CSV. {_GIVE}")
    if len(tables) > 1:
        some = one_line(", ".join(tables[:3])) + (" ..." if len(tables) > 3 else "")
        reason = f"is a zip archive with {len(tables)} tables ({some}). Unpack the one that you mean"
        raise TableError(path, reason)
    return archive.open(tables[0])


def _decoded(path: Path, content: bytes, encoding: str | None) -> tuple[str, tuple[str, ...]]:
    known = encoding or _told_by_bytes(content)
    try:
        return content.decode(known or "utf-8"), ()
    except LookupError as error:
        msg = f"--encoding {encoding}: not a known text encoding. Give utf-8, utf-16, cp1252, cp932, ..."
        raise ConfigError(msg) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        where = f"line {line} holds byte 0x{content[error.start]:02x}"
        if known:
            reason = f"is not {known} ({where}). Give another --encoding"
            raise TableError(path, reason) from error
    # Most bytes that are neither text nor UTF-8 have control characters among them.
    if any(content[:4096].count(bytes([code])) for code in (0, 1, 2, 3, 4, 5, 6)):
        raise TableError(path, f"is no text, so no CSV. {_GIVE}")
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        reason = (
            f"is neither UTF-8 nor Windows-1252 ({where}). Say its encoding, for example --encoding cp932"
        )
        raise TableError(path, reason) from error
    return text, (f"read as Windows-1252, as {where}. If names look wrong, give --encoding",)


def _told_by_bytes(content: bytes) -> str | None:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return encoding
    head = content[: min(len(content), 4096) // 2 * 2]
    # UTF-16 without a mark: every other byte of plain ASCII is zero.
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head and head[offset::2].count(0) > 0.9 * len(head) / 2 and head[1 - offset :: 2].count(0) == 0:
            return encoding
    return None
