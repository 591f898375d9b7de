from __future__ import annotations

import pytest

from gtzan_features.bench.clean_tables import Music, audio_words, extract_sets
from gtzan_features.config import SegmentConfig, Selection
from gtzan_features.progress import silent
from gtzan_features.tables.feature_tables import read_table


@pytest.mark.parametrize(
    ("endings", "words"),
    [
        (["wav", "WAV", "wav"], "3 wav files"),
        (
            ["ogg", "ogg"],
            "2 ogg files. Copies with losses (ogg) have other features than their originals: the fig",
        ),
        (
            ["wav", "wav", "mp3", "m4a", "mp3"],
            "2 mp3 files and 2 wav files and 1 m4a file. Copies with losses (m4a,",
        ),
        (["flac", "au"], "1 au file and 1 flac file"),
    ],
)
def test_a_measurement_says_of_which_files_it_is(tmp_path, endings, words):
    (tmp_path / "jazz").mkdir()
    for number, ending in enumerate(endings):
        (tmp_path / "jazz" / f"{number}.{ending}").touch()
    said = audio_words(Music(tmp_path))
    assert said.startswith(words)
    assert ("losses" in said) == ("losses" in words)


def test_what_is_passed_over_is_said_once_and_a_selection_holds(music, tmp_path):
    (music / "calm" / "notes.txt").write_text("x")
    told = []
    chosen = Music(music, Selection(genres=("calm",)))
    extract_sets(chosen, tmp_path, ("kaggle",), (SegmentConfig(3.0),), 1, silent, told.append)
    assert told.count("Passed over: 1 .txt.") == 1
    assert set(read_table(tmp_path / "kaggle-3s.parquet").frame["genre"]) == {"calm"}
