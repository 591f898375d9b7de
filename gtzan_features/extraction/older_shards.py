"""Rows of shards of another plan: where files came, went or were labelled anew, only these are computed.

What is taken over is decided by the hash of a file's bytes, as with all rows that are kept: the rows go into
the journal of the shard to compute, as if an earlier try of it had left them there.

Workers import this module, so it needs no pandas.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gtzan_features.errors import TableError
from gtzan_features.extraction.layouts import values_of
from gtzan_features.extraction.row_cache import Part, write_part
from gtzan_features.tables.checked import parse_json
from gtzan_features.tables.file_status import FileStatus
from gtzan_features.tables.table_files import is_sharded, table_files
from gtzan_features.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gtzan_features.datasets.tracks import TrackFile
    from gtzan_features.extraction.row_kinds import Recipe

ROWS = b"gtzan_rows"
"""In the metadata of a status shard: the digits of what its rows depend on beside the files."""

DECODERS, ONCE = b"gtzan_decoders", b"gtzan_once"
"""Likewise: which version of ffmpeg decoded files, and files that a later run may get better, by position."""

_UNREADABLE = (pa.ArrowException, OSError, ValueError, KeyError, TypeError)


def status_shards(path: Path) -> list[Path]:
    """Return the files of a status table that is a folder; none where it is one file or not there."""
    try:
        return list(table_files(path)) if is_sharded(path) else []
    except TableError:
        return []


def rows_of(status: Path) -> str:
    """Return the digits of what the rows of a status shard depend on; empty where they do not say."""
    try:
        with status.open("rb") as handle:
            said = pq.read_schema(handle).metadata or {}
    except _UNREADABLE:
        return ""
    return bytes(said.get(ROWS, b"")).decode("ascii", "replace")


def find_older(
    sources: Sequence[Path], rows: str, wanted: Mapping[int, Sequence[TrackFile]]
) -> dict[int, tuple[Path, ...]]:
    """Return which status shards list some files of shards to compute.

    Memory holds 16 bytes for each of these files.

    Parameters
    ----------
    sources : sequence of Path
        Status shards.
    rows : str
        Digits of what rows depend on; shards of other rows are passed over.
    wanted : mapping of int to sequence of TrackFile
        The files of each shard to compute.
    """
    if not sources:
        return {}
    sizes = [len(tracks) for tracks in wanted.values()]
    owners = np.repeat(np.fromiter(wanted, dtype=np.int64, count=len(sizes)), sizes)
    paths = (hash(printable(one.path)) for tracks in wanted.values() for one in tracks)
    known = np.fromiter(paths, dtype=np.int64, count=len(owners))
    order = np.argsort(known)
    known, owners = known[order], owners[order]
    found: dict[int, list[Path]] = {}
    for source in sources:
        for owner in np.unique(owners[_positions(known, _listed(source, rows))]).tolist():
            found.setdefault(owner, []).append(source)
    return {number: tuple(paths) for number, paths in found.items()}


def _positions(known: npt.NDArray[np.int64], asked: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return where the values of `asked` stand in `known`, which is sorted; those that do, once."""
    at = np.searchsorted(known, asked)
    at = at[at < len(known)] if len(known) else at[:0]
    return at[np.isin(known[at], asked)]


def _listed(source: Path, rows: str) -> npt.NDArray[np.int64]:
    """Return the hashes of the paths in a status shard; none where its rows are others."""
    try:
        with source.open("rb") as handle:
            file = pq.ParquetFile(handle)
            if (file.schema_arrow.metadata or {}).get(ROWS) != rows.encode():
                return np.empty(0, dtype=np.int64)
            cells = file.read(["path"]).column(0).to_pylist()
    except _UNREADABLE:
        return np.empty(0, dtype=np.int64)
    return np.array([hash(cell) for cell in cells], dtype=np.int64)


def refill(
    journal: Path,
    tracks: Sequence[TrackFile] | None,
    older: Sequence[Path],
    recipe: Recipe,
    tables: Sequence[str],
    rows: str,
) -> None:
    """Leave the rows that shards of another plan have of some files as parts; what cannot be read, not.

    Parameters
    ----------
    journal : Path
        Folder of the parts.
    tracks : sequence of TrackFile, optional
        The files; all that the shards have where not given.
    older : sequence of Path
        Status shards; those of the tables lie in folders beside theirs.
    recipe : Recipe
    tables : sequence of str
        Names of the tables, that of the status table last.
    rows : str
        Digits of what rows depend on.
    """
    wanted = None if tracks is None else {printable(track.path) for track in tracks}
    for source in older:
        try:
            for part in _parts(source, wanted, recipe, tables, rows):
                path = journal / f"{part.status.sha256}.npz"
                if not path.exists():
                    write_part(path, part)
        except _UNREADABLE:
            continue


def _parts(
    source: Path, wanted: set[str] | None, recipe: Recipe, tables: Sequence[str], rows: str
) -> list[Part]:
    """Return the rows of the wanted files of a shard, but those that a later run may get better."""
    status = _read(source)
    said = status.schema.metadata or {}
    if said.get(ROWS) != rows.encode():
        return []
    once, decoders = set(parse_json(said[ONCE])), parse_json(said[DECODERS])
    pieces = {
        length.name: _rows_of(_read(source.parent.parent / table / source.name), recipe)
        for length, table in zip(recipe.segments, tables, strict=False)
    }
    none = {s.name: (np.empty((0, 3), dtype=np.int64), recipe.compute([], s)) for s in recipe.segments}
    return [
        Part(
            FileStatus(**row),
            {name: own.get(row["track_id"], none[name]) for name, own in pieces.items()},
            reused=True,
            decoder=decoders.get(str(at), ""),
        )
        for at, row in enumerate(status.to_pylist())
        if (wanted is None or row["path"] in wanted) and at not in once and row["sha256"]
    ]


def _rows_of(table: pa.Table, recipe: Recipe) -> dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[Any]]]:
    """Return keys and values of the rows of each track of a table shard."""
    ids = np.array(table.column("track_id").to_pylist(), dtype=object)
    starts = np.round(table.column("start_s").to_numpy() * recipe.sr)
    columns = [table.column("segment").to_numpy(), starts, table.column("n_samples").to_numpy()]
    keys, values = np.stack(columns, axis=1).astype(np.int64), values_of(recipe, table)
    edges = [0, *(np.flatnonzero(ids[1:] != ids[:-1]) + 1).tolist(), len(ids)]
    return {ids[a]: (keys[a:b], values[a:b]) for a, b in pairwise(edges) if a < b}


def _read(path: Path) -> pa.Table:
    with path.open("rb") as file:
        return pq.ParquetFile(file).read()
