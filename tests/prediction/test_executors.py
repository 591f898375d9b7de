from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path

import numpy as np

import gtzan_features as gf
from gtzan_features.audio.samples import Samples
from gtzan_features.config import SegmentConfig
from gtzan_features.extraction.row_kinds import ExtractConfig
from gtzan_features.prediction.file_rows import read_from, read_recording
from tests.conftest import SR, tone


def test_answers_do_not_depend_on_what_reads_the_files(music, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (music / "calm" / "bad.wav").write_bytes(b"RIFF")
    model = gf.pretrained("gtzan10")
    with ThreadPoolExecutor(2) as pool:
        for out, executor in (("one.csv", None), ("two.csv", pool)):
            model.predict_to(out, "music", executor=executor)
    assert Path("one.csv").read_bytes() == Path("two.csv").read_bytes()
    assert Path("one.csv").read_text().count("\n") == 1 + 7


def test_a_path_begins_at_the_folder_of_the_command(music, tmp_path, monkeypatch):
    recipe = ExtractConfig(segments=(SegmentConfig(3.0),))
    (music / "bad.wav").write_bytes(b"RIFF")
    sources = (Path("music/calm/calm.0.wav"), Path("music/bad.wav"), Path("gone.wav"), music / "bad.wav")
    for source in (*sources, Samples(tone(4.0, 220.0), SR, "mine")):
        monkeypatch.chdir(tmp_path)
        here = read_recording(source, recipe)
        monkeypatch.chdir("/")
        there = read_from(source, recipe, str(tmp_path))
        for one, other in zip(astuple(here), astuple(there), strict=True):
            np.testing.assert_equal(one, other)
        assert not there.name.startswith(str(tmp_path)) or source.is_absolute()
