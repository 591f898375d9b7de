"""Tables that results of `gf.evaluate` are made of."""

from __future__ import annotations

import pytest

import gtzan_features as gf
from tests.conftest import make_table, save_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Tables of three genres: 12 tracks each, three rows a track."""
    where = tmp_path_factory.mktemp("tables")
    save_table(where, make_table(3, 12, 3))
    return where


@pytest.fixture(scope="module")
def table(folder):
    return gf.read_table(folder / "kaggle-3s.parquet")
