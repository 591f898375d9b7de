"""Tables that are written a row group at a time, from parts that workers left."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import soundfile

from gtzan_features.config import SegmentConfig, SpectrogramConfig
from gtzan_features.errors import TableError
from gtzan_features.extraction import row_cache, table_builder
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.spectrograms import SpectrogramRecipe, spectrograms
from gtzan_features.tables import row_groups
from gtzan_features.tables.feature_tables import write_table
from gtzan_features.tables.schema import feature_schema
from gtzan_features.tables.spectrograms import SpectrogramTable, read_any_table, write_spectrograms
from tests.conftest import SR, tone

LENGTHS = (SegmentConfig(1.0), SegmentConfig(3.0))
FEATURES = ExtractConfig(segments=LENGTHS)
PICTURES = SpectrogramRecipe(spectrograms=SpectrogramConfig(n_bands=16), segments=LENGTHS)
KINDS = {"features": (extract, FEATURES), "pictures": (spectrograms, PICTURES)}


@pytest.fixture
def some_music(music):
    """Six tracks of 7 s, one of 2 s, which has no row of 3 s, and one of a genre of its own without a row."""
    soundfile.write(music / "calm" / "calm.1short.wav", tone(2.0, 300), SR)
    (music / "none").mkdir()
    soundfile.write(music / "none" / "none.0.wav", tone(0.5, 300), SR)
    return music


def group_sizes(path) -> list[int]:
    file = pq.ParquetFile(path)
    return [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]


@pytest.mark.parametrize("kind", KINDS)
def test_groups_have_a_fixed_number_of_rows_and_the_values_of_one_group(
    some_music, tmp_path, monkeypatch, kind
):
    write, recipe = KINDS[kind]
    whole = write(some_music, tmp_path / "whole", recipe, n_jobs=1)
    (name, n_rows), other = whole.tables["1s"], whole.tables["3s"]
    assert (n_rows, other[1]) == (6 * 6 + 1, 6 * 2)  # by hand: 1 s rows begin before 6 s, and at 0 of 2 s
    assert group_sizes(name) == [n_rows]
    row_bytes = len(bytes(pq.read_table(name)["spectrogram"][0].as_py())) if kind == "pictures" else 4 * 57
    monkeypatch.setattr(row_groups, "ROW_GROUP_BYTES", 5 * row_bytes + 1)  # no multiple of a track's rows
    pieces = write(some_music, tmp_path / "pieces", recipe, n_jobs=1)
    assert group_sizes(pieces.tables["1s"][0]) == [5] * 7 + [2]
    for segment in ("1s", "3s"):
        one, many = (pd.read_parquet(summary.tables[segment][0]) for summary in (whole, pieces))
        pd.testing.assert_frame_equal(one, many)
        assert many["genre"].cat.categories.tolist() == ["calm", "loud"]  # none without a row, in order
    again = write(some_music, tmp_path / "pieces", recipe, n_jobs=1)
    assert again.n_reused == 8
    path = Path(pieces.tables["1s"][0])
    assert written_at_once(path, tmp_path / "again.parquet") == path.read_bytes()


def written_at_once(path: Path, to: Path) -> bytes:
    """The bytes of a table that was read whole and is written whole."""
    table = read_any_table(path)
    if isinstance(table, SpectrogramTable):
        write_spectrograms(to, table)
    else:
        write_table(to, table, feature_schema(table.columns, table.meta))
    return to.read_bytes()


def test_what_goes_back_to_the_parent_does_not_grow_with_the_rows(music, tmp_path):
    found = []
    for seconds in (4.0, 40.0):
        soundfile.write(music / "calm" / "calm.0.wav", tone(seconds, 300), SR)
        track = row_cache.FileStatus(track_id="calm.0", genre="calm", path="calm/calm.0.wav", status="ok")
        found.append(row_cache.file_part(track, str(music), str(tmp_path), FEATURES))
    assert [one.n_rows for one in found] == [(3, 1), (39, 13)]
    assert all((tmp_path / one.part).is_file() for one in found)


@pytest.mark.parametrize("harm", ["gone", "cut", "other rows"])
def test_a_part_that_is_harmed_before_the_tables_are_written_is_named(music, tmp_path, monkeypatch, harm):
    out, write = tmp_path / "f", table_builder._write_tables

    def harmed(*arguments):
        first = min((out / ".parts").glob("*/*.npz"))
        if harm == "gone":
            first.unlink()
        elif harm == "cut":
            first.write_bytes(first.read_bytes()[:300])
        else:
            with np.load(first) as stored:
                np.savez(first, **dict(stored) | {"values_1s": stored["values_1s"][:-1]})
        return write(*arguments)

    monkeypatch.setattr(table_builder, "_write_tables", harmed)
    with pytest.raises(TableError, match=r"the rows of \w+/\w+\.\d\.wav were changed or removed.*once more"):
        extract(music, out, FEATURES, n_jobs=1)
    assert not list(out.glob("*.parquet"))
    monkeypatch.undo()
    assert extract(music, out, FEATURES, n_jobs=1).n_reused == 5  # all but the harmed one


def test_rows_that_another_run_may_get_better_are_in_the_tables_and_computed_again(
    music, tmp_path, monkeypatch
):
    extract(music, tmp_path / "usual", FEATURES, n_jobs=1)
    compute = row_cache._compute
    monkeypatch.setattr(row_cache, "_compute", lambda *work: (compute(*work)[0], False))  # as without ffmpeg
    out = tmp_path / "f"
    for _ in range(2):
        assert extract(music, out, FEATURES, n_jobs=1).n_reused == 0
        assert not list((out / ".parts").rglob("*.npz"))
    for table in ("kaggle-1s.parquet", "kaggle-3s.parquet", "status.parquet"):
        assert (out / table).read_bytes() == (tmp_path / "usual" / table).read_bytes()


LIMITED = """
import resource, sys
from gtzan_cli.main import run
sys.dont_write_bytecode = True  # Python would leave a compiled module that is cut off there
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(run(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    ("limit", "where"), [(16_384, r"t/kaggle-1s\.parquet"), (2_048, r"t/\.parts/\w+/\w+\.npz")]
)
def test_where_no_more_can_be_written_that_is_said_and_nothing_computed_is_lost(
    music, tmp_path, limit, where
):
    words = ["features", "extract", str(music), "-o", str(tmp_path / "t"), "-s", "1s", "-j", "1"]
    call = [sys.executable, "-c", LIMITED, str(limit), *words]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.search(rf"^Error: {tmp_path}/{where}: File too large. .*space", done.stderr, re.MULTILINE)
    assert "Traceback" not in done.stderr
    left = [path.name for path in (tmp_path / "t").rglob("*") if path.is_file() and path.suffix != ".npz"]
    assert left == ["entry.json"]
    again = extract(music, tmp_path / "t", ExtractConfig(segments=LENGTHS[:1]), n_jobs=1)
    assert again.n_reused == (6 if "1s" in where else 0)
