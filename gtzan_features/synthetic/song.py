"""The form of one track: sections, bars, and what each part of the band plays in a bar."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gtzan_features.synthetic.band import Band
from gtzan_features.synthetic.patterns import CHORDS, STEPS

if TYPE_CHECKING:
    from gtzan_features.synthetic.style import Style

FloatArray = NDArray[np.float32]

_SECTION_BARS = 4
_BASS_CENTRE = 38  # MIDI number
_VELOCITY = {"X": 1.0, "x": 0.7, "o": 0.35}

Motif = list[tuple[int, int, int]]
"""Notes of a melody: first step, steps, place in the scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What distinguishes one bar from the next."""

    start_s: float  # may be negative: an excerpt begins in the middle of a bar
    root: int  # MIDI number of the root, in the octave above C-1
    quality: str
    drums: bool
    contrast: bool
    lead: bool
    fill: bool
    opening: bool  # first bar of a section
    half: int  # 0 or 1: which bar of a two-bar phrase
    gain: float


def play_song(style: Style, n_samples: int, sr: int, rng: np.random.Generator) -> FloatArray:
    """Play one track, dry.

    Parameters
    ----------
    style : Style
        What stays the same through the track.
    n_samples, sr : int
        Length in samples, and sample rate in Hz.
    rng : numpy.random.Generator
        Draws form, melody and human error.

    Returns
    -------
    ndarray of shape (n_samples,)
        float32, of no particular level.
    """
    band = Band(style, n_samples, sr, rng)
    motifs = [_draw_motif(style, rng) for _ in range(2)]
    for bar in _plan(style, n_samples / sr, rng):
        if bar.drums:
            _play_drums(band, style, bar, rng)
        _play_comp(band, style, bar, rng)
        _play_bass(band, style, bar, rng)
        if bar.lead:
            _play_lead(band, style, bar, motifs[bar.contrast], rng)
    return band.mix


def _plan(style: Style, seconds: float, rng: np.random.Generator) -> list[Bar]:
    """Draw the bars of an excerpt of `seconds` s, which begins anywhere in the song."""
    bar_s = 240.0 / style.bpm
    offset_s = float(rng.uniform(0.0, bar_s))
    first = int(rng.integers(2 * _SECTION_BARS))
    bars: list[Bar] = []
    drums = lead = True
    gain = 1.0
    for i in range(first, first + math.ceil((seconds + offset_s) / bar_s)):
        if i == first or i % _SECTION_BARS == 0:
            drums, lead = bool(rng.uniform() < 0.95), bool(rng.uniform() < 0.85)
            gain = 10 ** (float(rng.normal(0.0, 1.0)) / 20)
        root, quality = style.progression[i % len(style.progression)]
        bars.append(
            Bar(
                start_s=(i - first) * bar_s - offset_s,
                root=(style.key + root) % 12,
                quality=quality,
                drums=drums,
                contrast=i // _SECTION_BARS % 2 == 1,
                lead=lead,
                fill=i % _SECTION_BARS == _SECTION_BARS - 1 and bool(rng.uniform() < 0.6),
                opening=i % _SECTION_BARS == 0,
                half=i % 2,
                gain=gain,
            )
        )
    return bars


def _time_s(style: Style, bar: Bar, step: int, rng: np.random.Generator) -> float:
    """When a step of a bar sounds, with swing and human error."""
    beat, part = divmod(step / 4, 1.0)
    late = 2 * style.swing * part if part < 0.5 else style.swing + (2 * part - 1) * (1 - style.swing)
    return bar.start_s + (beat + late) * 60.0 / style.bpm + float(rng.normal(0.0, style.looseness_s))


def _play_drums(band: Band, style: Style, bar: Bar, rng: np.random.Generator) -> None:
    pattern = style.other_drums if bar.contrast else style.drums
    last = STEPS - 4 if bar.fill else STEPS
    for voice, strokes in pattern.items():
        for step, stroke in enumerate(strokes[:last]):
            if stroke != "." and rng.uniform() > 0.03:
                velocity = _VELOCITY[stroke] * bar.gain * float(rng.lognormal(0.0, 0.12))
                band.strike(voice, _time_s(style, bar, step, rng), velocity)
    if bar.fill and pattern:
        for step in range(last, STEPS):
            voice = "M" if "S" not in pattern or rng.uniform() < 0.4 else "S"
            band.strike(voice, _time_s(style, bar, step, rng), bar.gain * float(rng.uniform(0.4, 0.9)))
    if bar.opening and "S" in pattern:
        band.strike("X", _time_s(style, bar, 0, rng), 0.8 * bar.gain)


def _notes(rhythm: str) -> list[tuple[int, int, str]]:
    """First step, steps and letter of each note of a rhythm.

    Examples
    --------
    >>> _notes("x--.a-")
    [(0, 3, 'x'), (4, 2, 'a')]
    """
    return [(m.start(), m.end() - m.start(), m[0][0]) for m in re.finditer(r"[^.-]-*", rhythm)]


def _fold(pitch: int, centre: int) -> int:
    """Move a pitch by octaves to within a tritone of `centre`."""
    return (pitch - centre + 6) % 12 + centre - 6


def _play_comp(band: Band, style: Style, bar: Bar, rng: np.random.Generator) -> None:
    intervals = CHORDS[bar.quality]
    voicing = tuple(sorted({_fold(bar.root + interval, style.comp.centre) for interval in intervals}))
    for n, (step, steps, letter) in enumerate(_notes(style.comp_rhythm)):
        midis = voicing if letter == "x" else (voicing[n % len(voicing)],)
        gain = bar.gain * float(rng.lognormal(0.0, 0.1))
        band.play("comp", midis, steps, _time_s(style, bar, step, rng), gain)


def _play_bass(band: Band, style: Style, bar: Bar, rng: np.random.Generator) -> None:
    intervals = CHORDS[bar.quality]
    root = _fold(bar.root, _BASS_CENTRE)
    places = {"r": 0, "t": intervals[1] % 12, "f": 7, "o": 12}
    for step, steps, letter in _notes(style.bass_line):
        above = places[letter] if letter in places else int(rng.choice((*intervals, 2, 12, -1))) % 13
        gain = bar.gain * float(rng.lognormal(0.0, 0.08))
        band.play("bass", (root + above,), steps, _time_s(style, bar, step, rng), gain)


def _draw_motif(style: Style, rng: np.random.Generator) -> Motif:
    """Draw two bars of melody: a random walk through the scale, with a rest at the end of the phrase."""
    # Off-beat sixteenths are rare unless the part is dense, as rap is.
    weights = np.array([1.3, 0.3, 1.0, 0.3]) if style.lead_density < 0.4 else np.ones(4)
    chance = np.tile(weights, 2 * STEPS // 4) * style.lead_density
    chance[-4:] = 0
    onsets = [int(step) for step in np.flatnonzero(rng.uniform(size=chance.size) < chance)] or [0]
    place = int(rng.integers(-2, 3))
    motif: Motif = []
    for step, following in zip(onsets, [*onsets[1:], 2 * STEPS], strict=True):
        motif.append((step, min(following - step, 8), place))
        place = int(np.clip(place + int(rng.integers(-2, 3)), -5, 6))
    return motif


def _play_lead(band: Band, style: Style, bar: Bar, motif: Motif, rng: np.random.Generator) -> None:
    tonic = _fold(style.key, style.lead.centre)
    for step, steps, place in motif:
        half, within = divmod(step, STEPS)
        if half != bar.half or rng.uniform() < 0.08:
            continue
        octave, degree = divmod(place, len(style.scale))
        midi = tonic + 12 * octave + style.scale[degree]
        gain = bar.gain * float(rng.lognormal(0.0, 0.12))
        band.play("lead", (midi,), steps, _time_s(style, bar, within, rng), gain)
