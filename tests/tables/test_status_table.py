from __future__ import annotations

import json

import pytest

from gtzan_features.errors import TableError
from gtzan_features.tables.file_status import FileStatus
from gtzan_features.tables.status_table import read_status, write_status
from tests import nasty


def test_every_name_is_written_as_valid_text(tmp_path):
    rows = [
        FileStatus(track_id=str(i), genre="g", path=f"g/{name}.wav", status="corrupt", reason=f"{name}: no")
        for i, name in enumerate(nasty.NAMES.values())
    ]
    path = tmp_path / nasty.UNDECODABLE / "status.parquet"
    write_status(path, rows)
    frame = read_status(path)
    shown = [name if name != nasty.UNDECODABLE else r"caf\xe9" for name in nasty.NAMES.values()]
    assert frame["path"].tolist() == [f"g/{name}.wav" for name in shown]
    assert frame["reason"].tolist() == [f"{name}: no" for name in shown]
    # A part of an earlier run gives the same row, for the same file under any name.
    stored = json.loads(json.dumps(rows[-1].to_dict()))
    assert FileStatus(**{**stored, "path": f"g/{nasty.UNDECODABLE}.wav"}) == rows[-1]


def test_what_is_no_status_table_is_refused(tmp_path):
    with pytest.raises(TableError, match="no such status table"):
        read_status(tmp_path / "status.parquet")
