"""A folder of music that changes while it is read: files go, come, grow, shrink, become something else."""

from __future__ import annotations

import os
import shutil

import pytest
import soundfile

from gtzan_features.config import SegmentConfig
from gtzan_features.extraction import row_cache
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.tables.status_table import read_status
from tests.conftest import SR, tone

CONFIG = ExtractConfig(segments=(SegmentConfig(1.0),))


@pytest.fixture
def songs(tmp_path):
    folder = tmp_path / "music" / "calm"
    folder.mkdir(parents=True)
    for i in range(9):
        soundfile.write(folder / f"{i}.wav", tone(2.3, 200.0 + 20 * i, seed=i), SR)
    return folder


def change(folder):
    """All that can happen to files behind the one that is being read."""
    (folder / "1.wav").unlink()
    os.truncate(folder / "2.wav", 40_000)
    os.truncate(folder / "3.wav", 0)
    soundfile.write(folder / "new.wav", tone(2.3, 500.0, seed=90), SR)
    (folder / "new.wav").replace(folder / "4.wav")
    (folder / "5.wav").unlink()
    (folder / "5.wav").mkdir()
    (folder / "6.wav").unlink()
    os.mkfifo(folder / "6.wav")
    (folder / "7.wav").unlink()
    (folder / "7.wav").symlink_to("nowhere.wav")
    with (folder / "8.wav").open("ab") as file:
        file.write(bytes(5_000))
    shutil.copy(folder / "0.wav", folder / "9.wav")


def contents(out):
    return {path.name: path.read_bytes() for path in out.glob("*.parquet")}


def test_each_file_is_what_it_was_when_it_was_read_and_the_next_call_sees_the_rest(
    songs, tmp_path, monkeypatch
):
    compute, music = row_cache._compute, songs.parent

    def changing(track, *rest):
        if track.path.endswith("0.wav"):
            change(songs)
        return compute(track, *rest)

    monkeypatch.setattr(row_cache, "_compute", changing)
    done = extract(music, tmp_path / "f", CONFIG, n_jobs=1)
    status = read_status(tmp_path / "f" / "status.parquet").set_index("path")
    assert done.n_files == 9
    became = {path.removeprefix("calm/")[0]: one for path, one in status["status"].items()}
    assert became["0"] == became["4"] == "ok"
    assert became["2"] in ("damaged", "short", "corrupt")
    assert {became[number] for number in "13567"} == {"corrupt"}
    assert status["reason"][status["status"] == "corrupt"].str.len().gt(0).all()
    monkeypatch.undo()
    (songs / "5.wav").rmdir()
    for name in ("1.wav", "3.wav", "5.wav", "6.wav", "7.wav"):
        (songs / name).unlink(missing_ok=True)
    again = extract(music, tmp_path / "f", CONFIG, n_jobs=1, overwrite=True)
    assert again.n_files == 5
    extract(music, tmp_path / "new", CONFIG, n_jobs=1)
    assert contents(tmp_path / "f") == contents(tmp_path / "new")
