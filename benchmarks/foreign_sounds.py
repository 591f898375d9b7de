"""Sounds that are no music of GTZAN's genres, each kind made by a seed: float32 at 22050 Hz."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import signal

if TYPE_CHECKING:
    from collections.abc import Callable

SR = 22_050

Array = np.ndarray


def coloured_noise(rng: np.random.Generator, n: int, slope: float) -> Array:
    """Noise whose power falls with frequency to the power of `slope`: 0 white, 1 pink, 2 brown."""
    frequency = np.maximum(np.fft.rfftfreq(n, 1 / SR), 20)
    return np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * frequency ** (-slope / 2), n)


def white(rng: np.random.Generator, t: Array) -> Array:
    return coloured_noise(rng, t.size, 0)


def pink_or_brown(rng: np.random.Generator, t: Array) -> Array:
    return coloured_noise(rng, t.size, float(rng.choice([1, 2])))


def sine(rng: np.random.Generator, t: Array) -> Array:
    return np.sin(2 * np.pi * np.exp(rng.uniform(np.log(60), np.log(8000))) * t)


def three_sines(rng: np.random.Generator, t: Array) -> Array:
    f0 = rng.uniform(100, 400)
    return sum(np.sin(2 * np.pi * f0 * ratio * t) for ratio in (1, 1.25, 1.5))


def sweep(rng: np.random.Generator, t: Array) -> Array:
    low, high = rng.uniform(50, 300), rng.uniform(2000, 9000)
    return signal.chirp(t % 5, f0=low, t1=5, f1=high, method="logarithmic")


def clicks_in_silence(rng: np.random.Generator, t: Array) -> Array:
    y = 1e-5 * rng.standard_normal(t.size)
    y[rng.integers(0, t.size, int(t[-1] * rng.uniform(1, 6)))] += 1
    return y


def speech_like(rng: np.random.Generator, t: Array) -> Array:
    """Glottal pulses through moving formants in syllables, hisses between them, pauses."""
    parts, f0 = [], rng.uniform(90, 230)
    while sum(map(len, parts)) < t.size:
        n = int(rng.uniform(0.1, 0.3) * SR)
        pitch = f0 * (1 + 0.15 * rng.standard_normal()) * np.linspace(1, rng.uniform(0.85, 1.1), n)
        y = np.diff(np.floor(np.cumsum(pitch) / SR), prepend=0) + 0.01 * rng.standard_normal(n)
        formants = rng.uniform((300, 800, 2200), (850, 2300, 3200))
        for formant, width in zip(formants, (80, 110, 160), strict=True):
            r = np.exp(-np.pi * width / SR)
            y = signal.lfilter([1 - r], [1, -2 * r * np.cos(2 * np.pi * formant / SR), r * r], y)
        parts.append(y / (np.abs(y).max() + 1e-9) * np.sqrt(np.hanning(n)))
        if rng.random() < 0.5:
            m = int(rng.uniform(0.03, 0.1) * SR)
            hiss = signal.lfilter([1, -0.95], [1], rng.standard_normal(m))
            parts.append(0.08 * hiss * np.hanning(m))
        if rng.random() < 0.2:
            parts.append(np.zeros(int(rng.uniform(0.1, 0.7) * SR)))
    return np.concatenate(parts)[: t.size] + 1e-4 * rng.standard_normal(t.size)


def ambient_pad(rng: np.random.Generator, t: Array) -> Array:
    """Detuned sawteeth that swell within half a minute, behind a low-pass."""
    y = np.zeros(t.size)
    for f in rng.uniform(50, 110) * np.array([1, 1.5, 2, 2.5, 3, 4]):
        for detuned in (-0.3, 0.3):
            swell = 1 + np.sin(2 * np.pi * rng.uniform(0.03, 0.12) * t + rng.uniform(0, 6))
            y += signal.sawtooth(2 * np.pi * (f + detuned) * t) * swell
    return signal.lfilter(*signal.butter(2, rng.uniform(500, 2000) / (SR / 2)), y)


def wind_rain_birds(rng: np.random.Generator, t: Array) -> Array:
    """Make a field recording by hand: gusts, a hiss of rain, and chirps at random times."""
    y = coloured_noise(rng, t.size, 2)
    y *= (1 + 0.7 * np.sin(2 * np.pi * rng.uniform(0.05, 0.2) * t)) / y.std()
    y += rng.uniform(0.05, 0.3) * coloured_noise(rng, t.size, 0)
    for _ in range(int(t[-1] * rng.uniform(0.3, 2))):
        at, n = rng.integers(0, t.size - SR // 4), int(rng.uniform(0.05, 0.2) * SR)
        trill = 1 + 0.15 * np.sin(2 * np.pi * rng.uniform(8, 25) * np.arange(n) / SR)
        chirp = np.sin(2 * np.pi * np.cumsum(rng.uniform(2500, 6000) * trill) / SR)
        y[at : at + n] += rng.uniform(0.5, 3) * chirp * np.hanning(n)
    return y


def mains_hum(rng: np.random.Generator, t: Array) -> Array:
    hum = sum(np.sin(2 * np.pi * 50 * k * t) / k for k in (1, 2, 3, 4, 6))
    return hum + 0.3 * rng.standard_normal(t.size)


def machine(rng: np.random.Generator, t: Array) -> Array:
    return coloured_noise(rng, t.size, 1) * (signal.square(2 * np.pi * rng.uniform(3, 12) * t, 0.3) > 0)


KINDS: tuple[Callable[[np.random.Generator, Array], Array], ...] = (
    white,
    pink_or_brown,
    sine,
    three_sines,
    sweep,
    clicks_in_silence,
    speech_like,
    ambient_pad,
    wind_rain_birds,
    mains_hum,
    machine,
)


def foreign_sounds(count: int, seconds: float = 30.02) -> dict[str, list[Array]]:
    """Return `count` sounds of each kind, by its name, each at a peak of its own."""
    t = np.arange(round(seconds * SR)) / SR
    found = {}
    for kind, make in enumerate(KINDS):
        name = make.__name__.replace("_", " ")
        found[name] = []
        for i in range(count):
            rng = np.random.default_rng([kind, i])
            y = make(rng, t)
            found[name].append((rng.uniform(0.1, 0.9) * y / np.abs(y).max()).astype(np.float32))
    return found
