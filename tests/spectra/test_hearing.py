"""What is heard of a spectrum: its formula, what a listener does not hear, and what must not change."""

import numpy as np
import pytest

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import sets
from gtzan_features.spectra import Scratch, Spectra
from gtzan_features.spectra.hearing import HIGHEST_HZ, LOWEST_HZ, band, floor_shape, heard_magnitude

CONFIG = FeatureConfig()
SR = CONFIG.sr
N_BINS = CONFIG.n_fft // 2 + 1
RNG = np.random.default_rng(0)
SECONDS = np.arange(4 * SR) / SR


def music():
    """Decaying notes every half second, with overtones."""
    signal = np.zeros(len(SECONDS))
    for note, start in enumerate(np.arange(0, 4, 0.5)):
        since = np.maximum(SECONDS - start, 0)
        hz = 220 * 2 ** (((0, 4, 7, 12)[note % 4]) / 12)
        for overtone in range(1, 6):
            tone = np.sin(2 * np.pi * hz * overtone * since) / overtone**1.5
            signal += np.where(since > 0, tone * np.exp(-4 * since), 0)
    return 0.2 * signal


MUSIC = music()


def spectra(signal, scratch=None):
    return Spectra(signal.astype(np.float32), CONFIG, scratch)


def with_noise(signal, decibels):
    noise = np.random.default_rng(7).standard_normal(len(signal))
    return signal + noise * np.sqrt((signal**2).mean() * 10 ** (-decibels / 10))


@pytest.mark.parametrize("shape", [(1, N_BINS), (63, N_BINS), (64, 513), (65, 129), (200, N_BINS)])
def test_it_is_the_formula(shape):
    magnitude = RNG.gamma(0.5, 1.0, shape).astype(np.float32)
    power = magnitude.astype(np.float64) ** 2 * band(SR, shape[1])
    frames = power.mean(axis=1, keepdims=True)
    expected = power + floor_shape(SR, shape[1]) * (frames / 100 + frames.mean() / 10**3.5)
    found = heard_magnitude(magnitude, SR, np.empty_like(magnitude))
    np.testing.assert_allclose(found, np.sqrt(expected), rtol=3e-6)
    in_place = heard_magnitude(magnitude, SR, magnitude)
    assert in_place is magnitude
    np.testing.assert_array_equal(in_place, found)


@pytest.mark.parametrize("sr", [8_000, 22_050, 24_000])
def test_the_band_is_half_at_its_edges_and_the_floor_rises_by_a_decibel_and_a_half_per_octave(sr):
    hz = np.arange(N_BINS) * sr / CONFIG.n_fft
    weight, shape = band(sr, N_BINS), floor_shape(sr, N_BINS)
    assert np.interp(LOWEST_HZ, hz, weight) == pytest.approx(0.5, abs=0.1)
    assert (np.interp(HIGHEST_HZ, hz, weight) == pytest.approx(0.5, abs=0.01)) or sr / 2 < HIGHEST_HZ
    assert (weight[(hz > 80) & (hz < 5_600)] > 0.99).all()
    assert weight[0] == 0
    assert shape.mean() == pytest.approx(1)
    octaves = [10 * np.log10(np.interp(2 * f, hz, shape) / np.interp(f, hz, shape)) for f in (200, 700, 1900)]
    assert octaves == pytest.approx([10 * np.log10(2) / 2] * 3, abs=0.01)


@pytest.mark.parametrize("gain", [2.0**-20, 0.25, 8, 2.0**12])
def test_a_gain_goes_through(gain):
    plain = spectra(MUSIC).heard.magnitude
    np.testing.assert_array_equal(spectra(gain * MUSIC).heard.magnitude, np.float32(gain) * plain)


