"""Parquet files that Arrow reads, and archives that Python reads, with another content."""

from __future__ import annotations

import gzip
import io
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.fuzz.mutators import Seeds, bytes_mutation, json_mutation


def arrow_mutation(rng: Random, seeds: Seeds) -> bytes:
    """A whole Parquet file with other columns, types, cells or metadata; some with other bytes."""

    if rng.random() < 0.25:
        return bytes_mutation(rng, seeds)
    table = pq.ParquetFile(io.BytesIO(rng.choice(seeds))).read()
    out = io.BytesIO()
    try:
        for _ in range(rng.choice((1, 1, 2))):
            table = rng.choice(_TABLE_CHANGES)(rng, table)
        pq.write_table(table, out, compression=rng.choice(("none", "snappy", "zstd")))
    except (pa.ArrowException, ValueError, TypeError, OverflowError):  # what Arrow itself does not write
        return bytes_mutation(rng, seeds)
    return out.getvalue()


def _retyped(rng: Random, table: Any) -> Any:
    """A column of another type: of text, lists, dates, bytes, truth values, nothing."""

    at = rng.randrange(table.num_columns)
    n = table.num_rows
    kinds = (
        pa.array(["x"] * n),
        pa.array([str(i) for i in range(n)]),
        pa.array([b"\xff"] * n),
        pa.array([[1, 2]] * n),
        pa.array([{"a": 1}] * n),
        pa.array([True] * n),
        pa.array([2**63 - 1] * n),
        pa.array([-1] * n, pa.int8()),
        pa.array([0] * n, pa.timestamp("ns")),
        pa.array([10**30] * n, pa.decimal128(38)),
        pa.nulls(n),
        pa.array(["x"] * n).dictionary_encode(),
    )
    return table.set_column(at, table.schema.names[at], rng.choice(kinds))


def _emptied(rng: Random, table: Any) -> Any:
    """Cells that are missing, no numbers, or not finite."""

    at = rng.randrange(table.num_columns)
    cells = table.column(at).to_pylist()
    if not cells:
        return table
    cells[rng.randrange(len(cells))] = rng.choice((None, None, float("nan"), float("inf"), 1e300, -1))
    try:
        column = pa.array(cells, table.schema.field(at).type)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        column = pa.array([None if i else one for i, one in enumerate(cells)])
    return table.set_column(at, table.schema.field(at).with_nullable(True), column)


def _renamed(rng: Random, table: Any) -> Any:
    names = table.schema.names
    names[rng.randrange(len(names))] = rng.choice(
        (*names, "", "two\nlines", "artist", "p_", "__index_level_0__")
    )
    return table.rename_columns(names)


def _dropped(rng: Random, table: Any) -> Any:
    return table.remove_column(rng.randrange(table.num_columns)) if table.num_columns > 1 else table


def _rows_changed(rng: Random, table: Any) -> Any:

    return rng.choice((table.slice(0, 0), table.slice(0, 1), pa.concat_tables([table, table])))


def _shuffled(rng: Random, table: Any) -> Any:
    """Cells of one column in another order: two genres for a track, a segment twice."""
    at = rng.randrange(table.num_columns)
    order = [rng.randrange(table.num_rows) for _ in range(table.num_rows)]
    return table.set_column(at, table.schema.field(at), table.column(at).take(order)) if order else table


def _metadata(rng: Random, table: Any) -> Any:
    held = dict(table.schema.metadata or {})
    held.setdefault(b"pandas", rng.choice((b"{}", b"[", b'{"index_columns": ["x"], "columns": []}')))
    key = rng.choice(sorted(held))
    if rng.random() < 0.6:
        try:
            held[key] = json_mutation(rng, [held[key]])
        except (ValueError, RecursionError):  # of a change before: no JSON, or too deep
            held[key] = rng.randbytes(8)
    else:
        held.pop(key)
    return table.replace_schema_metadata(held)


def _field_metadata(rng: Random, table: Any) -> Any:

    at = rng.randrange(table.num_columns)
    said = rng.choice(
        ({}, {b"shape": b"[0, 0]"}, {b"shape": b"[-1, 4]"}, {b"shape": b"[1e9]"}, {b"unit": b"\xff\n"})
    )
    fields = list(table.schema)
    fields[at] = fields[at].with_metadata(said)
    return pa.table(table.columns, schema=pa.schema(fields, metadata=table.schema.metadata))


_TABLE_CHANGES: tuple[Callable[[Random, Any], Any], ...] = (
    _retyped,
    _retyped,
    _emptied,
    _emptied,
    _renamed,
    _dropped,
    _rows_changed,
    _shuffled,
    _metadata,
    _metadata,
    _field_metadata,
)

# ---------------------------------------------------------------------------------------------- archives


def zip_mutation(rng: Random, seeds: Seeds) -> bytes:
    """An archive with other members: elsewhere, twice, a bomb, links, packed otherwise; or other bytes."""

    if rng.random() < 0.3:
        return bytes_mutation(rng, seeds)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(rng.choice(seeds))) as old:
        members = [(info.filename, old.read(info)) for info in old.infolist()]
    name, content = members[rng.randrange(len(members))]
    last = name.rpartition("/")[2]
    changed = rng.choice(
        (
            (f"../../../{last}", content),
            (f"/tmp/{last}", content),
            (f"..\\..\\{last}", content),
            (last, bytes_mutation(rng, [content])),
            (last, bytes(80 << 20 if rng.random() < 0.05 else rng.choice((0, 1, 4096)))),
            (f"{name}/", b""),
            (name, content),
            ("a" * 300, content),
        )
    )
    members[rng.randrange(len(members))] = changed
    kind = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    if len(changed[1]) > 1 << 20:
        kind = zipfile.ZIP_DEFLATED

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of two members of one name
        with zipfile.ZipFile(out, "w", kind, compresslevel=1) as new:
            for one, data in members:
                info = zipfile.ZipInfo(one)
                info.external_attr = rng.choice((0, 0o120777 << 16, 0o40755 << 16))
                new.writestr(info, data, kind)
    written = out.getvalue()
    return bytes_mutation(rng, [written]) if rng.random() < 0.2 else written


def tar_mutation(rng: Random, seeds: Seeds) -> bytes:
    """The same for a tar archive, packed by gzip or not."""

    if rng.random() < 0.3:
        return bytes_mutation(rng, seeds)
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(rng.choice(seeds))) as old,
        tarfile.open(
            fileobj=out, mode="w", format=rng.choice((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))
        ) as new,
    ):
        for member in old:
            held = old.extractfile(member)
            data = held.read() if held else b""
            if rng.random() < 0.3:
                last = member.name.rpartition("/")[2]
                member.name = rng.choice((f"../../{last}", f"/tmp/{last}", last, "", "b" * 300))
                member.type = rng.choice(
                    (
                        tarfile.REGTYPE,
                        tarfile.SYMTYPE,
                        tarfile.LNKTYPE,
                        tarfile.DIRTYPE,
                        tarfile.CHRTYPE,
                        tarfile.FIFOTYPE,
                    )
                )
                member.linkname = rng.choice(("/etc/passwd", "../../x", last))
                member.mode, member.uid = rng.choice((0, 0o7777)), rng.choice((0, 2**21))
            new.addfile(member, io.BytesIO(data))
    written = out.getvalue()
    if rng.random() < 0.3:
        written = bytes_mutation(rng, [written])
    return gzip.compress(written, 1) if rng.random() < 0.5 else written
