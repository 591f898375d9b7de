from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from gtzan_features.audio.load import Limits, load
from gtzan_features.errors import AudioDecodeError, AudioError, AudioSilentError, AudioTooShortError
from tests.conftest import SR, tone

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg on the PATH")


def write(path, y, sr=SR, **kind):
    soundfile.write(path, y, sr, **kind)
    return path


@pytest.mark.parametrize(("name", "sr"), [("a.wav", SR), ("a.flac", 44_100), ("a.ogg", 48_000)])
def test_samples_are_those_of_extraction(tmp_path, name, sr):
    path = write(tmp_path / name, np.stack([tone(2.0, 300.0, sr=sr), tone(2.0, 500.0, sr=sr)], axis=1), sr)
    found = load(path, SR)
    assert (found.source_sr, found.source_channels, found.decoder) == (sr, 2, "libsndfile")
    assert found.duration_s == pytest.approx(2.0, abs=1e-3)


def test_level_and_clipping(tmp_path):
    y = 0.5 * np.sin(2 * np.pi * 100 * np.arange(SR) / SR)
    found = load(write(tmp_path / "a.wav", y, subtype="FLOAT"), SR)
    assert found.peak_db == pytest.approx(20 * np.log10(0.5), abs=0.01)
    assert found.clipped == 0
    # A sine of amplitude 2 stands at full scale where |sin| is above a half: two thirds of the time.
    loud = load(write(tmp_path / "b.wav", np.clip(4 * y, -1, 1), subtype="FLOAT"), SR)
    assert loud.clipped == pytest.approx(2 / 3, abs=0.01)


def test_what_is_no_audio_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("gtzan_features.audio.system.shutil.which", lambda _: None)
    (tmp_path / "text.wav").write_text("no music")
    with pytest.raises(AudioDecodeError, match="cannot decode"):
        load(tmp_path / "text.wav", SR)
    (tmp_path / "a.m4a").write_bytes(b"\0" * 100)
    with pytest.raises(AudioDecodeError, match="ffmpeg, which reads more kinds, is not on the PATH"):
        load(tmp_path / "a.m4a", SR)
    (tmp_path / "empty.m4a").touch()
    with pytest.raises(AudioDecodeError, match="the file is empty"):
        load(tmp_path / "empty.m4a", SR)
    with pytest.raises(AudioDecodeError, match="No such file"):
        load(tmp_path / "missing.m4a", SR)
    with pytest.raises(AudioSilentError):
        load(write(tmp_path / "silent.wav", np.zeros(SR)), SR)
    with pytest.raises(AudioTooShortError):
        load(write(tmp_path / "none.wav", np.zeros(0)), SR)


@needs_ffmpeg
def test_the_systems_decoder_reads_what_libsndfile_does_not(tmp_path):
    wav, m4a = write(tmp_path / "a.wav", tone(3.0, 440.0)), tmp_path / "a.m4a"
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, "-c:a", "aac", "-b:a", "192k", m4a], check=True)
    found = load(m4a, SR)
    assert found.decoder == "ffmpeg"
    assert found.duration_s == pytest.approx(3.0, abs=0.15)  # AAC pads to whole frames
    spectrum = np.abs(np.fft.rfft(found.samples))
    assert np.argmax(spectrum) / found.duration_s == pytest.approx(440, rel=0.01)
    (tmp_path / "text.m4a").write_text("no music")
    with pytest.raises(AudioDecodeError, match="and ffmpeg cannot either"):
        load(tmp_path / "text.m4a", SR)


def test_long_files_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    # Two hours of silence in a few kilobytes.
    soundfile.write(tmp_path / "bomb.flac", np.zeros(7200 * 1000, np.int16), 1000)
    assert (tmp_path / "bomb.flac").stat().st_size < 100_000
    monkeypatch.setattr("gtzan_features.audio.stream._read", lambda *_: pytest.fail("decoded"))
    with pytest.raises(AudioError, match="7200 s long, and at most 600 s are taken"):
        load(tmp_path / "bomb.flac", None, limits=Limits(seconds=600.0))
    soundfile.write(tmp_path / "wide.flac", np.zeros((655_350, 8), np.int16), 655_350)
    with pytest.raises(AudioError, match="too many samples. Convert it to 44100 Hz"):
        load(tmp_path / "wide.flac", None, limits=Limits(seconds=2.0, samples_per_s=192_000))
