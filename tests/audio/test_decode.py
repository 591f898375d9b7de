from __future__ import annotations

import hashlib
import shutil
import struct

import librosa
import numpy as np
import pytest
import soundfile

from gtzan_features.audio.decode import content_hash
from gtzan_features.audio.load import load
from gtzan_features.audio.repair import REPAIRS
from gtzan_features.audio.resample import resample_samples
from gtzan_features.errors import AudioDecodeError, AudioError, AudioSilentError, AudioTooShortError
from tests.conftest import SR, tone


@pytest.mark.parametrize(("suffix", "kind"), [(".wav", "WAV"), (".au", "AU"), (".flac", "FLAC")])
def test_lossless_formats_give_the_same_samples(tmp_path, suffix, kind):
    y = tone(1.0, 440)
    path = tmp_path / f"a{suffix}"
    soundfile.write(path, y, SR, subtype="PCM_16", format=kind)
    signal = load(path, SR)
    expected = np.round(y * 32_768) / 32_768
    assert signal.samples.dtype == np.float32
    np.testing.assert_allclose(signal.samples, expected, atol=1.1 / 32_768)
    assert signal.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (signal.source_sr, signal.source_channels, signal.first_sample, signal.repair) == (SR, 1, 0, "")


@pytest.mark.parametrize(("suffix", "kind"), [(".ogg", "OGG"), (".mp3", "MP3")])
def test_lossy_formats_are_decoded(tmp_path, suffix, kind):
    y = tone(2.0, 440)
    path = tmp_path / f"a{suffix}"
    soundfile.write(path, y, SR, format=kind)
    samples = load(path, SR).samples
    assert abs(samples.size - y.size) < 0.1 * SR
    spectrum = np.abs(np.fft.rfft(samples[:SR] * np.hanning(SR)))
    assert spectrum.argmax() == pytest.approx(440, abs=2)


@pytest.mark.parametrize(("sr", "channels"), [(44_100, 2), (8_000, 1), (48_000, 1), (22_050, 2)])
def test_rate_and_channels_are_converted_as_librosa_does(tmp_path, sr, channels):
    y = np.stack([tone(1.5, 300 * (c + 1), seed=c, sr=sr) for c in range(channels)], axis=1)
    path = tmp_path / "a.wav"
    soundfile.write(path, y, sr)
    expected, _ = librosa.load(path, sr=SR, mono=True)
    np.testing.assert_array_equal(load(path, SR).samples, expected)


@pytest.mark.real
def test_real_track_has_librosas_samples(real_material):
    path = real_material / "audio" / "blues" / "blues.00000.wav"
    expected, _ = librosa.load(path, sr=None)
    signal = load(path, SR)
    np.testing.assert_array_equal(signal.samples, expected)
    assert signal.samples.size == 661_794


def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(AudioDecodeError, match="No such file"):
        load(tmp_path / "no.wav", SR)
    text = tmp_path / "text.wav"
    text.write_text("this is no music")
    with pytest.raises(AudioDecodeError, match=r"text.wav: cannot decode .*Replace the file"):
        load(text, SR)
    empty = tmp_path / "empty.wav"
    empty.touch()
    with pytest.raises(AudioDecodeError, match="the file is empty"):
        load(empty, SR)


def test_silent_and_empty_signals_are_told_apart(tmp_path):
    for value in (0.0, 0.25):
        path = tmp_path / "silent.wav"
        soundfile.write(path, np.full(SR, value, np.float32), SR)
        with pytest.raises(AudioSilentError, match="every sample is") as caught:
            load(path, SR)
        assert caught.value.status == "silent"
    soundfile.write(tmp_path / "none.wav", np.empty(0, np.float32), SR)
    with pytest.raises(AudioTooShortError, match="no sample"):
        load(tmp_path / "none.wav", SR)


