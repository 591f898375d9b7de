from __future__ import annotations

import os

import pytest

from gtzan_features.tables.atomic import atomic_path, write_text
from tests import nasty

LONGEST = {"ascii": "x" * 255, "three bytes": "日" * 85, "bytes": os.fsdecode(b"\xe9" * 255)}


@pytest.mark.parametrize("name", [*nasty.NAMES.values(), *LONGEST.values()], ids=[*nasty.NAMES, *LONGEST])
def test_any_name_that_a_file_can_have_is_written_whole(tmp_path, name):
    write_text(tmp_path / name, "café 日本")
    assert (tmp_path / name).read_bytes() == "café 日本".encode()
    with pytest.raises(IsADirectoryError), atomic_path(tmp_path / name) as temporary:  # noqa: PT012
        temporary.write_text("half")
        tmp_path.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == "café 日本".encode()


def test_what_is_no_text_is_made_printable(tmp_path):
    write_text(tmp_path / "a", f"fitted on {nasty.UNDECODABLE}")
    assert (tmp_path / "a").read_text(encoding="utf-8") == r"fitted on caf\xe9"
