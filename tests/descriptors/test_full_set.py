"""The `full` set: librosa, scipy and numpy as references, closed forms, and degenerate signals."""

import librosa
import numpy as np
import pytest
import scipy.signal
import scipy.stats

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import (
    blocks,
    contrast,
    energy,
    fluctuation,
    harmonicity,
    modulation,
    pulse,
    sets,
    spectral,
    timbre,
    tonal,
)
from gtzan_features.descriptors.full import FULL
from gtzan_features.descriptors.registry import STATISTICS
from gtzan_features.descriptors.spec import columns_of
from gtzan_features.descriptors.summary import statistics, summarise_all
from gtzan_features.errors import ConfigError
from gtzan_features.spectra import Spectra

CONFIG = FeatureConfig(feature_set="full")
COLUMNS = sets.columns(CONFIG)
SR = CONFIG.sr
RNG = np.random.default_rng(0)
NOISE = (0.1 * RNG.standard_normal(4 * SR)).astype(np.float32)


def times(seconds):
    return np.arange(round(seconds * SR)) / SR


def sine(hz, seconds=4.0, amplitude=0.3):
    return (amplitude * np.sin(2 * np.pi * hz * times(seconds))).astype(np.float32)


def clicks(bpm, seconds=12.0):
    signal = 1e-4 * RNG.standard_normal(round(seconds * SR))
    burst = np.random.default_rng(1).standard_normal(800) * np.geomspace(0.5, 0.001, 800)
    for start in np.arange(0.1, seconds - 0.1, 60 / bpm):
        first = round(start * SR)
        signal[first : first + 800] += burst
    return signal.astype(np.float32)


def chord(*semitones, seconds=4.0):
    """Notes above middle C."""
    return sum(sine(261.6256 * 2 ** (s / 12), seconds, 0.1) for s in semitones)


def spectra(signal):
    return Spectra(signal, CONFIG)


def magnitude(signal):
    return np.abs(librosa.stft(signal.astype(np.float64), pad_mode="reflect"))


def row(signal):
    return dict(zip([c.name for c in COLUMNS], sets.compute([signal], CONFIG)[0].tolist(), strict=True))


# ---------------------------------------------------------------- names


def test_names_are_unique_and_parse_back():
    assert len({c.name for c in COLUMNS}) == len(COLUMNS)
    for c in COLUMNS:
        ending = "" if c.statistic == "value" else f"_{c.statistic}"
        assert c.name == c.feature + "x".join(map(str, c.index)) + ending
        assert sets.column(c.name) == c
    assert sets.column("mfcc21_p90").index == (21,)
    assert sets.column("mel_level_p90").index == ()
    assert sets.column("correlation_pattern3x17").index == (3, 17)
    with pytest.raises(ConfigError, match="no column 'mfcc99_mean'"):
        sets.column("mfcc99_mean")


def test_every_feature_says_what_it_is_and_every_statistic_is_used():
    assert all(s.source and s.description and s.silence and s.unit for s in FULL)
    assert {c.statistic for c in COLUMNS} == set(STATISTICS)
    assert len(sets.families("full")) == 10


@pytest.mark.slow
def test_columns_with_names_of_the_kaggle_set_are_its_features_of_what_is_heard():
    kaggle = FeatureConfig()
    whole = row(NOISE)
    gain = {f"{name}_{s}" for name in ("rms", "harmony", "perceptr", "mfcc1") for s in ("mean", "var")}
    left_out = gain | {"zero_crossing_rate_mean", "zero_crossing_rate_var"}
    specs = [spec for spec in sets.specs(kaggle) if spec.name not in ("rms", "harmony", "perceptr")]
    heard = spectra(NOISE).heard
    names = [c.name for c in columns_of(specs, kaggle)]
    values = summarise_all([spec.compute(heard) for spec in specs], specs)
    for name, value in zip(names, values, strict=True):
        if name in left_out:
            assert name not in whole
        else:
            assert whole[name] == pytest.approx(value, rel=1e-9, abs=1e-12), name


def test_the_version_is_that_of_the_set():
    assert FeatureConfig(feature_set="full:-rhythm").version == 3
    assert FeatureConfig().version == 1
    assert FeatureConfig(feature_set="full", version=1).version == 1


