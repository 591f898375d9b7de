from __future__ import annotations

import numpy as np
import pytest
import soundfile

from gtzan_features.audio.load import load
from gtzan_features.config import SegmentConfig, SpectrogramConfig
from gtzan_features.errors import OutputExistsError
from gtzan_features.extraction import row_cache as parts
from gtzan_features.extraction.extract import ExtractConfig, extract
from gtzan_features.extraction.spectrograms import SpectrogramRecipe, spectrograms
from gtzan_features.spectra.spectrogram import spectrogram
from gtzan_features.tables.spectrograms import read_spectrograms
from tests.conftest import SR

THREE, FIVE = SegmentConfig(3.0), SegmentConfig(5.0)
RECIPE = SpectrogramRecipe(segments=(THREE, FIVE))


def table_bytes(out):
    return {p.name: p.read_bytes() for p in sorted(out.glob("*.parquet"))}


def test_a_row_is_the_spectrogram_of_its_segment(music, tmp_path):
    summary = spectrograms(music, tmp_path / "f", RECIPE, n_jobs=1)
    assert {k: n for k, (_, n) in summary.tables.items()} == {"3s": 12, "5s": 6}
    table = read_spectrograms(tmp_path / "f" / "spectrogram-mel-3s.parquet")
    assert table.shape == (32, 64)
    y = load(music / "calm" / "calm.1.wav", SR).samples
    at = np.flatnonzero((table.frame["track_id"] == "calm.1") & (table.frame["segment"] == 1))
    np.testing.assert_array_equal(
        table.codes[at[0]], spectrogram(y[66_150 : 2 * 66_150 - 1], SpectrogramConfig(), 32)
    )


def test_bytes_do_not_depend_on_workers_or_interruptions(music, tmp_path, monkeypatch):
    spectrograms(music, tmp_path / "one", RECIPE, n_jobs=1)
    spectrograms(music, tmp_path / "two", RECIPE, n_jobs=2)
    expected = table_bytes(tmp_path / "one")
    assert table_bytes(tmp_path / "two") == expected
    assert set(expected) == {
        "spectrogram-mel-3s.parquet",
        "spectrogram-mel-5s.parquet",
        "status-spectrogram-mel.parquet",
    }
    compute, calls = parts._compute, []

    def interrupted(track, *rest):
        calls.append(track)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return compute(track, *rest)

    monkeypatch.setattr(parts, "_compute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        spectrograms(music, tmp_path / "three", RECIPE, n_jobs=1)
    assert table_bytes(tmp_path / "three") == {}
    assert spectrograms(music, tmp_path / "three", RECIPE, n_jobs=1).n_reused == 3
    assert table_bytes(tmp_path / "three") == expected


def test_they_lie_beside_feature_tables(music, tmp_path):
    extract(music, tmp_path, ExtractConfig(segments=(THREE,)), n_jobs=1)
    before = table_bytes(tmp_path)
    spectrograms(music, tmp_path, RECIPE, n_jobs=1)
    decibel = SpectrogramRecipe(spectrograms=SpectrogramConfig(scale="decibel"), segments=(THREE,))
    spectrograms(music, tmp_path, decibel, n_jobs=1)
    after = table_bytes(tmp_path)
    assert {name: after[name] for name in before} == before
    extract(music, tmp_path, ExtractConfig(segments=(THREE,)), n_jobs=1)


def test_bad_files_cost_their_own_rows_and_other_settings_are_refused(music, tmp_path):
    (music / "calm" / "calm.text.wav").write_text("no music")
    soundfile.write(music / "loud" / "loud.silent.wav", np.zeros(7 * SR), SR)
    summary = spectrograms(music, tmp_path / "f", RECIPE, n_jobs=2)
    assert {s.track_id: s.status for s in summary.skipped} == {
        "calm.text": "corrupt",
        "loud.silent": "silent",
    }
    other = SpectrogramRecipe(spectrograms=SpectrogramConfig(pool=2), segments=(THREE,))
    with pytest.raises(OutputExistsError, match="another configuration.*--overwrite"):
        spectrograms(music, tmp_path / "f", other, n_jobs=1)
    spectrograms(music, tmp_path / "f", other, n_jobs=1, overwrite=True)
    assert read_spectrograms(tmp_path / "f" / "spectrogram-mel-3s.parquet").shape == (65, 64)


@pytest.mark.real
def test_real_tracks_agree_with_librosa(real_material):
    import librosa

    path = real_material / "audio" / "blues" / "blues.00000.wav"
    y, _ = librosa.load(path, sr=SR)
    power = librosa.feature.melspectrogram(y=y[: 66_150 - 1], sr=SR, n_mels=64, pad_mode="reflect")[:, :128]
    expected = 10 * np.log10(np.maximum(power.reshape(64, 32, 4).mean(axis=2).T, 1e-12))
    found = -80 + 0.5 * spectrogram(y[: 66_150 - 1], SpectrogramConfig(), 32)
    np.testing.assert_allclose(found, np.clip(expected, -80, 47.5), atol=0.26)
