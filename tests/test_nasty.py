"""The nasty names themselves: that they are what they are said to be."""

from __future__ import annotations

import os

from tests import nasty


def test_every_name_can_be_a_folder_beside_the_others(tmp_path):
    root = nasty.nasty_music(tmp_path / "music", n_tracks=2, seconds=0.1)
    assert {p.name for p in root.iterdir()} == set(nasty.NAMES.values())
    files = [p for p in root.rglob("*") if p.is_file()]
    assert len(files) == 2 * len(nasty.NAMES)
    assert all(p.suffix == ".wav" for p in files)
    assert max(len(os.fsencode(p.name)) for p in files) > 250


def test_a_table_has_all_of_them_but_the_one_that_is_no_text():
    table = nasty.nasty_table()
    assert set(table.frame["genre"]) == set(nasty.NAMES.values()) - {nasty.UNDECODABLE}
    assert table.frame["track_id"].nunique() == 4 * (len(nasty.NAMES) - 1)
