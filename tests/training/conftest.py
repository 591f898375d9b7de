"""A folder with tables of music and of deformed copies of it."""

from __future__ import annotations

import pytest

from tests.conftest import make_table
from tests.training.deformed import with_deformed


@pytest.fixture
def deformed(tmp_path):
    """A folder with a table of 36 tracks and tables of two deformations."""
    return with_deformed(tmp_path / "features", make_table(3, 12, 2))
