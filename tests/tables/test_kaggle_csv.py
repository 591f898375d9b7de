from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors.sets import columns
from gtzan_features.errors import ConfigError, OutputExistsError, TableError
from gtzan_features.extraction.csv_exchange import export_table, import_csv
from gtzan_features.tables.feature_tables import read_table
from gtzan_features.tables.kaggle_csv import read_kaggle_csv

NAMES = [c.name for c in columns(FeatureConfig())]


def small_csv(path, n=6, length=66_149, name="blues.0000{}.{}.wav"):
    """A CSV in Kaggle's format with made-up values: two segments for each of n / 2 tracks."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"filename": [name.format(i // 2, i % 2) for i in range(n)], "length": length})
    frame = pd.concat([frame, pd.DataFrame(rng.normal(size=(n, 57)), columns=NAMES)], axis=1)
    frame["label"] = "blues"
    frame.to_csv(path, index=False)
    return frame


def rows_of(path):
    """The cells of a CSV, numbers read by Python's own parser, which rounds correctly."""
    with path.open(newline="") as handle:
        return [[number(cell) for cell in row] for row in csv.reader(handle)]


def number(cell):
    try:
        return float(cell)
    except ValueError:
        return cell


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "segment", "rows"),
    [("features_30_sec", "30s", 1000), ("features_3_sec", "3s", 9990), ("features_10_sec", "10s", 2991)],
)
def test_import_then_export_gives_back_the_same_rows(real_material, tmp_path, name, segment, rows):
    source = real_material / "features" / f"{name}.csv"
    summary = import_csv(source, tmp_path)
    assert (summary.segment, summary.n_rows, summary.n_tracks, summary.dataset) == (
        segment,
        rows,
        1000,
        "GTZAN",
    )
    assert summary.known_recipe == (segment != "10s")
    back = tmp_path / "back.csv"
    assert (
        export_table(tmp_path, back, feature_set="kaggle", segment=segment, format_name="kaggle-csv") == rows
    )
    header, *exported = rows_of(back)
    assert header == ["filename", "length", *NAMES, "label"]
    names, *original = rows_of(source)
    order = [names.index(name) for name in header]
    original = [[row[i] for i in order] for row in original]
    assert sorted(map(str, exported)) == sorted(map(str, original))


@pytest.mark.real
def test_kaggles_order_of_rows_is_kept(real_material, tmp_path):
    source = real_material / "features" / "features_3_sec.csv"
    import_csv(source, tmp_path)
    export_table(tmp_path, tmp_path / "b.csv", feature_set="kaggle", segment="3s", format_name="kaggle-csv")
    assert pd.read_csv(tmp_path / "b.csv")["filename"].tolist() == pd.read_csv(source)["filename"].tolist()


def test_columns_in_another_order_are_read_by_name(tmp_path):
    frame = small_csv(tmp_path / "a.csv")
    frame[frame.columns[::-1]].to_csv(tmp_path / "b.csv", index=False)
    a, b = read_kaggle_csv(tmp_path / "a.csv"), read_kaggle_csv(tmp_path / "b.csv")
    pd.testing.assert_frame_equal(a.frame, b.frame)
    assert a.feature_names == NAMES
    assert a.meta.feature_fingerprint.startswith("csv-")


def test_the_recipe_can_be_vouched_for(tmp_path):
    small_csv(tmp_path / "a.csv")
    vouched = read_kaggle_csv(tmp_path / "a.csv", recipe="kaggle")
    assert vouched.meta.feature_fingerprint == FeatureConfig().fingerprint()


def test_a_recipe_that_there_is_not_is_refused(tmp_path):
    small_csv(tmp_path / "a.csv")
    with pytest.raises(ConfigError, match="recipe 'kagle' is not known; there are auto, kaggle, foreign"):
        read_kaggle_csv(tmp_path / "a.csv", recipe="kagle")


def test_user_names_with_folders_make_the_round_trip(tmp_path):
    small_csv(tmp_path / "a.csv", name="blues/artist {}/song.{}.wav")
    import_csv(tmp_path / "a.csv", tmp_path)
    export_table(tmp_path, tmp_path / "b.csv", feature_set="kaggle", segment="3s", format_name="kaggle-csv")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "b.csv"), pd.read_csv(tmp_path / "a.csv"))


def _spoil(path, **cells):
    frame = pd.read_csv(path).astype(object)
    for column, value in cells.items():
        frame.loc[3, column] = value
    frame.to_csv(path, index=False)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"tempo": np.nan}, "line 5, column tempo: an empty cell is not a finite number"),
        ({"mfcc3_var": "loud"}, "line 5, column mfcc3_var: 'loud' is not a finite number"),
        ({"rms_mean": np.inf}, "line 5, column rms_mean"),
        ({"label": np.nan}, "line 5 has no label"),
        ({"filename": "blues.00000.0.wav"}, "is in it more than once"),
        ({"filename": "nameless"}, "names no segment"),
    ],
)
def test_bad_cells_are_named(tmp_path, cells, message):
    path = tmp_path / "a.csv"
    small_csv(path)
    _spoil(path, **cells)
    with pytest.raises(TableError, match=message):
        read_kaggle_csv(path)


def test_files_that_are_no_kaggle_csv_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    with pytest.raises(TableError, match="no such file"):
        read_kaggle_csv(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match="60 of 60 columns are missing"):
        read_kaggle_csv(path)
    small_csv(path)
    pd.read_csv(path).drop(columns=["tempo", "mfcc20_var"]).to_csv(path, index=False)
    with pytest.raises(TableError, match=r"2 of 60 columns are missing \(tempo, mfcc20_var\)"):
        read_kaggle_csv(path)
    path.write_bytes(b"\x00\xff\xfe\x81\x92")
    with pytest.raises(TableError, match="CSV"):
        read_kaggle_csv(path)
    path.write_text("")
    with pytest.raises(TableError, match="is empty"):
        read_kaggle_csv(path)


def test_an_import_removes_what_a_killed_one_left(tmp_path):
    small_csv(tmp_path / "a.csv")
    left = tmp_path / "t" / ".kaggle-3s.parquet.0123abcd.part"
    left.parent.mkdir()
    left.write_bytes(b"half a table")
    path = import_csv(tmp_path / "a.csv", tmp_path / "t").path
    assert [one.name for one in left.parent.iterdir()] == [path.name]


def test_an_import_does_not_replace_a_table_from_elsewhere(tmp_path):
    small_csv(tmp_path / "a.csv")
    first = import_csv(tmp_path / "a.csv", tmp_path / "t")
    before = first.path.read_bytes()
    import_csv(tmp_path / "a.csv", tmp_path / "t")
    assert first.path.read_bytes() == before
    small_csv(tmp_path / "b.csv", n=8)
    with pytest.raises(OutputExistsError, match="holds features from csv a.csv.*--overwrite"):
        import_csv(tmp_path / "b.csv", tmp_path / "t")
    assert import_csv(tmp_path / "b.csv", tmp_path / "t", overwrite=True).n_rows == 8
    assert len(read_table(first.path).frame) == 8
