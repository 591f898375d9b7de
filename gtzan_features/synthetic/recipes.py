"""The ten genres, as data: ranges from which each track draws, with wide overlaps.

A recipe is a caricature, on purpose: what matters is that the genres differ in tempo, drums, harmony
and timbre about as much as real ones do, and that each track has a sound of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Ranges of the recording: what a studio or a worn record does to any music."""

    tilt_db: Range = (-3.0, 0.0)  # slope of the equalisation per octave
    top_hz: Range = (6_000.0, 10_500.0)  # upper end of the band
    room_s: Range = (0.2, 0.8)  # time constant of the reverberation
    wet_db: Range = (-26.0, -12.0)  # reverberation over direct sound
    noise_db: Range = (-65.0, -42.0)  # noise over music
    level_db: Range = (-24.0, -13.0)  # root mean square over full scale
    drive_db: Range = (-6.0, 6.0)  # level into the compressor


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One genre. Names are keys of the tables in `patterns`, `instruments` and `drums`.

    A name that occurs twice is drawn twice as often.
    """

    bpm: Range
    swing: Range = (0.5, 0.52)  # where the off-beat falls within a beat: 0.5 straight, 0.67 triplets
    looseness_s: Range = (0.002, 0.01)  # standard deviation of the timing
    drums: tuple[str, ...]
    kits: tuple[str, ...]
    progressions: tuple[str, ...]
    scales: tuple[str, ...]
    comps: tuple[str, ...]
    comp_rhythms: tuple[str, ...]
    basses: tuple[str, ...]
    bass_lines: tuple[str, ...]
    leads: tuple[str, ...]
    lead_density: Range  # notes per step while the lead plays
    mix_db: tuple[float, float, float, float]  # drums, comping, bass, lead
    sound: Sound
    neighbours: tuple[str, ...]  # genres from which a track may borrow a part


RECIPES: dict[str, Recipe] = {
    "blues": Recipe(
        bpm=(62, 128),
        swing=(0.58, 0.68),
        drums=("shuffle", "shuffle_slow", "shuffle_slow", "shuffle"),
        kits=("vintage", "acoustic", "brushes"),
        progressions=("blues12", "blues_quick", "blues12", "blues_minor", "vamp7"),
        scales=("blues", "blues", "pentatonic_minor"),
        comps=("clean_guitar", "crunch_guitar", "crunch_guitar", "piano", "organ"),
        comp_rhythms=("quarters", "push", "charleston", "backbeat", "strum"),
        basses=("upright_bass", "finger_bass"),
        bass_lines=("boogie", "walking", "quarters"),
        leads=("lead_guitar", "lead_guitar", "harmonica", "voice"),
        lead_density=(0.15, 0.35),
        mix_db=(-5, -7, -5, -3),
        sound=Sound(tilt_db=(-2.8, -0.6), top_hz=(3_800, 8_000), noise_db=(-54, -34), level_db=(-25, -15)),
        neighbours=("jazz", "country", "rock"),
    ),
    "classical": Recipe(
        bpm=(56, 132),
        looseness_s=(0.008, 0.025),
        drums=("none", "none", "none", "timpani", "timpani"),
        kits=("orchestra",),
        progressions=("cadence", "cadence_minor", "pachelbel", "two_five_minor"),
        scales=("major", "major", "minor"),
        comps=("strings", "strings", "piano", "harpsichord", "nylon"),
        comp_rhythms=("whole", "halves", "arpeggio8", "alberti", "arpeggio16"),
        basses=("cello", "cello", "piano"),
        bass_lines=("whole", "halves", "quarters"),
        leads=("violin", "violin", "flute", "clarinet", "piano", "brass"),
        lead_density=(0.12, 0.4),
        mix_db=(-8, -6, -8, -4),
        sound=Sound(
            tilt_db=(-4.0, -0.8),
            room_s=(0.5, 1.4),
            wet_db=(-18, -6),
            noise_db=(-60, -38),
            level_db=(-28, -17),
            drive_db=(-12, 0),
        ),
        neighbours=("jazz",),
    ),
    "country": Recipe(
        bpm=(78, 168),
        swing=(0.5, 0.6),
        drums=("train", "train", "two_step", "two_step", "rock8", "none"),
        kits=("acoustic", "brushes", "tight"),
        progressions=("three_chord", "country", "axis", "fifties", "mixolydian"),
        scales=("pentatonic", "major"),
        comps=("steel", "steel", "steel", "nylon", "clean_guitar"),
        comp_rhythms=("boom_chick", "boom_chick", "strum", "backbeat", "arpeggio8"),
        basses=("upright_bass", "finger_bass"),
        bass_lines=("halves", "halves", "quarters", "walking"),
        leads=("voice", "voice", "fiddle", "pedal_steel"),
        lead_density=(0.15, 0.35),
        mix_db=(-9, -3, -6, -3),
        sound=Sound(
            tilt_db=(-1.6, 0.8),
            top_hz=(6_500, 10_500),
            wet_db=(-28, -16),
            noise_db=(-60, -40),
            level_db=(-24, -14),
            drive_db=(-10, 0),
        ),
        neighbours=("blues", "pop", "rock"),
    ),
    "disco": Recipe(
        bpm=(108, 134),
        drums=("disco", "disco", "disco", "disco16"),
        kits=("disco", "disco", "electronic", "tight"),
        progressions=("disco_minor", "disco_major", "axis_minor", "loop_two", "aeolian"),
        scales=("dorian", "pentatonic_minor", "major"),
        comps=("clean_guitar", "strings", "strings", "strings", "piano_bright"),
        comp_rhythms=("funk16", "funk16", "skank", "whole", "offbeat_stabs"),
        basses=("finger_bass", "pick_bass", "synth_bass"),
        bass_lines=("octaves", "octaves", "octaves_funk", "eighths"),
        leads=("voice", "voice", "strings", "brass"),
        lead_density=(0.12, 0.35),
        mix_db=(-1, -8, -5, -6),
        sound=Sound(tilt_db=(-1.2, 0.8), level_db=(-21, -12)),
        neighbours=("pop", "hiphop"),
    ),
    "hiphop": Recipe(
        bpm=(72, 112),
        swing=(0.5, 0.58),
        drums=("boom_bap", "boom_bap", "boom_bap_lazy", "trap"),
        kits=("tr808", "electronic", "tight", "tr808"),
        progressions=("loop_minor", "loop_two", "modal", "disco_minor"),
        scales=("pentatonic_minor", "minor", "blues"),
        comps=("epiano", "piano", "synth_pad", "clean_guitar", "strings"),
        comp_rhythms=("loop", "whole", "none", "offbeat_stabs", "charleston"),
        basses=("sub_bass", "sub_bass", "synth_bass", "finger_bass"),
        bass_lines=("boom", "sub", "syncopated", "dub"),
        leads=("rap", "rap", "rap", "rap", "voice"),
        lead_density=(0.35, 0.65),
        mix_db=(-1, -11, -3, -4),
        sound=Sound(tilt_db=(-2.5, 0.3), wet_db=(-30, -16), level_db=(-20, -11), drive_db=(-2, 9)),
        neighbours=("pop", "reggae", "disco"),
    ),
    "jazz": Recipe(
        bpm=(72, 178),
        swing=(0.56, 0.68),
        looseness_s=(0.005, 0.018),
        drums=("swing_ride", "swing_ride", "swing_ride", "swing_brush", "bossa", "none"),
        kits=("brushes", "vintage", "acoustic"),
        progressions=("two_five", "two_five_minor", "rhythm", "modal", "blues_quick"),
        scales=("dorian", "major", "blues"),
        comps=("piano", "piano", "piano", "clean_guitar", "epiano"),
        comp_rhythms=("charleston", "charleston", "offbeat_stabs", "quarters", "whole"),
        basses=("upright_bass",),
        bass_lines=("walking", "walking", "walking", "halves"),
        leads=("sax", "sax", "sax", "brass", "clarinet", "piano"),
        lead_density=(0.2, 0.45),
        mix_db=(-6, -9, -4, -3),
        sound=Sound(
            tilt_db=(-3.0, 0.0),
            top_hz=(6_500, 10_500),
            room_s=(0.3, 1.0),
            wet_db=(-22, -10),
            noise_db=(-64, -42),
            level_db=(-28, -17),
        ),
        neighbours=("blues", "classical"),
    ),
    "metal": Recipe(
        bpm=(84, 178),
        drums=("double_bass", "double_bass", "gallop", "thrash", "rock8_busy"),
        kits=("metal", "metal", "tight", "acoustic"),
        progressions=("riff_dark", "phrygian", "riff", "aeolian"),
        scales=("phrygian", "minor", "pentatonic_minor"),
        comps=("dist_guitar", "dist_guitar", "dist_guitar", "dist_guitar", "crunch_guitar"),
        comp_rhythms=("chugs", "gallop", "eighths", "power"),
        basses=("pick_bass", "pick_bass", "finger_bass"),
        bass_lines=("sixteenths", "gallop", "eighths"),
        leads=("lead_guitar", "voice", "rap", "lead_guitar"),
        lead_density=(0.2, 0.6),
        mix_db=(-5, -1, -8, -8),
        sound=Sound(tilt_db=(-2.0, 0.5), wet_db=(-30, -16), level_db=(-20, -12), drive_db=(0, 10)),
        neighbours=("rock",),
    ),
    "pop": Recipe(
        bpm=(84, 134),
        drums=("house_pop", "house_pop", "rock8", "boom_bap", "disco16"),
        kits=("electronic", "electronic", "tight"),
        progressions=("axis", "axis_minor", "fifties", "aeolian", "disco_major"),
        scales=("major", "pentatonic"),
        comps=("synth_pad", "synth_saw", "synth_saw", "piano_bright", "steel"),
        comp_rhythms=("whole", "eighths", "push", "strum", "arpeggio8"),
        basses=("synth_bass", "synth_bass", "finger_bass"),
        bass_lines=("eighths", "syncopated", "quarters", "octaves"),
        leads=("voice", "voice", "voice", "synth_square"),
        lead_density=(0.2, 0.4),
        mix_db=(-4, -7, -5, -2),
        sound=Sound(
            tilt_db=(-1.2, 1.0),
            top_hz=(8_500, 10_700),
            wet_db=(-24, -14),
            noise_db=(-72, -52),
            level_db=(-20, -11),
            drive_db=(2, 10),
        ),
        neighbours=("disco", "country", "rock", "hiphop"),
    ),
    "reggae": Recipe(
        bpm=(62, 98),
        swing=(0.5, 0.62),
        drums=("one_drop", "one_drop", "rockers", "steppers"),
        kits=("dub", "dub", "dub", "vintage"),
        progressions=("reggae", "reggae_minor", "reggae_two", "axis", "three_chord"),
        scales=("pentatonic", "minor", "major"),
        comps=("skank_guitar", "skank_guitar", "organ", "piano"),
        comp_rhythms=("skank", "skank", "skank", "skank_double"),
        basses=("sub_bass", "finger_bass", "synth_bass"),
        bass_lines=("dub", "dub_late", "syncopated"),
        leads=("voice", "voice", "organ", "brass", "rap"),
        lead_density=(0.15, 0.4),
        mix_db=(-6, -9, 0, -6),
        sound=Sound(
            tilt_db=(-3.5, -0.4),
            room_s=(0.3, 1.0),
            wet_db=(-22, -8),
            noise_db=(-62, -40),
            level_db=(-24, -13),
        ),
        neighbours=("hiphop", "pop"),
    ),
    "rock": Recipe(
        bpm=(92, 164),
        drums=("rock8", "rock8_busy", "rock_open", "rock_open"),
        kits=("acoustic", "acoustic", "tight"),
        progressions=("mixolydian", "riff", "three_chord", "axis", "aeolian"),
        scales=("pentatonic_minor", "blues", "major"),
        comps=("crunch_guitar", "crunch_guitar", "crunch_guitar", "dist_guitar", "clean_guitar"),
        comp_rhythms=("eighths", "push", "power", "strum"),
        basses=("pick_bass", "finger_bass"),
        bass_lines=("eighths", "eighths", "quarters", "syncopated"),
        leads=("voice", "voice", "lead_guitar", "organ"),
        lead_density=(0.15, 0.4),
        mix_db=(-2, -4, -7, -4),
        sound=Sound(
            tilt_db=(-2.2, 0.2), wet_db=(-24, -12), noise_db=(-60, -40), level_db=(-21, -12), drive_db=(0, 9)
        ),
        neighbours=("metal", "country", "blues", "pop"),
    ),
}
