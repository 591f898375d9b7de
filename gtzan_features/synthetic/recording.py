"""The recording of one track: compression, noise, equalisation, room and level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from gtzan_features.synthetic.style import EQ_CENTRES_HZ, Channel

FloatArray = NDArray[np.float32]

_EQ_TAPS = 2_048
_PEAK = 0.97  # of full scale: a 16-bit file never clips


def record(dry: FloatArray, channel: Channel, sr: int, rng: np.random.Generator) -> FloatArray:
    """Record a dry mix.

    Parameters
    ----------
    dry : ndarray of shape (n_samples,)
        The mix; not silent.
    channel : Channel
        The recording's character.
    sr : int
        Sample rate in Hz.
    rng : numpy.random.Generator
        Draws noise and room.

    Returns
    -------
    ndarray of shape (n_samples,)
        float32 within (-1, 1), at about ``channel.level_db``.
    """
    drive = 0.25 * 10 ** (channel.drive_db / 20) / _rms(dry)
    wet = np.tanh(np.float32(drive) * dry)
    noise = _rms(wet) * 10 ** (channel.noise_db / 20)
    wet += np.float32(noise) * rng.standard_normal(wet.size, dtype=np.float32)
    response = _impulse_response(channel, sr, rng)
    wet = signal.oaconvolve(wet, response)[: dry.size].astype(np.float32)
    wet *= np.float32(10 ** (channel.level_db / 20) / _rms(wet))
    return _limit(wet)


def _rms(y: FloatArray) -> float:
    return max(float(np.sqrt(np.mean(np.square(y), dtype=np.float64))), 1e-9)


def _limit(y: FloatArray) -> FloatArray:
    """Bend peaks that would clip; a quiet track passes unchanged."""
    if float(np.max(np.abs(y))) < _PEAK:
        return y
    return np.asarray(np.float32(_PEAK) * np.tanh(y / np.float32(_PEAK)), dtype=np.float32)


def _impulse_response(channel: Channel, sr: int, rng: np.random.Generator) -> FloatArray:
    """Equalisation and room in one filter, so that the track is convolved once."""
    n_room = round(2.5 * channel.room_s * sr)
    time = np.arange(n_room, dtype=np.float32) / np.float32(sr)
    room = rng.standard_normal(n_room, dtype=np.float32) * np.exp(-time / np.float32(channel.room_s))
    room[: round(0.01 * sr)] = 0  # the first reflection comes 10 ms after the direct sound
    room *= np.float32(10 ** (channel.wet_db / 20) / np.sqrt(np.sum(np.square(room), dtype=np.float64)))
    room[0] = 1
    return np.asarray(signal.oaconvolve(room, _equaliser(channel, sr)), dtype=np.float32)


def _equaliser(channel: Channel, sr: int) -> FloatArray:
    """Linear-phase filter with the gains of `channel` in overlapping octaves, and its upper end."""
    freqs = np.maximum(fft.rfftfreq(_EQ_TAPS, 1 / sr), 20.0)
    gain_db = np.zeros(freqs.size)
    for centre_hz, band_db in zip(EQ_CENTRES_HZ, channel.eq_db, strict=True):
        gain_db += band_db * np.exp(-0.5 * (np.log2(freqs / centre_hz) / 0.6) ** 2)
    gain_db -= 10 * np.log10(1 + (freqs / channel.top_hz) ** 10)
    taps = fft.irfft(10 ** (gain_db / 20), _EQ_TAPS)
    return np.asarray(np.roll(taps, _EQ_TAPS // 2) * signal.windows.hann(_EQ_TAPS), dtype=np.float32)
