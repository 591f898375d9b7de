"""The `full` set: names, degenerate signals, and librosa, scipy and numpy as references."""

import librosa
import numpy as np
import pytest
import scipy.stats

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import (
    contrast,
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
from tests.descriptors.signals import CONFIG, NOISE, SR, chord, clicks, magnitude, sine, spectra

COLUMNS = sets.columns(CONFIG)


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
    x = np.random.default_rng(0).gamma(2.0, size=(301, 3))
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
