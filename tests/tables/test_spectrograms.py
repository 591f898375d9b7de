from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from gtzan_features.errors import TableError
from gtzan_features.tables.feature_tables import locate_table
from gtzan_features.tables.spectrograms import read_any_table, read_spectrograms, write_spectrograms
from tests.conftest import make_spectrograms, make_table, save_spectrograms, save_table


def test_what_is_written_is_read(tmp_path):
    table = make_spectrograms()
    path = save_spectrograms(tmp_path, table)
    assert path.name == "spectrogram-mel-3s.parquet"
    for back in (read_spectrograms(path), read_any_table(path)):
        np.testing.assert_array_equal(back.codes, table.codes)
        pd.testing.assert_frame_equal(back.frame, table.frame, check_dtype=False)
        assert back.meta == table.meta
    assert back.shape == (20, 16)
    assert back.feature_names[:2] == ["band0", "band1"]
    np.testing.assert_array_equal(back.values()[3], -80 + 0.5 * table.codes[3].reshape(-1))


def test_equal_tables_are_equal_bytes_and_other_programs_can_read_them(tmp_path):
    table = make_spectrograms()
    write_spectrograms(tmp_path / "a.parquet", table)
    write_spectrograms(tmp_path / "b.parquet", table)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    column = pq.read_table(tmp_path / "a.parquet")["spectrogram"].to_pylist()
    assert column[5] == table.codes[5].tobytes()


def test_an_empty_table_keeps_its_shape(tmp_path):
    import dataclasses

    table = make_spectrograms()
    empty = dataclasses.replace(table, frame=table.frame.iloc[:0], codes=table.codes[:0])
    assert read_spectrograms(save_spectrograms(tmp_path, empty)).codes.shape == (0, 20, 16)


def test_wrong_files_are_named(tmp_path):
    with pytest.raises(TableError, match="no such spectrogram table. Make it: gtzan features spectrograms"):
        locate_table(tmp_path, "spectrogram-mel", "30s")
    features = save_table(tmp_path, make_table())
    with pytest.raises(TableError, match="no spectrogram table"):
        read_spectrograms(features)
    path = save_spectrograms(tmp_path, make_spectrograms())
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(TableError, match="not a whole Parquet file"):
        read_any_table(path)
    assert read_any_table(features).feature_names == make_table().feature_names