def test_silence_is_not_heard_and_all_else_is_positive():
    assert not spectra(np.zeros(SR)).heard.magnitude.any()
    click = np.zeros(SR)
    click[SR // 2] = 0.1
    assert (spectra(click).heard.magnitude > 0).all()


def distance(a, b):
    """Mean difference of levels in mel bands, dB."""
    return float(np.abs(a.mel_db - b.mel_db).mean())


HIDDEN = {
    "noise 50 dB below": lambda y: with_noise(y, 50),
    "noise 40 dB below": lambda y: with_noise(y, 40),
    "rumble at 15 Hz, as strong as the music": lambda y: (
        y + y.std() * np.sqrt(2) * np.sin(30 * np.pi * SECONDS)
    ),
    "a constant": lambda y: y + y.std(),
    "a whistle at 10.5 kHz, 20 dB below": lambda y: (
        y + 0.1 * y.std() * np.sqrt(2) * np.sin(21_000 * np.pi * SECONDS)
    ),
}


@pytest.mark.parametrize("what", HIDDEN)
def test_what_no_listener_hears_changes_levels_far_less_than_in_the_spectrum_itself(what):
    plain, changed = spectra(MUSIC), spectra(HIDDEN[what](MUSIC))
    heard = distance(plain.heard, changed.heard)
    assert heard < 1.0
    assert heard < 0.5 * distance(plain, changed)


@pytest.mark.parametrize("first", ["raw", "heard"])
def test_neither_overwrites_the_other_on_shared_memory(first):
    def all_of(one):
        return {
            "magnitude": one.magnitude.copy(),
            "shape": one.shape.copy(),
            "mel": one.mel_power.copy(),
            "chroma": one.chroma.copy(),
            "harmonic": one.enhanced[0].copy(),
            "percussive": one.enhanced[1].copy(),
            "power": one.frame_power.copy(),
        }

    alone = {"raw": all_of(spectra(MUSIC)), "heard": all_of(spectra(MUSIC).heard)}
    shared = spectra(MUSIC, Scratch())
    both = {"raw": shared, "heard": shared.heard}
    for name in (first, "heard" if first == "raw" else "raw", first):
        for key, value in all_of(both[name]).items():
            np.testing.assert_array_equal(value, alone[name][key], err_msg=f"{name} {key}")


def test_everything_follows_from_what_is_heard():
    heard = spectra(MUSIC).heard
    assert heard.heard is heard
    np.testing.assert_allclose(heard.frame_power, (heard.magnitude.astype(np.float64) ** 2).mean(axis=1))
    level = 10 * np.log10(heard.mel_power.max() / heard.mel_power.min())
    assert level < 80  # so that the limit of librosa's levels is never met
    assert heard.mel_db.max() - heard.mel_db.min() == pytest.approx(level, abs=1e-3)


def test_rows_of_the_kaggle_set_are_of_the_spectrum_itself():
    signal = MUSIC.astype(np.float32)
    before = sets.compute([signal], FeatureConfig())[0]
    sets.compute([signal], FeatureConfig(feature_set="full:energy,contrast"))
    np.testing.assert_array_equal(before, sets.compute([signal], FeatureConfig())[0])


@pytest.mark.parametrize("n_samples", [1025, 32_768, 40_000])
@pytest.mark.parametrize("hop", [512, 384])
def test_what_is_heard_is_the_same_whether_the_signal_was_asked_for_before(n_samples, hop):
    config = FeatureConfig(n_fft=4 * hop, hop=hop)
    signal = np.random.default_rng(0).standard_normal(n_samples).astype(np.float32)
    before, after = Spectra(signal, config), Spectra(signal, config)
    raw = before.magnitude.copy()
    for one in (before, after):
        expected = heard_magnitude(raw, SR, np.empty_like(raw))
        np.testing.assert_allclose(one.heard.magnitude, expected, rtol=1e-6)
        side = one.heard.lanes.transpose(0, 2, 1).reshape(-1, raw.shape[1])
        np.testing.assert_array_equal(side[: len(raw)], one.heard.magnitude)
        assert not side[len(raw) :].any()
        np.testing.assert_array_equal(one.magnitude, raw)
    np.testing.assert_array_equal(before.heard.magnitude, after.heard.magnitude)
