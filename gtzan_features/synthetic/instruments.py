"""Pitched instruments: a patch, and one note of it.

A note is a sum of decaying partials ``a[k] * z ** k`` with ``z = exp((i w - d) t)``: a polynomial in
z, so that Horner's rule renders all partials with one multiplication each, and the higher partials of
a plucked or struck note die first, as they should.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

_FORMANTS_HZ = ((730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240))
"""First three formants of the vowels of father, bed, beet, law and boot (Peterson and Barney, 1952)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """The settings of one instrument.

    Times are time constants in s, except `attack_s` and `release_s`, which are lengths of ramps.
    """

    partials: int = 12
    tilt: float = 1.0  # partial k has amplitude k ** -tilt
    even: float = 1.0  # gain of the even partials: 0 for a clarinet or a square wave
    attack_s: float = 0.005
    release_s: float = 0.05
    decay_s: float = 0.0  # of the whole note; 0 sustains it
    damping: float = 0.0  # decay of partial k: k * damping per s
    vibrato_cents: float = 0.0
    detune_cents: float = 0.0  # of a second voice; 0 for one voice
    fm_index: float = 0.0  # rad at the attack; the modulator stands at the fundamental
    breath: float = 0.0  # noise over tone
    voice: bool = False  # shape the partials by the formants of a vowel
    drive: float = 0.0  # gain into a tanh, for the whole chord at once; 0 for clean
    strum_s: float = 0.0  # from one note of a chord to the next
    centre: int = 60  # MIDI number of the middle of its register


PATCHES: dict[str, Patch] = {
    "piano": Patch(partials=12, tilt=1.1, decay_s=1.2, damping=0.7, attack_s=0.003),
    "piano_bright": Patch(partials=14, tilt=0.8, decay_s=0.9, damping=0.6, attack_s=0.002),
    "epiano": Patch(partials=2, tilt=2.0, decay_s=1.0, fm_index=1.6),
    "organ": Patch(partials=8, tilt=0.6, vibrato_cents=12, attack_s=0.01),
    "strings": Patch(partials=14, tilt=1.1, attack_s=0.12, release_s=0.15, detune_cents=9, vibrato_cents=10),
    "violin": Patch(partials=16, tilt=0.9, attack_s=0.07, vibrato_cents=22, breath=0.02, centre=76),
    "harpsichord": Patch(partials=20, tilt=0.4, decay_s=0.6, damping=0.3, attack_s=0.001),
    "flute": Patch(partials=4, tilt=1.9, attack_s=0.06, vibrato_cents=14, breath=0.08, centre=76),
    "sax": Patch(partials=14, tilt=0.8, attack_s=0.03, vibrato_cents=18, breath=0.07, centre=64),
    "clarinet": Patch(
        partials=13, tilt=1.0, even=0.12, attack_s=0.03, vibrato_cents=6, breath=0.02, centre=68
    ),
    "brass": Patch(partials=5, tilt=0.9, attack_s=0.04, fm_index=1.2, breath=0.02, centre=66),
    "harmonica": Patch(partials=14, tilt=0.5, attack_s=0.03, vibrato_cents=16, breath=0.05, centre=70),
    "nylon": Patch(partials=10, tilt=1.2, decay_s=0.5, damping=1.0, strum_s=0.012, centre=57),
    "steel": Patch(partials=16, tilt=0.7, decay_s=0.7, damping=0.6, strum_s=0.015, centre=57),
    "clean_guitar": Patch(partials=12, tilt=0.9, decay_s=0.6, damping=0.9, strum_s=0.008, centre=58),
    "skank_guitar": Patch(partials=14, tilt=0.6, decay_s=0.12, damping=1.2, strum_s=0.004, centre=62),
    "crunch_guitar": Patch(
        partials=12, tilt=0.9, decay_s=1.2, damping=0.5, drive=2.5, strum_s=0.006, centre=52
    ),
    "dist_guitar": Patch(
        partials=12, tilt=0.7, decay_s=2.5, damping=0.3, drive=8.0, detune_cents=6, centre=46
    ),
    "lead_guitar": Patch(partials=12, tilt=0.8, decay_s=1.5, drive=4.0, vibrato_cents=20, centre=69),
    "pedal_steel": Patch(partials=9, tilt=1.0, attack_s=0.05, decay_s=1.5, vibrato_cents=30, centre=67),
    "fiddle": Patch(partials=16, tilt=0.6, attack_s=0.03, vibrato_cents=14, breath=0.04, centre=74),
    "synth_saw": Patch(partials=18, tilt=1.0, detune_cents=12, attack_s=0.01, damping=0.4, centre=64),
    "synth_pad": Patch(partials=8, tilt=1.3, detune_cents=14, attack_s=0.15, release_s=0.2),
    "synth_square": Patch(partials=13, tilt=1.0, even=0.0, damping=0.8, centre=72),
    "voice": Patch(
        partials=22, tilt=0.7, voice=True, attack_s=0.05, vibrato_cents=25, breath=0.05, centre=62
    ),
    "rap": Patch(partials=24, tilt=0.5, voice=True, attack_s=0.012, release_s=0.03, breath=0.2, centre=46),
    "upright_bass": Patch(partials=8, tilt=1.3, decay_s=0.5, damping=2.0),
    "finger_bass": Patch(partials=10, tilt=1.0, decay_s=0.9, damping=1.5),
    "pick_bass": Patch(partials=14, tilt=0.7, decay_s=1.0, damping=0.8),
    "synth_bass": Patch(partials=12, tilt=0.9, damping=2.0),
    "sub_bass": Patch(partials=3, tilt=2.2, release_s=0.08),
    "cello": Patch(partials=14, tilt=1.1, attack_s=0.08, vibrato_cents=12),
}


