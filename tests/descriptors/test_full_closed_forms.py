"""The `full` set on signals whose values are known in closed form."""

import numpy as np
import pytest
import scipy.signal

from gtzan_features.descriptors import (
    blocks,
    energy,
    fluctuation,
    harmonicity,
    modulation,
    pulse,
    spectral,
    tonal,
)
from tests.descriptors.signals import CONFIG, NOISE, SR, chord, clicks, magnitude, sine, spectra, times


def test_roughness_is_that_of_plomp_and_levelt():
    assert spectral.roughness(spectra(sine(440)))[2:-2].max() < 0.02
    low, high = 40 * SR / 2048, 46 * SR / 2048  # on bins, so that the window's lobes are known
    pair = sine(low) + sine(high)
    s = 0.24 / (0.021 * low + 19) * (high - low)
    expected = (np.exp(-3.5 * s) - np.exp(-5.75 * s)) / 2
    np.testing.assert_allclose(spectral.roughness(spectra(pair))[4:-4], expected, rtol=0.02)
    apart = sine(low) + sine(40 * low)
    assert spectral.roughness(spectra(apart))[4:-4].max() < 0.02


def test_level_and_low_energy():
    signal = np.concatenate([NOISE[:SR], 0.1 * NOISE[:SR], 0.1 * NOISE[:SR]])
    level = energy.level(spectra(signal))
    assert np.median(level[5:38]) > -2
    assert np.median(level[60:110]) == pytest.approx(np.median(level[5:38]) - 20, abs=0.5)
    assert energy.low_energy(spectra(signal))[0] == pytest.approx(2 / 3, abs=0.02)


@pytest.mark.parametrize(("notes", "major"), [((0, 4, 7), 1.0), ((0, 3, 7), 0.0)])
def test_a_triad_is_heard_as_what_it_is(notes, major):
    here = spectra(chord(*notes))
    assert tonal.chord_major(here)[0] == major
    assert tonal.chord_change(here)[0] == 0
    assert tonal.chord_strength(here).min() > 0.6
    keys = tonal.key_strengths(here)
    assert keys[0 if major else 1].argmax() == 0
    assert tonal.key_ranked(here)[0] == keys.max()


def test_major_and_minor_triads_differ_in_mode():
    assert tonal.key_mode(spectra(chord(0, 4, 7)))[0] > tonal.key_mode(spectra(chord(0, 3, 7)))[0] + 0.1


def test_key_strength_is_a_correlation():
    here = spectra(chord(0, 2, 4, 5, 7, 9, 11))
    profile = here.chroma.mean(axis=0)
    major = np.array(tonal._MAJOR)
    expected = [np.corrcoef(profile, np.roll(major, k))[0, 1] for k in range(12)]
    np.testing.assert_allclose(tonal.key_strengths(here)[0], expected, atol=1e-6)


def test_transposing_changes_no_relative_feature():
    a, b = spectra(chord(0, 4, 7)), spectra(chord(5, 9, 12))
    for feature in (tonal.chroma_relative, tonal.chroma_interval, tonal.tonnetz_radius):
        np.testing.assert_allclose(
            feature(a)[5:-5].mean(axis=0), feature(b)[5:-5].mean(axis=0), atol=0.1, err_msg=feature.__name__
        )
    assert abs(tonal.tonnetz(a).mean(axis=0) - tonal.tonnetz(b).mean(axis=0)).max() > 0.3


