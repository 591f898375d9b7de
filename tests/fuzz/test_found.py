"""What fuzzing found, each made anew: it must stay mended."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from gtzan_features.audio.load import load
from gtzan_features.audio.tags import read_tags
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.datasets.download import unpack
from gtzan_features.errors import (
    AudioError,
    CatalogueError,
    DownloadError,
    GtzanError,
    ModelError,
    TableError,
)
from gtzan_features.prediction.model_names import model_folder
from gtzan_features.tables.file_status import FileStatus
from gtzan_features.tables.run_folder import named_run
from gtzan_features.tables.status_table import read_status, write_status
from gtzan_features.tables.table_files import LIST_KEY, MANIFEST, table_files
from gtzan_features.text import one_line


def sound(kind: str) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, np.sin(np.arange(4000) / 9), 8000, format=kind, subtype="PCM_16")
    return out.getvalue()


@pytest.mark.parametrize("size", [2**63 - 1, 2**63, 2**64 - 1])
@pytest.mark.parametrize(("kind", "name"), [("W64", b"fact"), ("RF64", b"ds64")])
def test_a_header_that_names_a_place_beyond_all_files_costs_its_file(tmp_path, kind, name, size):
    content = sound(kind)
    at = content.find(name) + 16  # in both, 64 bits for a length
    (tmp_path / "a.wav").write_bytes(content[:at] + struct.pack("<Q", size) + content[at + 8 :])
    try:
        load(tmp_path / "a.wav", None)
    except AudioError as error:
        assert "a.wav" in str(error)  # noqa: PT017 - it may be read, too


@pytest.mark.parametrize("length", range(8))
def test_a_list_of_tags_shorter_than_its_own_name_has_none(tmp_path, length):
    pytest.importorskip("mutagen", reason="the extra tags is not installed")
    content = b"RIFF....WAVELIST" + struct.pack("<I", length) + b"INFOIGNR"
    (tmp_path / "a.wav").write_bytes(content)
    assert read_tags(tmp_path / "a.wav").genres == ()


@pytest.mark.parametrize("said", [b"[", b"\xff", b"{}", b"1.5", b"[" * 5000])
def test_what_pandas_is_said_to_have_written_stops_no_table(tmp_path, said):
    path = tmp_path / "status.parquet"
    write_status(path, [FileStatus(track_id="a", genre="g", path="a.wav", status="ok")])
    pq.write_table(pq.read_table(path).replace_schema_metadata({b"pandas": said}), path)
    assert list(read_status(path)["track_id"]) == ["a"]


def test_text_that_is_no_utf_8_is_a_damaged_table(tmp_path):
    path = tmp_path / "status.parquet"
    write_status(path, [FileStatus(track_id="a", genre="g", path="a.wav", status="ok")])
    table = pq.read_table(path)
    offsets, data = pa.py_buffer(struct.pack("<ii", 0, 1)), pa.py_buffer(b"\xff")
    text = pa.StringArray.from_buffers(1, offsets, data)
    pq.write_table(table.set_column(0, table.schema.field(0), text), path)
    with pytest.raises(TableError, match="not a whole Parquet file"):
        read_status(path)


def listed(folder: Path, content: str) -> None:
    """Write a list of shards."""
    schema = pa.schema([("a", pa.int64())], metadata={LIST_KEY: content.encode()})
    pq.write_table(schema.empty_table(), folder / MANIFEST)


@pytest.mark.parametrize("name", ["../a.parquet", "/etc/passwd", "..", "", "b/a.parquet", "a\0b"])
def test_a_list_of_shards_names_no_file_elsewhere(tmp_path, name):
    shard = {"name": name, "n_rows": 1, "n_bytes": 1, "sha256": "0"}
    listed(tmp_path, json.dumps({"version": 1, "shards": [shard]}))
    with pytest.raises(TableError, match="names a file elsewhere"):
        table_files(tmp_path)


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"version": 1, "shards": [[]]}', '{"version": NaN}', "[]", "7"]
)
def test_a_list_of_shards_that_is_none_is_one_line(tmp_path, content):
    listed(tmp_path, content)
    with pytest.raises(TableError, match="cannot be read"):
        table_files(tmp_path)


def test_a_marker_of_a_data_set_as_deep_as_it_likes(tmp_path):
    (tmp_path / "dataset.json").write_text("[" * 100_000)
    (tmp_path / "rock").mkdir()
    (tmp_path / "rock" / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(CatalogueError, match="no data set marker"):
        read_catalogue(tmp_path)


def test_an_archive_whose_places_lie_before_its_beginning(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("blues.00000.wav", b"x" * 100)
    content = (tmp_path / "a.zip").read_bytes()
    at = content.rfind(b"PK\x05\x06") + 16  # where the list of members begins
    (tmp_path / "a.zip").write_bytes(content[:at] + struct.pack("<I", 2**31) + content[at + 4 :])
    with pytest.raises(DownloadError, match="no whole archive"):
        unpack(tmp_path / "a.zip", tmp_path / "out", lambda *_: None)


def test_a_name_longer_than_files_have_names_nothing(tmp_path):
    for name in ("x" * 300, f"{'x' * 300}/y"):
        with pytest.raises(GtzanError):
            model_folder(name, tmp_path)
        with pytest.raises(GtzanError):
            named_run(name, tmp_path)


@given(st.text(max_size=60), st.integers(1, 100))
def test_every_message_is_one_line_that_ends_as_it_should(text, times):
    said = str(TableError(Path("a.csv"), f"{text * times}. Do this"))
    assert said == one_line(said)
    assert len(said) <= 2_010
    assert said.startswith("a.csv: ")
    assert said.endswith(". Do this")
    assert str(ModelError(text)) == one_line(text)
