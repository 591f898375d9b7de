from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from gtzan_features.audio.load import load
from gtzan_features.config import FeatureConfig, SegmentConfig, Selection
from gtzan_features.descriptors import sets
from gtzan_features.errors import CatalogueError, ConfigError, OutputExistsError, TableError
from gtzan_features.extraction import row_cache as pipeline
from gtzan_features.extraction.cache_folders import prune
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.tables.feature_tables import read_table
from gtzan_features.tables.status_table import read_status
from tests.conftest import SR, tone

THREE, FIVE, THIRTY = SegmentConfig(3.0), SegmentConfig(5.0), SegmentConfig(30.0)
CONFIG = ExtractConfig(segments=(THREE, FIVE))


def table_bytes(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(out.glob("*.parquet"))}


def test_rows_are_those_of_each_segment_by_itself(music, tmp_path):
    summary = extract(music, tmp_path / "f", CONFIG, n_jobs=1)
    assert {k: n for k, (_, n) in summary.tables.items()} == {"3s": 12, "5s": 6}
    table = read_table(tmp_path / "f" / "kaggle-3s.parquet")
    y = load(music / "calm" / "calm.1.wav", SR).samples
    row = table.frame[(table.frame["track_id"] == "calm.1") & (table.frame["segment"] == 1)]
    alone = sets.compute([y[66_150 : 2 * 66_150 - 1]], FeatureConfig()).astype(np.float32)
    np.testing.assert_array_equal(row[table.feature_names].to_numpy(), alone)
    assert (row["start_s"].item(), row["n_samples"].item()) == (3.0, 66_149)
    assert table.meta.dataset == "music"
    assert not table.meta.synthetic


