"""The phase vocoder: in closed form, as a whole and in blocks, and librosa of any version as reference."""

from __future__ import annotations

import warnings

import librosa
import numpy as np
import pytest

from gtzan_features.audio import stretching
from gtzan_features.audio.stretching import shifted, stretched
from tests.conftest import SR

RATES = (0.85, 0.97, 1.15)


def music(seconds=1.5):
    t = np.arange(round(seconds * SR)) / SR
    noise = np.random.default_rng(0).standard_normal(len(t))
    decaying = np.sin(2 * np.pi * 220 * t) * np.exp(-4 * (t % 0.5))
    return (decaying + 0.3 * np.sin(2 * np.pi * 1733 * t) + 0.1 * noise).astype(np.float32)


@pytest.fixture(autouse=True)
def librosas_own_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 1.0 warns of words that it gives itself
        yield


@pytest.mark.parametrize("n_samples", [1, 500, 511, 512, 2048, 30_000])
def test_at_its_own_rate_a_signal_stays_itself(n_samples):
    y = music()[:n_samples]
    np.testing.assert_allclose(stretched(y, 1.0), y, atol=1e-6)
    np.testing.assert_allclose(shifted(y, SR, 0.0), y, atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("n_samples", [1, 700, 33_001])
def test_the_length_is_the_rates_and_silence_stays_silent(rate, n_samples):
    y = music()[:n_samples]
    assert stretched(y, rate).shape == (round(n_samples / rate),)
    assert shifted(y, SR, 12 * np.log2(rate)).shape == y.shape
    assert stretched(y, rate).dtype == shifted(y, SR, 1.0).dtype == np.float32
    assert not stretched(np.zeros_like(y), rate).any()


@pytest.mark.parametrize("rate", RATES)
def test_blocks_of_any_size_give_the_same_samples(monkeypatch, rate):
    y = music()
    whole = stretched(y, rate)
    for block in (1, 2, 7):
        monkeypatch.setattr(stretching, "_BLOCK", block)
        np.testing.assert_allclose(stretched(y, rate), whole, atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_samples_are_those_of_librosa_but_at_the_end(rate):
    """0.11 adds phases up in single precision, which costs it a thousandth after a second."""
    y = music()
    body = slice(0, -2 * 2048)
    theirs = librosa.effects.time_stretch(y, rate=rate)
    np.testing.assert_allclose(stretched(y, rate)[body], theirs[body], atol=5e-3)
    steps = float(12 * np.log2(rate))
    theirs = librosa.effects.pitch_shift(y, sr=SR, n_steps=steps)
    np.testing.assert_allclose(shifted(y, SR, steps)[body], theirs[body], atol=5e-3)
