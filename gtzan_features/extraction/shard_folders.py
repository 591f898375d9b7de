"""Where shards lie until they are tables: beside these, in a folder for each recipe.

Readers of a folder of Parquet files read all that lie in it. So shards come into the folder of a table when
all are there, by one exchange of names (`publish`): nobody sees some of them, or those of two tables.

Workers import this module, so it needs no pandas.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from gtzan_features.errors import TableError
from gtzan_features.extraction.shards import number_in
from gtzan_features.storage import is_remote, local_side
from gtzan_features.storage_files import copy_within, remove_below, sizes_below
from gtzan_features.tables.atomic import remove_leftovers, write_text
from gtzan_features.tables.checked import parse_json
from gtzan_features.tables.replacing import remove, replace_path
from gtzan_features.tables.table_files import (
    MANIFEST,
    ShardFile,
    is_sharded,
    read_shard_list,
    write_shard_list,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from gtzan_features.extraction.shards import Plan

SHARDS = ".shards"
_JOURNALS = "files"
_DROPPED = ".dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRecord:
    """What became of one shard; all that comes back from where it was computed.

    Attributes
    ----------
    name : str
        Of the shard, without an ending.
    plan : str
        Digits of the plan that it is part of.
    n_files, total : int
        Files of music of the shard, and of the plan.
    slices : int
        Number of processes that share the plan.
    files : dict
        For each table, status last, the rows, bytes and SHA-256 of the shard's Parquet file.
    n_reused, n_computed, n_samples : int
        Files whose rows were there, files that gave rows now, and samples of what was computed now.
    seconds : float
        How long it took.
    """

    name: str
    plan: str
    n_files: int
    total: int
    slices: int
    files: dict[str, tuple[int, int, str]]
    n_reused: int = 0
    n_computed: int = 0
    n_samples: int = 0
    seconds: float = field(default=0.0, compare=False)

    @property
    def number(self) -> int:
        """Of the shard, from 0."""
        return int(self.name.partition("-")[0])

    @property
    def count(self) -> int:
        """How many shards the plan has."""
        return int(self.name.split("-")[2])

    def shard_file(self, table: str) -> ShardFile:
        """Return what the manifest of a table says of the shard."""
        n_rows, n_bytes, sha256 = self.files[table]
        return ShardFile(name=f"{self.name}.parquet", n_rows=n_rows, n_bytes=n_bytes, sha256=sha256)


@dataclass(frozen=True, slots=True)
class ShardFolder:
    """The shards of one recipe that are no tables yet.

    Attributes
    ----------
    out : Path
        Folder of the tables.
    rows : str
        Digits of the recipe, of what is done to the audio and of the program.
    """

    out: Path
    rows: str

    @property
    def path(self) -> Path:
        """The folder itself."""
        return self.out / SHARDS / self.rows

    def open(self, tables: Iterable[str]) -> None:
        """Make the folder, and put right what a kill left in it. Others may be writing into it."""
        if is_remote(self.out):  # it has no folders to make, and nothing that is half there
            return
        for table in tables:
            place = self.path / table
            if place.is_file():  # what was replaced
                place.unlink(missing_ok=True)
            place.mkdir(parents=True, exist_ok=True)
            (place / MANIFEST).unlink(missing_ok=True)
            remove_leftovers(place)
        remove_leftovers(self.path)

    def shard(self, table: str, name: str) -> Path:
        """Return where the Parquet file of a shard lies."""
        return self.path / table / f"{name}.parquet"

    def journal(self, name: str) -> Path:
        """Return where the rows of the files of a shard lie while it is computed."""
        return local_side(self.out) / SHARDS / self.rows / _JOURNALS / name

    def record(self, name: str) -> ShardRecord | None:
        """Return what became of a shard; None where it is not finished, or a file of it is gone."""
        try:
            content = parse_json((self.path / f"{name}.json").read_bytes())
            files = {table: (int(a), int(b), str(c)) for table, (a, b, c) in content["files"].items()}
            one = ShardRecord(**(content | {"files": files}))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return one if all(self._is_there(one, table) for table in one.files) else None

    def write_record(self, record: ShardRecord) -> None:
        """Say that a shard is finished; others of its number are no longer."""
        write_text(self.path / f"{record.name}.json", json.dumps(asdict(record)) + "\n")
        for other in self.path.glob(f"{record.number:05}-of-{record.count:05}-*.json"):
            if other.stem != record.name:
                other.unlink(missing_ok=True)

    def records(self) -> list[ShardRecord]:
        """Return what became of all shards that are finished, in order."""
        names = sorted(path.stem for path in self.path.glob("*.json") if number_in(path.stem) is not None)
        return [one for one in map(self.record, names) if one is not None]

    def written_at(self, record: ShardRecord) -> int:
        """Return when a record was written, in nanoseconds; 0 where it is gone."""
        try:
            return (self.path / f"{record.name}.json").stat().st_mtime_ns
        except OSError:
            return 0

    def forget(self, name: str) -> None:
        """Let a shard be computed anew."""
        (self.path / f"{name}.json").unlink(missing_ok=True)
        remove(self.journal(name))

    def take(self, record: ShardRecord) -> None:
        """Let a shard of the tables as they are stand here, too, in no more room where links can be made."""
        for table in record.files:
            source, place = self.out / table / f"{record.name}.parquet", self.shard(table, record.name)
            if place.exists():
                continue
            if is_remote(place):
                copy_within([(source, place)])
                continue
            try:
                os.link(source, place)
            except FileExistsError:
                continue
            except OSError:  # no links here
                aside = place.with_name(f".{place.name}.{os.getpid()}")
                shutil.copyfile(source, aside)
                aside.replace(place)
        self.write_record(record)

    def _is_there(self, record: ShardRecord, table: str) -> bool:
        places = (self.shard(table, record.name), self.out / table / f"{record.name}.parquet")
        return any(_size(place) == record.files[table][1] for place in places)


def file_facts(path: Path, n_rows: int) -> tuple[int, int, str]:
    """Return rows, bytes and SHA-256 of a file that was written."""
    with path.open("rb") as file:
        return n_rows, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def published(out: Path, tables: Sequence[str], plan: Plan) -> dict[str, ShardRecord]:
    """Return the shards of tables that are folders, by name: those that each of the tables has.

    Parameters
    ----------
    out : Path
    tables : sequence of str
        Names of the tables.
    plan : Plan
        That the records are to be of.
    """
    lists = []
    for table in tables:
        try:
            shards = read_shard_list(out / table)
        except (TableError, NotADirectoryError):
            return {}
        whole = (one for one in shards if _size(out / table / one.name) == one.n_bytes)
        lists.append({one.name.removesuffix(".parquet"): one for one in whole})
    return {
        name: ShardRecord(
            name=name,
            plan=plan.digits,
            n_files=lists[-1][name].n_rows,
            total=plan.n_files,
            slices=plan.slices,
            files={
                table: (one[name].n_rows, one[name].n_bytes, one[name].sha256)
                for table, one in zip(tables, lists, strict=True)
            },
        )
        for name in lists[0]
        if all(name in one for one in lists)
    }


def publish(folder: ShardFolder, records: Sequence[ShardRecord]) -> None:
    """Make tables of shards, all of which are finished; the caller holds the lock of the output.

    Each table is the old one until one step makes it the new one. A kill between tables leaves some new
    and some old; the same call again does the rest.

    Parameters
    ----------
    folder : ShardFolder
    records : sequence of ShardRecord
        In the order of the rows.
    """
    for table in records[0].files:
        shards = [one.shard_file(table) for one in records]
        if _is_published(folder.out / table, shards):
            continue
        if is_remote(folder.out):
            _publish_there(folder, table, shards)
            continue
        for one in records:
            if not folder.shard(table, one.name).exists():
                folder.take(one)
        place, names = folder.path / table, {one.name for one in shards}
        for path in place.iterdir():
            if path.name not in names:
                remove(path)
        write_shard_list(place, shards)
        replace_path(place, folder.out / table)
    if is_remote(folder.out):
        remove_below(folder.path)
        return
    _drop(folder)
    for other in shard_folders(folder.out):  # of another version: these tables took their place
        if all((other.path / table).is_dir() for table in records[0].files):
            _drop(other)
    remove_dropped(folder.out)


def _drop(folder: ShardFolder) -> None:
    """Let a folder of shards be none in one step: half of one would be taken for shards that are missing."""
    folder.path.rename(folder.path.with_name(f".{folder.rows}{_DROPPED}"))


def remove_dropped(out: Path) -> None:
    """Remove the folders of shards that became tables, also those that a kill left half removed."""
    if is_remote(out):
        return
    root = out / SHARDS
    for path in root.glob(f".*{_DROPPED}"):
        shutil.rmtree(path)
    with contextlib.suppress(OSError):  # another recipe's shards, or none
        root.rmdir()


def _publish_there(folder: ShardFolder, table: str, shards: Sequence[ShardFile]) -> None:
    """Make a table of shards in a storage, which renames nothing: they are copied there, and then listed.

    Whoever reads the manifest sees the old table or the new one; who lists the files, also some of both.
    """
    place = folder.out / table
    there = sizes_below(place)
    missing = [one for one in shards if there.get(one.name) != one.n_bytes]
    copy_within([(folder.path / table / one.name, place / one.name) for one in missing])
    write_shard_list(place, shards)
    remove_below(place, but={MANIFEST, *(one.name for one in shards)})
    if place.is_file():  # an object of the same name, that was the table before
        place.unlink()


def _is_published(path: Path, shards: Sequence[ShardFile]) -> bool:
    try:
        same = is_sharded(path) and list(read_shard_list(path)) == list(shards)
        return same and all(_size(path / one.name) == one.n_bytes for one in shards)
    except TableError:
        return False


def shard_folders(out: Path) -> Iterator[ShardFolder]:
    """Yield the folders of shards beside the tables in `out`."""
    root = out / SHARDS
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield ShardFolder(out, path.name)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
