"""Names as people and systems have them that mean something to somebody else, or nothing to anybody.

For tests over every command that prints, draws, stores or reads a name. All but `UNDECODABLE` are valid
text; that one is a name in Latin-1, which Python holds as a lone surrogate.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import soundfile

from gtzan_features.tables.feature_tables import FeatureTable
from tests.conftest import SR, make_table, tone

UNDECODABLE = os.fsdecode(b"caf\xe9")
"""Not UTF-8; every text made of it must say ``caf\\xe9``."""

NFC, NFD = unicodedata.normalize("NFC", "Café"), unicodedata.normalize("NFD", "Café")
"""One name in the two forms that Linux and macOS write."""

LONGEST = "é" * 125 + "long"
"""254 bytes; a file system takes 255."""

NAMES: dict[str, str] = {
    # To a shell or an option parser
    "dash": "-rf",
    "option": "--help",
    "quotes": """it's "quoted" `id` $HOME""",
    "glob": "*?[a]{b}~",
    "backslash": "back\\slash\\n",
    # To a table, a CSV or a JSON reader
    "newline": "two\nlines\ttab",
    "separators": "a, b; c|d",
    "formula": "=1+1",
    "na": "NA",
    "null": "null",
    "nan": "nan",
    "none": "None",
    "true": "True",
    "exponent": "1e5",
    "zeros": "007",
    "infinity": "inf",
    # To a page, a picture, a template, a terminal or a formatter
    "markup": "<b>&amp;<script>alert(1)",
    "mathtext": "$x_$",
    "unclosed": "$\\frac{a$",
    "rich": "[bold]x[nosuchtag]",
    "markdown": "*a*_b_`c`![d](e)",
    "percent": "%s%d%(a)s",
    "braces": "{0}{x}{{7*7}}",
    "escape": "\x1b[31mred\x07",
    "underscore": "_hidden",  # matplotlib leaves such labels out of legends
    # Scripts, forms and directions
    "cjk": "日本の音楽",
    "rtl": "موسيقى עברית",
    "override": "\u202egnp.evil",
    "emoji": "🎸👩‍🎤",
    "nfd": NFD,
    "blanks": "  blanks around ",
    # Extents
    "long": LONGEST,
    "short": "a",
    "undecodable": UNDECODABLE,
}
"""A name of a genre, a track or a folder for each kind of trouble; all can stand in one folder."""


def nasty_music(
    root: Path, genres: Iterable[str] = NAMES.values(), *, n_tracks: int = 1, seconds: float = 1.0
) -> Path:
    """Write folders of short tones whose genres and tracks all have nasty names.

    The tracks of the genre number g are named by entries g, g + 1, … of `NAMES`, shortened where the file
    system would refuse them with their ending.
    """
    tracks = [name.encode("utf-8", "surrogateescape")[:250] for name in NAMES.values()]
    for g, genre in enumerate(genres):
        folder = root / genre
        folder.mkdir(parents=True)
        for t in range(n_tracks):
            name = os.fsdecode(tracks[(g + t) % len(tracks)] + b".wav")
            with (folder / name).open("wb") as file:
                soundfile.write(file, tone(seconds, 200.0 + 20 * g + t, seed=100 * g + t), SR, format="WAV")
    return root


def nasty_table(
    n_tracks: int = 4, n_segments: int = 2, *, segment: str = "3s", dataset: str = "a|b <i>$x$, [bold]"
) -> FeatureTable:
    """A feature table of Gaussians, as `make_table`, whose genres and tracks have the names of `NAMES`.

    Without the undecodable one: no table can hold it, and what lists files makes other text of it.
    """
    names = [name for name in NAMES.values() if name != UNDECODABLE]
    table = make_table(len(names), n_tracks, n_segments, segment=segment, dataset=dataset)
    frame = table.frame.copy()
    number = frame["genre"].str.removeprefix("genre").astype(int)
    frame["genre"] = [names[g] for g in number]
    frame["track_id"] = [
        f"{names[g]}/{names[(g + int(track[-2:])) % len(names)]}"
        for g, track in zip(number, frame["track_id"], strict=True)
    ]
    return replace(table, frame=frame)