@pytest.mark.parametrize("gain", [0.25, 0.5, 2, 8])
def test_a_gain_changes_no_column(gain):
    # Powers of two change no digit of a float, so that only what depends on the level moves.
    music = clicks(110) + chord(0, 4, 7, seconds=12.0) + sine(3000, 12.0, 0.02) * np.hanning(12 * SR)
    music = (0.2 * music).astype(np.float32)
    plain, changed = (sets.compute([y], CONFIG)[0] for y in (music, np.float32(gain) * music))
    moved = [
        (c.name, a, b)
        for c, a, b in zip(COLUMNS, plain, changed, strict=True)
        if abs(a - b) > 1e-4 * max(abs(a), 0.1)
    ]
    assert moved == []


@pytest.mark.parametrize("n_samples", [1025, 1100, 3000, 12_000, 66_149])
@pytest.mark.parametrize("kind", ["silence", "constant", "noise", "impulse", "tiny", "loud"])
def test_values_are_finite_whatever_the_signal(kind, n_samples):
    noise = np.random.default_rng(n_samples).standard_normal(n_samples)
    impulse = np.zeros(n_samples)
    impulse[n_samples // 2] = 1
    signal = {
        "silence": np.zeros(n_samples),
        "constant": np.full(n_samples, 0.5),
        "noise": 0.1 * noise,
        "impulse": impulse,
        "tiny": 1e-12 * noise,
        "loud": 1e5 * noise,
    }[kind]
    values = sets.compute([signal.astype(np.float32)], CONFIG)[0]
    bad = [c.name for c, v in zip(COLUMNS, values, strict=True) if not np.isfinite(v)]
    assert bad == []


def test_silence_is_as_the_registry_says():
    found = row(np.zeros(66_149, np.float32))
    for spec in FULL:
        if spec.silence == "0":
            values = [found[c.name] for c in spec.columns(CONFIG)]
            assert np.abs(values).max() < 1e-4, spec.name


# ---------------------------------------------------------------- statistics


def test_statistics_are_those_of_numpy_and_scipy():
    x = RNG.gamma(2.0, size=(301, 3))
    names = list(STATISTICS)[:-1]
    found = dict(zip(names, statistics(x, names), strict=True))
    expected = {
        "mean": x.mean(0),
        "var": x.var(0),
        "std": x.std(0),
        "skew": scipy.stats.skew(x),
        "kurt": scipy.stats.kurtosis(x, fisher=False),
        "min": x.min(0),
        "max": x.max(0),
        **{f"p{p}": np.percentile(x, p, axis=0) for p in (10, 50, 90)},
        "dmean": np.abs(np.diff(x, axis=0)).mean(0),
        "dstd": np.diff(x, axis=0).std(0),
    }
    for name in names:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-9, err_msg=name)


# ---------------------------------------------------------------- parity with librosa, scipy and numpy


