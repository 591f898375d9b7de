"""The room by what acoustics measures of an impulse response."""

from __future__ import annotations

import numpy as np
import pytest

from gtzan_features.audio.room import DIRECT_TO_REVERBERANT_DB, impulse_response
from tests.conftest import SR


@pytest.mark.parametrize("rt60_s", [0.3, 0.5, 1.2])
@pytest.mark.parametrize("sr", [SR, 44_100])
def test_reverberation_time_by_schroeder_integration(rt60_s, sr):
    """T30 of ISO 3382: the slope of the energy that is still to come, from -5 to -35 dB."""
    late = impulse_response(sr, rt60_s)[1:]
    left_db = 10 * np.log10(np.cumsum(late[::-1] ** 2)[::-1] / np.sum(late**2))
    at = np.flatnonzero((left_db <= -5) & (left_db >= -35))
    slope = np.polyfit(at / sr, left_db[at], 1)[0]
    assert -60 / slope == pytest.approx(rt60_s, rel=0.03)


def test_energy_and_direct_sound():
    response = impulse_response(SR, 0.5)
    assert np.sum(response**2) == pytest.approx(1)
    ratio = 10 * np.log10(response[0] ** 2 / np.sum(response[1:] ** 2))
    assert ratio == pytest.approx(DIRECT_TO_REVERBERANT_DB, abs=1e-6)
    assert np.abs(response).argmax() == 0


def test_the_reflections_are_white_and_the_same_each_time():
    response = impulse_response(SR, 0.5)
    np.testing.assert_array_equal(response, impulse_response(SR, 0.5))
    spectrum = np.abs(np.fft.rfft(response[1:])) ** 2
    quarters = [part.mean() for part in np.array_split(spectrum, 4)]
    assert max(quarters) / min(quarters) < 1.3