def test_values_that_are_not_finite_are_refused(tmp_path):
    y = tone(1.0, 440)
    y[100] = np.nan
    soundfile.write(tmp_path / "nan.wav", y, SR, subtype="FLOAT")
    with pytest.raises(AudioDecodeError, match="not finite"):
        load(tmp_path / "nan.wav", SR)


def test_truncated_wav_gives_the_samples_that_are_there(tmp_path):
    path = tmp_path / "cut.wav"
    soundfile.write(path, tone(2.0, 440), SR, subtype="PCM_16")
    whole = path.read_bytes()
    path.write_bytes(whole[: 44 + 2 * SR])
    assert load(path, SR).samples.size == SR


@pytest.mark.real
class TestRepair:
    """jazz.00054.wav of the Kaggle copy: the raw tail of the track."""

    def test_repaired_samples_are_the_originals(self, real_material, tmp_path):
        path = tmp_path / "jazz.00054.wav"
        shutil.copy(real_material / "jazz.00054.corrupt.wav", path)
        with pytest.raises(soundfile.LibsndfileError):
            soundfile.read(path)
        signal = load(path, SR)
        original, _ = soundfile.read(real_material / "jazz.00054.au", dtype="float32")
        assert signal.first_sample == 58_316
        assert original.size == 662_112
        np.testing.assert_array_equal(signal.samples, original[58_316:])
        assert "58316 samples are missing" in signal.repair

    def test_the_rule_goes_by_content_and_by_nothing_else(self, real_material, tmp_path):
        other = tmp_path / "renamed.wav"
        shutil.copy(real_material / "jazz.00054.corrupt.wav", other)
        assert load(other, SR).repair
        content = bytearray(other.read_bytes())
        content[-1] ^= 1
        other.write_bytes(content)
        assert content_hash(other) not in REPAIRS
        with pytest.raises(AudioDecodeError):
            load(other, SR)


def test_errors_survive_the_trip_out_of_a_worker():
    import pickle

    error = AudioDecodeError("a.wav", "no header")
    copy = pickle.loads(pickle.dumps(error))
    assert isinstance(copy, AudioError)
    assert (copy.path, copy.reason, str(copy)) == ("a.wav", "no header", str(error))


def test_wav_header_that_promises_too_much(tmp_path):
    path = tmp_path / "promise.wav"
    soundfile.write(path, tone(1.0, 440), SR, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 10**8)
    path.write_bytes(data)
    assert load(path, SR).samples.size == SR


@pytest.mark.parametrize("kind", ["WAV", "AU", "FLAC", "OGG"])
def test_damaged_bytes_give_samples_or_one_of_our_errors(tmp_path, kind):
    """Bytes changed at random, mostly in the header: never another exception, never NaN."""
    rng = np.random.default_rng(0)
    path = tmp_path / f"a.{kind.lower()}"
    soundfile.write(path, tone(0.5, 440), SR, format=kind)
    intact = path.read_bytes()
    for trial in range(60):
        damaged = bytearray(intact)
        reach = 80 if trial % 3 else len(damaged)
        for at in rng.integers(0, reach, rng.integers(1, 20)):
            damaged[at] = rng.integers(0, 256)
        path.write_bytes(damaged[: rng.integers(1, len(damaged))] if trial % 4 == 0 else damaged)
        try:
            samples = load(path, SR).samples
        except AudioError:
            continue
        assert np.isfinite(samples).all()


@pytest.mark.parametrize("source_sr", [8_000, 16_000, 44_100, 48_000, 11_025])
def test_resampling_is_that_of_librosa_to_the_last_bit(source_sr):
    for n_samples in (1, 7, 44_101):
        y = np.random.default_rng(0).standard_normal(n_samples).astype(np.float32)
        expected = librosa.resample(y, orig_sr=source_sr, target_sr=22_050, res_type="soxr_hq")
        np.testing.assert_array_equal(resample_samples(y, source_sr, 22_050), expected)
