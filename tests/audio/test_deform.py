"""Each deformation against a closed form, or a measure that does not share its code."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.signal import butter, sosfreqz

from gtzan_features.audio.deform import DEFORMATIONS, ROBUST, deformations
from gtzan_features.audio.filters import ORDER
from gtzan_features.audio.room import impulse_response
from gtzan_features.errors import ConfigError
from tests.audio.test_augment import peak_hz, sine
from tests.conftest import SR, tone

BY_NAME = {one.name: one for one in DEFORMATIONS}


def names_of(*kinds):
    return [one.name for one in DEFORMATIONS if one.kind in kinds]


def apply(name, y, seed=0):
    return BY_NAME[name].apply(y, SR, np.random.default_rng(seed))


def power_db(y):
    return 10 * np.log10(np.mean(np.square(y, dtype=np.float64)))


def gain_db(name, hz, seconds=3.0):
    """Level of a sine after a deformation over that before, without the edges."""
    inner = slice(SR, -SR)
    y = sine(hz, seconds)
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


@pytest.mark.parametrize("n_samples", [1, 2, 575, 577, 1153, 2049, SR + 1])
@pytest.mark.parametrize("name", [one.name for one in DEFORMATIONS if one.kind != "speed"])
def test_any_number_of_samples_keeps_its_number(name, n_samples):
    y = (0.1 * np.random.default_rng(n_samples).standard_normal(n_samples)).astype(np.float32)
    a = apply(name, y)
    assert a.shape == y.shape
    assert np.isfinite(a).all()


@pytest.mark.parametrize("name", BY_NAME)
def test_silence_stays_silent(name):
    np.testing.assert_array_equal(apply(name, np.zeros(SR, np.float32)), 0)


@pytest.mark.parametrize("name", [one.name for one in DEFORMATIONS if one.kind != "speed"])
def test_no_deformation_shifts_the_signal(name):
    y = np.random.default_rng(0).standard_normal(4 * SR).astype(np.float32) * np.float32(0.1)
    deformed = apply(name, y)
    both = np.fft.rfft(y, 2 * y.size) * np.conj(np.fft.rfft(deformed, 2 * y.size))
    assert np.fft.irfft(both).argmax() == 0


@pytest.mark.parametrize("name", names_of("noise"))
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


@pytest.mark.parametrize("name", names_of("low-pass", "high-pass"))
def test_a_filter_has_the_response_of_two_butterworths(name):
    """Against scipy's response and the closed form of a bilinear Butterworth, squared: it runs both ways."""
    cutoff = BY_NAME[name].amount
    high = BY_NAME[name].kind == "high-pass"
    sections = butter(ORDER, cutoff, "high" if high else "low", fs=SR, output="sos")
    for ratio in (0.7, 0.9, 1.0, 1.1) if high else (0.5, 0.9, 1.0, 1.05, 1.1):
        hz = ratio * cutoff
        measured = gain_db(name, hz, seconds=8.0)
        _, response = sosfreqz(sections, worN=[hz], fs=SR)
        assert measured == pytest.approx(40 * np.log10(abs(response[0])), abs=0.05), hz
        warped = np.tan(np.pi * hz / SR) / np.tan(np.pi * cutoff / SR)
        power = warped ** (-2 * ORDER if high else 2 * ORDER)
        assert measured == pytest.approx(-20 * np.log10(1 + power), abs=0.05), hz
    assert gain_db(name, cutoff * (0.4 if high else 1.36), seconds=8.0) < -50
    assert gain_db(name, 1000, seconds=8.0) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("name", names_of("high-pass"))
def test_a_high_pass_takes_a_constant_away_to_the_edges_and_rings_nowhere(name):
    y = sine(1000, 3.0)
    lifted = apply(name, y + np.float32(0.25))
    np.testing.assert_allclose(lifted, apply(name, y), atol=1e-6)
    assert np.abs(lifted - y).max() < 0.06  # of the half-waves at the edges; 0.28 by an odd mirror
    assert np.abs(apply(name, np.full(3 * SR, 0.5, np.float32))).max() < 1e-6


@pytest.mark.parametrize("name", names_of("low-pass", "high-pass"))
def test_a_filter_refuses_a_rate_that_has_not_its_cut_off(name):
    one = BY_NAME[name]
    with pytest.raises(ConfigError, match=rf"pass: no cut-off at {one.amount:.0f} Hz; .* lies between 0 and"):
        one.apply(tone(1.0, 440), int(2 * one.amount), np.random.default_rng(0))


def test_resampling_through_a_higher_rate_changes_only_the_top_of_the_band():
    y = np.random.default_rng(0).standard_normal(10 * SR).astype(np.float32)
    before, after = (np.abs(np.fft.rfft(some)) ** 2 for some in (y, apply("resample-44k", y)))
    hz = np.fft.rfftfreq(y.size, 1 / SR)
    inner, top = hz < 9_500, hz > 10_980
    assert 10 * np.log10(after[inner].sum() / before[inner].sum()) == pytest.approx(0, abs=0.01)
    assert 10 * np.log10(after[top].sum() / before[top].sum()) < -6
    assert gain_db("resample-44k", 440) == pytest.approx(0, abs=1e-3)
    np.testing.assert_allclose(apply("resample-44k", sine(440))[SR:-SR], sine(440)[SR:-SR], atol=1e-4)


def test_the_room_is_its_impulse_response_and_cuts_what_rings_on():
    y = tone(2.0, 440)
    response = impulse_response(SR, BY_NAME["room"].amount)
    expected = np.convolve(y.astype(np.float64), response)[: y.size]
    np.testing.assert_allclose(apply("room", y), expected, atol=1e-5)
    np.testing.assert_array_equal(apply("room", y, seed=1), apply("room", y))


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


def test_robust_training_takes_deformations_that_exist_once_each():
    assert [one.name for one in deformations(ROBUST)] == list(ROBUST)
    assert len(set(ROBUST)) == len(ROBUST)


def test_names_are_known_without_what_computes():
    code = (
        "import sys, gtzan_features.audio.deform; print(*{'numpy', 'scipy', 'soundfile'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.strip()
