"""Tracks of a synthetic data set, and the files that hold them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from numpy.typing import NDArray

from gtzan_features.audio.interrupts import ended_afterwards
from gtzan_features.errors import ConfigError
from gtzan_features.synthetic.recording import record
from gtzan_features.synthetic.settings import SYNTHETIC_GENRES, SyntheticConfig, check_genre
from gtzan_features.synthetic.song import play_song
from gtzan_features.synthetic.style import Style, draw_style, sounding_like
from gtzan_features.tables.atomic import atomic_path, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

FloatArray = NDArray[np.float32]

MARKER = "dataset.json"
"""Name of the file that marks a folder as synthetic."""

_BAND = 1  # apart from the generators of tracks, which have no fifth number
_NOTE = "Rendered by gtzan from recipes, not recorded: no part of GTZAN, and no evidence on real music."


def iter_tracks(config: SyntheticConfig) -> Iterator[tuple[str, int]]:
    """Genre and index of every track of a data set, genre by genre.

    Examples
    --------
    >>> list(iter_tracks(SyntheticConfig(genres=("jazz", "pop"), tracks_per_genre=2)))
    [('jazz', 0), ('jazz', 1), ('pop', 0), ('pop', 1)]
    """
    return ((genre, index) for genre in config.genres for index in range(config.tracks_per_genre))


def track_path(genre: str, index: int) -> Path:
    """Where a track stands in the folder of its data set.

    The name says that it is synthetic, so that it is never taken for a track of GTZAN.

    Examples
    --------
    >>> track_path("blues", 0).as_posix()
    'blues/blues.synth00.wav'
    """
    _check_track(genre, index)
    return Path(genre) / f"{genre}.synth{index:02d}.wav"


def track_style(genre: str, index: int, config: SyntheticConfig) -> Style:
    """Draw what the recipe sets for one track: the truth that an estimate can be tested against.

    Raises
    ------
    ConfigError
        If `genre` has no recipe or `index` is negative.
    """
    return _style(genre, index, config, _generators(genre, index, config)[0])


def render_track(genre: str, index: int, config: SyntheticConfig) -> FloatArray:
    """Render one track.

    Parameters
    ----------
    genre : str
        One of `SYNTHETIC_GENRES`.
    index : int
        0, 1, ...; may lie beyond ``config.tracks_per_genre``.
    config : SyntheticConfig
        Seed, length and sample rate.

    Returns
    -------
    ndarray of shape (n_samples,)
        Mono float32 within (-1, 1); never silent. Equal on every call.

    Raises
    ------
    ConfigError
        If `genre` has no recipe or `index` is negative.
    """
    style_rng, song_rng, recording_rng = _generators(genre, index, config)
    style = _style(genre, index, config, style_rng)
    dry = play_song(style, config.n_samples, config.sr, song_rng)
    return record(dry, style.channel, config.sr, recording_rng)


def write_track(directory: Path, genre: str, index: int, config: SyntheticConfig) -> Path:
    """Render one track and write it below `directory` as a 16-bit WAV file.

    The file appears whole or not at all. The same configuration gives the same bytes.

    Returns
    -------
    Path
        The file: ``directory / track_path(genre, index)``.
    """
    path = directory / track_path(genre, index)
    buffer = io.BytesIO()
    with ended_afterwards():
        soundfile.write(buffer, render_track(genre, index, config), config.sr, subtype="PCM_16", format="WAV")
    with atomic_path(path) as temporary:
        temporary.write_bytes(buffer.getvalue())
    return path


def write_marker(directory: Path, config: SyntheticConfig) -> Path:
    """Write ``dataset.json``, which says that the tracks in `directory` are synthetic.

    Returns
    -------
    Path
        The file.
    """
    marker = {
        "name": "mini GTZAN (synthetic)",
        "synthetic": True,
        "version": config.version,
        "seed": config.seed,
        "genres": list(config.genres),
        "tracks_per_genre": config.tracks_per_genre,
        "seconds": config.seconds,
        "sr": config.sr,
        "note": _NOTE,
    }
    if config.tracks_per_artist > 1:
        marker["tracks_per_artist"] = config.tracks_per_artist
    path = directory / MARKER
    write_text(path, json.dumps(marker, indent=2) + "\n")
    return path


def _check_track(genre: str, index: int) -> None:
    check_genre(genre)
    if index < 0:
        msg = f"synthetic track {index} of {genre} does not exist: number tracks from 0"
        raise ConfigError(msg)


def _generators(genre: str, index: int, config: SyntheticConfig) -> list[np.random.Generator]:
    """Independent generators for style, song and recording of one track."""
    _check_track(genre, index)
    entropy = (config.seed, config.version, SYNTHETIC_GENRES.index(genre), index)
    return [np.random.Generator(np.random.PCG64(child)) for child in np.random.SeedSequence(entropy).spawn(3)]


def _style(genre: str, index: int, config: SyntheticConfig, rng: np.random.Generator) -> Style:
    """Return a track's style: its own, with the sound of its band where it has one."""
    own = draw_style(genre, rng)
    if config.tracks_per_artist == 1:
        return own
    entropy = (config.seed, config.version, SYNTHETIC_GENRES.index(genre), config.artist_of(index), _BAND)
    return sounding_like(own, draw_style(genre, np.random.Generator(np.random.PCG64(entropy))))
