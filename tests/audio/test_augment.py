from __future__ import annotations

import numpy as np
import pytest

from gtzan_features.audio.augment import KINDS, LARGEST_CROP, SEMITONES, STRETCH, augment, fitted, with_noise
from gtzan_features.errors import ConfigError
from tests.conftest import SR, tone


def sine(hz, seconds=2.0):
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * SR)) / SR).astype(np.float32)


def rng(seed=0):
    return np.random.default_rng(seed)


def peak_hz(y):
    spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y))))
    return np.fft.rfftfreq(len(y), 1 / SR)[spectrum.argmax()]


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides_and_length_and_type_stay(kind):
    y = tone(2.0, 440)
    before = y.copy()
    a, b, c = (augment(y, SR, kind, rng(seed)) for seed in (1, 1, 2))
    assert a.shape == y.shape
    assert a.dtype == np.float32
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()
    assert np.isfinite(a).all()
    np.testing.assert_array_equal(y, before)


@pytest.mark.parametrize("snr_db", [0.0, 10.0, 30.0])
def test_noise_has_the_ratio_that_was_asked_for(snr_db):
    y = sine(440, 5.0)
    noise = with_noise(y, snr_db, rng()).astype(np.float64) - y
    assert 10 * np.log10(np.mean(y.astype(np.float64) ** 2) / np.mean(noise**2)) == pytest.approx(
        snr_db, abs=0.1
    )
    flatness = np.abs(np.fft.rfft(noise)) ** 2
    halves = flatness[: len(flatness) // 2].mean() / flatness[len(flatness) // 2 :].mean()
    assert halves == pytest.approx(1, abs=0.05)
    assert not with_noise(np.zeros(10, np.float32), snr_db, rng()).any()


def test_time_shift_is_a_rotation():
    y = np.arange(1000, dtype=np.float32)
    shifted = augment(y, SR, "time-shift", rng())
    start = int(shifted[0])
    np.testing.assert_array_equal(shifted, np.concatenate([y[start:], y[:start]]))


def test_crop_and_pad_keeps_a_stretch_between_silence():
    y = np.arange(1, 10_001, dtype=np.float32)
    cropped = augment(y, SR, "crop-pad", rng(3))
    kept = cropped[cropped > 0]
    assert len(kept) >= (1 - LARGEST_CROP) * len(y)
    np.testing.assert_array_equal(np.diff(kept), 1)
    at = np.flatnonzero(cropped)
    assert at[-1] - at[0] + 1 == len(kept) < len(y)


@pytest.mark.parametrize("seed", range(3))
def test_pitch_shift_moves_a_sine_by_its_semitones(seed):
    steps = rng(seed).uniform(*SEMITONES)
    shifted = augment(sine(440), SR, "pitch-shift", rng(seed))
    assert peak_hz(shifted) == pytest.approx(440 * 2 ** (steps / 12), rel=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_time_stretch_keeps_pitch_and_moves_events(seed):
    rate = rng(seed).uniform(*STRETCH)
    assert peak_hz(augment(sine(440), SR, "time-stretch", rng(seed))) == pytest.approx(440, rel=0.01)
    y = np.zeros(3 * SR, np.float32)
    y[SR : SR + 2000] = sine(1000)[:2000]
    moved = np.abs(augment(y, SR, "time-stretch", rng(seed)))
    centre = (np.arange(len(y)) * moved**2).sum() / (moved**2).sum()
    assert centre == pytest.approx((SR + 1000) / rate, rel=0.02)


def test_fitted_continues_from_the_start():
    assert fitted(np.float32([1, 2, 3]), 5).tolist() == [1, 2, 3, 1, 2]
    with pytest.raises(ConfigError, match="no augmentation 'echo' of audio; there are time-shift"):
        augment(sine(440), SR, "echo", rng())
