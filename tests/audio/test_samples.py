"""Samples in memory give what a file with the same samples gives."""

import dataclasses
import pickle

import librosa
import numpy as np
import pytest
import soundfile
from scipy.io import wavfile

from gtzan_features.audio.load import load
from gtzan_features.audio.samples import Samples
from gtzan_features.audio.sound import Limits
from gtzan_features.errors import AudioError, AudioSilentError, AudioTooShortError, ConfigError, SignalError

RATE = 22_050


def stereo(seconds=2.0, sr=44_100):
    t = np.arange(round(seconds * sr)) / sr
    rng = np.random.default_rng(1)
    left = 0.3 * np.sin(2 * np.pi * 440 * t) + 0.01 * rng.standard_normal(t.size)
    return np.stack([left, 0.5 * left + 0.01 * rng.standard_normal(t.size)]).astype(np.float32)


@pytest.mark.parametrize("sr", [44_100, 22_050, 8_000])
@pytest.mark.parametrize("layout", ["channels first", "channels last", "mono"])
def test_they_are_mixed_and_resampled_as_the_file_and_as_librosa_does(tmp_path, sr, layout):
    y = stereo(sr=sr)
    given = {"channels first": y, "channels last": y.T, "mono": y[0]}[layout]
    soundfile.write(tmp_path / "a.wav", y[0] if layout == "mono" else y.T, sr, subtype="FLOAT")
    found, file = load(Samples(given, sr), RATE), load(tmp_path / "a.wav", RATE)
    np.testing.assert_array_equal(found.samples, file.samples)
    theirs, _ = librosa.load(tmp_path / "a.wav", sr=RATE)
    np.testing.assert_allclose(found.samples, theirs, atol=1e-6)
    same = {f.name for f in dataclasses.fields(found)} - {"samples", "sha256", "decoder"}
    assert {name: getattr(found, name) for name in same} == {name: getattr(file, name) for name in same}
    assert (found.sha256, found.decoder, found.status) == ("", "", "ok")


@pytest.mark.parametrize("channels", [2, 3])
def test_channels_are_mixed_to_the_bit_as_librosa_does_the_sign_of_zero_included(channels):
    y = np.random.default_rng(2).standard_normal((channels, 5_000)).astype(np.float32)
    y[:, ::7], y[:, 1::7], y[0, 2::7] = -0.0, 1e-42, -y[-1, 2::7]
    found = load(Samples(y, RATE), RATE).samples
    assert found.tobytes() == librosa.to_mono(y).tobytes()


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_32", "PCM_U8"])
def test_whole_numbers_of_a_wav_file_have_the_level_of_the_file(tmp_path, subtype):
    soundfile.write(tmp_path / "a.wav", stereo().T, 44_100, subtype=subtype)
    sr, whole = wavfile.read(tmp_path / "a.wav")
    assert whole.dtype.kind in "iu"
    found, file = load(Samples(whole, sr), RATE), load(tmp_path / "a.wav", RATE)
    np.testing.assert_array_equal(found.samples, file.samples)


def test_they_are_as_they_were_and_may_be_a_list_or_of_double_precision():
    y = stereo()[0].astype(np.float64)
    before = y.copy()
    found = load(Samples(y, 44_100), None).samples
    np.testing.assert_array_equal(y, before)
    np.testing.assert_array_equal(found, load(Samples(y.tolist(), 44_100.0), None).samples)


def test_of_a_square_array_the_first_axis_holds_the_channels_as_in_librosa():
    samples = Samples(np.array([[1.0, 2.0], [3.0, 4.0]]), 8_000)
    np.testing.assert_array_equal(load(samples, None).samples, [2.0, 3.0])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 3, 4)), r"shape \(2, 3, 4\): give \(n,\)"),
        (0.5, r"shape \(\): give"),
        (np.zeros((200, 500)), "more than 128 channels"),
        (np.zeros(9, dtype=np.int64), "type int64: give floats"),
        (np.zeros(9, dtype=bool), "type bool"),
        (np.zeros(9, dtype=complex), "type complex128: give floats with full scale"),
        (["a"], "type <U1"),
    ],
)
def test_what_is_no_signal_is_refused_in_a_line(values, message):
    with pytest.raises(SignalError, match=message):
        Samples(values, RATE)


@pytest.mark.parametrize("sr", [None, 0, -1, 22_050.5, "22050", True, np.nan, np.inf, 10, 10**7])
def test_a_rate_that_cannot_be_meant_is_refused(sr):
    with pytest.raises(ConfigError, match="give the rate of the samples in Hz"):
        Samples(np.zeros(9), sr)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300, 1e9])
def test_values_that_are_no_music_are_refused(value):
    y = stereo().astype(np.float64)
    y[1, 77] = value
    with pytest.raises(SignalError, match="the signal holds values"):
        load(Samples(y, 44_100), RATE)


def test_silence_nothing_and_too_much_are_refused_by_name():
    with pytest.raises(AudioSilentError, match="take 3: every sample is 0"):
        load(Samples(np.zeros(RATE), RATE, "take 3"), RATE)
    with pytest.raises(AudioTooShortError, match="samples: holds no sample"):
        load(Samples(np.zeros(0), RATE), RATE)
    with pytest.raises(AudioError, match="at most 1 s are taken"):
        load(Samples(stereo(), 44_100), RATE, limits=Limits(seconds=1.0))


def test_they_reach_a_worker_as_they_are():
    samples = pickle.loads(pickle.dumps(Samples(stereo(), 44_100, "a")))
    np.testing.assert_array_equal(load(samples, RATE).samples, load(Samples(stereo(), 44_100), RATE).samples)
