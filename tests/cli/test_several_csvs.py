"""``gtzan features import`` with several CSVs: each gets its table, whatever becomes of the others."""

from __future__ import annotations

import json

import pytest
from gtzan_cli.main import run

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors.sets import columns
from gtzan_features.tables.feature_tables import read_table

LENGTHS = {"3s": 66_149, "30s": 661_794}


@pytest.fixture
def csvs(tmp_path, monkeypatch):
    """CSVs of tracks, by name: of 30 s rows, of 3 s rows, of 30 s rows of other values, and garbage."""
    monkeypatch.chdir(tmp_path)
    kaggle = [column.name for column in columns(FeatureConfig())]
    for name, length, first in (("a", "30s", 1), ("b", "3s", 2), ("c", "30s", 3)):
        lines = [",".join(["filename", "length", *kaggle, "label"])]
        for i in range(4):
            end = ".0.wav" if length == "3s" else ".wav"
            values = [f"{first + i + 0.01 * j}" for j in range(len(kaggle))]
            lines.append(",".join([f"blues.{i:05d}{end}", str(LENGTHS[length]), *values, "blues"]))
        (tmp_path / f"{name}.csv").write_text("\n".join(lines))
    (tmp_path / "garbage.csv").write_bytes(bytes(range(256)))
    return tmp_path


def imported(names, *options):
    return run(["features", "import", *(f"{name}.csv" for name in names.split()), "--out", "t", *options])


def values(csvs) -> dict[str, float]:
    """The first value of each table: 1, 2 or 3, as the CSV that it comes from has it."""
    return {
        path.stem.rpartition("-")[2]: float(read_table(path).values()[0, 0])
        for path in (csvs / "t").glob("*.parquet")
    }


@pytest.mark.parametrize(
    ("names", "options", "code", "kept", "said"),
    [
        ("a b", (), 0, {"30s": 1, "3s": 2}, ""),
        ("b a", (), 0, {"30s": 1, "3s": 2}, ""),
        ("a a", (), 0, {"30s": 1}, ""),
        ("garbage a", (), 1, {"30s": 1}, "Error: garbage.csv"),
        ("a nothere b", (), 1, {"30s": 1, "3s": 2}, "Error: nothere.csv: no such file"),
        ("a c b", (), 1, {"30s": 1, "3s": 2}, "holds features from"),
        ("c a", ("--overwrite",), 1, {"30s": 3}, "holds features from"),
        ("nothere nowhere", (), 1, {}, "nothere.csv: no such file, nor any of the 1 others"),
    ],
)
def test_each_csv_gets_its_table(names, options, code, kept, said, csvs, capsys):
    assert imported(names, *options) == code
    told = capsys.readouterr().err
    assert values(csvs) == kept
    assert told.count("Error: ") == code
    assert said in told


def test_json_is_an_object_for_one_and_a_list_for_several(csvs, capsys):
    assert (csvs / "a.csv").is_file()
    assert imported("a", "--json") == 0
    one = json.loads(capsys.readouterr().out)
    assert one["segment"] == "30s"
    assert imported("a garbage b", "--json") == 1
    several = json.loads(capsys.readouterr().out)
    assert [found["segment"] for found in several] == ["30s", "3s"]
    assert several[0] == one
