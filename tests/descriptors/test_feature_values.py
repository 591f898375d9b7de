"""Values in closed form, degenerate signals, and librosa as an independent reference."""

import librosa
import numpy as np
import pytest

from gtzan_features.config import FeatureConfig
from gtzan_features.descriptors import energy, rhythm, sets, spectral, timbre
from gtzan_features.spectra import Spectra

CONFIG = FeatureConfig()
NAMES = [column.name for column in sets.columns(CONFIG)]
SR = CONFIG.sr


def sine(hz, seconds=3.0, amplitude=0.5):
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * SR)) / SR)).astype(np.float32)


def as_16_bit(signal):
    """Round as a file would: without any noise, the rounding of float32 transforms would show."""
    return (np.round(signal * 2**15) / 2**15).astype(np.float32)


def row(signal):
    return dict(zip(NAMES, sets.compute([signal], CONFIG)[0].tolist(), strict=True))


def clicks(bpm, seconds=12.0):
    signal = 0.001 * np.random.default_rng(0).standard_normal(round(seconds * SR))
    for start in np.arange(0, seconds - 0.1, 60 / bpm):
        first = round(start * SR)
        signal[first : first + 1000] += np.random.default_rng(1).standard_normal(1000) * np.geomspace(
            1, 0.01, 1000
        )
    return signal.astype(np.float32)


def plain_row(signal):
    """Every feature by one librosa call, as the recipe says."""
    pad = {"pad_mode": "reflect"}
    S = np.abs(librosa.stft(signal, **pad))
    parts = [librosa.istft(part) for part in librosa.decompose.hpss(librosa.stft(signal, **pad))]
    envelope = librosa.onset.onset_strength(y=signal, sr=SR, aggregate=np.median, **pad)
    summarised = {
        "chroma_stft": librosa.feature.chroma_stft(y=signal, sr=SR, **pad),
        "rms": librosa.feature.rms(y=signal, **pad),
        "spectral_centroid": librosa.feature.spectral_centroid(S=S, sr=SR),
        "spectral_bandwidth": librosa.feature.spectral_bandwidth(S=S, sr=SR),
        "rolloff": librosa.feature.spectral_rolloff(S=S, sr=SR),
        "zero_crossing_rate": librosa.feature.zero_crossing_rate(signal),
        "harmony": librosa.util.fix_length(parts[0], size=len(signal)),
        "perceptr": librosa.util.fix_length(parts[1], size=len(signal)),
    }
    for i, values in enumerate(librosa.feature.mfcc(y=signal, sr=SR, n_mfcc=20, **pad), 1):
        summarised[f"mfcc{i}"] = values
    expected = {"tempo": float(np.atleast_1d(librosa.beat.beat_track(onset_envelope=envelope, sr=SR)[0])[0])}
    for name, values in summarised.items():
        expected[f"{name}_mean"], expected[f"{name}_var"] = (
            np.mean(values, dtype=float),
            np.var(values, dtype=float),
        )
    return expected


@pytest.mark.parametrize(
    "signal",
    [
        pytest.param(clicks(100), id="clicks"),
        pytest.param(as_16_bit(sine(440) + 0.3 * sine(1234.5)), id="two sines"),
        pytest.param(np.clip(8 * sine(220), -1, 1) + 0.01 * clicks(90, 3.0), id="clipping"),
        pytest.param(np.random.default_rng(2).standard_normal(66_149).astype(np.float32), id="noise"),
    ],
)
def test_every_column_equals_librosa(signal):
    found, expected = row(signal), plain_row(signal)
    assert found["tempo"] == expected["tempo"]
    for name in NAMES:
        absolute = 1e-4 if name.startswith("mfcc") else 2e-7  # of dB, after a transform in float32
        assert found[name] == pytest.approx(expected[name], rel=1e-4, abs=absolute), name


@pytest.mark.parametrize("hz", [200.0, 1000.0, 5000.0])
def test_the_centroid_of_a_sine_is_its_frequency(hz):
    spectra = Spectra(sine(hz), CONFIG)
    inner = slice(4, -4)
    np.testing.assert_allclose(spectral.spectral_centroid(spectra)[inner], hz, rtol=0.01)
    assert (np.abs(spectral.spectral_rolloff(spectra)[inner] - hz) <= 2 * SR / 2048).all()
    assert (spectral.spectral_bandwidth(spectra)[inner] < 60).all()


