"""Each deformation against a closed form, or a measure that does not share its code."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from gtzan_features.audio.deform import DEFORMATIONS, Deformation, deformations, encode_mp3
from gtzan_features.errors import ConfigError
from tests.audio.test_augment import peak_hz, sine
from tests.conftest import SR, tone

BY_NAME = {one.name: one for one in DEFORMATIONS}


def apply(name, y, seed=0):
    return BY_NAME[name].apply(y, SR, np.random.default_rng(seed))


def power_db(y):
    return 10 * np.log10(np.mean(np.square(y, dtype=np.float64)))


def gain_db(name, hz):
    """Level of a sine after a deformation over that before, without the edges."""
    inner = slice(SR // 2, -SR // 2)
    y = sine(hz, 3.0)
    return power_db(apply(name, y)[inner]) - power_db(y[inner])


@pytest.mark.parametrize("name", BY_NAME)
def test_equal_seeds_give_equal_samples_and_the_signal_stays(name):
    y = tone(3.0, 440)
    before = y.copy()
    a, b = apply(name, y), apply(name, y)
    assert a.dtype == np.float32
    assert a.flags.c_contiguous
    assert np.isfinite(a).all()
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(y, before)
    if BY_NAME[name].kind != "speed":
        assert a.shape == y.shape


@pytest.mark.parametrize("name", ["mp3-64", "mp3-128"])
def test_mp3_has_its_rate_and_does_not_shift(name):
    kbit_s = BY_NAME[name].amount
    y = tone(20.0, 440) + 0.1 * np.random.default_rng(1).standard_normal(20 * SR).astype(np.float32)
    size = len(encode_mp3(y, SR, kbit_s))
    assert 8 * size / 20 / 1000 == pytest.approx(kbit_s, rel=0.01)
    decoded = apply(name, y)
    shift = np.fft.irfft(np.fft.rfft(y, 2 * y.size) * np.conj(np.fft.rfft(decoded, 2 * y.size)))
    assert shift.argmax() == 0
    assert 0.9 < np.corrcoef(y, decoded)[0, 1] < 0.99999


def test_a_lower_mp3_rate_loses_more():
    y = (0.2 * np.random.default_rng(0).standard_normal(5 * SR)).astype(np.float32)
    lost = {name: power_db(apply(name, y) - y) for name in ("mp3-64", "mp3-128")}
    assert lost["mp3-64"] > lost["mp3-128"] + 1


def test_a_codec_that_shifts_or_is_missing_is_named(monkeypatch):
    y = tone(3.0, 440)
    with pytest.raises(ConfigError, match="no 20 kbit/s at 22050 Hz; there are 8, 16"):
        encode_mp3(y, SR, 20)
    with pytest.raises(ConfigError, match="no 64 kbit/s at 44100 Hz"):
        encode_mp3(y, 44_100, 64)
    with pytest.raises(ConfigError, match="samples came back of 66150"):
        Deformation(name="x", kind="mp3", amount=24, label="x").apply(y, SR, np.random.default_rng(0))
    monkeypatch.setattr(soundfile, "available_formats", dict)
    with pytest.raises(ConfigError, match="this libsndfile writes none"):
        apply("mp3-64", y)


@pytest.mark.parametrize("name", ["noise-30", "noise-20", "noise-10"])
def test_noise_is_white_and_has_its_ratio(name):
    y = sine(440, 5.0)
    noise = apply(name, y).astype(np.float64) - y
    assert power_db(y) - power_db(noise) == pytest.approx(BY_NAME[name].amount, abs=0.1)
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    quarters = [part.mean() for part in np.array_split(spectrum, 4)]
    assert max(quarters) / min(quarters) < 1.1
    assert (apply(name, y, seed=1) != apply(name, y)).any()


def test_gain_is_a_factor_and_clips_nothing():
    y = sine(440)
    np.testing.assert_allclose(apply("gain+6", y), y * 10**0.3, rtol=1e-6)
    np.testing.assert_allclose(apply("gain-6", y), y * 10**-0.3, rtol=1e-6)
    assert np.abs(apply("gain+6", y)).max() == pytest.approx(10**0.3, rel=1e-3)


def test_the_low_pass_has_the_response_of_two_butterworths():
    for hz in (1000, 3500, 4000, 4500, 5000):
        # Twice, as it runs both ways; the bilinear transform warps frequencies.
        warped = np.tan(np.pi * hz / SR) / np.tan(np.pi * 4000 / SR)
        assert gain_db("low-pass-4k", hz) == pytest.approx(-20 * np.log10(1 + warped**16), abs=0.02), hz
    assert gain_db("low-pass-4k", 6000) < -60
    y = np.random.default_rng(0).standard_normal(4 * SR).astype(np.float32)
    spectrum = np.abs(np.fft.rfft(apply("low-pass-4k", y)))
    hz = np.fft.rfftfreq(y.size, 1 / SR)
    assert spectrum[hz > 6000].max() < 1e-2 * np.median(spectrum[hz < 3000])


@pytest.mark.parametrize(("name", "factor"), [("speed+3", 1.03), ("speed-3", 0.97)])
def test_speed_moves_length_pitch_and_time_together(name, factor):
    y = sine(1000, 6.0)
    assert len(apply(name, y)) == pytest.approx(len(y) / factor, abs=1)
    assert peak_hz(apply(name, y)) == pytest.approx(1000 * factor, abs=0.2)
    click = np.zeros(6 * SR, np.float32)
    click[3 * SR] = 1
    assert np.abs(apply(name, click)).argmax() == pytest.approx(3 * SR / factor, abs=1)


def test_clipping_cuts_its_share_and_leaves_the_rest():
    y = np.random.default_rng(0).standard_normal(50_000).astype(np.float32)
    clipped = apply("clip-10", y)
    changed = clipped != y
    assert changed.mean() == pytest.approx(0.1, abs=1e-3)
    top = np.abs(clipped).max()
    np.testing.assert_allclose(np.abs(clipped[changed]), top)
    assert top == pytest.approx(1.645, abs=0.02)  # the 90 % quantile of a Gaussian's absolute value
    assert (np.sign(clipped) == np.sign(y)).all()


def test_names_and_fingerprints():
    assert deformations(()) == DEFORMATIONS
    assert [one.name for one in deformations(("gain+6", "mp3-64"))] == ["gain+6", "mp3-64"]
    with pytest.raises(ConfigError, match="no deformation 'echo'; there are mp3-128"):
        deformations(("echo",))
    assert len({one.fingerprint() for one in DEFORMATIONS}) == len(DEFORMATIONS)
