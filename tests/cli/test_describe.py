from __future__ import annotations

import json

from tests.cli.test_main import gtzan


def test_describe_counts_families_and_lists_columns():
    text = gtzan("features", "describe").stdout
    assert "fluctuation" in text
    assert "3660 columns" in text
    columns = json.loads(gtzan("features", "describe", "--features", "full:tonal", "--json").stdout)
    assert {c["family"] for c in columns} == {"tonal"}
    assert all(c["unit"] and c["description"] and c["source"] for c in columns)
    lines = gtzan("features", "describe", "--features", "kaggle", "--columns").stdout.splitlines()
    assert len(lines) == 2 + 57


def test_an_unknown_family_is_one_line():
    found = gtzan("features", "describe", "--features", "full:melody")
    assert found.returncode == 1
    assert "no feature family 'melody'" in found.stderr
