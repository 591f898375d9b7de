import numpy as np
import pytest

from gtzan_features.config import FeatureConfig
from gtzan_features.errors import ConfigError, GtzanError
from gtzan_features.spectra import Scratch, Spectra

NOISE = np.random.default_rng(0).standard_normal(5000).astype(np.float32)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(config, value):
    signal = NOISE.copy()
    signal[-1] = value
    with pytest.raises(GtzanError, match="NaN or infinity"):
        Spectra(signal, config)


@pytest.mark.parametrize("n_samples", [0, 1, 1024])
def test_a_signal_too_short_to_reflect_is_refused(config, n_samples):
    with pytest.raises(GtzanError, match=f"{n_samples} samples is too short: one frame needs 1025"):
        Spectra(NOISE[:n_samples], config)


def test_the_shortest_signal_has_three_frames(config):
    assert Spectra(NOISE[:1025], config).magnitude.shape == (3, 1025)


def test_other_types_are_refused(config):
    with pytest.raises(TypeError, match="float32, not float64"):
        Spectra(NOISE.astype(np.float64), config)


def test_more_than_one_channel_is_refused(config):
    with pytest.raises(ValueError, match="mono"):
        Spectra(NOISE.reshape(2, -1), config)


@pytest.mark.parametrize("settings", [{"hop": 500}, {"hop": 2048}, {"n_fft": 2049}])
def test_a_hop_that_does_not_divide_half_a_frame_is_refused(settings):
    with pytest.raises(ConfigError, match="must divide half"):
        Spectra(NOISE, FeatureConfig(**settings))


@pytest.mark.parametrize(
    "settings", [{"hpss_power": 1.0}, {"roll_percent": 1.0}, {"n_mfcc": 129}, {"n_mfcc": 0}, {"n_mels": 10}]
)
def test_settings_out_of_range_are_refused_by_name(settings):
    with pytest.raises(ConfigError, match=next(iter(settings))):
        Spectra(NOISE, FeatureConfig(**settings))


def test_too_many_mel_bands_are_refused():
    with pytest.raises(ConfigError, match="2000 mel bands are too many"):
        _ = Spectra(NOISE, FeatureConfig(n_mels=2000)).mel_power


def test_a_signal_far_beyond_full_scale_is_refused(config):
    with pytest.raises(GtzanError, match="full scale is 1"):
        Spectra(NOISE * np.float32(1e7), config)


def test_spectra_leave_the_signal_alone(config):
    signal = NOISE.copy()
    spectra = Spectra(signal, config)
    _ = spectra.chroma, spectra.mel_db, spectra.shape, spectra.waveforms
    np.testing.assert_array_equal(signal, NOISE)


def test_used_memory_gives_the_same_bits_as_fresh_memory(config):
    scratch = Scratch()
    _ = Spectra(np.tile(NOISE, 4), config, scratch).waveforms
    again, fresh = Spectra(NOISE, config, scratch), Spectra(NOISE, config)
    for name in ("stft", "magnitude", "shape", "mel_db", "chroma", "waveforms"):
        np.testing.assert_array_equal(getattr(again, name), getattr(fresh, name))


@pytest.mark.parametrize("n_samples", [2048, 66_149, 33 * 512, 63 * 512, 64 * 512, 140 * 512 + 1])
@pytest.mark.parametrize("settings", [{}, {"hpss_kernel": 17}, {"n_fft": 1536, "hop": 384}, {"hop": 256}])
def test_waveforms_and_magnitudes_have_the_same_bits_in_either_order(n_samples, settings):
    config = FeatureConfig(**settings)
    signal = np.random.default_rng(1).standard_normal(n_samples).astype(np.float32)
    names = ("waveforms", "magnitude", "lanes")
    first, last = Spectra(signal, config), Spectra(signal, config)
    found = {name: np.array(getattr(first, name)) for name in names}
    for name in reversed(names):
        np.testing.assert_array_equal(getattr(last, name), found[name])


def test_a_signal_that_is_not_contiguous_counts_like_its_copy(config):
    doubled = np.repeat(NOISE, 2)
    np.testing.assert_array_equal(Spectra(doubled[::2], config).magnitude, Spectra(NOISE, config).magnitude)