def test_rms_and_crossings_of_a_sine():
    spectra = Spectra(sine(441.0, amplitude=0.5), CONFIG)
    np.testing.assert_allclose(energy.rms(spectra)[4:-4], 0.5 / np.sqrt(2), rtol=0.01)
    np.testing.assert_allclose(timbre.zero_crossing_rate(spectra)[4:-4], 2 * 441 / SR, atol=1.5 / 2048)


def test_crossings_equal_librosa_on_tiny_and_on_zero_samples():
    rng = np.random.default_rng(0)
    signal = rng.choice(np.float32([0.0, -0.0, 1e-10, -1e-10, 2e-10, -2e-10, 1, -1]), 10_000).astype(
        np.float32
    )
    # The limit in single precision, as in librosa 0.11: its 1.0 compares in double, so that a float32 of just
    # 1e-10 lies above.
    expected = librosa.feature.zero_crossing_rate(signal, threshold=float(np.float32(1e-10)))[0]
    np.testing.assert_array_equal(timbre.zero_crossing_rate(Spectra(signal, CONFIG)), expected)


def test_rms_equals_librosa():
    signal = np.random.default_rng(0).standard_normal(12_345).astype(np.float32)
    expected = librosa.feature.rms(y=signal, pad_mode="reflect")[0]
    np.testing.assert_allclose(energy.rms(Spectra(signal, CONFIG)), expected, rtol=1e-6)


@pytest.mark.parametrize("bpm", [75, 96, 120, 150])
def test_the_tempo_of_clicks(bpm):
    assert row(clicks(bpm))["tempo"] == pytest.approx(bpm, rel=0.04)


@pytest.mark.parametrize("n_frames", [3, 50, 400])
def test_mean_autocorrelation_equals_the_mean_tempogram(n_frames):
    envelope = np.random.default_rng(0).random(n_frames, np.float32)
    expected = librosa.feature.tempogram(onset_envelope=envelope, win_length=344).mean(axis=1)
    np.testing.assert_allclose(rhythm.mean_autocorrelation(envelope, 344), expected, atol=1e-6)


def test_onset_envelope_equals_librosa():
    signal = clicks(110, 4.0)
    expected = librosa.onset.onset_strength(y=signal, sr=SR, aggregate=np.median, pad_mode="reflect")
    np.testing.assert_allclose(rhythm.onset_envelope(Spectra(signal, CONFIG)), expected, atol=1e-3)


def test_silence_has_the_documented_values():
    found = row(np.zeros(66_149, np.float32))
    assert found.pop("mfcc1_mean") == pytest.approx(-100 * np.sqrt(128), rel=1e-6)
    assert all(abs(value) < 1e-4 for name, value in found.items() if name.startswith("mfcc"))
    assert all(value == 0 for name, value in found.items() if not name.startswith("mfcc"))


def test_one_click_has_finite_values():
    signal = np.zeros(66_149, np.float32)
    signal[30_000] = 1
    found = row(signal)
    assert np.isfinite(list(found.values())).all()
    assert found["rms_mean"] > 0


def test_a_constant_has_its_centroid_near_zero():
    found = row(np.full(66_149, 0.5, np.float32))
    assert found["rms_mean"] == pytest.approx(0.5)
    assert found["spectral_centroid_mean"] < 20
    assert found["zero_crossing_rate_mean"] == 0


def test_louder_is_louder_and_nothing_else():
    """Scaling by a power of two is exact: what does not measure level keeps its bits."""
    signal = clicks(120)
    quiet, loud = row(signal), row(4 * signal)
    for name in (
        "spectral_centroid_mean",
        "rolloff_var",
        "tempo",
        "chroma_stft_mean",
        "zero_crossing_rate_var",
    ):
        assert quiet[name] == loud[name]
    assert loud["rms_mean"] == pytest.approx(4 * quiet["rms_mean"], rel=1e-12)
    assert loud["harmony_var"] == pytest.approx(16 * quiet["harmony_var"], rel=1e-9)
