from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gtzan_features.config import SegmentConfig
from gtzan_features.errors import TableError
from gtzan_features.tables.atomic import atomic_path
from gtzan_features.tables.feature_tables import locate_table, read_meta, read_table, write_parquet
from gtzan_features.tables.schema import KEY_NAMES, TableMeta
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


def changed(path, column=None, array=None, meta=None):
    """The table at `path` with another column or other metadata."""
    table = pq.read_table(path)
    if column is not None:
        at = table.schema.names.index(column)
        table = table.set_column(at, column, array(table.column(column)))
    if meta is not None:
        table = table.replace_schema_metadata({b"gtzan": meta})
    write_parquet(path, table)


def texts(cells):
    return pa.array(["x"] * len(cells))


def with_null(cells):
    return pa.array([None, *cells.to_pylist()[1:]], cells.type)


@pytest.mark.parametrize(
    ("column", "array", "message"),
    [
        ("tempo", texts, "column tempo holds no numbers"),
        ("tempo", with_null, "1 values are not finite, the first in column tempo"),
        ("segment", texts, "column segment is of another type"),
        ("start_s", texts, "column start_s is of another type"),
        ("n_samples", with_null, "1 rows have no n_samples"),
        ("segment", with_null, "1 rows have no segment"),
        ("track_id", with_null, "1 rows have no track_id"),
        ("genre", lambda c: with_null(c.cast(pa.string())), "1 rows have no genre"),
        ("track_id", lambda c: pa.array([[1]] * len(c)), "column track_id is of another type"),
        ("segment", lambda c: pa.array([0] * len(c)), "holds segment 0 of 'genre0/track00' twice"),
        (
            "genre",
            lambda c: pa.array(["x", *c.cast(pa.string()).to_pylist()[1:]]),
            "gives track 'genre0/track00' more than one genre",
        ),
    ],
)
def test_tables_of_other_programs_are_refused_in_a_line(tmp_path, column, array, message):
    path = save_table(tmp_path, make_table())
    changed(path, column, array)
    with pytest.raises(TableError, match=message) as error:
        read_table(path)
    assert "\n" not in str(error.value)


def test_a_column_that_stands_there_twice_is_named(tmp_path):
    path = save_table(tmp_path, make_table())
    table = pq.read_table(path)
    write_parquet(path, table.append_column("tempo", table.column("tempo")))
    with pytest.raises(TableError, match="has the column tempo more than once"):
        read_table(path)


def test_types_of_the_same_meaning_are_read(tmp_path):
    path = save_table(tmp_path, make_table())
    expected = read_table(path)
    changed(path, "segment", lambda c: c.cast(pa.int64()))
    changed(path, "track_id", lambda c: c.cast(pa.string()).dictionary_encode())
    changed(path, "genre", lambda c: c.cast(pa.large_string()))
    assert read_table(path).frame.equals(expected.frame)


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        (b'"x"', "it is no JSON object"),
        (b"[1]", "it is no JSON object"),
        (b"null", "it is no JSON object"),
        (b"{", "it is no JSON"),
        (b"\xff", "it is no JSON"),
        (b"{}", "schema version None"),
        (b'{"schema_version": 2}', "schema version 2, this program reads version 1: a newer gtzan wrote it"),
        (b'{"schema_version": 1}', "feature_set, .* not as this program writes it"),
        (b'{"schema_version": 1, "segment": 3}', "segment is no str"),
        (b'{"schema_version": 1, "config": []}', "config is no dict"),
    ],
)
def test_metadata_of_other_programs_is_refused_in_a_line(tmp_path, meta, message):
    path = save_table(tmp_path, make_table())
    changed(path, meta=meta)
    for read in (read_table, read_meta):
        with pytest.raises(TableError, match=message) as error:
            read(path)
        assert "__init__" not in str(error.value)


@pytest.mark.parametrize("change", [{"segment": "long"}, {"later": 1}])
def test_metadata_that_is_nearly_ours_is_refused(tmp_path, change):
    path = save_table(tmp_path, make_table())
    content = json.loads(make_table().meta.to_json())
    changed(path, meta=json.dumps(content | change).encode())
    with pytest.raises(TableError, match="metadata cannot be read"):
        read_meta(path)


def test_a_feature_configuration_of_another_version_is_refused(tmp_path):
    path = save_table(tmp_path, make_table())
    content = json.loads(make_table().meta.to_json())
    content["config"] = {"wavelet": "haar"}
    changed(path, meta=json.dumps(content).encode())
    with pytest.raises(TableError, match="of features of another version"):
        read_table(path)


def test_no_two_lengths_share_a_name():
    names = {SegmentConfig(s).name for s in (100, 100.0, 100.0001, 99.9999999, 3, 2.5, 0.5000001)}
    assert names == {"100s", "100.0001s", "99.9999999s", "3s", "2.5s", "0.5000001s"}
    assert all(SegmentConfig.parse(name).name == name for name in names)
