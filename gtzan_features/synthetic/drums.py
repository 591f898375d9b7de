"""Drum kits: sines that fall in pitch, and filtered noise."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy import signal

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """The settings of one drum kit: frequencies in Hz, decays as time constants in s."""

    kick_hz: float = 55.0
    kick_decay_s: float = 0.12
    kick_click: float = 0.3  # gain of the beater's noise
    snare_hz: float = 190.0
    snare_decay_s: float = 0.11
    snare_noise: float = 0.8  # noise over tone
    snare_high_pass_hz: float = 1_200.0
    hat_high_pass_hz: float = 6_000.0
    hat_decay_s: float = 0.035
    open_decay_s: float = 0.18
    ride_decay_s: float = 0.35
    shaker_decay_s: float = 0.05
    tom_hz: float = 95.0


KITS: dict[str, Kit] = {
    "acoustic": Kit(),
    "tight": Kit(kick_decay_s=0.09, kick_click=0.5, snare_hz=210, snare_decay_s=0.09),
    "brushes": Kit(
        kick_hz=60, kick_click=0.1, snare_decay_s=0.07, shaker_decay_s=0.11, hat_high_pass_hz=5_000
    ),
    "vintage": Kit(kick_hz=65, kick_click=0.15, snare_high_pass_hz=800, hat_high_pass_hz=4_500),
    "disco": Kit(kick_hz=62, kick_decay_s=0.1, kick_click=0.4, snare_decay_s=0.09, open_decay_s=0.12),
    "electronic": Kit(kick_hz=50, kick_decay_s=0.2, kick_click=0.4, snare_noise=1.2, hat_decay_s=0.025),
    "tr808": Kit(kick_hz=46, kick_decay_s=0.35, kick_click=0.15, snare_hz=180, hat_high_pass_hz=7_000),
    "dub": Kit(kick_hz=52, kick_decay_s=0.16, kick_click=0.1, snare_hz=260, hat_high_pass_hz=5_500),
    "metal": Kit(kick_hz=60, kick_decay_s=0.06, kick_click=1.0, snare_decay_s=0.12, ride_decay_s=0.5),
    "orchestra": Kit(tom_hz=85, kick_hz=50, kick_click=0.05, kick_decay_s=0.3),
}


def vary_kit(kit: Kit, rng: np.random.Generator) -> Kit:
    """Draw the kit that one track plays: every setting within about 20 % of the kind."""
    return replace(
        kit, **{f.name: getattr(kit, f.name) * float(rng.lognormal(0.0, 0.15)) for f in fields(kit)}
    )


def render_kit(kit: Kit, sr: int, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Every voice of a kit.

    Returns
    -------
    dict of str to ndarray of shape (n_samples,)
        float32 within about [-1, 1], keyed by the letters of `patterns.DRUMS`.
    """
    hat = kit.hat_high_pass_hz
    rim = _layer(_tone(sr, 1_700, 1_700, 0.015), 0.3 * _noise(sr, rng, 0.01, 3_000))
    snare = _tone(sr, kit.snare_hz, kit.snare_hz * 1.3, 0.06)
    return {
        "K": _kick(kit, sr, rng),
        "S": _layer(snare, kit.snare_noise * _noise(sr, rng, kit.snare_decay_s, kit.snare_high_pass_hz)),
        "H": 0.45 * _noise(sr, rng, kit.hat_decay_s, hat),
        "O": 0.45 * _noise(sr, rng, kit.open_decay_s, hat),
        "R": _layer(0.3 * _noise(sr, rng, kit.ride_decay_s, hat * 0.7), 0.06 * _tone(sr, 3_150, 3_150, 0.2)),
        "C": _clap(sr, rng),
        "T": 0.6 * rim,
        "B": 0.35 * _noise(sr, rng, kit.shaker_decay_s, 3_500.0),
        "M": _tone(sr, kit.tom_hz, kit.tom_hz * 1.5, 0.2),
        "X": 0.4 * _noise(sr, rng, 0.6, hat * 0.6),
    }


def _kick(kit: Kit, sr: int, rng: np.random.Generator) -> FloatArray:
    body = 1.3 * _tone(sr, kit.kick_hz, kit.kick_hz * 4.0, kit.kick_decay_s)
    return _layer(body, kit.kick_click * _noise(sr, rng, 0.006, 1_500.0))


def _clap(sr: int, rng: np.random.Generator) -> FloatArray:
    """Three bursts of noise, the last with a tail."""
    burst = 0.7 * _noise(sr, rng, 0.006, 900.0)
    clap = 0.8 * _noise(sr, rng, 0.08, 900.0)
    for delay_s in (0.011, 0.022):
        start = round(delay_s * sr)
        clap[start : start + burst.size] += burst[: clap.size - start]
    return clap


def _layer(a: FloatArray, b: FloatArray) -> FloatArray:
    """Sum of two sounds that start together."""
    longer, shorter = (a, b) if a.size >= b.size else (b, a)
    total = longer.copy()
    total[: shorter.size] += shorter
    return total


def _time(sr: int, decay_s: float) -> FloatArray:
    """Five time constants, after which a sound is 43 dB down."""
    return np.arange(max(round(5 * decay_s * sr), 2), dtype=np.float32) / np.float32(sr)


def _fade(time: FloatArray, decay_s: float) -> FloatArray:
    """Exponential decay that ends on zero, so that the cut makes no click."""
    tail = np.float32(np.exp(-5.0))
    return np.asarray(np.maximum(np.exp(-time / np.float32(decay_s)) - tail, 0), dtype=np.float32)


def _tone(sr: int, freq_hz: float, start_hz: float, decay_s: float) -> FloatArray:
    """Sine that falls from `start_hz` to `freq_hz` within some 20 ms, and decays."""
    time = _time(sr, decay_s)
    fall_s = 0.02
    cycles = freq_hz * time + (start_hz - freq_hz) * fall_s * (1 - np.exp(-time / np.float32(fall_s)))
    return np.asarray(np.sin(2 * np.pi * cycles) * _fade(time, decay_s), dtype=np.float32)


def _noise(sr: int, rng: np.random.Generator, decay_s: float, high_pass_hz: float) -> FloatArray:
    """Decaying noise above `high_pass_hz`, of the same power whatever the cutoff."""
    time = _time(sr, decay_s)
    noise = rng.standard_normal(time.size, dtype=np.float32)
    cutoff = min(high_pass_hz, 0.4 * sr)
    sos = signal.butter(2, cutoff, "highpass", fs=sr, output="sos").astype(np.float32)
    noise = signal.sosfilt(sos, noise) / np.float32(np.sqrt(1 - 2 * cutoff / sr) * 2.5)
    return np.asarray(noise * _fade(time, decay_s), dtype=np.float32)
