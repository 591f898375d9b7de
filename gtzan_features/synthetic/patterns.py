"""Drum patterns, comping rhythms, bass lines, chord progressions and scales, as data.

A bar has sixteen steps. In a rhythm a dot is a rest, a dash holds the note before it; the other
letters are explained with each table.
"""

from __future__ import annotations

STEPS = 16
"""Steps (sixteenth notes) of a bar."""

DrumPattern = dict[str, str]

# Voices: K kick, S snare, H closed hat, O open hat, R ride, C clap, T rim, B shaker, M tom.
# X is an accent, x a stroke, o a ghost note.
DRUMS: dict[str, DrumPattern] = {
    "none": {},
    "timpani": {"M": "X.............oo"},
    "rock8": {"K": "X.......X.x.....", "S": "....X.......X...", "H": "X.x.X.x.X.x.X.x."},
    "rock8_busy": {"K": "X..x....x.X.....", "S": "....X..o.o..X..o", "H": "x.x.x.x.x.x.x.x."},
    "rock_open": {"K": "X.....x.X.x.....", "S": "....X.......X...", "O": "X...X...X...X..."},
    "ballad": {"K": "X.........x.....", "S": "....x.......x...", "H": "x.o.x.o.x.o.x.o."},
    "shuffle": {"K": "X.....x.X.....x.", "S": "....X.......X...", "R": "X.x.X.x.X.x.X.x."},
    "shuffle_slow": {"K": "X.......X.....x.", "S": "....X.....o.X...", "H": "x.o.x.o.x.o.x.o."},
    "train": {"K": "X.......X.......", "S": "oooxXooxoooxXoox"},
    "two_step": {"K": "X.......X.......", "T": "....X.......X...", "H": "..x...x...x...x."},
    "swing_ride": {"R": "X...X.x.X...X.x.", "H": "....x.......x...", "K": "o.......o......."},
    "swing_brush": {"B": "x...X.x.x...X.x.", "K": "o.......o.......", "T": "............o..."},
    "bossa": {"K": "x.....xxx.....xx", "T": "x..x..x...x..x..", "B": "oxoxoxoxoxoxoxox"},
    "disco": {"K": "X...X...X...X...", "S": "....X.......X...", "O": "..X...X...X...X."},
    "disco16": {"K": "X...X...X...X...", "C": "....X.......X...", "H": "xoxoxoxoxoxoxoxo"},
    "house_pop": {"K": "X...X...X...X...", "C": "....X.......X...", "H": "..x...x...x...x."},
    "boom_bap": {"K": "X..x...x..X.....", "S": "....X.......X...", "H": "x.x.x.x.x.x.x.xo"},
    "boom_bap_lazy": {"K": "X......x..X..x..", "S": "....X.......X..o", "H": "x.x.x.xxx.x.x.x."},
    "trap": {"K": "X.....x...x.....", "C": "....X.......X...", "H": "xxxxxxxxxoxxxxoo"},
    "one_drop": {"K": "........X.......", "T": "........X.......", "H": "x.o.x.o.x.o.x.oo"},
    "rockers": {"K": "X.......X.......", "S": "........X.......", "H": "..x...x...x..xx."},
    "steppers": {"K": "X...X...X...X...", "T": "........X.....x.", "H": "..x...x...x...x."},
    "double_bass": {"K": "xxxxxxxxxxxxxxxx", "S": "....X.......X...", "R": "X...X...X...X..."},
    "gallop": {"K": "X.xxX.xxX.xxX.xx", "S": "....X.......X...", "H": "X...X...X...X..."},
    "thrash": {"K": "X.X.X.X.X.X.X.X.", "S": "..X...X...X...X.", "R": "X.x.X.x.X.x.X.x."},
}

# x strikes the chord, a the next note of it.
COMPS: dict[str, str] = {
    "whole": "x---------------",
    "halves": "x-------x-------",
    "quarters": "x--.x--.x--.x--.",
    "eighths": "x-x-x-x-x-x-x-x-",
    "chugs": "xxxxxxxxxxxxxxxx",
    "gallop": "x-xxx-xxx-xxx-xx",
    "power": "x-----x---x-----",
    "push": "x---x-x---x-x-x-",
    "strum": "x---x-x-..x-x-x-",
    "backbeat": "....x--.....x--.",
    "boom_chick": "....x-..x-..x-..",
    "charleston": "x--...x--.......",
    "offbeat_stabs": "......x--.....x.",
    "skank": "..x...x...x...x.",
    "skank_double": "..xx..xx..xx..xx",
    "funk16": "x.xx..x.x.xx..x.",
    "arpeggio8": "a-a-a-a-a-a-a-a-",
    "arpeggio16": "aaaaaaaaaaaaaaaa",
    "alberti": "a.a.a.a.a.a.a.a.",
    "loop": "x-----..x-..x---",
    "none": "................",
}

