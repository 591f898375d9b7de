"""Settings are refused where they are made, or they can be computed with."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from gtzan_features.config import FeatureConfig, SegmentConfig, SpectrogramConfig
from gtzan_features.descriptors.sets import compute
from gtzan_features.errors import ConfigError
from gtzan_features.spectra.spectrogram import spectrogram

NOISE = (0.1 * np.random.default_rng(0).standard_normal(20_000)).astype(np.float32)

NUMBERS = {
    "sr": (0, -1, 100, 8_000, 44_100, 48_000, 96_000),
    "n_fft": (0, -2048, 1, 6, 64, 1_024, 2_047, 4_096, 1 << 40),
    "hop": (0, -512, 1_024, 2_048, 300),
    "pad_mode": ("", "x", "wrap", "edge", "constant"),
    "n_mels": (0, -1, 1, 20, 40, 48, 64, 100, 256, 2_000),
    "n_mfcc": (0, -1, 13, 40, 128, 129),
    "roll_percent": (-1.0, 0.0, 0.5, 1.0, float("nan")),
    "hpss_kernel": (0, -3, 1, 30),
    "hpss_power": (0.0, 1.0, 2.0),
}
PICTURES = {
    **{name: NUMBERS[name] for name in ("sr", "n_fft", "hop", "pad_mode")},
    "n_bands": (0, 7, 8, 100, 256, 257),
    "pool": (0, -1, 1, 10**6),
    "step_db": (0.0, -1.0, 1.0, float("nan")),
    "floor_db": (-60.0, float("inf"), float("nan")),
}


def cases(table):
    return [(name, value) for name, values in table.items() for value in values]


@pytest.mark.parametrize("feature_set", ["kaggle", "full"])
@pytest.mark.parametrize(("name", "value"), cases(NUMBERS))
def test_features_are_finite_or_their_settings_refused(feature_set, name, value):
    try:
        row = compute([NOISE], FeatureConfig(feature_set=feature_set, **{name: value}))
    except ConfigError:
        pass
    else:
        assert np.isfinite(row).all()


@pytest.mark.parametrize("scale", ["mel", "decibel"])
@pytest.mark.parametrize(("name", "value"), cases(PICTURES))
def test_spectrograms_are_computed_or_their_settings_refused(scale, name, value):
    try:
        config = SpectrogramConfig(scale=scale, **{name: value})
        n_frames = config.n_frames(SegmentConfig(0.9))
        picture = spectrogram(NOISE, config, n_frames)
    except ConfigError:
        pass
    else:
        assert picture.shape == (n_frames, config.n_bands)


def test_the_tables_above_name_every_number():
    apart = {"feature_set", "version", "code", "scale"}
    assert set(NUMBERS) == {field.name for field in fields(FeatureConfig)} - apart
    assert set(PICTURES) == {field.name for field in fields(SpectrogramConfig)} - apart


@pytest.mark.parametrize("name", ["sr", "n_fft", "hop"])
def test_a_refusal_says_which_setting_it_is(name):
    for kind in (FeatureConfig, SpectrogramConfig):
        with pytest.raises(ConfigError, match=f"{name} 0 "):
            kind(**{name: 0})