def test_bytes_do_not_depend_on_workers_or_interruptions(music, tmp_path, monkeypatch):
    extract(music, tmp_path / "one", CONFIG, n_jobs=1)
    extract(music, tmp_path / "two", CONFIG, n_jobs=2)
    expected = table_bytes(tmp_path / "one")
    assert table_bytes(tmp_path / "two") == expected
    assert set(expected) == {"kaggle-3s.parquet", "kaggle-5s.parquet", "status.parquet"}

    calls = []
    compute = pipeline._compute

    def interrupted(track, *rest):
        calls.append(track.track_id)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return compute(track, *rest)

    monkeypatch.setattr(pipeline, "_compute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        extract(music, tmp_path / "three", CONFIG, n_jobs=1)
    assert table_bytes(tmp_path / "three") == {}
    summary = extract(music, tmp_path / "three", CONFIG, n_jobs=1)
    assert summary.n_reused == 3
    assert len(calls) == 4 + 3
    assert table_bytes(tmp_path / "three") == expected


@pytest.mark.slow
def test_a_killed_run_is_resumed(music, tmp_path):
    """Killed without warning in the middle of a run, the next run gives the same bytes."""
    out, reference = tmp_path / "out", tmp_path / "reference"
    script = (
        "import sys, time; from pathlib import Path\n"
        "from gtzan_features.extraction import extract as e, row_cache as p\n"
        "write = p.write_part\n"
        "def slow(path, part):\n"
        "    write(path, part)\n"
        "    if len(list(path.parent.glob('*.npz'))) == 2: time.sleep(600)\n"
        "p.write_part = slow\n"
        "e.extract(Path(sys.argv[1]), Path(sys.argv[2]), n_jobs=1)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(music), str(out)])
    parts = out / ".parts"
    deadline = time.monotonic() + 300
    while len(list(parts.glob("*/*.npz"))) < 2 and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert table_bytes(out) == {}
    summary = extract(music, out, n_jobs=2)
    assert summary.n_reused == 2
    extract(music, reference, n_jobs=1)
    assert table_bytes(out) == table_bytes(reference)


def test_a_damaged_part_is_computed_anew(music, tmp_path):
    extract(music, tmp_path / "f", CONFIG, n_jobs=1)
    expected = table_bytes(tmp_path / "f")
    for i, part in enumerate(sorted((tmp_path / "f" / ".parts").glob("*/*.npz"))):
        part.write_bytes(part.read_bytes()[: 100 * i])
    assert extract(music, tmp_path / "f", CONFIG, n_jobs=1).n_reused == 0
    assert table_bytes(tmp_path / "f") == expected


def test_what_changed_is_computed_and_no_more(music, tmp_path):
    extract(music, tmp_path / "f", CONFIG, n_jobs=1)
    soundfile.write(music / "calm" / "calm.0.wav", tone(7.0, 333, seed=5), SR)
    soundfile.write(music / "calm" / "calm.9.wav", tone(7.0, 334, seed=6), SR)
    summary = extract(music, tmp_path / "f", CONFIG, n_jobs=1)
    assert (summary.n_files, summary.n_reused) == (7, 5)
    extract(music, tmp_path / "g", CONFIG, n_jobs=1)
    assert table_bytes(tmp_path / "f") == table_bytes(tmp_path / "g")


def test_bad_files_cost_their_own_rows_only(music, tmp_path):
    extract(music, tmp_path / "good", CONFIG, n_jobs=1)
    (music / "calm" / "calm.text.wav").write_text("no music")
    soundfile.write(music / "loud" / "loud.silent.wav", np.zeros(7 * SR), SR)
    soundfile.write(music / "loud" / "loud.short.wav", tone(1.0, 200), SR)
    (music / "loud" / "loud.none.wav").touch()
    absurd = tone(7.0, 200) * np.float32(1e30)
    soundfile.write(music / "loud" / "loud.absurd.wav", absurd, SR, subtype="FLOAT")
    summary = extract(music, tmp_path / "bad", CONFIG, n_jobs=2)
    assert {s.track_id: s.status for s in summary.skipped} == {
        "calm.text": "corrupt",
        "loud.silent": "silent",
        "loud.short": "short",
        "loud.none": "corrupt",
        "loud.absurd": "corrupt",
    }
    good, bad = table_bytes(tmp_path / "good"), table_bytes(tmp_path / "bad")
    assert bad["kaggle-3s.parquet"] == good["kaggle-3s.parquet"]
    status = read_status(tmp_path / "bad" / "status.parquet").set_index("track_id")
    assert status["status"].value_counts().to_dict() == {"ok": 6, "corrupt": 3, "silent": 1, "short": 1}
    assert "1.00 s of sound: too short" in status.loc["loud.short", "reason"]
    assert status.loc["loud.none", "reason"] == "the file is empty"


def test_a_file_too_short_for_one_table_is_told(music, tmp_path):
    summary = extract(music, tmp_path / "f", ExtractConfig(segments=(THREE, THIRTY)), n_jobs=1)
    assert summary.tables["30s"][1] == 0
    assert not summary.skipped
    assert len(summary.notes) == 6
    assert "too short for a row of 30s" in summary.notes[0].reason


def test_output_of_other_tracks_or_settings_is_not_replaced(music, tmp_path):
    out = tmp_path / "f"
    extract(music, out, CONFIG, n_jobs=1)
    before = table_bytes(out)
    with pytest.raises(OutputExistsError, match="another configuration.*--overwrite"):
        extract(music, out, ExtractConfig(features=FeatureConfig(n_mfcc=13), segments=(THREE,)), n_jobs=1)
    shutil.move(music / "calm" / "calm.0.wav", tmp_path / "calm.0.wav")
    with pytest.raises(OutputExistsError, match="lists 1 tracks that are not in .*calm.0.*--overwrite"):
        extract(music, out, CONFIG, n_jobs=1)
    assert table_bytes(out) == before
    assert extract(music, out, CONFIG, n_jobs=1, overwrite=True).n_files == 5


def test_genres_can_be_chosen(music, tmp_path):
    summary = extract(music, tmp_path / "f", CONFIG, n_jobs=1, selection=Selection(genres=("loud",)))
    assert summary.n_files == 3
    with pytest.raises(CatalogueError, match="no genre folder quiet"):
        extract(music, tmp_path / "g", CONFIG, n_jobs=1, selection=Selection(genres=("quiet",)))


def test_unknown_feature_sets_are_refused_before_audio_is_read(music, tmp_path):
    config = ExtractConfig(features=FeatureConfig(feature_set="mystery"))
    with pytest.raises(ConfigError, match="mystery"):
        extract(music, tmp_path / "f", config, n_jobs=1)
    assert not (tmp_path / "f").exists()


def test_equal_files_share_their_rows(music, tmp_path):
    shutil.copy(music / "calm" / "calm.0.wav", music / "loud" / "loud.copy.wav")
    extract(music, tmp_path / "f", CONFIG, n_jobs=1)
    table = read_table(tmp_path / "f" / "kaggle-3s.parquet")
    rows = table.frame.set_index("track_id")
    np.testing.assert_array_equal(
        rows.loc["calm.0", table.feature_names], rows.loc["loud.copy", table.feature_names]
    )
    assert set(rows.loc["loud.copy", "genre"]) == {"loud"}


@pytest.mark.real
class TestReal:
    def test_tables_follow_the_kaggle_csvs(self, real_material, tmp_path):
        """Rows, names and lengths; the values are compared in tests/descriptors."""
        chosen = tmp_path / "chosen"
        for name in ("country/country.00003", "country/country.00000", "rock/rock.00001"):
            (chosen / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(real_material / "audio" / f"{name}.wav", chosen / f"{name}.wav")
        extract(chosen, tmp_path / "f", n_jobs=2)
        for segment, csv in (("3s", "features_3_sec.csv"), ("30s", "features_30_sec.csv")):
            table = read_table(tmp_path / "f" / f"kaggle-{segment}.parquet")
            assert table.meta.dataset == "GTZAN (3 of 1000 tracks)"
            kaggle = pd.read_csv(real_material / "features" / csv)
            track = kaggle["filename"].str.extract(r"^(\w+\.\d{5})")[0]
            kaggle = kaggle[track.isin(set(table.frame["track_id"]))].reset_index(drop=True)
            assert table.frame["n_samples"].tolist() == kaggle["length"].tolist()
            assert table.frame["genre"].tolist() == kaggle["label"].tolist()
            np.testing.assert_allclose(table.frame["tempo"], kaggle["tempo"], rtol=1e-6)

    def test_the_repaired_track_gives_segments_1_to_9(self, real_material, tmp_path):
        folder = tmp_path / "music" / "jazz"
        folder.mkdir(parents=True)
        shutil.copy(real_material / "jazz.00054.corrupt.wav", folder / "jazz.00054.wav")
        summary = extract(tmp_path / "music", tmp_path / "f", n_jobs=1)
        (note,) = summary.notes
        assert note.status == "repaired"
        table = read_table(tmp_path / "f" / "kaggle-3s.parquet")
        assert table.frame["segment"].tolist() == list(range(1, 10))
        kaggle = pd.read_csv(real_material / "features" / "features_3_sec.csv")
        spread = kaggle[table.feature_names].std(ddof=0)
        rows = kaggle[kaggle["filename"].str.startswith("jazz.00054.")].iloc[1:]
        off = np.abs(table.values() - rows[table.feature_names].to_numpy()) / spread.to_numpy()
        assert off.max() < 5e-4
        assert (table.frame["tempo"].to_numpy() == rows["tempo"].to_numpy(dtype=np.float32)).all()


def test_files_of_every_format_are_tracks_and_the_rest_is_counted(music, tmp_path):
    y, _ = soundfile.read(music / "calm" / "calm.0.wav", dtype="float32")
    soundfile.write(music / "loud" / "a.aiff", y, SR)
    soundfile.write(music / "loud" / "b.opus", y, 24_000, format="OGG", subtype="OPUS")
    soundfile.write(music / "loud" / "c.caf", y, SR)
    for name in ("notes.txt", "cover.jpg", "back.jpg", ".DS_Store", "._a.aiff"):
        (music / "loud" / name).write_bytes(b"x")
    summary = extract(music, tmp_path / "f", CONFIG, n_jobs=1)
    assert summary.genres == {"calm": 3, "loud": 6}
    assert summary.passed_over == {".jpg": 2, ".txt": 1}
    assert "Passed over: 2 .jpg, 1 .txt." in summary.remarks
    assert summary.skipped == ()
    assert summary.fault == ""


def test_a_run_without_a_row_names_the_likely_cause(music, tmp_path):
    summary = extract(music, tmp_path / "a", ExtractConfig(segments=(THIRTY,)), n_jobs=1)
    assert summary.fault == (
        "no row of 30s: 6 of 6 files are short, such as calm/calm.0.wav (7.00 s of sound: too short for a "
        "row of 30s). Give shorter --segments than 30s."
    )
    for path in music.rglob("*.wav"):
        path.write_bytes(b"no music")
    summary = extract(music, tmp_path / "b", CONFIG, n_jobs=1)
    assert "no row of 3s or 5s: 6 of 6 files are corrupt, such as calm/calm.0.wav" in summary.fault


def test_parts_can_be_removed_and_the_tables_stay(music, tmp_path):
    out = tmp_path / "f"
    extract(music, out, CONFIG, n_jobs=1)
    expected, parts = table_bytes(out), out / ".parts"
    (parts / "mine").mkdir()
    (parts / "mine" / "letter.txt").write_text("dear")
    n_bytes = sum(
        path.stat().st_size for path in parts.rglob("*") if path.name != "letter.txt" and path.is_file()
    )
    removed = prune(out)
    assert (removed.n_files, removed.n_bytes) == (6, n_bytes)
    assert [path.name for path in parts.rglob("*")] == ["mine", "letter.txt"]  # what is no part stays
    assert prune(out).n_files == 0
    assert table_bytes(out) == expected
    assert extract(music, out, CONFIG, n_jobs=1, prune=True).n_reused == 0
    assert table_bytes(out) == expected
    assert not list(parts.rglob("*.npz"))
    with pytest.raises(TableError, match="holds no tables. Give the folder"):
        prune(tmp_path)
