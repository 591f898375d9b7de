from __future__ import annotations

import librosa
import numpy as np
import pytest

from gtzan_features.config import SegmentConfig, SpectrogramConfig
from gtzan_features.errors import ConfigError, GtzanError
from gtzan_features.spectra.spectrogram import band_hz, decode, encode, spectrogram
from tests.conftest import SR, tone

MEL = SpectrogramConfig()
LINEAR = SpectrogramConfig(scale="decibel")


def pooled_db(power, pool):
    """Independent of ours: frames averaged by pool, in dB."""
    count = power.shape[1] // pool
    mean = np.stack([power[:, i * pool : (i + 1) * pool].mean(axis=1) for i in range(count)])
    return 10 * np.log10(np.maximum(mean, 1e-12))


def test_mel_levels_are_librosas_within_half_a_step():
    y = tone(3.0, 440, seed=1)[:66_149]
    power = librosa.feature.melspectrogram(y=y, sr=SR, n_mels=64, pad_mode="reflect")
    expected = np.clip(pooled_db(power, 4), -80, 47.5)
    found = decode(spectrogram(y, MEL, 32), MEL)
    assert found.shape == expected.shape == (32, 64)
    np.testing.assert_allclose(found, expected, atol=0.251)


def test_linear_levels_are_those_of_librosas_stft():
    y = tone(3.0, 440, seed=2)[:66_149]
    power = np.abs(librosa.stft(y, pad_mode="reflect")[1:]) ** 2
    bands = power.reshape(64, 16, -1).mean(axis=1)
    expected = np.clip(pooled_db(bands, 4), -80, 47.5)
    np.testing.assert_allclose(decode(spectrogram(y, LINEAR, 32), LINEAR), expected, atol=0.251)


@pytest.mark.parametrize("config", [MEL, LINEAR], ids=["mel", "decibel"])
@pytest.mark.parametrize("hz", [300.0, 1000.0, 5000.0])
def test_a_sine_lies_in_its_band(config, hz):
    y = np.sin(2 * np.pi * hz * np.arange(2 * SR) / SR).astype(np.float32)
    loudest = spectrogram(y, config, 10).mean(axis=0).argmax()
    centres = band_hz(config)
    spacing = np.diff(centres).max() if config is LINEAR else 0.15 * hz
    assert abs(centres[loudest] - hz) < spacing


def test_silence_is_zero_and_ten_times_the_power_ten_decibels():
    assert not spectrogram(np.zeros(SR, np.float32), MEL, 5).any()
    quiet, loud = (spectrogram(a * tone(1.0, 500), MEL, 5).astype(int) for a in (0.1, 0.316_228))
    inside = (quiet > 0) & (loud < 255)
    assert abs(loud - quiet - 20)[inside].max() <= 1


def test_codes_are_steps_of_half_a_decibel():
    codes = np.arange(256, dtype=np.uint8)
    levels = decode(codes, MEL)
    np.testing.assert_array_equal(levels, -80 + 0.5 * np.arange(256))
    np.testing.assert_array_equal(encode((10 ** (levels / 10)).astype(np.float32), MEL), codes)
    assert encode(np.float32([0, 1e9]), MEL).tolist() == [0, 255]


def test_a_short_signal_is_continued_from_its_start():
    y = tone(3.0, 440)
    whole = spectrogram(y, MEL, 32)
    longer = spectrogram(y, MEL, 40)
    np.testing.assert_array_equal(longer[:32], whole)
    np.testing.assert_array_equal(longer[32:], whole[:8])


def test_frames_of_a_row_follow_from_its_length():
    assert MEL.n_frames(SegmentConfig(3.0)) == 130 // 4
    assert MEL.n_frames(SegmentConfig(30.0)) == 1292 // 4
    assert MEL.frame_s == pytest.approx(4 * 512 / 22_050)


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="scale 'bark' is not known; there are mel, decibel"):
        SpectrogramConfig(scale="bark")
    with pytest.raises(ConfigError, match="96 bands do not divide 1024 bins"):
        SpectrogramConfig(scale="decibel", n_bands=96)
    with pytest.raises(ConfigError, match="give 8 to 256 bands"):
        SpectrogramConfig(n_bands=4)
    with pytest.raises(GtzanError, match="3 STFT frames are fewer than the 4"):
        spectrogram(tone(0.06, 440), MEL, 1)