# r root, t third, f fifth, o octave, w a neighbouring note of the chord (walking).
BASSES: dict[str, str] = {
    "none": "................",
    "whole": "r---------------",
    "halves": "r-------f-------",
    "quarters": "r---r---r---r---",
    "eighths": "r-r-r-r-r-r-r-r-",
    "syncopated": "r-----r-..r-f-..",
    "boogie": "r-r-t-t-f-f-t-t-",
    "walking": "r---w---w---w---",
    "octaves": "r.o.r.o.r.o.r.o.",
    "octaves_funk": "r.oor.o.r.oor.of",
    "boom": "r------...r-..f.",
    "sub": "r-----------r-..",
    "dub": "r-..r-t-..f-....",
    "dub_late": "....r-r-f---t-..",
    "gallop": "r-rrr-rrr-rrr-rr",
    "sixteenths": "rrrrrrrrrrrrrrrr",
}

# Semitones above the root.
CHORDS: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "9": (0, 4, 10, 14),
    "m9": (0, 3, 10, 14),
    "dim": (0, 3, 6),
    "5": (0, 7, 12),
    "sus4": (0, 5, 7),
}

Chord = tuple[int, str]
"""Semitones of the root above the key, and the name of the chord."""


def _chords(text: str) -> tuple[Chord, ...]:
    """Read ``"0:maj 5:7"``: one chord per bar."""
    pairs = (word.split(":") for word in text.split())
    return tuple((int(root), quality) for root, quality in pairs)


PROGRESSIONS: dict[str, tuple[Chord, ...]] = {
    "blues12": _chords("0:7 0:7 0:7 0:7 5:7 5:7 0:7 0:7 7:7 5:7 0:7 7:7"),
    "blues_quick": _chords("0:7 5:7 0:7 0:7 5:7 5:7 0:7 0:7 7:9 5:9 0:7 7:7"),
    "blues_minor": _chords("0:min7 0:min7 5:min7 0:min7 8:7 7:7 0:min7 7:7"),
    "vamp7": _chords("0:7 0:7 5:7 0:7"),
    "two_five": _chords("2:min7 7:7 0:maj7 9:7"),
    "two_five_minor": _chords("2:dim 7:7 0:min7 0:min7 5:min7 7:7 0:min7 7:7"),
    "rhythm": _chords("0:maj7 9:min7 2:min7 7:9 4:min7 9:7 2:min7 7:7"),
    "modal": _chords("0:m9 0:m9 0:m9 0:m9 1:m9 1:m9 0:m9 0:m9"),
    "three_chord": _chords("0:maj 5:maj 0:maj 7:maj"),
    "country": _chords("0:maj 0:maj 5:maj 0:maj 0:maj 9:min 7:maj 0:maj"),
    "axis": _chords("0:maj 7:maj 9:min 5:maj"),
    "axis_minor": _chords("9:min 5:maj 0:maj 7:maj"),
    "fifties": _chords("0:maj 9:min 5:maj 7:sus4"),
    "mixolydian": _chords("0:maj 10:maj 5:maj 0:maj"),
    "riff": _chords("0:5 0:5 3:5 5:5"),
    "riff_dark": _chords("0:5 0:5 8:5 10:5"),
    "phrygian": _chords("0:5 0:5 1:5 0:5 0:5 6:5 1:5 0:5"),
    "aeolian": _chords("0:min 8:maj 3:maj 10:maj"),
    "disco_minor": _chords("0:min7 5:min7 0:min7 10:9"),
    "disco_major": _chords("0:maj7 9:min7 2:min7 7:9"),
    "loop_minor": _chords("0:min7 0:min7 8:maj7 0:min7"),
    "loop_two": _chords("0:m9 5:m9"),
    "reggae": _chords("0:maj 5:maj 0:maj 5:maj"),
    "reggae_minor": _chords("0:min 5:min 0:min 10:maj"),
    "reggae_two": _chords("0:maj 2:min"),
    "cadence": _chords("0:maj 5:maj 7:7 0:maj 9:min 2:min 7:7 0:maj"),
    "cadence_minor": _chords("0:min 5:min 7:7 0:min 8:maj 5:min 7:maj 0:min"),
    "pachelbel": _chords("0:maj 7:maj 9:min 4:min 5:maj 0:maj 5:maj 7:maj"),
}

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "pentatonic": (0, 2, 4, 7, 9),
    "pentatonic_minor": (0, 3, 5, 7, 10),
}