def test_cepstra_are_librosas():
    expected = librosa.feature.mfcc(y=NOISE, sr=SR, n_mfcc=21, pad_mode="reflect").T
    found = timbre.first_mfccs(spectra(NOISE))
    np.testing.assert_allclose(found[:, 1:], expected[:, 1:], atol=2e-3)
    np.testing.assert_allclose(timbre.higher_mfccs(spectra(NOISE)), expected[:, 1:], atol=2e-3)
    power = librosa.feature.melspectrogram(y=NOISE, sr=SR, pad_mode="reflect")
    levels = librosa.power_to_db(power, ref=np.max)
    np.testing.assert_allclose(timbre.mel_level(spectra(NOISE)), levels.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(found[:, 0], levels.sum(axis=0) / np.sqrt(128), atol=2e-2)
    slope = (expected[2:] - expected[:-2]) / 2
    np.testing.assert_allclose(timbre.mfcc_delta(spectra(NOISE)), slope, atol=2e-3)
    pairs = np.triu_indices(21, 1)
    np.testing.assert_allclose(
        timbre.mfcc_covariance(spectra(NOISE)), np.cov(expected.T, bias=True)[pairs], atol=2e-2
    )
    np.testing.assert_allclose(
        timbre.mfcc_delta_covariance(spectra(NOISE)), np.cov(slope.T, bias=True)[pairs], atol=2e-2
    )


def test_texture_windows_last_a_second():
    windows = timbre.first_mfccs(spectra(NOISE))[: 4 * 43].reshape(4, 43, 21)
    np.testing.assert_allclose(timbre.mfcc_window_mean(spectra(NOISE)), windows.mean(1), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(timbre.mfcc_window_std(spectra(NOISE)), windows.std(1), rtol=1e-3)


def test_contrast_is_librosas():
    expected = librosa.feature.spectral_contrast(S=magnitude(NOISE), sr=SR).T
    here = spectra(NOISE)
    np.testing.assert_allclose(contrast.spectral_contrast(here), expected, atol=1e-3)
    peak, valley = contrast.spectral_peak(here), contrast.spectral_valley(here)
    np.testing.assert_allclose(peak - valley, expected, atol=1e-3)
    assert (10 ** (peak.astype(np.float64) / 10)).mean() == pytest.approx(1, rel=1e-5)


def test_flatness_onsets_chroma_and_tonnetz_are_librosas():
    S = magnitude(NOISE)
    flatness = 10 * np.log10(librosa.feature.spectral_flatness(S=S)[0])
    np.testing.assert_allclose(spectral.spectral_flatness(spectra(NOISE)), flatness, atol=1e-3)
    strength = librosa.onset.onset_strength(y=NOISE, sr=SR, pad_mode="reflect")
    np.testing.assert_allclose(pulse.onset_strength(spectra(NOISE)), strength, atol=1e-3)
    chroma = librosa.feature.chroma_stft(y=NOISE, sr=SR, pad_mode="reflect")
    tonnetz = librosa.feature.tonnetz(chroma=chroma).T
    np.testing.assert_allclose(tonal.tonnetz(spectra(NOISE)), tonnetz, atol=1e-4)


def test_octave_bands_use_the_same_formula_on_a_part_of_the_spectrum():
    S = magnitude(NOISE)
    edges = [*spectral.octave_edges(1025), 1025]
    for band in range(spectral.N_OCTAVES):
        part = S[edges[band] : edges[band + 1]]
        flatness = 10 * np.log10(librosa.feature.spectral_flatness(S=part)[0])
        np.testing.assert_allclose(spectral.octave_flatness(spectra(NOISE))[:, band], flatness, atol=2e-3)
        crest = 10 * np.log10((part**2).max(0) / (part**2).mean(0))
        np.testing.assert_allclose(spectral.octave_crest(spectra(NOISE))[:, band], crest, atol=2e-3)


def test_descriptors_of_a_spectrum_are_those_of_numpy_and_scipy():
    S = magnitude(NOISE)
    hz = np.linspace(0, SR / 2, 1025)
    power = S**2
    here = spectra(NOISE)
    np.testing.assert_allclose(
        spectral.spectral_entropy(here), scipy.stats.entropy(power) / np.log(1025), atol=1e-5
    )
    np.testing.assert_allclose(
        spectral.spectral_crest(here), 10 * np.log10(power.max(0) / power.mean(0)), atol=1e-3
    )
    slope = np.polyfit(hz / 1000, 10 * np.log10(power), 1)[0]
    np.testing.assert_allclose(spectral.spectral_slope(here), slope, atol=1e-3)
    unit = S / np.linalg.norm(S, axis=0)
    flux = np.linalg.norm(np.diff(unit, axis=1), axis=0)
    np.testing.assert_allclose(spectral.spectral_flux(here), [0, *flux], atol=1e-4)
    for percent, found in zip(spectral.ROLLOFFS, spectral.rolloff_at(here).T, strict=True):
        expected = librosa.feature.spectral_rolloff(S=S, sr=SR, roll_percent=percent / 100)[0]
        assert np.mean(np.isclose(found, expected)) > 0.99
    weights = S / S.sum(0)
    centre = (weights * hz[:, None]).sum(0)
    away = hz[:, None] - centre
    width = np.sqrt((weights * away**2).sum(0))
    skewness = (weights * away**3).sum(0) / width**3
    np.testing.assert_allclose(spectral.spectral_skewness(here), skewness, atol=1e-4)
    kurtosis = (weights * away**4).sum(0) / width**4
    np.testing.assert_allclose(spectral.spectral_kurtosis(here), kurtosis, atol=1e-4)


# ---------------------------------------------------------------- closed forms


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
    x = RNG.standard_normal(500)
    np.testing.assert_array_equal(pulse.local_maxima(x), scipy.signal.find_peaks(x)[0])
    assert pulse.local_maxima(np.zeros(9)).size == 0


def test_the_autocorrelation_is_numpys():
    x = RNG.standard_normal(200)
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
