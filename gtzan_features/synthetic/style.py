"""What one track draws from its genre, once: the reason why its segments are alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from gtzan_features.synthetic.drums import KITS, Kit, vary_kit
from gtzan_features.synthetic.instruments import PATCHES, Patch, vary
from gtzan_features.synthetic.patterns import (
    BASSES,
    COMPS,
    DRUMS,
    PROGRESSIONS,
    SCALES,
    Chord,
    DrumPattern,
)
from gtzan_features.synthetic.recipes import RECIPES, Range, Recipe, Sound

_BORROW = 0.05
"""Probability that a part comes from a neighbouring genre: the knob that sets how hard the set is."""

_TUNING_CENTS = 35.0
_EQ_DB = 2.4
_MIX_DB = 1.6

EQ_CENTRES_HZ = (60.0, 125.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0)
"""Centres of the overlapping bands of the equalisation, one octave apart."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """The recording of one track: one value each out of the ranges of `recipes.Sound`."""

    eq_db: tuple[float, ...]  # one gain per centre of EQ_CENTRES_HZ
    top_hz: float
    room_s: float
    wet_db: float
    noise_db: float
    level_db: float
    drive_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Everything that stays the same from the first bar of a track to the last."""

    bpm: float
    swing: float
    looseness_s: float
    tuning_cents: float
    key: int  # semitones above C
    drums: DrumPattern
    other_drums: DrumPattern  # of the contrasting section
    kit: Kit
    progression: tuple[Chord, ...]
    scale: tuple[int, ...]
    comp: Patch
    comp_rhythm: str
    bass: Patch
    bass_line: str
    lead: Patch
    lead_density: float
    mix_db: tuple[float, ...]  # drums, comping, bass, lead
    channel: Channel


def draw_style(genre: str, rng: np.random.Generator) -> Style:
    """Draw the style of one track.

    Tempo and feel are always those of `genre`; each of the other parts comes from a neighbouring
    genre now and then, as in music.

    Parameters
    ----------
    genre : str
        A key of `recipes.RECIPES`.
    rng : numpy.random.Generator
        Consumed.

    Returns
    -------
    Style
    """
    own = RECIPES[genre]
    harmony, comp, bass, lead, drums, sound = (_own_or_neighbour(own, rng) for _ in range(6))
    return Style(
        bpm=_draw(own.bpm, rng),
        swing=_draw(own.swing, rng),
        looseness_s=_draw(own.looseness_s, rng),
        tuning_cents=float(rng.uniform(-_TUNING_CENTS, _TUNING_CENTS)),
        key=int(rng.integers(12)),
        drums=DRUMS[_choose(drums.drums, rng)],
        other_drums=DRUMS[_choose(drums.drums, rng)],
        kit=vary_kit(KITS[_choose(drums.kits, rng)], rng),
        progression=PROGRESSIONS[_choose(harmony.progressions, rng)],
        scale=SCALES[_choose(harmony.scales, rng)],
        comp=vary(PATCHES[_choose(comp.comps, rng)], rng),
        comp_rhythm=COMPS[_choose(comp.comp_rhythms, rng)],
        bass=vary(PATCHES[_choose(bass.basses, rng)], rng),
        bass_line=BASSES[_choose(bass.bass_lines, rng)],
        lead=vary(PATCHES[_choose(lead.leads, rng)], rng),
        lead_density=_draw(lead.lead_density, rng),
        mix_db=tuple(level + float(rng.normal(0.0, _MIX_DB)) for level in own.mix_db),
        channel=_draw_channel(sound.sound, rng),
    )


def sounding_like(style: Style, band: Style) -> Style:
    """Return a style with the sound of another: its instruments, mix and recording, and how it keeps time.

    Tempo, key, chords, scale and rhythms stay.
    """
    return replace(
        style,
        swing=band.swing,
        looseness_s=band.looseness_s,
        tuning_cents=band.tuning_cents,
        kit=band.kit,
        comp=band.comp,
        bass=band.bass,
        lead=band.lead,
        lead_density=band.lead_density,
        mix_db=band.mix_db,
        channel=band.channel,
    )


def _own_or_neighbour(own: Recipe, rng: np.random.Generator) -> Recipe:
    other = RECIPES[_choose(own.neighbours, rng)]
    return other if rng.uniform() < _BORROW else own


def _draw_channel(sound: Sound, rng: np.random.Generator) -> Channel:
    tilt_db = _draw(sound.tilt_db, rng)
    octaves = np.arange(len(EQ_CENTRES_HZ)) - 3.0  # 500 Hz is the pivot of the tilt
    eq_db = tilt_db * octaves + rng.normal(0.0, _EQ_DB, size=octaves.size)
    return Channel(
        eq_db=tuple(float(gain) for gain in eq_db),
        top_hz=_draw(sound.top_hz, rng),
        room_s=_draw(sound.room_s, rng),
        wet_db=_draw(sound.wet_db, rng),
        noise_db=_draw(sound.noise_db, rng),
        level_db=_draw(sound.level_db, rng),
        drive_db=_draw(sound.drive_db, rng),
    )


def _draw(bounds: Range, rng: np.random.Generator) -> float:
    return float(rng.uniform(*bounds))


def _choose(names: tuple[T, ...], rng: np.random.Generator) -> T:
    return names[int(rng.integers(len(names)))]
