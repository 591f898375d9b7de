"""A table is one Parquet file, or a folder of shards: Parquet files that a manifest lists, in order.

Both have the same path, such as ``kaggle-3s.parquet``. pandas, Polars, DuckDB and Spark read either as it is;
so does whatever comes after extraction, through this module.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from gtzan_features.errors import TableError
from gtzan_features.storage import is_remote
from gtzan_features.tables.checked import checked_bytes, from_json, parse_json
from gtzan_features.tables.row_groups import write_groups
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MANIFEST = "_manifest.parquet"
"""Lists the shards of a folder, and is written last: a table of no rows, whose metadata has the list.

Some readers of Parquet pass over names that begin with _, others refuse a folder with files of another kind.
"""

LIST_KEY = b"gtzan.shards"
"""Where the metadata of the manifest has the list, as JSON."""

_VERSION = 1
_LARGEST = 1 << 28  # bytes of a manifest: a million shards
_REMOVE = "Remove it, and give the command that wrote it once more: it computes this shard, and no others"
_AGAIN = "Give the command that wrote it once more: it computes what is missing, and no more"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardFile:
    """One Parquet file of a table.

    Attributes
    ----------
    name : str
        Of the file, in the folder of the table.
    n_rows : int
    n_bytes : int
    sha256 : str
        Of its bytes.
    """

    name: str
    n_rows: int
    n_bytes: int
    sha256: str


def is_table(path: Path) -> bool:
    """Whether a table lies at `path`, as a file or as a folder of shards that is finished."""
    return path.is_file() or (path / MANIFEST).is_file()


def is_sharded(path: Path) -> bool:
    """Whether what lies at `path` is a folder of shards, also one that is not finished.

    In a storage a file and a folder may have one name, while the one takes the place of the other: then the
    manifest decides.
    """
    if not is_remote(path):
        return path.is_dir()
    return (path / MANIFEST).is_file() or (path.is_dir() and not path.is_file())


def read_shard_list(path: Path) -> tuple[ShardFile, ...]:
    """Return the shards of a table that is a folder, in the order of its rows.

    Raises
    ------
    TableError
        If the folder has no manifest, or none that this program reads.
    """
    try:
        manifest = pq.read_schema(pa.BufferReader(checked_bytes(path / MANIFEST, limit=_LARGEST)))
        content = parse_json((manifest.metadata or {})[LIST_KEY])
        version = content["version"]
        shards = tuple(from_json(ShardFile, one) for one in content["shards"])
    except FileNotFoundError as error:
        reason = f"a folder of shards that is not finished ({MANIFEST} is missing). {_AGAIN}"
        raise TableError(path, reason) from error
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise TableError(path, f"its {MANIFEST} cannot be read ({error!r}). {_AGAIN}") from error
    strange = next((one.name for one in shards if not _is_plain(one.name)), None)
    if strange is not None:
        raise TableError(path, f"its {MANIFEST} names a file elsewhere ({one_line(strange)!r}). {_AGAIN}")
    if version != _VERSION or not shards:
        raise TableError(path, f"its {MANIFEST} is of another version of this program. {_AGAIN}")
    return shards


def _is_plain(name: str) -> bool:
    """Whether a name is that of a file in the folder itself, whoever wrote the list of shards."""
    return name not in ("", ".", "..") and "\0" not in name and PurePath(name).name == name


def write_shard_list(path: Path, shards: Sequence[ShardFile]) -> None:
    """Write the manifest of a folder of shards, whole or not at all: from then on it is a table."""
    content = json.dumps({"version": _VERSION, "shards": [asdict(one) for one in shards]})
    with _opened(path / shards[0].name) as file:
        schema = file.schema_arrow
    listed = schema.with_metadata({**(schema.metadata or {}), LIST_KEY: content.encode()})
    write_groups(path / MANIFEST, listed, [listed.empty_table()])


def table_files(path: Path) -> tuple[Path, ...]:
    """Return the Parquet files of a table in the order of its rows: itself, or its shards.

    Raises
    ------
    TableError
        If there is no such table, or its folder is not finished.
    """
    if is_sharded(path):
        return tuple(path / one.name for one in read_shard_list(path))
    if not path.is_file():
        raise TableError(path, "no such table")
    return (path,)


def table_hash(path: Path) -> str:
    """Return the sha256 of a table: of the file, or of the manifest, which has that of each shard."""
    with (path / MANIFEST if is_sharded(path) else path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """Refuse what is read of a table in the block where another was put in its place meanwhile.

    Raises
    ------
    TableError
        After the block, if there was.
    """
    file = path / MANIFEST if path.is_dir() else path
    before = _identity(file)
    yield
    if _identity(file) != before:
        raise TableError(path, "was replaced while it was read. Give the command once more")


def _identity(file: Path) -> tuple[int, ...]:
    """Return what tells a file from one that took its name: a table is replaced, never changed."""
    try:
        found = file.stat()
    except OSError:
        return ()
    names = ("st_dev", "st_ino", "st_size", "st_mtime_ns")
    return tuple(int(getattr(found, name, 0)) for name in names)  # a storage knows some of them


def read_shards(path: Path) -> tuple[pa.Table, str]:
    """Read a table that is a folder into memory, and return the hash of its manifest as well.

    Columns of names have the same numbers in all shards afterwards.

    Raises
    ------
    TableError
        If it has no manifest, or the bytes of a shard are not those that the manifest lists.
    """
    with unchanged(path):
        sha256 = table_hash(path) if (path / MANIFEST).is_file() else ""
        pieces = [_parsed(path / one.name, checked_shard(path, one)) for one in read_shard_list(path)]
    try:
        return pa.concat_tables(pieces).unify_dictionaries(), sha256
    except (pa.ArrowException, ValueError) as error:
        raise TableError(path, f"its shards do not have the same columns. {_AGAIN}") from error


def checked_shard(path: Path, shard: ShardFile) -> bytes:
    """Return the bytes of a shard of the folder `path`.

    Raises
    ------
    TableError
        If they are not those that the manifest lists.
    """
    file = path / shard.name
    try:
        content = file.read_bytes()
    except OSError as error:
        raise TableError(file, f"cannot be opened ({error.strerror or error}). {_AGAIN}") from error
    if len(content) != shard.n_bytes or hashlib.sha256(content).hexdigest() != shard.sha256:
        raise TableError(file, f"damaged: its SHA-256 is not the one that {MANIFEST} lists. {_REMOVE}")
    return content


def _parsed(file: Path, content: bytes) -> pa.Table:
    try:
        return pq.ParquetFile(pa.BufferReader(content)).read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise TableError(file, f"not a whole Parquet file. {_REMOVE}") from error


def table_schema(path: Path) -> pa.Schema:
    """Return the Arrow schema of a table, with what it says of itself; errors as `table_files`."""
    with _opened(table_files(path)[0]) as file:
        return file.schema_arrow


def table_rows(path: Path) -> int:
    """Return the number of rows of a table, without reading them; errors as `table_files`."""
    if is_sharded(path):
        return sum(one.n_rows for one in read_shard_list(path))
    with _opened(table_files(path)[0]) as file:
        return int(file.metadata.num_rows)


def record_batches(
    path: Path, columns: Sequence[str] | None = None, n_rows: int = 1 << 16
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a table in order, at most `n_rows` at once, in memory that does not grow with it.

    Parameters
    ----------
    path : Path
    columns : sequence of str, optional
        Which columns, in this order; all where not given.
    n_rows : int
        Rows of a batch at most. A batch ends with its row group and its shard.

    Raises
    ------
    TableError
        If there is no such table, or a file of it is missing or damaged.
    """
    for one in table_files(path):
        with _opened(one) as file:
            try:
                yield from file.iter_batches(n_rows, columns=None if columns is None else list(columns))
            except (pa.ArrowException, OSError, ValueError) as error:
                raise TableError(one, f"damaged ({error}). {_AGAIN}") from error


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        # By handle: Arrow takes no name that is not UTF-8, and reads one with a colon as an address.
        handle = path.open("rb")
    except OSError as error:
        raise TableError(path, f"cannot be opened ({error.strerror or error}). {_AGAIN}") from error
    with handle:
        try:
            file = pq.ParquetFile(handle)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise TableError(path, f"not a whole Parquet file. {_AGAIN}") from error
        yield file
