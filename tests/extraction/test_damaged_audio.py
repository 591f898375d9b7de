"""Damaged and unusual files through every command that reads audio: each reads as much, and says the same."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

from gtzan_features.audio.load import load
from gtzan_features.config import FeatureConfig, SegmentConfig
from gtzan_features.errors import AudioError
from gtzan_features.extraction import row_cache as parts
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.music.augmented_copies import augment_folder
from gtzan_features.music.explore import explore
from gtzan_features.music.verify import verify
from gtzan_features.prediction.file_rows import read_recording
from gtzan_features.tables.feature_tables import read_table
from tests.audio import material
from tests.conftest import SR, tone

THREE = ExtractConfig(features=FeatureConfig(feature_set="kaggle:energy"), segments=(SegmentConfig(3.0),))

NAMES = (
    *("vbr-bare.mp3", "pipe.flac", "zero.wav", "zero.au", "zeros-before.mp3", "named-m4a.flac", "plain.opus"),
    *("cut-plain.flac", "cut-cbr.mp3", "cut-plain.ogg", "cut-plain.wav", "noise-within.mp3", "forked.mp3"),
    *("cut-front.m4a", "plain.wma", "chained.ogg"),
    # of every container, width, rate and number of channels one
    *("24-bit.wav", "float.wav", "double.wav", "8-kHz.wav", "192-kHz.wav", "six.wav", "six.flac", "six.opus"),
    *("plain.aiff", "sowt.aifc", "plain.caf", "plain.w64", "plain.au", "plain.mp2", "plain.ogg", "plain.oga"),
    *("vbr.mp3", "cover.mp3", "tag-behind.mp3", "ape-behind.mp3", "plain.m4a", "alac.m4a", "plain.aac"),
    *("plain.webm", "plain.mka", "plain.wv"),
)


@pytest.fixture(scope="module")
def tree(sounds, tmp_path_factory):
    """One genre with files of `NAMES`, each under a stem of its own."""
    folder = tmp_path_factory.mktemp("tree") / "any"
    folder.mkdir()
    for name in NAMES:
        stem, _, suffix = name.rpartition(".")
        shutil.copy(sounds / name, folder / f"{stem}-{suffix}.{suffix}")
    shutil.copy(sounds / "._forked.mp3", folder / "._forked-mp3.mp3")
    return folder.parent


def test_every_command_reads_as_much_and_says_the_same(tree, tmp_path):
    extract(tree, tmp_path, THREE, n_jobs=1)
    status = pd.read_parquet(tmp_path / "status.parquet").set_index("path")
    assert len(status) == len(NAMES)
    table = read_table(tmp_path / "kaggle-only-energy-3s.parquet")
    rows = table.frame.groupby("track_id").size()
    found = {
        finding.path: finding for finding in verify(tree, n_jobs=1).findings if finding.kind == "damaged"
    }
    for path, row in status.iterrows():
        expected = load(tree / path, SR)
        assert row.n_samples == expected.n_samples
        assert row.sha256 == expected.sha256
        assert row.reason == expected.repair
        assert row.status == ("damaged" if expected.repair else "ok")
        assert rows[row.track_id] == (expected.n_samples - 1) // (3 * SR)
        heard = read_recording(tree / path, THREE)
        assert heard.duration_s == expected.duration_s
        of_track = (table.frame["track_id"] == row.track_id).to_numpy()
        np.testing.assert_array_equal(heard.values, table.values()[of_track])
        said = [warning for warning in heard.warnings if warning.startswith("incomplete: ")]
        assert said == ([f"incomplete: {expected.repair}"] if expected.repair else [])
        assert (found[path].detail if path in found else "") == expected.repair
    whole = [name for name in NAMES if name in (*material.WHOLE, *material.SYSTEM, *material.TWICE)]
    assert (status.status == "ok").sum() == len(whole)


def test_what_is_read_better_with_ffmpeg_is_read_again_when_it_is_there(tree, tmp_path, monkeypatch):
    (tmp_path / "music" / "any").mkdir(parents=True)
    shutil.copy(tree / "any" / "cut-plain-flac.flac", tmp_path / "music" / "any" / "a.flac")
    with monkeypatch.context() as patch:
        patch.setattr("gtzan_features.audio.system.shutil.which", lambda _: None)
        extract(tmp_path / "music", tmp_path / "out", THREE, n_jobs=1)
    again = extract(tmp_path / "music", tmp_path / "out", THREE, n_jobs=1)
    assert again.n_reused == 0
    assert extract(tmp_path / "music", tmp_path / "out", THREE, n_jobs=1).n_reused == 1


def music_with(tmp_path, **signals):
    folder = tmp_path / "music" / "any"
    folder.mkdir(parents=True)
    soundfile.write(folder / "good.wav", tone(10.0, 200.0), SR)
    for name, (y, kind) in signals.items():
        soundfile.write(folder / f"{name}.wav", y, SR, subtype=kind)
    return tmp_path / "music"


def test_files_beyond_reason_are_status_rows(tmp_path):
    loud = tone(10.0, 300.0)
    loud[1000] = 2e38
    music = music_with(tmp_path, loud=(loud, "FLOAT"), fast=(tone(10.0, 300.0), "PCM_16"))
    fast = music / "any" / "fast.wav"
    fast.write_bytes(fast.read_bytes()[:24] + (10**9).to_bytes(4, "little") + fast.read_bytes()[28:])
    (music / "any" / "weeks.flac").write_bytes(b"fLaC" + b"\xff" * 200)
    extract(music, tmp_path / "out", THREE, n_jobs=1)
    status = pd.read_parquet(tmp_path / "out" / "status.parquet").set_index("track_id")
    assert status.status.to_dict() == {
        "any/good": "ok", "any/loud": "corrupt", "any/fast": "corrupt", "any/weeks": "corrupt",
    }  # fmt: skip
    assert "2e+38 times full scale" in status.reason["any/loud"]
    assert "1000000000 samples per second" in status.reason["any/fast"]


def test_a_file_of_exactly_one_segment_says_the_rule_to_the_sample(tmp_path):
    y = tone(4.0, 300.0)
    exact, more = (y[: 3 * SR], "PCM_16"), (y[: 3 * SR + 1], "PCM_16")
    extract(music_with(tmp_path, exact=exact, more=more), tmp_path / "out", THREE, n_jobs=1)
    status = pd.read_parquet(tmp_path / "out" / "status.parquet").set_index("track_id")
    assert status.status.to_dict() == {"any/good": "ok", "any/exact": "short", "any/more": "ok"}
    assert status.reason["any/exact"].endswith(
        "too short for a row of 3s, which begins at 66151 samples of 22050 Hz, as in Kaggle's tables; "
        "there are 66150"
    )


def test_a_file_too_short_for_a_frame_costs_exploration_itself_only(tmp_path):
    music = music_with(tmp_path, tiny=(tone(0.02, 300.0), "PCM_16"))
    result = explore(music, tmp_path / "page", n_jobs=1)
    assert result.n_tracks == 1
    (skipped,) = result.skipped
    assert skipped.startswith("any/tiny.wav: signal of 441 samples is too short")


def test_a_file_that_is_replaced_while_it_is_hashed_leaves_no_wrong_part(tmp_path, monkeypatch):
    """The part is named by the hash of the bytes that its rows were computed from."""
    music = music_with(tmp_path)
    path, new = music / "any" / "good.wav", tmp_path / "new.wav"
    soundfile.write(new, tone(10.0, 900.0, seed=5), SR)
    compute, calls = parts._compute, []

    def replaced(track, *rest):
        calls.append(track)
        if len(calls) == 1:
            path.write_bytes(new.read_bytes())
        return compute(track, *rest)

    monkeypatch.setattr(parts, "_compute", replaced)
    extract(music, tmp_path / "out", THREE, n_jobs=1)
    monkeypatch.undo()
    rows = pd.read_parquet(tmp_path / "out" / "kaggle-only-energy-3s.parquet")
    status = pd.read_parquet(tmp_path / "out" / "status.parquet")
    shutil.copy(new, path)
    extract(music, tmp_path / "fresh", THREE, n_jobs=1)
    pd.testing.assert_frame_equal(rows, pd.read_parquet(tmp_path / "fresh" / "kaggle-only-energy-3s.parquet"))
    assert status.sha256[0] == pd.read_parquet(tmp_path / "fresh" / "status.parquet").sha256[0]
    assert len(list((tmp_path / "out" / ".parts").rglob("*.npz"))) == 1


@pytest.mark.real
def test_a_copy_of_a_track_without_its_start_keeps_the_numbers_of_its_segments(real_material, tmp_path):
    jazz = tmp_path / "music" / "jazz"
    jazz.mkdir(parents=True)
    shutil.copy(real_material / "jazz.00054.corrupt.wav", jazz / "jazz.00054.wav")
    augment_folder(tmp_path / "music", tmp_path / "copies", ("noise",), n_jobs=1)
    original = load(jazz / "jazz.00054.wav", SR)
    copy = load(tmp_path / "copies" / "noise" / "jazz" / "jazz.00054.wav", SR)
    assert copy.n_samples == original.first_sample + original.n_samples
    assert not copy.samples[: original.first_sample].any()
    at = slice(4 * 3 * SR, 5 * 3 * SR)
    sound = original.samples[at.start - original.first_sample : at.stop - original.first_sample]
    assert np.corrcoef(copy.samples[at], sound)[0, 1] > 0.9


def test_prediction_refuses_in_words_what_it_cannot_read(tmp_path):
    (tmp_path / "a.mp3").write_bytes(b"\0" * 5000)
    heard = read_recording(tmp_path / "a.mp3", THREE)
    assert heard.error.startswith(f"{tmp_path / 'a.mp3'}: cannot decode (")
    assert "does not exist" not in heard.error
    with pytest.raises(AudioError):
        load(tmp_path / "a.mp3", SR)
