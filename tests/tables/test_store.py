from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gtzan_features.errors import TableError
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.schema import KEY_NAMES, TableMeta
from gtzan_features.tables.store import locate_table, read_meta, read_table, write_parquet
from tests import nasty
from tests.conftest import make_table, save_table


def test_a_table_reads_back_as_it_was_written(tmp_path):
    table = make_table()
    path = save_table(tmp_path, table)
    back = read_table(path)
    assert back.meta == table.meta
    assert back.columns == table.columns
    np.testing.assert_array_equal(back.values(), table.values())
    for key in KEY_NAMES:
        assert back.frame[key].tolist() == table.frame[key].tolist()
    assert read_meta(path) == table.meta


@pytest.mark.parametrize("name", [*nasty.NAMES.values(), "a:b", "s3:", "file:x"])
def test_a_folder_of_any_name_holds_tables(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    path = save_table(Path(name), nasty.nasty_table())
    back = read_table(path)
    assert read_meta(path) == back.meta
    assert set(back.frame["genre"]) == set(nasty.NAMES.values()) - {nasty.UNDECODABLE}
    assert locate_table(Path(name), "kaggle", "3s") == path


def test_equal_tables_are_equal_bytes(tmp_path):
    a, b = save_table(tmp_path / "a", make_table()), save_table(tmp_path / "b", make_table())
    assert a.read_bytes() == b.read_bytes()


def test_schema_has_units_types_and_keys(tmp_path):
    schema = pq.read_schema(save_table(tmp_path, make_table()))
    assert schema.field("start_s").metadata[b"unit"] == b"s"
    assert schema.field("chroma_stft_mean").type == pa.float32()
    assert pa.types.is_dictionary(schema.field("genre").type)
    assert schema.names[:5] == list(KEY_NAMES)


def test_damaged_tables_are_refused(tmp_path):
    path = save_table(tmp_path, make_table())
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    for read in (read_table, read_meta):
        with pytest.raises(TableError, match="not a whole Parquet file"):
            read(path)
    with pytest.raises(TableError, match="no such feature table"):
        read_table(tmp_path / "no.parquet")
    write_parquet(path, pa.table({"a": [1]}))
    with pytest.raises(TableError, match="not a feature table of gtzan"):
        read_table(path)


def test_tables_of_another_schema_version_are_refused(tmp_path):
    text = make_table().meta.to_json().replace('"schema_version": 1', '"schema_version": 99')
    path = tmp_path / "t.parquet"
    write_parquet(path, pa.table({"a": [1]}).replace_schema_metadata({b"gtzan": text.encode()}))
    with pytest.raises(TableError, match="schema version 99"):
        read_table(path)


def test_missing_keys_are_named(tmp_path):
    path = save_table(tmp_path, make_table())
    write_parquet(path, pq.read_table(path).drop_columns(["segment", "start_s"]))
    with pytest.raises(TableError, match="key columns segment, start_s are missing"):
        read_table(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_named(tmp_path, value):
    table = make_table()
    table.frame.loc[7, "rolloff_var"] = value
    with pytest.raises(
        TableError, match=r"1 values .* column rolloff_var of track genre0/track01, segment 2"
    ):
        read_table(save_table(tmp_path, table))


def test_a_missing_table_names_those_that_exist(tmp_path):
    with pytest.raises(TableError, match="gtzan features extract"):
        locate_table(tmp_path, "kaggle", "3s")
    with pytest.raises(TableError, match=r"gtzan features extract AUDIO_DIR --features full$"):
        locate_table(tmp_path, "full", "3s")
    save_table(tmp_path, make_table())
    with pytest.raises(TableError, match=r"Extract with --features full --segments 3s$"):
        locate_table(tmp_path, "full", "3s")
    with pytest.raises(TableError, match=r"has kaggle-3s. Extract with --segments 10s"):
        locate_table(tmp_path, "kaggle", "10s")


def test_an_error_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail_half_way():
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_meta_makes_the_round_trip():
    meta = make_table().meta
    assert TableMeta.from_json(meta.to_json()) == meta