def test_cens_is_quantised_chroma_of_unit_norm():
    here = spectra(chord(0, 4, 7))
    found = tonal.cens(here)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)
    share = tonal.chroma_relative(here)[20:-20].mean(axis=0)
    steps = sum((share >= edge).astype(float) for edge in (0.05, 0.1, 0.2, 0.4))
    np.testing.assert_allclose(found[len(found) // 2], steps / np.linalg.norm(steps), atol=0.02)


def test_intervals_count_what_sounds_together():
    fifth = tonal.chroma_interval(spectra(chord(0, 7))).mean(axis=0)
    third = tonal.chroma_interval(spectra(chord(0, 4))).mean(axis=0)
    assert fifth[4] > 2 * third[4]  # seven semitones up are five down
    assert third[3] > 2 * fifth[3]
    assert tonal.chroma_entropy(spectra(chord(0))).mean() < tonal.chroma_entropy(spectra(NOISE)).mean()
    assert tonal.chroma_flux(spectra(chord(0)))[5:-5].max() < 0.02


def test_a_tone_is_harmonic_and_a_click_percussive():
    hz = 1000.0
    edges = harmonicity.band_edges(SR, CONFIG.n_fft) * SR / CONFIG.n_fft
    band = np.searchsorted(edges, hz) - 1
    assert harmonicity.band_ratio(spectra(sine(hz)))[10:-10, band].min() > 20
    assert harmonicity.band_ratio_of_sums(spectra(sine(hz)))[band] > 20
    assert harmonicity.frame_ratio(spectra(sine(hz)))[10:-10].min() > 20
    assert harmonicity.band_ratio_of_sums(spectra(clicks(60))).max() < 0
    parts = harmonicity._parts(spectra(NOISE))
    assert ((parts[0] + parts[1]).sum() <= (magnitude(NOISE) ** 2).sum() * 1.001).all()


@pytest.mark.parametrize("bpm", [60, 100, 120, 150])
def test_a_click_train_has_its_tempo(bpm):
    here = spectra(clicks(bpm))
    octaves = np.log2(pulse.pulse_tempo(here)[0] / bpm)
    assert octaves == pytest.approx(round(octaves), abs=0.03)
    assert pulse.onset_rate(here)[0] == pytest.approx(bpm / 60, rel=0.1)
    assert pulse.onset_interval(here).mean() == pytest.approx(60 / bpm, rel=0.05)
    assert pulse.pulse_clarity(here)[0] > 0.6
    assert pulse.pulse_clarity(spectra(NOISE))[0] < 0.3
    ratio = dict(zip(pulse.MULTIPLES, pulse.pulse_ratio(here), strict=True))
    assert ratio[1] > 0.5
    assert ratio[1] > ratio[3 / 4]
    profile = pulse.beat_profile(here).reshape(pulse.N_PHASES, pulse.N_BANDS)
    assert (profile.argmax(axis=0) <= 1).all()
    np.testing.assert_allclose(profile.mean(axis=0), 1)


def test_local_maxima_are_scipys():
    x = np.random.default_rng(0).standard_normal(500)
    np.testing.assert_array_equal(pulse.local_maxima(x), scipy.signal.find_peaks(x)[0])
    assert pulse.local_maxima(np.zeros(9)).size == 0


def test_the_autocorrelation_is_numpys():
    x = np.random.default_rng(0).standard_normal(200)
    away = x - x.mean()
    expected = np.correlate(away, away, "full")[199:]
    found = pulse.autocorrelation(x[:, None], 50)[:, 0]
    np.testing.assert_allclose(found, expected[:50] / expected[0], atol=1e-12)


def test_modulated_noise_shows_at_its_rate():
    signal = (NOISE * (1 + np.sin(2 * np.pi * 4 * times(4.0)))).astype(np.float32)
    signal = np.tile(signal, 3)
    histogram = fluctuation.rhythm_histogram(spectra(signal))
    edges = np.array(fluctuation._RATE_EDGES) * SR / CONFIG.hop / 256
    peak = int(histogram.argmax())
    assert edges[peak] <= 4.0 + 0.2
    assert edges[peak + 1] >= 4.0 - 0.2
    pattern = fluctuation.rhythm_pattern(spectra(signal)).reshape(fluctuation.N_RATES, -1)
    assert (pattern[peak] > pattern[-1]).all()
    rates = modulation.mfcc_modulation(spectra(signal)).reshape(modulation.N_RATES, -1)[:, 0]
    assert rates[1:].argmax() == 4  # 16 to 32 bins of 0.17 Hz hold 4 Hz


def test_a_modulation_spectrum_has_the_amplitude_of_a_sine():
    t = np.arange(512)
    series = 3 * np.sin(2 * np.pi * 16 / 256 * t)[:, None]
    np.testing.assert_allclose(fluctuation.modulation_spectra(series)[:, 16, 0], 3, rtol=1e-9)


def test_loudness_is_sone_and_gain_changes_nothing():
    loud = fluctuation.loudness(spectra(NOISE))
    assert loud.max() == pytest.approx(16)
    level = fluctuation.band_level(spectra(NOISE))
    phon = level - level.max() + 80
    above = phon >= 40
    np.testing.assert_allclose(loud[above], 2 ** ((phon[above] - 40) / 10), rtol=1e-6)
    quiet = spectra((0.25 * NOISE).astype(np.float32))
    for feature in (fluctuation.loudness, fluctuation.band_level, blocks.spectral_pattern, energy.level):
        np.testing.assert_allclose(feature(quiet), feature(spectra(NOISE)), atol=1e-3)


def test_patterns_of_blocks_are_sorted_and_correlations_are_numpys():
    here = spectra(NOISE)
    pattern = blocks.spectral_pattern(here).reshape(blocks.N_SPECTRAL, blocks.N_BANDS)
    assert (np.diff(pattern, axis=0) >= 0).all()
    delta = blocks.delta_spectral_pattern(here).reshape(blocks.N_DELTA, blocks.N_BANDS)
    assert (np.diff(delta, axis=0) >= 0).all()
    assert (delta >= 0).all()
    levels = blocks._levels(spectra(NOISE[: 130 * 512]))  # less than a block of 256 frames: one block
    expected = np.corrcoef(levels.T)[np.triu_indices(blocks.N_BANDS, 1)]
    np.testing.assert_allclose(blocks.correlation_pattern(spectra(NOISE[: 130 * 512])), expected, atol=1e-9)
    together = (NOISE * (1 + np.sin(2 * np.pi * 2 * times(4.0)))).astype(np.float32)
    assert np.median(blocks.correlation_pattern(spectra(together))) > 0.5
    assert blocks.variance_delta_pattern(spectra(together)).min() > 0
