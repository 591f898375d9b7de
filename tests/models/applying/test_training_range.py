from __future__ import annotations

import json

import numpy as np
import pytest

from gtzan_features.errors import ModelError
from gtzan_features.models.applying.training_range import RANGE, load_range, save_range, training_range

RNG = np.random.default_rng(0)
X = RNG.normal(size=(500, 20))
NAMES = [f"x{i}" for i in range(20)]


def test_no_training_row_is_far_and_a_shifted_one_is():
    seen = training_range(X, NAMES)
    assert all(seen.far(row[None]) == [] for row in X)
    odd = X[:1].copy()
    odd[0, 3] = 10.0
    assert seen.far(odd) == ["x3"]


def test_few_odd_segments_do_not_make_a_file_odd():
    seen = training_range(X, NAMES)
    rows = X[:10].copy()
    rows[:4] = 50.0
    assert seen.far(rows) == []


def test_many_columns_just_beyond_the_extremes_count():
    variances = np.abs(X)
    seen = training_range(variances, NAMES)
    assert seen.far(np.zeros((1, 20))) == NAMES


def test_it_survives_the_folder_and_refuses_another(tmp_path):
    seen = training_range(X, NAMES)
    save_range(tmp_path, seen)
    assert load_range(tmp_path, NAMES) == seen
    with pytest.raises(ModelError, match="belongs to another model"):
        load_range(tmp_path, NAMES[::-1])
    (tmp_path / RANGE).write_text(json.dumps({"columns": NAMES}))
    with pytest.raises(ModelError, match="not a training range"):
        load_range(tmp_path, NAMES)
    (tmp_path / RANGE).unlink()
    assert load_range(tmp_path, NAMES) is None


def test_single_odd_columns_among_thousands_are_chance():
    wide = RNG.normal(size=(500, 1000))
    seen = training_range(wide, [f"x{i}" for i in range(1000)])
    row = np.zeros((1, 1000))
    row[0, :5] = 30.0
    assert seen.far(row) == []
    row[0, :6] = 30.0
    assert seen.far(row) == [f"x{i}" for i in range(6)]
