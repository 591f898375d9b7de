"""A deterministic, synthetic "mini GTZAN" for demonstrations and tests.

From the recipe to the file::

    recipes, patterns     ten genres as data
    style                 what one track draws from its genre, once
    instruments, drums    a note, a stroke
    band, song            notes in time, into a dry mix
    recording             compression, noise, equalisation, room, level
    settings, render      the public functions, and the files
"""

from gtzan_features.synthetic.render import (
    MARKER,
    iter_tracks,
    render_track,
    track_path,
    track_style,
    write_marker,
    write_track,
)
from gtzan_features.synthetic.settings import SYNTHETIC_GENRES, VERSION, SyntheticConfig
from gtzan_features.synthetic.style import Style

__all__ = [
    "MARKER",
    "SYNTHETIC_GENRES",
    "VERSION",
    "Style",
    "SyntheticConfig",
    "iter_tracks",
    "render_track",
    "track_path",
    "track_style",
    "write_marker",
    "write_track",
]