def vary(patch: Patch, rng: np.random.Generator) -> Patch:
    """Draw the instrument that one track plays: the same kind, another maker."""
    stretch = rng.lognormal(0.0, 0.3, size=5)
    return replace(
        patch,
        tilt=patch.tilt + float(rng.normal(0.0, 0.2)),
        attack_s=patch.attack_s * float(stretch[0]),
        decay_s=patch.decay_s * float(stretch[1]),
        damping=patch.damping * float(stretch[2]),
        fm_index=patch.fm_index * float(stretch[3]),
        drive=patch.drive * float(stretch[4]),
        vibrato_cents=patch.vibrato_cents * float(rng.uniform(0.5, 1.4)),
        breath=patch.breath * float(rng.uniform(0.4, 1.6)),
        centre=patch.centre + int(rng.integers(-4, 5)),
    )


def render_note(patch: Patch, freq_hz: float, gate_s: float, sr: int, rng: np.random.Generator) -> FloatArray:
    """One note.

    Parameters
    ----------
    patch : Patch
        The instrument. Its `drive` is left to the caller, who distorts whole chords.
    freq_hz : float
        Fundamental in Hz, below ``sr / 2``.
    gate_s : float
        Length in s, without the release.
    sr : int
        Sample rate in Hz.
    rng : numpy.random.Generator
        Draws vowel, phase of the vibrato and breath.

    Returns
    -------
    ndarray of shape (n_samples,)
        float32 of about unit energy: louder notes are made by the mixer.
    """
    n_samples = max(round((gate_s + patch.release_s) * sr), 2)
    time = np.arange(n_samples, dtype=np.float32) / np.float32(sr)
    amplitudes = _amplitudes(patch, freq_hz, sr, rng)
    tone = _voice(patch, amplitudes, freq_hz, time, rng)
    if patch.detune_cents:
        other = freq_hz * 2.0 ** (patch.detune_cents / 1200)
        tone += _voice(patch, amplitudes, other, time, rng)
        tone *= np.float32(0.7)
    if patch.breath:
        tone += np.float32(patch.breath) * rng.standard_normal(n_samples, dtype=np.float32)
    tone *= _envelope(patch, time)
    return tone


def _amplitudes(patch: Patch, freq_hz: float, sr: int, rng: np.random.Generator) -> FloatArray:
    """Amplitudes of partials 1, 2, ... below 0.45 `sr`, of unit energy; at least one."""
    n_partials = max(min(patch.partials, int(0.45 * sr / freq_hz)), 1)
    k = np.arange(1, n_partials + 1)
    amplitudes = k**-patch.tilt * np.where(k % 2 == 0, patch.even, 1.0)
    if patch.voice:
        formants = _FORMANTS_HZ[int(rng.integers(len(_FORMANTS_HZ)))]
        distance = (k[:, None] * freq_hz - np.array(formants)) / 150  # in half bandwidths
        resonance = np.exp(-0.5 * distance**2) * np.array([1.0, 0.6, 0.4])
        amplitudes = amplitudes * (0.06 + resonance.sum(axis=1))
    return np.asarray(amplitudes / np.sqrt(np.sum(amplitudes**2)), dtype=np.float32)


def _voice(
    patch: Patch, amplitudes: FloatArray, freq_hz: float, time: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Sum the partials of one voice by Horner's rule."""
    cycles = freq_hz * time.astype(np.float64) + rng.uniform()
    # Whole turns are dropped in float64: float32 would lose the phase of long notes.
    angle = (2 * np.pi * (cycles - np.floor(cycles))).astype(np.float32)
    if patch.vibrato_cents:
        rate_hz = rng.uniform(4.5, 6.5)
        depth = freq_hz * (2 ** (patch.vibrato_cents / 1200) - 1) / rate_hz
        angle += np.float32(depth) * np.sin(np.float32(2 * np.pi * rate_hz) * time)
    if patch.fm_index:
        index = np.float32(patch.fm_index) * np.exp(-time * np.float32(2.5))
        angle += index * np.sin(angle)
    z = np.empty(time.size, dtype=np.complex64)
    z.real, z.imag = np.cos(angle), np.sin(angle)
    if patch.damping:
        z *= np.exp(-time * np.float32(patch.damping))
    total = np.full(time.size, amplitudes[-1], dtype=np.complex64)
    for amplitude in amplitudes[-2::-1]:
        total *= z
        total += amplitude
    total *= z
    return np.ascontiguousarray(total.imag)


def _envelope(patch: Patch, time: FloatArray) -> FloatArray:
    """Attack, decay and release, within [0, 1]."""
    attack = time / np.float32(max(patch.attack_s, 1e-3))
    release = (time[-1] - time) / np.float32(max(patch.release_s, 1e-3))
    envelope = np.minimum(np.minimum(attack, release), np.float32(1))
    if patch.decay_s:
        envelope *= np.exp(-time / np.float32(patch.decay_s))
    return np.asarray(envelope, dtype=np.float32)
