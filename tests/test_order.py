"""The lists of files of tests that run first, or once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.order import FIRST, ONCE


@pytest.mark.parametrize("listed", [FIRST, ONCE], ids=["first", "once"])
def test_every_path_that_is_listed_is_there(listed):
    root = Path(__file__).resolve().parents[1]
    assert [one for one in listed if not (root / one).exists()] == []
    assert len(set(listed)) == len(listed)
