"""A table is one file, or a folder of shards."""

import hashlib

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gtzan_features.errors import TableError
from gtzan_features.tables.table_files import (
    LIST_KEY,
    MANIFEST,
    ShardFile,
    is_table,
    record_batches,
    table_files,
    table_hash,
    table_rows,
    table_schema,
    write_shard_list,
)


def shard(folder, name, values):
    pq.write_table(pa.table({"a": values, "b": [str(v) for v in values]}), folder / name)
    content = (folder / name).read_bytes()
    return ShardFile(
        name=name, n_rows=len(values), n_bytes=len(content), sha256=hashlib.sha256(content).hexdigest()
    )


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "kaggle-3s.parquet"
    path.mkdir()
    shards = [shard(path, "00001.parquet", [3, 1]), shard(path, "00000.parquet", [2, 5, 4])]
    assert not is_table(path)
    with pytest.raises(TableError, match="not finished.*_manifest.parquet is missing"):
        table_files(path)
    write_shard_list(path, shards)
    return path


def test_a_folder_has_the_rows_of_its_shards_in_the_order_of_the_manifest(folder):
    assert is_table(folder)
    assert [one.name for one in table_files(folder)] == ["00001.parquet", "00000.parquet"]
    assert table_rows(folder) == 5
    assert table_schema(folder).names == ["a", "b"]
    batches = list(record_batches(folder, ["a"], n_rows=2))
    assert [batch.num_rows for batch in batches] == [2, 2, 1]
    assert pa.Table.from_batches(batches)["a"].to_pylist() == [3, 1, 2, 5, 4]


def test_a_file_is_a_table_of_itself(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": [1, 2, 3]}), path)
    assert is_table(path)
    assert table_files(path) == (path,)
    assert table_rows(path) == 3
    assert table_hash(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_another_shard_is_another_table(folder):
    before = table_hash(folder)
    write_shard_list(folder, [shard(folder, "00000.parquet", [2, 5, 5])])
    assert table_hash(folder) != before


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"version": 1, "shards": []}', '{"version": 2, "shards": [1]}']
)
def test_a_manifest_that_is_none_is_said(folder, content):
    empty = pa.table({"a": pa.array([], pa.int64())})
    pq.write_table(empty.replace_schema_metadata({LIST_KEY: content}), folder / MANIFEST)
    with pytest.raises(TableError, match="_manifest.parquet"):
        table_files(folder)


@pytest.mark.parametrize("content", [b"", b"PAR1", b'{"version": 1}'])
def test_a_manifest_that_is_no_table_is_said(folder, content):
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(TableError, match="_manifest.parquet cannot be read"):
        table_files(folder)


def test_readers_of_parquet_read_the_folder_itself(folder):
    pl, duckdb = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    expected = {"3", "1", "2", "5", "4"}
    assert set(pd.read_parquet(folder)["b"]) == expected
    assert set(pl.read_parquet(folder)["b"]) == expected
    found = duckdb.sql(f"select b from '{folder}/*.parquet'").fetchall()
    assert {name for (name,) in found} == expected


def test_a_shard_that_is_gone_or_damaged_is_named(folder):
    (folder / "00000.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(TableError, match="00000.parquet: not a whole Parquet file"):
        list(record_batches(folder))
    (folder / "00001.parquet").unlink()
    with pytest.raises(TableError, match="00001.parquet: cannot be opened"):
        list(record_batches(folder))
